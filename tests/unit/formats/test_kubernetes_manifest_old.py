"""Documents of earlier years: read, converted, and the conversion noted."""

import json

import pytest

from tests.unit.formats.manifests import container, fates, job, one, pod, pod_spec, problems, read, thing, workload
from workbench.formats.quantities import format_quantity


def labelled(**spec):
    return {"template": {"metadata": {"labels": {"app": "web"}}, "spec": pod_spec()}, **spec}


@pytest.mark.parametrize(
    ("document", "kind", "said"),
    [
        pytest.param(workload(version="extensions/v1beta1"), "Deployment", "apps/v1", id="Deployment of extensions"),
        pytest.param(workload(version="apps/v1beta1"), "Deployment", "apps/v1", id="Deployment of apps/v1beta1"),
        pytest.param(workload("ReplicaSet", version="apps/v1beta2"), "ReplicaSet", "apps/v1", id="ReplicaSet"),
        pytest.param(workload("DaemonSet", version="extensions/v1beta1"), "DaemonSet", "apps/v1", id="DaemonSet"),
        pytest.param(workload("StatefulSet", version="apps/v1beta1"), "StatefulSet", "apps/v1", id="StatefulSet"),
        pytest.param({**job(), "apiVersion": "extensions/v1beta1"}, "Job", "batch/v1", id="Job"),
        pytest.param(
            thing("PodDisruptionBudget", "policy/v1beta1", spec={"maxUnavailable": 1}),
            "PodDisruptionBudget",
            "policy/v1",
            id="PodDisruptionBudget",
        ),
        pytest.param(
            thing("PriorityClass", "scheduling.k8s.io/v1alpha1", value=5),
            "PriorityClass",
            "scheduling.k8s.io/v1",
            id="PriorityClass",
        ),
        pytest.param(
            thing("StorageClass", "storage.k8s.io/v1beta1", provisioner="x"),
            "StorageClass",
            "storage.k8s.io/v1",
            id="StorageClass",
        ),
        pytest.param(
            thing("NetworkPolicy", "extensions/v1beta1", spec={"podSelector": {}}),
            "NetworkPolicy",
            "networking.k8s.io/v1",
            id="NetworkPolicy",
        ),
        pytest.param(
            thing("ClusterRole", "rbac.authorization.k8s.io/v1beta1", rules=[]),
            "ClusterRole",
            "rbac.authorization.k8s.io/v1",
            id="ClusterRole",
        ),
        pytest.param(thing("Service", "v1beta3", spec={"ports": [{"port": 80}]}), "Service", "v1", id="v1beta3"),
    ],
)
def test_older_versions(document, kind, said):
    manifest = read(document)
    (found,) = manifest.objects
    assert (found.kind, found.api_version) == (kind, said)
    assert fates(manifest)[f"{kind}: apiVersion"] == f"honoured: an older version, read as {said}"


@pytest.mark.parametrize(
    ("old", "version", "kind"),
    [("PetSet", "apps/v1alpha1", "StatefulSet"), ("ScheduledJob", "batch/v2alpha1", "CronJob")],
)
def test_older_kinds(old, version, kind):
    spec = {"schedule": "* * * * *", "jobTemplate": {}} if kind == "CronJob" else labelled(serviceName="db")
    spec = (
        {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod_spec(restartPolicy="Never")}}}}
        if kind == "CronJob"
        else spec
    )
    manifest = read(thing(old, version, spec=spec))
    assert manifest.objects[0].kind == kind
    assert fates(manifest)[f"{kind}: kind"] == f"honoured: an older kind, read as {kind}"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(
            {"id": "web", "kind": "Pod", "apiVersion": "v1beta1", "desiredState": {"manifest": {}}}, id="v1beta1"
        ),
        pytest.param({"id": "web", "kind": "Service", "apiVersion": "v1beta2", "port": 80}, id="v1beta2"),
    ],
)
def test_documents_of_2014_are_ignored_and_the_file_goes_on(document):
    manifest = read(document, pod())
    assert [found.name for found in manifest.objects] == ["a"]
    assert fates(manifest)[document["kind"]].startswith("ignored: of 2014")


# -- defaults of their time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "surge", "unavailable", "history", "deadline"),
    [
        ("extensions/v1beta1", 1, 1, 2**31 - 1, 2**31 - 1),
        ("apps/v1beta1", "25%", "25%", 2, 600),
        ("apps/v1beta2", "25%", "25%", 10, 600),
        ("apps/v1", "25%", "25%", 10, 600),
    ],
)
def test_defaults_of_a_deployment(version, surge, unavailable, history, deadline):
    spec = one(workload(version=version)).spec
    rolling = spec.strategy.rolling_update
    assert (rolling.max_surge, rolling.max_unavailable) == (surge, unavailable)
    assert (spec.revision_history_limit, spec.progress_deadline_seconds) == (history, deadline)


