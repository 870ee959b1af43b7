"""StatefulSets that change while a run goes on: versions, sizes, claims."""

from __future__ import annotations

import pytest

from tests.make import scenario, seconds
from tests.unit.engines.kubernetes.builders import happened, simulate, tasks
from tests.unit.engines.kubernetes.controllers.members import at_the_end, change, members, said
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.experiments.run import run
from workbench.model.faults import Fault

UPDATE = change(100, "update", ready_us=seconds(2))


def outdated(trace):
    return [name for name, why in said(trace, "SuccessfulDelete") if why == "member-outdated"]


@pytest.mark.parametrize(
    ("db", "expected"),
    [
        pytest.param(members(), {0: 1, 1: 1, 2: 1}, id="rolling: all"),
        pytest.param(members(parallel=True), {0: 1, 1: 1, 2: 1}, id="rolling, in Parallel"),
        pytest.param(members(partition=2), {0: 0, 1: 0, 2: 1}, id="rolling, from the partition on"),
        pytest.param(members(start=5), {5: 1, 6: 1, 7: 1}, id="rolling, numbers that begin elsewhere"),
        pytest.param(members(on_delete=True), {0: 0, 1: 0, 2: 0}, id="OnDelete: nobody"),
        pytest.param(members(min_ready=5), {0: 1, 1: 1, 2: 1}, id="rolling, with time to prove itself"),
    ],
)
def test_who_has_the_new_version_in_the_end(db, expected):
    assert at_the_end(simulate(scenario(db, horizon=400, changes=[UPDATE]))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([change(100, "update", partition=2)], {0: 0, 1: 0, 2: 1}, id="held at one member"),
        pytest.param([change(100, "update", partition=3)], {0: 0, 1: 0, 2: 0}, id="beyond the last: nobody"),
        pytest.param([change(100, "update", partition=7)], {0: 0, 1: 0, 2: 0}, id="far beyond it: nobody"),
        pytest.param(
            [change(100, "update", partition=2), change(200, "resume", partition=1)], {0: 0, 1: 1, 2: 1},
            id="released down to the next",
        ),
        pytest.param(
            [change(100, "update", partition=2), change(200, "resume")], {0: 1, 1: 1, 2: 1}, id="released to the end"
        ),
        pytest.param(
            [change(100, "update", partition=2), change(200, "update", ready_us=seconds(3))], {0: 0, 1: 0, 2: 2},
            id="it holds the next version too",
        ),
        pytest.param(
            [change(100, "update", partition=2), change(200, "update", partition=0)], {0: 2, 1: 2, 2: 2},
            id="unless that says otherwise",
        ),
        pytest.param(
            [change(100, "update", partition=2), change(200, "rollback")], {0: 0, 1: 0, 2: 0}, id="and goes back"
        ),
    ],
)  # fmt: skip
def test_a_new_version_is_held_at_the_highest_numbers_until_it_is_released(changes, expected):
    assert at_the_end(simulate(scenario(members(), horizon=400, changes=changes))) == expected


def test_marathon_brings_it_to_every_member_and_says_so():
    made = scenario(members(), horizon=400, changes=[change(100, "update", partition=2)])
    trace = run(made, "mesos")
    assert set(at_the_end(trace).values()) == {1}
    assert said(trace, "NoCounterpart") == [("db", "no-partition")]


def test_a_rolling_update_goes_from_the_highest_down_one_by_one():
    trace = simulate(scenario(members(), horizon=400, changes=[UPDATE]))
    assert outdated(trace) == ["db-2", "db-1", "db-0"]
    new = {row["slot"]: row for row in tasks(trace) if row["version"] == 1}
    old = {row["slot"]: row for row in tasks(trace) if row["version"] == 0}
    for ordinal in (1, 0):
        assert old[ordinal]["ended_us"] > new[ordinal + 1]["ready_us"]
    assert said(trace, "StatefulSetUpdated") == [("db", "rollout-complete")]


def test_a_member_proves_itself_for_min_ready_seconds_before_the_next_goes():
    trace = simulate(scenario(members(min_ready=20), horizon=400, changes=[UPDATE]))
    new = {row["slot"]: row for row in tasks(trace) if row["version"] == 1}
    old = {row["slot"]: row for row in tasks(trace) if row["version"] == 0}
    assert old[1]["ended_us"] - new[2]["ready_us"] >= seconds(20)


