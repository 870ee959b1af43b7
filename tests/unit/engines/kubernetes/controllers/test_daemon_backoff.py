"""How long a failed pod of a daemon is left lying."""

from __future__ import annotations

from tests.make import seconds
from workbench.engines.kubernetes.controllers.daemon_backoff import LAST_US, DaemonBackoff


def test_the_first_goes_at_once_the_next_after_a_second_and_then_twice_as_long_each_time():
    backoff, now, waits = DaemonBackoff(), 0, []
    for _ in range(13):
        wait = backoff.wait_us("a", 0, now)
        waits.append(wait)
        now += wait
        assert wait == 0 or backoff.wait_us("a", 0, now) == 0
    assert waits[:6] == [0, *(seconds(number) for number in (1, 2, 4, 8, 16))]
    assert waits[-1] == LAST_US


def test_each_node_has_its_own():
    backoff = DaemonBackoff()
    assert backoff.wait_us("a", 0, 0) == 0
    assert backoff.wait_us("a", 1, 0) == 0
    assert backoff.wait_us("a", 0, 1) > 0


def test_after_twice_the_longest_time_it_begins_afresh():
    backoff = DaemonBackoff()
    now = 0
    for _ in range(5):
        now += backoff.wait_us("a", 0, now)
    later = now + 2 * LAST_US + 1
    assert backoff.wait_us("a", 0, later) == 0
    assert backoff.wait_us("a", 0, later + 1) == seconds(1)
