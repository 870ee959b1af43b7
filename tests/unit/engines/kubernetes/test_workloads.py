from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for, pod_template
from workbench.formats.quantities import format_quantity
from workbench.model.native.kubernetes import Deployment, ObjectMeta, Pod
from workbench.model.workload import Arrivals, Toleration, Volume

PARAMS = WorkloadParameters()


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        pytest.param(app("web"), ["Deployment", "Service"], id="a service"),
        pytest.param(app("db", "stateful"), ["StatefulSet", "Service"], id="a stateful app"),
        pytest.param(app("b", "batch"), ["Job"], id="a batch app"),
        pytest.param(app("b", "batch", arrivals=Arrivals(1, "constant", 1)), [], id="tasks that arrive one by one"),
        pytest.param(app("logs", "daemon"), ["DaemonSet"], id="a daemon"),
    ],
)
def test_what_each_kind_of_app_becomes(wanted, kinds):
    assert [made.kind for made in objects_for(wanted, PARAMS)] == kinds


def only(wanted):
    return objects_for(wanted, PARAMS)[0].native


def test_a_stateful_app_gets_a_disk_per_member_and_its_order():
    ordered, at_once = (only(app("db", "stateful", 3, volume=Volume(20 * GIB), ordered=one)) for one in (True, False))
    assert ordered.spec.pod_management_policy == "OrderedReady"
    assert at_once.spec.pod_management_policy == "Parallel"
    (claim,) = ordered.spec.volume_claim_templates
    assert format_quantity(claim.spec.resources.requests["storage"]) == "20Gi"


def test_each_task_of_a_batch_has_its_own_index_and_tries():
    spec = only(app("b", "batch", 40, parallelism=10)).spec
    assert (spec.completions, spec.parallelism, spec.completion_mode) == (40, 10, "Indexed")
    assert spec.template.spec.restart_policy == "Never"


def test_what_an_app_asks_for_and_puts_up_with():
    wanted = app(
        "web", cpu=500, memory=GIB, team="shop", priority=7, node_selector={"disk": "ssd"}, host_ports=(80,),
        tolerations=(Toleration("gpu", "Exists", effect="NoExecute", toleration_us=seconds(5)),), max_per_node=1,
    )  # fmt: skip
    made = only(wanted)
    spec = made.spec.template.spec
    (container,) = spec.containers
    asked = {name: format_quantity(amount) for name, amount in container.resources.requests.items()}
    assert asked == {"cpu": "500m", "memory": "1Gi"}
    assert (made.metadata.namespace, spec.priority, spec.node_selector) == ("shop", 7, {"disk": "ssd"})
    assert [port.host_port for port in container.ports] == [80]
    assert [(one.key, one.effect, one.toleration_seconds) for one in spec.tolerations] == [("gpu", "NoExecute", 5)]
    (apart,) = spec.affinity.pod_anti_affinity.required_during_scheduling_ignored_during_execution
    assert (apart.topology_key, apart.label_selector.match_labels) == ("kubernetes.io/hostname", {"app": "web"})


@pytest.mark.parametrize(
    ("ready", "period"), [pytest.param(3, 10, id="takes time to be ready"), pytest.param(0, None, id="ready at once")]
)
def test_readiness_is_probed_where_there_is_something_to_wait_for(ready, period):
    probe = pod_template(app("web", ready=ready), PARAMS).spec.containers[0].readiness_probe
    assert (probe.period_seconds if probe else None) == period


def test_an_app_that_came_as_a_kubernetes_object_is_that_object():
    native = Deployment(metadata=ObjectMeta(name="front", namespace="shop"))
    (made,) = objects_for(app("front", native=native), PARAMS)
    assert made.native is native


def test_a_bare_pod_is_no_object_of_a_controller():
    assert objects_for(app("p", "batch", native=Pod(metadata=ObjectMeta(name="p"))), PARAMS) == []
