"""What holds in every history of the allocator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.mesos.histories import History
from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.books import Slave
from workbench.engines.mesos.resources import NOTHING, Resources, belongs, minus, plus

STEPS = 80

histories = st.integers(0, 10**6).map(History)


def whole(slave: Slave) -> Resources:
    return slave.total - slave.shared


@given(history=histories)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_offered_used_and_free_add_up_to_the_total_of_every_agent(history):
    for _ in range(STEPS):
        history.go(1)
        for slave in history.allocator.slaves.values():
            held = NOTHING
            for one in history.held:
                held = held + one[3] if one[2] == slave.id else held
            assert held == slave.held()
            if not slave.over:
                assert held - held.shared() + (slave.available - slave.available.shared()) == whole(slave)


@given(history=histories)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_nothing_is_in_two_outstanding_offers_except_what_is_shared(history):
    """Each run offers at most what the offers of before had left; pieces of a kind are counted, kind by kind."""
    allocator = history.allocator
    make = allocator._offer

    def watched(offerable: Offerable) -> None:
        make(offerable)
        for agent, slave in allocator.slaves.items():
            new = NOTHING
            for by_role in offerable.values():
                for places in by_role.values():
                    new = new + places.get(agent, NOTHING)
            outstanding = NOTHING
            for one in history.held:
                outstanding = outstanding + one[3] if one[2] == agent else outstanding
            left = whole(slave) - (outstanding - outstanding.shared())
            assert left.contains(new - new.shared())

    allocator._offer = watched
    history.go(STEPS)


@given(history=histories)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_sorters_hold_what_the_agents_hold(history):
    history.go(STEPS)
    allocator = history.allocator
    expected: Counter[str] = Counter()
    for slave in allocator.slaves.values():
        by_role: dict[str, Resources] = {}
        for (_, role), resources in slave.holders.items():
            by_role[role] = by_role.get(role, NOTHING) + resources
        for resources in by_role.values():
            expected.update(resources.quantities())
    assert allocator.role_sorter.allocation_quantities() == +expected


@given(history=histories)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_no_offer_takes_a_top_level_role_past_its_limit(history):
    """Child roles, reservations and revocable resources are exempt, as upstream."""
    allocator = history.allocator
    make = allocator._offer

    def watched(offerable: Offerable) -> None:
        make(offerable)
        for path, role in allocator.role_tree.with_quota.items():
            given = offered(offerable, lambda one, path=path: belongs(one, path))
            before = minus(consumed(allocator, path), given)
            own = offered(offerable, lambda one, path=path: one == path)
            for name, limit in role.quota.limits.items():
                assert own.get(name, 0) <= max(limit - before.get(name, 0), 0)

    allocator._offer = watched
    history.go(STEPS)


def offered(offerable: Offerable, to: Callable[[str], bool]) -> dict[str, int]:
    """Return what one run offered to some roles, of what counts against a quota."""
    total: dict[str, int] = {}
    for by_role in offerable.values():
        for role, by_agent in by_role.items():
            for resources in by_agent.values() if to(role) else ():
                total = plus(total, resources.chargeable().quantities())
    return total


def consumed(allocator: HierarchicalAllocator, path: str) -> dict[str, int]:
    """Return what counts against a role's quota: what is reserved to, or held by, it and those below it."""
    total: dict[str, int] = {}
    for slave in allocator.slaves.values():
        for role, reserved in slave.total.reservations().items():
            total = plus(total, reserved if belongs(role, path) else {})
        for (_, role), resources in slave.holders.items():
            total = plus(total, resources.chargeable().quantities() if belongs(role, path) else {})
    return total


def test_the_histories_exercise_what_they_are_for():
    did: Counter[str] = Counter()
    for seed in range(20):
        history = History(seed)
        history.go(STEPS)
        did += history.did
    assert min(did[what] for what in ("offer", "volume", "reserved")) >= 10


@pytest.mark.parametrize("seed", range(3))
def test_the_same_history_twice_gives_the_same_offers(seed):
    assert History(seed).go(STEPS) == History(seed).go(STEPS)
