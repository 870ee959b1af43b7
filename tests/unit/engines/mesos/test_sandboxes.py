"""What tasks of Mesos write: how long it stays, and whether anybody holds them to what they have taken."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.mesos.runs import EXACT, rows
from workbench.engines.kubernetes_on_mesos import KubernetesOnMesos
from workbench.engines.mesos import Mesos
from workbench.engines.mesos.sandboxes import age_us
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.cluster import Node
from workbench.model.faults import Fault
from workbench.model.lives import DiskUse
from workbench.model.resources import CPU, DISK, MEMORY

MIB = 1024**2
WEEK_US = 604_800 * SECOND_US


@pytest.mark.parametrize(
    ("headroom", "usage", "expected"),
    [
        pytest.param(0.1, 0.0, 0.9, id="on an empty disk nearly the whole delay"),
        pytest.param(0.1, 0.5, 0.4, id="on one half full less than half of it"),
        pytest.param(0.1, 0.9, 0.0, id="with no more than the headroom left nothing is kept"),
        pytest.param(0.1, 1.0, 0.0, id="nor with less"),
        pytest.param(0.0, 0.75, 0.25, id="without headroom it is what is free"),
        pytest.param(1.0, 0.0, 0.0, id="with nothing but headroom nothing is ever kept"),
    ],
)
def test_how_old_a_sandbox_may_become(headroom, usage, expected):
    assert age_us(WEEK_US, headroom, usage) == pytest.approx(expected * WEEK_US, abs=1)


def writing(name, begins, grows=0, *, takes=0, kind="service", **more):
    made = app(
        name, kind, cpu=100, memory=64 * MIB, start=0, ready=0, disk_use=DiskUse(begins * MIB, grows * MIB), **more
    )
    made.request.update({DISK: takes * MIB} if takes else {})
    return made


def run(*apps, disk=1000, horizon=600, settings=None, plane=None, faults=()):
    """Return the trace of a run on one agent, and how many MiB are written there at its end."""
    machines = (Node("agent-0", {CPU: 4000, MEMORY: GIB, DISK: disk * MIB}),)
    more = {**EXACT, "world.scratch.reserve_percent": 0, **(settings or {})}
    made = scenario(*apps, machines=machines, horizon=horizon, settings=more, faults=faults)
    world = World(made, plane or Mesos(), 1)
    trace = world.run()
    return trace, (world.scratch.whole(0) - world.scratch.available(0)) // MIB


def failed(trace, reason):
    return rows(trace, "events", kind="process-failed", reason=reason)


DONE = writing("done", 300, kind="batch", runs=5)
"""A task that writes 300 MiB and ends."""


def test_a_task_that_has_ended_leaves_its_sandbox():
    _, left = run(DONE, horizon=500)
    assert left == 300


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"mesos.agent.gc_delay_s": 100.0}, id="until its time is over"),
        pytest.param({"mesos.agent.gc_disk_headroom": 0.7}, id="or until the disk is as full as the headroom allows"),
    ],
)
def test_and_then_it_goes(settings):
    _, left = run(DONE, horizon=500, settings=settings)
    assert left == 0


@pytest.mark.parametrize(("horizon", "expected"), [(590, 300), (680, 0)])
def test_the_older_the_fuller_the_disk_may_be(horizon, expected):
    # of a delay of 1000 s six tenths are left on a disk of which three are in use, and a tenth is to stay free
    assert run(DONE, horizon=horizon, settings={"mesos.agent.gc_delay_s": 1000.0})[1] == expected


@pytest.mark.parametrize(("delay", "expected"), [(50.0, 100), (5000.0, 200)])
def test_what_went_down_with_a_machine_has_left_a_sandbox_too(delay, expected):
    fault = Fault(seconds(50), node="agent-0", back_us=seconds(100))
    web = writing("web", 100, takes=10)
    assert run(web, horizon=400, settings={"mesos.agent.gc_delay_s": delay}, faults=[fault])[1] == expected


def test_what_pods_leave_is_for_their_kubelet_to_remove():
    settings = {"mesos.agent.gc_delay_s": 0.0}
    assert run(DONE, horizon=100, settings=settings, plane=KubernetesOnMesos())[1] == 300
    assert run(DONE, horizon=100, settings=settings)[1] == 0


def test_an_agent_looks_every_minute():
    log = writing("log", 0, 1, at=1)
    trace, _ = run(DONE, log, horizon=710)  # 90 % are in use after 600 s
    assert failed(trace, "disk-full") == []
    late, _ = run(DONE, log, horizon=710, settings={"mesos.agent.disk_watch_interval_s": 3600.0})
    assert failed(late, "disk-full")[0]["at_us"] == pytest.approx(701, abs=1)


def test_whoever_writes_on_fails_when_the_disk_is_full_and_what_it_left_goes_within_a_minute():
    trace, left = run(writing("log", 0, 10), writing("journal", 10, 1), horizon=170)
    assert {row["subject"].split(".")[0] for row in failed(trace, "disk-full")} == {"log", "journal"}
    ends = [row["at_us"] for row in failed(trace, "disk-full")]
    assert ends[-1] - ends[0] < 60
    assert left < 1000


def test_a_task_may_write_more_than_it_has_taken():
    trace, left = run(writing("log", 0, 1, takes=100), horizon=500)
    assert not rows(trace, "events", kind="process-failed")
    assert left > 400


ENFORCED = {"mesos.agent.enforce_container_disk_quota": True}


def test_unless_the_agent_is_told_to_hold_it_to_that():
    trace, _ = run(writing("log", 0, 1, takes=100), horizon=150, settings=ENFORCED)
    (found,) = failed(trace, "disk-limit")
    (started, *_) = rows(trace, "attempts")
    assert 100 < found["at_us"] - started["started_us"] <= 115


def test_one_is_looked_at_every_fifteen_seconds_so_that_of_many_each_has_its_turn_seldom():
    quiet = writing("quiet", 1, takes=10, replicas=9)
    alone, _ = run(writing("log", 0, 1, takes=50), horizon=400, settings=ENFORCED)
    many, _ = run(quiet, writing("log", 0, 1, takes=50), horizon=400, settings=ENFORCED)
    times = [failed(trace, "disk-limit")[0]["at_us"] for trace in (alone, many)]
    assert times[0] < 70
    assert times[1] > 120


@pytest.mark.parametrize(
    ("takes", "disk"),
    [
        pytest.param(0, 1000, id="one that has taken none"),
        pytest.param(100, 0, id="where agents offer none"),
    ],
)
def test_nobody_looks_at_what_has_no_quota(takes, disk):
    trace, _ = run(writing("log", 0, 1, takes=takes), disk=disk, horizon=400, settings=ENFORCED)
    assert not rows(trace, "events", kind="process-failed")
