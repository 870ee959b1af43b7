import pytest

from tests.unit.engines.kubernetes.builders import cluster, container, helped, node, pod
from workbench.engines.kubernetes.framework import SKIP, ClusterEvent, unschedulable
from workbench.engines.kubernetes.plugins.node_ports import NodePorts
from workbench.model.native.kubernetes.pods import Container, ContainerPort

REFUSED = unschedulable("node(s) didn't have free ports for the requested pod ports")


def on(ip: str, protocol: str, port: int):
    return pod(
        Container(name="c", ports=(ContainerPort(container_port=1, host_port=port, host_ip=ip, protocol=protocol),))
    )


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        pytest.param(("", "TCP", 80), ("", "TCP", 81), None, id="another port"),
        pytest.param(("", "TCP", 80), ("", "TCP", 80), REFUSED, id="same port"),
        pytest.param(("", "TCP", 80), ("", "UDP", 80), None, id="another protocol"),
        pytest.param(("10.0.0.1", "TCP", 80), ("10.0.0.2", "TCP", 80), None, id="another address"),
        pytest.param(("10.0.0.1", "TCP", 80), ("", "TCP", 80), REFUSED, id="all addresses against one"),
        pytest.param(("", "TCP", 80), ("10.0.0.1", "TCP", 80), REFUSED, id="one address against all"),
    ],
)
def test_filter(held, wanted, expected):
    assert NodePorts().filter(None, on(*wanted), node("n", on(*held))) == expected


def test_ports_are_free_again_when_the_pod_has_gone():
    busy, here = on("", "TCP", 80), node("n", on("", "TCP", 80))
    here.remove_pod(next(iter(here.pods)))
    assert NodePorts().filter(None, busy, here) is None


def test_ports_of_init_containers_count_for_sidecars_only():
    plain, sidecar = (
        container(ports=[80]),
        Container(name="s", restart_policy="Always", ports=container(ports=[81]).ports),
    )
    assert pod(container("1"), init_containers=(plain, sidecar)).host_ports == (("0.0.0.0", "TCP", 81),)


def test_steps_aside_for_pods_without_host_ports():
    assert NodePorts().pre_filter(pod(), cluster()) is SKIP


@pytest.mark.parametrize(
    ("port", "helps"), [pytest.param(80, True, id="held it"), pytest.param(81, False, id="did not")]
)
def test_the_end_of_a_pod_helps_if_it_held_the_port(port, helps):
    event = ClusterEvent("AssignedPod", "Delete", on("", "TCP", port))
    assert helped(NodePorts(), event, on("", "TCP", 80)) == helps
