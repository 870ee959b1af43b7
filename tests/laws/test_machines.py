"""Machines that come and go: laws that hold in every run of the scenarios that have them."""

from __future__ import annotations

import pytest

from tests.laws.conftest import SCENARIOS, loaded, traced
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments import machines
from workbench.experiments.check import with_values
from workbench.experiments.metrics import measured
from workbench.experiments.reaction import reaction
from workbench.experiments.run import run
from workbench.model.clock import NEVER, to_us

CHANGING = [
    name for name in SCENARIOS
    if any(pool.most is not None for pool in loaded(name).cluster.pools)
    or any(change.about_machines for change in loaded(name).changes)
]  # fmt: skip
SEEDS = range(1, 21)


def assert_one_end(states, horizon_us, boot_us):
    """An order is refused, given up or met; else it is open, or the machine boots, when the run ends."""
    ends = {"refused", "cancelled", "joined"} & states.keys()
    assert len(ends) <= 1
    if not ends:
        began = states.get("launched", states["ordered"])
        assert "open" in states or horizon_us - began <= boot_us


def test_there_are_scenarios_whose_machines_come_and_go():
    assert {"flash-crowd", "busy-day", "ordered-ahead"} <= set(CHANGING)


@pytest.mark.parametrize("on", list(CONTROL_PLANES))
@pytest.mark.parametrize("name", CHANGING)
class TestEveryRun:
    def test_nothing_runs_on_a_machine_that_is_not_there(self, name, on):
        trace, made = traced(name, on), loaded(name)
        there = {one.node.name: one.there for one in machines.stays(trace, made)}
        for row in trace["attempts"].dicts():
            end = trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"]
            assert there[row["node"]][0] <= row["started_us"] <= end <= there[row["node"]][1]

    def test_no_pool_is_larger_or_smaller_than_it_may_be(self, name, on):
        trace, made = traced(name, on), loaded(name)
        for pool in made.cluster.pools:
            sizes = [size for _, one, before, after, _ in trace["scaling"].rows() for size in (before, after)
                     if one == f"pool/{pool.name}"]  # fmt: skip
            assert all(pool.least <= size <= pool.most for size in sizes)

    def test_every_machine_boots_for_as_long_as_its_pool_says(self, name, on):
        trace, made = traced(name, on), loaded(name)
        for one in machines.stays(trace, made):
            if one.ordered_us and one.joined_us != NEVER:
                assert one.joined_us - one.launched_us == made.cluster.pool(one.node.pool).boot_us
                assert one.launched_us >= one.ordered_us

    @pytest.mark.parametrize("told", [True, False], ids=["orders are refused", "orders stay open"])
    @pytest.mark.parametrize("until", ["200s", "700s", "2h"])
    def test_nothing_is_paid_for_that_never_came_and_no_order_is_lost(self, name, on, until, told):
        pool = loaded(name).cluster.pools[0].name
        made = with_values(
            loaded(name),
            {f"cluster.pools.{pool}.out_of_stock": {"from": "60s", "until": until, "told": told}},
        )
        trace = run(made, on)
        moves = {}
        for at, machine, state, by in trace["nodes"].rows():
            if by == "world" and state in machines.MOVES:
                moves.setdefault(machine, []).append((state, at))
        stock = made.cluster.pool(pool).out_of_stock
        paid = 0
        for one in machines.stays(trace, made):
            states = dict(moves.get(one.node.name, ()))
            if "ordered" in states:
                assert_one_end(states, trace.horizon_us, made.cluster.pool(one.node.pool).boot_us)
            boots = states.get("launched", states.get("ordered", 0))
            if {"refused", "open"} & states.keys() and "launched" not in states:
                assert one.paid_us == 0
                assert one.joined_us == NEVER
            else:
                paid += states.get("removed", states.get("cancelled", trace.horizon_us)) - boots
                assert "ordered" not in states or one.node.pool != pool or not stock.at(boots)
        assert paid == machines.paid_us(trace, made)


@pytest.mark.parametrize("on", ["kubernetes", "mesos"])
def test_the_segments_of_the_relay_add_up_on_both_sides(on):
    """To the microsecond; and the first further pod of Kubernetes waited for a machine, Mesos' instance did not."""
    made = loaded("flash-crowd")
    for seed in SEEDS:
        found = reaction(run(made, on, seed=seed), "web")
        assert found is not None
        assert sum(map(to_us, found.spent.values())) == found.served_us - found.surge_us
        assert to_us(found.spent["boot"]) == (made.cluster.pools[0].boot_us if on == "kubernetes" else 0)


def test_the_segments_add_up_where_an_order_was_refused_first():
    made = with_values(loaded("flash-crowd"), {"cluster.pools.node.out_of_stock.until": "180s"})
    found = reaction(run(made, "kubernetes"), "web")
    assert found is not None
    assert sum(map(to_us, found.spent.values())) == found.served_us - found.surge_us
    assert to_us(found.spent["boot"]) == made.cluster.pools[0].boot_us


def test_following_the_day_with_machines_costs_a_fifth_less_and_loses_no_more():
    made = loaded("busy-day")
    for seed in SEEDS:
        ours, theirs = run(made, "kubernetes", seed=seed), run(made, "mesos", seed=seed)
        cost, fixed = (measured("machine_time", trace, made) for trace in (ours, theirs))
        assert 0.75 < cost / fixed < 0.85
        lost, lost_there = (measured("lost_requests:web", trace, made) for trace in (ours, theirs))
        assert lost < lost_there
