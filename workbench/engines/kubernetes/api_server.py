"""The API server: the one place where state lives, and what it costs to write there and to hear of it.

A write takes effect after the write latency; everybody who watches that kind of object hears of it after the watch
latency. Components act through a `Client`, which lets only so many calls through per second (client-go's token
bucket), and see the cluster only through their watches.

Source: kubernetes, staging/src/k8s.io/apiserver and client-go (version 1.34). Default rates: component-base/config
(50/100), pkg/controller/apis/config/v1alpha1/defaults.go (20/30).
While etcd has no leader nothing is stored: calls wait, as clients ask again until they are answered (`etcd.py`).
Left out: conflicts between writers (a write applies to the latest version), priority and fairness.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from msgspec.structs import replace

from workbench.engines.agenda import Gate, Order
from workbench.engines.kubernetes.admission import Admission
from workbench.engines.kubernetes.ephemeral import owner_of_claims
from workbench.engines.kubernetes.ephemeral_storage import on_machines
from workbench.engines.kubernetes.leader_election import Leadership
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, NodeObject, PodDraft, PodObject
from workbench.engines.kubernetes.quota import Quotas
from workbench.engines.kubernetes.watches import EVERY, Change, Handler, Watch, Watches
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.native.kubernetes import PodSpec
from workbench.model.native.kubernetes.core import ResourceQuota
from workbench.model.parameters import param, parameters

Cascade = Literal["background", "foreground", "orphan"]
"""What becomes of what an object owns (``kubectl delete --cascade``)."""

NOT_FOUND = "not found"

Disruption = Literal["", "EvictionByEvictionAPI", "DeletionByTaintManager", "PreemptionByScheduler", "DeletionByPodGC"]
"""Reasons of the condition DisruptionTarget."""

EVICTIONS = ("EvictionByEvictionAPI", "DeletionByTaintManager")
"""After these another pod is to take the place of the one that goes."""

REPLACED_AT_ONCE = ("ReplicaSet/", "ReplicationController/", "Job/")
"""Owners that do not wait for a pod to be gone before they make another in its place."""


@parameters("kubernetes.api_server")
@dataclass(frozen=True)
class ApiServerParameters:
    """What a call costs."""

    write_latency_s: float = param(
        0.010, unit="s", low=0.0001, high=10, help="from a write request to its being stored and answered",
        source="assumption: one etcd majority write; the service level objective is 1 s at the 99th percentile "
        "(kubernetes/community, sig-scalability/slos/api_call_latency.md)", shown_in="first-look",
    )  # fmt: skip
    watch_latency_s: float = param(
        0.010, unit="s", low=0.0001, high=10, help="from a stored write to the watchers knowing of it",
        source="assumption: of the order of a write", shown_in="first-look",
    )  # fmt: skip
    controller_qps: float = param(
        20.0, unit="calls/s", low=1, high=10_000, help="calls per second of each controller's client",
        source="kubernetes 1.34, kube-controller-manager --kube-api-qps", shown_in="first-look",
    )  # fmt: skip
    controller_burst: int = param(
        30, unit="calls", low=1, high=10_000, help="calls of each controller's client that may be made at once",
        source="kubernetes 1.34, kube-controller-manager --kube-api-burst", shown_in="first-look",
    )  # fmt: skip
    scheduler_qps: float = param(
        50.0, unit="calls/s", low=1, high=10_000,
        help="calls per second of the scheduler's client; twice as many may be made at once",
        source="kubernetes 1.34, kube-scheduler clientConnection.qps 50, burst 100", shown_in="first-look",
    )  # fmt: skip


class Call:
    """A call on its way. `done_us` is when it is answered; `error` then says what went wrong, empty if nothing.

    A call that finds the API server without etcd is answered later, and not `answered` at that time.
    """

    __slots__ = ("answered", "done_us", "error")

    def __init__(self, done_us: int, *, answered: bool = False) -> None:
        self.done_us = done_us
        self.error = ""
        self.answered = answered


class Client:
    """A component's way to the API server: a token bucket in front of the write latency.

    Parameters
    ----------
    qps : float
        Tokens per second.
    burst : int
        Tokens that can be saved up.
    """

    def __init__(self, api: ApiServer, qps: float, burst: int) -> None:
        self._api = api
        self._every_us = to_us(1 / qps)
        self._saved_us = burst * self._every_us
        self._empty_us = 0  # when the bucket would be full again, had nobody asked meanwhile

    def send(self, write: Callable[..., str], *args: Any) -> Call:
        """Make a call: `write(*args)` happens when it is stored, and returns an error or nothing."""
        api = self._api
        call = Call(self._token_us() + api.write_us)
        api.world.agenda.at(call.done_us, Order.DELIVERY, api.perform, call, write, args)
        return call

    def spend(self) -> Call:
        """Make a call that changes nothing which anybody watches, such as the status of a workload."""
        return Call(self._token_us() + self._api.write_us, answered=True)

    def _token_us(self) -> int:
        """Take a token; return when it is there."""
        now = self._api.world.now_us
        self._empty_us = max(self._empty_us, now) + self._every_us
        return max(now, self._empty_us - self._saved_us)


class ApiServer:
    """The objects of the cluster, by kind.

    Parameters
    ----------
    world : World
        Where time passes, and where a new pod becomes a row of the trace.
    """

    def __init__(self, world: World, admission: Admission, quotas: Quotas, params: ApiServerParameters) -> None:
        self.world = world
        self.quotas = quotas
        self.params = params
        self.write_us = to_us(params.write_latency_s)
        self.watch_us = to_us(params.watch_latency_s)
        self.pods: dict[int, PodObject] = {}
        self._names: set[tuple[str, str]] = set()
        self.nodes: list[NodeObject] = []
        self.objects: dict[str, ApiObject] = {}
        self._dependents: dict[str, dict[str, None]] = {}
        self.sized: Callable[[PodDraft], PodSpec] = lambda draft: draft.spec  # webhooks that mutate pods
        self._admission = admission
        self._watches = Watches()
        self._version = 0
        self.answers = True
        self.back = Gate(world.agenda, Order.CONTROLLER)
        self.manager = Leadership(world.agenda)
        self._unanswered: list[tuple[Call | None, Callable[..., str], tuple[Any, ...]]] = []

    def controller_client(self) -> Client:
        """Return a client with the rates of the controller manager; each controller has its own."""
        return Client(self, self.params.controller_qps, self.params.controller_burst)

    def scheduler_client(self) -> Client:
        """Return a client with the rates of the scheduler."""
        return Client(self, self.params.scheduler_qps, round(2 * self.params.scheduler_qps))

    # -- watching -------------------------------------------------------------------------------------------

    def watch(self, kind: str, handler: Handler, *, changes: Collection[Change] = EVERY, owner: str = "") -> Watch:
        """Tell `handler` of changes of objects of a kind, from now on, in the order of the changes.

        Parameters
        ----------
        changes : collection of Change
            Of which changes.
        owner : str
            Pods: only of pods whose owner is of this kind.
        """
        return self._watches.add(kind, handler, changes, owner)

    def _changed(self, kind: str, old: Any, new: Any) -> None:
        self.world.agenda.after(self.watch_us, Order.DELIVERY, self._watches.deliver, kind, old, new)

    def _next_version(self) -> int:
        self._version += 1
        return self._version

    # -- requests that no client's bucket holds back: users, kubelets ---------------------------------------

    def request(self, write: Callable[..., str], *args: Any) -> None:
        """Let `write(*args)` happen after the write latency."""
        self.world.agenda.after(self.write_us, Order.DELIVERY, self.perform, None, write, args)

    def perform(self, call: Call | None, write: Callable[..., str], args: tuple[Any, ...]) -> None:
        """Store what was asked for, now; without etcd, as soon as it can be stored."""
        if not self.answers:
            self._unanswered.append((call, write, args))
            return
        error = write(*args)
        if call is not None:
            call.error, call.answered = error, True

    def answer_again(self) -> None:
        """Store again what is asked for, beginning with what has been waiting."""
        self.answers = True
        waiting, self._unanswered = self._unanswered, []
        for call, write, args in waiting:
            self.perform(call, write, args)
        self.back.open()

    # -- pods: what a write does, at the moment it is stored ------------------------------------------------

    def create_pod(self, draft: PodDraft) -> str:
        """Admit and store a pod; return why not, in upstream's words, if it is refused."""
        if self.has_pod(draft.namespace, draft.name):
            return f'pods "{draft.name}" already exists'
        info = self._admission.admit(draft.namespace, draft.labels, self.sized(draft), draft.owner, draft.name)
        if refusal := self._admission.refusal(info):
            return f'pods "{draft.name}" is forbidden: {refusal}'
        limited = self.quotas.concerns(draft.namespace)
        if limited and (refusal := self.quotas.refusal(draft.name, info)):
            return refusal
        slot = draft.index if draft.index >= 0 else None
        asked = on_machines(info.requests)
        task = self.world.new_task(draft.app, draft.name, asked, slot=slot, submitted_us=draft.submitted_us)
        if info.name:
            info.uid = owner_of_claims(draft.namespace, draft.name, task)
        pod = PodObject(
            uid=task, name=draft.name, namespace=draft.namespace, app=draft.app, info=info, owner=draft.owner,
            index=draft.index, version=self._next_version(), created_us=self.world.now_us,
        )  # fmt: skip
        if limited:
            self.quotas.charge(task, info)
        self.pods[task] = pod
        self._names.add((pod.namespace, pod.name))
        self._changed("Pod", None, pod)
        return ""

    def has_pod(self, namespace: str, name: str) -> bool:
        """Say whether a name is taken, whoever owns the pod that has it."""
        return (namespace, name) in self._names

    def patch_pod(self, uid: int, changes: dict[str, Any]) -> str:
        """Change fields of a pod; a pod that is gone stays so."""
        old = self.pods.get(uid)
        if old is None:
            return NOT_FOUND
        new = copy.copy(old)
        for name, value in changes.items():
            setattr(new, name, value)
        if new.ready != old.ready:
            new.ready_us = self.world.now_us
        new.version = self._next_version()
        self.pods[uid] = new
        if old.active and not new.active:
            self.world.not_coming_back(uid, awaited=True)
        self._changed("Pod", old, new)
        return ""

    def bind_pod(self, uid: int, node: int) -> str:
        """Give a pod its node."""
        return self.patch_pod(uid, {"node": node})

    def delete_pod(self, uid: int, grace_s: int | None = None, disruption: Disruption = "") -> str:
        """Mark a pod for deletion; one that is not bound, or has ended, is gone at once.

        Parameters
        ----------
        grace_s : int or None
            Grace period, None for the pod's own; 0 removes it without waiting for its kubelet.
        disruption : str
            Why a pod goes that did no wrong, as its condition DisruptionTarget has it; empty if it is simply deleted.
            One that is evicted leaves its place: at once if its owner makes another without waiting, else when it is
            gone. On a node that cannot be reached it runs on, beside the one that is made in its place.
        """
        pod = self.pods.get(uid)
        if pod is None:
            return NOT_FOUND
        if disruption and not pod.disrupted:
            pod = self.pods[uid] = copy.copy(pod)
            pod.disrupted = True
        evicted = disruption in EVICTIONS
        if evicted and not pod.deleting and pod.owner.startswith(REPLACED_AT_ONCE):
            leave = self.world.give_up if disruption == "DeletionByTaintManager" else self.world.make_way
            leave(uid)
        grace = pod.info.spec.termination_grace_period_seconds if grace_s is None else grace_s
        if grace == 0 or pod.node == NOWHERE or pod.terminal:
            del self.pods[uid]
            self._names.discard((pod.namespace, pod.name))
            self.world.not_coming_back(uid, awaited=pod.active)
            if pod.node == NOWHERE:
                self.world.stop(uid)
            self._changed("Pod", pod, None)
            return ""
        if pod.deleting:
            return ""
        until_us = self.world.now_us + grace * SECOND_US
        return self.patch_pod(uid, {"deletion_us": until_us, "grace_us": grace * SECOND_US, "evicted": evicted})

    # -- nodes ----------------------------------------------------------------------------------------------

    def patch_node(self, index: int, changes: dict[str, Any]) -> str:
        """Change fields of a node."""
        old = self.nodes[index]
        new = copy.copy(old)
        for name, value in changes.items():
            setattr(new, name, value)
        new.version = self._next_version()
        self.nodes[index] = new
        self._changed("Node", old, new)
        return ""

    # -- everything else ------------------------------------------------------------------------------------

    def put_quota(self, quota: ResourceQuota) -> str:
        """Create or change a quota; the pods that are there count."""
        self.quotas.put(quota, {uid: pod.info for uid, pod in self.pods.items() if not pod.terminal})
        return ""

    def scale(self, uid: str, replicas: int) -> str:
        """Change the wanted number of pods of a workload (its scale subresource)."""
        old = self.objects.get(uid)
        if old is None:
            return NOT_FOUND
        native = replace(old.native, spec=replace(old.native.spec, replicas=replicas))
        return self.patch(uid, {"native": native})

    def patch(self, uid: str, changes: dict[str, Any]) -> str:
        """Change fields of an object; one that is gone stays so."""
        old = self.objects.get(uid)
        return NOT_FOUND if old is None else self.put(replace(old, **changes))

    def dependents(self, owner: str) -> list[ApiObject]:
        """Return the objects that an object owns, pods aside, in the order of their creation."""
        return [self.objects[uid] for uid in self._dependents.get(owner, ())]

    def delete(self, uid: str, cascade: Cascade = "background") -> str:
        """Delete an object; what it owns is the garbage collector's business, before it goes where that is asked."""
        if cascade != "background" and uid in self.objects:
            return self.patch(uid, {"finalizer": cascade})
        old = self.objects.pop(uid, None)
        if old is None:
            return NOT_FOUND
        self._dependents.get(old.owner, {}).pop(uid, None)
        self._changed(old.kind, old, None)
        return ""

    def put(self, made: ApiObject) -> str:
        """Create or replace an object."""
        old = self.objects.get(made.uid)
        made.version = self._next_version()
        self.objects[made.uid] = made
        if old is not None and old.owner != made.owner:
            self._dependents.get(old.owner, {}).pop(made.uid, None)
        if made.owner:
            self._dependents.setdefault(made.owner, {})[made.uid] = None
        self._changed(made.kind, old, made)
        return ""


