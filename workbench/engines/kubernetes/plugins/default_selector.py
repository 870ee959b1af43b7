"""Which pods are of one kind: those that the same services and the same controller select.

Source: kubernetes, pkg/scheduler/framework/plugins/helper/spread.go (version 1.34).
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import has_all
from workbench.model.native.kubernetes.meta import LabelSelector, LabelSelectorRequirement

REPLICATION_CONTROLLER = "ReplicationController"


def default_selector(pod: PodInfo, listers: Listers) -> LabelSelector | None:
    """Return what the selectors of a pod's services and of its controller demand together, None if nothing.

    The labels of services are merged into one set, and those of a ReplicationController too; what a ReplicaSet or a
    StatefulSet demands comes on top, so that contradictions find no pod.
    """
    labels: dict[str, str] = {}
    for service in listers.services_of(pod.namespace):
        if service.spec.selector and has_all(service.spec.selector, pod.labels):
            labels.update(service.spec.selector)
    selector = LabelSelector(match_labels=labels)
    owner = pod.controller
    known = None if owner is None else listers.owner_selectors.get((owner.kind, pod.namespace, owner.name))
    if owner is not None and known is not None:
        if owner.kind == REPLICATION_CONTROLLER:
            selector = LabelSelector(match_labels={**labels, **known.match_labels})
        else:
            selector = replace(selector, match_expressions=_requirements(known))
    return selector if selector.match_labels or selector.match_expressions else None


def _requirements(selector: LabelSelector) -> tuple[LabelSelectorRequirement, ...]:
    """Return a selector as expressions only."""
    equal = (
        LabelSelectorRequirement(key=key, operator="In", values=(value,))
        for key, value in selector.match_labels.items()
    )
    return (*equal, *selector.match_expressions)
