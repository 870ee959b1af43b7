"""What users do with labels while pods run: point a Service at other pods, take pods out of what selects them.

Source: kubernetes, docs/concepts/workloads/controllers/replicaset.md (isolating pods from a ReplicaSet) and
docs/concepts/workloads/management.md (canary deployments).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, PodObject
from workbench.engines.kubernetes.ownership import relabel
from workbench.engines.kubernetes.selectors import has_all, own_selector
from workbench.engines.kubernetes.workloads import APP_LABEL, FRONT_LABEL
from workbench.engines.protocol import RelabelInstances
from workbench.model.native.kubernetes import Service


def services_of(api: ApiServer, workload: ApiObject) -> list[ApiObject]:
    """Return the Services that clients of a workload use: made for its app, or selecting what its template makes."""
    labels: Mapping[str, str] = workload.native.spec.template.metadata.labels
    found = []
    for one in api.objects.values():
        if one.kind == "Service" and one.namespace == workload.namespace:
            mine = one.app is not None and workload.app is not None and one.app.name == workload.app.name
            selector = _as_given(api, one)
            if mine or (one.app is None and selector and has_all(selector, labels)):
                found.append(one)
    return found


def _as_given(api: ApiServer, service: ApiObject) -> Mapping[str, str]:
    """Return the selector with which a Service was handed over, wherever it points now."""
    key = service.namespace, service.name
    for one in api.world.scenario.objects:
        if isinstance(one, Service) and (one.metadata.namespace or "default", one.metadata.name) == key:
            return one.spec.selector
    if service.app is None:
        return {}
    return {FRONT_LABEL if service.app.behind else APP_LABEL: service.app.name}


def route(api: ApiServer, workload: ApiObject, to: ApiObject | None) -> None:
    """Have the Services of a workload select what another workload selects; None: all behind its name again."""
    for service in services_of(api, workload):
        selector = _as_given(api, service) if to is None else own_selector(to.native.spec).match_labels
        api.request(_select, api, service.uid, dict(selector))


def _select(api: ApiServer, uid: str, selector: dict[str, str]) -> str:
    there = api.objects.get(uid)
    if there is None:
        return NOT_FOUND
    spec = replace(there.native.spec, selector=selector)
    return api.patch(uid, {"native": replace(there.native, spec=spec)})


def relabel_instances(api: ApiServer, change: RelabelInstances) -> None:
    """Give pods of an app other labels, or another deletion cost: the oldest on a node that do not have them yet."""
    pods = [pod for pod in api.pods.values() if pod.app.name == change.app.name and _may_change(pod, change)]
    if len(pods) < change.instances:
        api.world.event("NothingThere", change.app.name, "no-such-instances", str(change.instances - len(pods)))
    for pod in pods[: change.instances]:
        if change.labels:
            api.request(relabel, api, pod.uid, change.labels)
        if change.cost is not None:
            api.request(api.patch_pod, pod.uid, {"deletion_cost": change.cost})


def _may_change(pod: PodObject, change: RelabelInstances) -> bool:
    """Say whether a pod on a node lacks what a change is to give it."""
    labels = pod.info.labels
    lacks = any(labels.get(name, "") != value for name, value in change.labels.items())
    lacks = lacks or change.cost not in (None, pod.deletion_cost)
    return pod.active and pod.node != NOWHERE and lacks
