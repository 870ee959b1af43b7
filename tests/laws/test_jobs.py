"""Jobs under whatever happens to machines: every index is done in the end, and nobody is forgotten."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.test_members import FAULTS, MACHINES, lost_machines_overlap
from tests.make import GIB, app, scenario
from tests.unit.engines.kubernetes.builders import container
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.job_indexes import first_pending_indexes, has, total, with_indexes
from workbench.engines.world import World
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
