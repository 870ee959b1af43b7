"""Claims and volumes in a run: who gets which volume, when it is made and where, and what a pod waits for."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent, indent

import pytest

import workbench as wb
from tests.unit.engines.mesos.runs import rows
from workbench.engines.kubernetes import Kubernetes, given_storage
from workbench.engines.kubernetes.controllers.persistent_volume import PersistentVolumeController
from workbench.engines.kubernetes.volume_objects import CONFLICT
from workbench.engines.volumes.registry import own_kind
from workbench.engines.world import World

CLUSTER = """
    name: made
    horizon: 300s
    manifests: [made.yaml]
    apps: [{name: idle, request: {cpu: 1m}}]
    cluster:
      pools:
        - {name: node, count: 3, capacity: {cpu: 4, memory: 16Gi}, zones: [a, b, c]}
"""

AWS = "provisioner: ebs.csi.aws.com"
NONE = "provisioner: kubernetes.io/no-provisioner"
LATE = "volumeBindingMode: WaitForFirstConsumer"
DRIVER = "apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: ebs.csi.aws.com}"


def storage_class(name, more=AWS, notes=""):
    return f"{{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {{name: {name}{notes}}}, {more}}}"


def volume(name, size="10Gi", of="", modes="ReadWriteOnce", more="", source="nfs: {server: s, path: /x}", labels=""):
    return dedent(f"""
        apiVersion: v1
        kind: PersistentVolume
        metadata: {{name: {name}, labels: {{{labels}}}}}
        spec:
          capacity: {{storage: {size}}}
          accessModes: [{modes}]
          storageClassName: "{of}"
          {source}
    """) + indent(dedent(more), "  ")


def claim(name, size="5Gi", of='""', modes="ReadWriteOnce", more=""):
    wanted = "" if of is None else f"storageClassName: {of}"
    return dedent(f"""
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {{name: {name}}}
        spec:
          accessModes: [{modes}]
          resources: {{requests: {{storage: {size}}}}}
          {wanted}
    """) + indent(dedent(more), "  ")


def deployment(name, claim, replicas=1, more=""):
    return dedent(f"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: {name}}}
        spec:
          replicas: {replicas}
          selector: {{matchLabels: {{app: {name}}}}}
          template:
            metadata: {{labels: {{app: {name}}}}}
            spec:
              containers: [{{name: main, image: i, resources: {{requests: {{cpu: 100m}}}}}}]
              volumes: [{{name: data, persistentVolumeClaim: {{claimName: {claim}}}}}]
    """) + indent(dedent(more), "      ")


class Cluster:
    """A run of some manifests, and what is stored at its end."""

    def __init__(self, folder, *documents, changes=(), late="", more="", horizon="300s", seed=1, kinds=(), **settings):
        (folder / "made.yaml").write_text("\n---\n".join(documents), encoding="utf-8")
        text = dedent(CLUSTER).replace("300s", horizon) + dedent(more)
        text += f"behaviour: {{{late}: {{at: 100s}}}}\n" if late else ""
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
        loaded = replace(wb.load(folder / "scenario.yaml", settings), volume_kinds=tuple(map(own_kind, kinds)))
        self.scenario = loaded
        plane = Kubernetes()
        self.world = World(loaded, plane, seed)
        for at, call in changes:
            self.world.agenda.at(round(at * 1e6), 3, call, plane)
        self.trace = self.world.run()
        self.objects = plane.api.objects

    def claim(self, name):
        return self.objects[f"PersistentVolumeClaim/default/{name}"].native

    def volume(self, name):
        return self.objects[f"PersistentVolume//{name}"].native

    def bound(self, name):
        return self.claim(name).spec.volume_name

    def tasks(self):
        return [row for row in rows(self.trace, "tasks") if row["app"] != "idle"]

    def events(self, *kinds):
        said = (row for row in rows(self.trace, "events") if not row["subject"].startswith("idle"))
        return [row for row in said if row["kind"] in kinds]


@pytest.fixture
def cluster(tmp_path):
    return lambda *documents, **more: Cluster(tmp_path, *documents, **more)


