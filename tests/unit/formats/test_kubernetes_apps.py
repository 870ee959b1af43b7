"""Workloads as neutral apps, and what is kept from them: secrets are not."""

import json

import pytest

from tests.unit.formats.manifests import container, job, one, pod, pod_spec, read, thing, workload
from workbench.engines.kubernetes.resources import effective_requests
from workbench.formats.kubernetes_apps import CARRIED, neutral_apps, neutral_teams
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.formats.kubernetes_redaction import redacted_manifest
from workbench.formats.receipt import compose
from workbench.model.native.kubernetes import KINDS
from workbench.model.workload import Toleration, Volume

GIB = 1024**3


def apps(*documents):
    return neutral_apps(read(*documents).objects, effective_requests)


def app(document, *others):
    return apps(document, *others)[0]


@pytest.mark.parametrize(
    ("document", "kind", "replicas"),
    [
        pytest.param(workload(replicas=3), "service", 3, id="Deployment"),
        pytest.param(workload("ReplicaSet", replicas=2), "service", 2, id="ReplicaSet"),
        pytest.param(
            thing(
                "ReplicationController",
                spec={"replicas": 4, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod_spec()}},
            ),
            "service",
            4,
            id="ReplicationController",
        ),
        pytest.param(workload("StatefulSet", replicas=3), "stateful", 3, id="StatefulSet"),
        pytest.param(workload("DaemonSet"), "daemon", 1, id="DaemonSet"),
        pytest.param(job(completions=9, parallelism=3), "batch", 9, id="Job"),
        pytest.param(job(parallelism=3), "batch", 3, id="a work queue"),
        pytest.param(pod(), "service", 1, id="a pod that is kept running"),
        pytest.param(pod(restartPolicy="Never"), "batch", 1, id="a pod that ends"),
        pytest.param(pod(restartPolicy="OnFailure"), "batch", 1, id="a pod that ends when it succeeds"),
    ],
)
def test_what_each_workload_becomes(document, kind, replicas):
    found = app(document)
    assert (found.kind, found.replicas) == (kind, replicas)
    assert found.native == one(document)


CRON = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod_spec(restartPolicy="Never")}}}}


def test_a_cron_job_becomes_a_batch_whose_tasks_come_by_the_clock():
    found = app(thing("CronJob", "batch/v1", spec=CRON))
    assert (found.kind, found.replicas, found.arrivals) == ("batch", 0, None)


def test_other_objects_become_no_app():
    assert apps(thing("Service", spec={}), thing("Node")) == []


def test_the_request_is_that_of_the_pod_as_a_whole():
    containers = [container(resources={"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}})]
    init = [container(name="setup", resources={"requests": {"cpu": "2"}})]
    assert app(workload(template=pod_spec(containers=containers, initContainers=init))).request == {
        "cpu": 2000, "memory": GIB,
    }  # fmt: skip


def test_team_image_and_parallelism():
    document = job(parallelism=4, completions=8)
    document["metadata"]["namespace"] = "science"
    found = app(document)
    assert (found.team, found.image, found.parallelism) == ("science", "app:1", 4)


@pytest.mark.parametrize(
    ("provisioner", "reach"), [("kubernetes.io/no-provisioner", "local"), ("disk.example", "network")]
)
def test_the_disks_of_a_stateful_set(provisioner, reach):
    claims = [
        {"metadata": {"name": name}, "spec": {"storageClassName": "c", "resources": {"requests": {"storage": size}}}}
        for name, size in (("data", "20Gi"), ("log", "1Gi"))
    ]
    document = workload("StatefulSet", volumeClaimTemplates=claims, podManagementPolicy="Parallel")
    found = app(document, thing("StorageClass", "storage.k8s.io/v1", "c", provisioner=provisioner))
    assert found.volume == Volume(21 * GIB, reach)
    assert not found.ordered


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"priorityClassName": "high"}, 1000, id="a class of the files"),
        pytest.param({"priorityClassName": "system-node-critical"}, 2_000_001_000, id="a class of every cluster"),
        pytest.param({"priorityClassName": "elsewhere"}, 0, id="a class that no file holds"),
        pytest.param({"priority": 7}, 7, id="a number"),
        pytest.param({}, 5, id="the default class"),
    ],
)
def test_priority(spec, expected):
    group = "scheduling.k8s.io/v1"
    classes = (
        thing("PriorityClass", group, "high", value=1000),
        thing("PriorityClass", group, "normal", value=5, globalDefault=True),
    )
    assert app(workload(template=pod_spec(**spec)), *classes).priority == expected


