from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes.controllers.deployment_rolling import Sized
from workbench.engines.kubernetes.controllers.deployment_scaling import Before, Kept, cleanup_deployment, scale


def _resized(sizes, replicas, surge_before, surge):
    desired = sum(sizes) - surge_before
    sets = [Sized(f"v{age}", size, age=age) for age, size in enumerate(sizes)]
    before = {one.name: Before(desired, sum(sizes)) for one in sets}
    changed = scale(sets[0], sets[1:], before, replicas, surge)
    return [changed.get(one.name, one.replicas) for one in sets]


def test_the_change_is_shared_in_proportion():
    assert _resized([6, 6], 20, 2, 2) == [11, 11]
    assert _resized([2, 3], 10, 0, 0) == [4, 6]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(1, 100), st.integers(0, 5))
def test_growing_gives_out_exactly_what_is_allowed(sizes, more, surge):
    replicas = sum(sizes) + more
    assert sum(_resized(sizes, replicas, 0, surge)) == replicas + surge


def test_the_history_loses_its_oldest_and_spares_those_with_pods():
    old = [Kept("b", 2, 0, 0), Kept("a", 1, 0, 0), Kept("c", 3, 0, 1), Kept("d", 4, 0, 0)]
    assert cleanup_deployment(old, 2) == ["a", "b"]
    assert cleanup_deployment(old, 1) == ["a", "b"], "c still has a pod"
