"""What a pod asks for as a whole, beyond upstream's rows (tests/conformance)."""

import pytest

from workbench.engines.kubernetes.resources import (
    PodResourcesOptions,
    effective_requests,
    pod_limits,
    pod_requests,
    request_amounts,
    with_pod_level_defaults,
)
from workbench.formats.quantities import format_quantity, parse_resources
from workbench.model.native.kubernetes.meta import Condition
from workbench.model.native.kubernetes.pods import (
    Container,
    ContainerStatus,
    PodSpec,
    PodStatus,
    ResourceRequirements,
)


def resources(requests=None, limits=None):
    return ResourceRequirements(requests=parse_resources(requests or {}), limits=parse_resources(limits or {}))


def container(requests=None, limits=None, *, sidecar=False, name=""):
    return Container(name=name, resources=resources(requests, limits), restart_policy="Always" if sidecar else None)


def texts(amounts):
    return {name: format_quantity(amount) for name, amount in amounts.items()}


# A worked example: sidecar s1 (1 cpu), init i1 (5), sidecar s2 (2), init i2 (1), main (3).
# i1 runs beside s1: 6. i2 runs beside s1 and s2: 4. Main runs beside both: 6.
def test_an_init_container_counts_with_the_sidecars_before_it():
    spec = PodSpec(
        init_containers=(
            container({"cpu": "1"}, sidecar=True),
            container({"cpu": "5"}),
            container({"cpu": "2"}, sidecar=True),
            container({"cpu": "1"}),
        ),
        containers=(container({"cpu": "3"}),),
    )
    assert texts(pod_requests(spec)) == {"cpu": "6"}


def test_the_order_of_init_containers_matters():
    step, sidecar = container({"cpu": "5"}), container({"cpu": "2"}, sidecar=True)
    assert texts(pod_requests(PodSpec(init_containers=(step, sidecar)))) == {"cpu": "5"}
    assert texts(pod_requests(PodSpec(init_containers=(sidecar, step)))) == {"cpu": "7"}


def test_overhead_comes_on_top_of_amounts_for_the_pod_as_a_whole():
    spec = PodSpec(
        containers=(container({"cpu": "1", "nvidia.com/gpu": "1"}),),
        resources=resources({"cpu": "4", "memory": "1Gi"}),
        overhead=parse_resources({"cpu": "250m"}),
    )
    assert texts(pod_requests(spec)) == {"cpu": "4250m", "nvidia.com/gpu": "1", "memory": "1Gi"}


def test_the_status_of_a_plain_init_container_does_not_count():
    spec = PodSpec(init_containers=(container({"cpu": "1"}, name="setup"),))
    status = PodStatus(init_container_statuses=(ContainerStatus(name="setup", resources=resources({"cpu": "4"})),))
    assert texts(pod_requests(spec, status, PodResourcesOptions(use_status_resources=True))) == {"cpu": "1"}


def test_an_infeasible_resize_leaves_the_limit_in_force():
    spec = PodSpec(containers=(container(limits={"cpu": "4"}, name="web"),))
    status = PodStatus(
        container_statuses=(ContainerStatus(name="web", resources=resources(limits={"cpu": "2"})),),
        conditions=(Condition(type="PodResizePending", status="True", reason="Infeasible"),),
    )
    assert texts(pod_limits(spec, status, PodResourcesOptions(use_status_resources=True))) == {"cpu": "2"}


@pytest.mark.parametrize(
    ("whole", "containers", "expected"),
    [
        pytest.param(
            resources(limits={"cpu": "2", "memory": "1Gi"}),
            ({"cpu": "500m"},),
            {"cpu": "500m", "memory": "1Gi"},
            id="the containers' sum first, then the limit",
        ),
        pytest.param(resources({"cpu": "1"}, {"cpu": "2"}), ({"cpu": "500m"},), {"cpu": "1"}, id="what is given stays"),
        pytest.param(
            resources({"cpu": "1"}), ({"memory": "1Gi"},), {"cpu": "1"}, id="without a limit nothing is filled in"
        ),
    ],
)
def test_requests_for_the_pod_as_a_whole_are_filled_in(whole, containers, expected):
    spec = PodSpec(resources=whole, containers=tuple(container(one) for one in containers))
    assert texts(with_pod_level_defaults(spec).resources.requests) == expected


def test_effective_requests_are_those_of_a_new_pod():
    spec = PodSpec(resources=resources(limits={"memory": "1Gi"}), containers=(container({"cpu": "1"}),))
    assert texts(effective_requests(spec)) == {"cpu": "1", "memory": "1Gi"}


def test_the_sum_is_rounded_once():
    spec = PodSpec(containers=(container({"cpu": "100u"}),) * 3)
    assert request_amounts(spec) == {"cpu": 1}
