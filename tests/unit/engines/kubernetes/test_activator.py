"""To none and back: the activator in whole runs, and what becomes of requests that come while nobody is there."""

from __future__ import annotations

import pytest

from tests.unit.formats.test_scenario_yaml import scenario
from workbench.experiments import requests
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.run import run
from workbench.model.clock import to_us

SPEC = """
name: night
horizon: 900s
cluster:
  pools: [{name: node, count: 1, capacity: {cpu: 4, memory: 16Gi}}]
apps:
  - name: web
    replicas: 1
    request: {cpu: 1, memory: 1Gi}
    start: 2s
    ready: 5s
    stop: 1s
    load:
      cpu: 40ms
      queue: 500
      late: 1s
      from: 30s
      demand:
        shape: recorded
        points: [{at: 90s, rate: 5}, {at: 91s, rate: 0}, {at: 700s, rate: 0}, {at: 701s, rate: 5}]
    scaling: {target: 60, least: 0, most: 8}
"""
COOLDOWN, PRESENT = "kubernetes.activator.cooldown_s", "kubernetes.activator.present"
SCRIPT_KEEPS = "mesos.marathon_autoscale.min_instances"


@pytest.fixture
def night():
    return scenario(SPEC)


def sizes(trace):
    return [(at, before, after, why) for at, name, before, after, why in trace["scaling"].rows() if name == "web"]


class TestDown:
    def test_the_last_instance_goes_once_no_request_has_come_for_five_minutes(self, night):
        at, before, after, why = sizes(run(night, "kubernetes"))[0]
        assert (before, after, why) == (1, 0, "no-requests")
        assert to_us(91 + 300 - 30) <= at <= to_us(91 + 300 + 30)  # both ends are seen at a look, every 30 s

    @pytest.mark.parametrize("cooldown", [60, 120, 500])
    def test_or_for_as_long_as_is_set(self, night, cooldown):
        at = sizes(run(with_values(night, {COOLDOWN: cooldown}), "kubernetes"))[0][0]
        assert abs(at - to_us(91 + cooldown)) <= to_us(30)

    def test_no_instance_goes_while_requests_come(self, night):
        steady = with_values(night, {"apps.web.load.demand": 5})
        assert sizes(run(steady, "kubernetes")) == []

    def test_the_autoscaler_alone_keeps_one(self, night):
        trace = run(with_values(night, {PRESENT: False}), "kubernetes")
        assert sizes(trace) == []
        assert ("NoCounterpart", "web") in set(zip(trace["events"]["kind"], trace["events"]["subject"], strict=True))

    def test_an_app_that_keeps_one_has_no_activator(self, night):
        assert sizes(run(with_values(night, {"apps.web.scaling.least": 1}), "kubernetes")) == []


class TestBack:
    def test_the_first_request_brings_the_first_instance_within_a_second(self, night):
        at, before, after, why = sizes(run(night, "kubernetes"))[1]
        assert (before, after, why) == (0, 1, "first-request")
        assert to_us(700) < at <= to_us(701.7)

    def test_what_comes_meanwhile_is_late_and_not_lost(self, night):
        trace = run(night, "kubernetes")
        late = measured("late_requests:web", trace, night)
        assert measured("lost_requests:web", trace, night) == 0
        assert 5 * 5 < late < 5 * 20  # five a second, until an instance is ready, seven seconds after its start

    def test_every_request_is_answered_lost_or_waiting(self, night):
        trace = run(night, "kubernetes")
        offered, served, lost = (requests.total(trace, "web", one) for one in ("offered", "served", "lost"))
        assert abs(offered - served - lost - trace["traffic"]["waiting"][-1]) < 0.01

    def test_what_is_let_in_at_once_and_finds_no_room_is_lost(self, night):
        tight = with_values(night, {"apps.web.load.queue": 20})
        assert measured("lost_requests:web", run(tight, "kubernetes"), tight) > 0


class TestScriptBesideMarathon:
    def test_it_keeps_one(self, night):
        trace = run(night, "mesos")
        assert sizes(trace) == []
        assert measured("slo_missed:web", trace, night) < 0.01

    def test_told_to_go_to_none_it_goes_and_never_comes_back(self, night):
        trace = run(with_values(night, {SCRIPT_KEEPS: 0}), "mesos")
        assert [(before, after) for _, before, after, _ in sizes(trace)] == [(1, 0)]
        assert measured("lost_requests:web", trace, night) == pytest.approx(5 * 199.5, rel=0.01)


def test_a_cluster_without_nodes_says_so(night):
    none = with_values(night, {"cluster.pools.node.autoscale": {"least": 0, "most": 2}, COOLDOWN: 0,
                               "kubernetes.cluster_autoscaler.scale_down_unneeded_time_s": 0,
                               "cluster.pools.node.boot": "60s"})  # fmt: skip
    trace = run(none, "kubernetes")
    pools = [(before, after, why) for _, name, before, after, why in trace["scaling"].rows() if name == "pool/node"]
    assert pools[-2:] == [(1, 0, "node-unneeded"), (0, 1, "pods-unschedulable")]
    assert measured("lost_requests:web", trace, none) == 0
