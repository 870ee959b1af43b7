"""When an instance that never serves is stopped, and when one that serves is found out."""

from __future__ import annotations

import pytest

from tests.make import seconds
from workbench.engines.mesos.frameworks.marathon_health import next_check_us, stopped_us
from workbench.engines.mesos.frameworks.run_spec import HealthCheck

DEFAULT = HealthCheck()
OFTEN = HealthCheck(seconds(10), seconds(2), 3)
BY_EXECUTOR = HealthCheck(seconds(10), seconds(4), 3, delay_us=seconds(1), by_executor=True)


@pytest.mark.parametrize(
    ("check", "version", "running", "expected"),
    [
        # checks at 5, 65, 125, ... 305, 365: the one at 305 counts first, three more follow
        pytest.param(DEFAULT, 0, 2, 485, id="five minutes of grace, then the fourth failure"),
        pytest.param(DEFAULT, 0, 6, 545, id="a check just before the end of the grace does not count"),
        pytest.param(DEFAULT, 0, 5, 485, id="one at its very end does"),
        pytest.param(OFTEN, 100, 103, 120, id="checks every 2 s from 2 s on: 114 counts first"),
        pytest.param(BY_EXECUTOR, 0, 100, 121, id="the executor: checks from 101 s on, 113 counts first, two more"),
        pytest.param(HealthCheck(most_failures=0), 0, 0, None, id="never"),
    ],
)
def test_when_it_is_stopped(check, version, running, expected):
    found = stopped_us(check, seconds(version), seconds(running))
    assert found == (None if expected is None else seconds(expected))


@pytest.mark.parametrize(
    ("check", "after", "expected"),
    [
        pytest.param(DEFAULT, 0, 5, id="the first check of the version"),
        pytest.param(DEFAULT, 5, 5, id="at that very moment"),
        pytest.param(DEFAULT, 5.1, 65, id="a moment too late: an interval later"),
        pytest.param(BY_EXECUTOR, 51, 51, id="the executor's first check of this instance"),
        pytest.param(BY_EXECUTOR, 52, 55, id="and its next"),
    ],
)
def test_the_next_check(check, after, expected):
    assert next_check_us(check, 0, seconds(50), seconds(after)) == seconds(expected)
