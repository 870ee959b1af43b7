"""How many members a control plane can do without."""

from __future__ import annotations

import pytest

from workbench.engines.members import Members


@pytest.mark.parametrize(
    ("total", "survives"),
    [
        pytest.param(1, False, id="one: its loss is the loss of all"),
        pytest.param(2, False, id="two: one alone is no majority"),
        pytest.param(3, True, id="three: two of three"),
        pytest.param(4, True, id="four: three of four"),
        pytest.param(5, True, id="five: four of five"),
    ],
)
def test_the_loss_of_one(total, survives):
    members = Members(total)
    members.lose(majority=False)
    assert members.suffice is survives
    members.return_(majority=False)
    assert members.suffice


@pytest.mark.parametrize("total", range(1, 8))
def test_a_majority_lost_leaves_none_until_it_is_back(total):
    members = Members(total)
    members.lose(majority=True)
    assert not members.suffice
    members.return_(majority=True)
    assert members.suffice


def test_losses_add_up():
    members = Members(5)
    members.lose(majority=False)
    members.lose(majority=False)
    assert members.suffice
    members.lose(majority=False)
    assert not members.suffice
