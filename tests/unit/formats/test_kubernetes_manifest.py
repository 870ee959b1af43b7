"""Manifests of today: every kind, defaults, Lists, exports, what receipts say."""

import json

import pytest

from tests.unit.formats.manifests import (
    container,
    counts,
    fates,
    job,
    one,
    pod,
    pod_spec,
    read,
    thing,
    workload,
)
from workbench.errors import DocumentError
from workbench.formats.kubernetes_manifest import read_manifest, typed_object
from workbench.formats.quantities import format_quantity
from workbench.model.native.kubernetes import CLUSTER_SCOPED, KINDS
from workbench.model.native.kubernetes.meta import LabelSelector

SHOP = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 6
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: shop/web:1.4
        resources:
          requests: {cpu: 500m}
          limits: {cpu: "1", memory: 512Mi}
        readinessProbe:
          httpGet: {path: /healthz, port: http}
          periodSeconds: 5
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 100
            podAffinityTerm:
              topologyKey: kubernetes.io/hostname
              labelSelector: {matchLabels: {app: web}}
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
        labelSelector: {matchLabels: {app: web}}
---
# a document without content
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"""


def test_documents_of_a_file_become_typed_objects_in_order():
    deployment, service = read_manifest(SHOP, "shop.yaml").objects
    assert (deployment.kind, deployment.name, deployment.namespace) == ("Deployment", "web", "default")
    assert (service.kind, service.namespace, service.spec.cluster_ip) == ("Service", "shop", "None")
    spec = deployment.spec.template.spec
    assert spec.containers[0].readiness_probe.http_get.port == "http"
    assert spec.affinity.pod_anti_affinity.preferred_during_scheduling_ignored_during_execution[0].weight == 100
    assert spec.topology_spread_constraints[0].when_unsatisfiable == "ScheduleAnyway"


MINIMAL = {
    "Pod": pod(),
    "ReplicationController": thing(
        "ReplicationController", spec={"template": {"metadata": {"labels": {"a": "b"}}, "spec": pod_spec()}}
    ),
    "ReplicaSet": workload("ReplicaSet"),
    "Deployment": workload("Deployment"),
    "StatefulSet": workload("StatefulSet", serviceName="db"),
    "DaemonSet": workload("DaemonSet"),
    "Job": job(),
    "CronJob": thing(
        "CronJob",
        "batch/v1",
        spec={
            "schedule": "*/5 * * * *",
            "jobTemplate": {"spec": {"template": {"spec": pod_spec(restartPolicy="Never")}}},
        },
    ),
    "Service": thing("Service", spec={"ports": [{"port": 80}]}),
    "Ingress": thing("Ingress", "networking.k8s.io/v1", spec={"rules": [{"host": "a.example"}]}),
    "ConfigMap": thing("ConfigMap", data={"a": "b"}),
    "Secret": thing("Secret", data={"a": "Yg=="}),
    "ServiceAccount": thing("ServiceAccount"),
    "PersistentVolume": thing("PersistentVolume", spec={"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}}),
    "PersistentVolumeClaim": thing(
        "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    ),
    "StorageClass": thing("StorageClass", "storage.k8s.io/v1", provisioner="x.example/disk"),
    "CSINode": thing("CSINode", "storage.k8s.io/v1", spec={"drivers": [{"name": "x", "nodeID": "n"}]}),
    "CSIDriver": thing("CSIDriver", "storage.k8s.io/v1", spec={"storageCapacity": True}),
    "CSIStorageCapacity": thing("CSIStorageCapacity", "storage.k8s.io/v1", storageClassName="c", capacity="1Gi"),
    "VolumeAttachment": thing("VolumeAttachment", "storage.k8s.io/v1", spec={"attacher": "x", "nodeName": "n"}),
    "HorizontalPodAutoscaler": thing(
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        spec={"maxReplicas": 9, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    ),
    "PodDisruptionBudget": thing("PodDisruptionBudget", "policy/v1", spec={"minAvailable": "50%"}),
    "PriorityClass": thing("PriorityClass", "scheduling.k8s.io/v1", value=1000),
    "ResourceQuota": thing("ResourceQuota", spec={"hard": {"requests.cpu": "10", "count/jobs.batch": "5"}}),
    "LimitRange": thing("LimitRange", spec={"limits": [{"type": "Container", "default": {"cpu": "1"}}]}),
    "Namespace": thing("Namespace"),
    "Node": thing("Node", status={"capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"}}),
    "NetworkPolicy": thing(
        "NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}
    ),
    "Role": thing("Role", "rbac.authorization.k8s.io/v1", rules=[{"verbs": ["get"], "resources": ["pods"]}]),
    "ClusterRole": thing(
        "ClusterRole", "rbac.authorization.k8s.io/v1", rules=[{"nonResourceURLs": ["/"], "verbs": ["*"]}]
    ),
    "RoleBinding": thing("RoleBinding", "rbac.authorization.k8s.io/v1", roleRef={"kind": "Role", "name": "x"}),
    "ClusterRoleBinding": thing(
        "ClusterRoleBinding", "rbac.authorization.k8s.io/v1", subjects=[{"kind": "User", "name": "x"}]
    ),
}


def test_there_is_a_small_example_of_every_kind():
    assert MINIMAL.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", MINIMAL)
def test_every_kind_is_read_without_anything_unknown(kind):
    manifest = read(MINIMAL[kind])
    (found,) = manifest.objects
    assert type(found) is KINDS[kind]
    assert found.namespace == ("" if kind in CLUSTER_SCOPED else "default")
    assert not [key for key, fate in fates(manifest).items() if "unknown" in fate]


# -- defaults -----------------------------------------------------------------------------------------------------


def test_defaults_of_a_deployment():
    spec = one(workload()).spec
    assert (spec.replicas, spec.revision_history_limit, spec.progress_deadline_seconds) == (1, 10, 600)
    assert (spec.strategy.type, spec.strategy.rolling_update.max_surge) == ("RollingUpdate", "25%")


def test_a_request_that_is_not_given_is_its_limit():
    limits = {"cpu": "1", "memory": "1Gi"}
    found = one(pod(containers=[container(resources={"limits": limits, "requests": {"cpu": "250m"}})]))
    requests = found.spec.containers[0].resources.requests
    assert {name: format_quantity(amount) for name, amount in requests.items()} == {"cpu": "250m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, (1, 1, 6), id="neither given: one of each"),
        pytest.param({"completions": 5}, (5, 1, 6), id="completions only: one at a time"),
        pytest.param({"parallelism": 3}, (None, 3, 6), id="parallelism only: a work queue"),
        pytest.param(
            {"backoffLimitPerIndex": 1, "completionMode": "Indexed"}, (1, 1, 2**31 - 1), id="a limit per index"
        ),
    ],
)
def test_defaults_of_a_job(spec, expected):
    found = one(job(**spec)).spec
    assert (found.completions, found.parallelism, found.backoff_limit) == expected


def test_the_selector_of_a_replication_controller_is_made_from_its_template():
    assert one(MINIMAL["ReplicationController"]).spec.selector == {"a": "b"}


def test_on_the_machines_network_ports_are_the_machines():
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}]
    found = one(pod(hostNetwork=True, containers=[container(ports=ports)]))
    assert [port.host_port for port in found.spec.containers[0].ports] == [80, 8081]


def test_what_a_node_does_not_keep_pods_may_have():
    status = one(MINIMAL["Node"]).status
    assert status.allocatable == status.capacity


def test_an_autoscaler_without_metric_aims_at_80_percent_of_cpu():
    (metric,) = one(MINIMAL["HorizontalPodAutoscaler"]).spec.metrics
    assert (metric.resource.name, metric.resource.target.average_utilization) == ("cpu", 80)


def test_null_means_not_given():
    found = one(workload(replicas=None, strategy=None))
    assert (found.spec.replicas, found.spec.strategy.type) == (1, "RollingUpdate")


def test_an_empty_word_means_not_given():
    tolerations = [{"key": "a", "operator": "", "effect": ""}]
    assert one(pod(tolerations=tolerations)).spec.tolerations[0].operator == "Equal"


def test_an_object_named_by_the_server_gets_a_name():
    first, second = read(
        *({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "task-"}, "spec": pod_spec()},) * 2
    ).objects
    assert (first.name, second.name) == ("task-0", "task-1")


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(json.dumps(pod()), "a.json", id="JSON"),
        pytest.param(json.dumps(pod()), "a.yaml", id="JSON under the name of YAML"),
        pytest.param(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: m}]}}",
            "a.yaml",
            id="YAML in braces",
        ),
    ],
)
def test_yaml_and_json(text, name):
    assert [found.name for found in read_manifest(text, name).objects] == ["a"]


def test_lists_are_taken_apart_also_lists_in_lists():
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "b"}, "spec": pod_spec()}]}
    manifest = read(pod("a"), inner, {"apiVersion": "v1", "kind": "List", "items": [pod("c")]}, pod("d"))
    assert [found.name for found in manifest.objects] == ["a", "b", "c", "d"]


def test_an_empty_list_beside_an_object_is_nothing():
    assert len(read(pod(), {"apiVersion": "v1", "kind": "List", "items": []}).objects) == 1


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param(
            thing("Certificate", "cert-manager.io/v1"),
            "this kind of object is not modelled",
            id="a kind of somebody else",
        ),
        pytest.param(
            thing("Service", "serving.knative.dev/v1"),
            "this kind of object is not modelled",
            id="a known name in another group",
        ),
        pytest.param(thing("Deployment", "apps/v7"), "this version of the kind is not known", id="an unknown version"),
        pytest.param(
            thing("Endpoints"), "this kind of object is not modelled", id="a kind without a part in the model"
        ),
    ],
)
def test_other_kinds_are_ignored_and_the_file_goes_on(document, said):
    manifest = read(document, pod())
    assert len(manifest.objects) == 1
    assert fates(manifest)[document["kind"]] == f"ignored: {said}"


def test_what_a_controller_in_the_file_makes_is_left_out():
    def owned(kind, name):
        return {
            "ownerReferences": [{"kind": kind, "name": name, "controller": True, "apiVersion": "apps/v1", "uid": "u"}]
        }

    manifest = read(
        pod("web-1", owned("ReplicaSet", "web-abc")),
        workload("ReplicaSet", "web-abc", metadata=owned("Deployment", "web")),
        workload("Deployment", "web"),
        pod("lonely", owned("ReplicaSet", "elsewhere")),
    )
    assert [found.name for found in manifest.objects] == ["web", "lonely"]
    assert fates(manifest)["Pod"] == fates(manifest)["ReplicaSet"]
    assert "made by a controller that is in the same file" in fates(manifest)["Pod"]


def test_what_has_ended_is_not_begun_again():
    done = {**pod("done"), "status": {"phase": "Succeeded"}}
    complete = {**job("complete"), "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    manifest = read(done, complete, {**job("going"), "status": {"active": 1}})
    assert [found.name for found in manifest.objects] == ["going"]
    assert fates(manifest)["Pod"].startswith("ignored: has ended already")


# -- receipts -----------------------------------------------------------------------------------------------------


def test_fields_are_counted_and_named_from_inside():
    manifest = read(workload(name="a"), workload(name="b", replicas=3))
    assert counts(manifest)["Deployment: spec.replicas"] == 1
    image = next(found for found in manifest.presences if found.path.endswith("image"))
    assert (image.key, image.alias, image.count) == (
        "Deployment: spec.template.spec.containers[].image", "Pod: spec.containers[].image", 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("document", "path", "alias"),
    [
        (MINIMAL["CronJob"], "spec.jobTemplate.spec.template.spec.restartPolicy", "Pod: spec.restartPolicy"),
        (MINIMAL["Job"], "spec.template.spec.restartPolicy", "Pod: spec.restartPolicy"),
        (
            workload(
                "StatefulSet", volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"storageClassName": "x"}}]
            ),
            "spec.volumeClaimTemplates[].spec.storageClassName",
            "PersistentVolumeClaim: spec.storageClassName",
        ),
    ],
)
def test_aliases(document, path, alias):
    found = {presence.path: presence.alias for presence in read(document).presences}
    assert found[path] == alias


def test_each_resource_name_is_a_field():
    manifest = read(pod(containers=[container(resources={"limits": {"cpu": 1, "nvidia.com/gpu": 1}})]))
    assert counts(manifest)["Pod: spec.containers[].resources.limits.nvidia.com/gpu"] == 1


def test_parts_that_say_nothing_alone_are_one_field():
    manifest = read(pod(containers=[container(env=[{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {}}])]))
    assert counts(manifest)["Pod: spec.containers[].env"] == 1
    assert not [key for key in counts(manifest) if ".env[]" in key]


def test_unknown_fields_do_not_stop_a_file_and_are_told_with_the_nearest_spelling():
    manifest = read(workload(template=pod_spec(containers=[container(imge="x", frobnicate=1)], nodeSelectr={"a": "b"})))
    told = fates(manifest)
    base = "Deployment: spec.template.spec"
    assert told[f"{base}.containers[].imge"] == "ignored: unknown field; did you mean image?"
    assert told[f"{base}.containers[].frobnicate"] == "ignored: unknown field"
    assert told[f"{base}.nodeSelectr"] == "ignored: unknown field; did you mean nodeSelector?"


def test_fields_without_effect_are_told():
    manifest = read(pod(dnsPolicy="ClusterFirst", containers=[container(command=["sleep"], stdin=True)]))
    assert fates(manifest)["Pod: spec.dnsPolicy"] == "ignored: changes nothing in any model"
    assert fates(manifest)["Pod: spec.containers[].command"] == "ignored: changes nothing in any model"


def test_what_a_server_filled_in_is_told_as_a_whole():
    metadata = {
        "uid": "u",
        "resourceVersion": "7",
        "managedFields": [{"manager": "x"}],
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    document = {**pod(metadata=metadata), "status": {"phase": "Running", "podIP": "10.0.0.7", "conditions": []}}
    told = fates(read(document))
    assert {key for key, fate in told.items() if fate == "ignored: filled in by a server"} == {
        "Pod: metadata.uid", "Pod: metadata.resourceVersion", "Pod: metadata.managedFields",
        "Pod: metadata.creationTimestamp", "Pod: status",
    }  # fmt: skip


def test_less_than_a_byte_is_told():
    manifest = read(pod(containers=[container(resources={"requests": {"memory": "512m"}})]))
    assert "'Mi' was probably meant" in fates(manifest)["Pod: spec.containers[].resources.requests.memory"]


def test_one_object_for_adapters():
    assert typed_object(pod("a", nodeName="n1")).spec.node_name == "n1"
    assert typed_object({**pod("done"), "status": {"phase": "Succeeded"}}).status.phase == "Succeeded"
    bare = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "x"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}},
    }
    assert typed_object(bare).spec.selector.match_labels == {"a": "b"}, "a record need not hold the template"
    with pytest.raises(DocumentError, match=r"p: spec\.nodeName: 5 is not a text"):
        typed_object(pod(nodeName=5), "p")
    with pytest.raises(DocumentError, match="not a Kubernetes object: v1 Endpoints"):
        typed_object(thing("Endpoints"))


def test_types_are_frozen_and_comparable():
    assert one(workload()) == one(workload())
    with pytest.raises(AttributeError):
        one(workload()).spec.replicas = 2
    assert LabelSelector() == LabelSelector(match_labels={})


# -- size ---------------------------------------------------------------------------------------------------------


def test_an_export_of_some_thousand_pods_is_read_with_progress():
    pods = [
        pod(
            f"web-{number}",
            {"namespace": "shop", "labels": {"app": "web"}, "uid": str(number)},
            nodeName=f"node-{number % 50}",
            containers=[
                container(resources={"requests": {"cpu": "250m", "memory": "256Mi"}}, env=[{"name": "A", "value": "b"}])
            ],
            tolerations=[
                {
                    "key": "node.kubernetes.io/not-ready",
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": 300,
                }
            ],
        )
        for number in range(3000)
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    shares = []
    manifest = read_manifest(text, "export.json", progress=shares.append)
    assert len(manifest.objects) == 3000
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 10
