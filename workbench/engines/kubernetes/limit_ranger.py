"""LimitRange: defaults and bounds for the containers and pods of a namespace, at admission.

First every container gets what it does not say itself; then bounds are checked. `max` demands a limit, `min` a
request, a ratio both.

Source: kubernetes, plugin/pkg/admission/limitranger/admission.go; pkg/apis/core/v1/defaults.go,
SetDefaults_LimitRangeItem (version 1.34).
Left out: bounds of persistent volume claims; changes to pods that run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from workbench.engines.kubernetes.resources import pod_limits, pod_requests
from workbench.model.native.kubernetes.core import LimitRange, LimitRangeItem
from workbench.model.native.kubernetes.pods import Container, PodSpec
from workbench.model.native.kubernetes.quantity import NANO, Quantity, ResourceList, format_quantity


def with_item_defaults(item: LimitRangeItem) -> LimitRangeItem:
    """Return a bound as stored: limits default to the maximum, requests to limits, then to the minimum."""
    if item.type != "Container":
        return item
    limits = {**item.max, **item.default}
    return replace(item, default=limits, default_request={**item.min, **limits, **item.default_request})


class LimitRanger:
    """The bounds of all namespaces.

    Parameters
    ----------
    ranges : iterable of LimitRange
        As users wrote them.
    """

    def __init__(self, ranges: Iterable[LimitRange]) -> None:
        self._items: dict[str, list[LimitRangeItem]] = {}
        for one in ranges:
            namespace = one.metadata.namespace or "default"
            self._items.setdefault(namespace, []).extend(map(with_item_defaults, one.spec.limits))

    def mutate(self, namespace: str, spec: PodSpec) -> PodSpec:
        """Return a pod's spec with what the bounds of its namespace fill in."""
        for item in self._items.get(namespace, ()):
            spec = with_defaults(spec, item)
        return spec

    def refusal(self, namespace: str, spec: PodSpec) -> str:
        """Return why the bounds of a namespace do not allow a pod, as upstream words it; empty when they do."""
        faults = [fault for item in self._items.get(namespace, ()) for fault in violations(spec, item)]
        return faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]" if faults else ""


def with_defaults(spec: PodSpec, item: LimitRangeItem) -> PodSpec:
    """Return a spec whose containers, init containers too, have the defaults of a bound where they say nothing."""
    if item.type != "Container" or not (item.default or item.default_request):
        return spec
    return replace(
        spec,
        containers=tuple(_filled(one, item) for one in spec.containers),
        init_containers=tuple(_filled(one, item) for one in spec.init_containers),
    )


def _filled(container: Container, item: LimitRangeItem) -> Container:
    asked = container.resources
    limits = {**item.default, **asked.limits}
    requests = {**item.default_request, **asked.requests}
    return replace(container, resources=replace(asked, limits=limits, requests=requests))


def violations(spec: PodSpec, item: LimitRangeItem) -> list[str]:
    """Return what a pod does against a bound, taken as it stands."""
    if item.type == "Container":
        return [
            fault
            for one in (*spec.containers, *spec.init_containers)
            for fault in _faults(item, one.resources.requests, one.resources.limits)
        ]
    if item.type == "Pod":
        return list(_faults(item, pod_requests(spec), pod_limits(spec)))
    return []


def _faults(item: LimitRangeItem, requests: ResourceList, limits: ResourceList) -> Iterator[str]:
    for name, least in item.min.items():
        yield from _below(
            f"minimum {name} usage per {item.type} is {format_quantity(least)}", name, least, requests, limits
        )
    for name, most in item.max.items():
        yield from _above(
            f"maximum {name} usage per {item.type} is {format_quantity(most)}", name, most, requests, limits
        )
    for name, ratio in item.max_limit_request_ratio.items():
        rule = f"{name} max limit to request ratio per {item.type} is {format_quantity(ratio)}"
        yield from _beyond_ratio(rule, ratio, requests.get(name), limits.get(name))


def _below(
    rule: str, name: str, least: Quantity, requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]
) -> Iterator[str]:
    if name not in requests:
        yield f"{rule}.  No request is specified"
    elif requests[name] < least:
        yield f"{rule}, but request is {format_quantity(requests[name])}"
    elif name in limits and limits[name] < least:
        yield f"{rule}, but limit is {format_quantity(limits[name])}"


def _above(
    rule: str, name: str, most: Quantity, requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]
) -> Iterator[str]:
    if name not in limits:
        yield f"{rule}.  No limit is specified"
    elif limits[name] > most:
        yield f"{rule}, but limit is {format_quantity(limits[name])}"
    elif name in requests and requests[name] > most:
        yield f"{rule}, but request is {format_quantity(requests[name])}"


def _beyond_ratio(rule: str, ratio: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    if not request:
        yield f"{rule}, but no request is specified or request is 0"
    elif not limit:
        yield f"{rule}, but no limit is specified or limit is 0"
    elif limit.nano * NANO > ratio.nano * request.nano:
        yield f"{rule}, but provided ratio is {limit.nano / request.nano:f}"
