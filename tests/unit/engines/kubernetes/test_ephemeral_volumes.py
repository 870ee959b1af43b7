"""Volumes that live and die with their pod: a claim is made for each, owned by it, and waited for like any other."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import node, scenario, seconds
from tests.unit.engines.kubernetes.test_storage import AWS, LATE, Cluster, claim, storage_class
from workbench.engines.agenda import Order
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.ephemeral import claim_for, claim_name, is_made_for, not_made_for, owner_of_claims
from workbench.engines.kubernetes.framework import Cluster as Seen
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.plugins.volume_binding import VolumeBinding
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.resources import effective_requests
from workbench.engines.world import World
from workbench.experiments.check import receipts
from workbench.formats.kubernetes_apps import neutral_apps
from workbench.formats.kubernetes_manifest import plain_documents, typed_object
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import PodSpec
from workbench.model.native.kubernetes.volumes import EphemeralVolumeSource, Volume

SCRATCH = """
volumes:
  - name: scratch
    ephemeral:
      volumeClaimTemplate:
        metadata: {labels: {use: scratch}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: CLASS, resources: {requests: {storage: 5Gi}}}
"""


def workload(kind, name, of="fast", replicas=1, spec="", restart="Always", volumes=SCRATCH):
    pods = dedent(volumes).replace("CLASS", of)
    return dedent(f"""
        apiVersion: {"batch/v1" if kind == "Job" else "apps/v1"}
        kind: {kind}
        metadata: {{name: {name}}}
        spec:
          {spec or f"replicas: {replicas}"}
          selector: {{matchLabels: {{app: {name}}}}}
          template:
            metadata: {{labels: {{app: {name}}}}}
            spec:
              restartPolicy: {restart}
              containers: [{{name: main, image: i, resources: {{requests: {{cpu: 100m}}}}}}]
    """) + indent(pods, "      ")


def pod(name, of="fast"):
    spec = indent(dedent(SCRATCH).replace("CLASS", of), "  ")
    return (
        dedent(f"""
        apiVersion: v1
        kind: Pod
        metadata: {{name: {name}}}
        spec:
          containers: [{{name: main, image: i, resources: {{requests: {{cpu: 100m}}}}}}]
    """)
        + spec
    )


FAST = storage_class("fast")
WAITING = storage_class("late", f"{AWS}, {LATE}")


@pytest.fixture
def cluster(tmp_path):
    return lambda *documents, **more: Cluster(tmp_path, *documents, **more)


def claims(made):
    return sorted(one.name for one in made.objects.values() if one.kind == "PersistentVolumeClaim")


def change(at_s, kind, app, **more):
    keys = "".join(f", {key}: {value}" for key, value in more.items())
    return f"changes: [{{at: {at_s}s, kind: {kind}, app: {app}{keys}}}]"


class TestTheClaim:
    @pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
    def test_is_called_after_pod_and_volume_and_is_as_its_template_says(self, cluster, kind):
        made = cluster(FAST, workload(kind, "web", replicas=2))
        names = sorted(row["task"] for row in made.tasks())
        assert claims(made) == [f"{name}-scratch" for name in names]
        one = made.claim(f"{names[0]}-scratch")
        assert one.metadata.labels == {"use": "scratch"}
        assert one.spec.storage_class_name == "fast"
        assert one.status.phase == "Bound"
        assert {row["outcome"] for row in made.tasks()} == {"running"}

    def test_of_a_bare_pod(self, cluster):
        made = cluster(FAST, pod("lone"))
        assert claims(made) == ["lone-scratch"]
        (row,) = made.tasks()
        assert (made.claim("lone-scratch").metadata.controller.name, row["outcome"]) == ("lone", "running")

    def test_is_made_after_the_pod_and_before_it_is_placed(self, cluster):
        made = cluster(FAST, workload("Deployment", "web"))
        (row,) = made.tasks()
        assert row["attempts"] >= 1
        assert row["decided_us"] > row["queued_us"]
        assert made.bound(f"{row['task']}-scratch")

    def test_goes_with_its_pod_and_its_volume_with_it(self, cluster):
        made = cluster(FAST, workload("Deployment", "web", replicas=2), more=change(100, "scale", "web", replicas=1))
        (stays,) = [row["task"] for row in made.tasks() if row["outcome"] == "running"]
        assert claims(made) == [f"{stays}-scratch"]
        volumes = [one.name for one in made.objects.values() if one.kind == "PersistentVolume"]
        assert volumes == [made.bound(f"{stays}-scratch")]

    def test_each_pod_in_place_of_another_gets_an_empty_one_of_its_own(self, cluster):
        more = "faults: [{kind: node-loss, hosting: web, at: 30s, back: 60s}]"
        gone = 'changes: [{at: 100s, kind: update, app: web, image: "two"}]'
        made = cluster(FAST, workload("Deployment", "web"), more=f"{more}\n{gone}")
        (now,) = [row["task"] for row in made.tasks() if row["outcome"] == "running"]
        assert claims(made) == [f"{now}-scratch"]

    def test_of_a_finished_pod_stays_as_long_as_the_pod(self, cluster):
        job = workload("Job", "b", spec="completions: 1", restart="Never")
        behaviour = "behaviour: {b: {duration: 20s}}"
        assert len(claims(cluster(FAST, job, more=behaviour))) == 1
        gone = workload("Job", "b", spec="{completions: 1, ttlSecondsAfterFinished: 30", restart="Never")
        gone = gone.replace("{completions: 1, ttl", "completions: 1\n  ttl")
        assert claims(cluster(FAST, gone, more=behaviour)) == []

    def test_that_somebody_deletes_is_made_anew(self, cluster):
        def delete(plane):
            plane.api.delete("PersistentVolumeClaim/default/lone-scratch")

        made = cluster(FAST, pod("lone"), changes=[(100, delete)])
        assert claims(made) == ["lone-scratch"]
        assert len(made.events("Provisioned", "ProvisioningSucceeded")) == 2


class TestANameThatIsTaken:
    def test_keeps_the_pod_waiting_in_upstreams_words(self, cluster):
        made = cluster(FAST, claim("lone-scratch", of="fast"), pod("lone"))
        (row,) = made.tasks()
        said = "PVC default/lone-scratch was not created for pod default/lone (pod is not owner)"
        assert (row["outcome"], row["why"]) == ("waiting", said)
        (event,) = made.events("FailedBinding")
        assert (event["subject"], event["reason"]) == ("lone", "claim-not-its-own")
        assert event["detail"] == f"ephemeral volume scratch: {said}"

    def test_until_it_is_free(self, cluster):
        def delete(plane):
            plane.api.delete("PersistentVolumeClaim/default/lone-scratch")

        made = cluster(FAST, claim("lone-scratch", of="fast"), pod("lone"), changes=[(100, delete)])
        (row,) = made.tasks()
        assert 100 < row["started_us"] < 120
        assert made.claim("lone-scratch").metadata.controller.name == "lone"

    def test_by_the_pod_before_it_which_bore_the_same_name(self, cluster):
        made = cluster(
            FAST, workload("StatefulSet", "db"), more="changes: [{at: 100s, kind: update, app: db, image: two}]"
        )
        first, second = made.tasks()
        assert first["task"] == second["task"] == "db-0"
        assert second["outcome"] == "running"
        assert len(made.events("Provisioned", "ProvisioningSucceeded")) == 2, "not the disk of the one before"


class TestWaiting:
    def test_for_the_first_consumer_as_with_any_claim(self, cluster):
        made = cluster(WAITING, workload("Deployment", "web", of="late", replicas=3))
        for row in made.tasks():
            affinity = made.volume(made.bound(f"{row['task']}-scratch")).spec.node_affinity
            assert affinity is not None
            assert row["outcome"] == "running"
        assert made.events("WaitForPodVolumes")

    def test_for_ever_where_nothing_makes_volumes(self, cluster):
        made = cluster(FAST, workload("Deployment", "web", of="slow"))
        (row,) = made.tasks()
        assert (row["outcome"], row["why"]) == ("waiting", "pod has unbound immediate PersistentVolumeClaims")

    def test_for_room_in_a_quota_on_claims(self, cluster):
        quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {persistentvolumeclaims: 1}}}"
        made = cluster(
            FAST, quota, workload("Deployment", "web", replicas=2), more=change(100, "scale", "web", replicas=1)
        )
        assert len(claims(made)) == 1
        assert sorted(row["outcome"] for row in made.tasks()) == ["killed", "running"]
        refused = made.events("FailedBinding")
        assert {event["reason"] for event in refused} == {"exceeded-quota"}
        assert "is forbidden: exceeded quota: q" in refused[0]["detail"]

    def test_not_at_all_where_nothing_is_said_of_storage(self, cluster):
        made = cluster(workload("Deployment", "web", replicas=2))
        assert len(claims(made)) == 2
        assert {row["outcome"] for row in made.tasks()} == {"running"}


class TestTheScheduler:
    NAMED = Volume(name="scratch", ephemeral=EphemeralVolumeSource())

    def info(self):
        info = PodInfo("default", {}, PodSpec(volumes=(self.NAMED,)), name="lone")
        info.uid = owner_of_claims("default", "lone", 7)
        return info

    def said(self, *claims):
        listers = Listers()
        for one in claims:
            listers.add(one)
        return VolumeBinding().pre_filter(self.info(), Seen([], {}, listers=listers)).reasons

    def test_waits_for_the_controller(self):
        assert self.said() == (
            'waiting for ephemeral volume controller to create the persistentvolumeclaim "lone-scratch"',
        )

    @pytest.mark.parametrize("row", [6, 8])
    def test_wants_the_claim_of_this_very_pod(self, row):
        other = claim_for("default", "lone", owner_of_claims("default", "lone", row), self.NAMED)
        assert self.said(other) == (not_made_for("default", "lone-scratch", "lone"),)

    def test_a_claim_is_made_for_one_pod(self):
        owner = owner_of_claims("default", "lone", 7)
        made = claim_for("default", "lone", owner, self.NAMED)
        assert made.name == claim_name("lone", "scratch") == "lone-scratch"
        assert is_made_for(made, owner)
        assert not is_made_for(made, owner_of_claims("default", "lone", 8))


# -- whatever happens -----------------------------------------------------------------------------------------

ACTS = st.tuples(
    st.integers(20, 900), st.sampled_from(["delete", "force", "fail", "claim", "manager"]), st.integers(0, 9)
)
FAULTS = st.tuples(
    st.integers(20, 900), st.sampled_from(["node-loss", "network-partition"]), st.integers(0, 3), st.integers(30, 500)
)


def act(world, plane, kind, number):
    pods, objects = sorted(plane.api.pods), plane.api.objects
    made = sorted(key for key, one in objects.items() if one.kind == "PersistentVolumeClaim")
    if kind == "manager":
        plane.api.manager.leading = False
        world.agenda.after(seconds(17), Order.CONTROLLER, plane.api.manager.lead)
    elif kind == "claim" and made:
        plane.api.request(plane.api.delete, made[number % len(made)])
    elif kind == "fail" and pods:
        one = plane.api.pods[pods[number % len(pods)]]
        if world.serving(one.uid) and world.in_touch(one.uid):
            world.stop(one.uid, "failed")
            plane.kubelets.ended(one.uid, "failed")
    elif pods:
        plane.api.request(plane.api.delete_pod, pods[number % len(pods)], 0 if kind == "force" else None)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["Deployment", "StatefulSet"]),
    of=st.sampled_from(["fast", "late"]),
    acts=st.lists(ACTS, max_size=6),
    faults=st.lists(FAULTS, max_size=2),
    seed=st.integers(0, 99),
)
def test_in_the_end_every_pod_has_the_claim_that_was_made_for_it_and_there_is_no_other(kind, of, acts, faults, seed):
    text = "\n---\n".join((FAST, WAITING, workload(kind, "web", of=of, replicas=3)))
    objects = tuple(typed_object(one) for one in plain_documents(text, "made.yaml"))
    made = scenario(
        *neutral_apps(objects, effective_requests),
        machines=tuple(node(f"n{number}", zone=zone) for number, zone in enumerate("abca")),
        horizon=3000, objects=objects,
        faults=[Fault(seconds(at), what, f"n{where}", back_us=seconds(at + back)) for at, what, where, back in faults],
    )  # fmt: skip
    plane = Kubernetes()
    world = World(made, plane, seed)
    for when, what, number in acts:
        world.agenda.at(seconds(when), Order.FAULT, act, world, plane, what, number)
    world.run()
    there = {one.owner: one for one in plane.api.objects.values() if one.kind == "PersistentVolumeClaim"}
    pods = {one.info.uid: one for one in plane.api.pods.values()}
    assert set(there) == set(pods)
    assert len(pods) == 3
    for owner, one in pods.items():
        assert there[owner].name == f"{one.name}-scratch"
        assert is_made_for(there[owner].native, owner)
        assert one.phase == "Running"
    taken = [one.native.spec.volume_name for one in there.values() if one.native.status.phase == "Bound"]
    deleted = any(what == "claim" for _, what, _ in acts)  # under a running pod: nobody chooses a node for the new one
    assert len(set(taken)) == len(taken) == 3 or (deleted and of == "late")


def test_the_receipt_says_that_such_a_volume_is_honoured_here_and_nowhere_else(tmp_path):
    inline = "volumes: [{name: s, csi: {driver: secrets.example}}]"
    made = Cluster(tmp_path, FAST, workload("Deployment", "web"), workload("Deployment", "two", volumes=inline))
    lines = {line.path: line.treatments for one in receipts(made.scenario) for line in one.lines}
    told = {path: how for path, how in lines.items() if path.startswith("spec.template.spec.volumes[].ephemeral")}
    assert told
    assert {how["kubernetes"].status for how in told.values()} == {"honoured"}
    assert {how["mesos"].status for how in told.values()} == {"ignored"}
    assert {
        how["kubernetes"].status for path, how in lines.items() if path.startswith("spec.template.spec.volumes[].csi")
    } == {"ignored"}
