"""A new master hears of tasks whose framework is not there: what they hold counts, and is free once they have ended."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, traced
from workbench.model.faults import Fault
from workbench.model.resources import CPU
from workbench.model.workload import Team

KEPT = {"mesos.frameworks.failover_timeout_s": 604_800.0, "mesos.frameworks.checkpoint": True}
AWAY = Fault(seconds(40), "scheduler-loss", hosting="old")
NEW_MASTER = Fault(seconds(50), "control-plane-loss")


def old(runs, team="a"):
    return app("old", "batch", replicas=4, cpu=1000, memory=GIB // 4, start=0, runs=runs, team=team)


def new(team="b"):
    return app("new", "batch", replicas=4, cpu=1000, memory=GIB // 4, start=0, runs=20, at=70, team=team)


def test_what_an_absent_framework_had_is_offered_again_when_its_tasks_have_ended():
    """Its master need not know it to know that the task is over; it will hear of the end when it comes back."""
    trace = traced(old(100), new(), machines=1, faults=[AWAY, NEW_MASTER], horizon=300, settings=KEPT)
    ended = column(trace, "tasks", "ended_us", app="old")
    assert max(ended) < 102
    assert column(trace, "tasks", "released_us", app="old") == ended
    assert all(100 <= at < 103 for at in column(trace, "tasks", "started_us", app="new"))


def test_a_framework_that_is_back_late_hears_how_its_tasks_have_ended():
    back = Fault(AWAY.at_us, "scheduler-loss", hosting="old", back_us=seconds(200))
    trace = traced(old(100), new(), machines=1, faults=[back, NEW_MASTER], horizon=900, settings=KEPT)
    assert column(trace, "tasks", "outcome") == ["finished"] * 8


def test_what_an_absent_framework_had_is_offered_again_when_its_machine_has_started_again():
    restart = Fault(seconds(80), "node-loss", "node-0", back_us=seconds(85))
    trace = traced(old(500), new(), machines=1, faults=[AWAY, NEW_MASTER, restart], horizon=300, settings=KEPT)
    assert column(trace, "tasks", "outcome", app="old") == ["lost"] * 4
    assert all(85 < at < 89 for at in column(trace, "tasks", "released_us", app="old"))
    assert column(trace, "tasks", "outcome", app="new") == ["finished"] * 4


@pytest.mark.parametrize("limit", [4000, 6000])
def test_what_an_absent_framework_has_counts_against_the_limit_of_its_role(limit):
    """The other framework of the role gets what the limit leaves, not as much as if nobody else were there."""
    web = app("web", replicas=4, cpu=1000, memory=GIB // 4, team="a")
    away = Fault(seconds(40), "scheduler-loss", hosting="web")
    late = app("late", "batch", replicas=8, cpu=1000, memory=GIB // 4, start=0, runs=900, at=70, team="a")
    trace = traced(web, late, machines=3, faults=[away, NEW_MASTER], horizon=300, teams=[Team("a", limit={CPU: limit})])
    assert column(trace, "tasks", "outcome", app="web") == ["running"] * 4
    assert column(trace, "tasks", "outcome", app="late").count("running") == (limit - 4000) // 1000
