"""Memory: limits, machines that run out, and whom the kernel kills."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import GIB, Scripted, app, node, scenario, seconds
from workbench.engines.memory import badness
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.lives import MemoryUse

MIB = 1024**2


@pytest.mark.parametrize(
    ("use", "after", "expected"),
    [
        pytest.param(MemoryUse(100), 50, 100, id="constant"),
        pytest.param(MemoryUse(100, 10), 50, 600, id="a leak"),
        pytest.param(MemoryUse(100, 10, 300), 50, 300, id="up to where it ends"),
        pytest.param(MemoryUse(100, 10, 50), 50, 100, id="which lies below the start"),
    ],
)
def test_how_much_is_used(use, after, expected):
    assert use.at(seconds(after)) == expected


@given(
    st.integers(0, 10**9), st.integers(0, 10**7), st.one_of(st.none(), st.integers(0, 10**10)), st.integers(1, 10**10)
)
def test_when_an_amount_is_reached(begins, grows, most, amount):
    use = MemoryUse(begins, grows, most)
    at_us = use.reaches_us(amount)
    if at_us is None:
        assert use.at(10**6 * SECOND_US) < amount
    else:
        assert use.at(at_us) >= amount
        assert at_us == 0 or use.at(at_us - 1) < amount


def test_a_score_outweighs_use():
    assert badness(4 * GIB, -997, 16 * GIB) < badness(100 * MIB, 0, 16 * GIB) < badness(100 * MIB, 1000, 16 * GIB)


class Confining(Scripted):
    """Starts every task at once, confined as it is told."""

    def __init__(self, limits=None, scores=None):
        super().__init__()
        self.limits, self.scores = limits or {}, scores or {}

    def create(self, made, number):
        name = made.name
        task = self.world.new_task(made, f"{name}-{number}", dict(made.request))
        self.world.place(task, 0, 0)
        self.world.bound(task)
        self.world.memory.confine(task, self.limits.get(name), self.scores.get(name, 0))
        self.world.start_process(task)


def ends(*apps, horizon=600, memory=GIB, **confined):
    """Run apps on one machine; return (task, when it failed in seconds, why)."""
    made = scenario(*apps, machines=(node("node-0", memory=memory),), horizon=horizon)
    trace = World(made, Confining(**confined), 1).run()
    return [
        (row["subject"], row["at_us"] / SECOND_US, row["reason"])
        for row in trace["events"].dicts()
        if row["kind"] == "process-failed"
    ]


def using(name, begins, grows=0, *, asks=64, most=None):
    return app(name, memory=asks * MIB, start=0, ready=0, memory_use=MemoryUse(begins * MIB, grows * MIB, most))


def test_a_leak_is_killed_at_its_limit():
    found = ends(using("leak", 50, 1), limits={"leak": 150 * MIB})
    assert found == [("leak-0", pytest.approx(100, abs=0.1), "oom-limit")]


def test_without_one_the_machine_runs_out_and_the_largest_goes():
    # 1 GiB and 100 MiB of reserve: 1124 MiB less 300 and 50 leaves 774 to leak
    found = ends(using("leak", 50, 2), using("calm", 300, asks=300))
    assert found == [("leak-0", pytest.approx(387, abs=0.1), "oom-machine")]


def test_but_a_score_may_save_it():
    found = ends(using("leak", 50, 2), using("calm", 300, asks=300), scores={"leak": -997})
    assert found[0] == ("calm-0", pytest.approx(387, abs=0.1), "oom-machine")


def test_who_says_nothing_uses_what_it_asks_for():
    found = ends(using("leak", 50, 2), app("calm", memory=300 * MIB, start=0, ready=0))
    assert found[0][1] == pytest.approx(387, abs=0.1)


def test_a_leak_that_ends_below_is_left_alone():
    assert ends(using("leak", 50, 2, most=500 * MIB), using("calm", 300, asks=300)) == []


def test_nothing_is_followed_where_no_app_says_what_it_uses():
    made = scenario(app("a"))
    world = World(made, Scripted(), 1)
    assert not world.memory.followed
