import pytest

from tests.unit.engines.kubernetes.builders import container, tolerates
from workbench.engines.kubernetes.admission import Admission, AdmissionParameters, missing_tolerations
from workbench.model.native.kubernetes import ObjectMeta, PodSpec, PriorityClass
from workbench.model.native.kubernetes.affinity import Affinity, PodAffinityTerm, PodAntiAffinity
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.pods import Container, ContainerPort

NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
CLASSES = (
    PriorityClass(metadata=ObjectMeta(name="high"), value=1000),
    PriorityClass(metadata=ObjectMeta(name="usual"), value=5, global_default=True),
)


def admitted(classes=(), **spec):
    made = PodSpec(containers=(container("1"),), **spec)
    return Admission(AdmissionParameters(), classes).admit("default", {"app": "web", "hash": "x1"}, made)


@pytest.mark.parametrize(
    ("own", "added"),
    [
        pytest.param((), [NOT_READY, UNREACHABLE], id="none of its own"),
        pytest.param((tolerates(UNREACHABLE, "NoExecute", seconds=5),), [NOT_READY], id="its own for one of them"),
        pytest.param((tolerates(UNREACHABLE, "NoSchedule"),), [NOT_READY, UNREACHABLE], id="another effect"),
        pytest.param((tolerates(UNREACHABLE),), [NOT_READY], id="every effect"),
        pytest.param((tolerates(),), [], id="tolerates everything"),
    ],
)
def test_tolerations_for_nodes_in_trouble(own, added):
    found = missing_tolerations(own, 300)
    assert [one.key for one in found] == added
    assert all((one.effect, one.toleration_seconds) == ("NoExecute", 300) for one in found)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"priority_class_name": "high"}, 1000, id="by class"),
        pytest.param({}, 5, id="the global default"),
        pytest.param({"priority_class_name": "system-node-critical"}, 2_000_001_000, id="built in"),
        pytest.param({"priority": 7}, 7, id="already worked out"),
    ],
)
def test_priority(spec, expected):
    assert admitted(CLASSES, **spec).priority == expected


def test_without_classes_the_priority_is_zero():
    assert admitted().priority == 0


def test_on_the_nodes_network_every_port_is_a_port_of_the_node():
    listening = Container(name="c", ports=(ContainerPort(container_port=8080),))
    made = PodSpec(containers=(listening,), host_network=True)
    info = Admission(AdmissionParameters(), ()).admit("default", {}, made)
    assert info.host_ports == (("0.0.0.0", "TCP", 8080),)


def test_match_label_keys_become_part_of_the_selector():
    term = PodAffinityTerm(
        topology_key="zone",
        label_selector=LabelSelector(match_labels={"app": "web"}),
        match_label_keys=("hash", "absent"),
        mismatch_label_keys=("app",),
    )
    apart = PodAntiAffinity(required_during_scheduling_ignored_during_execution=(term,))
    selector = admitted(affinity=Affinity(pod_anti_affinity=apart)).required_anti_affinity_terms[0].selector
    found = [(one.key, one.operator, one.values) for one in selector.match_expressions]
    assert found == [("hash", "In", ("x1",)), ("app", "NotIn", ("web",))]


def test_pods_of_one_template_share_what_is_worked_out():
    admission, spec, labels = Admission(AdmissionParameters(), ()), PodSpec(containers=(container("1"),)), {}
    assert admission.admit("default", labels, spec) is admission.admit("default", labels, spec)
    assert admission.admit("default", labels, spec) is not admission.admit("other", labels, spec)
