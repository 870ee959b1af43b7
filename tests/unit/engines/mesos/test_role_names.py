"""Names of roles; more rows are in the records of upstream's own tests."""

from __future__ import annotations

import pytest

from workbench.engines.mesos.role_names import ancestors, is_strict_subrole, is_valid, parse


@pytest.mark.parametrize(
    ("role", "valid"),
    [
        pytest.param("eng/web", True, id="a role below another"),
        pytest.param("*", True, id="the default role"),
        pytest.param("...", True, id="dots that name no folder"),
        pytest.param("", False, id="empty"),
        pytest.param("a/../b", False, id="the folder above"),
        pytest.param("a//b", False, id="an empty part"),
        pytest.param("a/*", False, id="a star below another"),
        pytest.param("-a", False, id="a leading dash"),
        pytest.param("a b", False, id="a blank"),
    ],
)
def test_names(role, valid):
    assert is_valid(role) is valid


def test_lists_and_places_in_the_tree():
    assert parse(",a,,b/c,") == ("a", "b/c")
    assert parse("a,.") is None
    assert ancestors("a/b/c") == ("a/b", "a")
    assert is_strict_subrole("a/b", "a")
    assert not is_strict_subrole("a", "a")
