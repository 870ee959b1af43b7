"""Requests at a door that is shut: none is made or lost there, and each knows how long it has waited."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.doorway import Doorway

AMOUNTS = st.lists(st.floats(0, 100), max_size=20)


@given(AMOUNTS, st.integers(0, 30))
def test_all_of_them_come_in_and_those_that_waited_too_long_are_late(amounts, patience):
    door = Doorway()
    for second, amount in enumerate(amounts):
        door.keep(second, amount)
    assert abs(door.held - sum(amounts)) < 1e-6
    total, late = door.open(len(amounts), patience)
    assert abs(total - sum(amounts)) < 1e-6
    assert abs(late - sum(one for at, one in enumerate(amounts) if len(amounts) - at >= patience)) < 1e-6
    assert door.held == 0


def test_nobody_waits_at_a_door_at_which_nobody_came():
    door = Doorway()
    door.keep(0, 0.0)
    assert not door.waiting
    assert door.open(10, 1) == (0.0, 0.0)
