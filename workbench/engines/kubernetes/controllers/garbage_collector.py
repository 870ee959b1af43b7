"""The garbage collector: what belongs to something that is gone goes too."""

from __future__ import annotations

from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodObject, uid

OWNERS = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob")


class GarbageCollector(Controller):
    """Deletes the dependents of an object that was deleted, in the background.

    Each deletion takes two calls, and its client is allowed twice the usual rate of them: as many deletions as usual.

    Source: kubernetes, pkg/controller/garbagecollector and cmd/kube-controller-manager/app/core.go (version 1.34).
    Left out: foreground deletion, orphaning, several owners of one object.
    """

    name = "garbage-collector"
    workers = 20

    def watch(self) -> None:
        """Everything that owns something, and everything that may be owned."""
        for kind in OWNERS:
            self.api.watch(kind, self._on_object)
        self.api.watch("Pod", self._on_pod)

    def _on_object(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self.queue.add(old.uid)
        elif old is None:
            self._on_dependent(new.owner)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if old is None and new is not None:
            self._on_dependent(new.owner)
        elif new is None and old is not None and old.info.claims:  # claims are all that a pod ever owns
            self.queue.add(uid("Pod", old.namespace, old.name))

    def _on_dependent(self, owner: str) -> None:
        """Something new: its owner may have gone while it was being made."""
        if owner and owner not in self.api.objects:
            self.queue.add(owner)

    def sync(self, key: str) -> Sync:
        """Delete what one object owned, unless it is there again."""
        if key in self.api.objects:
            return ""
        objects = [one.uid for one in self.api.dependents(key)]
        pods = [pod.uid for pod in self.informer.owned_by(key).values() if not pod.deleting]
        calls = [self.client.send(self.api.delete, uid) for uid in objects]
        calls += [self.client.send(self.api.delete_pod, uid) for uid in pods]
        yield from self.answered(calls)
        if pods:
            self.world.trace["control_plane"].append(self.world.now_us, self.name, "delete-pods", len(pods))
        return ""
