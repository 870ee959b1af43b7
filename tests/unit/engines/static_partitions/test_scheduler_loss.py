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


def test_a_control_plane_that_is_back_does_not_bring_the_lost_process_back():
    web, late = app("web", replicas=4, start=2, ready=3), app("late", replicas=1, start=2, ready=3, at=60)
    faults = [
        Fault(seconds(10), "scheduler-loss", hosting="web", back_us=seconds(120)),
        Fault(seconds(20), "control-plane-loss", back_us=seconds(50)),
    ]
    trace = traced(web, late, faults=faults, horizon=200, control_plane=StaticPartitions())
    [decided] = column(trace, "tasks", "decided_us", app="late")
    assert 120 <= decided < 120.1
