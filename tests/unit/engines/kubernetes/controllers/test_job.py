"""Back-off: upstream's getRemainingTime rows; the rest in runs."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, simulate, tasks
from workbench.engines.kubernetes.controllers.job_backoff import remaining_us
from workbench.engines.kubernetes.controllers.job_progress import Progress
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import Job, ObjectMeta, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.batch import JobSpec
from workbench.model.workload import Arrivals


@pytest.mark.parametrize(
    ("failures", "since", "expected"),
    [
        pytest.param(0, 0, 0, id="no failures"),
        pytest.param(1, 0, 5, id="one failure now"),
        pytest.param(1, 5, 0, id="one failure, exactly at the end"),
        pytest.param(1, 6, 0, id="one failure, past the end"),
        pytest.param(8, 0, 640, id="eight failures"),
        pytest.param(9, 0, 700, id="at most the longest"),
    ],
)
def test_remaining_backoff(failures, since, expected):
    assert remaining_us(failures, since, 5, 700) == expected


@pytest.mark.parametrize(
    ("spec", "active", "succeeded", "expected"),
    [
        pytest.param({}, 0, 0, 1, id="one pod unless told otherwise"),
        pytest.param({"completions": 10, "parallelism": 4}, 2, 0, 4, id="as many as may run at once"),
        pytest.param({"completions": 10, "parallelism": 4}, 2, 8, 2, id="no more than are still needed"),
        pytest.param({"parallelism": 4}, 3, 0, 4, id="a work queue"),
        pytest.param({"parallelism": 4}, 3, 1, 3, id="a work queue after a success starts no more"),
    ],
)
def test_how_many_should_be_active(spec, active, succeeded, expected):
    progress = Progress(JobSpec(**spec))
    progress.active = dict.fromkeys(range(active))
    progress.succeeded = succeeded
    assert progress.wanted() == expected


def test_the_lowest_indexes_that_need_a_pod_come_first():
    progress = Progress(JobSpec(completions=5, parallelism=5, completion_mode="Indexed"))
    assert progress.take(3, 0) == [0, 1, 2]
    progress.give_back(1)
    assert progress.take(9, 0) == [1, 3, 4]


def batch(replicas=4, **more):
    return app("b", "batch", replicas, cpu=1000, memory=GIB, ready=0, **more)


def test_no_more_than_parallelism_run_at_once():
    trace = simulate(scenario(batch(4, parallelism=2, runs=20), horizon=200))
    runs = sorted((row["started_us"], row["ended_us"]) for row in tasks(trace))
    assert len(runs) == 4
    assert runs[2][0] > min(end for _, end in runs[:2])
    assert {row["outcome"] for row in tasks(trace)} == {"finished"}


def test_each_index_is_a_slot():
    trace = simulate(scenario(batch(4, runs=20), horizon=100))
    assert sorted((row["slot"], row["task"].rsplit("-", 1)[0]) for row in tasks(trace)) == [
        (number, f"b-{number}") for number in range(4)
    ]


def test_the_end_is_noted():
    trace = simulate(scenario(batch(2, runs=20), horizon=100))
    (over,) = happened(trace, "events", kind="JobComplete", subject="b")
    assert 21 < over < 25


def test_a_task_lost_with_its_machine_is_done_again():
    # the machine is lost for good at 30 s: its pods are evicted some 350 s later, and replaced at once, since their
    # back-off of 10 s counts from when they were found not ready
    trace = simulate(scenario(batch(2, runs=60), machines=2, horizon=900, faults=[Fault(seconds(30), hosting="b")]))
    again = [row for row in tasks(trace) if row["incarnation"] == 1]
    assert again
    assert all(row["outcome"] == "finished" for row in again)
    evicted = min(happened(trace, "events", kind="TaintManagerEviction"))
    assert all(1 <= at(row["queued_us"]) - evicted < 3 for row in again)
    assert len({row["slot"] for row in tasks(trace)}) == 2


def test_a_task_on_a_machine_that_comes_back_soon_fails_and_is_done_again():
    fault = Fault(seconds(30), hosting="b", back_us=seconds(60))
    trace = simulate(scenario(batch(1, runs=60), machines=2, horizon=300, faults=[fault]))
    first, second = tasks(trace)
    assert (first["outcome"], second["outcome"]) == ("lost", "finished")
    assert 70 <= at(second["queued_us"]) < 73  # restartPolicy Never, and 10 s of back-off for its index


def native(**spec):
    template = PodTemplateSpec(spec=PodSpec(containers=(container("1", "1Gi"),), restart_policy="Never"))
    return Job(metadata=ObjectMeta(name="b", namespace="default"), spec=JobSpec(template=template, **spec))


def test_a_job_fails_after_too_many_failures():
    # three pods or so on the lost machine at a backoffLimit of 1: all count as failed when they are evicted
    job = native(completions=8, parallelism=8, backoff_limit=1)
    faults = [Fault(seconds(30), hosting="b")]
    trace = simulate(scenario(batch(8, runs=600, native=job), machines=3, horizon=900, faults=faults))
    (failed,) = happened(trace, "events", kind="JobFailed", subject="b")
    evicted = happened(trace, "events", kind="TaintManagerEviction")
    assert 1 <= failed - max(evicted) < 2  # changes of pods within a second share one sync
    assert {row["outcome"] for row in tasks(trace)} == {"lost", "killed"}


def test_nobody_is_evicted_from_the_only_node():
    job = native(completions=2, parallelism=2, backoff_limit=1)
    faults = [Fault(seconds(30), hosting="b")]
    trace = simulate(scenario(batch(2, runs=600, native=job), machines=1, horizon=900, faults=faults))
    assert happened(trace, "events", kind="JobFailed", subject="b") == []


def test_a_suspended_job_starts_nothing():
    assert tasks(simulate(scenario(batch(2, native=native(completions=2, suspend=True)), horizon=60))) == []


def test_tasks_that_arrive_one_by_one_are_bare_pods():
    trace = simulate(scenario(batch(0, runs=5, arrivals=Arrivals(1.0, "constant", seconds(5))), horizon=60))
    made = tasks(trace)
    assert [(row["task"], row["slot"], at(row["submitted_us"])) for row in made] == [
        ("b-0", 0, 1.0), ("b-1", 1, 2.0), ("b-2", 2, 3.0), ("b-3", 3, 4.0),
    ]  # fmt: skip
    assert {row["outcome"] for row in made} == {"finished"}
