import pytest

from tests.unit.engines.kubernetes.builders import helped, node, pod, taint, tolerates
from workbench.engines.kubernetes.framework import ClusterEvent, unresolvable
from workbench.engines.kubernetes.plugins.taint_toleration import TaintToleration

REFUSED = unresolvable("node(s) had untolerated taint {gpu: }")


@pytest.mark.parametrize(
    ("taints", "tolerations", "expected"),
    [
        pytest.param([], [], None, id="no taint"),
        pytest.param([taint("gpu")], [], REFUSED, id="tainted, not tolerated"),
        pytest.param([taint("gpu")], [tolerates("gpu")], None, id="empty effect matches every effect"),
        pytest.param([taint("gpu", "NoExecute")], [tolerates("gpu", "NoSchedule")], REFUSED, id="effect differs"),
        pytest.param([taint("gpu", "PreferNoSchedule")], [], None, id="a preference never filters"),
        pytest.param([taint("gpu")], [tolerates()], None, id="Exists without a key matches everything"),
        pytest.param([taint("gpu", value="a")], [tolerates("gpu", value="a")], None, id="Equal, same value"),
        pytest.param(
            [taint("gpu", value="a")],
            [tolerates("gpu", value="b")],
            unresolvable("node(s) had untolerated taint {gpu: a}"),
            id="Equal, other value",
        ),
        pytest.param(
            [taint("soft", "PreferNoSchedule"), taint("gpu"), taint("maint")], [], REFUSED, id="the first one is named"
        ),
    ],
)
def test_filter(taints, tolerations, expected):
    assert TaintToleration().filter(None, pod(tolerations=tuple(tolerations)), node(taints=taints)) == expected


def test_score_counts_preferences_in_the_way():
    soft = [taint("a", "PreferNoSchedule"), taint("b", "PreferNoSchedule"), taint("c", "NoSchedule")]
    plugin = TaintToleration()
    assert plugin.score(None, pod(), node(taints=soft)) == 2
    assert plugin.score(None, pod(tolerations=(tolerates("a"),)), node(taints=soft)) == 1
    assert plugin.score(None, pod(tolerations=(tolerates("a", "NoSchedule"),)), node(taints=soft)) == 2


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param([0, 0], [100, 100], id="none in the way"),
        pytest.param([0, 1, 3], [100, 67, 0], id="100 - 100 * n / max, truncated before it is taken off"),
    ],
)
def test_normalisation(raw, expected):
    assert TaintToleration().normalize_score(None, raw, []) == expected


@pytest.mark.parametrize(
    ("before", "after", "helps"),
    [
        pytest.param(["gpu"], [], True, id="the last one in the way has gone"),
        pytest.param(["gpu", "maint"], ["maint"], False, id="another is still in the way"),
        pytest.param([], [], False, id="none was in the way"),
    ],
)
def test_a_taint_that_goes_helps(before, after, helps):
    event = ClusterEvent("Node", "UpdateNodeTaint", node(taints=map(taint, before)), node(taints=map(taint, after)))
    assert helped(TaintToleration(), event, pod()) == helps
