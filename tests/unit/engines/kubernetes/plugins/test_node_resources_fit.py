"""Expected numbers: worked out by hand from the documented arithmetic, or recorded decisions of version 1.34.1."""

import pytest

from tests.unit.engines.kubernetes.builders import container, helped, node, pod
from workbench.engines.kubernetes.framework import ClusterEvent, unresolvable, unschedulable
from workbench.engines.kubernetes.plugins.least_allocated import least_requested_score
from workbench.engines.kubernetes.plugins.node_resources_fit import NodeResourcesFit
from workbench.formats.quantities import parse_resources
from workbench.model.native.kubernetes.pods import ResourceRequirements

BIG = pod(container("3", "12Gi"))


@pytest.mark.parametrize(
    ("asking", "here", "expected"),
    [
        pytest.param(pod(container("4", "16Gi")), node(), None, id="exactly the whole node"),
        pytest.param(pod(container("1")), node("n", BIG), None, id="exactly what is left"),
        pytest.param(
            pod(container("1001m")), node("n", BIG), unschedulable("Insufficient cpu"), id="one millicore short"
        ),
        pytest.param(
            pod(container("2", "8Gi")),
            node("n", BIG),
            unschedulable("Insufficient cpu", "Insufficient memory"),
            id="every short resource is named",
        ),
        pytest.param(pod(container("5")), node(), unresolvable("Insufficient cpu"), id="more than the whole node"),
        pytest.param(
            pod(container("5", "8Gi")),
            node("n", BIG),
            unresolvable("Insufficient cpu", "Insufficient memory"),
            id="one of two is more than the whole node",
        ),
        pytest.param(pod(), node("n", BIG, pods="1"), unschedulable("Too many pods"), id="as many pods as allowed"),
        pytest.param(
            pod(container("2")),
            node("n", BIG, pods="1"),
            unschedulable("Too many pods", "Insufficient cpu"),
            id="too many pods comes first",
        ),
        pytest.param(
            pod(container("1", **{"nvidia.com/gpu": "1"})),
            node(),
            unresolvable("Insufficient nvidia.com/gpu"),
            id="no such",
        ),
        pytest.param(pod(container("0")), node("n", pod(container("9"))), None, id="nothing asked, node overcommitted"),
        pytest.param(pod(container()), node("n", pod(container("9"))), None, id="best effort, node overcommitted"),
    ],
)
def test_filter(asking, here, expected):
    assert NodeResourcesFit().filter(None, asking, here) == expected


@pytest.mark.parametrize(
    ("asking", "here", "expected"),
    [
        # cpu (4000 - 500) * 100 / 4000 = 87, memory (16384 - 512) * 100 / 16384 = 96, mean 91.5
        pytest.param(pod(container("500m", "512Mi")), node(), 91, id="empty node"),
        # no request counts as 100m and 200Mi: 97 and 98, mean 97.5
        pytest.param(pod(container()), node(), 97, id="best effort"),
        # per container: 300m and 600Mi: 92 and 96
        pytest.param(pod(container(), container(), container()), node(), 94, id="three containers without requests"),
        pytest.param(pod(container("0", "0")), node(), 100, id="an explicit zero stays zero"),
        pytest.param(pod(container("2", "8Gi")), node("n", BIG), 0, id="too much counts as full"),
        # recorded: resources-pod-level, pod p4 on nodes with 4 cpu and 16Gi: the containers' own values count
        pytest.param(
            pod(
                container("50m", "128Mi"),
                container("", "1Gi"),
                resources=ResourceRequirements(requests=parse_resources({"cpu": "3", "memory": "6Gi"})),
            ),
            node(),
            94,
            id="amounts for the pod as a whole do not count",
        ),
    ],
)
def test_least_allocated(asking, here, expected):
    assert NodeResourcesFit().score(None, asking, here) == expected


@pytest.mark.parametrize(
    ("requested", "capacity", "expected"), [(0, 10, 100), (1, 3, 66), (3, 3, 0), (4, 3, 0), (0, 0, 0)]
)
def test_least_requested_score_truncates(requested, capacity, expected):
    assert least_requested_score(requested, capacity) == expected


@pytest.mark.parametrize(
    ("event", "helps"),
    [
        pytest.param(ClusterEvent("AssignedPod", "Delete", pod(container())), True, id="any pod that goes"),
        pytest.param(ClusterEvent("AssignedPod", "Add", None, pod()), False, id="a pod that comes"),
        pytest.param(ClusterEvent("Node", "Add", None, node(cpu="2")), True, id="a node it would fit"),
        pytest.param(ClusterEvent("Node", "Add", None, node(cpu="1")), False, id="a node too small for it"),
        pytest.param(ClusterEvent("Node", "UpdateNodeTaint", node(), node()), True, id="any change of taints"),
        pytest.param(
            ClusterEvent("Node", "UpdateNodeAllocatable", node(cpu="1"), node(cpu="2")), True, id="grown enough"
        ),
        pytest.param(
            ClusterEvent("Node", "UpdateNodeAllocatable", node(cpu="4"), node(cpu="4")), False, id="not grown"
        ),
    ],
)
def test_what_helps(event, helps):
    assert helped(NodeResourcesFit(), event, pod(container("2", "1Gi"))) == helps
