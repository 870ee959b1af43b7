"""What holds however Marathon's apps are changed: bounds of upgrades, constraints, and that no task is forgotten."""

from __future__ import annotations

from math import ceil

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import rows, traced
from workbench.engines.mesos import Mesos
from workbench.engines.mesos.frameworks.run_spec import Condition
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume

RUNS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENDLESS = 1e9
QUARTERS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def planned(kind: str, at: float, **more) -> PlannedChange:
    return PlannedChange(seconds(at), kind, app="web", **more)  # type: ignore[arg-type]  # a plain text


@st.composite
def scripts(draw) -> list[PlannedChange]:
    """Return up to six changes of one app, some at the same instant; a deletion comes last if at all."""
    times = sorted(draw(st.lists(st.integers(1, 30), max_size=6)))
    found = []
    for time in times:
        kind = draw(st.sampled_from(["scale", "update", "update", "rollback"]))
        more = {"replicas": draw(st.integers(0, 6))} if kind == "scale" else {}
        broken = {"broken": draw(st.booleans())} if kind == "update" else {}
        found.append(planned(kind, 20.0 * time, **more, **broken))
    if draw(st.booleans()):
        found.append(planned("delete", 640))
    return found


faults = st.lists(
    st.builds(
        lambda at, node, back: Fault(seconds(at), node=f"node-{node}", back_us=back and seconds(at + back)),
        st.integers(10, 600),
        st.integers(0, 3),
        st.sampled_from([None, 20, 200]),
    ),
    max_size=2,
    unique_by=lambda one: one.node,
)


@RUNS
@given(st.integers(1, 8), QUARTERS, QUARTERS, st.integers(0, 4), st.integers(1, 4))
def test_both_bounds_of_an_upgrade_hold_at_every_instant(replicas, least, over, stop, machines):
    """Never fewer ready instances than asked for, nor more than allowed: one more, where the two are equal."""
    strategy = {"mesos.marathon.minimum_health_capacity": least, "mesos.marathon.maximum_over_capacity": over}
    web = app(replicas=replicas, start=1, ready=2, stop_us=seconds(stop))
    trace = traced(web, machines=machines, changes=[planned("update", 60)], settings=strategy, horizon=200)
    fewest, most = ceil(replicas * least), int(replicas * (1 + over))
    moves = []
    for row in rows(trace, "tasks"):
        gone = ENDLESS if row["ended_us"] is None else row["ended_us"]
        moves.append((row["queued_us"], 1, 0))
        moves.append((gone, -1, 0 if row["ready_us"] is None else -1))
        if row["ready_us"] is not None:
            moves.append((row["ready_us"], 0, 1))
    there = ready = 0
    for at in sorted({move[0] for move in moves if move[0] < ENDLESS}):
        there += sum(move[1] for move in moves if move[0] == at)
        ready += sum(move[2] for move in moves if move[0] == at)
        assert there <= max(replicas, most) + (fewest == most)
        if at >= 60:
            assert ready >= fewest


@RUNS
@given(scripts(), faults, st.integers(1, 3), st.booleans(), st.integers(1, 3))
def test_no_launch_ever_violates_a_constraint_and_no_task_is_forgotten(changes, lost, per_node, force, seed):
    plane = Mesos()
    trace = traced(
        app(replicas=4, max_per_node=per_node), machines=4, changes=changes, faults=lost, seed=seed, horizon=1500,
        settings={"mesos.marathon.force_deployments": force, "mesos.marathon.minimum_health_capacity": 0.5},
        control_plane=plane,
    )  # fmt: skip
    tasks = rows(trace, "tasks")
    launched = [row for row in tasks if row["decided_us"] is not None]
    for row in launched:
        beside = [
            other
            for other in launched
            if other["node"] == row["node"]
            and other["decided_us"] <= row["decided_us"]
            and (other["released_us"] is None or row["decided_us"] < other["released_us"])
        ]
        assert len(beside) <= per_node, row
    tracker = plane._marathons["default"]._tracker
    known = {trace["tasks"]["task"][row] for row in tracker.by_task}
    alive = {row["task"] for row in tasks if row["outcome"] in ("waiting", "running")}
    assert alive == known
    for row in tasks:
        assert row["outcome"] in ("waiting", "running", "killed", "lost", "failed")
        assert (row["outcome"] in ("waiting", "running")) == (
            row["released_us"] is None and row["ended_us"] is None
        ) or (row["node"] == ""), row
    for version in tracker.versions():
        for instance in version.instances.values():
            assert instance.condition is not Condition.KILLING


operators = st.lists(
    st.builds(
        lambda at, kind, node: PlannedChange(seconds(at), kind, node=f"node-{node}"),  # type: ignore[arg-type]  # a text
        st.integers(10, 600),
        st.sampled_from(["cordon", "uncordon", "drain"]),
        st.integers(0, 3),
    ),
    max_size=4,
)


@RUNS
@given(scripts(), operators, faults, st.booleans())
def test_a_resident_instance_never_starts_away_from_its_data(changes, nodes, lost, force):
    db = app("web", "stateful", replicas=3, volume=Volume(GIB, "local"), cpu=1000, stop_us=seconds(1))
    trace = traced(
        db, machines=4, changes=sorted([*changes, *nodes], key=lambda one: one.at_us), faults=lost, horizon=1500,
        settings={"mesos.marathon.force_deployments": force},
    )  # fmt: skip
    where: dict[int, str] = {}
    for row in rows(trace, "tasks"):
        if row["started_us"] is not None:  # where it was sent and never arrived it has no data
            assert where.setdefault(row["slot"], row["node"]) == row["node"], row
    for at in sorted({row["started_us"] for row in rows(trace, "tasks") if row["started_us"] is not None}):
        alive = [
            row["slot"]
            for row in rows(trace, "tasks")
            if row["started_us"] is not None and row["started_us"] <= at < (row["ended_us"] or ENDLESS)
        ]
        assert len(set(alive)) == len(alive), "one volume, one task"


losses = st.lists(
    st.one_of(
        st.builds(
            lambda at, kind, node, back: Fault(
                seconds(at),
                kind,
                f"node-{node}",
                back_us=seconds(at + back),  # type: ignore[arg-type]  # a plain text
            ),
            st.integers(10, 600),
            st.sampled_from(["node-loss", "network-partition"]),
            st.integers(0, 3),
            st.sampled_from([20, 200]),
        ),
        st.builds(
            lambda at, back: Fault(seconds(at), "scheduler-loss", hosting="web", back_us=seconds(at + back)),
            st.integers(10, 600),
            st.sampled_from([20, 200]),
        ),
    ),
    max_size=2,
    unique_by=lambda one: (one.kind, one.node),
)


@RUNS
@given(scripts(), operators, losses, st.integers(0, 2), st.booleans())
def test_whatever_is_cut_off_in_the_end_marathon_knows_what_runs_and_nothing_else_does(
    changes, nodes, lost, stop, force
):
    plane = Mesos()
    trace = traced(
        app(replicas=4, stop_us=seconds(stop)), machines=4, horizon=1500, faults=lost, control_plane=plane,
        changes=sorted([*changes, *nodes], key=lambda one: one.at_us),
        settings={"mesos.marathon.force_deployments": force},
    )  # fmt: skip
    known = {trace["tasks"]["task"][row] for row in plane._marathons["default"]._tracker.by_task}
    alive = {row["task"] for row in rows(trace, "tasks") if row["outcome"] in ("waiting", "running")}
    assert alive == known
