"""What is measured of jobs that change while they go on."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.mesos import Mesos
from workbench.engines.world import World
from workbench.experiments.jobs import of_size
from workbench.experiments.metrics import METRICS
from workbench.model.changes import PlannedChange


def change(at, kind, **more):
    return PlannedChange(seconds(at), kind, "b", **more)


def measured(name, about, *changes, plane=Kubernetes, **more):
    batch = app("b", "batch", 6, cpu=1000, start=0, ready=0, runs=60, **more)
    made = scenario(batch, changes=changes, machines=1, horizon=600)
    return METRICS[name].function(World(made, plane(), 1).run(), made, about)


def test_a_suspension_costs_kubernetes_work_and_mesos_none():
    asked = (change(30, "suspend"), change(100, "resume"))
    assert measured("work_lost", "default", *asked) == pytest.approx(4 * 29, abs=8)
    assert measured("work_lost", "default", *asked, plane=Mesos) == 0


@pytest.mark.parametrize(("plane", "over"), [(Kubernetes, 220), (Mesos, 160)])
def test_a_job_is_done_when_all_of_it_is_done(plane, over):
    took = measured("makespan", "b", change(30, "suspend"), change(100, "resume"), plane=plane)
    assert took == pytest.approx(over, abs=10)


def test_a_job_that_got_smaller_is_done_when_the_rest_of_it_is():
    assert measured("makespan", "b", change(30, "scale", replicas=2)) == pytest.approx(61, abs=3)


def test_of_a_job_that_got_smaller_only_the_lowest_numbers_count():
    ends = [(0, 10), (3, 20), (1, 30)]
    assert list(of_size(ends, [4, 2])) == [(0, 10), (1, 30)]
    assert list(of_size(ends, [2, 4])) == ends


def test_a_pod_that_nobody_wants_any_more_does_not_wait():
    asked = (change(30, "scale", parallelism=4), change(40, "scale", parallelism=6))
    assert measured("unplaced", "b", *asked) == 0
    assert measured("longest_wait", "b", *asked) < 100  # two waited for room until the first four were done
