"""The script that counts requests at the proxy: when it acts, how far, and how long it rests."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.mesos.frameworks.marathon_lb_autoscale import (
    COOLDOWN,
    Look,
    MarathonLbAutoscaleParameters,
    off,
)
from workbench.engines.world import World
from workbench.model.load import Load, Points, Scaling

PARAMS = MarathonLbAutoscaleParameters()


@pytest.mark.parametrize(
    ("rate", "size", "target", "expected"),
    [
        pytest.param(60.0, 4, 4, False, id="as many as are needed"),
        pytest.param(80.0, 4, 6, False, id="a third more for each, two instances: neither is enough"),
        pytest.param(90.0, 4, 6, True, id="half as much again for each instance is"),
        pytest.param(340.0, 20, 23, True, id="so are three instances, though each gets hardly more"),
        pytest.param(260.0, 20, 18, False, id="two too many of twenty are left"),
        pytest.param(20.0, 4, 2, True, id="half of what each is to get, or less"),
        pytest.param(1.0, 0, 1, True, id="anything that comes to none"),
        pytest.param(0.0, 0, 0, False, id="nothing that comes to none"),
    ],
)
def test_when_something_is_off(rate, size, target, expected):
    assert off(Look(rate, size, target, 15.0), PARAMS) is expected


def run(interval=10, samples=3, past=3, to=300.0, until=900, start=300):
    return asked_for(Points(((seconds(start), 60.0), (seconds(start), to))), interval, samples, past, until)


def asked_for(demand, interval, samples, past, until, least=2):
    load = Load(demand, cpu_us=20_000, queue=50)
    web = app(replicas=4, start=2, ready=5, load=load, scaling=Scaling(60, least, 30, requests=15.0))
    settings = {"interval_s": interval, "samples": samples, "intervals_past_threshold": past}
    named = {f"mesos.marathon_lb_autoscale.{name}": value for name, value in settings.items()}
    made = scenario(web, machines=6, horizon=until, settings=named)
    return list(World(made, CONTROL_PLANES["mesos"].make(), 1).run()["scaling"].rows())


def test_it_asks_for_what_the_mean_of_its_samples_needs():
    """Once three samples in a row are of the crowd the mean is its rate."""
    (row,) = run()
    assert row[2:4] == (4, 20)
    assert row[4] == "requests-above-range"


def test_with_more_samples_the_mean_lags_behind_and_it_rests_before_the_next_step():
    rows = run(samples=9)
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)
    assert rows[0][3] < 20
    assert all(later[0] - one[0] > seconds((9 + COOLDOWN) * 10) for one, later in pairwise(rows))


def test_it_does_nothing_before_it_has_as_many_samples_as_it_averages():
    (row,) = run(samples=9, start=1, past=1)
    assert row[0] >= seconds(9 * 10)


def test_it_waits_for_looks_in_a_row_and_a_longer_pause_makes_it_later():
    first = [run(past=past)[0][0] for past in (1, 2, 3)]
    assert [later - one for one, later in pairwise(first)] == [seconds(10), seconds(10)]
    assert run(interval=30)[0][0] > first[2]


def test_it_takes_away_what_is_not_needed_but_keeps_the_least():
    (row,) = run(to=1.0)
    assert row[2:] == (4, 2, "requests-below-range")


def test_it_goes_down_to_none_and_comes_back_since_it_counts_at_the_proxy():
    day, morning = seconds(200), seconds(600)
    quiet = Points(((day, 60.0), (day, 0.0), (morning, 0.0), (morning, 30.0)))
    rows = asked_for(quiet, 10, 3, 1, 900, least=0)
    assert [row[2:4] for row in rows] == [(4, 1), (1, 0), (0, 1), (1, 2)]
    assert rows[1][0] < morning <= rows[2][0]
