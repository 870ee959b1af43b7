"""What the API server keeps: pods, nodes and all other objects, each version a value of its own.

A stored version is never changed; a write makes a copy. So whoever holds a version it was notified of sees the world
as it was then, not as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.clock import NEVER
from workbench.model.native.kubernetes import Node, PodSpec
from workbench.model.native.kubernetes.meta import OwnerReference
from workbench.model.workload import App

NOWHERE = -1
"""Instead of a node's number: not bound."""

Phase = Literal["Pending", "Running", "Succeeded", "Failed"]


@dataclass(frozen=True, slots=True)
class PodDraft:
    """A pod as its creator sends it.

    Parameters
    ----------
    spec, labels
        Pods of one template share the very objects, so that admission works them out once.
    owner : str
        uid of the object that made it.
    index : int
        Ordinal, completion index, or number of the task; -1 where pods have none.
    submitted_us : int or None
        When its user first wanted it, where that is not when the app was handed over.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    spec: PodSpec
    app: App
    owner: str = ""
    index: int = -1
    submitted_us: int | None = None


class PodObject(msgspec.Struct, kw_only=True):
    """One version of a pod.

    Parameters
    ----------
    uid : int
        Its row in the trace.
    node : int
        Number of the node it is bound to, or `NOWHERE`.
    nominated : str
        Name of the node that preemption makes room on for it (status.nominatedNodeName).
    ready_reason : str
        Code of what made it ready or not.
    ready_us : int
        Since when it is ready or not (lastTransitionTime); `NEVER` before it ever was.
    deletion_us : int
        Deletion time stamp: when its grace period is over; `NEVER` unless it is being deleted.
    evicted : bool
        Whether it is deleted against its owner's will, which makes another: it leaves its place to that one.
    grace_us : int
        How long that grace period is.
    finished_us : int
        When its containers ended; `NEVER` while they run, or when nobody saw it.
    exit_code : int or None
        What they ended with; None while nobody knows.
    deletion_cost : int
        The cheaper, the sooner it goes when there are too many (annotation pod-deletion-cost).
    disrupted : bool
        Whether it is taken away though it did no wrong (its condition DisruptionTarget).
    """

    uid: int
    name: str
    namespace: str
    app: App
    info: PodInfo
    owner: str
    index: int
    version: int
    created_us: int
    node: int = NOWHERE
    nominated: str = ""
    phase: Phase = "Pending"
    ready: bool = False
    ready_reason: str = ""
    ready_us: int = NEVER
    deletion_us: int = NEVER
    evicted: bool = False
    grace_us: int = 0
    restarts: int = 0
    finished_us: int = NEVER
    exit_code: int | None = None
    disrupted: bool = False
    deletion_cost: int = 0

    @property
    def terminal(self) -> bool:
        """Whether it has ended for good."""
        return self.phase == "Succeeded" or self.phase == "Failed"

    @property
    def deleting(self) -> bool:
        """Whether it carries a deletion time stamp."""
        return self.deletion_us != NEVER

    @property
    def active(self) -> bool:
        """Whether a controller counts it: neither ended nor being deleted (upstream's IsPodActive)."""
        return self.deletion_us == NEVER and not self.terminal


class NodeObject(msgspec.Struct, kw_only=True):
    """One version of a node.

    Parameters
    ----------
    ready : str
        The status of its Ready condition: True, False or Unknown.
    memory_pressure : bool
        Whether the node says that it is short of memory (its condition MemoryPressure).
    disk_pressure : bool
        Whether it says that it is short of disk (DiskPressure).
    deleted : bool
        Whether the object is not there: not registered yet, or gone. Its number stays reserved for the machine, which
        registers again if it comes back.
    """

    index: int
    node: Node
    version: int
    ready: Literal["True", "False", "Unknown"] = "True"
    memory_pressure: bool = False
    disk_pressure: bool = False
    deleted: bool = False

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.metadata.name


class ApiObject(msgspec.Struct, kw_only=True):
    """One version of any other object.

    Parameters
    ----------
    native : object
        The object itself.
    app : App or None
        The app of the scenario that it serves.
    status : object
        What its controller wrote about it.
    finalizer : str
        ``orphan`` or ``foreground`` while it is being deleted, and goes once that is done with what it owns.
    """

    kind: str
    namespace: str
    name: str
    native: Any
    app: App | None = None
    owner: str = ""
    status: Any = None
    version: int = 0
    finalizer: str = ""

    @property
    def deleting(self) -> bool:
        """Whether it carries a deletion time stamp: its controller does nothing for it any more."""
        return bool(self.finalizer)

    @property
    def uid(self) -> str:
        """A key unique in the cluster."""
        return uid(self.kind, self.namespace, self.name)


def uid(kind: str, namespace: str, name: str) -> str:
    """Return the key of an object."""
    return f"{kind}/{namespace}/{name}"


def reference(owner: str) -> OwnerReference | None:
    """Return a reference to the owner with this uid (kind, namespace and name); None where there is none."""
    kind, _, rest = owner.partition("/")
    return OwnerReference(kind=kind, name=rest.partition("/")[2], uid=owner, controller=True) if owner else None
