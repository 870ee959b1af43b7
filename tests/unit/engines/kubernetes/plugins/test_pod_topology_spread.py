"""Expected values follow upstream's arithmetic, worked out by hand in the margin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.engines.kubernetes.builders import HOSTNAME, ZONE, cluster, expression, node, node_affinity, pod, spread
from tests.unit.engines.kubernetes.builders import term as node_term
from workbench.engines.kubernetes.framework import SKIP, unresolvable, unschedulable
from workbench.engines.kubernetes.plugins.pod_topology_spread import PodTopologySpread, Spread
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.native.kubernetes import ObjectMeta, Service
from workbench.model.native.kubernetes.core import ServiceSpec
from workbench.model.native.kubernetes.meta import LabelSelector, OwnerReference

FULL = unschedulable("node(s) didn't match pod topology spread constraints")
NO_LABEL = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")

WEB = pod(labels={"app": "web"})


def web(*constraints, **spec):
    return pod(labels={"app": "web"}, topology_spread_constraints=constraints, **spec)


def three():
    """Zone a: two nodes with 2 and 0 web pods; zone b: one node with 1."""
    return [
        node("a1", WEB, WEB, labels={ZONE: "a"}),
        node("a2", labels={ZONE: "a"}),
        node("b1", WEB, labels={ZONE: "b"}),
    ]


def verdicts(asking, *nodes):
    plugin, there = PodTopologySpread(), cluster(*nodes)
    state = plugin.pre_filter(asking, there)
    return [plugin.filter(state, asking, one) for one in nodes]


SOME_KEYS = replace(spread(1, ZONE, app="web"), match_label_keys=("app",))


@pytest.mark.parametrize(
    ("asking", "expected"),
    [
        # zones hold 2 and 1; one more in a would be 3 - 1 = 2
        pytest.param(web(spread(1, ZONE, app="web")), [FULL, FULL, None], id="by zone"),
        pytest.param(web(spread(2, ZONE, app="web")), [None] * 3, id="a larger skew is allowed"),
        # nodes hold 2, 0, 1; the fewest is 0
        pytest.param(web(spread(1, HOSTNAME, app="web")), [FULL, None, FULL], id="by node"),
        pytest.param(web(spread(2, HOSTNAME, app="web")), [FULL, None, None], id="by node, skew 2"),
        pytest.param(
            web(spread(1, ZONE, app="web"), spread(1, HOSTNAME, app="web")), [FULL, FULL, FULL], id="all must hold"
        ),
        pytest.param(web(spread(1, "rack", app="web")), [NO_LABEL] * 3, id="nodes without the label"),
        # 2 - 0 and 1 - 0: the fewest counts as 0 with fewer than three zones
        pytest.param(web(replace(spread(1, ZONE, app="web"), min_domains=3)), [FULL] * 3, id="too few domains"),
        # the pod does not match its own selector, so it adds nothing: 2 - 1
        pytest.param(
            pod(labels={"app": "db"}, topology_spread_constraints=(spread(1, ZONE, app="web"),)),
            [None] * 3,
            id="another kind than its own",
        ),
        pytest.param(web(SOME_KEYS), [FULL, FULL, None], id="a label that is named by key"),
        # an empty selector counts no pod that is there, but the pod itself: 0 + 1 - 0
        pytest.param(web(spread(1, ZONE)), [None] * 3, id="an empty selector finds nobody"),
    ],
)
def test_filter(asking, expected):
    assert verdicts(asking, *three()) == expected


def test_pods_on_their_way_out_do_not_count():
    ending = node("a1", WEB.as_terminating, WEB.as_terminating, labels={ZONE: "a"})
    assert verdicts(web(spread(1, ZONE, app="web")), ending, node("b1", labels={ZONE: "b"})) == [None, None]


def test_nodes_where_the_pod_may_not_go_count_only_if_told_so():
    only_a = node_affinity(node_term(expression(ZONE, "In", "a")))
    # zone b does not count: the fewest is that of a itself, 2 + 1 - 2
    assert verdicts(web(spread(1, ZONE, app="web"), affinity=only_a), *three())[0] is None
    ignoring = replace(spread(1, ZONE, app="web"), node_affinity_policy="Ignore")
    assert verdicts(web(ignoring, affinity=only_a), *three())[0] == FULL


def scores(asking, nodes, listers=None):
    plugin, there = PodTopologySpread(), cluster(*nodes)
    if listers is not None:
        there.listers = listers
    state = plugin.pre_score(asking, there, nodes)
    if state is SKIP:
        return SKIP
    raw = [plugin.score(state, asking, one) for one in nodes]
    return raw, plugin.normalize_score(state, raw, nodes)


def test_score_by_zone():
    # ln(2 zones + 2) = 1.386; zone a: 2 * 1.386 + 0 = 2.77 -> 3; zone b: 1.386 -> 1; then 100 * (3 + 1 - s) / 3
    soft = web(spread(1, ZONE, "ScheduleAnyway", app="web"))
    assert scores(soft, three()) == ([3, 3, 1], [33, 33, 100])


def test_score_by_node():
    # ln(3 nodes + 2) = 1.609: 2, 0, 1 pods -> 3, 0, 2; then 100 * (3 + 0 - s) / 3
    soft = web(spread(1, HOSTNAME, "ScheduleAnyway", app="web"))
    assert scores(soft, three()) == ([3, 0, 2], [0, 100, 33])


def test_nodes_without_the_label_get_nothing():
    soft = web(spread(1, ZONE, "ScheduleAnyway", app="web"))
    assert scores(soft, [*three(), node("bare")]) == ([3, 3, 1, 0], [33, 33, 100, 0])


def test_no_pods_at_all_are_worth_100_everywhere():
    soft = web(spread(1, ZONE, "ScheduleAnyway", app="web"))
    assert scores(soft, [node("a", labels={ZONE: "a"}), node("b", labels={ZONE: "b"})]) == ([0, 0], [100, 100])


def test_pods_behind_a_service_spread_by_default():
    there = cluster(*three())
    there.listers = type(there.listers)()
    there.listers.add(Service(metadata=ObjectMeta(namespace="default"), spec=ServiceSpec(selector={"app": "web"})))
    assert scores(WEB, three()) is SKIP
    # skew 3 by node, 5 by zone: ln(5) and ln(4) per pod, plus 2 and 4
    # a1: 2 * 1.609 + 2 + 2 * 1.386 + 4 = 11.99; a2: 0 + 2 + 2.77 + 4 = 8.77; b1: 1.609 + 2 + 1.386 + 4 = 8.995
    raw, normal = scores(WEB, three(), there.listers)
    assert raw == [12, 9, 9]
    assert normal == [75, 100, 100]  # 100 * (12 + 9 - 12) // 12 = 75


def test_a_controller_adds_to_what_its_pods_are_known_by():
    there = cluster(*three())
    there.listers = type(there.listers)()
    there.listers.owner_selectors["ReplicaSet", "default", "web-1"] = LabelSelector(match_labels={"app": "web"})
    owned = PodInfo(
        "default", {"app": "web"}, WEB.spec, controller=OwnerReference(kind="ReplicaSet", name="web-1", controller=True)
    )
    assert scores(owned, three(), there.listers)[0] == [12, 9, 9]


def test_steps_aside_for_pods_without_constraints():
    plugin, there = PodTopologySpread(), cluster(*three())
    assert plugin.pre_filter(WEB, there) is SKIP
    assert plugin.pre_score(WEB, there, there.nodes) is SKIP


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-2, 3), st.booleans()), max_size=20))
def test_the_fewest_are_those_of_the_emptiest_place_whenever_asked(steps):
    spread_over = Spread((), [{}])
    for place, number, asked in steps:
        spread_over.add(0, place, number)
        if asked:
            assert spread_over.fewest(0) == min(spread_over.counts[0].values())
