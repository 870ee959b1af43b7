"""What a pod asks for as a whole: the one arithmetic that scheduler, kubelet and quota share.

Per resource: the containers add up, sidecars add to that sum and to every later init step; the largest init step
counts if it is more than the sum. Amounts given for the pod as a whole replace the result for the resources they
name. The overhead of the runtime comes on top.

Source: kubernetes/component-helpers, resource/helpers.go; kubernetes, pkg/scheduler/util/pod_resources.go and
pkg/apis/core/v1/defaults.go (version 1.34).
Left out: resizing of the pod-level amounts in place (alpha in 1.35).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from msgspec.structs import replace

from workbench.engines.kubernetes.resource_lists import largest
from workbench.model.native.kubernetes.pods import (
    Container,
    ContainerStatus,
    PodSpec,
    PodStatus,
    ResourceRequirements,
)
from workbench.model.native.kubernetes.quantity import Quantity, ResourceList, amounts

NON_ZERO_REQUESTS: ResourceList = {
    "cpu": Quantity.of_milli(100),
    "memory": Quantity.of(200 * 1024 * 1024, "BinarySI"),
}
"""What scoring assumes for a container that names no request (DefaultMilliCPURequest, DefaultMemoryRequest)."""

Need = Callable[[Container], ResourceList]


@dataclass(frozen=True, slots=True)
class PodResourcesOptions:
    """Upstream's switches of the same names.

    Parameters
    ----------
    use_status_resources : bool
        Count what the node granted and what is in force, where that is more (resize in place).
    exclude_overhead, skip_pod_level_resources : bool
        Leave that part out.
    non_missing_container_requests : mapping
        Assumed for each container that lacks the name; an explicit zero stays zero.
    """

    use_status_resources: bool = False
    exclude_overhead: bool = False
    skip_pod_level_resources: bool = False
    non_missing_container_requests: ResourceList = field(default_factory=dict)


PLAIN = PodResourcesOptions()


def pod_requests(
    spec: PodSpec, status: PodStatus | None = None, options: PodResourcesOptions = PLAIN
) -> dict[str, Quantity]:
    """Return the requests of a pod as a whole (upstream's PodRequests)."""
    granted = _Granted(spec, status) if options.use_status_resources and status is not None else None

    def need(container: Container) -> ResourceList:
        asked: ResourceList = container.resources.requests
        if granted is not None:
            asked = granted.requests(container)
        return {**options.non_missing_container_requests, **asked}

    total = _aggregate(spec, need)
    if not options.skip_pod_level_resources and spec.resources is not None:
        total.update(_pod_level(spec.resources.requests))
    if not options.exclude_overhead:
        _add(total, spec.overhead)
    return total


def pod_limits(
    spec: PodSpec, status: PodStatus | None = None, options: PodResourcesOptions = PLAIN
) -> dict[str, Quantity]:
    """Return the limits of a pod as a whole (upstream's PodLimits); absent names are unlimited."""
    granted = _Granted(spec, status) if options.use_status_resources and status is not None else None

    def need(container: Container) -> ResourceList:
        return container.resources.limits if granted is None else granted.limits(container)

    total = _aggregate(spec, need)
    if not options.skip_pod_level_resources and spec.resources is not None:
        total.update(_pod_level(spec.resources.limits))
    if not options.exclude_overhead:
        _add(total, {name: amount for name, amount in spec.overhead.items() if name in total})
    return total


def with_pod_level_defaults(spec: PodSpec) -> PodSpec:
    """Fill in requests for the pod as a whole where only limits are given for it, as the API server does.

    What the containers ask for together comes first, then the limit.
    """
    if spec.resources is None or not spec.resources.limits:
        return spec
    from_containers = _pod_level(_aggregate(spec, lambda container: container.resources.requests))
    requests = {**_pod_level(spec.resources.limits), **from_containers, **spec.resources.requests}
    whole = ResourceRequirements(limits=spec.resources.limits, requests=requests, claims=spec.resources.claims)
    return replace(spec, resources=whole)


def effective_requests(spec: PodSpec) -> dict[str, Quantity]:
    """Return what a new pod of this spec asks for, after the API server's defaulting."""
    return pod_requests(with_pod_level_defaults(spec))


def request_amounts(spec: PodSpec) -> dict[str, int]:
    """Return `effective_requests` in the units of `workbench.model.resources`: the sum is rounded up, once."""
    return amounts(effective_requests(spec))


def is_supported_pod_level_resource(name: str) -> bool:
    """Say whether an amount for the pod as a whole may be given for this resource."""
    return name in ("cpu", "memory") or name.startswith("hugepages-")


def _pod_level(amounts_: ResourceList) -> dict[str, Quantity]:
    return {name: amount for name, amount in amounts_.items() if is_supported_pod_level_resource(name)}


def _aggregate(spec: PodSpec, need: Need) -> dict[str, Quantity]:
    """Return the sum over containers and sidecars, or the largest init step where that is more."""
    total: dict[str, Quantity] = {}
    for container in spec.containers:
        _add(total, need(container))
    sidecars: dict[str, Quantity] = {}
    largest_step: dict[str, Quantity] = {}
    for container in spec.init_containers:
        asked = need(container)
        if container.is_sidecar:
            _add(total, asked)
            _add(sidecars, asked)
            step = sidecars
        else:
            step = dict(sidecars)
            _add(step, asked)
        _raise_to(largest_step, step)
    _raise_to(total, largest_step)
    return total


class _Granted:
    """The statuses of a pod's containers by name, and what follows from them for a resize in place."""

    def __init__(self, spec: PodSpec, status: PodStatus) -> None:
        everything = (*status.container_statuses, *status.init_container_statuses)
        ending = {container.name for container in spec.init_containers if not container.is_sidecar}
        self._by_name: Mapping[str, ContainerStatus] = {one.name: one for one in everything if one.name not in ending}
        self._infeasible = any(
            condition.type == "PodResizePending" and condition.reason == "Infeasible" for condition in status.conditions
        )

    def requests(self, container: Container) -> ResourceList:
        """Return the most of what is asked for, granted and in force; an infeasible wish does not count."""
        known = self._by_name.get(container.name)
        if known is None or known.resources is None:
            return container.resources.requests
        asked: ResourceList = {} if self._infeasible else container.resources.requests
        return _largest((asked, known.resources.requests, known.allocated_resources))

    def limits(self, container: Container) -> ResourceList:
        """Return the larger of the limit asked for and the one in force."""
        known = self._by_name.get(container.name)
        if known is None or known.resources is None:
            return container.resources.limits
        asked: ResourceList = {} if self._infeasible else container.resources.limits
        return _largest((asked, known.resources.limits))


def _largest(lists: Iterable[ResourceList]) -> dict[str, Quantity]:
    return reduce(largest, lists, {})


def _add(total: dict[str, Quantity], more: ResourceList) -> None:
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def _raise_to(total: dict[str, Quantity], floor: ResourceList) -> None:
    for name, amount in floor.items():
        if name not in total or total[name] < amount:
            total[name] = amount
