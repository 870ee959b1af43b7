import pytest

from tests.unit.engines.kubernetes.builders import ZONE, cluster, node, pod
from workbench.engines.kubernetes.framework import SKIP, unresolvable, unschedulable
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.plugins.node_volume_limits import NodeVolumeLimits
from workbench.engines.kubernetes.plugins.volume_zone import VolumeZone
from workbench.model.native.kubernetes import (
    CSINode,
    ObjectMeta,
    PersistentVolume,
    PersistentVolumeClaim,
    VolumeAttachment,
)
from workbench.model.native.kubernetes.storage import (
    CSINodeDriver,
    CSINodeSpec,
    CSIPersistentVolumeSource,
    PersistentVolumeClaimSpec,
    PersistentVolumeSpec,
    VolumeAttachmentSource,
    VolumeAttachmentSpec,
    VolumeNodeResources,
)
from workbench.model.native.kubernetes.volumes import PersistentVolumeClaimVolumeSource, Volume

OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"
ELSEWHERE = unresolvable("node(s) had no available volume zone")
TOO_MANY = unschedulable("node(s) exceed max volume count")


def listers(**labels_of):
    """Claims c0, c1 ... bound to volumes of the same names and one driver."""
    found = Listers()
    for name in ("c0", "c1", "c2"):
        csi = CSIPersistentVolumeSource(driver="disks", volume_handle=name)
        labels = labels_of.get(name, {})
        found.add(PersistentVolume(metadata=ObjectMeta(name=name, labels=labels), spec=PersistentVolumeSpec(csi=csi)))
        spec = PersistentVolumeClaimSpec(volume_name=name)
        found.add(PersistentVolumeClaim(metadata=ObjectMeta(name=name, namespace="default"), spec=spec))
    return found


def using(*claims):
    sources = [(name, PersistentVolumeClaimVolumeSource(claim_name=name)) for name in claims]
    return pod(volumes=tuple(Volume(name=name, persistent_volume_claim=source) for name, source in sources))


@pytest.mark.parametrize(
    ("volume", "here", "expected"),
    [
        pytest.param({ZONE: "a"}, {ZONE: "a"}, None, id="the same zone"),
        pytest.param({ZONE: "a"}, {ZONE: "b"}, ELSEWHERE, id="another zone"),
        pytest.param({ZONE: "b__a"}, {ZONE: "a"}, None, id="one of several zones"),
        pytest.param({OLD_ZONE: "a"}, {ZONE: "a"}, None, id="the old label against the new one"),
        pytest.param({OLD_ZONE: "a"}, {ZONE: "b"}, ELSEWHERE, id="the old label, another zone"),
        pytest.param({ZONE: "a"}, {}, None, id="a node that says nothing"),
    ],
)
def test_zone(volume, here, expected):
    there = cluster(node("n", labels=here))
    there.listers = listers(c0=volume)
    state = VolumeZone().pre_filter(using("c0"), there)
    assert VolumeZone().filter(state, using("c0"), there.nodes[0]) == expected


def test_volumes_that_say_nothing_are_anywhere():
    there = cluster(node())
    there.listers = listers()
    assert VolumeZone().pre_filter(using("c0"), there) is SKIP


@pytest.mark.parametrize(
    ("limit", "there", "asked", "attached", "expected"),
    [
        pytest.param(2, ["c0"], ["c1"], [], None, id="room for one more"),
        pytest.param(1, ["c0"], ["c1"], [], TOO_MANY, id="one too many"),
        pytest.param(1, ["c0"], ["c0"], [], None, id="the same volume counts once"),
        pytest.param(2, [], ["c0", "c1", "c2"], [], TOO_MANY, id="the pod alone has too many"),
        pytest.param(1, [], ["c1"], ["c0"], TOO_MANY, id="still attached from before"),
        pytest.param(None, ["c0"], ["c1", "c2"], [], None, id="no limit"),
    ],
)
def test_limits(limit, there, asked, attached, expected):
    found = listers()
    driver = CSINodeDriver(name="disks", allocatable=None if limit is None else VolumeNodeResources(count=limit))
    found.add(CSINode(metadata=ObjectMeta(name="n"), spec=CSINodeSpec(drivers=(driver,))))
    for name in attached:
        source = VolumeAttachmentSource(persistent_volume_name=name)
        found.add(VolumeAttachment(spec=VolumeAttachmentSpec(attacher="disks", node_name="n", source=source)))
    here = cluster(node("n", *(using(claim) for claim in there)))
    here.listers = found
    asking = using(*asked)
    state = NodeVolumeLimits().pre_filter(asking, here)
    assert NodeVolumeLimits().filter(state, asking, here.nodes[0]) == expected
