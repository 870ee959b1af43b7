"""What is said of tasks that are not there, or wait, since their job is suspended or has another size by now."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from workbench.model.changes import PlannedChange, as_wanted
from workbench.views.explaining import explain

BATCH = app("b", "batch", 8, cpu=1000, runs=60, parallelism=4)
SUSPENDED = (PlannedChange(seconds(30), "suspend", "b"), PlannedChange(seconds(200), "resume", "b"))
WIDER = (PlannedChange(seconds(30), "scale", "b", parallelism=6),)


def said(side, changes, number, at):
    made = scenario(BATCH, changes=changes, machines=1, horizon=400)
    name = explain(made, side, "b").facts.rows[number][0]
    one = explain(made, side, name, at).card()
    return one.because.removeprefix(name), one.cure


def test_on_kubernetes_a_pod_has_not_been_made():
    assert said("kubernetes", SUSPENDED, 8, 100.0) == (
        " has not been made yet: its job is suspended.", "It goes on once somebody resumes the job.",
    )  # fmt: skip


def test_on_mesos_a_task_waits():
    assert said("mesos", SUSPENDED, 5, 100.0) == (
        " waits: its job is suspended, and nothing of it is started.", "It goes on once somebody resumes the job.",
    )  # fmt: skip


@pytest.mark.parametrize(("changes", "most"), [((), 4), (WIDER, 6)])
def test_how_many_run_at_once_is_said_as_it_is_at_that_time(changes, most):
    assert f"runs {most} tasks at a time" in said("kubernetes", changes, 7, 50.0)[0]


def test_how_a_batch_app_is_wanted_at_a_time():
    changes = (*SUSPENDED, *WIDER, PlannedChange(seconds(250), "scale", "b", replicas=2))
    wanted = [as_wanted(BATCH, changes, seconds(at)) for at in (0, 100, 300)]
    assert [(one.suspended, one.parallelism, one.replicas) for one in wanted] == [
        (False, 4, 8), (True, 6, 8), (False, 6, 2),
    ]  # fmt: skip
