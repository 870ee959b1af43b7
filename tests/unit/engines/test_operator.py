"""The person on call: who is acted on, and when."""

from __future__ import annotations

import pytest

from tests.make import seconds
from workbench.engines.agenda import Agenda, Order
from workbench.engines.operator import Operator, OperatorParameters
from workbench.model.clock import NEVER


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        pytest.param({0: 20}, [80], id="a machine that stopped and stays away"),
        pytest.param({0: 10}, [80], id="one that was out of sight before it stopped"),
        pytest.param({0: 20, 50: None}, [], id="one that is back in time"),
        pytest.param({0: 20, 40: None, 50: 50}, [], id="one that is back, and away again for another reason"),
    ],
)
def test_acts_on_a_machine_that_stays_away(silent, expected):
    """The machine stops at 20 s; `silent` is since when it has been away, by the time from which that holds."""
    agenda, acted = Agenda(), []

    def away(_node):
        known = [since for at, since in silent.items() if seconds(at) <= agenda.now_us]
        return NEVER if known[-1] is None else seconds(known[-1])

    operator = Operator(
        agenda, OperatorParameters(on_call=True, reaction_s=60.0), away, lambda _: acted.append(agenda.now_us)
    )
    agenda.at(seconds(20), Order.FAULT, operator.paged, 0)
    agenda.run(seconds(200))
    assert acted == [seconds(at) for at in expected]


def test_nobody_acts_unless_somebody_is_on_call():
    agenda, acted = Agenda(), []
    Operator(agenda, OperatorParameters(), lambda _: 0, acted.append).paged(0)
    agenda.run(seconds(2000))
    assert acted == []
