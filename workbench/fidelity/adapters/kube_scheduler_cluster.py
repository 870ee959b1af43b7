"""The cluster of a record: its objects as the engine's own types, and what happens to them from step to step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from workbench.engines.kubernetes.admission import PriorityClasses, admitted_spec
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_tree import NodeTree
from workbench.engines.kubernetes.plugins.volume_binding import VolumeBinding
from workbench.engines.kubernetes.plugins.volume_claims import BIND_COMPLETED
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.profiles import profile_of
from workbench.engines.kubernetes.runtime import Profile
from workbench.engines.kubernetes.schedule_one import Verdict
from workbench.formats.kubernetes_manifest import typed_object
from workbench.formats.scheduler_configuration import typed_profile
from workbench.model.native.kubernetes import Node, PersistentVolume, PersistentVolumeClaim, Pod
from workbench.model.native.kubernetes.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from workbench.model.native.kubernetes.meta import ObjectMeta, ObjectReference
from workbench.model.native.kubernetes.scheduler_configuration import KubeSchedulerProfile
from workbench.model.native.kubernetes.storage import (
    CSIPersistentVolumeSource,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
    VolumeNodeAffinity,
)

KINDS = {
    "nodes": ("v1", "Node"), "existingPods": ("v1", "Pod"), "pods": ("v1", "Pod"), "services": ("v1", "Service"),
    "replicationcontrollers": ("v1", "ReplicationController"), "replicasets": ("apps/v1", "ReplicaSet"),
    "statefulsets": ("apps/v1", "StatefulSet"), "namespaces": ("v1", "Namespace"),
    "priorityclasses": ("scheduling.k8s.io/v1", "PriorityClass"), "pdbs": ("policy/v1", "PodDisruptionBudget"),
    "pvs": ("v1", "PersistentVolume"), "pvcs": ("v1", "PersistentVolumeClaim"),
    "storageclasses": ("storage.k8s.io/v1", "StorageClass"), "csinodes": ("storage.k8s.io/v1", "CSINode"),
    "csidrivers": ("storage.k8s.io/v1", "CSIDriver"),
    "csistoragecapacities": ("storage.k8s.io/v1", "CSIStorageCapacity"),
    "volumeattachments": ("storage.k8s.io/v1", "VolumeAttachment"),
}  # fmt: skip
"""Key of a case -> version and kind of the objects in its list."""

LISTED = (
    "services", "replicationcontrollers", "replicasets", "statefulsets", "pdbs", "pvs", "pvcs", "storageclasses",
    "csinodes", "csidrivers", "csistoragecapacities", "volumeattachments",
)  # fmt: skip

FIRST_START = datetime(2026, 1, 1, tzinfo=UTC)
"""Start of the first pod that does not say when it started; each further one starts a second later."""


def _typed(value: Mapping[str, Any], key: str) -> Any:
    version, kind = KINDS[key]
    return typed_object({"apiVersion": version, "kind": kind, **value}, key)


class Replayed:
    """A cluster as a record has it at one moment.

    Attributes
    ----------
    promised : dict
        Pod -> the node that preemption has promised it.
    """

    def __init__(self, case: Mapping[str, Any], percentage: int) -> None:
        self._given = case
        self.profile = _profile(case.get("profile"), percentage)
        self._listers = Listers()
        for key in LISTED:
            for one in self._objects(key):
                self._listers.add(one)
        self._namespaces = {one.name: one.metadata.labels for one in self._objects("namespaces")}
        self._classes = PriorityClasses(self._objects("priorityclasses"))
        self._pods: dict[str, PodInfo] = {}
        self._node_of: dict[str, str] = {}
        self._nodes: dict[str, NodeInfo] = {}
        self._tree = NodeTree()
        self._pods_started = 0
        self.promised: dict[str, str] = {}
        for node in self._objects("nodes"):
            self._put_node(node)
        for pod in self._objects("existingPods"):
            self._put_pod(pod)
        for pod in self._objects("pods"):
            self._put_pod(pod)

    def _objects(self, key: str) -> Iterable[Any]:
        return [_typed(one, key) for one in self._given.get(key) or ()]

    def _put_node(self, node: Node) -> None:
        self._tree.add(node.name, node.metadata.labels)
        known = self._nodes.get(node.name)
        if known is None:
            self._nodes[node.name] = NodeInfo(node, len(self._nodes))
        else:
            known.set_node(node)

    def _put_pod(self, pod: Pod) -> None:
        spec = admitted_spec(pod.spec, pod.metadata.labels, self._classes)
        there = spec.node_name
        info = PodInfo.of(replace(pod, spec=replace(spec, node_name="") if there else spec))
        self._pods[info.key] = info
        if there:
            self.place(info.key, there)

    def pod(self, key: str) -> PodInfo:
        """Return a pod by ``namespace/name``."""
        return self._pods[key]

    def snapshot(self) -> Cluster:
        """Return the nodes as a cycle sees them, in the order in which they are looked at."""
        nodes = [self._nodes[name] for name in self._tree.names()]
        return Cluster(nodes, self._namespaces, self._listers)

    def nominated(self) -> dict[str, list[PodInfo]]:
        """Return the pods to which nodes are promised, by node."""
        found: dict[str, list[PodInfo]] = {}
        for key, node in self.promised.items():
            found.setdefault(node, []).append(self._pods[key])
        return found

    # -- what happens -----------------------------------------------------------------------------------------

    def place(self, key: str, node: str) -> None:
        """Put a pod on a node."""
        info = self._pods[key]
        if not info.start_time:
            info.start_time = (FIRST_START + timedelta(seconds=self._pods_started)).isoformat()
            self._pods_started += 1
        self.promised.pop(key, None)
        self._node_of[key] = node
        if node in self._nodes:
            self._nodes[node].add_pod(info)

    def _remove(self, key: str) -> None:
        node = self._node_of.pop(key, None)
        if node in self._nodes:
            self._nodes[node].remove_pod(self._pods[key])
        self.promised.pop(key, None)

    def evict(self, key: str, *, at_once: bool) -> None:
        """Take a pod away, or let it begin to end."""
        if at_once:
            self._remove(key)
        else:
            self._pods[key].terminating = self._pods[key].preempted = True

    def step(self, step: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        """Do what a step that is no decision does."""
        match step["op"]:
            case "finishTermination":
                for key in entry.get("pods") or ():
                    self._remove(key)
            case "deletePod":
                self._remove(step["pod"])
            case "addNode" | "updateNode":
                self._put_node(_typed(step["node"], "nodes"))
            case "deleteNode":
                self._tree.remove(step["name"])
                self._nodes.pop(step["name"], None)
            case other:
                raise ValueError(other)

    # -- volumes ----------------------------------------------------------------------------------------------

    def bind_volumes(self, verdict: Verdict, node: NodeInfo) -> dict[str, str]:
        """Bind and make what the plugin asks for; return claim -> volume for the pod's claims."""
        state = next((state for plugin, state in verdict.pre_filter.filters if isinstance(plugin, VolumeBinding)), None)
        if state is None:
            return {}
        plan = VolumeBinding().reserve(state, node)
        for claim, volume in plan.bindings:
            self._bind(claim, volume)
        for claim in plan.to_provision:
            self._bind(claim, self._provisioned(claim, node))
        claims = [f"{one.namespace}/{one.name}" for one in (*state.bound, *state.waiting)]
        return {key: self._listers.claims[key].spec.volume_name for key in claims}

    def _bind(self, claim: PersistentVolumeClaim, volume: PersistentVolume) -> None:
        ref = ObjectReference(
            kind="PersistentVolumeClaim", namespace=claim.namespace, name=claim.name, uid=claim.metadata.uid
        )
        self._listers.volumes[volume.name] = replace(
            volume, spec=replace(volume.spec, claim_ref=ref), status=PersistentVolumeStatus(phase="Bound")
        )
        metadata = replace(claim.metadata, annotations={**claim.metadata.annotations, BIND_COMPLETED: "yes"})
        self._listers.claims[f"{claim.namespace}/{claim.name}"] = replace(
            claim,
            metadata=metadata,
            spec=replace(claim.spec, volume_name=volume.name),
            status=replace(claim.status, phase="Bound"),
        )

    def _provisioned(self, claim: PersistentVolumeClaim, node: NodeInfo) -> PersistentVolume:
        """Return what the provisioner of the record makes: a volume for nodes with the chosen node's labels."""
        known = self._listers.classes[claim.spec.storage_class_name or ""]
        keys = (self._given.get("provisioners") or {}).get(known.provisioner, {}).get("topologyKeys") or ()
        wanted = tuple(
            NodeSelectorRequirement(key=key, operator="In", values=(node.labels[key],))
            for key in keys
            if key in node.labels
        )
        terms = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_expressions=wanted),))
        name = f"pvc-{claim.namespace}-{claim.name}"
        return PersistentVolume(
            metadata=ObjectMeta(name=name),
            spec=PersistentVolumeSpec(
                capacity=claim.spec.resources.requests,
                access_modes=claim.spec.access_modes,
                storage_class_name=known.name,
                csi=CSIPersistentVolumeSource(driver=known.provisioner, volume_handle=name),
                node_affinity=VolumeNodeAffinity(required=terms) if wanted else None,
            ),
        )


def _profile(value: Mapping[str, Any] | None, percentage: int) -> Profile:
    config = KubeSchedulerProfile() if value is None else typed_profile(value, "profile")
    return profile_of(config, percentage)
