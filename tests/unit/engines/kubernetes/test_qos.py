"""Quality of service, beyond upstream's rows (tests/conformance)."""

import pytest

from workbench.engines.kubernetes.qos import compute_pod_qos
from workbench.formats.quantities import parse_resources
from workbench.model.native.kubernetes.pods import Container, PodSpec, ResourceRequirements

FULL = {"cpu": "1", "memory": "1Gi"}


def resources(requests, limits):
    return ResourceRequirements(requests=parse_resources(requests), limits=parse_resources(limits))


@pytest.mark.parametrize(
    ("containers", "whole", "expected"),
    [
        pytest.param([(FULL, FULL)], None, "Guaranteed", id="limits equal to requests"),
        pytest.param([(FULL, FULL), (FULL, {})], None, "Burstable", id="one container without limits"),
        pytest.param([({}, {})], None, "BestEffort", id="nothing"),
        pytest.param(
            [({"hugepages-2Mi": "4Mi"}, {"hugepages-2Mi": "4Mi"})], None, "BestEffort", id="huge pages do not count"
        ),
        pytest.param([({"cpu": "0"}, {"memory": "0"})], None, "BestEffort", id="zero is nothing"),
        pytest.param([({}, {})], (FULL, FULL), "Guaranteed", id="amounts for the pod decide"),
        pytest.param([(FULL, FULL)], ({"cpu": "1"}, {}), "Burstable", id="amounts for the pod decide alone"),
        pytest.param([(FULL, FULL)], ({}, {}), "BestEffort", id="an empty whole decides too"),
        pytest.param([({}, {})], ({"cpu": "1"}, {"cpu": "1"}), "Burstable", id="memory is missing for the pod"),
    ],
)
def test_class(containers, whole, expected):
    spec = PodSpec(
        containers=tuple(Container(resources=resources(*one)) for one in containers),
        resources=None if whole is None else resources(*whole),
    )
    assert compute_pod_qos(spec) == expected
