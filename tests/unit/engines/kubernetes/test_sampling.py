"""How many nodes are looked at, and where the search begins."""

from dataclasses import replace

import pytest

from tests.unit.engines.kubernetes.builders import cluster, node, pod
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.schedule_one import nodes_to_find, schedule


@pytest.mark.parametrize(
    ("nodes", "percentage", "expected"),
    [
        pytest.param(99, 10, 99, id="small clusters are searched in full"),
        pytest.param(1000, 10, 100, id="at least 100"),
        pytest.param(5000, 40, 2000, id="the percentage"),
        pytest.param(1000, 0, 420, id="by size: 50 - 1000 / 125 = 42 per cent"),
        pytest.param(10_000, 0, 500, id="by size: at least 5 per cent"),
        pytest.param(5000, 100, 5000, id="all"),
    ],
)
def test_nodes_to_find(nodes, percentage, expected):
    assert nodes_to_find(nodes, percentage) == expected


def test_the_search_goes_round_and_stops_when_it_has_enough():
    there = cluster(*(node(f"n{k:03}", unschedulable=k < 5) for k in range(120)))
    profile = replace(DEFAULT_PROFILE, percentage_of_nodes_to_score=10)
    verdict = schedule(profile, pod(), there, start=118)
    names = [one.name for one in verdict.feasible]
    assert (names[0], names[1], names[2], len(names)) == ("n118", "n119", "n005", 100)
    assert verdict.evaluated == 105  # five were refused on the way
