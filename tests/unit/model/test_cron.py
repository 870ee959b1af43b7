"""Schedules: what they mean, and which texts are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.model.native.kubernetes.cron import parse_schedule

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        pytest.param("0 * * * *", "10:00", "11:00", id="strictly after"),
        pytest.param("0 * * * ?", "09:59", "10:00", id="a question mark is a star"),
        pytest.param("*/15 * * * *", "10:01", "10:15", id="steps"),
        pytest.param("30 6-16/4 * * *", "10:31", "14:30", id="steps within a span"),
        pytest.param("5/20 * * * *", "10:06", "10:25", id="a start with a step goes on to the end"),
        pytest.param("1,2,50 * * * *", "10:03", "10:50", id="lists"),
        pytest.param("@hourly", "10:10", "11:00", id="hourly"),
        pytest.param("@every 90s", "10:00", "10:01:30", id="every so often"),
        pytest.param("@every 1h30m", "10:00", "11:30", id="hours and minutes"),
        pytest.param("0 0 * * TUE", "10:00", "1 00:00", id="names of days"),
        pytest.param("0 0 7 jan *", "10:00", "2 00:00", id="names of months"),
        pytest.param("0 0 7 * 2", "10:00", "1 00:00", id="day of month or day of week, where both are given"),
        pytest.param("0 0 */2 * 2", "10:00", "1 00:00", id="a star with a step is a given day"),
        pytest.param("@weekly", "10:00", "6 00:00", id="weekly: on Sunday"),
        pytest.param("0 0 29 2 *", "10:00", "785 00:00", id="29 February"),
    ],
)
def test_the_next_time(text, after, expected):
    days, _, clock = expected.rpartition(" ")
    hours, minutes, *seconds = map(int, clock.split(":"))
    wanted = MONDAY + timedelta(days=int(days or 0), hours=hours, minutes=minutes, seconds=sum(seconds))
    hour, minute = map(int, after.split(":"))
    assert parse_schedule(text).next(MONDAY + timedelta(hours=hour, minutes=minute)) == wanted


def test_some_times_never_come():
    assert parse_schedule("59 23 31 2 *").next(MONDAY) is None


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "*/0 * * * *",
     "5-1 * * * *", "a * * * *", "*/ * * * *", "-1 * * * *", "@every", "@every 5", "@every x", "@often", "1, * * * *"],
)  # fmt: skip
def test_what_is_no_schedule(text):
    with pytest.raises(ValueError, match=r"."):
        parse_schedule(text)


@given(
    st.sampled_from(["*/7 * * * *", "30 6-16/4 * * 1-5", "0 0 1 * 0", "@daily", "@every 37m"]),
    st.integers(0, 400 * 86400),
)
def test_no_time_is_left_out(text, second):
    schedule, after = parse_schedule(text), MONDAY + timedelta(seconds=second)
    first = schedule.next(after)
    assert first is not None
    assert first > after
    if not text.startswith("@every"):
        assert schedule.next(first - timedelta(seconds=1)) == first
