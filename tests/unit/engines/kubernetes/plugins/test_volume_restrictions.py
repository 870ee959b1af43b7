import pytest

from tests.unit.engines.kubernetes.builders import cluster, node, pod
from workbench.engines.kubernetes.framework import SKIP, unresolvable, unschedulable
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.plugins.volume_restrictions import VolumeRestrictions
from workbench.model.native.kubernetes import ObjectMeta, PersistentVolumeClaim
from workbench.model.native.kubernetes.storage import PersistentVolumeClaimSpec
from workbench.model.native.kubernetes.volumes import (
    AWSElasticBlockStoreVolumeSource,
    GCEPersistentDiskVolumeSource,
    ISCSIVolumeSource,
    PersistentVolumeClaimVolumeSource,
    RBDVolumeSource,
    Volume,
)

TAKEN = unschedulable("node(s) had no available disk")
IN_USE = unschedulable(
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
)


def gce(name="d", read_only=False):
    return Volume(name="v", gce_persistent_disk=GCEPersistentDiskVolumeSource(pd_name=name, read_only=read_only))


def ebs(name="d", read_only=False):
    source = AWSElasticBlockStoreVolumeSource(volume_id=name, read_only=read_only)
    return Volume(name="v", aws_elastic_block_store=source)


def iscsi(iqn="q", read_only=False):
    return Volume(name="v", iscsi=ISCSIVolumeSource(iqn=iqn, read_only=read_only))


def rbd(monitors=("a", "b"), image="i", read_only=False):
    return Volume(name="v", rbd=RBDVolumeSource(monitors=monitors, image=image, read_only=read_only))


@pytest.mark.parametrize(
    ("mine", "held", "expected"),
    [
        pytest.param(gce(), gce(), TAKEN, id="the same disk"),
        pytest.param(gce(), gce("other"), None, id="another disk"),
        pytest.param(gce(read_only=True), gce(read_only=True), None, id="both only read"),
        pytest.param(gce(), gce(read_only=True), TAKEN, id="one writes"),
        pytest.param(ebs(read_only=True), ebs(read_only=True), TAKEN, id="EC2 disks are not even read together"),
        pytest.param(iscsi(), iscsi(), TAKEN, id="iSCSI by its qualified name"),
        pytest.param(rbd(), rbd(monitors=("b", "c")), TAKEN, id="Ceph by any monitor"),
        pytest.param(rbd(), rbd(monitors=("c",)), None, id="Ceph of another cluster"),
        pytest.param(rbd(), rbd(image="j"), None, id="Ceph, another image"),
        pytest.param(gce(), rbd(), None, id="different sorts"),
    ],
)
def test_disks(mine, held, expected):
    here, asking = node("n", pod(volumes=(held,))), pod(volumes=(mine,))
    state = VolumeRestrictions().pre_filter(asking, cluster(here))
    assert VolumeRestrictions().filter(state, asking, here) == expected


def using(claim="c", modes=("ReadWriteOncePod",)):
    listers = Listers()
    spec = PersistentVolumeClaimSpec(access_modes=modes)
    listers.add(PersistentVolumeClaim(metadata=ObjectMeta(name="c", namespace="default"), spec=spec))
    volume = Volume(name="v", persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name=claim))
    return listers, pod(volumes=(volume,))


def test_a_claim_for_one_pod_in_use_anywhere_refuses_every_node():
    listers, asking = using()
    there = cluster(node("busy", asking), node("free"))
    there.listers = listers
    state = VolumeRestrictions().pre_filter(asking, there)
    assert [VolumeRestrictions().filter(state, asking, one) for one in there.nodes] == [IN_USE, IN_USE]
    VolumeRestrictions().pod_changed(state, asking, asking, there.nodes[0], -1, there)
    assert VolumeRestrictions().filter(state, asking, there.nodes[1]) is None


def test_claims_that_may_be_shared_are_of_no_concern():
    listers, asking = using(modes=("ReadWriteOnce",))
    there = cluster(node("busy", asking))
    there.listers = listers
    assert VolumeRestrictions().pre_filter(asking, there) is SKIP


def test_a_claim_that_does_not_exist():
    _, asking = using("nope")
    found = VolumeRestrictions().pre_filter(asking, cluster(node()))
    assert found == unresolvable('persistentvolumeclaim "nope" not found')
