"""What a budget allows, and that it reckons from what owners want."""

from __future__ import annotations

import pytest

from tests.make import app
from tests.unit.engines.kubernetes.builders import container, pod
from workbench.engines.kubernetes.controllers.disruption import DELETION_TIMEOUT_US, BudgetStatus, budget_status
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.native.kubernetes import PodDisruptionBudget
from workbench.model.native.kubernetes.policy import PodDisruptionBudgetSpec


def pods(ready: int, others: int = 0, going: int = 0) -> list[PodObject]:
    states = [(True, False)] * ready + [(False, False)] * others + [(True, True)] * going
    return [
        PodObject(
            uid=number, name=f"p{number}", namespace="default", app=app(), info=pod(container("1")), owner="", index=-1,
            version=1, created_us=0, phase="Running", ready=is_ready, deletion_us=9 if deleting else -1,
        )
        for number, (is_ready, deleting) in enumerate(states)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "there", "wanted", "allowed"),
    [
        pytest.param({"min_available": 3}, pods(4), 4, 1, id="one may go while three stay"),
        pytest.param({"min_available": 3}, pods(3), 4, 0, id="three must stay"),
        pytest.param({"min_available": 0}, pods(2), 2, 2, id="none must stay"),
        pytest.param({"min_available": "50%"}, pods(5), 5, 2, id="a share of the size wanted, rounded up: 3 of 5"),
        pytest.param({"min_available": "50%"}, pods(3), 8, 0, id="of the size wanted, though only three are there"),
        pytest.param({"min_available": 2}, pods(3), None, 1, id="a number needs no owner"),
        pytest.param({"max_unavailable": 1}, pods(4), 4, 1, id="one may be missing"),
        pytest.param({"max_unavailable": 1}, pods(3, others=1), 4, 0, id="one is missing already: not ready"),
        pytest.param({"max_unavailable": 1}, pods(3), 4, 0, id="one is missing already: not there"),
        pytest.param({"max_unavailable": 1}, pods(3, going=1), 4, 0, id="one is missing already: being deleted"),
        pytest.param({"max_unavailable": "30%"}, pods(4), 4, 2, id="a share that may be missing is rounded up"),
        pytest.param({"max_unavailable": 9}, pods(2), 2, 2, id="no more than there are"),
        pytest.param({"max_unavailable": 1}, pods(4), None, 0, id="of unknown owners nothing is allowed"),
        pytest.param({"max_unavailable": 1}, [], 0, 0, id="nothing of nothing"),
    ],
)
def test_how_many_may_be_taken_away(spec, there, wanted, allowed):
    budget = PodDisruptionBudget(spec=PodDisruptionBudgetSpec(**spec))
    assert budget_status(budget, there, wanted, {}, 0).allowed == allowed


@pytest.mark.parametrize(
    ("granted", "now", "healthy", "kept"),
    [
        pytest.param({0: 0}, 1, 3, {0: 0}, id="granted, not seen to go yet: counted as gone"),
        pytest.param({9: 0}, 1, 4, {}, id="gone by now: forgotten"),
        pytest.param({0: 0}, DELETION_TIMEOUT_US, 4, {}, id="still there two minutes later: counted again"),
    ],
)
def test_evictions_that_were_granted(granted, now, healthy, kept):
    budget = PodDisruptionBudget(spec=PodDisruptionBudgetSpec(max_unavailable=2))
    status = budget_status(budget, pods(4), 4, granted, now)
    assert status == BudgetStatus(4, healthy, 2, healthy - 2, kept)
