"""What a node of a sorter holds is the same whether it was added up at once or only counted for a while."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engines.mesos.scripted import plain
from workbench.engines.mesos.sorters.nodes import Is, Node

SIZES = (plain(cpus=1, mem=2), plain(cpus=0.5), plain(cpus=2, mem=1))


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans())))
def test_quantities_are_what_came_less_what_went_whenever_they_are_asked_for(steps):
    """Nothing is given back that was not there: of the sizes, one is taken off only if there is one."""
    node, there = Node("a", Is.ACTIVE, None), Counter()
    for size, goes, asked in steps:
        times = -1 if goes and there[size] else 1
        there[size] += times
        node.note(SIZES[size], times)
        if asked:
            assert node.quantities == held(there)
    assert node.quantities == held(there)


def held(there: Counter[int]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for size, times in there.items():
        for name, amount in SIZES[size].plain.items():
            total[name] += times * amount
    return {name: amount for name, amount in total.items() if amount}
