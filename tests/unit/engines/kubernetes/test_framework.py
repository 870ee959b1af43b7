import pytest

from tests.unit.engines.kubernetes.builders import cluster, container, node, pod, taint
from workbench.engines.kubernetes.fit_error import dominant_reason, fit_error, rejected_text
from workbench.engines.kubernetes.framework import default_normalize_score
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.schedule_one import schedule

CPU = ("NodeResourcesFit", "Insufficient cpu")
MEMORY = ("NodeResourcesFit", "Insufficient memory")
TAINT = ("TaintToleration", "node(s) had untolerated taint {gpu: }")


@pytest.mark.parametrize(
    ("scores", "reverse", "expected"),
    [
        pytest.param([0, 0], False, [0, 0], id="all zero stays"),
        pytest.param([0, 0], True, [100, 100], id="all zero, reversed"),
        pytest.param([1, 2, 3], False, [33, 66, 100], id="truncated"),
        pytest.param([1, 2, 3], True, [67, 34, 0], id="truncated, then reversed"),
    ],
)
def test_normalisation(scores, reverse, expected):
    assert default_normalize_score(scores, reverse=reverse) == expected


def test_the_message_is_upstreams():
    assert fit_error(8, {CPU: 5, TAINT: 3}) == (
        "0/8 nodes are available: 3 node(s) had untolerated taint {gpu: }, 5 Insufficient cpu."
    )


def test_reasons_are_sorted_as_texts_so_ten_comes_before_nine():
    assert fit_error(19, {CPU: 9, TAINT: 10}).startswith("0/19 nodes are available: 10 node(s)")


def test_the_dominant_reason_is_the_most_frequent_and_then_the_first():
    assert dominant_reason({CPU: 2, TAINT: 3}) == TAINT[1]
    assert dominant_reason({MEMORY: 2, CPU: 2}) == CPU[1]
    assert dominant_reason({}) == ""


def test_counts_as_the_trace_writes_them():
    text = "NodeResourcesFit/Insufficient cpu=5; TaintToleration/node(s) had untolerated taint {gpu: }=3"
    assert rejected_text({TAINT: 3, CPU: 5}) == text


def test_the_first_plugin_that_refuses_decides():
    verdict = schedule(DEFAULT_PROFILE, pod(container("9")), cluster(node("a", taints=[taint("gpu")]), node("b")))
    assert {name: plugin for name, (plugin, _) in verdict.statuses.items()} == {
        "a": "TaintToleration",
        "b": "NodeResourcesFit",
    }


def test_the_emptier_node_wins():
    verdict = schedule(DEFAULT_PROFILE, pod(), cluster(node("a", pod(container("2", "8Gi"))), node("b")))
    assert [one.name for one in verdict.best()] == ["b"]
    # taints 300 everywhere; a: cpu 37, memory 46 -> 41, in step within 0.09375 / 2 -> 95; b: 87, 96 -> 91 and 95
    assert verdict.totals == [300 + 41 + 95, 300 + 91 + 95]


def test_a_single_feasible_node_is_not_scored():
    verdict = schedule(DEFAULT_PROFILE, pod(), cluster(node("a", unschedulable=True), node("b")))
    assert ([one.name for one in verdict.best()], verdict.scores) == (["b"], {})


def test_plugins_come_in_upstreams_order_with_upstreams_weights():
    assert [plugin.name for plugin in DEFAULT_PROFILE.filters] == [
        "NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit",
        "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread",
        "InterPodAffinity", "DynamicResources",
    ]  # fmt: skip
    assert {plugin.name: weight for plugin, weight in DEFAULT_PROFILE.scores} == {
        "TaintToleration": 3, "NodeAffinity": 2, "PodTopologySpread": 2, "InterPodAffinity": 2, "NodeResourcesFit": 1,
        "NodeResourcesBalancedAllocation": 1, "VolumeBinding": 1, "ImageLocality": 1,
    }  # fmt: skip
