"""What each side does, step by step, in the shipped scenario in which the scheduler is killed at 120 s."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from tests.unit.engines.mesos.runs import column, rows
from workbench.experiments.run import run


def timeline(plane: str) -> list[tuple[int, str, str, str]]:
    """Return what happened, to the second: once, however often in that second."""
    steps = [
        (int(row["at_us"]), row["kind"], row["reason"], "" if row["kind"] == "task-killed" else row["subject"])
        for row in rows(run(loaded("kill-the-scheduler"), plane), "events")
    ]
    return list(dict.fromkeys(steps))


def test_mesos_kills_what_has_no_failover_timeout_and_keeps_what_has_a_week():
    assert timeline("mesos") == [
        (120, "scheduler-loss", "", "render"),
        (120, "framework-disconnected", "scheduler-lost", "batch-default"),
        (120, "framework-removed", "failover-timeout", "batch-default"),
        (120, "task-killed", "framework-removed", ""),
        (121, "scheduler-loss", "", "web"),
        (121, "framework-disconnected", "scheduler-lost", "marathon-default"),
        (180, "scheduler-back", "", "render"),
        (180, "framework-reregistered", "new-framework-id", "batch-default"),
        (181, "scheduler-back", "", "web"),
        (181, "framework-reregistered", "failed-over", "marathon-default"),
    ]


def test_kubernetes_elects_another_leader_when_the_lease_is_over():
    steps = [step[1:] for step in timeline("kubernetes")]
    assert steps.count(("leader-elected", "lease-expired", "kube-scheduler")) == 1
    [at] = [step[0] for step in timeline("kubernetes") if step[1] == "leader-elected"]
    assert 133 <= at <= 137


@pytest.mark.parametrize(("plane", "killed"), [("kubernetes", 0), ("static-partitions", 0), ("mesos", 16)])
def test_how_many_tasks_die_with_their_scheduler(plane, killed):
    outcomes = column(run(loaded("kill-the-scheduler"), plane), "tasks", "outcome")
    assert outcomes.count("killed") == killed
    assert outcomes.count("finished") == 16
    assert outcomes.count("running") == 4
