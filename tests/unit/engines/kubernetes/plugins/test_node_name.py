import pytest

from tests.unit.engines.kubernetes.builders import node, pod
from workbench.engines.kubernetes.framework import unresolvable
from workbench.engines.kubernetes.plugins.node_name import NodeName


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("node-0", None, id="the node it names"),
        pytest.param("node-1", unresolvable("node(s) didn't match the requested node name"), id="another node"),
        pytest.param("", None, id="names none"),
    ],
)
def test_filter(wanted, expected):
    assert NodeName().filter(None, pod(node_name=wanted), node("node-0")) == expected
