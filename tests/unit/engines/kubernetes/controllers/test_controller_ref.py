"""Whose is an object?"""

import pytest

from workbench.engines.kubernetes.controllers.controller_ref import claim


@pytest.mark.parametrize(
    ("controller", "matches", "deleting", "going", "expected"),
    [
        pytest.param("mine", True, False, False, "keep", id="mine, and selected"),
        pytest.param("mine", True, True, True, "keep", id="mine, whoever is going"),
        pytest.param("mine", False, False, False, "release", id="mine, selected no more"),
        pytest.param("mine", False, False, True, "leave", id="a controller that is going lets go of nothing"),
        pytest.param("other", True, False, False, "leave", id="of another owner, whatever its labels say"),
        pytest.param("other", False, False, False, "leave", id="of another owner"),
        pytest.param("", True, False, False, "adopt", id="nobody's, and selected"),
        pytest.param("", False, False, False, "leave", id="nobody's, not selected"),
        pytest.param("", True, True, False, "leave", id="nobody's, but going"),
        pytest.param("", True, False, True, "leave", id="a controller that is going adopts nothing"),
    ],
)
def test_what_a_controller_does(controller, matches, deleting, going, expected):
    found = claim("mine", controller, matches=matches, deleting=deleting, controller_deleting=going)
    assert found == expected
