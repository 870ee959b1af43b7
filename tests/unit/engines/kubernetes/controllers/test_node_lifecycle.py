"""Zones: upstream's monitorNodeHealth rows. Times: grace period 50 s, toleration 300 s, leases every 10 s."""

from __future__ import annotations

import pytest

from tests.make import app, node, scenario, seconds
from tests.unit.engines.kubernetes.builders import ZONE, api_node, at, happened, simulate, tasks
from workbench.engines.kubernetes.controllers.node_lifecycle import (
    EXCLUDE_LABEL,
    TaintQueue,
    compute_zone_state,
    eviction_rate,
    zone_states,
)
from workbench.engines.kubernetes.objects import NodeObject
from workbench.model.faults import Fault
from workbench.model.workload import Toleration

REGION = "topology.kubernetes.io/region"


def seen(*nodes: tuple[str, str]) -> list[NodeObject]:
    """Return nodes of (zone, Ready condition)."""
    return [
        NodeObject(
            index=index, version=0, ready=ready, node=api_node(f"n{index}", labels={REGION: "region1", ZONE: zone})
        )
        for index, (zone, ready) in enumerate(nodes)
    ]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param(
            [("zone1", "Unknown"), ("zone2", "Unknown")], ["FullDisruption", "FullDisruption"], id="both zones down"
        ),
        pytest.param([("zone1", "Unknown"), ("zone2", "True")], ["FullDisruption", "Normal"], id="one comes back"),
        pytest.param([("zone1", "Unknown")] * 2 + [("zone1", "True")] * 3, ["Normal"], id="2 of 5 down is normal"),
        pytest.param(
            [("zone1", "Unknown")] * 3 + [("zone1", "True")] * 2, ["PartialDisruption"], id="3 of 5 is partial"
        ),
    ],
)
def test_zone_states(nodes, expected):
    assert list(zone_states(seen(*nodes))[0].values()) == expected


def test_a_node_with_the_exclusion_label_is_not_counted():
    lost, spared = seen(("zone1", "Unknown"), ("zone1", "True"))
    spared.node.metadata.labels[EXCLUDE_LABEL] = ""
    assert list(zone_states([lost, spared])[0].values()) == ["FullDisruption"]


def test_fewer_than_three_lost_nodes_are_never_a_partial_disruption():
    assert compute_zone_state(ready=1, not_ready=2) == "Normal"


@pytest.mark.parametrize(
    ("state", "size", "expected"),
    [
        ("Normal", 10, 0.1),
        ("PartialDisruption", 50, 0.0),
        ("PartialDisruption", 51, 0.01),
        ("FullDisruption", 10, 0.1),
    ],
)
def test_rate_of_evictions(state, size, expected):
    assert eviction_rate(state, size, 0.1) == expected


def test_nodes_are_tainted_one_every_ten_seconds():
    queue = TaintQueue(0.1)
    queue.waiting = dict.fromkeys([3, 1, 2])
    taken = {second: queue.take(seconds(second)) for second in (0, 5, 10, 15, 20)}
    assert taken == {0: [3], 5: [], 10: [1], 15: [], 20: [2]}


# -- in a run -----------------------------------------------------------------------------------------------

LOSS = 200.0


def lose(seed=1, back=None, machines=4, replicas=4, settings=None, horizon=900, **more):
    fault = Fault(seconds(LOSS), hosting="web", back_us=None if back is None else seconds(back))
    web = app("web", replicas=replicas, cpu=1000, **more)
    made = scenario(web, machines=machines, horizon=horizon, faults=[fault], settings=settings)
    return simulate(made, seed)


@pytest.mark.parametrize("seed", range(8))
def test_a_silent_node_is_noticed_after_the_grace_period(seed):
    # the last heartbeat is up to 10 s older than the loss and noticed up to 5 s late: 50 s from there
    trace = lose(seed)
    (noticed,) = happened(trace, "events", kind="NodeNotReady")
    assert LOSS - 10 + 50 <= noticed <= LOSS + 5 + 50
    (unreachable,) = happened(trace, "nodes", state="unreachable")
    assert unreachable == pytest.approx(noticed + 0.010)


