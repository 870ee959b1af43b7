"""Claims that grow: who may, what takes how long, when a pod has the larger disk, and what never happens."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.controllers.members import said
from tests.unit.engines.kubernetes.test_storage import AWS, LATE, Cluster, claim, deployment, storage_class, volume
from workbench.engines.kubernetes.claim_growth import (
    PENDING,
    RESIZING,
    asking_for,
    condition,
    grown,
    growth_refused,
    of_size,
)
from workbench.experiments.run import run
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes import ObjectMeta, PersistentVolume, PersistentVolumeClaim, StorageClass
from workbench.model.native.kubernetes.storage import PersistentVolumeClaimSpec
from workbench.model.workload import Volume

GIB = 1024**3
GROWS = f"{AWS}, allowVolumeExpansion: true"
QUOTA = '{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{"{}": {}}}}}}}'
AT = 60


@pytest.fixture
def cluster(tmp_path):
    return lambda *documents, **more: Cluster(tmp_path, *documents, **more)


def grow(size="8Gi", at=AT, name="db"):
    return f"changes: [{{kind: grow, at: {at}s, app: {name}, size: {size}}}]"


def members(more, replicas=2):
    return dedent(f"""
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {{name: db}}
        spec:
          replicas: {replicas}
          {more}
          selector: {{matchLabels: {{app: db}}}}
          template:
            metadata: {{labels: {{app: db}}}}
            spec: {{containers: [{{name: main, image: i, resources: {{requests: {{cpu: 100m}}}}}}]}}
          volumeClaimTemplates:
            - metadata: {{name: data}}
              spec:
                accessModes: [ReadWriteOnce]
                storageClassName: fast
                resources: {{requests: {{storage: 5Gi}}}}
    """)


def grown_at(made):
    return [at for at, kind, *_ in steps(made) if kind == "FileSystemResizeSuccessful"]


def steps(made):
    kinds = ("Resizing", "FileSystemResizeRequired", "FileSystemResizeSuccessful", "ResizeRefused", "ExternalExpanding")
    return [(row["at_us"], row["kind"], row["reason"]) for row in made.events(*kinds)]


def bytes_of(native):
    return native.spec.capacity["storage"].units()


class TestGrowing:
    def test_a_mounted_claim_has_its_bytes_without_a_restart(self, cluster):
        made = cluster(storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c"), more=grow())
        assert [kind for _, kind, _ in steps(made)] == [
            "Resizing", "FileSystemResizeRequired", "FileSystemResizeSuccessful",
        ]  # fmt: skip
        assert made.claim("c").status.capacity["storage"].units() == 8 * GIB
        assert bytes_of(made.volume(made.bound("c"))) == 8 * GIB
        assert condition(made.claim("c")) == ""
        assert len(made.tasks()) == 1

    def test_the_disk_takes_as_long_as_the_storage_service_needs(self, cluster):
        documents = storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c")
        quick, slow = (cluster(*documents, more=grow(), **{"world.disks.create_s": s}) for s in (1.0, 41.0))
        assert grown_at(slow)[0] - grown_at(quick)[0] == pytest.approx(40, abs=0.5)

    def test_while_the_service_is_at_it_the_claim_says_so(self, cluster):
        documents = storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c")
        made = cluster(*documents, more=grow(at=280), **{"world.disks.create_s": 100.0})
        assert condition(made.claim("c")) == RESIZING
        assert made.claim("c").status.capacity["storage"].units() == 5 * GIB

    def test_a_file_system_waits_for_the_next_pod_where_none_has_it_mounted(self, cluster):
        documents = storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c")
        scaled = "changes: [{kind: scale, at: 50s, app: db, replicas: 0}, {kind: grow, at: 100s, app: db, size: 8Gi}%s]"
        waits = cluster(*documents, more=scaled % "")
        assert condition(waits.claim("c")) == PENDING
        assert waits.claim("c").status.capacity["storage"].units() == 5 * GIB
        assert bytes_of(waits.volume(waits.bound("c"))) == 8 * GIB
        again = cluster(*documents, more=scaled % ", {kind: scale, at: 200s, app: db, replicas: 1}")
        assert min(grown_at(again)) > 200
        assert again.claim("c").status.capacity["storage"].units() == 8 * GIB

    def test_a_raw_disk_has_no_file_system_to_wait_for(self, cluster):
        raw = claim("c", of="fast", more="volumeMode: Block")
        made = cluster(storage_class("fast", GROWS), raw, deployment("db", "c"), more=grow())
        assert [kind for _, kind, _ in steps(made)] == ["Resizing"]
        assert made.claim("c").status.capacity["storage"].units() == 8 * GIB

    def test_a_request_that_is_raised_while_the_disk_grows_is_met_after_it(self, cluster):
        twice = "changes: [{kind: grow, at: 60s, app: db, size: 8Gi}, {kind: grow, at: 61s, app: db, size: 9Gi}]"
        made = cluster(storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c"), more=twice)
        assert made.claim("c").status.capacity["storage"].units() == 9 * GIB

    def test_a_claim_that_took_a_larger_volume_may_ask_for_part_of_that_and_nothing_grows(self, cluster):
        large, takes = volume("v", "20Gi", of="fast"), claim("c", of="fast", more="volumeName: v")
        made = cluster(storage_class("fast", GROWS), large, takes, deployment("db", "c"), more=grow())
        assert made.bound("c") == "v"
        assert steps(made) == []
        assert made.claim("c").spec.resources.requests["storage"].units() == 8 * GIB
        assert made.claim("c").status.capacity["storage"].units() == 20 * GIB

    def test_members_of_a_set_grow_and_one_that_comes_later_does_not(self):
        db = app("db", "stateful", 2, volume=Volume(GIB))
        changes = [
            PlannedChange(seconds(100), "grow", "db", size=3 * GIB), PlannedChange(seconds(300), "scale", "db", 3)
        ]  # fmt: skip
        trace = run(scenario(db, changes=changes))
        sizes = {row["volume"]: row["size"] // GIB for row in trace["volumes"].dicts()}
        assert sizes == {"default/data-db-0": 3, "default/data-db-1": 3, "default/data-db-2": 1}

    def test_a_claim_that_is_made_anew_grows_like_the_one_before_it(self, cluster):
        keeps = "persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}"
        changes = """
            changes:
              - {kind: grow, at: 60s, app: db, size: 8Gi}
              - {kind: scale, at: 100s, app: db, replicas: 1}
              - {kind: scale, at: 150s, app: db, replicas: 2}
              - {kind: grow, at: 200s, app: db, size: 8Gi}
        """
        made = cluster(storage_class("fast", GROWS), members(keeps), more=changes)
        assert made.claim("data-db-1").status.capacity["storage"].units() == 8 * GIB
        assert condition(made.claim("data-db-1")) == ""

    def test_a_node_that_was_cut_off_for_a_moment_makes_the_file_system_larger_once_it_hears(self, cluster):
        cut = "\nfaults: [{kind: network-partition, hosting: db, at: 55s, back: 80s}]"
        made = cluster(storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c"), more=grow() + cut)
        assert grown_at(made) == [pytest.approx(80, abs=0.5)]


CLASSES = {
    name: StorageClass(metadata=ObjectMeta(name=name), provisioner="x", allow_volume_expansion=grows)
    for name, grows in (("grows", True), ("fixed", False))
}


@pytest.mark.parametrize(
    ("asked", "has", "wanted", "of", "bound", "why"),
    [
        pytest.param(5, 5, 8, "grows", True, "", id="more than before"),
        pytest.param(5, 20, 8, "grows", True, "", id="more than before, and less than the volume that it took has"),
        pytest.param(9, 5, 8, "grows", True, "", id="less than before, which it has not got yet"),
        pytest.param(9, 5, 8, "fixed", True, "", id="less than before: its class is not asked"),
        pytest.param(9, 5, 5, "grows", True, "claim-below-capacity", id="back to what it has"),
        pytest.param(9, 5, 4, "grows", True, "claim-below-capacity", id="less than it has"),
        pytest.param(5, 20, 4, "grows", True, "claim-below-capacity", id="less than before, though it has far more"),
        pytest.param(5, 5, 5, "fixed", True, "", id="as much as before"),
        pytest.param(5, 5, 8, "fixed", True, "class-does-not-grow", id="more, and its class does not allow it"),
        pytest.param(5, 5, 8, "gone", True, "class-does-not-grow", id="more, and there is no such class"),
        pytest.param(5, 0, 8, "grows", False, "claim-not-bound", id="more, before it is bound"),
        pytest.param(5, 0, 4, "grows", False, "claim-not-bound", id="less, before it is bound"),
    ],
)
def test_what_may_be_asked_for(asked, has, wanted, of, bound, why):
    claimed = asking_for(asked * GIB)(PersistentVolumeClaim(spec=PersistentVolumeClaimSpec(storage_class_name=of)))
    claimed = replace(claimed, status=replace(claimed.status, phase="Bound" if bound else "Pending"))
    assert growth_refused(claimed, CLASSES, has * GIB, wanted * GIB, managed=True) == why


class TestRefused:
    @pytest.mark.parametrize(
        ("of", "size", "reason"),
        [
            pytest.param(storage_class("fast", AWS), "8Gi", "class-does-not-grow", id="its class does not allow it"),
            pytest.param(storage_class("fast", GROWS), "2Gi", "claim-below-capacity", id="a claim never shrinks"),
        ],
    )
    def test_by_admission(self, cluster, of, size, reason):
        made = cluster(of, claim("c", of="fast"), deployment("db", "c"), more=grow(size))
        assert [why for _, kind, why in steps(made) if kind == "ResizeRefused"] == [reason]
        assert made.claim("c").spec.resources.requests["storage"].units() == 5 * GIB

    def test_a_claim_that_is_not_bound(self, cluster):
        late = storage_class("fast", f"{GROWS}, {LATE}")
        stuck = deployment("db", "c", more="nodeSelector: {kind: none}")
        made = cluster(late, claim("c", of="fast"), stuck, more=grow())
        assert [why for *_, why in steps(made)] == ["claim-not-bound"]

    def test_a_share_that_nobody_can_make_larger_stays_as_it_is(self, cluster):
        of = storage_class("shares", "provisioner: kubernetes.io/no-provisioner, allowVolumeExpansion: true")
        made = cluster(of, volume("v", "5Gi", of="shares"), claim("c", of="shares"), deployment("db", "c"), more=grow())
        assert [(kind, why) for _, kind, why in steps(made)] == [("ExternalExpanding", "nobody-grows")]
        assert made.claim("c").status.capacity["storage"].units() == 5 * GIB

    @pytest.mark.parametrize(
        ("hard", "refused"),
        [
            pytest.param("requests.storage: 8Gi", [], id="as much as the quota has"),
            pytest.param("requests.storage: 7Gi", ["exceeded-quota"], id="more than it has"),
            pytest.param(
                "fast.storageclass.storage.k8s.io/requests.storage: 7Gi", ["exceeded-quota"], id="of its class"
            ),
            pytest.param("slow.storageclass.storage.k8s.io/requests.storage: 7Gi", [], id="not of another class"),
            pytest.param("persistentvolumeclaims: 1", [], id="the number does not change"),
        ],
    )
    def test_by_quota(self, cluster, hard, refused):
        name, amount = hard.split(": ")
        quota = QUOTA.format(name, amount)
        documents = storage_class("fast", GROWS), claim("c", of="fast"), deployment("db", "c"), quota
        made = cluster(*documents, more=grow())
        assert [why for _, kind, why in steps(made) if kind == "ResizeRefused"] == refused

    def test_a_new_claim_counts_too(self, cluster):
        quota = QUOTA.format("requests.storage", "7Gi")
        documents = storage_class("fast", GROWS), claim("c", of="fast"), claim("d", of="fast"), quota
        made = cluster(*documents)
        assert "PersistentVolumeClaim/default/d" not in made.objects
        assert [row["reason"] for row in made.events("FailedCreate")] == ["exceeded-quota"]

    @pytest.mark.parametrize("how", ["OrderedReady", "Parallel"])
    def test_members_whose_claims_a_quota_leaves_room_for_are_there(self, cluster, how):
        quota = QUOTA.format("requests.storage", "11Gi")
        made = cluster(storage_class("fast", GROWS), members(f"podManagementPolicy: {how}", 3), quota)
        assert [row["outcome"] for row in made.tasks()] == ["running"] * 2

    def test_marathon_has_no_such_change_and_says_so(self):
        db = app("db", "stateful", 2, volume=Volume(GIB))
        made = scenario(db, changes=[PlannedChange(seconds(100), "grow", "db", size=3 * GIB)])
        trace = run(made, "mesos")
        assert said(trace, "NoCounterpart") == [("db", "volumes-fixed")]
        assert {row["size"] for row in trace["volumes"].dicts()} == {GIB}


@given(st.lists(st.integers(1, 2**40), min_size=1, max_size=6))
def test_whatever_is_written_nothing_becomes_smaller(sizes):
    claimed, made, had = PersistentVolumeClaim(), PersistentVolume(), 0
    for size in sizes:
        claimed, made = grown(size)(claimed), of_size(size)(made)
        now = claimed.status.capacity["storage"].units(), made.spec.capacity["storage"].units()
        assert min(now) >= had
        had = max(now)
