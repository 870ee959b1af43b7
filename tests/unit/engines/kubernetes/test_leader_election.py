"""kube-scheduler is lost: pods run on, and nothing new is placed until a standby holds the lease, 13 to 17 s later."""

from __future__ import annotations

import pytest

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.leader_election import taken_over_us
from workbench.model.faults import Fault


@pytest.mark.parametrize(
    ("lost", "renew", "retry", "taken"),
    [
        pytest.param(100, 0, 0, 116, id="renewed at this very moment, the lease runs out between two looks"),
        pytest.param(100, 0, 1, 115, id="a look as the lease runs out"),
        pytest.param(101.9, 0, 1, 115, id="renewed long before the loss"),
        pytest.param(100, 0, 0.9, 116.9, id="just missed"),
    ],
)
def test_when_the_standby_leads(lost, renew, retry, taken):
    assert taken_over_us(seconds(lost), seconds(renew), seconds(retry)) == seconds(taken)


@pytest.mark.parametrize("seed", range(1, 11))
def test_pods_run_on_and_new_ones_wait_for_the_standby(seed):
    web, late = app("web", replicas=4, start=2, ready=3), app("late", replicas=3, start=2, ready=3, at=101)
    fault = Fault(seconds(100), "scheduler-loss", hosting="web", back_us=seconds(103))
    trace = traced(web, late, faults=[fault], horizon=300, seed=seed, control_plane=Kubernetes())
    assert column(trace, "tasks", "outcome") == ["running"] * 7
    [elected] = column(trace, "events", "at_us", kind="leader-elected")
    assert 113 < elected <= 117
    for row in rows(trace, "tasks", app="late"):
        assert elected <= row["decided_us"] < elected + 0.1
