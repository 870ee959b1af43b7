import pytest

from tests.unit.engines.kubernetes.builders import cluster, expression, node, node_affinity, pod, term
from workbench.engines.kubernetes.framework import SKIP, unresolvable
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.plugins.node_affinity import NodeAffinity
from workbench.engines.kubernetes.schedule_one import schedule

REFUSED = unresolvable("node(s) didn't match Pod's node affinity/selector")
NODE = {"disk": "ssd", "cores": "16"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"node_selector": {"disk": "ssd"}}, None, id="selector matches"),
        pytest.param({"node_selector": {"disk": "hdd"}}, REFUSED, id="selector asks for another value"),
        pytest.param({"affinity": node_affinity(term(expression("disk", "In", "ssd", "hdd")))}, None, id="In"),
        pytest.param({"affinity": node_affinity(term(expression("disk", "NotIn", "ssd")))}, REFUSED, id="NotIn"),
        pytest.param({"affinity": node_affinity(term(expression("rack", "NotIn", "a")))}, None, id="NotIn, no label"),
        pytest.param({"affinity": node_affinity(term(expression("disk", "Exists")))}, None, id="Exists"),
        pytest.param({"affinity": node_affinity(term(expression("disk", "DoesNotExist")))}, REFUSED, id="DoesNotExist"),
        pytest.param({"affinity": node_affinity(term(expression("cores", "Gt", "8")))}, None, id="Gt"),
        pytest.param({"affinity": node_affinity(term(expression("cores", "Lt", "16")))}, REFUSED, id="Lt is strict"),
        pytest.param({"affinity": node_affinity(term(expression("disk", "Gt", "8")))}, REFUSED, id="Gt, no number"),
        pytest.param({"affinity": node_affinity(term())}, REFUSED, id="an empty term matches nothing"),
        pytest.param(
            {"affinity": node_affinity(term(expression("x", "Exists")), term(expression("disk", "Exists")))},
            None,
            id="terms are alternatives",
        ),
        pytest.param(
            {"affinity": node_affinity(term(expression("disk", "Exists"), expression("x", "Exists")))},
            REFUSED,
            id="expressions of a term must all hold",
        ),
        pytest.param(
            {"node_selector": {"disk": "hdd"}, "affinity": node_affinity(term(expression("disk", "Exists")))},
            REFUSED,
            id="selector and affinity must both hold",
        ),
        pytest.param(
            {"affinity": node_affinity(term(fields=[expression("metadata.name", "In", "node-0")]))}, None, id="by name"
        ),
    ],
)
def test_filter(spec, expected):
    assert NodeAffinity().filter(None, pod(**spec), node("node-0", labels=NODE)) == expected


def test_steps_aside_for_pods_without_needs_and_wishes():
    assert NodeAffinity().pre_filter(pod(), cluster()) is SKIP
    assert NodeAffinity().pre_score(pod(), cluster(), []) is SKIP


def test_score_sums_the_weights_of_fulfilled_wishes():
    wishes = [(80, term(expression("disk", "In", "ssd"))), (5, term(expression("x", "Exists"))), (20, term())]
    wishing = pod(affinity=node_affinity(preferred=wishes))
    assert NodeAffinity().score(None, wishing, node(labels=NODE)) == 80


def test_normalisation_is_by_the_best_node():
    assert NodeAffinity().normalize_score(None, [80, 5, 0], []) == [100, 6, 0]  # 100 * 5 / 80 = 6.25


def test_a_pod_that_names_its_nodes_is_tried_there_only():
    named = pod(affinity=node_affinity(term(fields=[expression("metadata.name", "In", "b")])))
    verdict = schedule(DEFAULT_PROFILE, named, cluster(node("a"), node("b"), node("c")))
    assert [one.name for one in verdict.feasible] == ["b"]
    assert verdict.rejected() == {("NodeAffinity", "node(s) didn't satisfy plugin(s) [NodeAffinity]"): 2}
