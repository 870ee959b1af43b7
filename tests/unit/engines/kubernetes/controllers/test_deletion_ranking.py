from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes.controllers.deletion_ranking import RankedPod, in_order_of_deletion, less

HOUR = 3_600_000_000
READY = RankedPod(assigned=True, phase="Running", ready=True, rank=1, ready_age_us=5 * HOUR, age_us=9 * HOUR)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param({"assigned": False}, id="a pod without a node goes first"),
        pytest.param({"phase": "Pending"}, id="a pod that does not run yet goes first"),
        pytest.param({"ready": False}, id="a pod that is not ready goes first"),
        pytest.param({"deletion_cost": -1}, id="a pod marked as cheaper goes first"),
        pytest.param({"rank": 2}, id="a pod on a more crowded node goes first"),
        pytest.param({"ready_age_us": HOUR}, id="a pod ready for a shorter time goes first"),
        pytest.param({"ready_age_us": None}, id="a pod whose readiness has no time goes first"),
        pytest.param({"restarts": 3}, id="a pod that restarted more often goes first"),
        pytest.param({"age_us": HOUR}, id="a younger pod goes first"),
    ],
)
def test_what_goes_first(first):
    other = READY._replace(**first)
    assert less(other, READY)
    assert not less(READY, other)


def test_ages_in_the_same_power_of_two_are_alike_unless_compared_exactly():
    younger, older = READY, READY._replace(ready_age_us=8 * HOUR)
    assert not less(younger, older)
    assert less(younger, older, logarithmic=False)


def test_the_cost_counts_only_with_its_feature():
    cheap = READY._replace(deletion_cost=-5)
    assert less(cheap, READY)
    assert not less(cheap, READY, deletion_cost=False)


ages = st.one_of(st.none(), st.integers(0, 100 * HOUR))
pods = st.builds(
    RankedPod, st.booleans(), st.sampled_from(["Pending", "Unknown", "Running"]), st.booleans(), st.integers(1, 3),
    st.integers(0, 2), ages, ages, st.integers(-1, 1), st.integers(0, 9),
)  # fmt: skip


@given(pods, pods)
def test_no_two_pods_go_before_each_other(one, other):
    assert not (less(one, other) and less(other, one))


@given(st.lists(pods, max_size=8))
def test_pods_without_a_node_precede_all_others(some):
    order = [one.assigned for one in in_order_of_deletion(some)]
    assert order == sorted(order)
