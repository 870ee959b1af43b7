"""How Jobs end: deadlines, policies, limits of single indexes, and when they are removed."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, pod, simulate, tasks
from workbench.engines.kubernetes.controllers.job_policies import failure_action, success_met
from workbench.engines.kubernetes.controllers.job_progress import Progress
from workbench.engines.kubernetes.controllers.job_removal import active_pods_for_removal
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import Job, ObjectMeta, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.batch import JobSpec
from workbench.model.workload import App


def job(replicas=2, runs=60, **spec):
    template = PodTemplateSpec(spec=PodSpec(containers=(container("1", "1Gi"),), restart_policy="Never"))
    shape = {"completions": replicas, "parallelism": replicas, "template": template, **spec}
    native = Job(metadata=ObjectMeta(name="b", namespace="default"), spec=JobSpec(**shape))
    return app("b", "batch", replicas, cpu=1000, memory=GIB, ready=0, runs=runs, native=native)


def ended(index=0, **more) -> PodObject:
    return PodObject(
        uid=index, name=f"b-{index}", namespace="default", app=App("b", "batch", 1, {}), version=1,
        info=pod(container("1")), owner="", index=index, created_us=0, **{"phase": "Failed", **more},
    )  # fmt: skip


def codes(action, operator, *values):
    return {"rules": [{"action": action, "onExitCodes": {"operator": operator, "values": list(values)}}]}


DISRUPTED = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}


@pytest.mark.parametrize(
    ("policy", "one", "expected"),
    [
        pytest.param(None, ended(exit_code=1), "Count", id="no policy"),
        pytest.param(codes("FailJob", "In", 42), ended(exit_code=42), "FailJob", id="a code that is listed"),
        pytest.param(codes("FailJob", "In", 42), ended(exit_code=1), "Count", id="a code that is not"),
        pytest.param(codes("FailJob", "NotIn", 42), ended(exit_code=1), "FailJob", id="NotIn: any other code"),
        pytest.param(codes("FailJob", "NotIn", 42), ended(), "Count", id="no code is known"),
        pytest.param(DISRUPTED, ended(disrupted=True), "Ignore", id="taken away though it did no wrong"),
        pytest.param(DISRUPTED, ended(exit_code=1), "Count", id="failed by itself"),
    ],
)
def test_what_a_failure_policy_says(policy, one, expected):
    assert failure_action(policy, one) == expected


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        pytest.param({"succeededIndexes": "0,2-3"}, True, id="all of these"),
        pytest.param({"succeededIndexes": "0-2"}, False, id="one of these is missing"),
        pytest.param({"succeededIndexes": "0-2", "succeededCount": 2}, True, id="so many of these"),
        pytest.param({"succeededCount": 4}, False, id="so many of any"),
    ],
)
def test_what_a_success_policy_demands(rule, met):
    assert success_met({"rules": [rule]}, ((0, 0), (2, 3)), 6) is met


def test_of_too_many_pods_the_second_of_an_index_goes_first_then_the_one_worth_least():
    running = {"phase": "Running", "node": 0}
    pods = [ended(0, **running), ended(1, **running), ended(2, phase="Pending")]
    twice = PodObject(**{**{name: getattr(pods[1], name) for name in PodObject.__struct_fields__}, "uid": 9})
    twice.phase = "Pending"
    assert [one.uid for one in active_pods_for_removal([*pods, twice], 1, 3, 0)] == [9]
    assert [one.uid for one in active_pods_for_removal([*pods, twice], 2, 3, 0)] == [9, 2]
    assert [one.uid for one in active_pods_for_removal(pods, 1, None, 0)] == [2]


def test_a_job_that_takes_too_long_fails_and_its_pods_go():
    trace = simulate(scenario(job(runs=500, active_deadline_seconds=100), horizon=300))
    (over,) = happened(trace, "events", kind="JobFailed", reason="job-deadline")
    assert 100 <= over < 102
    assert {row["outcome"] for row in tasks(trace)} == {"killed"}


def test_a_finished_job_is_removed_when_its_time_is_up():
    trace = simulate(scenario(job(runs=20, ttl_seconds_after_finished=50), horizon=300))
    (done,) = happened(trace, "events", kind="JobComplete")
    (gone,) = happened(trace, "events", kind="JobExpired")
    assert gone - done == pytest.approx(50, abs=0.1)


def test_a_job_whose_time_is_up_while_no_controller_manager_leads_goes_once_one_does():
    made = job(runs=20, ttl_seconds_after_finished=50)
    (gone,) = happened(simulate(scenario(made, horizon=300)), "events", kind="JobExpired")
    lost = Fault(seconds(gone - 5), "control-plane-loss")
    trace = simulate(scenario(made, horizon=300, faults=[lost]))
    leads = happened(trace, "events", kind="leader-elected", subject="kube-controller-manager")
    assert happened(trace, "events", kind="JobExpired") == leads
    assert leads[0] > gone


def test_a_job_without_a_ttl_stays():
    assert happened(simulate(scenario(job(runs=20), horizon=300)), "events", kind="JobExpired") == []


def lost_for_good(**spec):
    faults = [Fault(seconds(30), hosting="b")]
    return simulate(scenario(job(1, backoff_limit=0, **spec), machines=2, horizon=900, faults=faults))


def test_without_a_policy_an_eviction_counts_as_a_failure():
    assert happened(lost_for_good(), "events", kind="JobFailed", reason="backoff-limit")


def test_an_eviction_that_is_ignored_costs_nothing_but_the_replacement_waits_for_the_end():
    # podFailurePolicy makes podReplacementPolicy Failed: on a node that never answers the pod never ends
    trace = lost_for_good(pod_failure_policy=DISRUPTED)
    assert happened(trace, "events", kind="JobFailed") == []
    assert len(tasks(trace)) == 1


def test_an_ignored_failure_is_made_good_once_the_node_answers():
    faults = [Fault(seconds(30), hosting="b", back_us=seconds(500))]
    one = job(1, backoff_limit=0, pod_failure_policy=DISRUPTED)
    trace = simulate(scenario(one, machines=2, horizon=900, faults=faults))
    assert happened(trace, "events", kind="JobFailed") == []
    assert [row["outcome"] for row in tasks(trace)] == ["lost", "finished"]
    assert at(tasks(trace)[1]["queued_us"]) > 500


def test_a_failure_that_the_policy_does_not_stand_ends_the_job_at_once():
    faults = [Fault(seconds(30), hosting="b", back_us=seconds(60))]
    one = job(1, backoff_limit=6, pod_failure_policy=codes("FailJob", "In", 137))
    trace = simulate(scenario(one, machines=2, horizon=300, faults=faults))
    assert happened(trace, "events", kind="JobFailed", reason="failure-policy")
    assert len(tasks(trace)) == 1


def test_indexes_wait_for_their_own_back_off_while_later_ones_start_only_if_they_are_among_the_next():
    progress = Progress(JobSpec(completions=5, parallelism=2, completion_mode="Indexed", backoff_limit_per_index=9))
    assert progress.take(2, 0) == [0, 1]
    progress.ended = [ended(0, finished_us=seconds(1))]
    progress.take_stock()
    assert progress.take(1, seconds(2)) == []  # 0 is the next one, and not due
    assert progress.take(2, seconds(2)) == [2]
    assert progress.next_due_us(seconds(2)) == seconds(9)
    assert progress.take(1, seconds(11)) == [0]


def test_the_books_of_an_indexed_job():
    progress = Progress(JobSpec(completions=6, parallelism=6, completion_mode="Indexed"))
    assert progress.take(6, 0) == [0, 1, 2, 3, 4, 5]
    progress.ended = [ended(index, phase="Succeeded", finished_us=5) for index in (0, 4, 5, 1)]
    progress.take_stock()
    assert progress.done() == ((0, 1), (4, 5))
    assert progress.outcome(0).how == ""