class TestWhoGetsWhich:
    @pytest.mark.parametrize(
        ("volumes", "wanted", "gets"),
        [
            ([volume("big", "50Gi"), volume("small", "8Gi")], claim("c"), "small"),
            ([volume("tiny", "1Gi")], claim("c"), ""),
            ([volume("many", modes="ReadWriteOnce, ReadWriteMany", size="6Gi"), volume("one")], claim("c"), "one"),
            ([volume("one")], claim("c", modes="ReadWriteMany"), ""),
            ([volume("other", of="fast")], claim("c"), ""),
            ([volume("plain"), volume("red", "90Gi", labels="colour: red")],
             claim("c", more="selector: {matchLabels: {colour: red}}"), "red"),
            ([volume("raw", more="volumeMode: Block")], claim("c"), ""),
            ([volume("raw", more="volumeMode: Block")], claim("c", more="volumeMode: Block"), "raw"),
            ([volume("a"), volume("b", "90Gi", of="fast")], claim("c", more="volumeName: b"), "b"),
            ([volume("a", more="claimRef: {namespace: default, name: c}", size="90Gi"), volume("b")], claim("c"), "a"),
            ([volume("a", more="claimRef: {namespace: default, name: other}")], claim("c"), ""),
            ([volume("a")], claim("c", more="volumeName: missing"), "missing"),
        ],
        ids=[
            "the smallest that does", "none that is too small", "the fewest access modes", "no mode missing",
            "no other class", "what the selector selects", "no block device for a file system", "a block device",
            "the one it names, of whatever class", "the one set aside for it", "none set aside for another",
            "one that it names and that is not there keeps it waiting",
        ],
    )  # fmt: skip
    def test_a_claim_gets(self, cluster, volumes, wanted, gets):
        made = cluster(*volumes, wanted, deployment("web", "c"))
        assert made.bound("c") == gets
        bound = gets not in ("", "missing")
        assert made.claim("c").status.phase == ("Bound" if bound else "")
        assert made.tasks()[0]["outcome"] == ("running" if bound else "waiting")
        if bound:
            ref = made.volume(gets).spec.claim_ref
            assert (ref.namespace, ref.name) == ("default", "c")
            assert made.volume(gets).status.phase == "Bound"

    def test_two_claims_never_get_one_volume(self, cluster):
        made = cluster(volume("only"), claim("a"), claim("b"), deployment("x", "a"), deployment("y", "b"))
        assert sorted((made.bound("a"), made.bound("b"))) == ["", "only"]
        assert sorted(row["outcome"] for row in made.tasks()) == ["running", "waiting"]

    def test_what_a_pod_waits_for_is_said_in_upstreams_words(self, cluster):
        made = cluster(volume("tiny", "1Gi"), claim("c"), deployment("web", "c"))
        assert made.tasks()[0]["why"] == "pod has unbound immediate PersistentVolumeClaims"
        (event,) = made.events("FailedBinding")
        assert (event["subject"], event["reason"]) == ("default/c", "no-volume-fits")

    def test_a_pod_waits_for_a_claim_that_nobody_has_made(self, cluster):
        made = cluster(storage_class("fast"), deployment("web", "nobody"))
        assert made.tasks()[0]["why"] == 'persistentvolumeclaim "nobody" not found'


