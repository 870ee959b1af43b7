"""Who goes when there are too many: by name, by spread, by condition and age."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place
from workbench.engines.mesos.frameworks.marathon_kill_selection import select_instances_to_kill
from workbench.engines.mesos.frameworks.marathon_scaling import OLDEST_FIRST, YOUNGEST_FIRST, Candidate, propose
from workbench.engines.mesos.frameworks.run_spec import Condition


def nobody(candidates, count):
    return ()


def running(*since: int) -> list[Candidate]:
    return [Candidate(number, Condition.RUNNING, at) for number, at in enumerate(since)]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param(YOUNGEST_FIRST, [2, 1], id="youngest first"),
        pytest.param(OLDEST_FIRST, [0, 1], id="oldest first"),
    ],
)
def test_of_running_instances_age_decides(selection, expected):
    found = propose(running(10, 20, 30), (), nobody, 1, selection)
    assert [one.number for one in found.decommission] == expected


def test_what_does_not_run_yet_goes_before_what_runs_but_what_waits_for_an_offer_goes_last():
    conditions = (Condition.SCHEDULED, Condition.RUNNING, Condition.STARTING, Condition.STAGING, Condition.UNREACHABLE)
    found = propose([Candidate(n, one, 0) for n, one in enumerate(conditions)], (), nobody, 0)
    assert [one.number for one in found.decommission] == [4, 3, 2, 1, 0]


def test_whom_the_constraints_spare_goes_before_the_youngest():
    instances = running(10, 20, 30)
    found = propose(instances, (), lambda candidates, count: candidates[:1], 1)
    assert [one.number for one in found.decommission] == [0, 2]


@given(st.lists(st.integers(0, 99), max_size=20), st.integers(0, 30), st.sets(st.integers(0, 19)))
def test_the_proposal_leads_to_the_size_asked_for(ages, scale_to, sentenced):
    found = propose(running(*ages), sentenced, nobody, scale_to)
    numbers = [one.number for one in found.decommission]
    assert len(ages) - len(numbers) + found.start == scale_to
    assert found.start >= 0
    assert len(set(numbers)) == len(numbers)
    assert {one for one in sentenced if one < len(ages)} <= set(numbers)


places = st.lists(st.builds(Place, st.just("h"), st.fixed_dictionaries({"rack": st.sampled_from("abc")})), max_size=15)


@given(places, st.integers(0, 15))
def test_stopping_by_spread_never_makes_it_more_uneven_than_one(placed, count):
    chosen = select_instances_to_kill([Constraint("rack", "GROUP_BY")], placed, count)
    assert len(chosen) <= count or count > len(placed)
    assert len(set(chosen)) == len(chosen)
    if count >= len(placed):
        return

    def difference(gone):
        before = Counter(place.attributes["rack"] for place in placed)
        left = before - Counter(placed[one].attributes["rack"] for one in gone)
        sizes = [left[rack] for rack in before]
        return max(sizes, default=0) - min(sizes, default=0)

    assert difference(chosen) <= max(1, difference([]))


def test_without_a_spread_nobody_is_chosen_by_it():
    placed = [Place("h", {"rack": rack}) for rack in "aab"]
    assert select_instances_to_kill([Constraint("rack", "UNIQUE")], placed, 2) == []
    assert select_instances_to_kill([], placed, 3) == [0, 1, 2]
