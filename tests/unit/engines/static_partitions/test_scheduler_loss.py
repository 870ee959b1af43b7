"""A partition whose scheduler is lost places nothing until it is back; what runs goes on."""

from __future__ import annotations

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, traced
from workbench.engines.static_partitions import StaticPartitions
from workbench.model.faults import Fault


def test_new_tasks_wait_for_the_process_and_old_ones_run_on():
    web, late = app("web", replicas=4, start=2, ready=3), app("late", replicas=1, start=2, ready=3, at=60)
    fault = Fault(seconds(50), "scheduler-loss", hosting="web", back_us=seconds(90))
    trace = traced(web, late, faults=[fault], horizon=200, control_plane=StaticPartitions())
    assert column(trace, "tasks", "outcome") == ["running"] * 5
    [decided] = column(trace, "tasks", "decided_us", app="late")
    assert 90 <= decided < 90.1
