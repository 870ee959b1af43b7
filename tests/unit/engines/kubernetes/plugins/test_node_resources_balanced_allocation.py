import pytest

from tests.unit.engines.kubernetes.builders import cluster, container, node, pod
from workbench.engines.kubernetes.framework import SKIP
from workbench.engines.kubernetes.plugins.node_resources_balanced_allocation import (
    NodeResourcesBalancedAllocation,
    balance,
)
from workbench.formats.quantities import parse_resources
from workbench.model.native.kubernetes.pods import ResourceRequirements


@pytest.mark.parametrize(
    ("asking", "here", "expected"),
    [
        # 500/4000 = 0.125 and 512/16384 = 0.03125: 1 - 0.09375 / 2 = 0.953
        pytest.param(pod(container("500m", "512Mi")), node(), 95, id="a little apart"),
        pytest.param(pod(container("1", "4Gi")), node(), 100, id="in step"),
        # 4 of 4 counts as 1, 8 of 4 too
        pytest.param(pod(container("8", "16Gi")), node(), 100, id="fractions count up to 1"),
        # 3.5 of 4 = 0.875 and 12.5 of 16 = 0.78125: 1 - 0.09375 / 2
        pytest.param(pod(container("500m", "512Mi")), node("n", pod(container("3", "12Gi"))), 95, id="with pods there"),
        # recorded: resources-pod-level, pod p4: 3 of 4 and 6Gi of 16Gi, 1 - 0.375 / 2 = 0.8125
        pytest.param(
            pod(
                container("50m", "128Mi"),
                resources=ResourceRequirements(requests=parse_resources({"cpu": "3", "memory": "6Gi"})),
            ),
            node(),
            81,
            id="amounts for the pod as a whole count",
        ),
    ],
)
def test_score(asking, here, expected):
    assert NodeResourcesBalancedAllocation().score(None, asking, here) == expected


def test_steps_aside_for_best_effort_pods():
    assert NodeResourcesBalancedAllocation().pre_score(pod(container()), cluster(), []) is SKIP
    assert NodeResourcesBalancedAllocation().pre_score(pod(container("1m")), cluster(), []) is not SKIP


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        pytest.param([], 100, id="none"),
        pytest.param([0.5], 100, id="one"),
        pytest.param([0.0, 1.0], 50, id="two: half the difference"),
        pytest.param([0.0, 0.0, 1.0], 52, id="three: population standard deviation 0.471"),
    ],
)
def test_balance(fractions, expected):
    assert balance(fractions) == expected
