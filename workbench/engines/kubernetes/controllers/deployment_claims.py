"""ReplicaSets that a Deployment adopts or lets go: those its selector finds, and those it finds no more.

Source: kubernetes, pkg/controller/deployment/deployment_controller.go, getReplicaSetsForDeployment (version 1.34).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import Event

from workbench.engines.kubernetes.api_server import NOT_FOUND
from workbench.engines.kubernetes.controllers.controller import Controller
from workbench.engines.kubernetes.controllers.controller_ref import claim
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.kubernetes.ownership import CONFLICT
from workbench.engines.kubernetes.selectors import selects


class SetClaims:
    """Which ReplicaSets may have to change their owner. Controllers read these as they are stored, so nothing waits."""

    def __init__(self, controller: Controller) -> None:
        self._of = controller
        self._doubtful: set[str] = set()

    def on_owner(self, old: ApiObject | None, new: ApiObject | None) -> None:
        """A Deployment came or changed: with a new selector, other ReplicaSets may be its own."""
        if new is None:
            self._doubtful.discard(old.uid if old else "")
        elif old is None or old.native.spec.selector != new.native.spec.selector:
            self._doubtful.add(new.uid)

    def on_set(self, old: ApiObject | None, new: ApiObject | None) -> None:
        """A ReplicaSet changed: one that has lost its owner is anybody's who selects it."""
        if new is not None and not new.owner and (old is None or old.owner):
            for one in list(self._of.api.objects.values()):
                if one.kind == "Deployment" and self._verdict(new, one) == "adopt":
                    self._doubtful.add(one.uid)
                    self._of.queue.add(one.uid)

    @staticmethod
    def _verdict(one: ApiObject, owner: ApiObject) -> str:
        if one.namespace != owner.namespace:
            return "leave"
        matches = selects(owner.native.spec.selector, one.native.metadata.labels)
        return claim(owner.uid, one.owner, matches=matches, deleting=one.deleting, controller_deleting=owner.deleting)

    def settle(self, key: str) -> Generator[Event, Any, str]:
        """Adopt and let go what is due."""
        owner = self._of.api.objects.get(key)
        if key not in self._doubtful or owner is None:
            return ""
        self._doubtful.discard(key)
        calls = []
        for one in list(self._of.api.objects.values()):
            verdict = self._verdict(one, owner) if one.kind == "ReplicaSet" else "leave"
            if verdict in ("adopt", "release"):
                calls.append(self._of.client.send(self._write, one.uid, key, verdict))
        yield from self._of.answered(calls)
        return ""

    def _write(self, uid: str, key: str, verdict: str) -> str:
        """Write the owner, unless somebody was faster or either is going."""
        api = self._of.api
        one, owner = api.objects.get(uid), api.objects.get(key)
        if one is None or owner is None or owner.deleting:
            return NOT_FOUND
        if self._verdict(one, owner) != verdict:
            return CONFLICT
        if verdict == "adopt":
            api.world.event("Adopted", one.name, "labels-match", owner.name)
            return api.patch(uid, {"owner": key})
        api.world.event("Released", one.name, "labels-differ", owner.name)
        return api.patch(uid, {"owner": ""})
