"""The person on call: who is acted on, and when."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import rows, traced
from workbench.engines.agenda import Agenda, Order
from workbench.engines.operator import Operator, OperatorParameters
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.workload import Volume


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


@pytest.mark.parametrize(
    "reaction", [pytest.param(30, id="before the loss is known"), pytest.param(300, id="after it")]
)
def test_on_mesos_a_member_that_is_given_up_starts_elsewhere_with_an_empty_disk(reaction):
    db = app("db", "stateful", replicas=1, volume=Volume(GIB, "local"))
    settings = {"world.operator.on_call": True, "world.operator.reaction_s": reaction}
    trace = traced(db, machines=3, horizon=900, faults=[Fault(seconds(100), hosting="db")], settings=settings)
    lost, other = rows(trace, "tasks")
    assert (lost["outcome"], other["outcome"]) == ("lost", "running")
    assert other["node"] != lost["node"]
    assert other["slot"] == lost["slot"]
    assert (
        0 <= other["queued_us"] - (100 + max(reaction, 75)) <= 20
    )  # five pings of 15 s, and where in them the loss fell
    assert [row["state"] for row in rows(trace, "volumes")].count("created") == 2
    (told,) = rows(trace, "events", kind="instance-wiped")
    assert told["reason"] == "given-up-by-user"
