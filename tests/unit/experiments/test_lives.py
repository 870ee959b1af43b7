"""How much of what is wanted runs, and how often processes start again."""

from __future__ import annotations

import pytest

from tests.make import Written, app, scenario, seconds
from workbench.experiments.metrics import measured
from workbench.model.changes import PlannedChange


def made(*tasks, replicas=2, changes=()):
    run = Written(horizon=100)
    for number, (started, ended) in enumerate(tasks):
        run.task(f"web-{number}", placed=started, started=started, ended=ended)
    return run.trace, scenario(app("web", replicas=replicas), horizon=100, changes=changes)


@pytest.mark.parametrize(
    ("tasks", "changes", "expected"),
    [
        pytest.param([(0, None), (0, None)], (), 1.0, id="both all the time"),
        pytest.param([(0, None), (50, None)], (), 0.75, id="one half of it"),
        pytest.param([(0, 10)], (), 0.05, id="one a tenth of it"),
        pytest.param(
            [(0, None), (0, 50)],
            (PlannedChange(seconds(50), "scale", app="web", replicas=1),),
            1.0,
            id="what is no longer wanted does not count",
        ),
    ],
)
def test_how_much_runs(tasks, changes, expected):
    trace, of = made(*tasks, changes=changes)
    assert measured("running:web", trace, of) == pytest.approx(expected)


def test_an_app_that_nobody_wants_runs_in_full():
    trace, of = made(replicas=0)
    assert measured("running:web", trace, of) == 1.0


def test_starts_beyond_the_first_of_a_place():
    trace, of = made((0, 10), (20, 30), (40, None), replicas=1)
    assert measured("restarts:web", trace, of) == 2
    assert measured("restarts:web", made(replicas=1)[0], of) == 0


def test_a_daemon_is_wanted_on_the_machines_that_join_and_no_more_on_those_that_go():
    run = Written(horizon=100)
    for number, (started, ended) in enumerate([(0, None), (0, 60), (20, None), (20, None)]):
        run.task(f"web-{number}", placed=started, started=started, ended=ended)
    for at, node, state in ((10, "more-0", "ordered"), (20, "more-0", "joined"), (20, "more-1", "joined"),
                            (60, "node-1", "removed")):  # fmt: skip
        run.trace["nodes"].append(seconds(at), node, state, "world")
    of = scenario(app("web", "daemon"), machines=2, horizon=100)
    assert measured("running:web", run.trace, of) == pytest.approx(1.0)
