"""A reservation whose message never got to its agent: who makes it again."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume

DB = app("db", "stateful", volume=Volume(GIB, "local"))
SLOW = {"mesos.master.message_s": 0.5}
"""A message takes half a second: RESERVE is asked for at 1.05 s and would get to the agent at 2.05 s."""


def cut_off(at, back):
    fault = Fault(seconds(at), "network-partition", node="node-0", back_us=seconds(back))
    return traced(DB, machines=1, settings=SLOW, horizon=900, faults=[fault])


@pytest.mark.parametrize(
    ("at", "back", "lost"),
    [
        pytest.param(1.75, 400, True, id="lost with an agent that is given up: made anew when it is back"),
        pytest.param(2.25, 400, False, id="it had arrived: the instance goes on where its reservation is"),
        pytest.param(1.75, 30, False, id="the agent was not given up: its master sends it again"),
    ],
)
def test_what_becomes_of_a_reservation(at, back, lost):
    trace = cut_off(at, back)
    assert bool(rows(trace, "events", kind="reservation-lost")) == lost
    assert [row["outcome"] for row in rows(trace, "tasks")] == ["failed", "running"]
    assert back < rows(trace, "tasks")[1]["started_us"] < back + 30


def test_one_that_was_sent_again_outlives_a_later_loss_of_its_agent():
    faults = [
        Fault(seconds(at), "network-partition", node="node-0", back_us=seconds(back))
        for at, back in ((1.75, 30), (100, 400))
    ]
    trace = traced(DB, machines=1, settings=SLOW, horizon=900, faults=faults)
    assert rows(trace, "events", kind="reservation-lost") == []
    assert [row["outcome"] for row in rows(trace, "tasks")] == ["failed", "running"]


def test_a_reservation_that_was_given_up_is_not_taken_for_a_later_one_of_the_same_instance():
    """Its agent was put out of use before it was offered; the instance lives elsewhere when it is in use again."""
    changes = [
        PlannedChange(seconds(0.5), "cordon", node="node-0"),
        PlannedChange(seconds(60), "uncordon", node="node-0"),
        PlannedChange(seconds(100), "drain", node="node-1"),
        PlannedChange(seconds(200), "uncordon", node="node-1"),
    ]
    trace = traced(DB, machines=2, changes=changes, horizon=400, settings={"mesos.allocator.agent_order": "sorted"})
    assert [row["node"] for row in rows(trace, "tasks")] == ["node-1"] * 2
    assert [row["outcome"] for row in rows(trace, "tasks")] == ["killed", "running"]
    assert rows(trace, "tasks")[1]["started_us"] > 200