@pytest.mark.parametrize("seed", range(8))
def test_clients_leave_at_once_and_the_replacement_comes_300_s_later(seed):
    trace = lose(seed)
    (noticed,) = happened(trace, "events", kind="NodeNotReady")
    (gone,) = happened(trace, "endpoints", change="removed")
    assert 0 < gone - noticed < 1.2  # write, watch, write, watch, and 1 s until every node sends by it
    (evicted,) = happened(trace, "events", kind="TaintManagerEviction")
    assert 300 <= evicted - noticed < 300.3  # the taint follows within 100 ms
    new = next(row for row in tasks(trace) if row["incarnation"] == 1)
    assert 0 < at(new["queued_us"]) - evicted < 0.2
    assert LOSS + 340 < at(new["queued_us"]) < LOSS + 356


def test_on_average_a_loss_is_noticed_about_fifty_seconds_after_it():
    # heartbeat on average 5 s before the loss, noticed on average 2.5 s after it was sent
    noticed = [happened(lose(seed, horizon=300), "events", kind="NodeNotReady")[0] - LOSS for seed in range(40)]
    assert sum(noticed) / len(noticed) == pytest.approx(47.5, abs=2)


def test_the_grace_period_counts_from_the_last_heartbeat():
    settings = {"kubernetes.node_lifecycle.node_monitor_grace_period_s": 20.0}
    (noticed,) = happened(lose(settings=settings, horizon=300), "events", kind="NodeNotReady")
    assert LOSS - 10 + 20 <= noticed <= LOSS + 5 + 20


def test_a_pods_own_toleration_counts():
    patient = Toleration("node.kubernetes.io/unreachable", "Exists", effect="NoExecute", toleration_us=seconds(30))
    trace = lose(tolerations=(patient,))
    (noticed,) = happened(trace, "events", kind="NodeNotReady")
    (evicted,) = happened(trace, "events", kind="TaintManagerEviction")
    assert 30 <= evicted - noticed < 30.3


def test_a_node_that_is_back_in_time_keeps_its_pods():
    trace = lose(back=400)
    assert happened(trace, "events", kind="TaintManagerEviction") == []
    assert len(tasks(trace)) == 4
    assert {row["outcome"] for row in tasks(trace)} == {"running"}
    states = [row["state"] for row in trace["nodes"].dicts() if row["at_us"] > 0]
    assert states == ["down", "unreachable", "up", "ready"]
    added, removed = (len(happened(trace, "endpoints", change=change)) for change in ("added", "removed"))
    assert (added, removed) == (5, 1)


def test_a_short_absence_goes_unnoticed_but_for_the_restart():
    trace = lose(back=230)
    assert happened(trace, "events", kind="NodeNotReady") == []
    assert [row["reason"] for row in trace["endpoints"].dicts() if row["change"] == "removed"] == [
        "container-restarted"
    ]


def test_a_tainted_node_gets_no_new_pods_until_it_is_back():
    late = app("late", replicas=3, cpu=1000, at=300)
    fault = Fault(seconds(LOSS), node="node-0", back_us=seconds(500))
    trace = simulate(scenario(app("web", replicas=1), late, machines=3, horizon=600, faults=[fault]))
    assert {row["node"] for row in tasks(trace, "late")} == {"node-1", "node-2"}
    rejected = [row["rejected"] for row in trace["decisions"].dicts() if row["task"].startswith("late")]
    assert rejected == [
        "TaintToleration/node(s) had untolerated taint {node.kubernetes.io/unreachable: }=1"
    ] * 3  # fmt: skip


def test_when_every_node_is_silent_nobody_is_evicted():
    faults = [Fault(seconds(LOSS), node=f"node-{number}") for number in range(3)]
    trace = simulate(scenario(app("web", replicas=3, cpu=1000), machines=3, horizon=1200, faults=faults))
    assert len(happened(trace, "events", kind="NodeNotReady")) == 3
    assert happened(trace, "events", kind="TaintManagerEviction") == []


