"""Jobs under whatever happens to machines and to themselves: every index is done in the end, nobody is forgotten."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.test_members import FAULTS, MACHINES, lost_machines_overlap
from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import container
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.job_indexes import first_pending_indexes, has, total, with_indexes
from workbench.engines.mesos import Mesos
from workbench.engines.static_partitions import StaticPartitions
from workbench.engines.world import World
from workbench.model.changes import PlannedChange, resized
from workbench.model.native.kubernetes import Job, ObjectMeta, PodSpec, PodTemplateSpec
from workbench.model.native.kubernetes.batch import JobSpec

HORIZON = 6000


def indexed(completions: int, parallelism: int, policy: str, per_index: int | None, replacement: str | None) -> JobSpec:
    template = PodTemplateSpec(spec=PodSpec(containers=(container("1", "1Gi"),), restart_policy=policy))
    return JobSpec(
        completions=completions, parallelism=parallelism, completion_mode="Indexed", template=template,
        backoff_limit=1000, backoff_limit_per_index=per_index, pod_replacement_policy=replacement,
    )  # fmt: skip


SPECS = st.builds(
    indexed, st.integers(1, 8), st.integers(1, 8), st.sampled_from(["Never", "OnFailure"]),
    st.sampled_from([None, 100]), st.sampled_from([None, "Failed", "TerminatingOrFailed"]),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    spec=SPECS,
    runs=st.integers(1, 300),
    faults=st.lists(FAULTS, max_size=4).filter(lambda faults: not lost_machines_overlap(faults)),
    seed=st.integers(0, 3),
)
def test_every_index_of_a_job_is_done_in_the_end(spec, runs, faults, seed):
    native = Job(metadata=ObjectMeta(name="b", namespace="default"), spec=spec)
    b = app("b", "batch", spec.completions, cpu=1000, memory=GIB, ready=0, runs=runs, native=native)
    plane = Kubernetes()
    trace = World(scenario(b, machines=MACHINES, horizon=HORIZON, faults=faults), plane, seed).run()
    done = [row["slot"] for row in trace["tasks"].dicts() if row["outcome"] == "finished"]
    assert sorted(set(done)) == list(range(spec.completions))
    assert [row["kind"] for row in trace["events"].dicts() if row["kind"] in ("JobComplete", "JobFailed")] == [
        "JobComplete"
    ]
    assert all(row["outcome"] in ("finished", "lost", "killed", "failed") for row in trace["tasks"].dicts())


def asked(at: int, kind: str, size: int) -> PlannedChange:
    """Return a change of the app b; a scale is about how many of its pods at once, or about how many in all."""
    if kind == "at-once":
        return PlannedChange(seconds(at), "scale", "b", parallelism=size)
    if kind == "in-all":
        return PlannedChange(seconds(at), "scale", "b", replicas=size, parallelism=size)
    return PlannedChange(seconds(at), kind, "b")  # type: ignore[arg-type]  # a plain text, for tables


KINDS = ("suspend", "resume", "at-once", "in-all")
CHANGES = st.lists(
    st.builds(asked, st.integers(5, 400), st.sampled_from(KINDS), st.integers(1, 8)),
    max_size=6,
).map(lambda changes: [*sorted(changes, key=lambda one: one.at_us), asked(500, "resume", 0)])


def as_wanted(one, changes, at_us):
    """Return the app as it is wanted at a time, and whether it is suspended then."""
    suspended = False
    for change in changes:
        if change.at_us <= at_us:
            one = resized(one, change) if change.kind == "scale" else one
            suspended = change.kind == "suspend" if change.kind != "scale" else suspended
    return one, suspended


def changing(spec, runs, changes, faults, seed, plane):
    native = Job(metadata=ObjectMeta(name="b", namespace="default"), spec=spec)
    at_once = spec.parallelism
    b = app(
        "b", "batch", spec.completions, cpu=1000, memory=GIB, ready=0, runs=runs, native=native, parallelism=at_once
    )
    made = scenario(b, machines=MACHINES, horizon=HORIZON, faults=faults, changes=changes)
    return b, World(made, plane, seed).run()


@settings(max_examples=60, deadline=None)
@given(
    spec=SPECS,
    runs=st.integers(1, 300),
    changes=CHANGES,
    faults=st.lists(FAULTS, max_size=3).filter(lambda faults: not lost_machines_overlap(faults)),
    seed=st.integers(0, 3),
)
def test_a_job_that_changes_is_complete_once_with_every_index_that_it_had_then(spec, runs, changes, faults, seed):
    b, trace = changing(spec, runs, changes, faults, seed, Kubernetes())
    rows = trace["events"].dicts()
    (over,) = [row["at_us"] for row in rows if row["kind"] in ("JobComplete", "JobFailed")]
    assert "JobFailed" not in {row["kind"] for row in rows}
    done = {row["slot"] for row in trace["tasks"].dicts() if row["outcome"] == "finished" and row["ended_us"] <= over}
    sizes = {as_wanted(b, changes, over - back)[0].replicas for back in (0, seconds(0.1))}
    assert any(done >= set(range(size)) for size in sizes)
    assert all(row["outcome"] in ("finished", "lost", "killed", "failed") for row in trace["tasks"].dicts())
    told = [row["kind"] for row in rows if row["kind"] in ("Suspended", "Resumed")]
    assert told == (["Suspended", "Resumed"] * len(told))[: len(told)]


@settings(max_examples=40, deadline=None)
@given(spec=SPECS, runs=st.integers(20, 300), changes=CHANGES, seed=st.integers(0, 3))
def test_no_more_pods_run_than_may_at_once_and_none_while_the_job_is_suspended(spec, runs, changes, seed):
    b, trace = changing(spec, runs, changes, (), seed, Kubernetes())
    lives = [(row["started_us"], row["ended_us"]) for row in trace["tasks"].dicts() if row["started_us"] >= 0]
    for change in changes:
        when = change.at_us + seconds(2)
        if any(change.at_us < other.at_us <= when for other in changes):
            continue
        running = sum(start <= when < end for start, end in lives)
        wanted, suspended = as_wanted(b, changes, when)
        assert running <= (0 if suspended else min(wanted.parallelism, wanted.replicas))


@settings(max_examples=40, deadline=None)
@given(spec=SPECS, runs=st.integers(1, 300), changes=CHANGES, seed=st.integers(0, 3), plane=st.sampled_from(["m", "s"]))
def test_elsewhere_a_job_that_changes_is_done_too_and_nothing_is_stopped_but_what_is_not_wanted(
    spec, runs, changes, seed, plane
):
    b, trace = changing(spec, runs, changes, (), seed, Mesos() if plane == "m" else StaticPartitions())
    wanted, _ = as_wanted(b, changes, seconds(HORIZON))
    done = [row["slot"] for row in trace["tasks"].dicts() if row["outcome"] == "finished"]
    assert set(done) >= set(range(wanted.replicas))
    fewest = min([b.replicas, *(one.replicas for one in changes if one.replicas is not None)])
    assert all(row["slot"] >= fewest for row in trace["tasks"].dicts() if row["outcome"] == "killed")


INDEXES = st.sets(st.integers(0, 30))


@given(one=INDEXES, other=INDEXES)
def test_intervals_hold_just_the_indexes_that_were_put_in(one, other):
    intervals = with_indexes(with_indexes((), one), other)
    assert {index for index in range(40) if has(intervals, index)} == one | other
    assert total(intervals) == len(one | other)
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(intervals))


@given(done=INDEXES, active=INDEXES, count=st.integers(0, 40), completions=st.integers(0, 30))
def test_the_next_indexes_are_the_lowest_that_are_neither_done_nor_under_way(done, active, count, completions):
    pending = [index for index in range(completions) if index not in done | active]
    assert first_pending_indexes(count, completions, active, with_indexes((), done)) == pending[:count]
