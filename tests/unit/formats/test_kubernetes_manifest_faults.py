"""Faults of manifests: each with its place, all at once, nothing confidential quoted."""

import json

import pytest

from tests.unit.formats.manifests import (
    container,
    faults,
    job,
    pod,
    pod_spec,
    problems,
    thing,
    workload,
)
from tests.unit.formats.test_kubernetes_manifest import MINIMAL
from workbench.engines.kubernetes.resources import effective_requests
from workbench.formats.kubernetes_apps import neutral_apps
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.formats.kubernetes_redaction import redacted_manifest

BROKEN = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: three
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: allways
      containers:
      - name: web
        image: [a]
        resources:
          requests: {cpu: -500m, memory: lots}
        ports:
        - containerPort: 99999
---
kind: Service
metadata: {name: web}
spec: {ports: [{targetPort: 80}]}
"""


def test_every_fault_of_a_file_at_once_each_with_its_line():
    assert faults(BROKEN) == [
        ("wrong-type", "f.yaml:5: spec.replicas"),
        ("not-allowed-near", "f.yaml:10: spec.template.spec.restartPolicy"),
        ("wrong-type", "f.yaml:13: spec.template.spec.containers[0].image"),
        ("negative", "f.yaml:15: spec.template.spec.containers[0].resources.requests.cpu"),
        ("bad-quantity", "f.yaml:15: spec.template.spec.containers[0].resources.requests.memory"),
        ("out-of-range", "f.yaml:17: spec.template.spec.containers[0].ports[0].containerPort"),
        ("missing-key", "f.yaml:18"),
    ]


def at(document, *codes_and_places):
    return faults(document) == [(code, f"f.json:1: {place}") for code, place in codes_and_places]


C0 = "spec.containers[0]"


_METRIC = {"name": "rps"}
AUTOSCALERS = [
    ({"minReplicas": 0}, "out-of-range", "spec.minReplicas", "no pod at all, though only pods are measured"),
    ({"metrics": [{"type": "Pods"}]}, "missing-key", "spec.metrics[0]", "a metric without what its type names"),
    (
        {"metrics": [{"type": "Pods", "pods": {"metric": _METRIC, "target": {"type": "Value", "value": "5"}}}]},
        "not-allowed", "spec.metrics[0].pods.target.type", "a target of a type that the metric cannot have",
    ),
    (
        {"metrics": [{"type": "Object", "object": {"metric": _METRIC, "target": {"type": "Value"}}}]},
        "missing-key", "spec.metrics[0].object.target", "a target without its amount",
    ),
    (
        {"metrics": [{"type": "External", "external": {"metric": _METRIC, "target": {"type": "Value", "value": "0"}}}]},
        "not-positive", "spec.metrics[0].external.target.value", "a target of nothing",
    ),
]  # fmt: skip
"""Fields of a HorizontalPodAutoscaler -> the fault, its place, and what it is."""


@pytest.mark.parametrize(
    ("document", "code", "place"),
    [
        pytest.param(pod(nodeSelector={"ssd": True}), "wrong-type", "spec.nodeSelector.ssd", id="yes without quotes"),
        pytest.param(pod(hostNetwork="true"), "wrong-type", "spec.hostNetwork", id="a text for true"),
        pytest.param(pod(containers={"name": "a"}), "wrong-type", "spec.containers", id="a mapping for a list"),
        pytest.param(pod(containers=["a"]), "wrong-type", C0, id="a text for a container"),
        pytest.param(pod(containers=[]), "missing-key", "spec", id="no container"),
        pytest.param(pod(containers=[{"image": "a"}]), "missing-key", C0, id="a container without a name"),
        pytest.param(pod(priority=2**31), "out-of-range", "spec.priority", id="beyond 32 bits"),
        pytest.param(
            pod(terminationGracePeriodSeconds=-1),
            "negative",
            "spec.terminationGracePeriodSeconds",
            id="a negative time",
        ),
        pytest.param(
            pod(overhead={"cpu": True}), "bad-quantity", "spec.overhead.cpu", id="an amount that is no number"
        ),
        pytest.param(pod(overhead=["cpu"]), "wrong-type", "spec.overhead", id="a list of amounts"),
        pytest.param(
            pod(tolerations=[{"effect": "NoSchedul"}]),
            "not-allowed-near",
            "spec.tolerations[0].effect",
            id="a misspelt effect",
        ),
        pytest.param(
            pod(topologySpreadConstraints=[{"maxSkew": 1}]),
            "missing-key",
            "spec.topologySpreadConstraints[0]",
            id="no topology key",
        ),
        pytest.param(
            pod(topologySpreadConstraints=[{"maxSkew": 0, "topologyKey": "z"}]),
            "out-of-range",
            "spec.topologySpreadConstraints[0].maxSkew",
            id="a skew of zero",
        ),
        pytest.param(
            pod(containers=[container(resources={"requests": {"cpu": 2}, "limits": {"cpu": 1}})]),
            "request-over-limit",
            f"{C0}.resources.requests.cpu",
            id="more than the limit",
        ),
        pytest.param(
            pod(containers=[container(resources={"requests": {"nvidia.com/gpu": "500m"}})]),
            "not-whole",
            f"{C0}.resources.requests['nvidia.com/gpu']",
            id="half a device",
        ),
        pytest.param(
            pod(containers=[container(), container()]), "duplicate-name", "spec.containers[1].name", id="a name twice"
        ),
        pytest.param(
            pod(initContainers=[container()]),
            "duplicate-name",
            f"{C0}.name",
            id="a name twice among init containers too",
        ),
        pytest.param(
            pod(
                containers=[container(volumeMounts=[{"name": "dta", "mountPath": "/d"}])],
                volumes=[{"name": "data", "emptyDir": {}}],
            ),
            "reference-to-nothing-near",
            f"{C0}.volumeMounts[0].name",
            id="a volume that is not there",
        ),
        pytest.param(workload(replicas=-1), "negative", "spec.replicas", id="a negative size"),
        pytest.param(workload(replicas=1.5), "wrong-type", "spec.replicas", id="half a replica"),
        pytest.param(workload(replicas="3"), "wrong-type", "spec.replicas", id="a number in quotes"),
        pytest.param(
            workload(selector={"matchLabels": {"app": "other"}}),
            "selector-misses",
            "spec.selector",
            id="a selector that misses",
        ),
        pytest.param(
            thing("CronJob", "batch/v1", spec={"schedule": "every hour"}),
            "bad-schedule",
            "spec.schedule",
            id="a schedule that is none",
        ),
        pytest.param(workload(selector=None), "missing-key", "spec", id="no selector"),
        pytest.param(
            workload(template=pod_spec(restartPolicy="Never")),
            "not-allowed",
            "spec.template.spec.restartPolicy",
            id="a service that ends",
        ),
        pytest.param(
            job(restart="Always"), "not-allowed", "spec.template.spec.restartPolicy", id="a job that never ends"
        ),
        pytest.param(
            workload(strategy={"rollingUpdate": {"maxSurge": "lots"}}),
            "wrong-type",
            "spec.strategy.rollingUpdate.maxSurge",
            id="a surge that is no percentage",
        ),
        pytest.param(
            thing("PodDisruptionBudget", "policy/v1", spec={"minAvailable": -1}),
            "negative",
            "spec.minAvailable",
            id="a negative budget",
        ),
        pytest.param(
            thing("HorizontalPodAutoscaler", "autoscaling/v2", spec={"minReplicas": 5, "maxReplicas": 2}),
            "out-of-range",
            "spec.minReplicas",
            id="more at least than at most",
        ),
        pytest.param(
            thing("HorizontalPodAutoscaler", "autoscaling/v2", spec={"minReplicas": 5}),
            "missing-key",
            "spec",
            id="no maximum",
        ),
        *(
            pytest.param(
                thing("HorizontalPodAutoscaler", "autoscaling/v2", spec={"maxReplicas": 5, **spec}),
                code,
                where,
                id=said,
            )
            for spec, code, where, said in AUTOSCALERS
        ),
        pytest.param(
            thing("Service", spec={"ports": [{"port": 0}]}), "out-of-range", "spec.ports[0].port", id="port zero"
        ),
        pytest.param(
            thing("ResourceQuota", spec={"hard": {"pods": "-1"}}), "negative", "spec.hard.pods", id="a negative quota"
        ),
        pytest.param(thing("Service", spec=5), "wrong-type", "spec", id="a number for a spec"),
    ],
)
def test_one_fault_at_its_place(document, code, place):
    assert at(document, (code, place))


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param({"apiVersion": "v1", "metadata": {}}, "missing-key", id="no kind"),
        pytest.param({"kind": "Pod", "metadata": {}}, "missing-key", id="no version"),
        pytest.param({"apiVersion": 1, "kind": "Pod"}, "wrong-type", id="a number for a version"),
        pytest.param({"apiVersion": "v1", "kind": ["Pod"]}, "wrong-type", id="a list for a kind"),
        pytest.param({"apiVersion": "v1", "kind": "Pod", "spec": pod_spec()}, "missing-key", id="no name"),
    ],
)
def test_what_is_no_object(document, code):
    assert [found for found, _ in faults(document)] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("- a\n- b\n", "not-a-mapping", id="a list"),
        pytest.param("hello\n", "not-a-mapping", id="a word"),
        pytest.param("# nothing\n---\n", "no-objects", id="nothing but a comment"),
        pytest.param("apiVersion: v1\nkind: List\nitems: []\n", "no-objects", id="an empty list"),
        pytest.param("apiVersion: v1\nkind: List\nitems: [5]\n", "not-a-mapping", id="a number in a list"),
        pytest.param("a: !!python/object/apply:os.system [ls]\n", "yaml-tag", id="a tag"),
        pytest.param("metadata:\n\tname: a\n", "yaml-tab", id="a tab"),
        pytest.param("kind: Pod\nkind: Pod\n", "yaml-duplicate-key", id="a key twice"),
        pytest.param('{"a": [}', "yaml-syntax", id="broken braces"),
    ],
)
def test_what_is_no_manifest(text, code):
    assert code in [found for found, _ in faults(text)]


def test_an_alias_bomb_is_refused():
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 10))
    assert "yaml-too-many" in [code for code, _ in faults("l0: &l0 [x]\n" + levels)]


def test_the_same_name_twice_is_told_with_both_places():
    text = "---\n".join([json.dumps(pod("a")) + "\n", json.dumps(pod("b")) + "\n", json.dumps(pod("a")) + "\n"])
    (problem,) = problems(text)
    assert problem.text() == (
        "f.yaml:5: metadata.name: the name 'Pod a' is used twice (f.yaml:1: metadata.name); names must differ"
    )


def test_the_same_name_in_other_namespaces_and_kinds_is_fine():
    items = [pod("a"), pod("a", {"namespace": "b"}), thing("ConfigMap", name="a")]
    assert not faults({"apiVersion": "v1", "kind": "List", "items": items})


def test_places_in_lists_and_later_documents():
    pod_ = "- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec: {nodeName: 5}\n"
    text = f"apiVersion: v1\nkind: List\nitems:\n{pod_}"
    assert ("wrong-type", "f.yaml:7: items[0].spec.nodeName") in faults(text)


def test_a_file_full_of_faults_is_told_up_to_a_bound():
    items = [pod(f"p{number}", hostNetwork=number) for number in range(500)]
    found = problems({"apiVersion": "v1", "kind": "List", "items": items})
    assert (len(found), found[-1].code) == (101, "and-more")


SECRETS = [
    pytest.param(thing("Secret", data={"token": 12345678}), id="a number in a Secret"),
    pytest.param(thing("Secret", data="hunter2"), id="a text for a Secret's data"),
    pytest.param(thing("Secret", stringData=["hunter2"]), id="a list for a Secret's data"),
    pytest.param(pod(containers=[container(env=[{"name": "P", "value": 12345678}])]), id="a number in a variable"),
    pytest.param(pod(containers=[container(env={"P": "hunter2"})]), id="a mapping of variables"),
    pytest.param(pod(metadata={"annotations": {"note": 12345678}}), id="a number in an annotation"),
    pytest.param(thing("ConfigMap", data={"password": 12345678}), id="a number in a ConfigMap"),
]


@pytest.mark.parametrize("document", SECRETS)
def test_messages_quote_nothing_confidential(document):
    found = problems(document)
    assert found
    for problem in found:
        said = problem.text() + repr(problem)
        assert "hunter2" not in said
        assert "12345678" not in said


def test_messages_quote_long_values_in_short():
    (problem,) = problems(pod(nodeName=["x" * 5000], hostname=None) | {"spec": pod_spec(restartPolicy="x" * 5000)})
    assert len(problem.text()) < 200


def test_json_faults_are_told_too():
    with pytest.raises(Exception, match="JSON"):
        read_manifest('{"a": ', "f.json")


# -- whatever comes -----------------------------------------------------------------------------------------------

ODD = [
    None,
    True,
    0,
    -1,
    3.5,
    "",
    "x",
    "1Gi",
    "25%",
    [],
    ["x"],
    [None],
    {},
    {"x": 1},
    [{"name": "x"}],
    {"matchLabels": []},
]
RICH = [
    *(document for document in MINIMAL.values()),
    pod(
        affinity={"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "z"}]}},
        containers=[container(env=[{"name": "A"}], ports=[{"containerPort": 1}], volumeMounts=[{"name": "v"}])],
        volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}],
        metadata={"annotations": {"scheduler.alpha.kubernetes.io/affinity": "[1]"}, "ownerReferences": [{"kind": "X"}]},
    ),
    workload(version="extensions/v1beta1", rollbackTo={}, strategy={"rollingUpdate": {"maxSurge": 1}}),
    workload("StatefulSet", volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {}}]),
    thing("Ingress", "extensions/v1beta1", spec={"backend": {"serviceName": "a", "servicePort": 1}}),
    thing(
        "HorizontalPodAutoscaler",
        "autoscaling/v2beta1",
        spec={"maxReplicas": 2, "metrics": [{"type": "Pods", "pods": {"metricName": "a", "targetAverageValue": 1}}]},
    ),
    thing(
        "HorizontalPodAutoscaler", "extensions/v1beta1", spec={"maxReplicas": 2, "scaleRef": {}, "cpuUtilization": {}}
    ),
    {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "a"}, "spec": pod_spec()}]},
]


def everywhere(value, path=()):
    """Yield the path of every value inside."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inside:
        yield from everywhere(child, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@pytest.mark.parametrize("document", RICH, ids=lambda document: f"{document['kind']} {document['apiVersion']}")
def test_nothing_in_place_of_any_field_makes_more_than_a_message(document):
    for path in everywhere(document):
        for odd in ODD:
            changed = replaced(document, path, odd)
            text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [changed]})
            if any(problem.text() for problem in problems(text, "f.json")):
                continue
            found = read_manifest(text, "f.json")
            neutral_apps(found.objects, effective_requests)
            assert read_manifest(redacted_manifest(text, "f.json"), "f.json").objects == found.objects
