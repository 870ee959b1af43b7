"""The volume manager of the kubelets: brings a pod's volumes into it, and cleans up when the pod is gone.

All volumes of a pod are brought in at once; the pod goes on when the last is there. Those behind claims, and disks that
its spec names, are attached by the attach/detach controller before. A pod's own directory goes with the pod, as soon as
its kubelet knows: one that does not hear of it cleans up when it does.

Source: kubernetes, pkg/kubelet/volumemanager (version 1.34).
Left out: the loops' own period of 100 ms; the time-out of 2 min 3 s after which a pod that waits is told of again.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.controllers.attach_detach import AttachDetachController
from workbench.engines.kubernetes.objects import NOWHERE, PodObject
from workbench.engines.kubernetes.pod_volumes import PodVolumes
from workbench.engines.kubernetes.watches import GONE


class VolumeManager:
    """The volume managers of all nodes."""

    def __init__(self, api: ApiServer, disks: AttachDetachController) -> None:
        self._world = api.world
        self._volumes = PodVolumes(api)
        self._disks = disks
        self._left: dict[int, list[int]] = {}  # node that does not hear -> pods whose directories are to go
        api.watch("Pod", self._on_pod, changes=GONE)

    def mount(self, pod: PodObject, then: Callable[[], None]) -> None:
        """Bring in the volumes of a pod, then call `then`: at once, if it has none."""
        mounts = self._volumes.of(pod)
        if not mounts:
            self._world.volumes_there(pod.uid, then)
            return
        missing = len(mounts)

        def one_more() -> None:
            nonlocal missing
            missing -= 1
            if not missing:
                self._world.volumes_there(pod.uid, then)

        for mount in mounts:
            if mount.claim and pod.app.replication is not None:
                self._world.copies.lie_on(pod.uid, self._world.disks.named(mount.kind, mount.want))
            self._disks.attach(mount, one_more)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None and old is not None and old.node != NOWHERE:
            if not old.info.spec.volumes and not self._world.scratch.followed:
                return
            if self._world.machines[old.node].in_touch:
                self._clean_up(old.uid)
            else:
                self._left.setdefault(old.node, []).append(old.uid)

    def node_back(self, node: int) -> None:
        """Clean up what pods have left that went while the node did not hear of it."""
        for uid in self._left.pop(node, ()):
            self._clean_up(uid)

    def _clean_up(self, pod: int) -> None:
        self._world.disks.remove_directory(pod)
        self._world.scratch.remove(pod)
