"""Plans of dcos-commons: which step is next."""

from __future__ import annotations

import pytest

from workbench.engines.mesos.frameworks.sdk_plan import (
    Aim,
    Phase,
    Plan,
    Status,
    Step,
    candidates,
    coordinate,
    deploy_plan,
)
from workbench.engines.mesos.frameworks.sdk_recovery import ReplacementPolicy, next_look_us, recovery_of
from workbench.model.clock import NEVER

P, S, C = Status.PENDING, Status.STARTING, Status.COMPLETE


def phase(strategy, *statuses, first=0):
    steps = [Step(first + number, Aim.DEPLOY, status) for number, status in enumerate(statuses)]
    return Phase("phase", steps, strategy)


@pytest.mark.parametrize(
    ("plan", "next_"),
    [
        pytest.param(Plan("p", [phase("serial", P, P, P)]), [0], id="serial: one at a time"),
        pytest.param(Plan("p", [phase("serial", C, P, P)]), [1], id="serial: the next once one is complete"),
        pytest.param(Plan("p", [phase("serial", C, S, P)]), [], id="serial: nobody beside one that is on its way"),
        pytest.param(Plan("p", [phase("parallel", C, S, P, P)]), [2, 3], id="parallel: all that have not begun"),
        pytest.param(
            Plan("p", [phase("parallel", C, C), phase("parallel", P, P, first=2)]), [2, 3],
            id="a serial plan: the second phase after the first",
        ),
        pytest.param(
            Plan("p", [phase("parallel", C, S), phase("parallel", P, P, first=2)]), [],
            id="a serial plan: the second phase waits for all of the first",
        ),
        pytest.param(
            Plan("p", [phase("serial", P, P), phase("serial", P, P, first=2)], "parallel"), [0, 2],
            id="a parallel plan of serial phases: one of each",
        ),
    ],
)  # fmt: skip
def test_candidates(plan, next_):
    assert [step.pod for step in candidates(plan)] == next_


def test_no_two_plans_touch_one_pod_and_deployment_comes_first():
    deploy = Plan("deploy", [Phase("node", [Step(0, Aim.DEPLOY, C), Step(1, Aim.UPDATE, S), Step(2, Aim.UPDATE)])])
    recovery = Plan("recovery", [Phase(f"pod-{pod}", [Step(pod, Aim.TRANSIENT)]) for pod in (0, 1, 2)], "parallel")
    assert [(step.pod, step.aim) for step in coordinate((deploy, recovery))] == [
        (0, Aim.TRANSIENT),
        (2, Aim.TRANSIENT),  # the deployment is still busy with pod 1
    ]
    deploy.steps[1].status = C
    assert [(step.pod, step.aim) for step in coordinate((deploy, recovery))] == [
        (2, Aim.UPDATE),
        (0, Aim.TRANSIENT),
        (1, Aim.TRANSIENT),
    ]


@pytest.mark.parametrize(
    ("shape", "strategy", "first"),
    [
        pytest.param("ring", "serial", [0], id="Cassandra: nodes one after another"),
        pytest.param("ensemble", "parallel", [0, 1, 2, 3], id="all together where the app says so"),
        pytest.param("primary", "parallel", [0], id="HDFS: the first alone, then the others"),
        pytest.param(None, "serial", [0], id="without copies: one after another"),
    ],
)
def test_deploy_plans(shape, strategy, first):
    plan = deploy_plan(shape, range(4), strategy)
    assert [step.pod for step in candidates(plan)] == first
    for step in candidates(plan):
        step.status = C
    rest = [1, 2, 3] if shape == "primary" else [1] if strategy == "serial" else []
    assert [step.pod for step in candidates(plan)] == rest


POLICY = ReplacementPolicy(failed_after_us=1200, apart_us=600)


@pytest.mark.parametrize(
    ("now", "asked", "policy", "aim"),
    [
        pytest.param(10**9, False, None, Aim.TRANSIENT, id="without a policy nothing is ever given up"),
        pytest.param(1299, False, POLICY, Aim.TRANSIENT, id="not yet"),
        pytest.param(1300, False, POLICY, Aim.PERMANENT, id="failed for long enough"),
        pytest.param(101, True, None, Aim.PERMANENT, id="an operator asked for it"),
    ],
)
def test_when_a_failure_is_permanent(now, asked, policy, aim):
    assert recovery_of(100, now, asked, policy) is aim


def test_replacements_lie_apart():
    assert next_look_us(100, NEVER, POLICY) == 1300
    assert next_look_us(100, 1000, POLICY) == 1600
    assert next_look_us(100, 200, POLICY) == 1300
