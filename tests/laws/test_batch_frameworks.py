"""Laws of batch frameworks: what a Spark application may hold, when a gang starts, what comes before what."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.conftest import loaded, traced
from tests.make import GIB, app, nodes, scenario, seconds
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.mesos import Mesos
from workbench.engines.world import World
from workbench.experiments import locality
from workbench.experiments.jobs import done_us, spans
from workbench.model.batch_work import Input
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.workload import Duration

MIB = 1024**2
ROOT = Path(__file__).parents[2]


def run(*apps, seed=1, **more):
    return World(scenario(*apps, **more), Mesos(), seed).run()


def most_held(trace, apps):
    """The most cores that tasks of these apps held at one time, as the control plane counts them."""
    changes = []
    for row in trace["tasks"].dicts():
        if row["app"] in apps and row["decided_us"] != NEVER:
            end = trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"]
            changes += [(row["decided_us"], 1, row["cpu"]), (end, 0, -row["cpu"])]
    held = most = 0
    for _, _, change in sorted(changes):
        held += change
        most = max(most, held)
    return most // 1000


@settings(max_examples=25, deadline=None)
@given(
    most=st.integers(1, 20), each=st.integers(0, 4), dynamic=st.booleans(), tasks=st.integers(1, 30),
    lost=st.booleans(), seed=st.integers(0, 5),
)  # fmt: skip
def test_a_spark_application_never_holds_more_than_cores_max(most, each, dynamic, tasks, lost, seed):
    job = app("job", "batch", replicas=tasks, cpu=1000, memory=GIB, runs=20, framework="spark", input=Input(64 * MIB))
    chosen = {"spark.cores_max": most, "spark.executor_cores": each, "spark.dynamic_allocation": dynamic}
    faults = [Fault(seconds(15), node="node-1", back_us=seconds(100))] if lost else []
    trace = run(job, seed=seed, settings=chosen, machines=nodes(4), faults=faults, horizon=900)
    assert most_held(trace, {"job-exec"}) <= most
    if each <= most:
        assert column(trace, "tasks", "outcome", app="job").count("finished") == tasks


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3), back=st.sampled_from([0.0, 7.0, 20.0]),
    timeout=st.sampled_from([9.0, 31_536_000.0]), lost=st.booleans(), seed=st.integers(0, 5),
)  # fmt: skip
def test_the_ranks_of_a_gang_are_launched_all_or_none(sizes, back, timeout, lost, seed):
    gangs = [
        app(f"gang-{number}", "batch", replicas=size, cpu=1000, runs=30, framework="mpi", team=f"team-{number % 2}",
            at=3 * number)
        for number, size in enumerate(sizes)
    ]  # fmt: skip
    chosen = {"mesos.mpi.give_back_s": back, "mesos.offers.timeout_s": timeout}
    faults = [Fault(seconds(20), node="node-0", back_us=seconds(90))] if lost else []
    trace = run(*gangs, seed=seed, settings=chosen, machines=nodes(3), faults=faults, horizon=400)
    for gang in gangs:
        launched = {}
        for row in rows(trace, "tasks", app=gang.name):
            if row["decided_us"] is not None:
                launched[row["decided_us"]] = launched.get(row["decided_us"], 0) + 1
        assert set(launched.values()) <= {gang.replicas}, launched


EDGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda edge: edge[0] < edge[1]), max_size=9)


@settings(max_examples=25, deadline=None)
@given(edges=EDGES, lost=st.booleans(), seed=st.integers(0, 5))
def test_no_job_of_chronos_starts_before_everything_it_comes_after_is_done(edges, lost, seed):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(6))
    graph.add_edges_from(edges)
    jobs = [
        app(f"job-{number}", "batch", replicas=1 + number % 2, cpu=1000, runs=10 + number, framework="chronos",
            after=tuple(f"job-{one}" for one in sorted(graph.predecessors(number))), at=number)
        for number in range(6)
    ]  # fmt: skip
    faults = [Fault(seconds(15), node="node-1", back_us=seconds(100))] if lost else []
    made = scenario(*jobs, machines=2, horizon=900, faults=faults)
    trace = World(made, Mesos(), seed).run()
    for job in jobs:
        starts = [start for start in column(trace, "tasks", "started_us", app=job.name) if start is not None]
        for parent in job.after:
            assert all(seconds(start) >= done_us(trace, made, parent) for start in starts)
        assert column(trace, "tasks", "outcome", app=job.name).count("finished") == job.replicas


def test_spans_of_a_task_follow_each_other_without_gaps():
    for name in ("spark-waits", "nightly-batch"):
        for side in CONTROL_PLANES:
            trace = traced(name, side)
            latest: dict[str, int] = {}
            for span in spans(trace, loaded(name)):
                assert span.start_us < span.end_us
                assert latest.get(span.task, span.start_us) == span.start_us
                latest[span.task] = span.end_us


def test_locality_rises_steeply_with_a_few_seconds_of_waiting_and_jobs_end_sooner():
    """The direction of Zaharia et al. (2010), over 20 seeds: nearly all reads near after a few seconds."""
    curve = locality.locality_curve("spark-waits", "analysts", waits_s=(0, 3, 10), replications=20)
    near = [one.near for one in curve]
    assert near == sorted(near)
    assert near[0] < 0.8 < 0.93 < near[1] < near[2]
    assert curve[0].job_s > curve[1].job_s > curve[2].job_s


def test_the_notebook_tells_what_the_runs_give():
    book = json.loads((ROOT / "notebooks" / "05-frameworks.ipynb").read_text(encoding="utf-8"))
    told = " ".join("".join(line for cell in book["cells"] for line in cell["source"]).split())
    none, one, three, ten = locality.locality_curve("spark-waits", "analysts", waits_s=(0, 1, 3, 10), replications=10)
    assert f"with no wait {100 * none.near:.0f} % of the blocks" in told
    assert f"a job takes {none.job_s:.0f} s; with 1 s {100 * one.near:.0f} % and {one.job_s:.0f} s;" in told
    assert f"3 s {100 * three.near:.0f} % and {three.job_s:.0f} s; with 10 s nearly all and {ten.job_s:.0f} s" in told
    assert ten.near > 0.98


def test_a_task_that_waits_alone_is_near_as_often_as_the_formula_says():
    """Lone tasks on a full cluster that do not wait: of D machines offered at once one holds the block by luck."""
    busy = app("busy", "batch", replicas=200, cpu=1000, memory=MIB, start=0, team="busy",
               duration=Duration(seconds(100), "exponential"))  # fmt: skip
    lone = app("lone", "batch", cpu=1000, memory=MIB, runs=1, start=0, at=20, framework="spark", input=Input(MIB))
    chosen = {"mesos.spark.coarse": False, "mesos.spark.executor_cores": 0.0, "spark.locality_wait_s": 0.0}
    near, expected = [], []
    for seed in range(60):
        trace = run(busy, lone, seed=seed, machines=nodes(16), horizon=60, settings=chosen)
        (level,) = column(trace, "reads", "level")
        (launched,) = rows(trace, "offers", framework="spark-lone", answer="accepted")
        offers = len(rows(trace, "offers", framework="spark-lone", made_us=launched["made_us"]))
        near.append(level == "node")
        expected.append(locality.expected_near(16, 3, offers))
    assert 0.15 < fmean(expected) < 0.5
    assert abs(fmean(near) - fmean(expected)) < 0.15