def test_what_is_written_goes_before_old_defaults():
    found = one(
        workload(version="extensions/v1beta1", strategy={"rollingUpdate": {"maxSurge": 3}}, revisionHistoryLimit=4)
    )
    rolling = found.spec.strategy.rolling_update
    assert (rolling.max_surge, rolling.max_unavailable, found.spec.revision_history_limit) == (3, 1, 4)


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        ("StatefulSet", "apps/v1beta1", "OnDelete"),
        ("StatefulSet", "apps/v1beta2", "RollingUpdate"),
        ("DaemonSet", "extensions/v1beta1", "OnDelete"),
        ("DaemonSet", "apps/v1beta2", "RollingUpdate"),
    ],
)
def test_sets_did_not_update_their_pods_by_themselves(kind, version, expected):
    assert one(workload(kind, version=version)).spec.update_strategy.type == expected


def test_an_absent_selector_was_made_from_the_template():
    found = one(thing("Deployment", "extensions/v1beta1", spec=labelled()))
    assert found.spec.selector.match_labels == {"app": "web"}


def test_an_empty_selector_of_an_old_budget_finds_no_pod():
    assert one(thing("PodDisruptionBudget", "policy/v1beta1", spec={"selector": {}})).spec.selector is None
    assert one(thing("PodDisruptionBudget", "policy/v1", spec={"selector": {}})).spec.selector is not None


# -- fields -------------------------------------------------------------------------------------------------------


def test_fields_of_old_services():
    spec = {
        "portalIP": "10.0.0.9", "publicIPs": ["1.2.3.4"], "createExternalLoadBalancer": True,
        "ports": [{"port": 80, "containerPort": 8080}],
    }  # fmt: skip
    manifest = read(thing("Service", "v1beta3", spec=spec))
    found = manifest.objects[0].spec
    assert (found.cluster_ip, found.external_ips, found.type) == ("10.0.0.9", ("1.2.3.4",), "LoadBalancer")
    assert found.ports[0].target_port == 8080
    assert fates(manifest)["Service: spec.portalIP"] == "honoured: an older spelling, read as clusterIP"


def test_todays_spelling_goes_before_the_old_one():
    manifest = read(pod(serviceAccount="old", serviceAccountName="new"))
    assert manifest.objects[0].spec.service_account_name == "new"
    assert "Pod: spec.serviceAccount" in fates(manifest)


def test_the_old_name_of_the_machine():
    assert one({**pod(host="node-7"), "apiVersion": "v1beta3"}).spec.node_name == "node-7"


def test_a_roll_back_is_not_a_state():
    manifest = read(workload(version="extensions/v1beta1", rollbackTo={"revision": 2}))
    assert fates(manifest)["Deployment: spec.rollbackTo"].startswith("ignored: asks for one roll-back")


def test_backends_of_old_ingresses():
    backend = {"serviceName": "web", "servicePort": 80}
    rules = [
        {
            "host": "a.example",
            "http": {"paths": [{"path": "/", "backend": {"serviceName": "api", "servicePort": "http"}}]},
        }
    ]
    spec = one(thing("Ingress", "extensions/v1beta1", spec={"backend": backend, "rules": rules})).spec
    assert (spec.default_backend.service.name, spec.default_backend.service.port.number) == ("web", 80)
    assert spec.rules[0].http.paths[0].backend.service.port.name == "http"


# -- autoscalers --------------------------------------------------------------------------------------------------


def scaled(version, **spec):
    body = {"maxReplicas": 9, "scaleTargetRef": {"kind": "Deployment", "name": "web"}, **spec}
    return thing("HorizontalPodAutoscaler", version, spec=body)


def target(metric):
    value = metric.average_value or metric.value
    return metric.type, metric.average_utilization, value and format_quantity(value)


def test_an_autoscaler_of_version_1():
    manifest = read(scaled("autoscaling/v1", targetCPUUtilizationPercentage=60))
    (metric,) = manifest.objects[0].spec.metrics
    assert target(metric.resource.target) == ("Utilization", 60, None)
    assert "HorizontalPodAutoscaler: apiVersion" not in fates(manifest), "version 1 is still served"


def test_an_autoscaler_of_extensions():
    spec = {
        "maxReplicas": 5,
        "scaleRef": {"kind": "Deployment", "name": "web", "subresource": "scale"},
        "cpuUtilization": {"targetPercentage": 70},
    }
    found = one(thing("HorizontalPodAutoscaler", "extensions/v1beta1", spec=spec)).spec
    assert found.scale_target_ref.name == "web"
    assert found.metrics[0].resource.target.average_utilization == 70


