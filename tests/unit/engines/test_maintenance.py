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
from workbench.model.faults import Fault

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


@pytest.mark.parametrize(
    ("faults", "windows", "down", "up"),
    [
        pytest.param([(150, 250)], [(200, 300)], [150], [300], id="lost before the window, due back within it"),
        pytest.param([(150, 350)], [(200, 300)], [150], [350], id="lost before the window, due back after it"),
        pytest.param([(150, None)], [(200, 300)], [150], [], id="lost for good before the window"),
        pytest.param([(250, 350)], [(200, 300)], [200], [350], id="lost within the window, due back after it"),
        pytest.param([], [(200, 300), (250, 400)], [200], [400], id="two windows that overlap"),
        pytest.param([], [(200, 400), (250, 300)], [200], [400], id="a window within another"),
    ],
)
def test_a_machine_is_back_when_its_windows_and_its_faults_are_over(faults, windows, down, up):
    lost = [
        Fault(seconds(at), "node-loss", node="node-0", back_us=None if back is None else seconds(back))
        for at, back in faults
    ]
    away = [
        PlannedChange(seconds(100), "maintenance", node="node-0", begins_us=seconds(begins), ends_us=seconds(ends))
        for begins, ends in windows
    ]
    trace = traced("kubernetes", app(), changes=away, faults=lost)
    assert column(trace, "nodes", "at_us", seen_by="world", state="down") == down
    assert column(trace, "nodes", "at_us", seen_by="world", state="up") == up


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
