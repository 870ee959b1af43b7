"""Pods whose owner is in doubt: their labels changed, or nobody owns them.

Every controller of pods has one of these. It looks at a pod only when something about its belonging has changed, and
what it has written it waits to see before its controller counts pods again.

Source: kubernetes, pkg/controller/replicaset/replica_set.go, getPodReplicaSets and claimPods (version 1.34).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, Protocol

from simpy.events import Event

from workbench.engines.kubernetes.api_server import ApiServer, Call, Client, PodInformer
from workbench.engines.kubernetes.controllers.controller_ref import claim
from workbench.engines.kubernetes.objects import ApiObject, PodObject
from workbench.engines.kubernetes.ownership import adopt, release
from workbench.engines.kubernetes.selectors import own_selector, selects


class Claimant(Protocol):
    """What a controller has to lend."""

    api: ApiServer
    informer: PodInformer
    client: Client

    def answered(self, calls: Iterable[Call]) -> Generator[Event, Any, str]:
        """Wait for calls."""


class PodClaims:
    """The pods that objects of some kinds may have to adopt or to let go.

    Parameters
    ----------
    wake : callable
        Told the uid of an object that should be looked at.
    member : callable
        Says whether a pod could be one of an object's, apart from its labels: those of a StatefulSet have its name.
    """

    def __init__(
        self, controller: Claimant, wake: Any, member: Callable[[PodObject, ApiObject], bool] = lambda *_: True
    ) -> None:
        self._of = controller
        self._wake = wake
        self._member = member
        self._sets: dict[str, ApiObject] = {}
        self._doubtful: dict[str, dict[int, None]] = {}
        self._unseen: dict[str, set[int]] = {}
        controller.api.watch("Pod", self._on_pod)

    def on_set(self, old: ApiObject | None, new: ApiObject | None) -> None:
        """An object that owns pods came, changed or went: with a new selector any pod may be its own, or no more."""
        if new is None:
            assert old is not None
            for known in (self._sets, self._doubtful, self._unseen):
                known.pop(old.uid, None)
            return
        before = self._sets.get(new.uid)
        self._sets[new.uid] = new
        if before is not None and before.native.spec.selector == new.native.spec.selector:
            return
        for pod in self._of.informer.orphans(new.namespace):
            self._look_at(pod, new)
        if before is not None:
            for pod in self._of.informer.owned_by(new.uid).values():
                self._look_at(pod, new)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        """A pod changed: whose it is may be in doubt now, or be settled."""
        for seen in (old, new) if self._unseen else ():
            if seen is not None and seen.owner in self._unseen:
                self._unseen[seen.owner].discard(seen.uid)
        if new is None:
            return
        if old is not None and old.owner != new.owner and old.owner in self._sets:
            self._wake(old.owner)
        if old is not None and old.owner == new.owner and old.info.labels is new.info.labels:
            return
        if not new.owner:
            for one in self._sets.values():
                self._look_at(new, one)
        elif old is not None and new.owner in self._sets:
            self._look_at(new, self._sets[new.owner])

    def _look_at(self, pod: PodObject, one: ApiObject) -> None:
        if pod.active and self._verdict(pod, one) in ("adopt", "release"):
            self._doubtful.setdefault(one.uid, {})[pod.uid] = None
            self._wake(one.uid)

    def _verdict(self, pod: PodObject, one: ApiObject) -> str:
        if pod.namespace != one.namespace:
            return "leave"
        matches = selects(own_selector(one.native.spec), pod.info.labels) and self._member(pod, one)
        return claim(one.uid, pod.owner, matches=matches, deleting=pod.deleting, controller_deleting=one.deleting)

    def settled(self, key: str) -> Generator[Event, Any, ApiObject | None]:
        """Adopt and let go what is due, then return the object; None if it may not act.

        It may not while it is going, nor before its controller has seen all that it claimed and let go.
        """
        if self._unseen.get(key):
            return None
        yield from self._settle(key)
        owner = self._of.api.objects.get(key)
        return None if owner is None or owner.deleting or self._unseen.get(key) else owner

    def _settle(self, key: str) -> Generator[Event, Any, None]:
        due, one = self._doubtful.pop(key, None), self._sets.get(key)
        if not due or one is None:
            return
        calls: dict[int, Call] = {}
        api, pods = self._of.api, self._of.informer.pods
        for uid in due:
            pod = pods.get(uid)
            if pod is None or not pod.active:
                continue
            verdict = self._verdict(pod, one)
            if verdict == "adopt":
                calls[uid] = self._of.client.send(adopt, api, uid, key)
            elif verdict == "release":
                calls[uid] = self._of.client.send(release, api, uid, key)
        self._unseen.setdefault(key, set()).update(calls)
        yield from self._of.answered(calls.values())
        unseen = self._unseen.get(key, set())
        for uid, call in calls.items():
            if call.error:  # somebody was faster, or it is gone: nothing to be seen of this
                unseen.discard(uid)
