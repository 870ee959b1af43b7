"""A machine is lost at the defaults, and a disk of one machine (ReadWriteOnce) with it: step by step, with reasons.

The disk belongs to a claim of a storage class; what is true of it is what was true in `test_node_loss.py` of a disk
in a cluster that says nothing of storage.
"""

from __future__ import annotations

from textwrap import dedent

import pytest
from msgspec.structs import replace

from tests.unit.engines.kubernetes.test_storage import AWS, LATE, Cluster, claim, deployment, storage_class

LOST, ACTS = 200.0, 900.0
SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])

CLASS = storage_class("plain", "provisioner: ceph.example")
SET = dedent("""
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      replicas: 1
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: main, image: i, resources: {requests: {cpu: 100m}}}]}
      volumeClaimTemplates:
        - metadata: {name: data}
          spec: {accessModes: [ReadWriteOnce], storageClassName: plain, resources: {requests: {storage: 5Gi}}}
""")
DEPLOYMENT = (CLASS, claim("c", of="plain"), deployment("web", "c"))


@pytest.fixture
def lost(tmp_path):
    def run(*documents, of, seed=1, remedy="", back=None, horizon="2h", changes=()):
        fault = f"faults: [{{kind: node-loss, at: {LOST}s, hosting: {of}{f', back: {back}s' if back else ''}}}]\n"
        on_call = {
            "world.operator.on_call": True,
            "world.operator.reaction_s": ACTS,
            "kubernetes.operator.remedy": remedy,
        }
        return Cluster(
            tmp_path, *documents, more=fault, horizon=horizon, seed=seed, changes=changes, **(on_call if remedy else {})
        )

    return run


def at(made, kind):
    """Return when an event of a kind happened first, in seconds after the loss."""
    return made.events(kind)[0]["at_us"] - LOST


def reasons(made, *kinds):
    return [(row["kind"], row["reason"]) for row in made.events(*kinds)]


STEPS = (
    "node-loss", "NodeNotReady", "TaintManagerEviction", "FailedAttachVolume", "PodGC", "WaitForUnmount",
    "ForceDetach",
)  # fmt: skip


@SEEDS
def test_a_pod_of_a_deployment_is_replaced_after_350_s_and_waits_for_its_disk_for_ever(lost, seed):
    made = lost(*DEPLOYMENT, of="web", seed=seed)
    assert reasons(made, *STEPS) == [
        ("node-loss", ""),
        ("NodeNotReady", "node-silent"),
        ("TaintManagerEviction", "node-tainted"),
        ("FailedAttachVolume", "multi-attach"),
    ]
    assert 40 <= at(made, "NodeNotReady") <= 55
    assert 300 <= at(made, "TaintManagerEviction") - at(made, "NodeNotReady") <= 301
    first, second = made.tasks()
    assert first["outcome"] == "lost"
    assert 0 <= second["queued_us"] - LOST - at(made, "TaintManagerEviction") < 1
    assert second["node"] not in ("", first["node"])
    assert (second["volume_us"], second["started_us"], second["outcome"]) == (None, None, "waiting")
    assert made.world.node_names[made.world.disks.get(made.bound("c")).node] == first["node"]


def test_a_member_of_a_set_is_not_even_replaced(lost):
    made = lost(CLASS, SET, of="db")
    assert [kind for kind, _ in reasons(made, *STEPS)] == ["node-loss", "NodeNotReady", "TaintManagerEviction"]
    assert len(made.tasks()) == 1


@SEEDS
@pytest.mark.parametrize("of", ["web", "db"])
def test_the_taint_out_of_service_moves_pod_and_disk_without_the_six_minutes(lost, of, seed):
    made = lost(*(DEPLOYMENT if of == "web" else (CLASS, SET)), of=of, seed=seed, remedy="out-of-service")
    assert ("PodGC", "node-out-of-service") in reasons(made, *STEPS)
    assert not made.events("WaitForUnmount", "ForceDetach")
    second = made.tasks()[1]
    assert 0 <= second["volume_us"] - LOST - at(made, "PodGC") < 10
    assert second["outcome"] == "running"


@pytest.mark.parametrize(("remedy", "least"), [("delete-node", 400), ("force-delete", 360)])
def test_a_deleted_node_or_pod_leaves_the_disk_where_it_is_for_six_minutes(lost, remedy, least):
    made = lost(CLASS, SET, of="db", remedy=remedy)
    assert at(made, "ForceDetach") - at(made, "WaitForUnmount") == pytest.approx(360)
    assert ("ForceDetach", "unmount-timed-out") in reasons(made, *STEPS)
    second = made.tasks()[1]
    assert least <= second["volume_us"] - LOST - ACTS <= least + 80
    assert second["outcome"] == "running"


@pytest.mark.parametrize("of", ["web", "db"])
def test_a_node_that_comes_back_ends_the_pod_and_the_disk_moves(lost, of):
    made = lost(*(DEPLOYMENT if of == "web" else (CLASS, SET)), of=of, back=1000)
    first, second = made.tasks()
    assert not made.events("WaitForUnmount", "ForceDetach")
    assert first["outcome"] == "lost"
    assert second["outcome"] == "running"
    assert 1000 < second["volume_us"] < 1040


def test_a_disk_of_one_zone_moves_within_the_zone_only(lost):
    zonal = storage_class("plain", f"{AWS}, {LATE}")
    made = lost(zonal, SET, of="db", remedy="out-of-service")
    first, second = made.tasks()
    assert second["node"] == ""  # its zone has one machine, and that is lost
    assert second["why"] == "node(s) didn't match PersistentVolume's node affinity"
    assert made.bound("data-db-0")
    assert first["outcome"] == "lost"


def test_bytes_on_the_lost_machine_itself_are_given_up_with_the_claim(lost):
    made = lost(
        storage_class("plain", f"provisioner: rancher.io/local-path, {LATE}"), SET, of="db", remedy="out-of-service"
    )
    first, second = made.tasks()
    assert ("ClaimDeleted", "given-up-by-user") in reasons(made, "ClaimDeleted")
    assert second["outcome"] == "running"
    assert second["node"] != first["node"]
    (left,) = made.world.disks.all()
    assert made.world.node_names[left.home] == second["node"]


@SEEDS
def test_a_disk_is_not_brought_to_a_pod_that_has_gone_while_it_waited_for_it(lost, seed):
    def waiting_is_deleted(plane):
        pod = next(one for one in plane.api.pods.values() if one.app.name == "web" and one.phase == "Pending")
        plane.api.patch_node(pod.node, {"node": unschedulable(plane.api.nodes[pod.node].node)})
        plane.api.request(plane.api.delete_pod, pod.uid, 0)

    made = lost(*DEPLOYMENT, of="web", seed=seed, back=1000, changes=[(800, waiting_is_deleted)])
    _, second, third = made.tasks()
    assert second["node"] != third["node"]
    assert third["outcome"] == "running"
    assert made.world.node_names[made.world.disks.get(made.bound("c")).node] == third["node"]


def unschedulable(node):
    return replace(node, spec=replace(node.spec, unschedulable=True))
