"""The ephemeral volume controller: makes the claims of pods whose volumes live and die with them.

A claim is called after pod and volume, and owned by the pod: the garbage collector takes it when the pod is gone. If
the name is somebody else's, or a quota is used up, the pod waits, and it is tried again and again. A claim that is
deleted while its pod is there is made anew.

Source: kubernetes, pkg/controller/volume/ephemeral/controller.go (version 1.34).
"""

from __future__ import annotations

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.claim_quota import claim_refused
from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.ephemeral import (
    claim_for,
    claim_name,
    ephemeral_volumes,
    has_ephemeral_volumes,
    is_made_for,
    not_made_for,
    owner_of_claims,
)
from workbench.engines.kubernetes.objects import ApiObject, PodObject, uid
from workbench.engines.kubernetes.quota import refused_by
from workbench.model.native.kubernetes.volumes import Volume

CLAIM = "PersistentVolumeClaim"


class EphemeralVolumeController(Controller):
    """Looks at a pod when it comes, and when a claim of one of its names goes."""

    name = "ephemeral-volume-controller"

    def watch(self) -> None:
        """Pods that want claims of their own, and claims that go."""
        self._pods: dict[str, dict[int, None]] = {}  # claim that a pod wants -> the pods that do
        self._told: dict[int, str] = {}  # pod -> why it waits, as far as that has been said
        self.api.watch("Pod", self._on_pod, changes=("new", "gone"))
        self.api.watch(CLAIM, self._on_claim)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if not has_ephemeral_volumes(pod.info.spec):
            return
        for volume in ephemeral_volumes(pod.info.spec):
            wanted = self._pods.setdefault(f"{pod.namespace}/{claim_name(pod.name, volume.name)}", {})
            if new is not None:
                wanted[pod.uid] = None
            else:
                wanted.pop(pod.uid, None)
        if new is not None:
            self.queue.add(str(pod.uid))
        else:
            self._told.pop(pod.uid, None)

    def _on_claim(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None and old is not None:
            for pod in self._pods.get(f"{old.namespace}/{old.name}", ()):
                self.queue.add(str(pod))

    def sync(self, key: str) -> Sync:
        """Make the claims of a pod that are missing, up to the first that cannot be made."""
        pod = self.informer.pods.get(int(key))
        if pod is None or pod.deleting:
            return ""
        for volume in ephemeral_volumes(pod.info.spec):
            error = yield from self._claim(pod, volume)
            if error:
                self._tell(pod, volume, error)
                return error
        return ""

    def _claim(self, pod: PodObject, volume: Volume) -> Sync:
        """Make the claim of one volume, unless it is there; return what stands in the way."""
        name, owner = claim_name(pod.name, volume.name), owner_of_claims(pod.namespace, pod.name, pod.uid)
        there = self.api.objects.get(uid(CLAIM, pod.namespace, name))
        if there is not None:
            return "" if is_made_for(there.native, owner) else not_made_for(pod.namespace, name, pod.name)
        native = claim_for(pod.namespace, pod.name, owner, volume)
        made = ApiObject(kind=CLAIM, namespace=pod.namespace, name=name, native=native, app=pod.app, owner=owner)
        error = yield from self.answered([self.client.send(create_claim, self.api, made)])
        return f"create PVC {name}: {error}" if error else ""

    def _tell(self, pod: PodObject, volume: Volume, error: str) -> None:
        """Say once why a pod waits for a claim."""
        if self._told.get(pod.uid) != error:
            self._told[pod.uid] = error
            why = refused_by(error) if "forbidden" in error else "claim-not-its-own"
            self.world.event("FailedBinding", pod.name, why, f"ephemeral volume {volume.name}: {error}")


def create_claim(api: ApiServer, made: ApiObject) -> str:
    """Store a claim, unless there is one of its name by now, or a quota forbids it."""
    if made.uid in api.objects:
        return f'persistentvolumeclaims "{made.name}" already exists'
    if api.quotas.concerns(made.namespace) and (said := claim_refused(api, made)):
        return said
    return api.put(made)
