"""Spark on Mesos: whole offers held to the end, or a core for each task; near data or not."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.mesos.runs import EXACT, column, rows, traced
from workbench.engines.agenda import Order
from workbench.engines.blocks import Blocks, DataParameters
from workbench.engines.mesos import Mesos
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.spark_fine import FineGrainedSpark
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.resources import Resources
from workbench.engines.randomness import Streams
from workbench.engines.world import World
from workbench.model.batch_work import Input
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.resources import CPU, MEMORY

MIB = 1024**2


def job(name="job", replicas=8, runs=10, **more):
    more.setdefault("cpu", 1000)
    return app(name, "batch", replicas=replicas, memory=GIB, start=2, runs=runs, framework="spark", **more)


def coarse(*apps, **more):
    return traced(*(apps or (job(),)), **more)


def fine(*apps, own=0.0, **more):
    settings = {"mesos.spark.coarse": False, "mesos.spark.executor_cores": own, **more.pop("settings", {})}
    return traced(*(apps or (job(),)), settings=settings, **more)


def executors(trace, name="job-exec"):
    return rows(trace, "tasks", app=name)


# -- coarse-grained -----------------------------------------------------------------------------------------


def test_an_executor_takes_the_whole_offer_and_holds_it_until_the_application_is_over():
    trace = coarse(job(replicas=9, runs=10), machines=2)
    found = executors(trace)
    assert [one["cpu"] for one in found] == [4000, 4000]
    last = max(column(trace, "tasks", "ended_us", app="job"))
    assert [one["ended_us"] for one in found] == [last, last]
    assert [one["outcome"] for one in found] == ["finished", "finished"]


def test_an_executor_has_its_heap_and_a_tenth_at_least_384_mib_beside_it():
    assert executors(coarse(machines=1))[0]["memory"] == GIB + 384 * MIB


def test_up_to_cores_max_are_taken_and_then_offers_are_refused_for_two_minutes():
    trace = coarse(machines=4, settings={"spark.cores_max": 6})
    assert sum(one["cpu"] for one in executors(trace)) == 6000
    assert 120.0 in column(trace, "offers", "refuse_s", answer="declined")


def test_with_executor_cores_several_executors_fit_onto_one_offer():
    trace = coarse(machines=1, settings={"spark.executor_cores": 2})
    assert [one["cpu"] for one in executors(trace)] == [2000, 2000]


def test_tasks_run_inside_executors_and_take_nothing_more():
    trace = coarse(job(replicas=8), machines=1)
    assert set(column(trace, "tasks", "cpu", app="job")) == {0}
    assert sorted(column(trace, "tasks", "started_us", app="job")) == [2.05] * 4 + [12.05] * 4


def test_tasks_of_a_lost_executor_run_again_in_another():
    trace = coarse(job(replicas=8, runs=100), machines=3, faults=[Fault(seconds(50), node="node-1")], horizon=900)
    outcomes = Counter(column(trace, "tasks", "outcome", app="job"))
    assert outcomes["finished"] == 8
    assert outcomes["lost"] == 4
    again = rows(trace, "tasks", app="job", incarnation=1)
    assert {one["task"] for one in again} == {f"job.{one['slot']}.1" for one in again}


def test_an_application_that_is_over_unregisters_and_is_made_no_more_offers():
    trace = coarse(job(replicas=2, runs=5), machines=1, horizon=100)
    assert max(column(trace, "offers", "made_us", framework="spark-job")) < 10


def test_stages_follow_each_other_and_blocks_that_were_read_are_kept():
    trace = coarse(job(replicas=12, input=Input(100 * MIB, 3, 4)), machines=1)
    ends, starts = column(trace, "tasks", "ended_us", app="job"), column(trace, "tasks", "started_us", app="job")
    assert max(ends[:4]) <= min(starts[4:8])
    assert max(ends[4:8]) <= min(starts[8:])
    assert column(trace, "reads", "level") == ["node"] * 4 + ["process"] * 8


# -- dynamic allocation -------------------------------------------------------------------------------------

DYNAMIC = {"spark.dynamic_allocation": True, "spark.executor_cores": 1}


def test_executors_are_asked_for_one_second_apart_twice_as_many_each_time():
    """Refusals hide this from view: with those of 5 s all executors come at once with the next offers."""
    for refuse, batches in ((0.0, [1, 2, 4, 8]), (5.0, [15])):
        settings = {**DYNAMIC, "mesos.offers.refuse_s": refuse}
        trace = coarse(job(replicas=15, runs=60), machines=8, settings=settings)
        made = Counter(int(one["queued_us"]) for one in executors(trace))
        assert list(made.values()) == batches


def test_an_executor_that_was_idle_for_its_timeout_is_let_go():
    settings = {**DYNAMIC, "spark.executor_idle_timeout_s": 20.0}
    long, short = job("long", replicas=1, runs=200), job(replicas=3, runs=10)
    trace = coarse(long, short, machines=4, settings=settings, horizon=300)
    assert set(column(trace, "tasks", "outcome", app="job-exec")) <= {"finished", "killed"}
    uneven = app("uneven", "batch", replicas=4, cpu=1000, memory=GIB, start=0, framework="spark",
                 input=Input(2000 * MIB, 1), duration=long.duration)  # fmt: skip
    trace = coarse(uneven, machines=4, settings={**settings, "world.data.network_mib_s": 10.0}, horizon=900)
    ends = {one["node"]: one for one in executors(trace, "uneven-exec") if one["outcome"] == "killed"}
    last = {}
    for one in rows(trace, "tasks", app="uneven", outcome="finished"):
        last[one["node"]] = max(last.get(one["node"], 0), one["ended_us"])
    assert all(one["ended_us"] >= last.get(node, 0) + 20 for node, one in ends.items())


def test_under_dynamic_allocation_executors_are_taken_where_data_lies_for_the_time_of_the_wait():
    """Two blocks on two of twelve machines: with a wait the executors stand there, without one they hardly do."""
    one = job(replicas=2, runs=60, input=Input(100 * MIB, 1))
    names = [f"node-{number}" for number in range(12)]
    found: Counter[tuple[float, str]] = Counter()
    for seed in range(1, 9):
        blocks = Blocks(Streams(seed), DataParameters(), names)
        if blocks.homes(one, 0) == blocks.homes(one, 1):
            continue  # an executor there is enough, and the second would wait in vain
        for wait in (30.0, 0.0):
            settings = {**DYNAMIC, "spark.locality_wait_s": wait}
            trace = coarse(one, machines=12, settings=settings, horizon=300, seed=seed)
            found.update((wait, level) for level in column(trace, "reads", "level"))
    assert found[30.0, "any"] == 0 < found[30.0, "node"]
    assert found[0.0, "any"] > found[0.0, "node"]


# -- fine-grained -------------------------------------------------------------------------------------------


def test_each_task_is_a_mesos_task_and_gives_its_core_back_at_once():
    trace = fine(job(replicas=3, runs=10), machines=1, horizon=60)
    assert column(trace, "tasks", "cpu", app="job") == [1000] * 3
    assert {one["released_us"] - one["ended_us"] for one in rows(trace, "tasks", app="job")} == {0.0}


def test_the_executor_keeps_its_own_core_to_the_end():
    trace = fine(job(replicas=6, runs=10), own=1.0, machines=1, horizon=60)
    (executor,) = executors(trace)
    assert executor["cpu"] == 1000
    running = sorted((one["started_us"], one["ended_us"]) for one in rows(trace, "tasks", app="job"))
    assert all(later[0] >= earlier[1] for earlier, later in zip(running, running[3:], strict=False))  # three at a time
    assert executor["ended_us"] == pytest.approx(max(column(trace, "tasks", "ended_us", app="job")))


def test_an_executor_that_runs_already_costs_no_second_start():
    """The first task waits 2 s for its executor; the next on that machine starts as soon as it is launched."""
    trace = fine(job(replicas=5, runs=10), machines=1, horizon=60)
    starts = [one["started_us"] - one["bound_us"] for one in rows(trace, "tasks", app="job")]
    assert starts[:4] == pytest.approx([2.0] * 4)
    assert starts[4] == 0.0


@pytest.mark.parametrize(("wait_s", "launched"), [(60.0, []), (0.0, ["job.1"])], ids=["it waits", "it does not"])
def test_offers_without_data_are_declined_during_the_wait_and_the_reason_is_written_down(wait_s, launched):
    """A machine with copies for both tasks has one core, which the first takes; the second is offered another one."""
    two = job(replicas=2, input=Input(100 * MIB, 2))
    settings = {**EXACT, "spark.locality_wait_s": wait_s, "mesos.spark.executor_cores": 0.0}
    world = World(scenario(two, machines=3, settings=settings), Mesos(), 1)
    driver = FineGrainedSpark(world, Master(world), two, lambda agent: Place(agent, {}))
    driver._scheduler.start()
    first, second = (world.work.blocks.homes(two, block) for block in (0, 1))
    assert first & second
    near, far = min(first & second), min({0, 1, 2} - second)

    def decide(node, cpu):
        plain = Resources({CPU: cpu, MEMORY: 8 * GIB})
        (answer,) = driver.decide([Offer(node, "", "default", f"node-{node}", plain, 0, 0)])
        return [name for name in (world.name_of(one.task) for one in answer.operations) if "exec" not in name]

    assert decide(near, 1000) == ["job.0"]
    assert decide(far, 4000) == launched
    assert ("spark/locality-wait=1" in column(world.trace, "decisions", "rejected")) is not bool(launched)


# -- what never gets there ------------------------------------------------------------------------------------


@pytest.mark.parametrize("coarse_grained", [True, False])
def test_an_executor_whose_offer_is_taken_back_on_the_way_is_tried_again(coarse_grained):
    """The agent stops while the answer to its offer is under way: what was launched on it never gets there."""
    run = coarse if coarse_grained else fine
    fault = Fault(seconds(2), kind="agent-restart", back_us=seconds(30), node="node-0")
    trace = run(job(), machines=1, settings={"mesos.master.message_s": 1.0}, faults=[fault], horizon=200)
    assert column(trace, "tasks", "outcome", app="job") == ["finished"] * 8
    assert "waiting" not in column(trace, "tasks", "outcome")
    assert "rescinded" in column(trace, "offers", "answer")


def test_a_task_on_its_way_to_an_executor_that_has_failed_fails_and_holds_nothing_any_more():
    settings = {**EXACT, "mesos.master.message_s": 0.1, "mesos.spark.coarse": False, "mesos.spark.executor_cores": 0.0}
    made, plane = scenario(job(replicas=12), machines=1, horizon=100, settings=settings), Mesos()
    before = rows(World(made, Mesos(), 1).run(), "tasks", app="job")
    arrives = min(one["bound_us"] for one in before if one["bound_us"] > 5)
    world = World(made, plane, 1)
    world.agenda.at(
        seconds(arrives - 0.05), Order.PHYSICS, lambda: world.fail(_row_of(world, "job-exec-node-0"), "crashed")
    )
    trace = world.run()
    assert column(trace, "tasks", "outcome", app="job").count("finished") == 12
    assert column(trace, "tasks", "outcome", app="job").count("failed") > 0
    assert plane._master.tasks.on("node-0") == []


def _row_of(world, name):
    return next(row for row in range(len(world.trace["tasks"])) if world.name_of(row) == name)


# -- the end of an application ----------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [coarse, fine])
def test_an_application_that_is_over_does_not_come_back_with_its_scheduler(run):
    fault = Fault(seconds(100), kind="scheduler-loss", hosting="job", back_us=seconds(120))
    trace = run(faults=[fault], horizon=300)
    assert column(trace, "tasks", "outcome", app="job") == ["finished"] * 8
    assert not rows(trace, "events", kind="framework-reregistered")
    assert max(column(trace, "offers", "made_us")) < 100


@pytest.mark.parametrize("run", [coarse, fine])
@pytest.mark.parametrize("kind", ["control-plane-loss", None])
def test_an_application_that_is_deleted_leaves_nothing_behind(run, kind):
    """Nothing waits, runs, or is offered to it; without a master at that time it leaves when there is one again."""
    faults = [] if kind is None else [Fault(seconds(8), kind=kind, back_us=seconds(12))]
    changes = [PlannedChange(seconds(10), "delete", app="job")]
    trace = run(job(replicas=40), faults=faults, changes=changes, horizon=200)
    assert not {"waiting", "running"} & set(column(trace, "tasks", "outcome"))
    assert max(column(trace, "offers", "made_us")) < 60


@pytest.mark.parametrize("back", [30, 200])
def test_an_executor_that_is_cut_off_gets_no_tasks_and_none_ever_once_it_was_given_up(back):
    away = Fault(seconds(8), "network-partition", node="node-1", back_us=seconds(back))
    trace = coarse(job(replicas=100, runs=10), machines=2, faults=[away], horizon=600)
    [first, *_] = rows(trace, "tasks", app="job-exec", node="node-1")
    until = first["ended_us"]
    starts = [start for start in column(trace, "tasks", "decided_us", app="job", node="node-1") if start <= until]
    assert [start for start in starts if 8 <= start < back] == []
    assert any(start >= back for start in starts) is (back < 75)
