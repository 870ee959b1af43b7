"""Jobs that change while they go on: how many pods at once, how many in all, whether they work at all."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, node, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, pod, simulate, tasks
from workbench.engines.kubernetes.controllers.job_indexes import below
from workbench.engines.kubernetes.controllers.job_progress import Progress
from workbench.engines.kubernetes.controllers.job_removal import active_pods_for_removal
from workbench.engines.kubernetes.controllers.job_wanted import ANY, WantedSince
from workbench.engines.kubernetes.job_changes import completions_refused, defaulted, sized
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.batch_work import Schedule
from workbench.model.changes import PlannedChange
from workbench.model.clock import SECOND_US
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import CronJob, Job, ObjectMeta, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.batch import CronJobSpec, JobSpec, JobTemplateSpec
from workbench.model.workload import App, Arrivals


def change(when, kind, **more) -> PlannedChange:
    return PlannedChange(seconds(when), kind, "b", **more)


def job(completions=6, parallelism=None, runs=60, stop=0, indexed=True, policy="Never", **spec) -> App:
    at_once = completions if parallelism is None else parallelism
    template = PodTemplateSpec(spec=PodSpec(containers=(container("1", "1Gi"),), restart_policy=policy))
    mode = "Indexed" if indexed else "NonIndexed"
    shape = {"completions": completions, "parallelism": at_once, "completion_mode": mode, "template": template, **spec}
    native = Job(metadata=ObjectMeta(name="b", namespace="default"), spec=JobSpec(**shape))
    count = at_once if completions is None else completions
    return app(
        "b", "batch", count, cpu=1000, memory=GIB, ready=0, runs=runs, native=native, parallelism=at_once,
        stop_us=seconds(stop), suspended=bool(spec.get("suspend")),
    )  # fmt: skip


def ran(one: App, *changes: PlannedChange, horizon=600, **more):
    return simulate(scenario(one, changes=changes, horizon=horizon, **more))


def kinds(trace):
    wanted = ("Suspended", "Resumed", "JobComplete", "JobFailed", "ChangeRefused", "NothingThere", "NoCounterpart")
    return [row["kind"] for row in trace["events"].dicts() if row["kind"] in wanted and row["subject"] == "b"]


def of(trace, outcome):
    return sorted(row["slot"] for row in tasks(trace) if row["outcome"] == outcome)


# -- what may change ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        pytest.param((6, 6, "Indexed"), (3, 3), "", id="an Indexed Job gets smaller"),
        pytest.param((6, 6, "Indexed"), (9, 9), "", id="and larger"),
        pytest.param((6, 2, "Indexed"), (3, 3), "", id="to the same number for both, whatever it was before"),
        pytest.param((6, 6, "Indexed"), (3, 6), "in tandem", id="its completions alone do not change"),
        pytest.param((6, 6, "Indexed"), (6, 2), "", id="its parallelism alone does"),
        pytest.param((6, 6, "NonIndexed"), (3, 3), "immutable", id="without indexes completions never change"),
        pytest.param((6, 6, "NonIndexed"), (6, 0), "", id="but parallelism does, down to none"),
    ],
)
def test_completions_change_for_indexed_jobs_only_and_together_with_parallelism(old, new, refused):
    before = JobSpec(completions=old[0], parallelism=old[1], completion_mode=old[2])
    said = completions_refused(before, JobSpec(completions=new[0], parallelism=new[1], completion_mode=old[2]))
    assert refused in said
    assert bool(said) is bool(refused)


@pytest.mark.parametrize(
    ("spec", "wanted", "expected"),
    [
        pytest.param({"completions": 6, "parallelism": 6}, (3, None), (3, 3), id="all at once, as before"),
        pytest.param({"completions": 6, "parallelism": 2}, (6, 4), (6, 4), id="more at once"),
        pytest.param({"parallelism": 4}, (2, 2), (None, 2), id="a work queue has no number of completions"),
        pytest.param({}, (1, 3), (1, 3), id="what is left open is one"),
    ],
)
def test_what_a_size_means_for_the_fields_of_a_job(spec, wanted, expected):
    new = sized(defaulted(JobSpec(**spec)), App("b", "batch", wanted[0], {}, parallelism=wanted[1]))
    assert (new.completions, new.parallelism) == expected


# -- who goes first -------------------------------------------------------------------------------------------


def one(uid, index=-1, made=0, **more) -> PodObject:
    return PodObject(
        uid=uid, name=f"b-{uid}", namespace="default", app=App("b", "batch", 1, {}), version=1,
        info=pod(container("1")), owner="", index=index, created_us=seconds(made), **more,
    )  # fmt: skip


RUNNING = {"phase": "Running", "node": 0}
READY = {**RUNNING, "ready": True}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(one(2), one(1, node=0), id="one without a node before one that has one"),
        pytest.param(one(2, node=0), one(1, **RUNNING), id="one that does not run before one that does"),
        pytest.param(one(2, **RUNNING), one(1, **READY, ready_us=0), id="one that is not ready before one that is"),
        pytest.param(
            one(2, **READY, ready_us=seconds(9)), one(1, **READY, ready_us=seconds(8)), id="ready for a shorter time"
        ),
        pytest.param(one(2, **RUNNING, restarts=2), one(1, **RUNNING, restarts=1), id="started again more often"),
        pytest.param(one(2, made=51, **RUNNING), one(1, made=50, **RUNNING), id="the younger, by a second"),
        pytest.param(
            one(2, made=51, deletion_cost=9, **RUNNING), one(1, made=50, deletion_cost=-9, **RUNNING),
            id="whatever it costs to delete: that counts for ReplicaSets only",
        ),
    ],
)  # fmt: skip
def test_the_pod_that_has_got_least_far_goes_first(first, second):
    assert active_pods_for_removal([second, first], 1, None, seconds(100)) == [first]


def test_indexes_beyond_the_completions_go_before_all_others_and_even_if_nothing_else_has_to():
    pods = [one(1, 0), one(2, 5, **READY, ready_us=0), one(3, 1)]
    assert [gone.uid for gone in active_pods_for_removal(pods, 0, 3, 0)] == [2]
    assert [gone.uid for gone in active_pods_for_removal(pods, 2, 3, 0)] == [2, 1]


def test_done_indexes_are_cut_at_the_completions():
    assert below(((0, 2), (4, 7), (9, 9)), 6) == ((0, 2), (4, 5))
    assert below(((3, 4),), 3) == ()


# -- suspension -----------------------------------------------------------------------------------------------


def test_a_job_that_is_suspended_loses_its_pods_and_one_that_is_resumed_begins_them_anew():
    trace = ran(job(4, runs=60), change(30, "suspend"), change(100, "resume"))
    assert of(trace, "killed") == of(trace, "finished") == [0, 1, 2, 3]
    assert kinds(trace) == ["Suspended", "Resumed", "JobComplete"]
    (suspended,), (resumed,) = happened(trace, "events", kind="Suspended"), happened(trace, "events", kind="Resumed")
    assert all(abs(at(row["ended_us"]) - suspended) < 0.1 for row in tasks(trace) if row["outcome"] == "killed")
    again = [row for row in tasks(trace) if row["outcome"] == "finished"]
    assert all(100 <= at(row["queued_us"]) <= resumed for row in again)


def test_what_is_done_stays_done():
    trace = ran(job(4, 2, runs=60), change(90, "suspend"), change(200, "resume"))
    assert of(trace, "finished") == [0, 1, 2, 3]
    assert of(trace, "killed") == [2, 3]


def test_nothing_starts_while_it_is_suspended_whatever_becomes_of_machines():
    faults = [Fault(seconds(50), node="node-0", back_us=seconds(70))]
    trace = ran(job(4), change(30, "suspend"), faults=faults, horizon=300)
    assert kinds(trace) == ["Suspended"]
    assert all(at(row["queued_us"]) < 30 for row in tasks(trace))


def test_pods_that_go_with_a_suspension_count_as_no_failures():
    trace = ran(job(4, backoff_limit=0), change(30, "suspend"), change(40, "resume"))
    assert kinds(trace)[-1] == "JobComplete"
    assert min(at(row["queued_us"]) for row in tasks(trace) if row["incarnation"]) < 41, "nor is there any back-off"


def test_a_pod_that_finishes_while_it_is_being_stopped_has_worked_in_vain():
    trace = ran(job(1, runs=60, stop=20), change(50, "suspend"), change(200, "resume"))
    first, second = tasks(trace)
    assert (first["outcome"], second["outcome"]) == ("finished", "finished")
    assert at(first["ended_us"]) < 70 < 200 <= at(second["queued_us"])


def test_a_pod_has_waited_since_the_job_was_resumed_if_one_ran_before_else_since_the_job_came():
    one_at_a_time = job(2, 1, runs=60)
    trace = ran(one_at_a_time, change(30, "suspend"), change(100, "resume"))
    assert [(row["slot"], round(at(row["submitted_us"]))) for row in tasks(trace)] == [(0, 0), (0, 100), (1, 0)]


def test_a_job_that_comes_suspended_says_so_and_has_waited_only_since_it_was_resumed():
    trace = ran(job(2, suspend=True), change(100, "resume"))
    assert kinds(trace) == ["Suspended", "Resumed", "JobComplete"]
    assert [round(at(row["submitted_us"])) for row in tasks(trace)] == [100, 100]


def test_a_suspension_that_is_asked_for_twice_is_told_of_once():
    trace = ran(job(2), change(20, "suspend"), change(30, "suspend"), change(40, "resume"), change(50, "resume"))
    assert kinds(trace) == ["Suspended", "Resumed", "JobComplete"]


def test_of_the_old_pods_one_may_still_be_stopping_beside_the_new_one_of_its_index():
    trace = ran(job(1, stop=20), change(30, "suspend"), change(40, "resume"))
    first, second = tasks(trace)
    assert at(second["started_us"]) < at(first["ended_us"]) == pytest.approx(50, abs=0.1)
    assert happened(trace, "events", kind="given-up", reason="still-stopping")


def test_with_podreplacementpolicy_failed_the_new_one_waits_until_the_old_one_has_ended():
    one_pod = job(1, stop=20, pod_replacement_policy="Failed")
    first, second = tasks(ran(one_pod, change(30, "suspend"), change(40, "resume")))
    assert at(second["queued_us"]) > at(first["ended_us"])


def test_pods_of_a_job_without_indexes_have_waited_since_it_was_resumed_too():
    trace = ran(job(3, indexed=False), change(30, "suspend"), change(100, "resume"))
    assert [round(at(row["submitted_us"])) for row in tasks(trace)] == [0, 0, 0, 100, 100, 100]


# -- deadlines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resumed", "told", "over"),
    [
        pytest.param(60, ["Suspended", "Resumed", "JobFailed"], 160, id="before the deadline: its time begins anew"),
        pytest.param(150, ["Suspended", "JobFailed"], 150, id="after it: by the code of 1.34 it fails at once"),
        pytest.param(None, ["Suspended"], None, id="never: the deadline does not count meanwhile"),
    ],
)
def test_the_deadline_of_a_job_that_was_suspended(resumed, told, over):
    changes = [change(30, "suspend"), *([change(resumed, "resume")] if resumed else [])]
    trace = ran(job(1, runs=500, active_deadline_seconds=100), *changes)
    assert kinds(trace) == told
    assert [round(when) for when in happened(trace, "events", kind="JobFailed")] == ([over] if over else [])


def test_the_deadline_of_a_job_that_comes_suspended_counts_from_when_it_is_resumed():
    trace = ran(job(1, runs=500, active_deadline_seconds=100, suspend=True), change(200, "resume"))
    assert [round(when) for when in happened(trace, "events", kind="JobFailed")] == [300]


# -- back-off -------------------------------------------------------------------------------------------------


def failing(**spec) -> Progress:
    progress = Progress(JobSpec(completions=3, parallelism=3, completion_mode="Indexed", **spec))
    progress.take(3, 0)
    progress.active = {1: 0, 2: 1, 3: 2}
    return progress


def fail(progress: Progress, uid: int, when: float) -> None:
    index = progress.active.pop(uid)
    progress.ended.append(one(uid, index, phase="Failed", finished_us=seconds(when)))
    progress.take_stock()


def test_back_off_and_the_number_of_failures_outlast_a_suspension():
    progress = failing()
    fail(progress, 1, 10)
    progress.remove([one(2, 1, **RUNNING), one(3, 2, **RUNNING)], seconds(15))
    assert progress.failed == 1
    assert progress.delay_us(seconds(16)) == seconds(4)


def test_with_the_pod_of_an_index_its_own_failures_are_forgotten_that_of_a_failed_one_keeps_them():
    progress = failing(backoff_limit_per_index=5)
    for uid, when in ((1, 10), (2, 10)):
        fail(progress, uid, when)
    assert progress.take(1, seconds(20)) == [0]
    progress.active[4] = 0  # made in place of the one that failed, carries its count
    progress.remove([one(4, 0, **RUNNING), one(3, 2, **RUNNING)], seconds(25))
    assert progress.failures_of == {1: 1}
    assert progress.failed == 2


# -- elastic Indexed Jobs -------------------------------------------------------------------------------------


def test_of_a_job_that_gets_smaller_the_lower_indexes_stay():
    trace = ran(job(6), change(30, "scale", replicas=2))
    assert of(trace, "killed") == [2, 3, 4, 5]
    assert of(trace, "finished") == [0, 1]
    assert kinds(trace) == ["JobComplete"]


def test_of_a_job_that_gets_larger_the_new_indexes_are_wanted_since_then():
    trace = ran(job(2), change(30, "scale", replicas=4))
    assert of(trace, "finished") == [0, 1, 2, 3]
    assert [round(at(row["submitted_us"])) for row in tasks(trace)] == [0, 0, 30, 30]


def test_a_job_is_over_when_it_gets_so_small_that_all_is_done():
    trace = ran(job(4, 2, runs=60), change(80, "scale", replicas=2))
    (over,) = happened(trace, "events", kind="JobComplete")
    assert over == pytest.approx(80, abs=0.2)
    assert of(trace, "killed") == [2, 3]


def test_progress_forgets_what_lies_beyond_but_not_that_there_were_failures():
    progress = Progress(JobSpec(completions=4, parallelism=4, completion_mode="Indexed", backoff_limit_per_index=0))
    progress.take(4, 0)
    progress.active = {1: 0, 2: 1, 3: 2, 4: 3}
    fail(progress, 4, 5)
    index = progress.active.pop(3)
    progress.ended.append(one(3, index, phase="Succeeded", finished_us=seconds(6)))
    progress.take_stock()
    assert (progress.succeeded, progress.given_up) == (1, {3})
    progress.follow(JobSpec(completions=2, parallelism=2, completion_mode="Indexed", backoff_limit_per_index=0), 0)
    assert (progress.succeeded, progress.given_up, progress.failed) == (0, set(), 1)
    assert progress.wanted() == 2
    progress.follow(JobSpec(completions=4, parallelism=4, completion_mode="Indexed", backoff_limit_per_index=0), 0)
    assert progress.take(9, seconds(60)) == [2, 3]


def test_pods_beyond_the_completions_neither_fail_nor_succeed():
    progress = failing()
    progress.follow(JobSpec(completions=2, parallelism=2, completion_mode="Indexed"), 0)
    assert progress.any_beyond()
    fail(progress, 3, 5)
    assert (progress.failed, progress.delay_us(seconds(6))) == (0, 0)
    assert not progress.any_beyond()


def test_a_job_that_was_smaller_for_a_moment_gives_no_index_to_two():
    progress = failing()
    progress.follow(JobSpec(completions=1, parallelism=1, completion_mode="Indexed"), 0)
    progress.active.pop(2)
    progress.follow(JobSpec(completions=4, parallelism=4, completion_mode="Indexed"), 0)
    assert progress.take(9, 0) == [1, 3]


@pytest.mark.parametrize(
    ("made", "size", "said"),
    [
        pytest.param(job(4, indexed=False), {"replicas": 2}, "field is immutable", id="no indexes"),
        pytest.param(job(4), {"replicas": 2, "parallelism": 1}, "in tandem with spec.parallelism", id="two numbers"),
        pytest.param(job(4, 2), {"replicas": 3}, "in tandem with spec.parallelism", id="not all of them at once"),
    ],
)
def test_what_the_api_server_refuses_changes_nothing(made, size, said):
    trace = ran(made, change(30, "scale", **size), horizon=300)
    (refused,) = [row for row in trace["events"].dicts() if row["kind"] == "ChangeRefused"]
    assert said in refused["detail"]
    assert len(of(trace, "finished")) == 4


# -- parallelism ----------------------------------------------------------------------------------------------


def running(trace, when):
    return sum(row["started_us"] <= when * SECOND_US < row["ended_us"] for row in tasks(trace) if row["ended_us"] > 0)


def test_with_fewer_at_once_pods_are_deleted_and_made_again_later():
    trace = ran(job(6), change(30, "scale", parallelism=2))
    assert running(trace, 31) == 2
    assert len(of(trace, "killed")) == 4
    assert of(trace, "finished") == [0, 1, 2, 3, 4, 5]
    again = [row for row in tasks(trace) if row["incarnation"]]
    assert {round(at(row["submitted_us"])) for row in again} == {30}, "they have waited since they were stopped"


def test_pods_that_wait_for_a_node_go_before_those_that_run():
    trace = ran(job(6), change(30, "scale", parallelism=4), machines=1)
    assert of(trace, "finished") == [0, 1, 2, 3, 4, 5]
    assert [row["slot"] for row in tasks(trace) if row["outcome"] == "killed" and row["started_us"] > 0] == []
    later = [row for row in tasks(trace) if row["incarnation"]]
    assert {row["submitted_us"] for row in later} == {0}, "they have waited all along"


def test_with_more_at_once_the_next_indexes_start():
    trace = ran(job(6, 2), change(30, "scale", parallelism=5))
    assert (running(trace, 29), running(trace, 33)) == (2, 5)


def test_none_at_once_is_no_suspension():
    trace = ran(job(2, runs=500, active_deadline_seconds=100), change(30, "scale", parallelism=0))
    assert of(trace, "killed") == [0, 1]
    assert kinds(trace) == ["JobFailed"]  # its time goes on


def test_a_work_queue_has_as_many_workers_as_may_run_at_once():
    trace = ran(job(None, 2, indexed=False, runs=100), change(30, "scale", replicas=4), change(60, "scale", replicas=1))
    assert (running(trace, 29), running(trace, 40), running(trace, 61)) == (2, 4, 1)
    assert kinds(trace) == ["JobComplete"]


def test_a_work_queue_that_has_had_a_success_is_over_when_it_is_suspended():
    trace = ran(job(None, 4, indexed=False, runs=60), change(80, "suspend"), machines=(node("node-0", cpu=2000),))
    assert (len(of(trace, "finished")), len(of(trace, "killed"))) == (2, 2)
    assert kinds(trace) == ["JobComplete"]


# -- what has no size, and what is over -------------------------------------------------------------------------


def test_a_job_that_is_over_takes_no_change():
    trace = ran(job(2, runs=20), change(100, "suspend"), change(110, "scale", parallelism=1))
    assert kinds(trace) == ["JobComplete", "NothingThere", "NothingThere"]


BARE = app("b", "batch", 0, cpu=1000, memory=GIB, runs=5, arrivals=Arrivals(1.0, "constant", seconds(5)))
CLOCK = app("b", "batch", 1, cpu=1000, memory=GIB, runs=5, schedule=Schedule(seconds(60), seconds(60)))


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        pytest.param(BARE, change(2, "suspend"), id="bare pods: nothing holds them together"),
        pytest.param(CLOCK, change(30, "scale", replicas=3), id="a CronJob has no size"),
        pytest.param(app("b", "batch", 2, runs=60, framework="spark"), change(30, "suspend"), id="a Spark application"),
        pytest.param(app("b", "batch", 2, runs=60, framework="mpi"), change(30, "scale", replicas=3), id="a gang"),
    ],
)
def test_what_has_no_counterpart_is_said(made, asked):
    trace = ran(made, asked, horizon=100)
    assert happened(trace, "events", kind="NoCounterpart", reason="no-such-change")


def test_a_gang_that_is_suspended_begins_anew_as_a_whole():
    trace = ran(app("b", "batch", 3, runs=60, framework="mpi"), change(30, "suspend"), change(100, "resume"))
    assert kinds(trace)[1:] == ["Suspended", "Resumed", "JobComplete"]
    assert of(trace, "finished") == [0, 1, 2]


# -- CronJobs -------------------------------------------------------------------------------------------------


def by_the_clock(**spec) -> App:
    pods = PodTemplateSpec(spec=PodSpec(containers=(container("1", "1Gi"),), restart_policy="Never"))
    template = JobTemplateSpec(spec=JobSpec(template=pods))
    native = CronJob(
        metadata=ObjectMeta(name="b", namespace="default"),
        spec=CronJobSpec(schedule="*/5 * * * *", job_template=template, **spec),
    )
    return app("b", "batch", 0, cpu=1000, memory=GIB, ready=0, runs=100, native=native)


@pytest.mark.parametrize(
    ("deadline", "starts"),
    [
        pytest.param(None, [300, 1400, 1500], id="resumed, it makes the last of those it missed"),
        pytest.param(30, [300, 1500], id="unless that is too late by now"),
    ],
)
def test_a_cronjob_that_is_suspended_starts_nothing_more_and_lets_run_what_runs(deadline, starts):
    made = by_the_clock(starting_deadline_seconds=deadline)
    trace = ran(made, change(320, "suspend"), change(1400, "resume"), horizon=1700)
    assert [round(at(row["queued_us"])) for row in tasks(trace)] == starts
    assert {row["outcome"] for row in tasks(trace)} == {"finished"}


# -- since when pods are wanted -------------------------------------------------------------------------------


def test_since_when_pods_are_wanted():
    wanted = WantedSince()
    wanted.note([1, 5, ANY, ANY], 10)
    wanted.forget(5)
    assert (wanted.take(5), wanted.take(0)) == (None, None)
    wanted.begin_anew(20)
    assert [wanted.take(1), wanted.take(1), wanted.take(ANY), wanted.take(ANY), wanted.take(ANY)] == [
        20, None, 20, 20, None,
    ]  # fmt: skip
