from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import happened, simulate
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes import ObjectMeta, Service
from workbench.model.native.kubernetes.core import ServiceSpec


def test_clients_are_sent_to_pods_once_they_are_known_to_be_ready():
    # ready at 2.1 s; found by the probe 10 s after probing began (at once, 0.08 s), then 40 ms of calls and 1 s
    world = World(scenario(app("web", replicas=2), horizon=60), Kubernetes(), 1)
    trace = world.run()
    assert happened(trace, "endpoints", change="added") == pytest.approx([11.12, 11.13], abs=0.02)
    assert world._control_plane.endpoints("web") == (0, 1)
    assert world._control_plane.endpoints("other") == ()


def test_without_a_probe_a_pod_is_ready_as_soon_as_it_is_seen_running():
    # running at 1.07 s, seen within a second
    (added,) = happened(simulate(scenario(app("web", ready=0), horizon=60)), "endpoints", change="added")
    assert 2.1 < added < 3.2


def test_a_workload_without_a_service_has_no_endpoints():
    native = objects_for(app("web"), WorkloadParameters())[0].native
    trace = simulate(scenario(app("web", native=native), horizon=60))
    assert len(trace["endpoints"]) == 0


def test_pods_that_are_gone_are_forgotten():
    fewer = PlannedChange(seconds(60), "scale", "web", replicas=1)
    world = World(scenario(app("web", replicas=4), horizon=200, changes=[fewer]), Kubernetes(), 1)
    world.run()
    plane = world._control_plane
    assert set(plane._endpoints._selected) == set(plane.api.pods)


@pytest.mark.parametrize(
    ("namespace", "selector", "expected"),
    [
        pytest.param("default", {"app": "web"}, 1, id="selected"),
        pytest.param("default", {"app": "api"}, 0, id="other labels"),
        pytest.param("other", {"app": "web"}, 0, id="other namespace"),
        pytest.param("default", {}, 0, id="no selector"),
    ],
)
def test_a_service_selects_by_labels_in_its_namespace(namespace, selector, expected):
    native = objects_for(app("web"), WorkloadParameters())[0].native
    service = Service(metadata=ObjectMeta(name="front", namespace=namespace), spec=ServiceSpec(selector=selector))
    trace = simulate(scenario(app("web", native=native), horizon=60, objects=(service,)))
    assert len(trace["endpoints"]) == expected


def test_a_pod_of_two_services_joins_once():
    services = tuple(
        Service(metadata=ObjectMeta(name=name, namespace="default"), spec=ServiceSpec(selector={"app": "web"}))
        for name in ("front", "metrics")
    )
    trace = simulate(scenario(app("web"), horizon=60, objects=services))
    assert len(trace["endpoints"]) == 1


def test_addresses_of_pods_that_are_not_ready_can_be_published():
    native = objects_for(app("web", ready=40), WorkloadParameters())[0].native
    spec = ServiceSpec(selector={"app": "web"}, publish_not_ready_addresses=True)
    service = Service(metadata=ObjectMeta(name="front", namespace="default"), spec=spec)
    trace = simulate(scenario(app("web", ready=40, native=native), horizon=60, objects=(service,)))
    (added,) = happened(trace, "endpoints", change="added")
    assert added < 4