@pytest.mark.parametrize(
    ("metric", "kind", "name", "expected"),
    [
        pytest.param(
            {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}},
            "resource",
            None,
            ("AverageValue", None, "1Gi"),
            id="a resource",
        ),
        pytest.param(
            {"type": "Pods", "pods": {"metricName": "rps", "targetAverageValue": "100"}},
            "pods",
            "rps",
            ("AverageValue", None, "100"),
            id="pods",
        ),
        pytest.param(
            {
                "type": "Object",
                "object": {"target": {"kind": "Ingress", "name": "front"}, "metricName": "rps", "targetValue": "2k"},
            },
            "object",
            "rps",
            ("Value", None, "2k"),
            id="an object",
        ),
        pytest.param(
            {
                "type": "External",
                "external": {
                    "metricName": "queue",
                    "metricSelector": {"matchLabels": {"q": "a"}},
                    "targetAverageValue": 30,
                },
            },
            "external",
            "queue",
            ("AverageValue", None, "30"),
            id="from outside",
        ),
    ],
)
def test_metrics_of_the_first_beta(metric, kind, name, expected):
    (found,) = one(scaled("autoscaling/v2beta1", metrics=[metric])).spec.metrics
    source = getattr(found, kind)
    assert target(source.target) == expected
    if name is not None:
        assert source.metric.name == name
    if kind == "object":
        assert source.described_object.name == "front"


# -- annotations --------------------------------------------------------------------------------------------------


def annotated(document, **annotations):
    names = {name.replace("__", "/").replace("_", "."): value for name, value in annotations.items()}
    document["metadata"]["annotations"] = names
    return document


AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]
        }
    }
}


def test_annotations_of_pods_that_became_fields():
    manifest = read(
        annotated(
            pod(),
            scheduler_alpha_kubernetes_io__affinity=json.dumps(AFFINITY),
            scheduler_alpha_kubernetes_io__tolerations=json.dumps([{"key": "gpu", "operator": "Exists"}]),
            scheduler_alpha_kubernetes_io__name="mine",
        )
    )
    spec = manifest.objects[0].spec
    required = spec.affinity.node_affinity.required_during_scheduling_ignored_during_execution
    assert required.node_selector_terms[0].match_expressions[0].values == ("ssd",)
    assert (spec.tolerations[0].key, spec.scheduler_name) == ("gpu", "mine")
    key = "Pod: metadata.annotations.scheduler.alpha.kubernetes.io/affinity"
    assert fates(manifest)[key] == "honoured: an older form, read as spec.affinity"


def test_init_containers_of_a_template_in_an_annotation():
    document = workload()
    init = [container(name="setup", resources={"requests": {"cpu": "2"}})]
    document["spec"]["template"]["metadata"]["annotations"] = {
        "pod.beta.kubernetes.io/init-containers": json.dumps(init)
    }
    assert one(document).spec.template.spec.init_containers[0].name == "setup"


def test_a_field_goes_before_its_annotation():
    document = pod(tolerations=[{"key": "new", "operator": "Exists"}])
    document["metadata"]["annotations"] = {"scheduler.alpha.kubernetes.io/tolerations": '[{"key": "old"}]'}
    assert [toleration.key for toleration in one(document).spec.tolerations] == ["new"]


def test_a_broken_annotation_is_a_fault_that_quotes_nothing():
    document = pod()
    document["metadata"]["annotations"] = {"pod.alpha.kubernetes.io/init-containers": '[{"env": "hunter2"'}
    (problem,) = problems(document)
    assert problem.code == "json-syntax"
    assert "hunter2" not in problem.text()


def test_storage_class_taints_and_services_in_annotations():
    claim = thing("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "1Gi"}}})
    claim["metadata"]["annotations"] = {"volume.beta.kubernetes.io/storage-class": "fast"}
    assert one(claim).spec.storage_class_name == "fast"
    node = thing("Node")
    node["metadata"]["annotations"] = {
        "scheduler.alpha.kubernetes.io/taints": '[{"key": "gpu", "effect": "NoSchedule"}]'
    }
    assert one(node).spec.taints[0].key == "gpu"
    service = thing("Service", spec={"ports": [{"port": 1}]})
    service["metadata"]["annotations"] = {
        "service.alpha.kubernetes.io/tolerate-unready-endpoints": "true",
        "service.beta.kubernetes.io/external-traffic": "OnlyLocal",
    }
    found = one(service).spec
    assert (found.publish_not_ready_addresses, found.external_traffic_policy) == (True, "Local")