def expression(*values, key="disk", operator="In"):
    return {"key": key, "operator": operator, "values": list(values)}


def node_affinity(*terms):
    required = {"nodeSelectorTerms": [{"matchExpressions": list(term)} for term in terms]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


@pytest.mark.parametrize(
    ("affinity", "expected"),
    [
        pytest.param(node_affinity([expression("ssd")]), {"zone": "a", "disk": "ssd"}, id="one allowed value"),
        pytest.param(node_affinity([expression("ssd", "nvme")]), {"zone": "a"}, id="several values are not carried"),
        pytest.param(
            node_affinity([expression("ssd")], [expression("x")]), {"zone": "a"}, id="alternatives are not carried"
        ),
        pytest.param(node_affinity([expression(operator="Exists")]), {"zone": "a"}, id="presence is not carried"),
        pytest.param(node_affinity([expression("b", key="zone")]), {"zone": "a"}, id="the plain selector goes first"),
    ],
)
def test_node_selector(affinity, expected):
    assert app(workload(template=pod_spec(nodeSelector={"zone": "a"}, affinity=affinity))).node_selector == expected


def apart(**term):
    body = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}, **term}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [body]}}


@pytest.mark.parametrize(
    ("affinity", "expected"),
    [
        pytest.param(apart(), 1, id="away from its own kind"),
        pytest.param(
            apart(labelSelector={"matchExpressions": [expression("web", "api", key="app")]}), 1, id="by an expression"
        ),
        pytest.param(apart(labelSelector={"matchLabels": {"app": "db"}}), None, id="away from others"),
        pytest.param(apart(topologyKey="topology.kubernetes.io/zone"), None, id="by zone"),
        pytest.param(apart(namespaces=["other"]), None, id="in other namespaces"),
        pytest.param(None, None, id="no rule"),
    ],
)
def test_at_most_one_on_a_machine(affinity, expected):
    assert app(workload(template=pod_spec(affinity=affinity))).max_per_node == expected


