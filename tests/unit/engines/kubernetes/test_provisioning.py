"""Volumes that cannot be made: when it is tried again, which pods choose another node, and what is said of it."""

from __future__ import annotations

from textwrap import dedent

import pytest

import workbench as wb
from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.test_storage import AWS, DRIVER, LATE, Cluster, claim, deployment, storage_class
from workbench.engines.kubernetes.provisioning_retries import delay_us
from workbench.engines.kubernetes.volume_objects import stored
from workbench.engines.volumes.plugin import VolumePlugin
from workbench.experiments.run import run
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume

GIB = 1024**3
TELLS = f"{{{DRIVER}, spec: {{storageCapacity: true}}}}"


@pytest.fixture
def cluster(tmp_path):
    return lambda *documents, **more: Cluster(tmp_path, *documents, **more)


def room(zone, size):
    return dedent(f"""
        apiVersion: storage.k8s.io/v1
        kind: CSIStorageCapacity
        metadata: {{name: in-{zone}}}
        storageClassName: late
        nodeTopology: {{matchLabels: {{topology.kubernetes.io/zone: {zone}}}}}
        capacity: {size}
    """)


def fails(at, back):
    return f"faults: [{{kind: provisioning-fails, at: {at}, back: {back}}}]"


def tries(made):
    return [row["at_us"] for row in made.events("ProvisioningFailed")]


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (1000, 300)],
    ids=lambda number: str(number),
)
def test_it_waits_twice_as_long_each_time_and_five_minutes_at_most(failures, wait):
    assert delay_us(failures) == seconds(wait)


class TestServiceThatFails:
    def test_is_asked_again_later_and_later_until_it_works(self, cluster):
        made = cluster(storage_class("fast"), claim("c", of="fast"), deployment("web", "c"), more=fails("0s", "20s"))
        gaps = [after - before for before, after in zip(tries(made), tries(made)[1:], strict=False)]
        assert gaps == pytest.approx([1, 2, 4, 8], abs=0.01)
        assert {row["reason"] for row in made.events("ProvisioningFailed")} == {"storage-refuses"}
        assert made.tasks()[0]["outcome"] == "running"
        assert made.events("Provisioning")[0]["at_us"] == pytest.approx(31, abs=0.1)

    def test_a_claim_that_is_made_anew_meanwhile_does_not_wait_for_the_one_before_it(self, cluster):
        def anew(plane):
            old = plane.api.objects["PersistentVolumeClaim/default/c"]
            plane.api.delete(old.uid)
            plane.api.put(stored(old.native))

        made = cluster(storage_class("fast"), claim("c", of="fast"), changes=[(20, anew)], more=fails("0s", "200s"))
        after = [at for at in tries(made) if at > 20]
        assert after[:4] == pytest.approx([20, 21, 23, 27], abs=0.1)

    def test_leaves_the_chosen_node_and_the_pod_that_waits_there_as_they_are(self, cluster):
        waits = storage_class("late", f"{AWS}, {LATE}")
        made = cluster(waits, claim("c", of="late"), deployment("web", "c"), more=fails("0s", "20s"))
        (task,) = made.tasks()
        assert task["outcome"] == "running"
        assert task["attempts"] == 1
        assert task["bound_us"] > 31

    def test_does_not_concern_volumes_that_there_are(self, cluster):
        made = cluster(storage_class("fast"), claim("c", of="fast"), deployment("web", "c"), more=fails("100s", "200s"))
        assert tries(made) == []

    @pytest.mark.parametrize("attach", [None, 2.0], ids=["attaches nothing", "attaches"])
    def test_makes_kinds_of_ones_own_that_attach_something(self, cluster, attach):
        class Own(VolumePlugin):
            name = "own.example"

            def provision(self, want, site):
                return (site.outside(),)

            def attach_s(self, want, site):
                return attach

        late = storage_class("late", f"provisioner: {Own.name}, {LATE}")
        mounts = app("db", "stateful", volume=Volume(GIB))
        fault = Fault(0, "provisioning-fails", back_us=seconds(100))
        short = wb.with_volume_plugin(scenario(mounts, faults=[fault]), Own)
        (task,) = run(short, "kubernetes")["tasks"].dicts()
        made = cluster(late, claim("c", of="late"), deployment("web", "c"), more=fails("0s", "100s"), kinds=[Own])
        assert made.tasks()[0]["outcome"] == "running"
        assert (task["volume_us"] >= seconds(100)) is bool(tries(made)) is (attach is not None)

    @pytest.mark.parametrize("on", ["kubernetes", "mesos", "static-partitions"])
    def test_holds_up_whoever_mounts_a_new_disk_elsewhere(self, on):
        db = app("db", "stateful", volume=Volume(GIB))
        fault = Fault(0, "provisioning-fails", back_us=seconds(100))
        (task,) = run(scenario(db, faults=[fault]), on)["tasks"].dicts()
        assert task["volume_us"] >= seconds(100)
        assert task["outcome"] == "running"

    @pytest.mark.parametrize("on", ["kubernetes", "mesos", "kubernetes-on-mesos"])
    def test_whoever_is_gone_when_it_works_again_takes_no_disk(self, on):
        db = app("db", "stateful", volume=Volume(GIB))
        fault = Fault(0, "provisioning-fails", back_us=seconds(100))
        away = PlannedChange(seconds(40), "drain", hosting="db")
        first, second = run(scenario(db, faults=[fault], changes=[away]), on)["tasks"].dicts()
        assert (first["outcome"], second["outcome"]) == ("killed", "running")