class TestMadeOnDemand:
    def test_at_once_in_a_zone_that_nobody_chose(self, cluster):
        made = cluster(storage_class("fast"), claim("c", of="fast"))
        name = made.bound("c")
        assert name.startswith("pvc-c-")
        assert made.volume(name).spec.node_affinity is not None
        assert made.volume(name).spec.persistent_volume_reclaim_policy == "Delete"

    def test_members_of_a_set_go_round_the_zones(self, cluster):
        made = cluster(storage_class("fast"), *(claim(f"data-db-{number}", of="fast") for number in range(6)))
        zones = [made.world.disks.get(made.bound(f"data-db-{number}")).zone for number in range(6)]
        assert zones[:3] == zones[3:]
        assert sorted(zones[:3]) == ["a", "b", "c"]

    def test_with_the_node_once_a_pod_has_one(self, cluster):
        waits = storage_class("late", f"{AWS}, {LATE}")
        made = cluster(waits, claim("c", of="late"), claim("unused", of="late"), deployment("web", "c"))
        (task,) = made.tasks()
        assert task["outcome"] == "running"
        volume = made.world.disks.get(made.bound("c"))
        assert volume.zone == made.world.fleet.nodes[made.world.node_of(0)].zone
        assert made.bound("unused") == ""
        assert [row["subject"] for row in made.events("WaitForFirstConsumer")] == ["default/c", "default/unused"]

    def test_making_it_takes_its_time_before_the_pod_is_bound(self, cluster):
        waits = storage_class("late", f"{AWS}, {LATE}")
        made = cluster(waits, claim("c", of="late"), deployment("web", "c"), **{"world.disks.create_s": 20.0})
        (task,) = made.tasks()
        assert 20 < task["bound_us"] - task["decided_us"] < 22  # it is looked at every second

    def test_another_node_is_chosen_when_the_chosen_one_is_not_there(self, cluster):
        gone = "metadata: {name: c, annotations: {volume.kubernetes.io/selected-node: gone}}"
        wanted = claim("c", of="late").replace("metadata: {name: c}", gone)
        made = cluster(storage_class("late", f"{AWS}, {LATE}"), wanted, deployment("web", "c"))
        (task,) = made.tasks()
        assert task["outcome"] == "running"
        assert made.claim("c").metadata.annotations["volume.kubernetes.io/selected-node"] == task["node"]

    def test_a_node_that_goes_before_its_volume_is_made_leaves_no_volume_behind(self, cluster):
        parts = storage_class("late", f"{AWS}, {LATE}"), claim("c", of="late"), deployment("web", "c")
        (first,) = cluster(*parts).tasks()

        def go(plane):
            index = plane.api.world.node_names.index(first["node"])
            plane.api.world.fleet.remove(index)
            plane.api.patch_node(index, {"deleted": True})

        made = cluster(*parts, changes=[(first["decided_us"] + 0.015, go)])
        last = made.tasks()[-1]
        assert last["outcome"] == "running"
        assert last["node"] != first["node"]
        assert made.claim("c").metadata.annotations["volume.kubernetes.io/selected-node"] == last["node"]
        assert len(made.events("Provisioning")) == 1

    def test_only_where_the_class_allows_it(self, cluster):
        in_b = "{matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [b]}]}"
        of = f"{AWS}, allowedTopologies: [{in_b}]"
        late = f"{of}, volumeBindingMode: WaitForFirstConsumer"
        made = cluster(
            storage_class("now", of), storage_class("late", late), claim("one", of="now"), claim("two", of="late"),
            deployment("x", "one"), deployment("y", "two"),
        )  # fmt: skip
        assert {made.world.disks.get(made.bound(name)).zone for name in ("one", "two")} == {"b"}
        assert {row["node"] for row in made.tasks()} == {"node-1"}

    @pytest.mark.parametrize(("notes", "made_of"), [("true", "usual"), ("false", "")])
    def test_a_claim_that_names_no_class_gets_the_default_one(self, cluster, notes, made_of):
        marked = f', annotations: {{storageclass.kubernetes.io/is-default-class: "{notes}"}}'
        made = cluster(storage_class("usual", notes=marked), storage_class("other"), claim("c", of=None))
        assert (made.claim("c").spec.storage_class_name or "") == made_of
        assert bool(made.bound("c")) == bool(made_of)

    def test_nothing_is_made_without_a_provisioner(self, cluster):
        none = storage_class("local", f"{NONE}, {LATE}")
        here = volume("here", of="local", source="local: {path: /d}", more="""
            nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [
              {key: kubernetes.io/hostname, operator: In, values: [node-2]}]}]}}
        """)  # fmt: skip
        made = cluster(none, here, claim("a", of="local"), deployment("x", "a"))
        assert made.bound("a") == "here"
        assert made.tasks()[0]["node"] == "node-2"

    def test_two_pods_do_not_reckon_with_the_same_volume(self, cluster):
        none = storage_class("local", f"{NONE}, {LATE}")
        made = cluster(
            none, volume("p", of="local"), claim("a", of="local"), claim("b", of="local"),
            deployment("x", "a"), deployment("y", "b"),
        )  # fmt: skip
        assert sorted((made.bound("a"), made.bound("b"))) == ["", "p"]
        waiting = next(row for row in made.tasks() if row["outcome"] == "waiting")
        assert waiting["why"] == "node(s) didn't find available persistent volumes to bind"

    def test_only_where_the_driver_has_room(self, cluster):
        waits = storage_class("late", f"{AWS}, {LATE}")
        driver = f"{{{DRIVER}, spec: {{storageCapacity: true}}}}"
        room = dedent("""
            apiVersion: storage.k8s.io/v1
            kind: CSIStorageCapacity
            metadata: {name: in-b}
            storageClassName: late
            nodeTopology: {matchLabels: {topology.kubernetes.io/zone: b}}
            capacity: 8Gi
        """)
        made = cluster(
            waits,
            driver,
            room,
            claim("a", of="late"),
            claim("b", of="late"),
            deployment("x", "a"),
            deployment("y", "b"),
            late="y",
        )
        assert [(row["app"], row["outcome"], row["node"], row["why"]) for row in made.tasks()] == [
            ("x", "running", "node-1", ""),
            ("y", "waiting", "", "node(s) did not have enough free storage"),
        ]


