"""Whatever goes wrong in processes by itself, on whatever side: the books balance and physics holds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.make import GIB, app, scenario, seconds
from workbench.engines.agenda import Order
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.memory import MIB, MemoryParameters, use_of
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.cluster import Node
from workbench.model.faults import Fault
from workbench.model.lives import Check, DiskUse, MemoryUse, Trouble
from workbench.model.load import Load, constant

HORIZON = 400
MEMORY = GIB

times = st.integers(5, 200).map(seconds)
maybe = st.one_of(st.none(), times)
troubles = st.one_of(st.none(), st.builds(Trouble, hangs_us=maybe, hangs_for_us=maybe, crashes_us=maybe))
checks = st.one_of(
    st.none(),
    st.builds(
        Check, every_us=st.just(seconds(5)), timeout_us=st.just(seconds(1)), failures=st.integers(1, 3),
        grace_us=st.integers(0, 30).map(seconds), restarts=st.booleans(),
    ),
)  # fmt: skip
uses = st.one_of(st.none(), st.builds(MemoryUse, st.integers(1, 300 * MIB), st.integers(0, 8 * MIB)))
writes = st.one_of(st.none(), st.builds(DiskUse, st.integers(0, 300 * MIB), st.integers(0, 8 * MIB)))
limits = st.one_of(st.just({}), st.integers(50, 400).map(lambda mib: {"memory": mib * MIB}))
loads = st.one_of(st.none(), st.floats(1, 60).map(lambda rate: Load(constant(rate), seconds(0.02), cap=1000, queue=50)))


@st.composite
def apps(draw, name):
    kind = draw(st.sampled_from(["service", "batch"]))
    more = {"trouble": draw(troubles), "memory_use": draw(uses), "stop_us": draw(st.integers(0, 5).map(seconds))}
    more |= {"start": draw(st.integers(1, 5)), "disk_use": draw(writes)}
    if kind == "service":
        more |= {"check": draw(checks), "load": draw(loads), "pre_stop_us": draw(st.integers(0, 5).map(seconds))}
    else:
        more |= {"runs": draw(st.integers(5, 100)), "cpu_use": draw(st.sampled_from([0.5, 1.0, 4.0]))}
    asked = draw(st.integers(50, 300))
    limit = draw(limits)
    if limit:
        limit = {"memory": max(limit["memory"], asked * MIB)}
    return app(
        name, kind, draw(st.integers(1, 4)), cpu=draw(st.sampled_from([100, 500, 1000])), memory=asked * MIB,
        priority=draw(st.integers(0, 2)), limit=limit, **more,
    )  # fmt: skip


shutdowns = st.lists(
    st.builds(
        Fault, at_us=times, kind=st.just("node-shutdown"), node=st.sampled_from(["node-0", "node-1"]),
        back_us=st.just(seconds(250)), grace_us=st.integers(0, 30).map(seconds), critical_us=st.just(0),
    ),
    max_size=1,
)  # fmt: skip


def ran(made, side, watch=lambda world: None):
    world = World(made, CONTROL_PLANES[side].make(), 1)
    watch(world)
    return world.run()


def disks_hold(world) -> None:
    """Look every few seconds whether more is written than there is room for; a microsecond's writing may be."""

    def look():
        assert min(world.scratch.available(node) for node in range(len(world.machines))) >= -200
        world.agenda.after(seconds(3), Order.SCHEDULER, look)

    world.agenda.after(1, Order.SCHEDULER, look)


@pytest.mark.parametrize("side", list(CONTROL_PLANES))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(one=apps("one"), two=apps("two"), faults=shutdowns)
def test_whatever_goes_wrong(side, one, two, faults):
    machines = tuple(Node(f"node-{number}", {"cpu": 2000, "memory": MEMORY, "disk": 900 * MIB}) for number in range(2))
    made = scenario(one, two, machines=machines, horizon=HORIZON, faults=faults)
    trace = ran(made, side, disks_hold)
    assert trace.digest() == ran(made, side).digest()
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in trace["attempts"].dicts():
        end = trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"]
        spans.setdefault(row["task"], []).append((row["started_us"], end))
    for found in spans.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(found)), "a process never runs beside itself"
    _memory_holds(trace, made)
    waiting = {row["app"]: row["waiting"] for row in trace["traffic"].dicts()}
    for name in waiting:
        rows = [row for row in trace["traffic"].dicts() if row["app"] == name]
        offered, served, lost = (sum(row[column] for row in rows) for column in ("offered", "served", "lost"))
        assert abs(offered - served - lost - waiting[name]) < 0.05


def _memory_holds(trace, made) -> None:
    """No machine ever uses more memory than it has, and on Mesos no task more than it has taken."""
    if all(app.memory_use is None for app in made.apps):
        return
    known = {app.name: app for app in made.apps}
    table = trace["tasks"]
    of = dict(zip(table["task"], table["app"], strict=True))
    whole = MEMORY + MemoryParameters().reserve_mib * MIB
    rows = [
        (
            row["node"],
            row["started_us"],
            trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"],
            of[row["task"]],
        )
        for row in trace["attempts"].dicts()
    ]
    for machine in ("node-0", "node-1"):
        mine = [row for row in rows if row[0] == machine]
        for at in sorted({end for _, _, end, _ in mine}):
            used = sum(use_of(known[app]).at(at - start) for _, start, end, app in mine if start < at <= end)
            # whoever ends at this very instant is counted still: each may have grown by its last microsecond
            assert used <= whole + 8 * len(mine), (machine, at)
    if trace.control_plane == "mesos":
        for _, start, end, name in rows:
            assert use_of(known[name]).at(max(0, end - start - 1)) <= known[name].request["memory"] or end == start
