"""Whatever befalls a cluster, and whatever is asked of it meanwhile: what holds at every write, and where it ends."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.laws.accounts import doubles, unknown_doubles
from tests.laws.histories import THEMES, by_the_clock, history
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.disruption import BUDGET, covers
from workbench.engines.kubernetes.controllers.stateful_set_control import max_unavailable, ordinals
from workbench.engines.world import World
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.trace import Trace

SEEDS = range(4)
SEEN_US = SECOND_US // 10
"""By then every controller has heard of what was written."""


class Watched(Kubernetes):
    """Kubernetes of which every write to a pod is looked at."""

    def start(self, world: World) -> None:
        super().start(world)
        self.evictions = self.replaced = 0
        stored, delete, event = self.api._changed, self.api.delete_pod, world.event

        def changed(kind, old, new):
            stored(kind, old, new)
            if kind == "Pod":
                self.look()

        def watched(uid, grace_s=None, disruption=""):
            before = self.healthy(uid) if disruption == "EvictionByEvictionAPI" else []
            error = delete(uid, grace_s, disruption)
            for budget, healthy in before if not error else ():
                self.evictions += 1
                assert healthy > budget.status.desired, "an eviction took more than the budget allows"
            return error

        def told(kind, subject, reason="", detail=""):
            if reason == "member-outdated":
                self.look_at_the_set(subject, detail)
            event(kind, subject, reason, detail)

        self.api._changed, self.api.delete_pod, world.event = changed, watched, told

    def look(self) -> None:
        pods = self.api.pods.values()
        names = Counter((pod.namespace, pod.name) for pod in pods)
        assert len(names) == len(pods), "two pods with one name"
        alive = Counter(pod.name for pod in pods if pod.app.kind == "stateful" and self.api.world.alive(pod.uid))
        assert all(count == 1 for count in alive.values()), "two live processes with one identity"

    def healthy(self, uid):
        """Return the budgets of a ready pod, each with how many it covers that are ready and stay."""
        pod = self.api.pods.get(uid)
        if pod is None or not (pod.ready and pod.active):
            return []
        mine = [one for one in self.api.objects.values() if one.kind == BUDGET and covers(one, pod)]
        return [(one, sum(pod.ready and pod.active and covers(one, pod) for pod in self.api.pods.values()))
                for one in mine]  # fmt: skip

    def look_at_the_set(self, gone: str, name: str) -> None:
        """A member of an old version is about to go, for the sake of the new one: how many are missing then?"""
        one = next(one for one in self.api.objects.values() if one.kind == "StatefulSet" and one.name == name)
        now, spec = self.api.world.now_us, one.native.spec
        pods = {pod.index: pod for pod in self.api.pods.values() if pod.owner == one.uid}
        missing = {
            ordinal for ordinal in ordinals(spec)
            if (pod := pods.get(ordinal)) is None
            or (not pod.ready and now - pod.ready_us > SEEN_US)
            or (pod.deleting and now - (pod.deletion_us - pod.grace_us) > SEEN_US)
        }  # fmt: skip
        self.replaced += 1
        least = spec.ordinals.start + spec.update_strategy.rolling_update.partition
        ordinal = int(gone.rpartition("-")[2])
        assert ordinal >= least, "a member below the partition was replaced"
        most, ordered = max_unavailable(spec), spec.pod_management_policy != "Parallel"
        if ordered or most is not None:
            assert len(missing | {ordinal}) <= (most or 1), "more members were missing than the rollout allows"
        else:
            assert not {other for other in missing if other > ordinal}, "a member went before those above were back"


@cache
def lived(theme, seed: int) -> tuple[Watched, Trace]:
    plane = Watched()
    return plane, World(history(theme, seed), plane, seed).run()


EACH = [pytest.param(theme, seed, id=f"{theme.__name__} {seed}") for theme in THEMES for seed in SEEDS]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.__name__)
def test_every_theme_comes_across_what_it_is_about(theme):
    runs = [lived(theme, seed) for seed in SEEDS]
    seen = {(row["kind"], row["reason"]) for _, trace in runs for row in trace["events"].dicts()}
    assert THEMES[theme] <= seen
    if ("Evicted", "drained") in THEMES[theme]:
        assert sum(plane.evictions for plane, _ in runs)
    if ("SuccessfulDelete", "member-outdated") in THEMES[theme]:
        assert sum(plane.replaced for plane, _ in runs)


@pytest.mark.parametrize(("theme", "seed"), EACH)
def test_what_runs_is_what_the_books_say(theme, seed):
    plane, trace = lived(theme, seed)
    world, pods = plane.api.world, plane.api.pods
    for machine in world.machines:
        assert all(task in pods and not pods[task].terminal for task in machine.tasks), "it runs, and nobody knows"
        held = Counter()
        for task in machine.tasks:
            held.update(pods[task].info.requests)
        assert {name: amount for name, amount in machine.booked.items() if amount} == {**held}
    for pod in pods.values():
        assert pod.node != NEVER or pod.active or pod.terminal, "it is going, and nowhere"
        assert not pod.ready or world.alive(pod.uid), "it is ready, and does not run"
        assert not pod.deleting or pod.deletion_us + 60 * SECOND_US > world.now_us, "it was to be gone long ago"
    for node in plane.api.nodes:
        assert (node.ready, [taint.key for taint in node.node.spec.taints if "pressure" not in taint.key]) == (
            "True",
            [],
        )
    known = {task for task, worker in plane.kubelets._workers.of.items() if not worker.over}
    assert known <= pods.keys()
    assert [one for one in doubles(trace) if kind_of(world, one) == "stateful"] == [], "two were one member"
    if theme is not by_the_clock:  # the Jobs of a CronJob share their places
        assert [one for one in unknown_doubles(trace) if kind_of(world, one) != "daemon"] == []
    steps = ("submitted_us", "queued_us", "considered_us", "decided_us", "bound_us", "started_us", "ready_us")
    for row in trace["tasks"].dicts():
        reached = [row[step] for step in steps if row[step] != NEVER]
        assert reached == sorted(reached)
        assert row["outcome"] != "running" or pods[world_row(trace, row)].node != NEVER
    times = list(trace["events"]["at_us"])
    assert times == sorted(times)


def kind_of(world: World, double) -> str:
    return next(app.kind for app in world.scenario.apps if app.name == double[0][0])


def world_row(trace: Trace, row) -> int:
    names = list(zip(trace["tasks"]["task"], trace["tasks"]["incarnation"], strict=True))
    return names.index((row["task"], row["incarnation"]))


@pytest.mark.parametrize(("theme", "seed"), EACH)
def test_in_the_end_there_is_what_was_wanted_or_the_trace_says_why_not(theme, seed):
    plane, trace = lived(theme, seed)
    refused = {row["subject"] for row in trace["events"].dicts() if row["kind"] == "FailedCreate"}
    for key, one in plane.api.objects.items():
        if one.kind not in ("ReplicaSet", "ReplicationController", "StatefulSet") or one.deleting:
            continue
        mine = [pod for pod in plane.api.pods.values() if pod.owner == key and pod.active]
        waits = one.kind == "StatefulSet" and any(map(excused(trace), mine))
        assert len(mine) == one.native.spec.replicas or one.name in refused or waits, key
    for pod in plane.api.pods.values():
        assert pod.ready or pod.terminal or pod.deleting or excused(trace)(pod) or pod.app.kind == "batch", pod.name


def excused(trace: Trace):
    """Return what says of a pod that it is not ready for a reason that stands in the trace, or in its app."""
    crashed = {row["subject"] for row in trace["events"].dicts() if row["kind"] in ("process-failed", "Evicted")}

    def why(pod) -> bool:
        return not pod.ready and (bool(trace["tasks"]["why"][pod.uid]) or pod.name in crashed)

    return why


def test_the_same_history_gives_the_same_bytes() -> None:
    for theme in list(THEMES)[:4]:
        assert World(history(theme, 1), Kubernetes(), 1).run().digest() == lived(theme, 1)[1].digest()
