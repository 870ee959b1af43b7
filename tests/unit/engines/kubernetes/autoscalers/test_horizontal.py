from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes.autoscalers.horizontal import Behavior, Bounds, Failed, Memory, reconcile
from workbench.engines.kubernetes.autoscalers.horizontal_behavior import (
    DEFAULT_SCALE_DOWN,
    Change,
    Policy,
    Recommendation,
    Rules,
    scale_down_limit,
    scale_up_limit,
    stabilized,
)
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import (
    MeasuredPod,
    MetricsError,
    Periods,
    Proposal,
    Question,
    Sample,
    Tolerances,
    group_pods,
    pods_replicas,
    resource_replicas,
)
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.pods import Container, PodSpec, ResourceRequirements
from workbench.model.native.kubernetes.quantity import Quantity

NOW = to_us(10_000)
PERIODS = Periods(to_us(300), to_us(30))
SPEC = PodSpec(containers=(Container(name="web", resources=ResourceRequirements(requests={"cpu": Quantity.of(1)})),))
FIVE_MINUTES = to_us(300)
TOLERANCES = Tolerances()


def _old(number, **changes):
    return MeasuredPod(**{"name": f"pod-{number}", "start_us": 0, "ready": True, **changes})


def _asked(pods, usage, target, current=None, tolerances=TOLERANCES):
    """The replicas that cpu usage in thousandths asks for; None is a pod without a sample."""
    metrics = {pod.name: Sample(one, NOW, 0) for pod, one in zip(pods, usage, strict=True) if one is not None}
    question = Question(len(pods) if current is None else current, tuple(pods), tolerances, PERIODS, NOW)
    return resource_replicas(question, target, metrics, {pod.name: SPEC for pod in pods}).replicas


@pytest.mark.parametrize(
    ("usage", "target", "replicas"),
    [
        pytest.param([600, 600], 60, 2, id="on target: nothing"),
        pytest.param([650, 650], 60, 2, id="within a tenth of it: nothing"),
        pytest.param([1000, 1000], 60, 4, id="pods at their request ask for 1/0.6 as many"),
        pytest.param([1000] * 4, 60, 7, id="four at their request: seven, whatever the demand"),
        pytest.param([1000] * 7, 60, 12, id="then twelve"),
        pytest.param([1000] * 12, 60, 20, id="then twenty"),
        pytest.param([3000] * 4, 60, 20, id="pods that may use more say all of it at once"),
        pytest.param([100, 100, 100], 60, 1, id="idle: one is enough"),
        pytest.param([500, None], 60, 2, id="down: a pod without a sample counts as using all it asked for"),
        pytest.param([1000, None], 60, 2, id="up: a pod without a sample counts as idle, so nothing is done"),
    ],
)
def test_what_usage_asks_for(usage, target, replicas):
    assert _asked([_old(number) for number in range(len(usage))], usage, target) == replicas


@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=30), st.integers(1, 200), st.floats(0, 0.5), st.floats(0, 0.5)
)
def test_the_answer_is_as_many_or_the_ratio_times_the_pods_rounded_up(usage, target, down, up):
    replicas = _asked([_old(number) for number in range(len(usage))], usage, target, tolerances=Tolerances(down, up))
    ratio = sum(usage) * 100 // (1000 * len(usage)) / target
    if 1 - down <= ratio <= 1 + up:
        assert replicas == len(usage)
    else:
        assert ratio * len(usage) <= replicas < ratio * len(usage) + 1


@pytest.mark.parametrize(
    ("pod", "group"),
    [
        pytest.param({}, "ready", id="an old ready pod counts"),
        pytest.param({"deleting": True}, "ignored", id="one that is being deleted is ignored"),
        pytest.param({"phase": "Failed"}, "ignored", id="a failed one is ignored"),
        pytest.param({"phase": "Pending"}, "unready", id="one without a node is unready"),
        pytest.param({"ready": None}, "unready", id="without a Ready condition: unready"),
        pytest.param(
            {"start_us": NOW - to_us(60), "ready_change_us": NOW - to_us(20)}, "unready",
            id="young, and its sample reaches back to before it was ready",
        ),
        pytest.param(
            {"start_us": NOW - to_us(60), "ready_change_us": NOW - to_us(40)}, "ready",
            id="young, but its sample began after it was ready",
        ),
        pytest.param({"ready": False, "ready_change_us": to_us(29)}, "unready", id="old and never was ready"),
        pytest.param({"ready": False, "ready_change_us": to_us(30)}, "ready", id="old, was ready once: counts"),
    ],
)  # fmt: skip
def test_whose_cpu_is_trusted(pod, group):
    metrics = {"pod-0": Sample(500, NOW, to_us(30))}
    found = group_pods([_old(0, **pod)], metrics, "cpu", PERIODS, NOW)
    counted = {"ready": found.ready, **{name: len(getattr(found, name)) for name in ("unready", "missing", "ignored")}}
    assert counted == {"ready": 0, "unready": 0, "missing": 0, "ignored": 0} | {group: 1}