class TestAccess:
    def test_a_disk_for_one_pod_refuses_a_second_one(self, cluster):
        made = cluster(
            storage_class("fast"), claim("c", of="fast", modes="ReadWriteOncePod"), deployment("web", "c", 2)
        )
        assert sorted(row["outcome"] for row in made.tasks()) == ["running", "waiting"]
        assert [row["why"] for row in made.tasks() if row["outcome"] == "waiting"] == [
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
            "already in-use by another pod"
        ]

    def test_a_disk_for_one_node_lets_pods_on_others_wait_for_it(self, cluster):
        made = cluster(
            storage_class("plain", "provisioner: ceph.example"), claim("c", of="plain"), deployment("web", "c", 3)
        )
        held = made.world.disks.get(made.bound("c"))
        assert len(held.attached) == 1
        assert made.events("FailedAttachVolume")
        assert {row["node"] for row in made.tasks() if row["outcome"] == "running"} == {
            made.world.node_names[held.node]
        }

    def test_a_share_is_for_all(self, cluster):
        made = cluster(
            volume("share", modes="ReadWriteMany"), claim("c", modes="ReadWriteMany"), deployment("web", "c", 3)
        )
        assert [row["outcome"] for row in made.tasks()] == ["running"] * 3

    def test_a_node_takes_as_many_disks_as_its_driver_says(self, cluster):
        nodes = [
            f"{{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {{name: node-{n}}}, spec: {{drivers: "
            f"[{{name: ebs.csi.aws.com, nodeID: n, topologyKeys: [], allocatable: {{count: 1}}}}]}}}}"
            for n in range(3)
        ]  # fmt: skip
        waits = storage_class("late", f"{AWS}, {LATE}")
        names = "abcd"
        made = cluster(
            waits, *nodes, *(claim(one, of="late") for one in names), *(deployment(f"d{one}", one) for one in names)
        )
        assert sorted(row["outcome"] for row in made.tasks()) == ["running"] * 3 + ["waiting"]
        assert [row["why"] for row in made.tasks() if not row["node"]] == ["node(s) exceed max volume count"]


def _delete_claim(plane):
    plane.api.request(plane.api.delete, "PersistentVolumeClaim/default/c")


