"""When a silent agent is given up."""

from __future__ import annotations

import pytest

from workbench.engines.mesos.slave_observer import given_up_us


@pytest.mark.parametrize(
    ("lost", "phase", "expected"),
    [
        pytest.param(300, 0, 375, id="lost as a ping is due: that one is the first unanswered"),
        pytest.param(301, 0, 390, id="lost just after one: the next is"),
        pytest.param(314, 0, 390, id="lost just before one"),
        pytest.param(300, 7, 382, id="each agent has a phase of its own"),
        pytest.param(3, 7, 82, id="before the first ping of the run"),
    ],
)
def test_five_pings_of_fifteen_seconds(lost, phase, expected):
    assert given_up_us(lost, phase, 15, 5) == expected


@pytest.mark.parametrize("timeouts", [1, 3, 20])
def test_it_takes_as_many_periods_as_there_are_timeouts(timeouts):
    assert given_up_us(300, 0, 15, timeouts) == 300 + 15 * timeouts