def test_two_may_be_missing_at_once_but_come_back_one_by_one():
    trace = simulate(scenario(members(4, most=2), horizon=400, changes=[UPDATE]))
    (first, second, *_) = [row for row in trace["events"].dicts() if row["reason"] == "member-outdated"]
    assert first["at_us"] == second["at_us"]
    new = {row["slot"]: row for row in tasks(trace) if row["version"] == 1}
    assert new[3]["queued_us"] > new[2]["ready_us"]


def test_a_version_that_never_becomes_ready_stops_at_the_first_member():
    trace = simulate(scenario(members(), horizon=600, changes=[change(100, "update", broken=True)]))
    assert outdated(trace) == ["db-2"]
    assert at_the_end(trace) == {0: 0, 1: 0, 2: 1}


def test_in_order_going_back_does_not_free_a_member_that_is_stuck():
    # upstream's known issue: it has to be deleted by hand, or go with its node
    changes = [change(100, "update", broken=True), change(200, "rollback")]
    assert at_the_end(simulate(scenario(members(), horizon=600, changes=changes))) == {0: 0, 1: 0, 2: 1}


def test_a_member_below_the_partition_that_is_lost_comes_back_at_the_old_version():
    fault = Fault(seconds(200), node="node-0", back_us=seconds(700))
    trace = simulate(scenario(members(3, partition=3, cpu=3000), horizon=1500, changes=[UPDATE], faults=[fault]))
    again = [row for row in tasks(trace) if row["incarnation"] == 1]
    assert again
    assert {row["version"] for row in again} == {0}
    assert len(at_the_end(trace)) == 3


@pytest.mark.parametrize(
    ("policy", "changes", "left"),
    [
        pytest.param({}, [change(100, "scale", replicas=1)], 3, id="claims stay when the set shrinks"),
        pytest.param({}, [change(100, "delete")], 3, id="claims stay when the set goes"),
        pytest.param({"when_scaled": "Delete"}, [change(100, "scale", replicas=1)], 1, id="they go with the members"),
        pytest.param({"when_scaled": "Delete"}, [change(100, "delete")], 3, id="but not with the set"),
        pytest.param({"when_deleted": "Delete"}, [change(100, "delete")], 0, id="they go with the set"),
        pytest.param(
            {"when_deleted": "Delete"}, [change(100, "scale", replicas=1)], 3, id="but not with single members"
        ),
        pytest.param({"when_scaled": "Delete"}, [UPDATE], 3, id="a new version keeps its claims"),
    ],
)
def test_what_becomes_of_the_claims(policy, changes, left):
    states = {}
    for row in simulate(scenario(members(**policy), horizon=300, changes=changes))["volumes"].dicts():
        states[row["volume"]] = row["state"]
    assert sum(state != "deleted" for state in states.values()) == left


def test_a_set_that_waits_for_its_claims_to_go_is_gone_in_the_end():
    """Claims own nothing: none of them has anything to wait for."""
    gone = change(100, "delete", cascade="foreground")
    plane = Kubernetes()
    World(scenario(members(when_deleted="Delete"), horizon=300, changes=[gone]), plane, 1).run()
    assert {one.kind for one in plane.api.objects.values()} <= {"Service"}
    assert plane.api.pods == {}


def test_after_its_claim_is_gone_a_member_that_comes_back_begins_with_an_empty_disk():
    sizes = [change(100, "scale", replicas=1), change(200, "scale", replicas=3)]
    trace = simulate(scenario(members(when_scaled="Delete"), horizon=400, changes=sizes))
    made = [row["volume"] for row in trace["volumes"].dicts() if row["state"] == "created"]
    assert sorted(made) == sorted(["default/data-db-0", *["default/data-db-1", "default/data-db-2"] * 2])


def test_the_trace_says_why_a_member_on_a_lost_node_is_not_replaced():
    trace = simulate(scenario(members(cpu=3000), machines=4, horizon=1500, faults=[Fault(seconds(100), hosting="db")]))
    assert [why for _, why in said(trace, "MemberTerminating")] == ["number-taken"]
    (evicted,) = happened(trace, "events", kind="TaintManagerEviction")
    (stuck,) = happened(trace, "events", kind="MemberTerminating")
    assert 0 < stuck - evicted < 1
