"""What each side does when machines are cut off and members are lost, held against what is documented, step by step.

Every table reads: not before, not after (seconds), what happened, why. The bounds follow from the documented times and
the phases of pings, leases and back-offs; a step stands once however many machines or tasks it concerns at that time.
"""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from tests.unit.engines.mesos.runs import column, rows
from workbench.experiments.run import run

Step = tuple[float, float, str, str]

CUT, BACK = 120, 720

PARTITION_MESOS: list[Step] = [
    (CUT, CUT, "network-partition", ""),
    (CUT + 75, CUT + 90, "agent-unreachable", "agent-unreachable"),  # five pings of 15 s, each agent in its own phase
    (CUT + 75, CUT + 90, "task-lost", "agent-unreachable"),
    (CUT + 75, CUT + 91, "given-up", "may-still-run"),  # Marathon: inactiveAfterSeconds 0
    (BACK, BACK, "network-restored", ""),
    (BACK, BACK + 61, "agent-reregistered", ""),  # attempts up to a minute apart
    (BACK, BACK + 61, "task-back", "agent-reregistered"),  # partition-aware
    (BACK, BACK + 61, "task-killed", "agent-reregistered"),  # of a framework that is not
    (BACK, BACK + 61, "task-killed", "replaced-meanwhile"),
]
PARTITION_KUBERNETES: list[Step] = [
    (CUT, CUT, "network-partition", ""),
    (CUT + 40, CUT + 56, "NodeNotReady", "node-silent"),  # 50 s from the last lease, looked at every 5 s
    (CUT + 340, CUT + 367, "TaintManagerEviction", "node-tainted"),  # 300 s more, one node per 10 s
    (CUT + 340, CUT + 367, "given-up", "may-still-run"),
    (BACK, BACK, "network-restored", ""),
    (BACK, BACK + 1, "Killing", "pod-deleted"),
    (BACK, BACK + 6, "NodeReady", "node-heard"),
]

LOST = 120

LEADER_MESOS: list[Step] = [
    (0, 0, "quota-set", ""),
    (LOST, LOST, "control-plane-loss", ""),
    (LOST, LOST, "framework-disconnected", "master-lost"),
    (LOST, LOST, "node-loss", ""),
    (LOST + 10, LOST + 10, "leader-elected", "session-expired"),  # ZooKeeper's session
    (LOST + 10, LOST + 10.1, "offers-paused", "agents-awaited"),  # 80 % of five agents, three are left
    (LOST + 10, LOST + 11, "framework-reregistered", "new-master"),
    (LOST + 10, LOST + 11.1, "agent-reregistered", "new-master"),  # within a second, by lot
    (LOST + 610, LOST + 612, "offers-resumed", "recovery-timeout"),
    (LOST + 610, LOST + 610.1, "agent-unreachable", "reregister-timeout"),  # once that is stored
    (LOST + 625, LOST + 626, "task-lost", "agent-unreachable"),  # Marathon asks after 15 s, then every 600 s
]
LEADER_KUBERNETES: list[Step] = [
    (LOST, LOST, "control-plane-loss", ""),
    (LOST, LOST, "api-server-silent", "etcd-no-leader"),
    (LOST, LOST, "node-loss", ""),
    (LOST + 1, LOST + 2, "etcd-leader-elected", "election-timeout"),
    (LOST + 13, LOST + 17, "leader-elected", "lease-expired"),  # of 15 s, renewed and looked at every 2 s
    (LOST + 63, LOST + 72, "NodeNotReady", "node-silent"),  # 50 s, counted from the new leader's beginning
    (LOST + 363, LOST + 383, "TaintManagerEviction", "node-tainted"),
]

AGAIN = 420

QUORUM_MESOS: list[Step] = [
    (LOST, LOST, "quorum-loss", ""),
    (LOST, LOST, "framework-disconnected", "master-lost"),
    (180, 180, "node-loss", ""),
    (AGAIN, AGAIN, "members-back", ""),
    (AGAIN + 10, AGAIN + 10, "leader-elected", "session-expired"),
    (AGAIN + 10, AGAIN + 11, "framework-reregistered", "new-master"),
    (AGAIN + 10, AGAIN + 11.1, "agent-reregistered", "new-master"),
    (AGAIN + 610, AGAIN + 610.1, "agent-unreachable", "reregister-timeout"),
    (AGAIN + 625, AGAIN + 626, "task-lost", "agent-unreachable"),
]
QUORUM_KUBERNETES: list[Step] = [
    (LOST, LOST, "quorum-loss", ""),
    (LOST, LOST, "api-server-silent", "etcd-no-quorum"),
    (180, 180, "node-loss", ""),
    (AGAIN, AGAIN, "members-back", ""),
    (AGAIN + 1, AGAIN + 2, "etcd-leader-elected", "election-timeout"),
    (AGAIN + 1, AGAIN + 4, "leader-elected", "lease-expired"),
    (AGAIN + 51, AGAIN + 60, "NodeNotReady", "node-silent"),
    (AGAIN + 351, AGAIN + 371, "TaintManagerEviction", "node-tainted"),
]


BY_LOT = {("task-killed", "agent-reregistered")}
"""Only if there was a batch task on the machines that are cut off."""


def told(trace) -> dict[tuple[str, str], list[float]]:
    """Return what happened and why, in the order of first times: step -> times."""
    steps: dict[tuple[str, str], list[float]] = {}
    for row in rows(trace, "events"):
        if row["kind"] not in ("JobComplete", "DeploymentCondition"):
            steps.setdefault((row["kind"], row["reason"]), []).append(row["at_us"])
    return steps


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "plane", "documented"),
    [
        pytest.param("agent-partitioned", "mesos", PARTITION_MESOS, id="partition, Mesos"),
        pytest.param("agent-partitioned", "kubernetes", PARTITION_KUBERNETES, id="partition, Kubernetes"),
        pytest.param("master-lost", "mesos", LEADER_MESOS, id="leader lost, Mesos"),
        pytest.param("master-lost", "kubernetes", LEADER_KUBERNETES, id="leader lost, Kubernetes"),
        pytest.param("quorum-lost", "mesos", QUORUM_MESOS, id="quorum lost, Mesos"),
        pytest.param("quorum-lost", "kubernetes", QUORUM_KUBERNETES, id="quorum lost, Kubernetes"),
    ],
)
def test_the_documented_timeline(name, plane, documented, seed):
    happened = told(run(loaded(name), plane, seed=seed))
    steps = [(kind, reason) for _, _, kind, reason in documented]
    assert set(steps) - BY_LOT <= set(happened) <= set(steps)
    for low, high, *step in documented:
        times = happened.get(tuple(step), [])
        assert all(low <= at <= high for at in times), (step, times)
    firsts = [happened[step][0] for step in steps if step in happened and step[0] != "task-killed"]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("plane", ["kubernetes", "mesos", "static-partitions"])
def test_nothing_that_runs_is_stopped_for_want_of_a_quorum(plane):
    outcomes = set(column(run(loaded("quorum-lost"), plane), "tasks", "outcome"))
    assert outcomes <= {"running", "finished", "lost"}


def test_only_one_side_of_a_partition_is_left_in_the_end():
    for plane in ("kubernetes", "mesos", "static-partitions"):
        trace = run(loaded("agent-partitioned"), plane)
        running = [(row["app"], row["slot"]) for row in rows(trace, "tasks", outcome="running")]
        assert sorted(running) == [("web", slot) for slot in range(6)], plane
