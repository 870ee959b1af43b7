"""Sorted lists of nodes say the same as sets of nodes, also of windows that go around the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes import sorted_nodes
from workbench.engines.kubernetes.sorted_nodes import count_in, nth_of_all, take, together

SIZE = 40
nodes = st.sets(st.integers(0, SIZE - 1), max_size=SIZE).map(sorted)


@given(nodes, st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_a_window_goes_from_its_first_node_around_to_its_end(here, first, end):
    length = (end - first) % SIZE or SIZE
    window = {(first + step) % SIZE for step in range(length)}
    assert count_in(here, (first, end)) == len(window.intersection(here))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=SIZE), st.data())
def test_the_member_with_so_many_before_it_is_found_across_several_sets(owners, data):
    sets = [[node for node, owner in enumerate(owners) if owner == number] for number in range(3)]
    chosen = data.draw(st.sets(st.integers(0, 2), min_size=1))
    together = sorted(node for number in chosen for node in sets[number])
    for number, node in enumerate(together):
        assert nth_of_all([sets[one] for one in chosen], number, len(owners)) == node


@given(nodes.filter(bool), st.data())
def test_a_member_taken_out_is_gone(here, data):
    gone = data.draw(st.sampled_from(here))
    left = list(here)
    take(left, gone)
    assert left == [node for node in here if node != gone]


@given(st.lists(st.integers(0, 2), max_size=4 * SIZE), st.integers(0, 2 * SIZE))
def test_sets_are_joined_in_order_whether_at_once_or_when_asked(owners, few):
    sets = [[node for node, owner in enumerate(owners) if owner == number] for number in range(3)]
    everybody = list(range(len(owners)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_nodes, "FEW", few)
        joined = together(sets)
    assert list(joined) == everybody == [joined[at] for at in everybody]
    assert [joined[at - len(owners)] for at in everybody] == list(joined[:]) == everybody
    with pytest.raises(IndexError):
        joined[len(owners)]
