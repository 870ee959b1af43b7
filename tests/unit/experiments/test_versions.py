"""What is left of a service while it changes, and what room that takes."""

from __future__ import annotations

import pytest

from tests.make import Written, app, scenario, seconds
from workbench.experiments import metrics, versions
from workbench.model.changes import PlannedChange


def update(at: float) -> PlannedChange:
    return PlannedChange(seconds(at), "update", "web")


def run() -> Written:
    """Two instances serve from 10 s on; at 100 s a third comes, at 110 s the first goes, at 130 s the third serves."""
    made = Written()
    made.task("a", placed=1, started=5, ready=10, ended=110).listed("a", since=10, until=110)
    made.task("b", placed=1, started=5, ready=10).listed("b", since=10)
    made.task("c", submitted=100, placed=100, started=105, ready=130, version=1).listed("c", since=130)
    return made


def measured(measure: str, *changes: PlannedChange, replicas: int = 2) -> float:
    made = scenario(app(replicas=replicas), changes=changes)
    return metrics.measured(measure, run().trace, made)


def test_the_least_part_counts_from_the_first_change_on():
    assert measured("least_serving:web", update(100)) == 0.5
    assert measured("least_serving:web", update(150)) == 1.0
    assert measured("least_serving:web", update(5)) == 0.0
    assert measured("least_serving:web") == 1.0


def test_the_least_part_is_of_what_is_wanted_at_that_time():
    fewer = PlannedChange(seconds(105), "scale", "web", replicas=1)
    assert measured("least_serving:web", update(100), fewer) == 1.0


def test_room_beyond_what_is_wanted():
    assert measured("extra:web", update(50)) == pytest.approx(10)  # three from 100 to 110 s
    assert measured("extra:web", update(104)) == pytest.approx(6)
    fewer = PlannedChange(seconds(200), "scale", "web", replicas=1)
    assert measured("extra:web", fewer) == pytest.approx(400)
    assert measured("extra:web") == 0


def test_serving_by_version():
    spans = versions.serving_spans(run().trace, "web")
    assert sorted(spans) == [
        (0, seconds(10), seconds(110)), (0, seconds(10), seconds(600)), (1, seconds(130), seconds(600)),
    ]  # fmt: skip
