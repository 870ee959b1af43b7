"""DaemonSet: one pod on every node that suits."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from workbench.engines.kubernetes.controllers.claims import PodClaims
from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.controllers.daemon_backoff import DaemonBackoff
from workbench.engines.kubernetes.controllers.daemonset_update import DaemonPod, bounds, rolling_update, too_many
from workbench.engines.kubernetes.names import template_hash
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, NodeObject, PodDraft, PodObject
from workbench.engines.kubernetes.plugins.taint_toleration import find_untolerated
from workbench.engines.kubernetes.selectors import has_all, node_selector_matches
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    Toleration,
)
from workbench.model.native.kubernetes.nodes import Node
from workbench.model.native.kubernetes.pods import PodSpec

REVISION_LABEL = "controller-revision-hash"

TOLERATED = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)
"""Taints under node.kubernetes.io that daemon pods put up with for ever: they stay on a node in trouble."""


def with_daemon_tolerations(spec: PodSpec) -> PodSpec:
    """Return the spec with the tolerations that daemon pods get."""
    added = [*TOLERATED, ("network-unavailable", "NoSchedule")] if spec.host_network else TOLERATED
    more = (Toleration(key=f"node.kubernetes.io/{key}", operator="Exists", effect=effect) for key, effect in added)
    return replace(spec, tolerations=(*spec.tolerations, *more))


def on_node(spec: PodSpec, node: str) -> PodSpec:
    """Return the spec of the pod for one node: required affinity to its name, in place of any other."""
    field = NodeSelectorRequirement(key="metadata.name", operator="In", values=(node,))
    required = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(field,)),))
    affinity = spec.affinity or Affinity()
    wishes = affinity.node_affinity or NodeAffinity()
    return replace(
        spec,
        affinity=replace(
            affinity,
            node_affinity=replace(wishes, required_during_scheduling_ignored_during_execution=required),
        ),
    )


def node_should_run_daemon_pod(spec: PodSpec, node: Node) -> tuple[bool, bool]:
    """Say whether a daemon pod is wanted on a node, and whether one that is there may stay.

    Node name, labels and taints decide, not room, ports or cordons. A pod that is there puts up with taints that do
    not evict.

    Source: kubernetes, pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod (version 1.34).
    """
    labels: Mapping[str, str] = node.metadata.labels
    affinity = spec.affinity.node_affinity if spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    fits_name = spec.node_name in ("", node.metadata.name)
    fits_labels = has_all(spec.node_selector, labels) and (
        required is None or node_selector_matches(required, labels, node.metadata.name)
    )
    if not (fits_name and fits_labels):
        return False, False
    if find_untolerated(node.spec.taints, spec.tolerations) is None:
        return True, True
    evicting = [taint for taint in node.spec.taints if taint.effect == "NoExecute"]
    return False, find_untolerated(evicting, spec.tolerations) is None


def _node_of(pod: PodObject) -> int:
    """Return the number of the node that a pod is on, or was made for; `NOWHERE` if it was adopted and is on none."""
    if pod.node != NOWHERE:
        return pod.node
    affinity = pod.info.spec.affinity.node_affinity if pod.info.spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    return pod.index if required and any(term.match_fields for term in required.node_selector_terms) else NOWHERE


class DaemonSetController(Controller):
    """Creates the pod of every node that should have one and has none; brings in new versions node by node.

    Source: kubernetes, pkg/controller/daemon/daemon_controller.go and update.go (version 1.34).
    Left out: the history of revisions.
    """

    name = "daemonset-controller"

    def watch(self) -> None:
        """DaemonSets, their pods, nodes."""
        self._expected: dict[str, int] = {}
        self._specs: dict[tuple[str, int], tuple[PodSpec, PodSpec]] = {}  # what the template says, and so the pod
        self._sets: dict[str, None] = {}
        self._rolling: set[str] = set()  # of which pods of an earlier template may be left
        self._doomed: dict[str, set[int]] = {}
        self._labels: dict[str, tuple[str, dict[str, str]]] = {}
        self._claims = PodClaims(self, self.queue.add)
        self._backoff = DaemonBackoff()
        self.api.watch("DaemonSet", self._on_set)
        self.api.watch("Pod", self._on_pod, owner="DaemonSet")
        self.api.watch("Node", self._on_node)

    def _on_set(self, old: ApiObject | None, new: ApiObject | None) -> None:
        self._claims.on_set(old, new)
        if new is not None:
            self._sets[new.uid] = None
            if old is not None and old.native.spec.template != new.native.spec.template:
                self._rolling.add(new.uid)
            self.queue.add(new.uid)
        elif old is not None:
            del self._sets[old.uid]
            self._rolling.discard(old.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if old is None:  # counted even if the set is gone: another may come by its name
            self._expected[pod.owner] = self._expected.get(pod.owner, 0) - 1
        if pod.owner in self._sets:
            if old is not None and old.owner != pod.owner:
                self._rolling.add(pod.owner)  # it was adopted, perhaps with an earlier template
            if new is None or new.deleting:
                self._doomed.get(pod.owner, set()).discard(pod.uid)
            if old is None or new is None or new.terminal or pod.owner in self._rolling:
                self.queue.add(pod.owner)

    def _on_node(self, old: NodeObject | None, new: NodeObject) -> None:
        assert old is not None
        before, after = old.node, new.node
        if before.spec != after.spec or before.metadata.labels != after.metadata.labels or old.deleted != new.deleted:
            for key in self._sets:
                self.queue.add(key)

    def sync(self, key: str) -> Sync:
        """Delete pods that have ended or whose node no longer suits, create those that are missing."""
        if self._expected.get(key, 0) > 0 or self._doomed.get(key):
            return ""
        owner = yield from self._claims.settled(key)
        if owner is None:
            return ""
        pods = self.informer.owned_by(key).values()
        spec = with_daemon_tolerations(owner.native.spec.template.spec)
        verdicts = [node_should_run_daemon_pod(spec, one.node) for one in self.api.nodes]
        placed = [(pod, node) for pod in pods if (node := _node_of(pod)) != NOWHERE]
        leaving = [pod.uid for pod, node in placed if self._leaves(key, pod, node, verdicts[node][1])]
        yield from self.answered([self.client.send(self.api.delete_pod, pod) for pod in leaving])
        taken = {_node_of(pod) for pod in self.informer.owned_by(key).values()}
        free = (one.index for one in self.api.nodes if one.index not in taken and not one.deleted)
        due = [index for index in free if verdicts[index][0]]
        error = ""
        if due:
            error = yield from self._create(key, owner, spec, due[:BURST_REPLICAS])
        elif key in self._rolling and owner.native.spec.update_strategy.type == "RollingUpdate":
            error = yield from self._roll(key, owner, spec, verdicts)
        return error

    def _leaves(self, key: str, pod: PodObject, node: int, stays: bool) -> bool:
        """Say whether a pod is to be deleted; one that has failed where another is wanted may have to wait for it."""
        if pod.phase == "Failed" and stays and not pod.deleting:
            wait_us = self._backoff.wait_us(key, node, self.world.now_us)
            if wait_us:
                self.queue.add_after(key, wait_us)
            return not wait_us
        return pod.terminal or not (pod.deleting or stays)

    def _roll(self, key: str, owner: ApiObject, spec: PodSpec, verdicts: list[tuple[bool, bool]]) -> Sync:
        """Make the next step of an update; come back when a pod that has just become ready counts as available."""
        digest, min_ready_us = (
            template_hash(owner.native.spec.template),
            owner.native.spec.min_ready_seconds * SECOND_US,
        )
        wanted = [one.index for one in self.api.nodes if verdicts[one.index][0] and not one.deleted]
        nodes: dict[int, list[DaemonPod]] = {index: [] for index in wanted}
        for pod in self.informer.owned_by(key).values():
            if pod.active and _node_of(pod) != NOWHERE:
                left_us = pod.ready_us + min_ready_us - self.world.now_us if pod.ready else 0
                if left_us > 0:
                    self.queue.add_after(key, left_us)
                new = pod.info.labels.get(REVISION_LABEL) == digest
                here = DaemonPod(pod.uid, new, pod.ready, pod.ready and left_us <= 0)
                nodes.setdefault(_node_of(pod), []).append(here)
        if all(len(pods) == 1 and pods[0].new and pods[0].available for pods in nodes.values()):
            self._rolling.discard(key)
            self.world.event("DaemonSetUpdated", owner.name, "rollout-complete")
            return ""
        surge, unavailable = bounds(owner.native.spec.update_strategy, len(wanted))
        step = rolling_update(nodes, surge, unavailable)
        extra = [uid for pods in nodes.values() for uid in too_many(pods, surge=surge > 0)]
        gone = dict.fromkeys((*step.delete, *extra))
        self._doomed[key] = set(gone)
        yield from self.delete_pods(owner.name, [self.informer.pods[uid] for uid in gone], "pod-outdated")
        error = ""
        if step.create:
            error = yield from self._create(key, owner, spec, list(step.create[:BURST_REPLICAS]))
        return error

    def _labels_of(self, owner: ApiObject) -> dict[str, str]:
        """Return the labels of pods of the present template; the same object for all of them."""
        digest = template_hash(owner.native.spec.template)
        known = self._labels.get(owner.uid)
        if known is None or known[0] != digest:
            labels = {**owner.native.spec.template.metadata.labels, REVISION_LABEL: digest}
            known = self._labels[owner.uid] = digest, labels
        return known[1]

    def _create(self, key: str, owner: ApiObject, spec: PodSpec, due: list[int]) -> Sync:
        self._expected[key] = self._expected.get(key, 0) + len(due)
        template, labels, app = owner.native.spec.template.spec, self._labels_of(owner), owner.app
        assert app is not None

        def draft(number: int) -> PodDraft:
            index = due[number]
            known = self._specs.get((key, index))
            if known is None or known[0] is not template:  # admission works out each spec once
                known = self._specs[key, index] = template, on_node(spec, self.api.nodes[index].name)
            name = self.names.generate(f"{owner.name}-")
            return PodDraft(name, owner.namespace, labels, known[1], app, key, index)

        def refused(_: int) -> None:
            self._expected[key] -= 1

        error = yield from self.create_pods(owner.name, len(due), draft, refused)
        return error
