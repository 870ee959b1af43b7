"""Durations, to whole microseconds and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.formats.durations import LONGEST_US, format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        pytest.param("90s", 90_000_000, id="seconds"),
        pytest.param("5min", 300_000_000, id="minutes"),
        pytest.param("5m", 300_000_000, id="minutes as Go writes them"),
        pytest.param("1h30min", 5_400_000_000, id="hours and minutes"),
        pytest.param("1h 30m", 5_400_000_000, id="with a space"),
        pytest.param("200ms", 200_000, id="milliseconds"),
        pytest.param("7us", 7, id="microseconds"),
        pytest.param("1d", 86_400_000_000, id="a day"),
        pytest.param("1.5h", 5_400_000_000, id="a fraction"),
        pytest.param(12, 12_000_000, id="a whole number is seconds"),
        pytest.param(0.1, 100_000, id="a tenth of a second is exact"),
        pytest.param("0.3", 300_000, id="a number as text"),
        pytest.param("0.0000005s", 1, id="half a microsecond rounds up"),
        pytest.param(0, 0, id="zero"),
    ],
)
def test_a_duration_is_read_exactly(written, micros):
    assert parse_duration(written) == micros


@pytest.mark.parametrize(
    ("written", "code"),
    [
        pytest.param("soon", "bad-duration", id="a word"),
        pytest.param("", "bad-duration", id="nothing"),
        pytest.param("s", "bad-duration", id="a unit alone"),
        pytest.param("5 parsecs", "bad-duration", id="an unknown unit"),
        pytest.param("1s2h", "bad-duration", id="units out of order"),
        pytest.param("1m1min", "bad-duration", id="a unit twice"),
        pytest.param("--5s", "bad-duration", id="two signs"),
        pytest.param(True, "bad-duration", id="a boolean"),
        pytest.param(None, "bad-duration", id="null"),
        pytest.param([1], "bad-duration", id="a list"),
        pytest.param("-5s", "negative", id="negative"),
        pytest.param(-0.5, "negative", id="a negative number"),
        pytest.param("200000d", "too-long", id="more than a hundred years"),
        pytest.param("1e300", "too-long", id="an exponent"),
    ],
)
def test_what_is_no_duration_says_so(written, code):
    with pytest.raises(InputError) as caught:
        parse_duration(written, "x.yaml:3: horizon")
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == (code, "x.yaml:3: horizon")


@settings(deadline=None)
@given(st.integers(0, LONGEST_US))
def test_what_is_written_is_read_back(micros):
    assert parse_duration(format_duration(micros)) == micros
