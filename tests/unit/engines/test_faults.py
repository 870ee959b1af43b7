"""Two faults of one machine at the same time: both are honoured, and the second is told of."""

from __future__ import annotations

import pytest

from tests.make import Scripted, app, scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.clock import to_seconds
from workbench.model.faults import Fault


def fault(kind: str, at: float, back: float | None = None) -> Fault:
    return Fault(seconds(at), kind, node="node-0", back_us=None if back is None else seconds(back))


def told(*faults: Fault) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Return when the state of the machine changed and to what, and which faults found it down already."""
    trace = World(scenario(app(replicas=1), faults=faults), Scripted(), 1).run()
    states = [(to_seconds(row["at_us"]), row["state"]) for row in trace["nodes"].dicts() if row["node"] == "node-0"]
    found = [(to_seconds(row["at_us"]), row["detail"]) for row in trace["events"].dicts()
             if row["reason"] == "down-already"]  # fmt: skip
    return [one for one in states if one[0]], found


@pytest.mark.parametrize(
    ("faults", "states", "found"),
    [
        pytest.param(
            [fault("node-loss", 100, 200), fault("node-loss", 150, 300)],
            [(100, "down"), (300, "up")], [(150, "node-loss")], id="a lost machine is back when both losses are over",
        ),
        pytest.param(
            [fault("node-loss", 100, 300), fault("node-loss", 150, 200)],
            [(100, "down"), (300, "up")], [(150, "node-loss")], id="whichever is over last",
        ),
        pytest.param(
            [fault("node-loss", 100, 200), fault("node-loss", 150)],
            [(100, "down")], [(150, "node-loss")], id="never, if one of them never is",
        ),
        pytest.param(
            [fault("node-loss", 100, 200), fault("node-shutdown", 150, 300)],
            [(100, "down"), (300, "up")], [(150, "node-shutdown")], id="a machine that is down cannot be shut down",
        ),
        pytest.param(
            [fault("network-partition", 100, 200), fault("network-partition", 150, 300)],
            [(100, "cut-off"), (300, "reached")], [(150, "network-partition")], id="so with its network",
        ),
        pytest.param(
            [fault("agent-restart", 100, 200), fault("agent-restart", 150, 300)],
            [(100, "agent-down"), (300, "agent-up")], [(150, "agent-restart")], id="and with its agent",
        ),
        pytest.param(
            [fault("agent-restart", 100, 400), fault("node-loss", 150, 200), fault("agent-restart", 250, 300)],
            [(100, "agent-down"), (150, "down"), (200, "up"), (250, "agent-down"), (300, "agent-up")], [],
            id="an agent that started with its machine is held down by what comes later only",
        ),
        pytest.param(
            [fault("node-loss", 100, 300), fault("agent-restart", 150, 200)],
            [(100, "down"), (300, "up")], [(150, "agent-restart")], id="a machine that is down has no agent to stop",
        ),
        pytest.param(
            [fault("node-loss", 100, 200), fault("network-partition", 150, 300)],
            [(100, "down"), (150, "cut-off"), (200, "up"), (300, "reached")], [], id="its network is another thing",
        ),
    ],
)  # fmt: skip
def test_faults_that_overlap(faults, states, found):
    assert told(*faults) == (states, found)


def test_a_machine_that_is_lost_during_its_maintenance_is_not_switched_on_at_the_end_of_it():
    window = PlannedChange(seconds(50), "maintenance", node="node-0", begins_us=seconds(100), ends_us=seconds(200))
    made = scenario(app(replicas=1), faults=[fault("node-loss", 150, 300)], changes=[window])
    trace = World(made, CONTROL_PLANES["kubernetes"].make(), 1).run()
    seen = [(to_seconds(row["at_us"]), row["state"]) for row in trace["nodes"].dicts() if row["seen_by"] == "world"]
    assert seen[-2:] == [(100, "down"), (300, "up")]


def shut_down(at: float, back: float | None, grace: float = 0) -> Fault:
    back_us = None if back is None else seconds(back)
    return Fault(seconds(at), "node-shutdown", node="node-0", back_us=back_us, grace_us=seconds(grace))


@pytest.mark.parametrize(
    ("faults", "states"),
    [
        pytest.param([shut_down(100, 110, 60)], [(130, "down"), (130, "up")],
                     id="one that is held up for longer than it was to be away is back at once"),
        pytest.param([shut_down(100, 200, 60), fault("node-loss", 110, 150)], [(110, "down"), (200, "up")],
                     id="one that is lost while its shutdown is held up stays away for both"),
        pytest.param([shut_down(100, None, 60), shut_down(110, 150, 60)], [(130, "down")],
                     id="one that is shut down twice stays away for both"),
        pytest.param([shut_down(100, 130, 60), fault("node-loss", 110, 140), shut_down(300, 400)],
                     [(110, "down"), (140, "up"), (300, "down"), (400, "up")],
                     id="a loss ends what held up a shutdown: the next is not held up by it"),
    ],
)  # fmt: skip
def test_shutdowns_in_good_order_beside_other_faults(faults, states):
    made = scenario(app(replicas=1, kind="daemon", stop_us=seconds(30)), faults=faults)
    trace = World(made, CONTROL_PLANES["kubernetes"].make(), 1).run()
    times = list(trace["nodes"]["at_us"])
    assert times == sorted(times)
    seen = [(to_seconds(row["at_us"]) // 1, row["state"]) for row in trace["nodes"].dicts()
            if row["node"] == "node-0" and row["seen_by"] == "world" and row["at_us"]]  # fmt: skip
    assert seen == states


@pytest.mark.parametrize("plane", ["mesos", "static-partitions"])
@pytest.mark.parametrize(
    ("first", "second", "back"),
    [
        pytest.param((50, 100), (80, 200), 200, id="back when the last fault is over"),
        pytest.param((50, 200), (80, 100), 200, id="whichever that is"),
        pytest.param((50, None), (80, 100), None, id="never, if one of them never is"),
    ],
)
def test_a_scheduler_that_two_faults_hold_down(plane, first, second, back):
    """They strike it by the names of two apps that one process looks after."""
    faults = [
        Fault(seconds(at), "scheduler-loss", hosting=name, back_us=None if end is None else seconds(end))
        for name, (at, end) in (("one", first), ("two", second))
    ]
    apps = [app(name, "batch", 1, at=at, runs=5) for name, at in (("one", 0), ("two", 0), ("late", 90))]
    trace = World(scenario(*apps, faults=faults, horizon=400), CONTROL_PLANES[plane].make(), 1).run()
    [late] = [row for row in trace["tasks"].dicts() if row["app"] == "late"] or [{"started_us": -1}]
    started = to_seconds(late["started_us"])
    assert started < 0 if back is None else back <= started < back + 10
