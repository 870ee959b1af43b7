"""What is left of a service while it changes, and what room that takes."""

from __future__ import annotations

import math

import pytest

from tests.make import Written, app, scenario, seconds
from workbench.experiments import metrics, versions
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.load import Scaling


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


def grown(*, lost: float | None = None, replaced: bool = False) -> Written:
    """An autoscaler wants three instead of one at 200 s; they serve at 210 and 220 s. The first may be lost."""
    made = Written()
    made.task("a", placed=1, started=5, ready=10, ended=lost).listed("a", since=10, until=lost)
    for name, ready in (("b", 210), ("c", 220), *([("d", 230)] if replaced else [])):
        made.task(name, submitted=200, placed=200, started=205, ready=ready).listed(name, since=ready)
    made.trace["scaling"].append(seconds(200), "web", 1, 3, "demand")
    return made


SCALED = app(replicas=1, scaling=Scaling(50, 1, 5))
FAULT = Fault(seconds(100), node="node-0")


@pytest.mark.parametrize(
    ("measure", "lost", "replaced", "wanted"),
    [
        pytest.param("heal:web", None, False, 0.0, id="an app that grows and loses nobody has nothing to heal"),
        pytest.param("heal:web", 100, False, math.inf, id="as many as were wanted before it grew are not enough"),
        pytest.param("heal:web", 100, True, 130.0, id="as many as are wanted then are"),
        pytest.param("missing:web", None, False, 10 + 20, id="what an autoscaler wants is missing until it serves"),
        pytest.param("missing:web", 100, False, 100 + 10 + 20 + 400, id="and what it wanted when somebody is lost"),
        pytest.param("opening:web", None, False, 10.0, id="an app is open once there are as many as wanted then"),
        pytest.param("running:web", None, False, (595 + 2 * 395) / 1400, id="what runs is a part of what is wanted"),
    ],
)
def test_measures_follow_what_an_autoscaler_wants(measure, lost, replaced, wanted):
    trace = grown(lost=lost, replaced=replaced).trace
    assert metrics.measured(measure, trace, scenario(SCALED, faults=[FAULT])) == pytest.approx(wanted)


def test_measures_follow_a_change_of_size():
    fewer = PlannedChange(seconds(50), "scale", "web", replicas=1)
    made = Written()
    made.task("a", placed=1, started=5, ready=10).listed("a", since=10)
    made.task("b", placed=1, started=5, ready=10, ended=60).listed("b", since=10, until=60)
    one = scenario(app(replicas=2), changes=[fewer], faults=[FAULT])
    assert metrics.measured("heal:web", made.trace, one) == 0.0
    assert metrics.measured("missing:web", made.trace, one) == 0.0
    assert metrics.measured("opening:web", made.trace, scenario(app(replicas=3), changes=[fewer])) == 50.0


def test_nothing_is_wanted_of_an_app_that_was_deleted():
    gone = PlannedChange(seconds(300), "delete", "web")
    steps = versions.wanted(scenario(SCALED, changes=[gone]), SCALED, grown().trace)
    assert steps == [(0, 1), (seconds(200), 3), (seconds(300), 0)]
    early = PlannedChange(seconds(150), "delete", "web")
    assert versions.wanted(scenario(SCALED, changes=[early]), SCALED, grown().trace)[-1] == (seconds(150), 0)