class PodInformer:
    """All pods as the watches show them, with the indexes that controllers share (upstream's shared informer).

    Create it before any controller, so that it is up to date when they are told.
    """

    def __init__(self, api: ApiServer) -> None:
        self.pods: dict[int, PodObject] = {}
        self._by_owner: dict[str, dict[int, PodObject]] = {}
        self._by_node: dict[int, dict[int, PodObject]] = {}
        api.watch("Pod", self._on_pod)

    def owned_by(self, owner: str) -> dict[int, PodObject]:
        """Return the pods that an object made, by uid, in the order of their creation."""
        return self._by_owner.get(owner, {})

    def on_node(self, node: int) -> dict[int, PodObject]:
        """Return the pods bound to a node, in the order of binding."""
        return self._by_node.get(node, {})

    def orphans(self, namespace: str) -> list[PodObject]:
        """Return the pods of a namespace that nobody owns."""
        return [pod for pod in self._by_owner.get("", {}).values() if pod.namespace == namespace]

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if old is not None and (new is None or old.owner != new.owner):
            self._by_owner.get(old.owner, {}).pop(old.uid, None)
        if new is None:
            assert old is not None
            self.pods.pop(old.uid, None)
            if old.node != NOWHERE:
                self._by_node[old.node].pop(old.uid, None)
            return
        self.pods[new.uid] = new
        self._by_owner.setdefault(new.owner, {})[new.uid] = new
        if new.node != NOWHERE:
            self._by_node.setdefault(new.node, {})[new.uid] = new


def is_new_binding(old: PodObject | None, new: PodObject) -> bool:
    """Say whether this change gave the pod its node."""
    return new.node != NOWHERE and (old is None or old.node == NOWHERE)