def test_tolerations_and_ports():
    tolerations = [
        {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
        {"key": "b", "value": "c"},
    ]
    ports = [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]
    found = app(workload(template=pod_spec(tolerations=tolerations, containers=[container(ports=ports)])))
    assert found.tolerations == (
        Toleration("a", "Exists", effect="NoExecute", toleration_us=30_000_000),
        Toleration("b", "Equal", "c"),
    )
    assert found.host_ports == (8080,)


def test_names_are_told_apart_only_where_needed():
    def inside(document, namespace):
        document["metadata"]["namespace"] = namespace
        return document

    found = apps(
        workload(name="solo"), inside(workload(name="web"), "a"), inside(workload(name="web"), "b"),
        inside(workload(name="db"), "a"), inside(workload("StatefulSet", "db"), "a"),
    )  # fmt: skip
    assert [one_.name for one_ in found] == ["solo", "a/web", "b/web", "a/Deployment/db", "a/StatefulSet/db"]


def test_what_a_controller_of_another_file_makes_is_left_out():
    owner = {"kind": "ReplicaSet", "name": "web-1", "controller": True, "apiVersion": "apps/v1", "uid": "u"}
    one_file = read(pod("web-1-x", {"ownerReferences": [owner]})).objects
    other = read(workload("ReplicaSet", "web-1")).objects
    assert [found.name for found in neutral_apps((*one_file, *other), effective_requests)] == ["web-1"]


def test_quotas_become_teams():
    def quota(name, namespace, **hard):
        document = thing(
            "ResourceQuota", name=name, spec={"hard": {key.replace("__", "."): value for key, value in hard.items()}}
        )
        document["metadata"]["namespace"] = namespace
        return document

    objects = read(
        quota("a", "shop", requests__cpu="10", limits__cpu="20", pods=50),
        quota("b", "shop", cpu="8", services=3),
        quota("c", "empty", services=3),
    ).objects
    (team,) = neutral_teams(objects)
    assert (team.name, team.limit) == ("shop", {"cpu": 8000, "pods": 50})


# -- receipts for control planes that do not speak Kubernetes -----------------------------------------------------


def test_a_receipt_from_the_carried_fields():
    manifest = read(workload(replicas=3, template=pod_spec(containers=[container(livenessProbe={"periodSeconds": 3})])))
    receipt = compose(manifest.presences, {"mesos": CARRIED}, manifest.name)
    statuses = {line.path.rpartition(".")[2]: line.treatments["mesos"].status for line in receipt.lines}
    assert statuses == {
        "name": "honoured", "replicas": "honoured", "matchLabels": "ignored", "labels": "honoured",
        "image": "approximated", "periodSeconds": "ignored",
    }  # fmt: skip


def test_every_kind_is_carried_or_the_table_says_why_not():
    told = {key.partition(":")[0] for key in CARRIED}
    assert KINDS.keys() <= told


def test_claims_inside_a_stateful_set_are_carried_though_claims_alone_are_not():
    claim = {"metadata": {"name": "d"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    presences = read(workload("StatefulSet", volumeClaimTemplates=[claim])).presences
    lines = {line.path: line.treatments["mesos"].status for line in compose(presences, {"mesos": CARRIED}).lines}
    assert lines["spec.volumeClaimTemplates[].spec.resources.requests.storage"] == "approximated"


def test_what_is_inside_a_kind_that_is_not_carried_is_not_carried():
    cron = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod_spec(restartPolicy="Never")}}}}
    receipt = compose(read(thing("CronJob", "batch/v1", spec=cron)).presences, {"mesos": CARRIED})
    assert {line.treatments["mesos"].status for line in receipt.lines if line.path != "metadata.name"} == {"ignored"}


# -- what must not be passed on -----------------------------------------------------------------------------------

SECRET = "hunter2"
CONFIDENTIAL = [
    {**thing("Secret", data={"token": SECRET}), "stringData": {"key": SECRET}},
    thing("ConfigMap", data={"password": SECRET}, binaryData={"key": SECRET}),
    pod(
        "a",
        {
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": SECRET,
                "pod.beta.kubernetes.io/init-containers": json.dumps(
                    [container(env=[{"name": "P", "value": SECRET}], name="i")]
                ),
            }
        },
        containers=[
            container(
                env=[{"name": "PASSWORD", "value": SECRET}],
                command=["run", SECRET],
                args=[SECRET],
                livenessProbe={"exec": {"command": [SECRET]}},
            )
        ],
    ),
]


def test_typed_objects_hold_names_but_no_values():
    manifest = read(*CONFIDENTIAL)
    assert SECRET not in repr(manifest)
    secret, settings, found = manifest.objects
    assert secret.data == {"token": ""}
    assert secret.string_data == {"key": ""}
    assert settings.data == {"password": ""}
    assert [(variable.name, variable.value) for variable in found.spec.containers[0].env] == [("PASSWORD", "")]


def test_a_redacted_manifest_reads_to_the_same_objects_and_fields():
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [*CONFIDENTIAL, workload(replicas=2)]})
    redacted = redacted_manifest(text, "f.json")
    assert SECRET not in redacted
    assert "last-applied-configuration" in redacted
    before, after = read_manifest(text, "f.yaml"), read_manifest(redacted, "f.yaml")
    assert after.objects == before.objects
    assert after.presences == before.presences
    assert redacted_manifest(redacted, "f.yaml") == redacted
