"""A pod as the scheduler sees it: everything that decides where it may go, worked out once per template.

Pods made from one template share one `PodInfo`, so that whatever is worked out for one holds for all of them. What
tells pods of one template apart (name, start time) is empty there, and filled in where pods are looked at one by one.

Source: kubernetes, pkg/scheduler/framework/types.go (PodInfo, AffinityTerm) and plugins/noderesources/fit.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from workbench.engines.kubernetes.ephemeral import claim_name
from workbench.engines.kubernetes.resources import (
    NON_ZERO_REQUESTS,
    PodResourcesOptions,
    is_supported_pod_level_resource,
    pod_requests,
    with_pod_level_defaults,
)
from workbench.engines.kubernetes.selectors import selects
from workbench.model.native.kubernetes.affinity import (
    NodeSelector,
    PodAffinityTerm,
    PreferredSchedulingTerm,
    WeightedPodAffinityTerm,
)
from workbench.model.native.kubernetes.meta import LabelSelector, OwnerReference
from workbench.model.native.kubernetes.pods import Container, Pod, PodSpec, PodStatus
from workbench.model.native.kubernetes.quantity import Quantity, amounts

HostPort = tuple[str, str, int]
"""IP, protocol, port."""

ANY_IP = "0.0.0.0"
"""Stands for all addresses of a node."""


class AffinityTerm:
    """One term of (anti-)affinity, with the namespaces it speaks of; wishes have a weight."""

    __slots__ = ("namespace_selector", "namespaces", "selector", "topology_key", "weight")

    def __init__(self, term: PodAffinityTerm, own_namespace: str, weight: int = 0) -> None:
        self.weight = weight
        self.selector: LabelSelector | None = term.label_selector
        self.topology_key = term.topology_key
        self.namespace_selector: LabelSelector | None = term.namespace_selector
        default = () if term.namespaces or term.namespace_selector is not None else (own_namespace,)
        self.namespaces = frozenset((*term.namespaces, *default))

    def matches(self, pod: PodInfo, namespace_labels: Mapping[str, str]) -> bool:
        """Say whether the term speaks of a pod in a namespace with these labels."""
        near = pod.namespace in self.namespaces or selects(self.namespace_selector, namespace_labels)
        return near and selects(self.selector, pod.labels)


class PodInfo:
    """What the scheduler knows of a pod.

    Parameters
    ----------
    namespace, labels, spec, status
        As in the pod itself. `status` matters for pods resized in place only.

    Attributes
    ----------
    requests : dict
        What it asks for, by resource name, in whole units (cpu: millicores).
    scoring_requests : dict
        What LeastAllocated reckons with for this pod: containers that name no cpu or memory count as small ones;
        amounts for the pod as a whole do not count (as in version 1.34.1).
    non_zero : tuple of int
        cpu and memory which LeastAllocated reckons with once the pod is on a node.
    host_ports : tuple
        Ports of the node it takes.
    claims, volume_claims : tuple of str
        The persistent volume claims it uses: ``namespace/name``, and the name alone.
    node_names : frozenset of str or None
        The only nodes it may go to, where its affinity names nodes.
    has_affinity_terms : bool
        It has terms that make places better or worse for other pods.
    name : str
        Empty for a template. Pods for which claims are made have none in common: each has a name of its own.
    uid : str
        The pod as the owner of such claims.
    controller : OwnerReference or None
        Who manages it.
    terminating : bool
        It is being deleted. The template of pods that are is `as_terminating`.
    preempted : bool
        It is being deleted to make room.
    start_time : str
        RFC 3339 text; empty for a template.
    """

    __slots__ = (
        "_terminating_twin", "claims", "controller", "has_affinity_terms", "host_ports", "images", "labels", "name",
        "namespace",
        "node_names", "non_zero", "preempted", "preferred_affinity_terms", "preferred_anti_affinity_terms",
        "preferred_node_terms", "priority", "requests", "required_affinity_terms", "required_anti_affinity_terms",
        "required_node_selector", "scoring_requests", "spec", "start_time", "terminating", "uid", "volume_claims",
    )  # fmt: skip

    def __init__(
        self,
        namespace: str,
        labels: Mapping[str, str],
        spec: PodSpec,
        status: PodStatus | None = None,
        *,
        name: str = "",
        controller: OwnerReference | None = None,
    ) -> None:
        spec = with_pod_level_defaults(spec)
        self.name = name
        self.uid = ""
        self.controller = controller
        self.terminating = self.preempted = False
        self.start_time = (status.start_time if status is not None else None) or ""
        self._terminating_twin: PodInfo | None = None
        self.namespace = namespace
        self.labels = labels
        self.spec = spec
        self.priority = spec.priority or 0
        options = PodResourcesOptions(use_status_resources=True)
        self.requests = amounts(pod_requests(spec, status, options))
        scoring = PodResourcesOptions(skip_pod_level_resources=True, non_missing_container_requests=NON_ZERO_REQUESTS)
        self.scoring_requests = amounts(pod_requests(spec, None, scoring))
        non_zero = amounts(_non_zero_requests(spec, status))
        self.non_zero = (non_zero.get("cpu", 0), non_zero.get("memory", 0))
        self.host_ports = host_ports(spec)
        self.images = tuple(normalized_image_name(one.image) for one in (*spec.init_containers, *spec.containers))
        self.volume_claims = tuple(claim_names(name, spec))
        self.claims = tuple(f"{namespace}/{claim}" for claim in self.volume_claims)
        self._read_affinity()

    def _read_affinity(self) -> None:
        affinity = self.spec.affinity
        node = affinity.node_affinity if affinity else None
        near = affinity.pod_affinity if affinity else None
        far = affinity.pod_anti_affinity if affinity else None
        self.required_node_selector: NodeSelector | None = (
            node.required_during_scheduling_ignored_during_execution if node else None
        )
        self.preferred_node_terms: tuple[PreferredSchedulingTerm, ...] = (
            node.preferred_during_scheduling_ignored_during_execution if node else ()
        )
        self.required_affinity_terms = self._terms(
            near.required_during_scheduling_ignored_during_execution if near else ()
        )
        self.required_anti_affinity_terms = self._terms(
            far.required_during_scheduling_ignored_during_execution if far else ()
        )
        self.preferred_affinity_terms = self._wishes(
            near.preferred_during_scheduling_ignored_during_execution if near else ()
        )
        self.preferred_anti_affinity_terms = self._wishes(
            far.preferred_during_scheduling_ignored_during_execution if far else ()
        )
        self.node_names = named_nodes(self.required_node_selector)
        self.has_affinity_terms = bool(
            self.required_affinity_terms or self.preferred_affinity_terms or self.preferred_anti_affinity_terms
        )

    def _terms(self, terms: Iterable[PodAffinityTerm]) -> tuple[AffinityTerm, ...]:
        return tuple(AffinityTerm(term, self.namespace) for term in terms)

    def _wishes(self, terms: Iterable[WeightedPodAffinityTerm]) -> tuple[AffinityTerm, ...]:
        return tuple(AffinityTerm(one.pod_affinity_term, self.namespace, one.weight) for one in terms)

    @classmethod
    def of(cls, pod: Pod) -> PodInfo:
        """Return what the scheduler knows of a pod as it stands in the API."""
        metadata = pod.metadata
        info = cls(
            pod.namespace or "default", metadata.labels, pod.spec, pod.status,
            name=metadata.name, controller=metadata.controller,
        )  # fmt: skip
        info.uid = metadata.uid
        info.terminating = metadata.deletion_timestamp is not None
        info.preempted = info.terminating and any(
            one.type == "DisruptionTarget" and one.status == "True" and one.reason == "PreemptionByScheduler"
            for one in pod.status.conditions
        )
        return info

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def as_terminating(self) -> PodInfo:
        """The same pod, or template, while it is being deleted."""
        if self.terminating:
            return self
        if self._terminating_twin is None:
            twin = PodInfo.__new__(PodInfo)
            for slot in PodInfo.__slots__:
                setattr(twin, slot, getattr(self, slot))
            twin.terminating = True
            self._terminating_twin = twin
        return self._terminating_twin


def claim_names(pod: str, spec: PodSpec) -> Iterator[str]:
    """Yield the names of the claims that a pod uses; one that lives and dies with the pod is called after it."""
    for volume in spec.volumes:
        if volume.persistent_volume_claim is not None:
            yield volume.persistent_volume_claim.claim_name
        elif volume.ephemeral is not None and pod:
            yield claim_name(pod, volume.name)


def _non_zero_requests(spec: PodSpec, status: PodStatus | None) -> dict[str, Quantity]:
    """Return the requests of a pod on a node with which scoring reckons.

    With requests for the pod as a whole, small containers are assumed only for what nobody in the pod asks for.
    """
    options = PodResourcesOptions(use_status_resources=True)
    assumed = NON_ZERO_REQUESTS
    if spec.resources is not None and any(is_supported_pod_level_resource(name) for name in spec.resources.requests):
        plain = pod_requests(spec, status, options)
        assumed = {name: amount for name, amount in NON_ZERO_REQUESTS.items() if not plain.get(name)}
    return pod_requests(spec, status, replace(options, non_missing_container_requests=assumed))


def host_ports(spec: PodSpec) -> tuple[HostPort, ...]:
    """Return the ports of the node that a pod takes; those of init containers count for sidecars only."""
    sidecars = (one for one in spec.init_containers if one.is_sidecar)
    containers: Iterable[Container] = chain(sidecars, spec.containers)
    return tuple(
        (port.host_ip or ANY_IP, port.protocol or "TCP", port.host_port)
        for container in containers
        for port in container.ports
        if port.host_port > 0
    )


def normalized_image_name(image: str) -> str:
    """Return the name of an image with ``:latest`` added where no tag is given."""
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"


def named_nodes(selector: NodeSelector | None) -> frozenset[str] | None:
    """Return the nodes to which required terms on ``metadata.name`` narrow a pod, None when they do not.

    Every term must name nodes for the whole to be narrowed; within a term all In-expressions must agree.
    """
    if selector is None or not selector.node_selector_terms:
        return None
    names: set[str] = set()
    for term in selector.node_selector_terms:
        agreed: set[str] | None = None
        for one in term.match_fields:
            if one.key == "metadata.name" and one.operator == "In":
                agreed = set(one.values) if agreed is None else agreed & set(one.values)
        if agreed is None:
            return None
        names |= agreed
    return frozenset(names)
