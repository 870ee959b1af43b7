"""Who must go for whom: rows follow upstream's rules, in the order in which they count."""

import pytest

from tests.unit.engines.kubernetes.builders import HOSTNAME, apart, cluster, container, near, node
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.plugins.default_preemption import candidates_wanted, preempt, split_by_budgets
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.schedule_one import schedule
from workbench.model.native.kubernetes import ObjectMeta, PodDisruptionBudget, PodSpec
from workbench.model.native.kubernetes.meta import LabelSelector
from workbench.model.native.kubernetes.policy import PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from workbench.model.native.kubernetes.scheduler_configuration import DefaultPreemptionArgs


def victim(name, cpu="1", priority=0, start=0, app="", **spec):
    made = PodSpec(containers=(container(cpu),), priority=priority, **spec)
    info = PodInfo("default", {"app": app} if app else {}, made, name=name)
    info.start_time = f"2026-01-01T00:00:{start:02d}Z"
    return info


def budget(app, allowed):
    return PodDisruptionBudget(
        metadata=ObjectMeta(name=app, namespace="default"),
        spec=PodDisruptionBudgetSpec(selector=LabelSelector(match_labels={"app": app})),
        status=PodDisruptionBudgetStatus(disruptions_allowed=allowed),
    )


def preemption(asking, nodes, budgets=(), **more):
    there = cluster(*(node(name, *pods, cpu="4") for name, pods in nodes.items()))
    there.listers = type(there.listers)()
    for one in budgets:
        there.listers.add(one)
    return preempt(DEFAULT_PROFILE, asking, there, schedule(DEFAULT_PROFILE, asking, there), **more)


def outcome(found):
    return {one.node.name: [other.name for other in one.victims] for one in found.tied}


URGENT = victim("urgent", "2", priority=10)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param({"a": [victim("x", "4")]}, {"a": ["x"]}, id="the one that is in the way"),
        pytest.param(
            {"a": [victim("old", "2", start=1), victim("new", "2", start=2)]}, {"a": ["new"]}, id="the older one stays"
        ),
        pytest.param(
            {"a": [victim("low", "2", 1, 1), victim("high", "2", 5, 2)]}, {"a": ["low"]}, id="the lower one goes"
        ),
        pytest.param(
            {"a": [victim("x", "4", 5)], "b": [victim("y", "4", 3)]}, {"b": ["y"]}, id="the less important victim"
        ),
        pytest.param(
            {"a": [victim("x", "4")], "b": [victim("y", "1"), victim("z", "2"), victim("k", "1", 20)]},
            {"a": ["x"], "b": ["z"]},
            id="equal: both are named",
        ),
        pytest.param(
            {"a": [victim("x", "2"), victim("y", "2", start=9), victim("k", "0", 5)], "b": [victim("z", "4", start=3)]},
            {"a": ["y"]},
            id="the victim that started last",
        ),
        pytest.param({"a": [victim("x", "4", 10)]}, {}, id="equals are not displaced"),
        pytest.param({"a": [victim("x", "3", 20), victim("y", "1")]}, {}, id="not even without the lower one"),
    ],
)
def test_victims(nodes, expected):
    assert outcome(preemption(URGENT, nodes)) == expected


def test_pods_covered_by_a_spent_budget_are_spared_if_others_will_do():
    pods = [victim("guarded", "2", app="db", start=9), victim("free", "2", start=1)]
    assert outcome(preemption(URGENT, {"a": pods})) == {"a": ["guarded"]}
    found = preemption(URGENT, {"a": pods}, [budget("db", 0)])
    assert outcome(found) == {"a": ["free"]}
    assert found.tied[0].pdb_violations == 0


def test_a_budget_allows_the_first_ones_only():
    pods = [victim(name, app="db") for name in ("p", "q", "r")]
    violating, others = split_by_budgets(pods, [budget("db", 2)])
    assert ([one.name for one in violating], [one.name for one in others]) == (["r"], ["p", "q"])


NEVER = PodInfo("default", {}, PodSpec(containers=(container("2"),), priority=10, preemption_policy="Never"))
FULL = {"a": [victim("x", "4")]}


@pytest.mark.parametrize(
    ("asking", "nodes", "message"),
    [
        pytest.param(NEVER, FULL, "not eligible due to preemptionPolicy=Never.", id="may not"),
        pytest.param(
            victim("first", "2"), FULL,
            "0/1 nodes are available: 1 No preemption victims found for incoming pod.", id="nobody below",
        ),
        pytest.param(
            victim("huge", "9", 10), FULL,
            "0/1 nodes are available: 1 Preemption is not helpful for scheduling.", id="beyond the whole node",
        ),
        pytest.param(
            victim("friend", "1", 10, affinity=near(HOSTNAME, app="none")), {"a": [victim("x", "1")]},
            "0/1 nodes are available: 1 Preemption is not helpful for scheduling.", id="company cannot be made",
        ),
    ],
)  # fmt: skip
def test_why_nobody_goes(asking, nodes, message):
    found = preemption(asking, nodes)
    assert (found.tied, found.message) == ([], message)


def test_unwanted_company_can_be_sent_away():
    shy = victim("shy", "1", 10, affinity=apart(HOSTNAME, app="loud"))
    assert outcome(preemption(shy, {"a": [victim("l", "1", app="loud"), victim("q", "1")]})) == {"a": ["l"]}


def test_a_pod_waits_while_its_victims_end():
    ending = victim("x", "4")
    ending.terminating = ending.preempted = True
    found = preemption(URGENT, {"a": [ending]}, nominated_node="a")
    assert found.message == "not eligible due to a terminating pod on the nominated node."
    assert not found.clears_nomination


def test_a_promised_node_is_full_for_others():
    promised = {"a": [victim("coming", "3", 10)]}
    there = cluster(node("a", cpu="4"))
    asking = victim("late", "2", 5)
    assert schedule(DEFAULT_PROFILE, asking, there, nominated=promised).feasible == []
    higher = victim("higher", "2", 20)
    assert len(schedule(DEFAULT_PROFILE, higher, there, nominated=promised).feasible) == 1


@pytest.mark.parametrize(("potential", "expected"), [(50, 50), (500, 100), (5000, 500)])
def test_so_many_candidates_are_enough(potential, expected):
    assert candidates_wanted(potential, DefaultPreemptionArgs()) == expected
