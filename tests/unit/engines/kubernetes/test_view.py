"""On clusters of some hundred nodes, under churn and whatever profile, the views decide as the plain plugins do.

Every way through the views is counted, and one that was never taken fails the test.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.kubernetes.builders import (
    HOSTNAME,
    ZONE,
    apart,
    api_node,
    container,
    expression,
    near,
    node_affinity,
    pod,
    spread,
    taint,
    term,
    tolerates,
    wish_apart,
    wish_near,
)
from workbench.engines.kubernetes import node_table, sorted_nodes, view, view_answer, view_layout, view_rules
from workbench.engines.kubernetes.fit_error import rejected_text
from workbench.engines.kubernetes.framework import Cluster, Plugin, ScorePlugin, unschedulable
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_table import NodeTable
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE, inter_pod_affinity
from workbench.engines.kubernetes.plugins.most_allocated import most_allocated
from workbench.engines.kubernetes.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from workbench.engines.kubernetes.plugins.node_resources_fit import NodeResourcesFit
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile
from workbench.engines.kubernetes.schedule_one import schedule
from workbench.engines.kubernetes.shortcuts import checker, is_by_sums, scorer
from workbench.model.native.kubernetes import ObjectMeta, Service
from workbench.model.native.kubernetes.core import ServiceSpec

MIB = 1024 * 1024
RACK = "rack"


class Crowded(NodeResourcesFit):
    """Somebody's own: likes company, whatever the class that it is made from prefers."""

    def score(self, state, pod, node):
        return min(100, 7 * len(node.pods) + node.pod_count)


class Alternating(Plugin):
    """Somebody's own: refuses nodes with three kinds of pods."""

    name = "Alternating"
    sees = "pods"

    def filter(self, state, pod, node):
        return unschedulable("three kinds") if len(node.pods) % 4 == 3 else None


class OddPods(ScorePlugin):
    """Somebody's own: prefers nodes with disks while an odd number of pods is about."""

    name = "OddPods"

    def pre_score(self, pod, cluster, feasible):
        return sum(node.pod_count for node in cluster.nodes) % 2

    def score(self, state, pod, node):
        return 40 * state if "disk" in node.labels else 3

    def group(self, pod, node):
        return "disk" in node.labels


def with_fit(fit: NodeResourcesFit) -> Profile:
    scores = tuple((fit if one.name == fit.name else one, weight) for one, weight in DEFAULT_PROFILE.scores)
    return replace(DEFAULT_PROFILE, scores=scores)


PROFILES = {
    "as it comes": DEFAULT_PROFILE,
    "the other way round": replace(DEFAULT_PROFILE, filters=DEFAULT_PROFILE.filters[::-1]),
    "packing": with_fit(NodeResourcesFit(most_allocated)),
    "own score": with_fit(Crowded()),
    "own filter and group": replace(
        DEFAULT_PROFILE,
        filters=(*DEFAULT_PROFILE.filters, Alternating()),
        scores=(*DEFAULT_PROFILE.scores, (OddPods(), 1)),
    ),
}

SHAPES = [("100m", "128Mi"), ("500m", "2Gi"), ("1", ""), ("", "1Gi"), ("", "")]
BOTH = tuple(spread(1, key, "ScheduleAnyway", app="x") for key in (ZONE, HOSTNAME))
WISHES = [
    {},
    {},
    {"topology_spread_constraints": (spread(1, ZONE, app="x"),)},
    {"topology_spread_constraints": (spread(2, RACK, app="y"), spread(1, ZONE, "ScheduleAnyway", app="y"))},
    {"topology_spread_constraints": (spread(1, HOSTNAME, app="x"),)},
    {"topology_spread_constraints": BOTH},
    {"affinity": apart(HOSTNAME, app="x")},
    {"affinity": apart(ZONE, app="y")},
    {"affinity": near(ZONE, app="y")},
    {"affinity": wish_near(RACK, 10, app="x")},
    {"affinity": wish_apart(HOSTNAME, 50, app="y")},
    {"affinity": node_affinity(term(expression("disk", "Exists")))},
    {"affinity": node_affinity(term(fields=[expression("metadata.name", "In", "n1", "n2")]))},
    {"affinity": node_affinity(preferred=[(30, term(expression("disk", "In", "ssd")))]), "tolerations": (tolerates(),)},
]  # fmt: skip


