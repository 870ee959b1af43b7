"""A node short of memory: whom it evicts, what it says of itself, and when it is well again."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, node, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, happened, simulate, tasks
from workbench.engines.agenda import Order
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.faults import Fault
from workbench.model.lives import MemoryUse

MIB = 1024**2
QUICK = {"kubernetes.kubelet.relist_period_s": 0.01}


def using(name, asks, begins, grows=0, *, most=None, replicas=1, **more):
    return app(
        name, replicas=replicas, cpu=100, memory=asks * MIB, start=0, ready=0,
        memory_use=MemoryUse(begins * MIB, grows * MIB, None if most is None else most * MIB), **more,
    )  # fmt: skip


def run(*apps, machines=1, horizon=1200, **settings):
    made = tuple(node(f"node-{number}", memory=GIB) for number in range(machines))
    return simulate(scenario(*apps, machines=made, horizon=horizon, settings={**QUICK, **settings}))


def evicted(trace):
    return [row["subject"].rsplit("-", 2)[0] for row in trace["events"].dicts() if row["kind"] == "Evicted"]


@pytest.mark.parametrize(
    ("apps", "expected"),
    [
        pytest.param(
            (using("modest", 600, 590), using("greedy", 50, 100, 2)), "greedy", id="who uses more than it asked for"
        ),
        pytest.param(
            (using("dear", 50, 400, priority=10), using("cheap", 50, 100, 2)),
            "cheap",
            id="of those the one of lower priority",
        ),
        pytest.param(
            (using("dear", 50, 100, 4, priority=10), using("cheap", 50, 100)),
            "cheap",
            id="even if another takes far more beyond its request",
        ),
        pytest.param(
            (using("much", 50, 100, 4), using("little", 50, 150)), "much", id="of equals the one furthest beyond"
        ),
    ],
)
def test_who_is_evicted_first(apps, expected):
    assert evicted(run(*apps))[0] == expected


def test_when_less_than_the_threshold_is_available():
    # 1 GiB and 100 MiB of reserve, the threshold is 100 MiB: at 1 GiB in use, within ten seconds
    trace = run(using("greedy", 50, 24, 2))
    (row, *_) = tasks(trace)
    found = happened(trace, "events", kind="Evicted")[0]
    assert 500 < found - at(row["started_us"]) <= 510


def test_a_higher_threshold_evicts_earlier():
    trace = run(using("greedy", 50, 24, 2), **{"kubernetes.eviction.hard_memory_mib": 300})
    (row, *_) = tasks(trace)
    assert 400 < happened(trace, "events", kind="Evicted")[0] - at(row["started_us"]) <= 410


def test_a_soft_one_is_put_up_with_for_a_while():
    trace = run(using("greedy", 50, 24, 2), **{"kubernetes.eviction.soft_memory_mib": 500})
    (row, *_) = tasks(trace)
    found = happened(trace, "events", kind="Evicted")[0] - at(row["started_us"])
    assert 300 + 90 <= found <= 300 + 90 + 20


def test_too_fast_for_it_the_kernel_kills_and_the_kubelet_starts_again_in_place():
    trace = run(using("greedy", 50, 24, 200))
    assert happened(trace, "events", kind="process-failed", reason="oom-machine")
    assert len(tasks(trace)) == 1
    assert len(trace["attempts"]) > 2


def test_at_its_limit_a_container_is_killed_without_any_eviction():
    trace = run(using("greedy", 50, 24, 2, limit={"memory": 100 * MIB}))
    assert evicted(trace) == []
    assert happened(trace, "events", kind="process-failed", reason="oom-limit")


def test_the_evicted_pod_has_failed_and_another_takes_its_place():
    trace = run(using("greedy", 50, 24, 2), machines=2, horizon=700)
    first, second = tasks(trace)
    assert (first["outcome"], second["outcome"]) == ("killed", "running")
    assert second["submitted_us"] == first["ended_us"]


def test_nobody_new_comes_to_a_node_that_has_said_so_until_the_transition_period_is_over():
    short_of = using("greedy", 50, 24, 2, most=1100)
    trace = run(short_of, using("late", 50, 50, at=520))
    (late,) = tasks(trace, "late")
    short = happened(trace, "events", kind="Evicted")[0]
    told, well = (happened(trace, "events", kind=kind)[0] for kind in ("MemoryPressure", "NoMemoryPressure"))
    assert short < told <= short + 10  # with the next status; what is bound until then still comes
    assert 300 <= well - short <= 325
    assert well <= at(late["decided_us"]) < well + 5
    assert late["why"] == ""
    assert late["attempts"] > 1


def test_without_a_transition_period_it_is_open_again_with_the_next_status():
    trace = run(using("greedy", 50, 24, 2), **{"kubernetes.eviction.pressure_transition_s": 0})
    short = happened(trace, "events", kind="Evicted")[0]
    assert happened(trace, "events", kind="NoMemoryPressure")[0] - short <= 25


def test_critical_pods_are_spared():
    trace = run(using("system", 50, 24, 2, priority=2_000_000_000), using("other", 50, 60))
    assert set(evicted(trace)) == {"other"}


def test_with_nothing_to_reclaim_one_eviction_is_enough():
    trace = run(using("greedy", 50, 300, 1, replicas=3), horizon=500)
    plenty = run(using("greedy", 50, 300, 1, replicas=3), horizon=500, **{"kubernetes.eviction.min_reclaim_mib": 400})
    assert len(evicted(trace)) < len(evicted(plenty))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("", id="the node hears of it at once"),
        pytest.param("network-partition", id="the node is cut off, and hears of it afterwards"),
        pytest.param("agent-restart", id="the kubelet is away, and hears of it afterwards"),
    ],
)
def test_a_node_goes_on_evicting_when_the_object_of_a_pod_goes_before_its_process(kind):
    greedy = using("greedy", 50, 24, 2, stop_us=SECOND_US)
    parts = {"machines": (node("node-0", memory=GIB),), "horizon": 1200, "settings": QUICK}
    first = happened(simulate(scenario(greedy, **parts)), "events", kind="Evicted")[0]
    away = Fault(seconds(first + 0.1), kind, node="node-0", back_us=seconds(first + 0.4)) if kind else None
    plane = Kubernetes()
    world = World(scenario(greedy, **parts, faults=[away] if away else []), plane, 1)
    world.agenda.at(round((first + 0.2) * SECOND_US), Order.AGENT, lambda: plane.api.delete_pod(0, 0))
    later = [one for one in happened(world.run(), "events", kind="Evicted") if one > first]
    assert later


PRESSURE = ("MemoryPressure", "NoMemoryPressure")


def pressures(fault, uses, horizon=1500):
    """Return the times at which the node says how it stands, and whether it is tainted in the end."""
    parts = {"machines": (node("node-0", memory=GIB),), "horizon": horizon, "settings": QUICK}
    plane = Kubernetes()
    trace = World(scenario(uses, **parts, faults=[fault]), plane, 1).run()
    said = [(row["kind"], at(row["at_us"])) for row in trace["events"].dicts() if row["kind"] in PRESSURE]
    assert plane.api.nodes[0].memory_pressure == bool(plane.api.nodes[0].node.spec.taints)
    return said, plane.api.nodes[0].memory_pressure


def greedy():
    return using("greedy", 50, 100, 4)


def when_short():
    """Return when the node says that it is short of memory, if nothing else happens."""
    return pressures(Fault(seconds(590), node="node-0"), greedy(), horizon=600)[0][0][1]


def test_a_machine_that_starts_again_is_well():
    """Its kubelet remembers nothing; what the one before had said does not stay for ever."""
    lost, back = when_short() + 20, when_short() + 700
    said, short = pressures(Fault(seconds(lost), node="node-0", back_us=seconds(back)), greedy(), horizon=back + 60)
    assert [kind for kind, _ in said] == ["MemoryPressure", "NoMemoryPressure"]
    assert back <= said[1][1] < back + 11
    assert not short


@pytest.mark.parametrize("kind", ["network-partition", "agent-restart"])
def test_what_a_node_could_not_say_of_itself_it_says_when_it_is_heard_again(kind):
    short_at = when_short()
    away = Fault(seconds(short_at - 0.5), kind, node="node-0", back_us=seconds(short_at + 30))
    said, short = pressures(away, greedy(), horizon=short_at + 60)
    assert [kind for kind, _ in said] == ["MemoryPressure"]
    assert said[0][1] == pytest.approx(short_at + 30)
    assert short
