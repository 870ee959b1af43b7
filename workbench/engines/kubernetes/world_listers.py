"""What the plugins look up in a run: services and owners as the API server has them, volumes as the World has them.

In a cluster that says nothing of storage (`storage_classes.py`) every claim counts as bound. A local disk that is there
already can be reached from its machine alone; a network disk, and one that is still to be made, from everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.plugins.volume_claims import BIND_COMPLETED
from workbench.engines.kubernetes.storage_classes import is_managed
from workbench.model.native.kubernetes import ObjectMeta, PersistentVolume, PersistentVolumeClaim
from workbench.model.native.kubernetes.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from workbench.model.native.kubernetes.storage import (
    PersistentVolumeClaimSpec,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)

HOSTNAME = "kubernetes.io/hostname"


class WorldListers(Listers):
    """The listers of a run.

    Parameters
    ----------
    bound_to : callable
        Claim (``namespace/name``) -> labels of the only node that can reach its volume, None when any can.

    Attributes
    ----------
    binds : bool
        Whether the cluster speaks of storage, so that claims have to be bound.
    """

    def __init__(self, bound_to: Callable[[str], Mapping[str, str] | None]) -> None:
        super().__init__()
        self._bound_to = bound_to
        self.binds = False

    def claim(self, key: str) -> PersistentVolumeClaim | None:
        """Return a claim; one that nobody binds is bound to the volume of its own name."""
        if self.binds:
            known = self.claims.get(key)
            if known is None or is_managed(known, self.classes, self.volumes.values()):
                return known
        namespace, _, name = key.partition("/")
        metadata = ObjectMeta(namespace=namespace, name=name, annotations={BIND_COMPLETED: "yes"})
        return PersistentVolumeClaim(metadata=metadata, spec=PersistentVolumeClaimSpec(volume_name=key))

    def made_for(self, key: str, pod: str) -> bool:
        """Say whether a claim has been made for a pod; where nobody binds claims, nobody asks."""
        return not self.binds or super().made_for(key, pod)

    def volume(self, name: str) -> PersistentVolume | None:
        """Return a volume; one that no object stands for has the affinity of local disks: to a node, by host name."""
        if self.binds and (name in self.volumes or "/" not in name):  # others are called after their claims
            return self.volumes.get(name)
        labels = self._bound_to(name)
        if labels is None:
            return PersistentVolume(metadata=ObjectMeta(name=name))
        here = NodeSelectorRequirement(key=HOSTNAME, operator="In", values=(labels[HOSTNAME],))
        terms = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_expressions=(here,)),))
        affinity = VolumeNodeAffinity(required=terms)
        return PersistentVolume(metadata=ObjectMeta(name=name), spec=PersistentVolumeSpec(node_affinity=affinity))
