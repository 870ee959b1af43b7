import pytest
from traitlets import TraitError

from workbench.views.widgets.chart import Chart
from workbench.views.widgets.scrubber_clock import ScrubberClock

MARKS = [(300, "machine lost"), (60, "burst")]


def test_it_stands_where_it_is_told_with_marks_in_order():
    clock = ScrubberClock(900, 290, MARKS, {"play": "播放"})
    assert (clock.at, clock.end, clock.playing) == (290.0, 900.0, False)
    assert clock.marks == [(60.0, "burst"), (300.0, "machine lost")]
    assert clock.words == {"play": "播放"}


@pytest.mark.parametrize(("asked", "stands"), [(1000, 900.0), (900, 900.0), (0, 0.0)])
def test_it_never_stands_behind_the_end(asked, stands):
    assert ScrubberClock(900, asked).at == stands
    clock = ScrubberClock(900)
    clock.at = asked
    assert clock.at == stands


def test_what_the_browser_sends_is_seen_and_not_sent_back(wire):
    clock, seen = ScrubberClock(900), []
    clock.observe(lambda change: seen.append(change["new"]), "at")
    wire.clear()
    clock.set_state({"at": 12.5})
    clock.set_state({"at": 12000})
    assert seen == [12.5, 900.0]
    assert [message["state"] for message in wire if message["state"]] == [{"at": 900.0}]


def test_another_run_brings_its_own_time_line_in_one_message(wire):
    clock = ScrubberClock(900, 290, MARKS, playing=True)
    wire.clear()
    clock.reset(120, 500, [(30, "zone lost")])
    (message,) = wire
    assert message["state"] == {"playing": False, "end": 120.0, "at": 120.0, "marks": [(30.0, "zone lost")]}


def test_a_shorter_run_pulls_the_time_inside():
    clock = ScrubberClock(900, 800)
    clock.reset(100, 50, [])
    assert (clock.at, clock.end) == (50.0, 100.0)


@pytest.mark.parametrize("end", [0, -5])
def test_a_time_line_has_a_length(end):
    with pytest.raises(TraitError):
        ScrubberClock(end)


def test_a_chart_names_the_clock_it_follows():
    clock = ScrubberClock(900)
    chart = Chart(clock=clock)
    assert chart.get_state()["clock"] == f"anywidget:{clock.model_id}"
