"""A node short of disk: pods over their limits, whom it evicts, what it removes first, what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.make import GIB, app, scenario
from tests.unit.engines.kubernetes.builders import at, happened, simulate, tasks
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.resources import effective_requests
from workbench.engines.world import World
from workbench.formats.kubernetes_apps import neutral_apps
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.model.changes import PlannedChange
from workbench.model.cluster import Node
from workbench.model.lives import DiskUse, Trouble
from workbench.model.resources import CPU, DISK, MEMORY
from workbench.model.workload import Duration

MIB = 1024**2
QUICK = {"kubernetes.kubelet.relist_period_s": 0.01, "world.scratch.reserve_percent": 0}


def writing(name, begins, grows=0, *, asks=1, most=None, may=None, replicas=1, volume="", **more):
    use = DiskUse(begins * MIB, grows * MIB, None if most is None else most * MIB, volume)
    made = app(
        name, replicas=replicas, cpu=100, memory=64 * MIB, start=0, ready=0, disk_use=use,
        limit={} if may is None else {DISK: may * MIB}, **more,
    )  # fmt: skip
    made.request[DISK] = asks * MIB
    return made


def run(*apps, machines=1, disk=1000, horizon=1200, **settings):
    made = tuple(Node(f"node-{number}", {CPU: 4000, MEMORY: GIB, DISK: disk * MIB}) for number in range(machines))
    return simulate(scenario(*apps, machines=made, horizon=horizon, settings={**QUICK, **settings}))


def evicted(trace, reason=None):
    rows = [row for row in trace["events"].dicts() if row["kind"] == "Evicted" and reason in (None, row["reason"])]
    return [row["subject"].rsplit("-", 2)[0] for row in rows]


# -- short of disk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("apps", "expected"),
    [
        pytest.param(
            (writing("modest", 600, asks=601), writing("greedy", 100, 2)), "greedy", id="who wrote beyond its request"
        ),
        pytest.param(
            (writing("dear", 500, priority=10), writing("cheap", 100, 2)), "cheap", id="of those the lower priority"
        ),
        pytest.param((writing("much", 100, 4), writing("little", 200)), "much", id="of equals the one furthest beyond"),
    ],
)
def test_who_is_evicted_first(apps, expected):
    assert evicted(run(*apps))[0] == expected


def test_with_less_than_a_tenth_available_within_ten_seconds():
    trace = run(writing("greedy", 100, 2))
    (row, *_) = tasks(trace)
    found = happened(trace, "events", kind="Evicted", reason="short-of-disk")[0]
    assert 400 < found - at(row["started_us"]) <= 410


def test_a_higher_threshold_evicts_earlier_and_a_soft_one_is_put_up_with_for_a_while():
    high = run(writing("greedy", 100, 2), **{"kubernetes.eviction.hard_disk_percent": 40})
    soft = run(writing("greedy", 100, 2), **{"kubernetes.eviction.soft_disk_percent": 50})
    since = [at(tasks(trace)[0]["started_us"]) for trace in (high, soft)]
    found = [happened(trace, "events", kind="Evicted")[0] for trace in (high, soft)]
    assert 250 < found[0] - since[0] <= 260
    assert 200 + 90 <= found[1] - since[1] <= 200 + 90 + 20


def test_all_that_an_evicted_pod_wrote_is_gone_and_one_eviction_is_enough():
    trace = run(writing("greedy", 500), writing("other", 390, 1, at=10), horizon=300)
    assert evicted(trace, "short-of-disk") == ["greedy"]


def test_with_more_to_reclaim_another_goes_too():
    apps = (writing("greedy", 300), writing("other", 595, 1, at=10))
    plenty = run(*apps, horizon=100, **{"kubernetes.eviction.min_reclaim_disk_percent": 70})
    assert evicted(run(*apps, horizon=100), "short-of-disk") == ["other"]
    assert evicted(plenty, "short-of-disk") == ["other", "greedy"]


def test_critical_pods_are_spared():
    trace = run(writing("system", 100, 2, priority=2_000_000_000), writing("other", 50), horizon=500)
    assert set(evicted(trace, "short-of-disk")) == {"other"}


def test_what_ended_pods_left_is_removed_before_anybody_is_evicted():
    ended = app("done", "batch", cpu=100, start=0, runs=5, disk_use=DiskUse(700 * MIB))
    kept = run(ended, writing("log", 0, 2, most=400, at=20), horizon=300)
    assert evicted(kept) == []
    assert not happened(kept, "events", kind="process-failed")
    assert happened(kept, "events", kind="DiskPressure")


def test_too_fast_for_it_the_disk_is_full_and_the_kubelet_starts_again_in_place():
    trace = run(writing("greedy", 100, 300), horizon=10)
    assert happened(trace, "events", kind="process-failed", reason="disk-full")
    assert len(tasks(trace)) == 1
    assert len(trace["attempts"]) > 1


def test_of_a_container_that_starts_again_and_again_only_the_last_one_is_kept():
    made = writing("web", 200, trouble=Trouble(crashes_us=20_000_000))
    trace = run(made, horizon=400)
    assert len(trace["attempts"]) > 5
    assert evicted(trace) == []
    assert not happened(trace, "events", kind="DiskPressure")


def left(of, *changes, horizon=100):
    """Return how many MiB are on the disk of the only node after a run."""
    machines = (Node("node-0", {CPU: 4000, MEMORY: GIB, DISK: 1000 * MIB}),)
    made = scenario(of, machines=machines, horizon=horizon, settings=QUICK, changes=changes)
    world = World(made, Kubernetes(), 1)
    world.run()
    return (world.scratch.whole(0) - world.scratch.available(0)) // MIB


BARE = """
apiVersion: v1
kind: Pod
metadata: {name: once}
spec:
  restartPolicy: Never
  containers: [{name: one, image: x}]
  volumes: [{name: cache, emptyDir: {}}]
