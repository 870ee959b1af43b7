"""Probes that may fail: when a container is killed, when clients are sent elsewhere, how restarts wait."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, simulate, tasks
from workbench.engines.kubernetes.probing import Streak, decides
from workbench.model.lives import Check, Trouble
from workbench.model.load import Load, constant
from workbench.model.native.kubernetes import ObjectMeta, Pod, PodSpec
from workbench.model.native.kubernetes.pods import ExecAction, Probe

QUICK = {"kubernetes.kubelet.relist_period_s": 0.01}


@pytest.mark.parametrize(
    ("results", "success", "failure", "expected"),
    [
        pytest.param("+", 1, 3, True, id="one success is enough"),
        pytest.param("--", 1, 3, False, id="two failures are not"),
        pytest.param("---", 1, 3, True, id="three are"),
        pytest.param("--+--", 2, 3, False, id="a success in between begins a new count"),
        pytest.param("++", 2, 3, True, id="two successes where two are asked for"),
    ],
)
def test_results_in_a_row(results, success, failure, expected):
    streak = Streak()
    for one in results:
        streak.add(one == "+")
    assert decides(Probe(success_threshold=success, failure_threshold=failure), streak) == expected


def bare(probes, *, trouble=None, policy="Always", ready=0, horizon=600, grace=30, **more):
    """Run one bare pod with these probes; its process starts at once."""
    spec = PodSpec(
        containers=(replace(container("100m", "64Mi"), **probes),),
        restart_policy=policy,
        termination_grace_period_seconds=grace,
    )
    native = Pod(metadata=ObjectMeta(name="p", namespace="default"), spec=spec)
    one = app("p", start=0, ready=ready, native=native, trouble=trouble, **more)
    return simulate(scenario(one, machines=1, horizon=horizon, settings=QUICK))


def starts(trace):
    return [at(row["started_us"]) for row in trace["attempts"].dicts()]


def probe(**more):
    return Probe(exec=ExecAction(), **more)


class TestLiveness:
    def test_three_failures_kill_and_the_grace_period_passes_since_a_hung_process_does_not_heed(self):
        trace = bare({"liveness_probe": probe()}, trouble=Trouble(hangs_us=seconds(100)), grace=7)
        first, second = starts(trace)[:2]
        (unhealthy, *_) = happened(trace, "events", kind="Unhealthy", reason="liveness-failed")
        assert 119 < unhealthy - first < 131  # the third probe after 100 s
        assert second == pytest.approx(unhealthy + 7, abs=0.05)

    def test_a_process_that_only_starts_slowly_is_killed_too(self):
        trace = bare({"liveness_probe": probe(period_seconds=5)}, ready=60)
        assert len(starts(trace)) > 1

    def test_but_not_when_a_startup_probe_waits_for_it(self):
        trace = bare(
            {"liveness_probe": probe(period_seconds=5), "startup_probe": probe(failure_threshold=30)}, ready=60
        )
        assert len(starts(trace)) == 1

    def test_nor_before_the_initial_delay(self):
        trace = bare({"liveness_probe": probe(period_seconds=5, initial_delay_seconds=60)}, ready=50)
        assert len(starts(trace)) == 1

    def test_a_startup_probe_kills_as_well(self):
        trace = bare({"startup_probe": probe(failure_threshold=3)}, ready=60)
        assert happened(trace, "events", reason="startup-failed")

    def test_without_a_probe_nobody_notices(self):
        assert len(starts(bare({}, trouble=Trouble(hangs_us=seconds(50))))) == 1

    def test_a_pod_that_is_never_restarted_fails(self):
        trace = bare({"liveness_probe": probe()}, trouble=Trouble(hangs_us=seconds(50)), policy="Never")
        assert len(starts(trace)) == 1
        assert tasks(trace)[0]["outcome"] == "killed"


class TestCrashLoop:
    def test_the_wait_doubles(self):
        trace = bare({}, trouble=Trouble(crashes_us=seconds(2)), horizon=400)
        found = starts(trace)
        waits = [round(later - one - 2) for one, later in itertools.pairwise(found)]
        assert waits == [0, 10, 20, 40, 80, 160]

    def test_it_begins_anew_after_ten_good_minutes(self):
        trace = bare({}, trouble=Trouble(crashes_us=seconds(601)), horizon=2000)
        found = starts(trace)
        assert [round(later - one - 601) for one, later in itertools.pairwise(found)] == [0, 0, 0]


class TestReadiness:
    def service(self, trouble, check=None, **more):
        one = app("web", replicas=1, ready=1, trouble=trouble, check=check, **more)
        return simulate(scenario(one, machines=1, horizon=400, settings=QUICK))

    def test_clients_go_elsewhere_while_it_hangs_and_come_back(self):
        trace = self.service(Trouble(hangs_us=seconds(100), hangs_for_us=seconds(60)))
        changes = [(row["change"], row["reason"]) for row in trace["endpoints"].dicts()]
        assert changes == [("added", "pod-ready"), ("removed", "readiness-failed"), ("added", "pod-ready")]
        assert len(starts(trace)) == 1

    def test_a_check_of_the_short_form_restarts_too(self):
        trace = self.service(Trouble(hangs_us=seconds(100)), Check())
        assert len(starts(trace)) > 1

    def test_or_not(self):
        trace = self.service(Trouble(hangs_us=seconds(100)), Check(restarts=False))
        assert len(starts(trace)) == 1

    @pytest.mark.parametrize(("timeout", "fails"), [(1, True), (30, False)])
    def test_with_more_load_than_it_can_bear_the_patience_of_the_check_decides(self, timeout, fails):
        load = Load(constant(52.0), seconds(0.02), cap=1000, queue=1000)  # 50 requests/s can be answered
        trace = self.service(None, Check(timeout_us=seconds(timeout)), load=load)
        assert (len(starts(trace)) > 1) == fails

    def test_who_refuses_requests_fails_however_patient_the_check_is(self):
        load = Load(constant(60.0), seconds(0.02), cap=1000, queue=100)
        assert len(starts(self.service(None, Check(timeout_us=seconds(30)), load=load))) > 1
