"""Announced maintenance: what each control plane makes of the notice, and what becomes of the machine."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.errors import ScenarioError
from workbench.experiments import check
from workbench.model.changes import PlannedChange

WINDOW = PlannedChange(seconds(100), "maintenance", hosting="web", begins_us=seconds(200), ends_us=seconds(300))


def traced(plane, *apps, changes=(WINDOW,), **more):
    made = scenario(*apps, changes=changes, **more)
    return World(made, CONTROL_PLANES[plane].make(), 1).run()


@pytest.mark.parametrize("plane", list(CONTROL_PLANES))
def test_the_machine_is_away_for_as_long_as_was_said_and_takes_work_again(plane):
    late = app("late", "daemon", at=400)
    trace = traced(plane, app(), late)
    assert column(trace, "nodes", "at_us", seen_by="world", state="down") == [200.0]
    assert column(trace, "nodes", "at_us", seen_by="world", state="up") == [300.0]
    assert len(rows(trace, "tasks", app="late", outcome="running")) == 3
    assert len(rows(trace, "tasks", app="web", outcome="running")) == 1


def test_kubernetes_drains_at_the_announcement_and_takes_new_pods_after_the_window():
    trace = traced("kubernetes", app(stop_us=seconds(1)))
    first, second = rows(trace, "tasks")
    assert 100 < first["ended_us"] < 105
    assert second["node"] != first["node"]
    full = traced("kubernetes", app(cpu=4000), app("job", "batch", cpu=4000, at=150), machines=2)
    [job] = rows(full, "tasks", app="job")
    assert job["decided_us"] > 300  # it waited for the machine that was cordoned


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("{kind: maintenance, at: 10s, hosting: web, lasts: 5s}", "begins"),
        ("{kind: maintenance, at: 10s, hosting: web, begins: 20s}", "lasts"),
        ("{kind: maintenance, at: 10s, hosting: web, begins: 5s, lasts: 5s}", "begins"),
        ("{kind: drain, at: 10s, hosting: web, begins: 20s}", "begins"),
        ("{kind: maintenance, at: 10s, begins: 20s, lasts: 5s}", "node"),
    ],
)
def test_a_window_that_cannot_be(tmp_path, change, said):
    file = tmp_path / "made.yaml"
    file.write_text(
        "name: made\nhorizon: 60s\ncluster: {pools: [{name: n, count: 1, capacity: {cpu: 1, memory: 1Gi}}]}\n"
        f"apps: [{{name: web, kind: service, request: {{cpu: 0.1, memory: 1Mi}}}}]\nchanges: [{change}]\n"
    )
    with pytest.raises(ScenarioError, match=said):
        check.load(file)