"""


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        pytest.param("", 100, id="its container's files stay with it"),
        pytest.param("cache", 0, id="its emptyDir goes at once"),
    ],
)
def test_of_a_pod_that_has_ended(volume, expected):
    (once,) = neutral_apps(read_manifest(BARE, "pod.yaml").objects, effective_requests)
    assert left(replace(once, duration=Duration(5_000_000), disk_use=DiskUse(100 * MIB, volume=volume))) == expected


def test_nothing_stays_of_a_pod_that_is_deleted():
    gone = PlannedChange(50_000_000, "delete", "web")
    assert left(writing("web", 100)) == 100
    assert left(writing("web", 100), gone) == 0


# -- what the node says of itself -----------------------------------------------------------------------------------


def test_the_node_is_closed_until_the_transition_period_is_over():
    trace = run(writing("greedy", 100, 2, most=920), writing("late", 10, at=420), horizon=1000)
    short = happened(trace, "events", kind="Evicted")[0]
    told, well = (happened(trace, "events", kind=kind)[0] for kind in ("DiskPressure", "NoDiskPressure"))
    (late,) = tasks(trace, "late")
    assert short < told <= short + 10
    assert 300 <= well - short <= 325
    assert well <= at(late["decided_us"]) < well + 5


def test_until_the_node_has_told_it_refuses_every_pod_but_those_that_the_system_needs():
    parts = {"kubernetes.eviction.pressure_transition_s": 600}
    trace = run(writing("greedy", 100, 2), horizon=410, **parts)
    refused = [row for row in trace["events"].dicts() if row["reason"] == "disk-pressure"]
    assert {row["subject"].rsplit("-", 2)[0] for row in refused} == {"greedy"}
    short = happened(trace, "events", kind="Evicted", reason="short-of-disk")[0]
    for name, priority in (("system", 2_000_000_000), ("other", 1)):
        late = writing(name, 0, at=short + 0.2, priority=priority)
        assert (name in evicted(run(late, writing("greedy", 100, 2), horizon=410, **parts))) == (name == "other")


# -- limits -------------------------------------------------------------------------------------------------------


def test_a_pod_over_its_limit_is_evicted_at_the_next_look_and_the_node_stays_open():
    trace = run(writing("greedy", 0, 2, may=100))
    (row, *_) = tasks(trace)
    found = happened(trace, "events", kind="Evicted", reason="over-disk-limit")[0]
    assert 50 < found - at(row["started_us"]) <= 60
    assert not happened(trace, "events", kind="DiskPressure")


def test_all_over_their_limits_go_at_once():
    trace = run(writing("greedy", 0, 2, may=100, replicas=3), horizon=70)
    assert evicted(trace) == ["greedy"] * 3
    assert len(set(happened(trace, "events", kind="Evicted"))) == 1


def test_whoever_wrote_too_much_has_done_wrong_and_whoever_was_in_the_way_has_not():
    for of, expected in ((writing("greedy", 0, 20, may=100), False), (writing("greedy", 0, 20), True)):
        plane = Kubernetes()
        made = (Node("node-0", {CPU: 4000, MEMORY: GIB, DISK: 1000 * MIB}),)
        World(scenario(of, machines=made, horizon=60, settings=QUICK), plane, 1).run()
        failed = [pod for pod in plane.api.pods.values() if pod.phase == "Failed" and pod.exit_code is not None]
        assert [pod.disrupted for pod in failed][:1] == [expected]


MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{a: b}}}}
  template:
    metadata: {{labels: {{a: b}}}}
    spec:
      containers:
        - {{name: one, image: x, resources: {{limits: {one}}}}}
        - {{name: two, image: x, resources: {{limits: {two}}}}}
      volumes: [{{name: cache, emptyDir: {empty}}}]
"""


