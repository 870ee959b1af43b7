"""The garbage collector: what belongs to something that is gone goes too, or goes first, or is set free."""

from __future__ import annotations

from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodObject, uid
from workbench.engines.kubernetes.ownership import release

OWNERS = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob")


class GarbageCollector(Controller):
    """Deletes the dependents of an object that was deleted: afterwards (in the background), or before (foreground).

    An object that is deleted to leave orphans is taken off its dependents as their owner, and goes then. Each deletion
    takes two calls, and its client is allowed twice the usual rate of them: as many deletions as usual.

    Source: kubernetes, pkg/controller/garbagecollector and cmd/kube-controller-manager/app/core.go (version 1.34).
    Left out: several owners of one object; dependents that do not hold up their owner (blockOwnerDeletion).
    """

    name = "garbage-collector"
    workers = 20

    def watch(self) -> None:
        """Everything that owns something, and everything that may be owned."""
        for kind in OWNERS:
            self.api.watch(kind, self._on_object)
        self.api.watch("Pod", self._on_pod, changes=("new", "gone"))

    def _on_object(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self.queue.add(old.uid)
            self._on_gone(old.owner)
        elif old is None:
            self._on_dependent(new.owner)
        elif new.deleting and not old.deleting:
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if old is None and new is not None:
            self._on_dependent(new.owner)
        elif new is None and old is not None:
            if old.info.claims:  # claims are all that a pod ever owns
                self.queue.add(uid("Pod", old.namespace, old.name))
                if old.info.uid:
                    self.queue.add(old.info.uid)
            self._on_gone(old.owner)

    def _on_dependent(self, owner: str) -> None:
        """Something new: its owner may have gone while it was being made."""
        if owner and owner not in self.api.objects:
            self.queue.add(owner)

    def _on_gone(self, owner: str) -> None:
        """Something is gone: its owner may have waited for that."""
        there = self.api.objects.get(owner)
        if there is not None and there.deleting:
            self.queue.add(owner)

    def sync(self, key: str) -> Sync:
        """Delete what one object owned, unless it is there again; set it free, or delete it first, if so asked."""
        there = self.api.objects.get(key)
        if there is None:
            yield from self._delete_dependents(key)
        elif there.finalizer == "orphan":
            yield from self._set_free(key)
        elif there.finalizer == "foreground":
            yield from self._delete_first(key)
        return ""

    def _delete_dependents(self, key: str, *, foreground: bool = False) -> Sync:
        objects = [one.uid for one in self.api.dependents(key) if not one.deleting]
        pods = [pod.uid for pod in self.informer.owned_by(key).values() if not pod.deleting]
        calls = [
            self.client.send(self.api.delete, uid, *(("foreground",) if foreground and self._owns(uid) else ()))
            for uid in objects
        ]
        calls += [self.client.send(self.api.delete_pod, uid) for uid in pods]
        yield from self.answered(calls)
        if pods:
            self.world.trace["control_plane"].append(self.world.now_us, self.name, "delete-pods", len(pods))
        return ""

    def _owns(self, key: str) -> bool:
        """Say whether an object has dependents; one that has none has nothing to wait for."""
        return bool(self.api.dependents(key) or self.informer.owned_by(key))

    def _delete_first(self, key: str) -> Sync:
        """Delete what an object owns, and the object once all of that is gone."""
        if self._owns(key):
            yield from self._delete_dependents(key, foreground=True)
        else:
            yield from self.answered([self.client.send(self.api.delete, key)])
        return ""

    def _set_free(self, key: str) -> Sync:
        """Take an object off its dependents as their owner; it goes once that is written."""
        pods = list(self.informer.owned_by(key))
        calls = [self.client.send(self.api.patch, one.uid, {"owner": ""}) for one in self.api.dependents(key)]
        calls += [self.client.send(release, self.api, uid, key, "owner-deleted") for uid in pods]
        yield from self.answered(calls)
        if not self.api.dependents(key):
            yield from self.answered([self.client.send(self.api.delete, key)])
        return ""