def template(luck: random.Random) -> PodInfo:
    cpu, memory = luck.choice(SHAPES)
    ports = (80,) if luck.random() < 0.15 else ()
    image = luck.choice(["", "app:1", "app:2"])
    return pod(
        container(cpu, memory, image=image, ports=ports), labels={"app": luck.choice("xyz")}, **luck.choice(WISHES)
    )


def shape(luck: random.Random):
    labels = {ZONE: luck.choice("abc"), RACK: luck.choice("12345")}
    if luck.random() < 0.6:
        labels["disk"] = luck.choice(["ssd", "hdd"])
    return api_node(
        "n", cpu=luck.choice(["1", "2", "4"]), memory=luck.choice(["2Gi", "8Gi"]), pods=luck.choice(["3", "110"]),
        labels=labels, unschedulable=luck.random() < 0.05,
        taints=luck.choice([(), (), (), (), (taint("gpu"),), (taint("soft", "PreferNoSchedule"),)]),
        images=luck.choice([{}, {}, {"app:1": 400 * MIB}, {"app:2": 900 * MIB}]),
    )  # fmt: skip


def named(node, name: str):
    labels = {**node.metadata.labels, HOSTNAME: name}
    return msgspec.structs.replace(node, metadata=msgspec.structs.replace(node.metadata, name=name, labels=labels))


WAYS = (
    (view_answer.ViewAnswer, "_sampled"), (view_answer.ViewAnswer, "_refusals_in"),
    (view_answer.ViewAnswer, "_best_in"), (view_answer.ViewAnswer, "_best"),
    (view_answer.ViewAnswer, "_by_kind"), (view_answer.ViewAnswer, "objects_changed"),
    (view_answer, "nth_of_all"), (sorted_nodes, "Union"),
    (view_layout.Group, "drop"), (view_layout.ViewLayout, "move"), (view_layout.ViewLayout, "settle"),
    (view_layout.Group, "_settle"), (view.View, "_by_state"), (view.View, "_afresh"), (view.View, "_follow"),
    (view.View, "_count"),
    (view_rules.ViewRules, "of_part"), (view_rules.ViewRules, "count"), (view_rules.ViewRules, "tally"),
    (node_table, "schedule"), (node_table, "View"),
)  # fmt: skip


@pytest.fixture
def ways(monkeypatch):
    """Count how often each way is taken."""
    taken = Counter({name: 0 for _, name in WAYS})

    def counting(name, real):
        def counted(*args, **more):
            taken[name] += 1
            return real(*args, **more)

        return counted

    monkeypatch.setattr(sorted_nodes, "FEW", 3)
    monkeypatch.setattr(inter_pod_affinity, "FEW", 2)
    monkeypatch.setattr(node_table, "KEPT", 60)
    monkeypatch.setattr(node_table, "KEPT_PER_NODE", 0)
    for owner, name in WAYS:
        monkeypatch.setattr(owner, name, counting(name, getattr(owner, name)))
    return taken


def test_every_way_through_the_views_leads_to_the_decision_of_the_plain_plugins(ways):
    seen = Counter(
        {"nobody": 0, "one": 0, "tied": 0, "part refused": 0, "around the end": 0, **dict.fromkeys(PROFILES, 0)}
    )

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(st.integers(0, 1 << 32), st.sampled_from(sorted(PROFILES)), st.sampled_from([0, 1, 16]))
    def drawn(seed, profile, few):
        seen[profile] += 1
        Churn(random.Random(seed), PROFILES[profile], few, seen).run(60)

    drawn()
    assert all(ways.values()), ways
    assert ways["_afresh"] > ways["View"] + 20, ways
    assert all(seen.values()), seen
    assert min(ways["_sampled"], ways["nth_of_all"], seen["around the end"]) > 5, (ways, seen)