@pytest.mark.parametrize(
    ("limits", "volume", "expected"),
    [
        pytest.param({"empty": "{sizeLimit: 50Mi}"}, "cache", "over-volume-limit", id="over the sizeLimit"),
        pytest.param({"empty": "{sizeLimit: 50Mi}"}, "", None, id="what is beside the volume does not count there"),
        pytest.param(
            {"empty": "{sizeLimit: 50Mi, medium: Memory}"}, "cache", None, id="a volume in memory is no matter of disk"
        ),
        pytest.param({"empty": "{sizeLimit: 0}"}, "cache", None, id="a sizeLimit of nothing is none"),
        pytest.param({"one": "{ephemeral-storage: 50Mi}"}, "", "over-disk-limit", id="over the container's limit"),
        pytest.param(
            {"one": "{ephemeral-storage: 50Mi}", "two": "{ephemeral-storage: 1Gi}"}, "", "over-disk-limit",
            id="though all limits of the pod together would do",
        ),
        pytest.param(
            {"one": "{ephemeral-storage: 50Mi}", "two": "{ephemeral-storage: 1Gi}"}, "cache", None,
            id="volumes count for the pod only",
        ),
        pytest.param({"two": "{ephemeral-storage: 50Mi}"}, "", "over-disk-limit", id="one limit is the whole pod's"),
        pytest.param({}, "cache", None, id="no limit at all"),
    ],
)  # fmt: skip
def test_what_a_pod_is_held_to(limits, volume, expected):
    text = MANIFEST.format(**{"one": "{}", "two": "{}", "empty": "{}", **limits})
    (web,) = neutral_apps(read_manifest(text, "web.yaml").objects, effective_requests)
    trace = run(replace(web, disk_use=DiskUse(100 * MIB, volume=volume)), horizon=60, disk=4000)
    reasons = {row["reason"] for row in trace["events"].dicts() if row["kind"] == "Evicted"}
    assert reasons == ({expected} if expected else set())


# -- in scheduling ------------------------------------------------------------------------------------------------


def test_a_pod_that_asks_for_more_disk_than_is_left_waits():
    first, second = writing("first", 0, asks=600), writing("second", 0, asks=600, at=5)
    trace = run(first, second, horizon=60)
    (late,) = tasks(trace, "second")
    assert late["outcome"] == "waiting"
    assert "Insufficient ephemeral-storage" in late["why"]


def test_of_a_daemon_that_the_node_refuses_another_pod_comes_ever_more_seldom():
    trace = run(writing("logs", 100, 20, kind="daemon"), horizon=300, disk=1000)
    refused = happened(trace, "events", kind="Evicted", reason="disk-pressure")
    gaps = [after - before for before, after in pairwise(refused)]
    assert len(refused) == 9  # after 1, 2, 4 ... 128 s
    assert all(after > 1.5 * before for before, after in pairwise(gaps[1:]))
