"""Launch delays, from Marathon's RateLimiterTest and docs/docs/backoff.md."""

from __future__ import annotations

import pytest

from tests.make import seconds
from workbench.engines.mesos.frameworks.marathon_backoff import Backoff, RateLimiter


def limiter(first: float, factor: float = 1.15, longest: float = 300) -> RateLimiter:
    return RateLimiter(Backoff(seconds(first), factor, seconds(longest)))


@pytest.mark.parametrize(
    ("made", "failures", "delay"),
    [
        pytest.param(limiter(10), 1, 10, id="the first failure: backoffSeconds"),
        pytest.param(limiter(10, factor=2), 2, 20, id="the second: times the factor"),
        pytest.param(limiter(10, factor=2, longest=60), 9, 60, id="never more than maxLaunchDelaySeconds"),
        pytest.param(limiter(1), 3, 1.3225, id="Marathon's defaults after three"),
    ],
)
def test_the_delay_grows_with_each_failure(made, failures, delay):
    for _ in range(failures):
        made.add_delay(0)
    assert made.until_us() == seconds(delay)


def test_no_failure_no_delay():
    assert limiter(10).until_us() == 0


def test_a_delay_is_forgotten_when_nothing_failed_for_the_longest_delay():
    made = limiter(10, longest=60)
    made.add_delay(0)
    made.clean_up(seconds(61))
    assert made.until_us() == 0


def test_until_then_it_is_kept():
    made = limiter(20, longest=70)
    made.add_delay(0)
    made.clean_up(seconds(61))
    assert made.until_us() == seconds(20)


def test_a_reset_forgets_it_at_once():
    made = limiter(10)
    made.add_delay(0)
    made.reset()
    assert made.until_us() == 0
