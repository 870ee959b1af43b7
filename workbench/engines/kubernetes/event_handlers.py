"""What the scheduler tells its queue when it hears of a change through its watches.

Nothing is kept here: whoever keeps the cache calls these after it has taken the change in.

Source: kubernetes, pkg/scheduler/eventhandlers.go (version 1.34).
Left out: resource claims.
"""

from __future__ import annotations

from typing import Any

from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.queue import SchedulingQueue
from workbench.engines.kubernetes.queueing import node_actions, pod_actions

STORAGE_GROUP = "storage.k8s.io/"
RESOURCES = {
    "PersistentVolume": "PersistentVolume",
    "PersistentVolumeClaim": "PersistentVolumeClaim",
    "StorageClass": f"{STORAGE_GROUP}StorageClass",
    "CSINode": f"{STORAGE_GROUP}CSINode",
    "CSIDriver": f"{STORAGE_GROUP}CSIDriver",
    "CSIStorageCapacity": f"{STORAGE_GROUP}CSIStorageCapacity",
    "VolumeAttachment": f"{STORAGE_GROUP}VolumeAttachment",
}
"""Kind -> what events call it. Of these kinds the scheduler watches only what some plugin asked for."""

ASSIGNED = "AssignedPod"
UNSCHEDULABLE = "UnschedulablePod"


class EventHandlers:
    """From changes to events."""

    def __init__(self, queue: SchedulingQueue) -> None:
        self._queue = queue

    # -- pods with a node -----------------------------------------------------------------------------------

    def assigned_added(self, pod: PodObject) -> None:
        """A pod runs somewhere that did not."""
        self._queue.on_event(ClusterEvent(ASSIGNED, "Add", None, pod.info))

    def assigned_updated(self, old: PodObject, new: PodObject) -> None:
        """A pod that has its node changed; each aspect is an event of its own."""
        for action in pod_actions(old.info, new.info):
            self._queue.on_event(ClusterEvent(ASSIGNED, action, old.info, new.info))

    def assigned_deleted(self, pod: PodObject) -> None:
        """A pod that had its node is gone."""
        self._queue.on_event(ClusterEvent(ASSIGNED, "Delete", pod.info, None))

    # -- pods without ---------------------------------------------------------------------------------------

    def unscheduled_added(self, pod: PodObject) -> None:
        """A pod wants a node."""
        self._queue.add(pod)

    def unscheduled_updated(self, old: PodObject, new: PodObject) -> None:
        """A pod that wants a node changed; one that lost its promised node makes room for others."""
        events = [ClusterEvent(UNSCHEDULABLE, one, old.info, new.info) for one in pod_actions(old.info, new.info)]
        self._queue.update(old, new, events)
        if old.nominated != new.nominated:
            self._promise_ended(old)

    def unscheduled_deleted(self, pod: PodObject) -> None:
        """A pod that wanted a node is gone; if it was promised one, others may have it."""
        self._queue.delete(pod.uid)
        self._promise_ended(pod)

    def bound(self, old: PodObject, new: PodObject) -> None:
        """A pod has got its node: the cache hears of it before the queue does."""
        self.assigned_added(new)
        self.unscheduled_deleted(old)

    def _promise_ended(self, pod: PodObject) -> None:
        """Tell those that had to stand back for a promise: pods of at most the same priority."""
        if pod.nominated:
            event = ClusterEvent(ASSIGNED, "Delete", pod.info, None, nominated=True)
            self._queue.on_event(event, pod.info.priority, pod.uid)

    # -- nodes and other objects ----------------------------------------------------------------------------

    def node_added(self, node: NodeInfo) -> None:
        """A node has come."""
        self._queue.on_event(ClusterEvent("Node", "Add", None, node))

    def node_updated(self, old: NodeInfo, new: NodeInfo) -> None:
        """A node changed; each aspect is an event of its own, and sees only what those before it left."""
        for action in node_actions(old.node, new.node):
            self._queue.on_event(ClusterEvent("Node", action, old, new))

    def node_deleted(self, node: NodeInfo) -> None:
        """A node is gone."""
        self._queue.on_event(ClusterEvent("Node", "Delete", node, None))

    def changed(self, kind: str, old: Any, new: Any) -> None:
        """An object of another kind has come (`old` is None), changed, or is gone (`new` is None)."""
        action = "Add" if old is None else "Delete" if new is None else "Update"
        event = ClusterEvent(RESOURCES[kind], action, old, new) if kind in RESOURCES else None
        if event is not None and self._queue.of_interest(event):
            self._queue.on_event(event)
