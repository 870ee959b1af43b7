"""How an upgrade goes, step by step: what may go, what may come, and that both bounds hold whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.mesos.frameworks.marathon_upgrade import Replacement, compute_restart_strategy
from workbench.model.native.marathon import UpgradeStrategy


def asked(least: float, over: float) -> UpgradeStrategy:
    return UpgradeStrategy(minimum_health_capacity=least, maximum_over_capacity=over)


@pytest.mark.parametrize(
    ("instances", "least", "over", "healthy", "resident", "expected"),
    [
        pytest.param(10, 1.0, 1.0, 10, False, (0, 20), id="by default all stay, and as many again may come"),
        pytest.param(10, 0.75, 0.25, 10, False, (2, 12), id="the least is rounded up, the most down"),
        pytest.param(1, 0.5, 0.5, 1, False, (0, 2), id="one instance cannot be half: one more is allowed"),
        pytest.param(10, 1.0, 0.0, 10, False, (0, 11), id="no room at all: one more is allowed"),
        pytest.param(10, 1.0, 0.0, 9, False, (0, 10), id="but not while one is missing anyway"),
        pytest.param(1, 0.5, 0.0, 1, True, (1, 1), id="a resident one goes before its successor comes"),
        pytest.param(4, 0.5, 0.0, 4, True, (2, 4), id="half of the resident ones at a time"),
        pytest.param(10, 0.0, 0.0, 10, False, (10, 10), id="nothing has to stay: all go at once"),
        pytest.param(3, 1.0, 1.0, 10, False, (7, 6), id="what is too many for the new size goes first"),
    ],
)
def test_how_an_upgrade_begins(instances, least, over, healthy, resident, expected):
    assert compute_restart_strategy(instances, asked(least, over), healthy, resident=resident) == expected


def test_unhealthy_instances_go_first():
    strategy = compute_restart_strategy(3, asked(0.5, 0.0), 3)
    upgrade = Replacement.of(3, strategy, [(0, True), (1, False), (2, True)])
    assert upgrade.begin() == ((1,), 0)


def test_an_old_instance_that_ends_by_itself_makes_room_and_is_not_stopped():
    upgrade = Replacement.of(3, compute_restart_strategy(3, asked(1.0, 0.0), 3), [(0, True), (1, True), (2, True)])
    assert upgrade.begin() == ((), 1)
    assert upgrade.old_gone(0) == ((), 1)
    assert upgrade.new_ready() == ((1,), 0)


fractions = st.floats(0, 1)


@given(st.integers(1, 30), fractions, fractions, st.booleans(), st.randoms(use_true_random=False))
def test_both_bounds_hold_at_every_instant_and_the_upgrade_ends(instances, least, over, resident, lots):
    """New instances become ready and old ones end in any order; none fails."""
    strategy = compute_restart_strategy(instances, asked(least, over), instances, resident=resident)
    upgrade = Replacement.of(instances, strategy, [(number, True) for number in range(instances)])
    there, stopping, starting, ready = instances, [], 0, 0

    def follow(step):
        nonlocal starting
        stopping.extend(step.kill)
        starting += step.start

    follow(upgrade.begin())
    while stopping or starting:
        healthy = there - len(stopping) + ready
        one_more = int(instances * (1 + over)) == strategy.max_capacity - 1
        assert there + starting + ready <= max(instances, strategy.max_capacity)
        floor = min(instances - strategy.kill_now, instances)
        assert healthy >= floor
        assert one_more or strategy.max_capacity == int(instances * (1 + over))
        if starting and (not stopping or lots.random() < 0.5):
            starting, ready = starting - 1, ready + 1
            follow(upgrade.new_ready())
        else:
            there -= 1
            follow(upgrade.old_gone(stopping.pop(lots.randrange(len(stopping)))))
    assert (there, ready) == (0, instances)


@given(st.integers(1, 1000), fractions, fractions, st.integers(0, 2000), st.booleans())
def test_an_upgrade_can_always_begin(instances, least, over, healthy, resident):
    kill_now, most = compute_restart_strategy(instances, asked(least, over), healthy, resident=resident)
    assert 0 <= kill_now <= healthy + 1
    assert most >= instances
    left = max(0, healthy - kill_now)
    assert left < most or left <= -(-instances * least // 1)
