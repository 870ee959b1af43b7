"""What wishes about other pods are worth; expected values worked out by hand from upstream's arithmetic."""

import pytest

from tests.unit.engines.kubernetes.builders import HOSTNAME, ZONE, cluster, near, node, pod, wish_apart, wish_near
from workbench.engines.kubernetes.framework import SKIP
from workbench.engines.kubernetes.plugins.inter_pod_affinity import InterPodAffinity

WEB = pod(labels={"app": "web"})
ASKING = pod(labels={"app": "new"})


def raw(asking, *pods_by_node, plugin=None):
    """Return the raw scores of three nodes, the first two in zone a."""
    plugin = plugin or InterPodAffinity()
    zones = ("a", "a", "b")
    nodes = [node(f"n{k}", *pods, labels={ZONE: zones[k]}) for k, pods in enumerate(pods_by_node)]
    state = plugin.pre_score(asking, cluster(*nodes), nodes)
    return SKIP if state is SKIP else [plugin.score(state, asking, one) for one in nodes]


LIKED = pod(labels={"app": "x"}, affinity=wish_near(ZONE, 7, app="new"))
DISLIKED = pod(labels={"app": "x"}, affinity=wish_apart(HOSTNAME, 4, app="new"))
BOUND = pod(labels={"app": "x"}, affinity=near(ZONE, app="new"))


@pytest.mark.parametrize(
    ("asking", "pods", "expected"),
    [
        pytest.param(pod(affinity=wish_near(ZONE, 10, app="web")), [(WEB, WEB), (), (WEB,)], [20, 20, 10], id="near"),
        pytest.param(
            pod(affinity=wish_apart(HOSTNAME, 10, app="web")), [(WEB, WEB), (), (WEB,)], [-20, 0, -10], id="apart"
        ),
        pytest.param(ASKING, [(LIKED,), (), (DISLIKED,)], [7, 7, -4], id="wishes of pods already there"),
        pytest.param(ASKING, [(BOUND,), (), ()], [1, 1, 0], id="a required term of a pod already there is worth 1"),
        pytest.param(ASKING, [(WEB,), (), ()], SKIP, id="nobody wishes anything"),
    ],
)
def test_score(asking, pods, expected):
    assert raw(asking, *pods) == expected


def test_required_terms_are_worth_what_the_configuration_says():
    assert raw(ASKING, (BOUND,), (), (), plugin=InterPodAffinity(50)) == [50, 50, 0]
    assert raw(ASKING, (BOUND,), (), (), plugin=InterPodAffinity(0)) is SKIP


def test_wishes_of_others_can_be_ignored_for_pods_without_any():
    assert raw(ASKING, (LIKED,), (), (), plugin=InterPodAffinity(ignore_existing_wishes=True)) is SKIP


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([0, 29, 100], [0, 28, 100], id="29 / 100 is a little less than 0.29"),
        pytest.param([-5, 0, 5], [0, 50, 100], id="from the lowest to the highest"),
        pytest.param([3, 3, 3], [0, 0, 0], id="all equal is nothing"),
    ],
)
def test_normalisation(scores, expected):
    assert InterPodAffinity().normalize_score(None, scores, []) == expected