def test_several_lost_nodes_of_a_zone_are_evicted_ten_seconds_apart():
    # 2 of 8 nodes: the zone counts as normal, 0.1 nodes a second
    faults = [Fault(seconds(LOSS), node=f"node-{number}") for number in range(2)]
    web = app("web", replicas=8, cpu=3000)
    trace = simulate(scenario(web, machines=tuple(node(f"node-{n}") for n in range(8)), horizon=900, faults=faults))
    first, second = sorted(happened(trace, "events", kind="TaintManagerEviction"))
    noticed = happened(trace, "events", kind="NodeNotReady")
    assert second - first >= 10 - (max(noticed) - min(noticed))


def test_nodes_that_were_deleted_do_not_make_a_zone_look_ill():
    # 3 of 5 lost: too ill to go on evicting; once they are deleted, the fourth is 1 of 2, and evicted
    faults = [Fault(seconds(LOSS), node=f"node-{number}") for number in range(3)]
    faults.append(Fault(seconds(1300), node="node-3"))
    settings = {"world.operator.on_call": True, "kubernetes.operator.remedy": "delete-node"}
    web = app("web", replicas=5, cpu=3000)
    made = scenario(web, machines=5, horizon=2000, faults=faults, settings=settings)
    assert happened(simulate(made), "events", kind="TaintManagerEviction", detail="node-3")


def test_leases_renewed_too_rarely_make_healthy_nodes_look_dead():
    settings = {
        "kubernetes.leases.renew_interval_s": 60.0,
        "kubernetes.node_lifecycle.node_monitor_grace_period_s": 20.0,
    }
    trace = simulate(scenario(app("web", replicas=2), machines=2, horizon=300, settings=settings))
    silent, heard = (happened(trace, "events", kind=kind) for kind in ("NodeNotReady", "NodeReady"))
    assert len(silent) > 3
    assert len(heard) > 3
    assert {row["outcome"] for row in tasks(trace)} == {"running"}


# -- zones -------------------------------------------------------------------------------------------------------------


def zoned(*zones: str, back: float | None = None):
    """Return the run of nine instances on nine machines in three zones; some zones are lost at `LOSS`."""
    machines = tuple(node(f"node-{number}", zone="abc"[number % 3]) for number in range(9))
    faults = [Fault(seconds(LOSS), zone=zone, back_us=None if back is None else seconds(back)) for zone in zones]
    web = app("web", replicas=9, cpu=1000)
    return simulate(scenario(web, machines=machines, horizon=900, faults=faults))


def test_a_lost_zone_is_evicted_at_the_normal_rate_and_replaced_in_the_others():
    trace = zoned("b")
    assert happened(trace, "events", kind="node-loss") == [LOSS] * 3
    evicted = sorted(happened(trace, "events", kind="TaintManagerEviction"))
    assert len(evicted) == 3
    assert 15 <= evicted[2] - evicted[0] <= 26  # one node every 10 s, and each is noticed a little later
    running = [row["node"] for row in tasks(trace) if row["outcome"] == "running"]
    assert len(running) == 9
    assert not {"node-1", "node-4", "node-7"} & set(running)


def test_when_all_zones_are_lost_nobody_is_evicted_not_even_a_zone_at_a_time():
    assert happened(zoned("a", "b", "c"), "events", kind="TaintManagerEviction") == []


def test_two_of_three_zones_lost_are_not_yet_all():
    trace = zoned("a", "b")
    assert len(happened(trace, "events", kind="TaintManagerEviction")) == 6
    assert {row["node"] for row in tasks(trace) if row["outcome"] == "running"} == {"node-2", "node-5", "node-8"}


def test_a_zone_that_is_back_in_time_keeps_its_pods():
    trace = zoned("b", back=LOSS + 200)
    assert happened(trace, "events", kind="TaintManagerEviction") == []
    assert len(tasks(trace)) == 9