class TestWhatBecomesOfIt:
    def test_a_volume_made_on_demand_goes_with_its_claim(self, cluster):
        made = cluster(storage_class("fast"), claim("c", of="fast"), changes=[(100, _delete_claim)])
        assert not [uid for uid in made.objects if uid.startswith("PersistentVolume/")]
        assert not list(made.world.disks.all())

    def test_one_that_is_kept_is_released_and_given_to_nobody(self, cluster):
        made = cluster(volume("v"), claim("c"), claim("later", size="9Gi"), changes=[(100, _delete_claim)])
        before = {"c", "later"} - {
            name for name in ("c", "later") if f"PersistentVolumeClaim/default/{name}" in made.objects
        }
        assert before == {"c"}
        if made.volume("v").spec.claim_ref.name == "c":
            assert made.volume("v").status.phase == "Released"
            assert made.bound("later") == ""

    def test_one_that_is_recycled_is_wiped_and_free_again(self, cluster):
        policy = "persistentVolumeReclaimPolicy: Recycle"
        made = cluster(volume("v", "6Gi", more=policy), claim("c"), changes=[(100, _delete_claim)])
        assert made.volume("v").status.phase == "Available"
        assert made.volume("v").spec.claim_ref is None

    @pytest.mark.parametrize(
        "source", ["nfs: {server: s, path: /x}", "hostPath: {path: /d}", "csi: {driver: d, volumeHandle: v}"]
    )
    def test_what_a_pod_has_written_is_gone_by_then(self, cluster, source):
        def no_more(plane):
            plane.api.request(plane.api.delete, "Deployment/default/web")

        policy = "persistentVolumeReclaimPolicy: Recycle"
        documents = volume("v", "6Gi", more=policy, source=source), claim("c"), deployment("web", "c")
        (held,) = cluster(*documents, changes=[(100, no_more)]).world.disks.all()
        assert not held.empty
        made = cluster(*documents, changes=[(100, no_more), (200, _delete_claim)])
        (held,) = made.world.disks.all()
        assert held.empty
        assert made.volume("v").status.phase == "Available"

    @pytest.mark.parametrize("policy", ["Delete", "Recycle"])
    def test_what_was_to_be_done_with_it_is_not_once_another_claim_has_it(self, cluster, policy, monkeypatch):
        controllers = []

        class Kept(PersistentVolumeController):
            def __init__(self, *args):
                super().__init__(*args)
                controllers.append(self)

        def too_late(plane):
            assert controllers[0]._reclaimed("v", "7") == CONFLICT  # of a claim that was there before

        monkeypatch.setattr(given_storage, "PersistentVolumeController", Kept)
        given = volume("v", more=f"persistentVolumeReclaimPolicy: {policy}")
        made = cluster(given, claim("c"), deployment("web", "c"), changes=[(100, too_late)])
        assert made.volume("v").spec.claim_ref.name == "c"
        assert not made.world.disks.get("v").empty

    @pytest.mark.parametrize("policy", ["Delete", "Recycle"])
    def test_a_disk_comes_off_its_node_though_the_claim_went_before_the_pod(self, cluster, policy):
        def no_more(plane):
            plane.api.request(plane.api.delete, "Deployment/default/web")

        source = "csi: {driver: ceph.example, volumeHandle: v}"
        given = volume("v", "6Gi", more=f"persistentVolumeReclaimPolicy: {policy}", source=source)
        made = cluster(given, claim("c"), deployment("web", "c"), changes=[(100, _delete_claim), (200, no_more)])
        assert [row["state"] for row in rows(made.trace, "volumes") if row["volume"] == "v"][-1] in (
            "detached", "deleted",
        )  # fmt: skip
        held = made.world.disks.get("v")
        if policy == "Delete":
            assert held is None
            assert "PersistentVolume//v" not in made.objects
        else:
            assert (held.attached, held.empty) == ({}, True)
            assert made.volume("v").status.phase == "Available"

    def test_a_claim_whose_volume_is_gone_is_lost(self, cluster):
        def away(plane):
            plane.api.request(plane.api.delete, "PersistentVolume//v")

        made = cluster(volume("v"), claim("c"), changes=[(100, away)])
        assert made.claim("c").status.phase == "Lost"
        assert made.claim("c").spec.volume_name == "v"


def test_a_cluster_that_says_nothing_of_storage_binds_every_claim(cluster):
    made = cluster(claim("c", of="whatever"), deployment("web", "c"))
    (task,) = made.tasks()
    assert task["outcome"] == "running"
    assert not made.events("Provisioning", "FailedBinding")
