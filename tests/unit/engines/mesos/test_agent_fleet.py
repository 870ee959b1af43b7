"""Agents that are given back while nobody leads."""

from __future__ import annotations

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault


def test_an_agent_that_is_empty_while_nobody_leads_goes_with_the_next_master_who_does_not_wait_for_it():
    """It is empty at 103 s, 3 s of grace after it was to go; the leader was lost at 102 s."""
    web = app("web", replicas=1, stop_us=seconds(10))
    where = column(traced(web, machines=2, horizon=20), "tasks", "node")[0]
    changes = [PlannedChange(seconds(100), "remove-machine", node=where)]
    fault = Fault(seconds(102), kind="control-plane-loss", back_us=seconds(110))
    trace = traced(web, machines=2, changes=changes, faults=[fault], horizon=900)
    (gone,) = column(trace, "events", "at_us", kind="agent-gone")
    assert gone == column(trace, "events", "at_us", kind="leader-elected")[0]
    assert not rows(trace, "events", kind="agent-unreachable")
    assert column(trace, "tasks", "outcome")[-1] == "running"
