"""The cluster of a script: its objects as the informers have them, and the engine's handlers that are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from workbench.engines.kubernetes.event_handlers import EventHandlers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.objects import NOWHERE, PodObject
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.fidelity.adapters.kube_queue_state import RecordedQueue
from workbench.formats.kubernetes_manifest import typed_object
from workbench.model.native.kubernetes import Pod
from workbench.model.workload import App

VERSIONS = {"Pod": "v1", "Node": "v1", "Namespace": "v1", "PersistentVolumeClaim": "v1", "PersistentVolume": "v1"}
"""Kind -> API version, where it is not that of storage."""
STORAGE = "storage.k8s.io/v1"

NOBODYS = App("", "service", 1, {})
"""The app of pods that nobody made."""

SOMEWHERE = 0
"""The number of the node of every pod that has one: no step asks which."""


class Watched:
    """What the API server tells the scheduler."""

    def __init__(self, queue: RecordedQueue) -> None:
        self._queue = queue
        self._handlers = EventHandlers(queue)
        self._pods: dict[str, PodObject] = {}
        self._natives: dict[str, Pod] = {}
        self._others: dict[tuple[str, str], Any] = {}
        self._made = 0

    # -- objects --------------------------------------------------------------------------------------------

    def put(self, kind: str, value: Mapping[str, Any]) -> None:
        """An object has come, or has a new version."""
        native = _typed(kind, value)
        if kind == "Pod":
            self._put_pod(native)
        elif kind != "Namespace":  # no event tells of namespaces
            self._put_other(kind, f"{native.namespace}/{native.name}", native)

    def _put_other(self, kind: str, key: str, native: Any) -> None:
        new = NodeInfo(native) if kind == "Node" else native
        old = self._others.get((kind, key))
        self._others[kind, key] = new
        if kind != "Node":
            self._handlers.changed(kind, old, new)
        elif old is None:
            self._handlers.node_added(new)
        else:
            self._handlers.node_updated(old, new)

    def delete(self, kind: str, name: str) -> None:
        """An object is gone."""
        if kind == "Pod":
            self._natives.pop(_key(name))
            pod = self._pods.pop(_key(name))
            (self._handlers.unscheduled_deleted if pod.node == NOWHERE else self._handlers.assigned_deleted)(pod)
        elif kind != "Namespace":
            namespace, _, short = name.rpartition("/")
            spaces = (namespace, "default" if not namespace else "")
            key = next(one for space in spaces if (kind, one := f"{space}/{short}") in self._others)
            old = self._others.pop((kind, key))
            if kind == "Node":
                self._handlers.node_deleted(old)
            else:
                self._handlers.changed(kind, old, None)

    # -- pods -----------------------------------------------------------------------------------------------

    def _put_pod(self, native: Pod) -> None:
        key = f"{native.namespace}/{native.name}"
        old = self._pods.get(key)
        if old is None:
            self._made += 1
        new = _pod(native, self._made if old is None else old.uid)
        self._pods[key], self._natives[key] = new, native
        handlers = self._handlers
        if old is None:
            (handlers.unscheduled_added if new.node == NOWHERE else handlers.assigned_added)(new)
        elif old.node != NOWHERE:
            handlers.assigned_updated(old, new)
        elif new.node == NOWHERE:
            handlers.unscheduled_updated(old, new)
        else:
            handlers.bound(old, new)

    def uids(self, names: Iterable[str]) -> list[int]:
        """Return the uids of those pods that exist."""
        return [self._pods[_key(name)].uid for name in names if _key(name) in self._pods]

    def fail(self, event: Mapping[str, Any]) -> None:
        """The attempt for a pod has failed."""
        queued = self._queue.in_flight(_key(event["pod"]))
        blamed, pending = tuple(event.get("plugins") or ()), tuple(event.get("pending") or ())
        self._queue.fail(queued, blamed, pending, nominated=event.get("nominate") or "")

    def bind(self, name: str, node: str) -> None:
        """A pod has got its node."""
        key = _key(name)
        self._queue.done(self._queue.in_flight(key))
        native = self._natives.get(key)
        if native is not None:
            self._put_pod(replace(native, spec=replace(native.spec, node_name=node)))


def _typed(kind: str, value: Mapping[str, Any]) -> Any:
    """Return an object with all its notes; those in files are kept only where something reads them."""
    native = typed_object({"apiVersion": VERSIONS.get(kind, STORAGE), "kind": kind, **value}, kind)
    given = value.get("metadata") or {}
    namespaced = kind in ("Pod", "PersistentVolumeClaim", "CSIStorageCapacity")
    namespace = (native.namespace or "default") if namespaced else native.namespace
    metadata = replace(native.metadata, annotations=given.get("annotations") or {}, namespace=namespace)
    return replace(native, metadata=metadata)


def _pod(native: Pod, uid: int) -> PodObject:
    return PodObject(
        uid=uid, name=native.name, namespace=native.namespace, app=NOBODYS, info=PodInfo.of(native), owner="",
        index=-1, version=1, created_us=0, node=SOMEWHERE if native.spec.node_name else NOWHERE,
        nominated=native.status.nominated_node_name,
    )  # fmt: skip


def _key(name: str) -> str:
    return name if "/" in name else f"default/{name}"
