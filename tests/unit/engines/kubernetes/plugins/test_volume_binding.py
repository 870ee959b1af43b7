from tests.unit.engines.kubernetes.builders import container, node, pod
from workbench.engines.kubernetes.framework import SKIP, Cluster, unresolvable
from workbench.engines.kubernetes.plugins.volume_binding import VolumeBinding
from workbench.model.native.kubernetes.volumes import PersistentVolumeClaimVolumeSource, Volume

DATA = Volume(name="data", persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name="data-db-0"))
MEMBER = pod(container("1"), volumes=(DATA,))


def test_a_pod_follows_its_local_disk():
    bound = Cluster([], bound_claims={"default/data-db-0": "node-1"}.get)
    state = VolumeBinding().pre_filter(MEMBER, bound)
    assert VolumeBinding().filter(state, MEMBER, node("node-1")) is None
    refused = unresolvable("node(s) didn't match PersistentVolume's node affinity")
    assert VolumeBinding().filter(state, MEMBER, node("node-2")) == refused


def test_steps_aside_while_no_claim_is_bound_to_a_node():
    assert VolumeBinding().pre_filter(MEMBER, Cluster([])) is SKIP
    assert VolumeBinding().pre_filter(pod(), Cluster([])) is SKIP
