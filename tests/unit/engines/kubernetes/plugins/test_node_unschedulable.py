import pytest

from tests.unit.engines.kubernetes.builders import helped, node, pod, tolerates
from workbench.engines.kubernetes.framework import ClusterEvent, unresolvable
from workbench.engines.kubernetes.plugins.node_unschedulable import NodeUnschedulable

CORDON = "node.kubernetes.io/unschedulable"
REFUSED = unresolvable("node(s) were unschedulable")


@pytest.mark.parametrize(
    ("cordoned", "tolerations", "expected"),
    [
        pytest.param(False, (), None, id="not cordoned"),
        pytest.param(True, (), REFUSED, id="cordoned"),
        pytest.param(True, (tolerates(CORDON, "NoSchedule"),), None, id="tolerates the taint of cordoned nodes"),
        pytest.param(True, (tolerates(),), None, id="tolerates everything"),
        pytest.param(True, (tolerates("other"),), REFUSED, id="tolerates something else"),
    ],
)
def test_filter(cordoned, tolerations, expected):
    assert NodeUnschedulable().filter(None, pod(tolerations=tolerations), node(unschedulable=cordoned)) == expected


@pytest.mark.parametrize(
    ("before", "after", "helps"),
    [
        pytest.param(True, False, True, id="uncordoned"),
        pytest.param(False, False, False, id="was not cordoned"),
        pytest.param(True, True, False, id="still cordoned"),
    ],
)
def test_uncordoning_helps(before, after, helps):
    event = ClusterEvent("Node", "UpdateNodeTaint", node(unschedulable=before), node(unschedulable=after))
    assert helped(NodeUnschedulable(), event, pod()) == helps
