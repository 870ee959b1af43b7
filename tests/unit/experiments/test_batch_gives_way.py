"""A service in need beside Spark: who makes room for it, and what is done twice for that."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded, traced
from tests.make import Written, app, scenario
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.run import run
from workbench.model.clock import NEVER


def preempted(trace):
    """Return (subject, detail) of what the scheduler had deleted for the sake of another pod."""
    events = trace["events"]
    columns = (events[name] for name in ("kind", "subject", "detail"))
    return [(subject, detail) for kind, subject, detail in zip(*columns, strict=True) if kind == "Preempted"]


def ended(trace, outcome):
    """Return app -> rows of tasks that ended so, as (start, end)."""
    tasks, found = trace["tasks"], {}
    columns = (tasks[name] for name in ("app", "started_us", "ended_us", "outcome"))
    for name, start, end, how in zip(*columns, strict=True):
        if how == outcome and start != NEVER:
            found.setdefault(name, []).append((start, end))
    return found


def test_on_kubernetes_executors_go_for_pods_of_the_shop_and_their_tasks_begin_again():
    trace = traced("batch-gives-way", "kubernetes")
    victims = preempted(trace)
    assert victims
    assert all("-exec-" in subject for subject, _ in victims)
    assert all("web" in detail for _, detail in victims)
    broken = ended(trace, "failed")
    assert measured("work_lost:analysts", trace, loaded("batch-gives-way")) > 0
    assert set(broken) <= {"report-1", "report-2", "report-3"}
    assert len(ended(trace, "finished")["report-1"]) == 80, "what was stopped was done again"


def test_without_priority_nobody_goes():
    trace = run(with_values(loaded("batch-gives-way"), {"apps.web.priority": 0}), "kubernetes")
    assert not preempted(trace)
    assert measured("work_lost:analysts", trace, loaded("batch-gives-way")) == 0


def test_on_mesos_spark_lets_go_of_what_is_idle_and_of_nothing_else():
    """An executor that a running application gives back has had no task for the timeout."""
    made = loaded("batch-gives-way")
    trace = traced("batch-gives-way", "mesos")
    tasks = trace["tasks"]
    rows = list(zip(*(tasks[name] for name in ("app", "node", "started_us", "ended_us", "outcome")), strict=True))
    released = [row for row in rows if row[0].endswith("-exec") and row[4] == "killed" and row[2] != NEVER]
    assert released, "Spark gives executors back while its jobs go on"
    assert measured("work_lost:analysts", trace, made) == 0
    assert all(end - start >= 60_000_000 for _, _, start, end, _ in released)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        pytest.param(["finished"], 0, id="what is finished was not in vain"),
        pytest.param(["failed", "finished"], 30, id="what failed was"),
        pytest.param(["killed", "lost"], 60, id="and so was what was killed or lost"),
        pytest.param(["running"], 0, id="what still runs may come to something"),
    ],
)
def test_work_in_vain(outcomes, expected):
    made = Written(horizon=100)
    for number, outcome in enumerate(outcomes):
        made.task(f"job-{number}", "job", placed=0, started=10, ended=None if outcome == "running" else 40)
        made.trace["tasks"]["outcome"][number] = outcome
    of = scenario(app("job", "batch"), app("web"), horizon=100)
    assert measured("work_lost:default", made.trace, of) == expected
    made.task("web-0", "web", placed=0, started=0, ended=50)
    made.trace["tasks"]["outcome"][len(outcomes)] = "lost"
    assert measured("work_lost:default", made.trace, of) == expected, "services do no work that ends"
