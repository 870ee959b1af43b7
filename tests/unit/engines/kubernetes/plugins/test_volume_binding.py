"""Where volumes can be had; rows follow upstream's rules for claims that are bound, to be found, or to be made."""

import pytest

from tests.unit.engines.kubernetes.builders import ZONE, cluster, container, expression, node, pod, term
from workbench.engines.kubernetes.framework import SKIP, unresolvable
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.plugins.volume_binding import PodVolumes, VolumeBinding, find_pod_volumes
from workbench.engines.kubernetes.plugins.volume_claims import BIND_COMPLETED
from workbench.engines.kubernetes.world_listers import WorldListers
from workbench.formats.quantities import parse_quantity
from workbench.model.native.kubernetes import (
    CSIDriver,
    CSIStorageCapacity,
    ObjectMeta,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
)
from workbench.model.native.kubernetes.affinity import NodeSelector
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.storage import (
    CSIDriverSpec,
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
    VolumeNodeAffinity,
    VolumeResourceRequirements,
)
from workbench.model.native.kubernetes.volumes import PersistentVolumeClaimVolumeSource, Volume

WRONG_NODE = "node(s) didn't match PersistentVolume's node affinity"
NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind"
NO_SPACE = "node(s) did not have enough free storage"


def using(*claims):
    volumes = tuple(
        Volume(name=name, persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name=name)) for name in claims
    )
    return pod(container("1"), volumes=volumes)


def claim(name="c", size="1Gi", storage_class="wait", volume="", phase="Pending", **metadata):
    notes = {BIND_COMPLETED: "yes"} if volume else {}
    return PersistentVolumeClaim(
        metadata=ObjectMeta(name=name, namespace="default", annotations=notes, **metadata),
        spec=PersistentVolumeClaimSpec(
            access_modes=("ReadWriteOnce",),
            storage_class_name=storage_class,
            volume_name=volume,
            resources=VolumeResourceRequirements(requests={"storage": parse_quantity(size)}),
        ),
        status=PersistentVolumeClaimStatus(phase=phase),
    )


def volume(name, size="1Gi", zone="", phase="Available", storage_class="wait"):
    there = NodeSelector(node_selector_terms=(term(expression(ZONE, "In", zone)),))
    return PersistentVolume(
        metadata=ObjectMeta(name=name),
        spec=PersistentVolumeSpec(
            capacity={"storage": parse_quantity(size)},
            access_modes=("ReadWriteOnce",),
            storage_class_name=storage_class,
            node_affinity=VolumeNodeAffinity(required=there) if zone else None,
        ),
        status=PersistentVolumeStatus(phase=phase),
    )


def storage_class(name, provisioner="disks", mode="WaitForFirstConsumer"):
    return StorageClass(metadata=ObjectMeta(name=name), provisioner=provisioner, volume_binding_mode=mode)


def listed(*objects):
    listers = Listers()
    for one in (
        storage_class("wait", "kubernetes.io/no-provisioner"),
        storage_class("made"),
        storage_class("now", mode="Immediate"),
        *objects,
    ):
        listers.add(one)
    return listers


def asked(listers, *claims, zone="a"):
    plugin, here, asking = VolumeBinding(), node("n", labels={ZONE: zone}), using(*claims)
    there = cluster(here)
    there.listers = listers
    state = plugin.pre_filter(asking, there)
    return state if state is SKIP or isinstance(state, tuple) else plugin.filter(state, asking, here)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param(claim(storage_class="now"), "pod has unbound immediate PersistentVolumeClaims", id="immediate"),
        pytest.param(
            claim(phase="Lost"), 'persistentvolumeclaim "c" bound to non-existent persistentvolume ""', id="lost"
        ),
        pytest.param(
            claim(deletion_timestamp="2026-01-01T00:00:00Z"), 'persistentvolumeclaim "c" is being deleted', id="going"
        ),
    ],
)
def test_claims_that_refuse_the_pod_everywhere(found, reason):
    assert asked(listed(found), "c") == unresolvable(reason)


def test_a_claim_that_does_not_exist_refuses_the_pod_everywhere():
    assert asked(listed(), "c") == unresolvable('persistentvolumeclaim "c" not found')


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param([claim(volume="v"), volume("v", zone="a")], None, id="bound, and here"),
        pytest.param([claim(volume="v"), volume("v", zone="b")], unresolvable(WRONG_NODE), id="bound, and elsewhere"),
        pytest.param([claim(), volume("v", zone="a")], None, id="to be found, and here"),
        pytest.param([claim(), volume("v", zone="b")], unresolvable(NOTHING_TO_BIND), id="to be found, not here"),
        pytest.param([claim(size="2Gi"), volume("v")], unresolvable(NOTHING_TO_BIND), id="too small"),
        pytest.param([claim(), volume("v", phase="Released")], unresolvable(NOTHING_TO_BIND), id="not available"),
        pytest.param([claim(storage_class="made")], None, id="to be made"),
    ],
)
def test_filter(objects, expected):
    assert asked(listed(*objects), "c") == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [pytest.param("5Gi", None, id="room"), pytest.param("15Gi", unresolvable(NO_SPACE), id="no room")],
)
def test_drivers_that_tell_are_asked_for_room(size, expected):
    driver = CSIDriver(metadata=ObjectMeta(name="disks"), spec=CSIDriverSpec(storage_capacity=True))
    room = CSIStorageCapacity(
        metadata=ObjectMeta(name="r", namespace="default"),
        storage_class_name="made",
        node_topology=LabelSelector(match_labels={ZONE: "a"}),
        capacity=parse_quantity("10Gi"),
    )
    assert asked(listed(driver, room, claim(size=size, storage_class="made")), "c") == expected


def test_the_smallest_volume_that_suffices_is_taken_smaller_claims_first():
    volumes = [volume("big", "9Gi"), volume("middle", "5Gi"), volume("small", "2Gi")]
    listers = listed(claim("four", "4Gi"), claim("one", "1Gi"), *volumes)
    there = cluster(node("n"))
    there.listers = listers
    found = find_pod_volumes(VolumeBinding().pre_filter(using("four", "one"), there), there.nodes[0])
    assert isinstance(found, PodVolumes)
    assert [(one.name, bound.name) for one, bound in found.bindings] == [("one", "small"), ("four", "middle")]


def test_a_pod_follows_its_local_disk_in_a_run():
    disks = {"default/c": {"kubernetes.io/hostname": "node-1"}}
    there = cluster(node("node-1"), node("node-2"))
    there.listers = WorldListers(disks.get)
    plugin, asking = VolumeBinding(), using("c", "not-made-yet")
    state = plugin.pre_filter(asking, there)
    assert [plugin.filter(state, asking, one) for one in there.nodes] == [None, unresolvable(WRONG_NODE)]


def test_steps_aside_for_pods_without_claims():
    assert VolumeBinding().pre_filter(pod(), cluster()) is SKIP