class Churn:
    """A cluster on which things happen."""

    def __init__(self, luck: random.Random, profile: Profile, few: int, seen: Counter[str]) -> None:
        self.luck, self.seen = luck, seen
        shapes = [shape(luck) for _ in range(luck.choice([1, 3, 12]))]
        count = luck.choice([40, 180, 300])
        self.nodes = [NodeInfo(named(luck.choice(shapes), f"n{index}"), index) for index in range(count)]
        self.listers = Listers()
        self.table = NodeTable(
            Cluster(self.nodes, listers=self.listers),
            replace(profile, percentage_of_nodes_to_score=luck.choice([0, 30, 30, 95, 100])),
            few=few,
        )
        self.kinds = [template(luck) for _ in range(5)]
        self.placed: list[tuple[int, PodInfo]] = []

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.luck.choice(
                [self.place] * 10 + [self.elsewhere, self.end, self.ending, self.node, self.service, self.much]
            )()
        for one in self.kinds:
            self.compare(one)

    def come(self, index: int, one: PodInfo) -> None:
        self.table.add_pod(index, one)
        self.placed.append((index, one))

    def go(self) -> tuple[int, PodInfo]:
        index, one = self.placed.pop(self.luck.randrange(len(self.placed)))
        self.table.add_pod(index, one, -1)
        return index, one

    def place(self) -> None:
        one = self.luck.choice(self.kinds)
        best = self.compare(one)
        if best:
            self.come(self.luck.choice(best), one)

    def elsewhere(self) -> None:
        self.come(self.luck.randrange(len(self.nodes)), self.luck.choice(self.kinds))

    def end(self) -> None:
        if self.placed:
            self.go()

    def ending(self) -> None:
        """A pod still takes its resources, but is on its way out."""
        if self.placed:
            index, one = self.go()
            self.come(index, one.as_terminating)

    def node(self) -> None:
        index = self.luck.randrange(len(self.nodes))
        before = self.nodes[index].node
        labels = self.luck.random() < 0.3
        after = named(shape(self.luck), self.nodes[index].name)
        if not labels:
            after = msgspec.structs.replace(after, metadata=before.metadata)
        self.nodes[index].set_node(after)
        self.table.node_changed(index, labels=labels)

    def service(self) -> None:
        made = Service(metadata=ObjectMeta(name="s", namespace="default"), spec=ServiceSpec(selector={"app": "z"}))
        self.listers.add(made)
        self.table.forget("default", made.spec.selector)

    def much(self) -> None:
        """A crowd comes, and part of it goes again; some templates lag behind."""
        for _ in range(self.luck.choice([20, len(self.nodes)])):
            self.elsewhere()
        for _ in range(self.luck.choice([10, len(self.nodes) // 2])):
            self.end()

    def compare(self, asking: PodInfo) -> list[int]:
        table, seen, start, count = self.table, self.seen, self.table.start, len(self.nodes)
        verdict = schedule(table.profile, asking, table.cluster, start=start)
        choice = table.choose(asking)
        best = list(choice.best)
        assert sorted(best) == sorted(one.index for one in verdict.best())
        assert [choice.best[at] for at in range(-len(best), len(best))] == best * 2
        assert (choice.feasible, choice.evaluated) == (len(verdict.feasible), verdict.evaluated)
        assert choice.rejected == rejected_text(verdict.rejected())
        assert table.start == (start + verdict.evaluated) % count
        refused = table.refused(asking)
        if verdict.evaluated == count or not verdict.feasible:
            assert (None if refused is None else refused.statuses) == (None if best else verdict.statuses)
        seen["nobody" if not best else "one" if len(best) == 1 else "tied"] += 1
        seen["part refused"] += "PodTopologySpread" in choice.refused_by
        seen["around the end"] += verdict.evaluated < count < start + verdict.evaluated
        return best


amounts = st.integers(0, 1 << 40) | st.integers(0, 4000)


@settings(max_examples=300, deadline=None)
@given(st.tuples(*[amounts] * 6), st.tuples(*[st.sampled_from(["", "1m", "250m", "3"])] * 2), st.data())
def test_a_short_cut_gives_the_answer_of_its_rule(held, asked, data):
    cpus, memories, cpu, memory, small_cpu, small_memory = held
    node = NodeInfo(api_node(), allocatable={"cpu": cpus, "memory": memories, "pods": data.draw(st.integers(0, 3))})
    node.requested = {"cpu": cpu, "memory": memory}
    node.non_zero_cpu, node.non_zero_memory, node.pod_count = small_cpu, small_memory, data.draw(st.integers(0, 3))
    one = pod(container(asked[0], data.draw(st.sampled_from(["", "1", "2Gi", "500Gi"]))), container(asked[1]))
    fit, balanced = NodeResourcesFit(), NodeResourcesBalancedAllocation()
    assert checker(fit, None, one)(node) == fit.filter(None, one, node)
    assert scorer(fit, None, one)(node) == fit.score(None, one, node)
    assert scorer(balanced, None, one)(node) == balanced.score(None, one, node)


def test_a_rule_of_ones_own_has_no_short_cut():
    node = NodeInfo(api_node())
    node.add_pod(pod())
    assert is_by_sums(NodeResourcesFit().score)
    assert not is_by_sums(Crowded().score)
    assert scorer(Crowded(), None, pod())(node) == 8
