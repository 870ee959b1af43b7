"""What survives what, on each side: the bytes are looked for after the event has struck."""

from __future__ import annotations

import pytest

from workbench.experiments.survival import EVENTS, KINDS, matrix, survival

KEPT, AWAY, LOST = "kept", "kept-unreachable", "lost"

ON_KUBERNETES = {
    # what happens: container restarts, pod is deleted, machine restarts, machine is lost for good, its zone is lost
    "emptyDir": (KEPT, LOST, KEPT, LOST, LOST),
    "emptyDir/memory": (KEPT, LOST, LOST, LOST, LOST),
    "gitRepo": (KEPT, LOST, KEPT, LOST, LOST),
    "hostPath": (KEPT, AWAY, KEPT, LOST, LOST),
    "secret": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "configMap": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "downwardAPI": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "projected": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "nfs": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "glusterfs": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "iscsi": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "rbd": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "gcePersistentDisk": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "awsElasticBlockStore": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "persistentVolumeClaim": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "persistentVolumeClaim/zonal": (KEPT, KEPT, KEPT, KEPT, AWAY),
    "csi": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "local": (KEPT, KEPT, KEPT, LOST, LOST),
}
ON_MESOS = {
    "sandbox": (AWAY, AWAY, AWAY, LOST, LOST),
    "persistent": (KEPT, KEPT, KEPT, LOST, LOST),
    "external": (KEPT, KEPT, KEPT, KEPT, KEPT),
    "external/zonal": (KEPT, KEPT, KEPT, KEPT, AWAY),
}


@pytest.mark.parametrize(("on", "told"), [("kubernetes", ON_KUBERNETES), ("mesos", ON_MESOS)])
def test_the_matrix_is_what_upstream_documents(on, told):
    assert {key: what.value for key, what in matrix(on).items()} == {
        (kind, event): what for kind, whats in told.items() for event, what in zip(EVENTS, whats, strict=True)
    }
    assert tuple(told) == KINDS[on]


@pytest.mark.parametrize("seed", range(5))
def test_a_pod_of_a_lost_machine_holds_on_to_its_disk_until_somebody_acts(seed):
    assert survival("persistentVolumeClaim", "node-loss", operator=False, seed=seed).value == AWAY
    assert survival("external", "node-loss", "mesos", operator=False, seed=seed).value == KEPT