class TestNoRoomLeft:
    parts = (storage_class("late", f"{AWS}, {LATE}"), TELLS, claim("a", of="late"), claim("b", of="late"),
             deployment("x", "a"), deployment("y", "b"))  # fmt: skip

    def test_the_pod_that_came_second_is_decided_on_anew_and_told_why(self, cluster):
        made = cluster(*self.parts, room("b", "8Gi"))
        assert [row["outcome"] for row in made.tasks()] == ["running", "waiting"]
        assert made.tasks()[1]["why"] == "node(s) did not have enough free storage"
        # it fails once more: the driver counts its room anew only when the first volume has been made, after 3 s
        assert [row["reason"] for row in made.events("ProvisioningFailed")] == ["no-room-for-volume"] * 2
        assert made.tasks()[1]["attempts"] == 3
        assert ("y", "volume-not-provisioned") in {
            (row["subject"][0], row["reason"]) for row in made.events("FailedBinding")
        }
        assert "volume.kubernetes.io/selected-node" not in made.claim("b").metadata.annotations

    def test_it_goes_where_there_is_room(self, cluster):
        made = cluster(*self.parts, room("b", "8Gi"), room("c", "6Gi"))
        assert sorted(row["node"] for row in made.tasks()) == ["node-1", "node-2"]
        assert {row["outcome"] for row in made.tasks()} == {"running"}

    def test_a_claim_that_waits_for_nobody_is_tried_again(self, cluster):
        made = cluster(storage_class("late"), TELLS, *(room(zone, "4Gi") for zone in "abc"), claim("a", of="late"))
        assert len(tries(made)) == 9  # after 1, 2, 4 ... 128 s within five minutes
        assert made.bound("a") == ""


def test_a_pod_whose_node_goes_while_it_waits_for_its_volume_chooses_another(cluster):
    parts = storage_class("late", f"{AWS}, {LATE}"), claim("c", of="late"), deployment("web", "c")
    slow = {"world.disks.create_s": 20.0}
    (first,) = cluster(*parts, **slow).tasks()

    def go(plane):
        index = plane.api.world.node_names.index(first["node"])
        plane.api.world.fleet.remove(index)
        plane.api.patch_node(index, {"deleted": True})

    made = cluster(*parts, changes=[(first["decided_us"] + 5, go)], **slow)
    assert [row["reason"] for row in made.events("FailedBinding")] == ["volume-node-gone"]
    (task,) = made.tasks()  # it is the same pod: nobody had to make another
    assert task["attempts"] > 1
    assert task["why"]  # its disk was made in the zone of the node that went, and no other is there
    assert task["node"] == ""
