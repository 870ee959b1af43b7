"""CronJobs in runs. A run begins on a Monday at midnight, so the tenth minute is 600 s."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, simulate, tasks
from tests.unit.engines.kubernetes.controllers.members import said
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.cronjob import beyond_history, job_name, wall_clock
from workbench.engines.kubernetes.controllers.ttl_after_finished import Finished
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import CronJob, ObjectMeta, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.batch import CronJobSpec, JobSpec, JobTemplateSpec


def by_the_clock(schedule="*/5 * * * *", *, runs=60, cpu="1", job=None, **spec):
    pods = PodTemplateSpec(spec=PodSpec(containers=(container(cpu, "1Gi"),), restart_policy="Never"))
    template = JobTemplateSpec(spec=JobSpec(template=pods, **(job or {})))
    native = CronJob(
        metadata=ObjectMeta(name="tidy", namespace="default"),
        spec=CronJobSpec(schedule=schedule, job_template=template, **spec),
    )
    return app("tidy", "batch", 0, cpu=1000, memory=GIB, ready=0, runs=runs, native=native)


def starts(trace):
    return [round(at(row["queued_us"])) for row in tasks(trace)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param("*/5 * * * *", [300, 600, 900], id="every five minutes"),
        pytest.param("7 * * * *", [420], id="once an hour"),
        pytest.param("*/5 * * * 0", [], id="on Sundays only"),
        pytest.param("@every 10m", [600], id="every so often since it was made"),
    ],
)
def test_jobs_start_when_the_schedule_says(schedule, expected):
    trace = simulate(scenario(by_the_clock(schedule), horizon=1000))
    assert [start - start % 5 for start in starts(trace)] == expected
    assert {row["outcome"] for row in tasks(trace)} <= {"finished", "running"}


def test_a_task_was_not_wanted_before_its_start():
    trace = simulate(scenario(by_the_clock(), horizon=700))
    assert [round(at(row["submitted_us"])) for row in tasks(trace)] == [300, 600]


def test_a_suspended_one_starts_nothing():
    assert tasks(simulate(scenario(by_the_clock(suspend=True), horizon=1000))) == []


@pytest.mark.parametrize(
    ("policy", "outcomes", "kind"),
    [
        pytest.param("Allow", ["running", "running", "running"], "", id="Allow: side by side"),
        pytest.param("Forbid", ["running"], "JobAlreadyActive", id="Forbid: the next ones are left out"),
        pytest.param("Replace", ["killed", "killed", "running"], "SuccessfulDelete", id="Replace: the new one wins"),
    ],
)
def test_what_happens_when_the_one_before_still_runs(policy, outcomes, kind):
    trace = simulate(scenario(by_the_clock(runs=2000, concurrency_policy=policy), horizon=1000))
    assert [row["outcome"] for row in tasks(trace)] == outcomes
    assert len(said(trace, kind)) == (2 if kind else 0)


def test_a_start_that_is_forbidden_is_made_once_the_one_before_is_over_if_its_deadline_allows():
    trace = simulate(scenario(by_the_clock(runs=400, concurrency_policy="Forbid"), horizon=1000))
    first, second, *_ = tasks(trace)
    assert at(second["queued_us"]) == pytest.approx(at(first["ended_us"]), abs=5)
    late = by_the_clock(runs=400, concurrency_policy="Forbid", starting_deadline_seconds=30)
    trace = simulate(scenario(late, horizon=1000))
    assert [start - start % 5 for start in starts(trace)] == [300, 900]


def finished(number, how):
    return ApiObject(
        kind="Job", namespace="default", name=f"j{number}", native=None, status=Finished(number, how) if how else None
    )


def test_only_so_many_finished_jobs_are_kept():
    jobs = [finished(number, how) for number, how in enumerate(["complete", "failed", "complete", "", "failed"])]
    assert [one.name for one in beyond_history(jobs, 1, 1)] == ["j0", "j1"]
    assert beyond_history(jobs, 3, 2) == []


def test_in_a_run_the_pods_of_a_job_that_is_no_longer_kept_go_with_it():
    kept = by_the_clock("* * * * *", runs=5, successful_jobs_history_limit=2)
    plane = Kubernetes()
    trace = World(scenario(kept, horizon=1000), plane, 1).run()
    assert len(tasks(trace)) == 16
    assert len(plane.api.pods) <= 3
    assert {row["outcome"] for row in tasks(trace)} == {"finished"}


def test_the_same_start_gives_the_same_name():
    assert job_name("tidy", wall_clock(seconds(300))) == job_name("tidy", wall_clock(seconds(300)))
    assert job_name("tidy", wall_clock(seconds(300))) != job_name("tidy", wall_clock(seconds(360)))


def test_a_schedule_that_never_comes_is_said_once():
    trace = simulate(scenario(by_the_clock("0 0 31 2 *"), horizon=1000))
    assert happened(trace, "events", kind="UnparseableSchedule", reason="never-due") == [pytest.approx(0.02, abs=0.1)]


def test_a_job_of_a_lost_machine_is_made_good():
    faults = [Fault(seconds(330), hosting="tidy", back_us=seconds(360))]
    trace = simulate(scenario(by_the_clock("5 * * * *"), machines=2, horizon=900, faults=faults))
    assert [row["outcome"] for row in tasks(trace)] == ["lost", "finished"]


def test_one_that_waits_for_its_jobs_to_go_makes_no_more_of_them():
    """A pod on a machine that is cut off holds it up for as long as that lasts."""
    away = Fault(seconds(310), "network-partition", node="node-0")
    gone = PlannedChange(seconds(400), "delete", "tidy", cascade="foreground")
    made = scenario(by_the_clock(runs=2000), machines=1, horizon=2000, faults=[away], changes=[gone])
    plane = Kubernetes()
    assert [start - start % 5 for start in starts(World(made, plane, 1).run())] == [300]
    assert [one.finalizer for one in plane.api.objects.values() if one.kind == "CronJob"] == ["foreground"]