def test_readiness_is_not_looked_at_for_other_metrics():
    found = group_pods([_old(0, ready=None)], {"pod-0": Sample(1, NOW, 0)}, "memory", PERIODS, NOW)
    assert found.ready == 1


def test_a_metric_without_any_sample_gives_no_answer():
    question = Question(1, (_old(0),), Tolerances(), PERIODS, NOW)
    with pytest.raises(MetricsError, match="did not receive metrics"):
        pods_replicas(question, 100, {})


def _decided(answers, current):
    return reconcile(Bounds(1, 100), current, answers, Memory(), FIVE_MINUTES, NOW)


FAILED = Failed("FailedGetPodsMetric", MetricsError("no answer"))


@pytest.mark.parametrize(
    ("answers", "current", "replicas"),
    [
        pytest.param([Proposal(3, 0), Proposal(5, 0)], 4, 5, id="the largest proposal counts"),
        pytest.param([Proposal(6, 0), FAILED], 4, 6, id="if one fails the others may still make it larger"),
        pytest.param([Proposal(2, 0), FAILED], 4, 4, id="if one fails nothing gets smaller"),
        pytest.param([FAILED], 4, 4, id="if all fail nothing happens"),
        pytest.param([Proposal(50, 0)], 4, 8, id="at most twice as many"),
        pytest.param([Proposal(50, 0)], 1, 4, id="or four"),
        pytest.param([Proposal(9, 0)], 0, 0, id="size 0 switches it off"),
        pytest.param([Proposal(9, 0)], 150, 100, id="above the upper bound: the bound at once"),
    ],
)
def test_what_one_look_decides(answers, current, replicas):
    assert _decided(answers, current).replicas == replicas


def test_going_down_waits_until_the_highest_recommendation_is_five_minutes_old():
    memory, size, times = Memory((Recommendation(10, 0),)), 10, []
    for second in range(15, 400, 15):
        decision = reconcile(Bounds(1, 100), size, [Proposal(2, 0)], memory, FIVE_MINUTES, to_us(second))
        memory = decision.memory
        if decision.replicas != size:
            size, times = decision.replicas, [*times, second]
    assert (size, times) == (2, [315])


def test_the_budget_of_a_policy_is_for_its_whole_period():
    rules = Rules((Policy("Pods", 4, to_us(60)),))
    bounds, memory, sizes = Bounds(1, 100, Behavior(up=rules)), Memory(), [10]
    for second in range(0, 75, 15):
        decision = reconcile(bounds, sizes[-1], [Proposal(50, 0)], memory, FIVE_MINUTES, to_us(second))
        memory = decision.memory
        sizes.append(decision.replicas)
    assert sizes == [10, 14, 14, 14, 14, 18]


@given(st.integers(0, 1000), st.integers(1, 300), st.integers(0, 200), st.sampled_from(["Max", "Min", "Disabled"]))
def test_limits_enclose_the_present_size(current, percent, pods, select):
    rules = Rules((Policy("Percent", percent, to_us(15)), Policy("Pods", pods, to_us(15))), select=select)
    assert scale_down_limit(current, [], [], rules, NOW) <= current <= scale_up_limit(current, [], [], rules, NOW)


def test_percentages_round_up_on_the_way_up_and_down_on_the_way_down():
    rules = Rules((Policy("Percent", 50, to_us(15)),))
    assert scale_up_limit(3, [], [], rules, NOW) == 5
    assert scale_down_limit(3, [], [], rules, NOW) == 1
    assert scale_down_limit(3, [Change(1, NOW)], [], DEFAULT_SCALE_DOWN, NOW) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 900)), max_size=20), st.integers(0, 50))
def test_a_window_never_lowers_what_is_asked_for(log, desired):
    found, after = stabilized([Recommendation(size, NOW - to_us(ago)) for size, ago in log], desired, FIVE_MINUTES, NOW)
    assert found >= desired
    assert Recommendation(desired, NOW) in after
    assert len(after) <= len(log) + 1
