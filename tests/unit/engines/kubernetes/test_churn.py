"""Whatever happens to a cluster, the fast path decides as the plain plugins do, and everything does happen.

Random clusters, random pods, random events: pods come, end, are displaced; nodes come, go, are cordoned, tainted,
labelled anew; services and volumes appear. After each event some pod is decided both ways. It is counted how often each
plugin refused, each score told nodes apart, and each kind of event came; what never happened fails the test.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import msgspec

from tests.unit.engines.kubernetes.builders import ZONE, api_node, container, pod, taint
from tests.unit.engines.kubernetes.plugins.test_volume_binding import claim, volume
from tests.unit.engines.kubernetes.plugins.test_volume_zone_and_limits import listers as with_disks
from tests.unit.engines.kubernetes.test_view import RACK, named, shape, template
from workbench.engines.kubernetes.fit_error import rejected_text
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_table import NodeTable
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE, FILTERS, SCORES
from workbench.engines.kubernetes.plugins.default_preemption import preempt
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.schedule_one import schedule
from workbench.model.native.kubernetes import CSINode, ObjectMeta, Service, StorageClass
from workbench.model.native.kubernetes.core import ServiceSpec
from workbench.model.native.kubernetes.storage import CSINodeDriver, CSINodeSpec, VolumeNodeResources
from workbench.model.native.kubernetes.volumes import (
    GCEPersistentDiskVolumeSource,
    PersistentVolumeClaimVolumeSource,
    Volume,
)

SEEDS = 60
STEPS = 80
NEVER_REFUSES = "DynamicResources"
NEVER_SCORES = "VolumeBinding"
"""What the default profile asks and never hears anything from."""

EVENTS = (
    "bind", "bound elsewhere", "delete", "begin to end", "node added", "node removed", "cordon", "uncordon", "taint",
    "labels", "allocatable", "service", "volume moves", "preemption", "promised node taken",
)  # fmt: skip


def using(name: str) -> Volume:
    return Volume(name=name, persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name=name))


DISK = Volume(name="d", gce_persistent_disk=GCEPersistentDiskVolumeSource(pd_name="d"))
SPECIAL = [
    {"volumes": (using("local"),)}, {"volumes": (using("c0"),)}, {"volumes": (using("c1"),)}, {"volumes": (DISK,)},
    {"node_name": "n1"},
]  # fmt: skip


class Churn:
    """A cluster on which things happen."""

    def __init__(self, seed: int, seen: Counter[str]) -> None:
        self.luck, self.seen = random.Random(seed), seen
        self.listers = with_disks(c1={ZONE: "b"})
        self.listers.add(StorageClass(metadata=ObjectMeta(name="wait"), provisioner="x"))
        for name in ("c0", "c1"):
            self.listers.add(claim(name, volume=name, phase="Bound"))
        self.listers.add(claim("local", volume="pv", phase="Bound"))
        self.listers.add(volume("pv", zone="a", phase="Bound"))
        self.number = 0
        self.nodes: list[NodeInfo] = []
        for _ in range(self.luck.choice([3, 8, 130])):
            self.add_node()
        self.placed: list[tuple[NodeInfo, PodInfo]] = []
        self.promised: dict[str, list[PodInfo]] = {}
        self.kinds = [template(self.luck) for _ in range(4)]
        self.kinds += [
            pod(container("100m", "128Mi"), labels={"app": "x"}, **one) for one in self.luck.sample(SPECIAL, 2)
        ]
        self.urgent = pod(container("2", "1Gi"), labels={"app": "urgent"}, priority=100)
        self.percentage = self.luck.choice([0, 100])
        self.anew()

    def anew(self) -> None:
        """The list of nodes is another: the scheduler's picture is made anew."""
        for place, node in enumerate(self.nodes):
            node.index = place
        profile = replace(DEFAULT_PROFILE, percentage_of_nodes_to_score=self.percentage)
        self.table = NodeTable(Cluster(self.nodes, listers=self.listers), profile)

    def add_node(self) -> None:
        name = f"n{self.number}"
        self.number += 1
        self.nodes.append(NodeInfo(named(shape(self.luck), name)))
        driver = CSINodeDriver(name="disks", allocatable=VolumeNodeResources(count=1))
        self.listers.add(CSINode(metadata=ObjectMeta(name=name), spec=CSINodeSpec(drivers=(driver,))))

    # -- what happens ---------------------------------------------------------------------------------------

    def step(self) -> None:
        what = self.luck.choice(["bind"] * 8 + list(EVENTS[1:]) * 1)
        if getattr(self, "on_" + what.replace(" ", "_"))():
            self.seen[what] += 1
        self.compare(self.luck.choice(self.kinds))

    def come(self, node: NodeInfo, one: PodInfo) -> bool:
        self.table.add_pod(node.index, one)
        self.placed.append((node, one))
        return True

    def go(self, at: int) -> tuple[NodeInfo, PodInfo]:
        node, one = self.placed.pop(at)
        self.table.add_pod(node.index, one, -1)
        return node, one

    def on_bind(self) -> bool:
        one = self.luck.choice(self.kinds)
        best = self.compare(one)
        return bool(best) and self.come(self.nodes[self.luck.choice(best)], one)

    def on_bound_elsewhere(self) -> bool:
        return self.come(self.luck.choice(self.nodes), self.luck.choice(self.kinds))

    def on_delete(self) -> bool:
        return bool(self.placed) and bool(self.go(self.luck.randrange(len(self.placed))))

    def on_begin_to_end(self) -> bool:
        if not self.placed:
            return False
        node, one = self.go(self.luck.randrange(len(self.placed)))
        return self.come(node, one.as_terminating)

    def on_node_added(self) -> bool:
        self.add_node()
        self.anew()
        return True

    def on_node_removed(self) -> bool:
        if len(self.nodes) < 3:
            return False
        gone = self.nodes.pop(self.luck.randrange(len(self.nodes)))
        self.placed = [one for one in self.placed if one[0] is not gone]
        self.promised.pop(gone.name, None)
        self.anew()
        return True

    def changed(self, **more) -> bool:
        info = self.luck.choice(self.nodes)
        node = info.node
        labels = more.pop("labels", None)
        if labels is not None:
            node = msgspec.structs.replace(
                node, metadata=msgspec.structs.replace(node.metadata, labels={**node.metadata.labels, **labels})
            )
        if "allocatable" in more:
            node = msgspec.structs.replace(node, status=more.pop("allocatable").status)
        node = msgspec.structs.replace(node, spec=msgspec.structs.replace(node.spec, **more))
        info.set_node(node)
        self.table.node_changed(info.index, labels=labels is not None)
        return True

    def on_cordon(self) -> bool:
        return self.changed(unschedulable=True)

    def on_uncordon(self) -> bool:
        return self.changed(unschedulable=False)

    def on_taint(self) -> bool:
        return self.changed(taints=self.luck.choice([(), (taint("gpu"),), (taint("soft", "PreferNoSchedule"),)]))

    def on_labels(self) -> bool:
        return self.changed(labels={ZONE: self.luck.choice("abc"), RACK: self.luck.choice("123")})

    def on_allocatable(self) -> bool:
        return self.changed(allocatable=api_node(cpu=self.luck.choice(["1", "3", "8"]), pods="110"))

    def on_service(self) -> bool:
        made = Service(metadata=ObjectMeta(name="s", namespace="default"), spec=ServiceSpec(selector={"app": "x"}))
        self.listers.add(made)
        self.table.forget("default", made.spec.selector)
        return True

    def on_volume_moves(self) -> bool:
        self.listers.add(volume("pv", zone=self.luck.choice("abc"), phase="Bound"))
        return True

    def on_preemption(self) -> bool:
        """A pod of high priority finds no node: others are taken away, and the node is promised to it."""
        verdict = schedule(self.table.profile, self.urgent, self.table.cluster, nominated=self.promised)
        if verdict.feasible:
            return self.compare(self.urgent) != [] and self.come(verdict.best()[0], self.urgent) and False
        found = preempt(self.table.profile, self.urgent, self.table.cluster, verdict, nominated=self.promised)
        if not found.tied:
            return False
        chosen = found.tied[0]
        for victim in chosen.victims:
            at = next(at for at, (node, one) in enumerate(self.placed) if node is chosen.node and one is victim)
            self.go(at)
        self.promised.setdefault(chosen.node.name, []).append(self.urgent)
        return True

    def on_promised_node_taken(self) -> bool:
        """A pod comes to the node that it was promised; what the node's name is the decision knows."""
        node = next((node for node in self.nodes if node.name in self.promised), None)
        if node is None:
            return False
        del self.promised[node.name]
        best = self.compare(self.urgent, promised=node.name)
        return bool(best) and self.come(self.nodes[best[0]], self.urgent)

    # -- both ways ------------------------------------------------------------------------------------------

    def compare(self, asking: PodInfo, promised: str = "") -> list[int]:
        table, seen = self.table, self.seen
        start = table.start
        told = {"nominated": self.promised, "nominated_node": promised}
        verdict = schedule(table.profile, asking, table.cluster, start=start, **told)
        choice = table.choose(asking, **told)
        assert sorted(choice.best) == sorted(one.index for one in verdict.best())
        assert (choice.feasible, choice.evaluated) == (len(verdict.feasible), verdict.evaluated)
        assert choice.rejected == rejected_text(verdict.rejected())
        refused = table.refused(asking, **told)
        assert (refused is None) == bool(verdict.feasible)
        if refused is not None:
            assert refused.statuses == verdict.statuses
        for plugin in {plugin for plugin, _ in verdict.statuses.values()}:
            seen[f"{plugin} refused"] += 1
        for plugin, scores in verdict.raw.items():
            seen[f"{plugin} told apart"] += len(set(scores)) > 1
        return list(choice.best)


def test_everything_happens_and_both_ways_decide_alike():
    seen: Counter[str] = Counter(dict.fromkeys(EVENTS, 0))
    seen.update({f"{name} refused": 0 for name in FILTERS if name != NEVER_REFUSES})
    seen.update({f"{name} told apart": 0 for name in SCORES if name != NEVER_SCORES})
    fast = decisions = 0
    for seed in range(SEEDS):
        churn = Churn(seed, seen)
        for _ in range(STEPS):
            before = churn.table
            churn.step()
            if churn.table is not before:
                decisions, fast = decisions + before.decisions, fast + before.decisions - before.plain_decisions
    print(*(f"{count:6}  {what}" for what, count in sorted(seen.items())), f"{fast} of {decisions} fast", sep="\n")
    assert [what for what, count in seen.items() if not count] == []
    assert fast > decisions / 4
