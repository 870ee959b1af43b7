"""Endpoints: to which pods of a service clients are sent.

A pod is in when the selector finds it, it is ready and not being deleted. From a change of its status to the last
client it goes: watch, EndpointSlice controller, write, watch, kube-proxy on every node.

Source: kubernetes, pkg/controller/endpointslice and pkg/proxy (version 1.34).
What proxies on nodes that are cut off know is in `workbench/engines/proxies.py`.
Left out: slices of 100 endpoints, services without selector, topology-aware routing, pods that are ending as a last
resort, differences between nodes in touch.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodObject
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import has_all
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("kubernetes.endpoints")
@dataclass(frozen=True)
class EndpointsParameters:
    """How changes reach clients."""

    update_delay_s: float = param(
        1.0, unit="s", low=0, high=60, help="from a new EndpointSlice to every node sending clients by it",
        source="kubernetes 1.34, kube-proxy iptables.minSyncPeriod 1 s", shown_in="first-look",
    )  # fmt: skip


def belongs(pod: PodObject | None, service: ApiObject) -> bool:
    """Say whether clients of a service should be sent to a pod now."""
    if pod is None or pod.terminal or pod.deleting or pod.phase != "Running":
        return False
    return pod.ready or service.native.spec.publish_not_ready_addresses


def leaving_reason(pod: PodObject | None) -> str:
    """Return the code of why a pod is no longer among the endpoints."""
    if pod is None or pod.deleting:
        return "pod-deleted"
    if pod.terminal:
        return "pod-ended"
    return pod.ready_reason or "pod-not-ready"


class EndpointSliceController(Controller):
    """Keeps the EndpointSlice of every service in step with its pods, and tells clients."""

    name = "endpointslice-controller"

    def watch(self) -> None:
        """Services, pods, and its own slices, which the proxies watch."""
        self._delay_us = to_us(self.world.settings.of(EndpointsParameters).update_delay_s)
        self._services: dict[str, ApiObject] = {}
        self._members: dict[str, dict[int, None]] = {}  # pods that clients of a service should be sent to
        self._selected: dict[int, tuple[str, ...]] = {}
        self._selecting: dict[PodInfo, tuple[str, ...]] = {}  # of pods alike, until services change
        self._written: dict[str, dict[int, None]] = {}
        self._served: dict[str, dict[int, None]] = {}
        self._fronts: dict[str, str] = {}
        self._holding: dict[tuple[int, str], int] = {}
        self.api.watch("Service", self._on_service)
        self.api.watch("Pod", self._on_pod)
        self.api.watch("EndpointSlice", self._on_slice)

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks to which clients of an app are sent now, in the order of joining."""
        return tuple(task for task, front in self._holding if front == app)

    def _on_service(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None and old is not None and old.uid in self._services:
            self._gone(old.uid)
        if new is None or not new.native.spec.selector:
            return
        before = self._services.get(new.uid)
        self._services[new.uid] = new
        self._selecting.clear()
        if new.app is not None:
            self._fronts[new.uid] = new.app.name
        if before is not None:
            self._forget(new.uid)
        members = self._members[new.uid] = {}
        for pod in self.informer.pods.values():
            if self._selects(new, pod):
                self._selected[pod.uid] = (*self._selected.get(pod.uid, ()), new.uid)
                if belongs(pod, new):
                    members[pod.uid] = None
        self.queue.add(new.uid)

    def _forget(self, key: str) -> None:
        """Forget whom a service selected."""
        self._selected = {pod: tuple(one for one in keys if one != key) for pod, keys in self._selected.items()}

    def _gone(self, key: str) -> None:
        """A service was deleted: nobody is sent anywhere in its name any more."""
        del self._services[key], self._members[key]
        self._selecting.clear()
        self._written.pop(key, None)
        self._forget(key)
        self.agenda.after(self._delay_us, Order.DELIVERY, self._serve, key, {})

    def _services_of(self, pod: PodObject) -> tuple[str, ...]:
        """Return the services that select a pod."""
        found = self._selecting.get(pod.info)
        if found is None:
            found = tuple(key for key, one in self._services.items() if self._selects(one, pod))
            self._selecting[pod.info] = found
        return found

    @staticmethod
    def _selects(service: ApiObject, pod: PodObject) -> bool:
        return service.namespace == pod.namespace and has_all(service.native.spec.selector, pod.info.labels)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if old is None:
            self._selected[pod.uid] = self._services_of(pod)
            return
        if old.info.labels is not pod.info.labels:
            self._relabelled(pod)
        for key in self._selected.get(pod.uid, ()):
            service, members = self._services[key], self._members[key]
            inside = pod.uid in members
            if inside != belongs(new, service):
                self.queue.add(key)
                if inside:
                    del members[pod.uid]
                else:
                    members[pod.uid] = None
        if new is None:
            del self._selected[pod.uid]

    def _relabelled(self, pod: PodObject) -> None:
        """A pod has other labels: services that select it no more lose it, whatever its state."""
        before = self._selected.get(pod.uid, ())
        now = self._selected[pod.uid] = self._services_of(pod)
        for key in before:
            if key not in now and pod.uid in self._members[key]:
                del self._members[key][pod.uid]
                self.queue.add(key)

    def sync(self, key: str) -> Sync:
        """Write the slice if it has changed."""
        service = self._services.get(key)
        if service is None:
            return ""
        wanted = dict(self._members[key])
        if wanted == self._written.get(key, {}):
            return ""
        self._written[key] = wanted
        made = ApiObject(
            kind="EndpointSlice",
            namespace=service.namespace,
            name=service.name,
            native=service.native,
            owner=key,
            status=wanted,
        )
        yield from self.answered([self.client.send(self.api.put, made)])
        return ""

    def _on_slice(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None and new.owner in self._services:
            self.agenda.after(self._delay_us, Order.DELIVERY, self._serve, new.owner, new.status)

    def _serve(self, key: str, wanted: dict[int, None]) -> None:
        """From now on clients are sent to the pods `wanted`."""
        before = self._served.get(key, {})
        self._served[key] = wanted
        for task in before:
            if task not in wanted:
                held = task, self._front(key, task)
                self._holding[held] -= 1
                if not self._holding[held]:
                    del self._holding[held]
                    self.world.endpoint(task, "removed", self._left_because(key, task), held[1])
        for task in wanted:
            if task not in before:
                held = task, self._front(key, task)
                self._holding[held] = self._holding.get(held, 0) + 1
                if self._holding[held] == 1:
                    self.world.endpoint(task, "added", "pod-ready", held[1])

    def _front(self, key: str, task: int) -> str:
        """Return whose clients a service sends to a pod: those of the app that it was made for, else of the pod's."""
        return self._fronts.get(key) or self.world.app_of(task).front

    def _left_because(self, key: str, task: int) -> str:
        pod, service = self.informer.pods.get(task), self._services.get(key)
        if pod is not None and service is not None and not self._selects(service, pod):
            return "not-selected"
        return leaving_reason(pod)
