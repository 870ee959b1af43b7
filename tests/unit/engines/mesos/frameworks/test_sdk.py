"""A service built with dcos-commons: pods in turn, footprints that stay, replacement only when asked for."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.frameworks.clusters import (
    MARATHON,
    READY_S,
    SERVICE,
    away,
    change,
    cluster,
    running,
    times,
)
from tests.unit.engines.mesos.runs import column, rows
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Volume

LOST_S = 75
"""An agent is given up after five pings of 15 s."""


@pytest.mark.parametrize("ordered", [True, False], ids=["serial", "parallel"])
def test_pods_are_deployed_in_turn_or_together(ordered):
    trace = running(SERVICE, cluster(ordered=ordered))
    ready, decided = times(trace, "ready_us"), times(trace, "decided_us")
    assert decided == ([0, *ready[:2]] if ordered else [0, 0, 0])


def test_a_service_with_a_primary_starts_it_first_and_the_others_together():
    trace = running(SERVICE, cluster("primary", 4, ordered=False))
    assert times(trace, "decided_us") == [0, READY_S, READY_S, READY_S]


def test_reserve_create_and_launch_are_one_answer():
    """Marathon reserves on one offer and launches on the next; a service is a round of offers faster."""
    first = column(running(SERVICE), "tasks", "decided_us")[0]
    resident = column(running(MARATHON), "tasks", "decided_us")[0]
    assert first == 0.05
    assert resident >= first + 1


def test_a_pod_whose_machine_is_back_is_launched_on_what_it_has_reserved():
    trace = running(SERVICE, faults=[away(600, 1500)])
    again = rows(trace, "tasks", task="db-0.1")[0]
    assert again["node"] == "node-0"
    assert 1500 <= again["decided_us"] <= 1503
    assert column(trace, "events", "reason", kind="pod-waits") == ["footprint-kept"]
    assert not rows(trace, "volumes", volume="db-0.1")


def test_nobody_is_offered_the_footprint_of_a_pod_that_is_away():
    """The cluster's only room is what the service has reserved; a neighbour gets none of it."""
    hungry = app("hungry", "batch", 8, cpu=1500, memory=GIB, at=700, runs=5000)
    trace = running(SERVICE, cluster(cpu=3000), hungry, machines=3, faults=[away(600, 640)])
    placed = [row for row in rows(trace, "tasks", app="hungry") if row["decided_us"] is not None]
    assert not placed
    assert rows(trace, "tasks", task="db-0.1")[0]["node"] == "node-0"


def test_a_pod_waits_for_ever_unless_somebody_replaces_it():
    trace = running(SERVICE, faults=[away(600)])
    assert rows(trace, "tasks", task="db-0.1")[0]["decided_us"] is None
    assert column(trace, "tasks", "why", task="db-0.1") == ["not-its-reservation"]


def test_pod_replace_begins_anew_elsewhere_without_data():
    trace = running(SERVICE, faults=[away(600)], settings={"world.operator.on_call": True})
    again = rows(trace, "tasks", task="db-0.1")[0]
    assert again["node"] not in ("", "node-0")
    assert again["decided_us"] == pytest.approx(600 + 900 + 0.05)
    assert "db-0.1" in column(trace, "volumes", "volume", state="created")  # a volume of its own
    assert "beyond-the-log" in column(trace, "events", "reason", kind="resync-begins")


def test_a_policy_replaces_pods_one_at_a_time():
    """Two pods fail for good at once; the second replacement keeps ten minutes' distance."""
    trace = running(
        SERVICE, cluster("ring", 3), machines=5, faults=[away(600), away(600, node="node-1")],
        settings={"mesos.sdk.replace_failed": True},
    )  # fmt: skip
    replaced = column(trace, "events", "at_us", kind="pod-replaced")
    assert replaced[0] == pytest.approx(600 + LOST_S + 1200, abs=16)
    assert replaced[1] == replaced[0] + 600


def test_a_failed_pod_is_recovered_while_the_deployment_is_stuck():
    """A StatefulSet would not go on; recovery is a plan of its own."""
    trace = running(SERVICE, cluster(members=4, max_per_node=1), machines=3, faults=[away(600, 700)])
    assert rows(trace, "tasks", task="db-3")[0]["decided_us"] is None  # no room for the fourth
    assert rows(trace, "tasks", task="db-0.1")[0]["node"] == "node-0"


def test_the_scheduler_asks_for_no_offers_while_there_is_nothing_to_do():
    assert max(column(running(SERVICE), "offers", "made_us")) < 60


def test_what_suited_nobody_is_refused_for_two_weeks():
    refused = set(column(running(SERVICE), "offers", "refuse_s", answer="declined"))
    assert refused == {14 * 86_400.0}


def test_pods_are_not_given_time_to_stop():
    """With upstream's default of no grace; an executor's own would be three seconds."""
    trace = running(SERVICE, cluster(stop_us=20_000_000), changes=[change(300, "update")])
    ended = [time for time in column(trace, "tasks", "ended_us") if time is not None]
    assert ended[0] == 300


def test_an_update_goes_pod_by_pod_on_the_footprints():
    trace = running(SERVICE, changes=[change(300, "update")])
    pods = rows(trace, "tasks")
    assert len(pods) == 6
    before, after = pods[:3], sorted(pods[3:], key=lambda row: row["slot"])
    assert [row["node"] for row in after] == [row["node"] for row in before]
    for one, following in zip(after[:-1], before[1:], strict=True):
        assert following["ended_us"] >= one["ready_us"]


def test_scaling_down_gives_back_what_was_reserved():
    big = app("big", "batch", 5, cpu=4000, memory=GIB, at=900, runs=600)
    changes = [change(300, "scale", replicas=1)]
    trace = running(SERVICE, cluster(cpu=3000), big, machines=3, changes=changes)
    assert column(trace, "tasks", "task", app="db", outcome="killed") == ["db-1", "db-2"]
    started = [row for row in rows(trace, "tasks", app="big") if row["decided_us"] is not None]
    assert {row["node"] for row in started} == {"node-1", "node-2"}


def test_deleting_the_app_ends_all_pods():
    trace = running(SERVICE, changes=[change(300, "delete")])
    assert set(column(trace, "tasks", "outcome")) == {"killed"}


def test_pods_outlive_their_scheduler():
    trace = running(SERVICE, faults=[Fault(seconds(300), "scheduler-loss", hosting="db", back_us=seconds(600))])
    assert column(trace, "tasks", "ended_us") == [None] * 3


def test_an_update_leaves_pods_alone_that_are_to_go():
    web = cluster(stop_us=seconds(20))
    changes = [change(300, "scale", replicas=1), change(305, "update")]
    trace = running(SERVICE, web, changes=changes, horizon=900)
    assert [row["task"] for row in rows(trace, "tasks", outcome="running")] == ["db-0.1"]


def test_a_service_that_is_deleted_while_its_pods_wait_for_offers_goes_at_once():
    """None of them is anywhere: there is nothing to wait for, and nobody runs afterwards."""
    trace = running(SERVICE, cluster(cpu=5000), changes=[change(300, "delete")], horizon=600)
    assert column(trace, "tasks", "outcome") == ["killed"] * 3
    assert column(trace, "tasks", "node") == [""] * 3


def test_reservations_of_others_in_the_role_are_left_alone():
    """Marathon's residents share the role with a service; each is stopped, and its reservation is offered to both."""
    db = app("resident", "stateful", 2, cpu=1000, volume=Volume(GIB, "local"), max_per_node=1)
    stops = [PlannedChange(seconds(200 + 60 * n), "drain", node=f"node-{n}") for n in range(3)]
    again = [PlannedChange(seconds(220 + 60 * n), "uncordon", node=f"node-{n}") for n in range(3)]
    trace = running(SERVICE, cluster(), db, machines=3, changes=[*stops, *again], horizon=1200)
    there = {(row["app"], row["slot"]): row["node"] for row in rows(trace, "tasks", incarnation=0)}
    last = {(row["app"], row["slot"]): row["node"] for row in rows(trace, "tasks", outcome="running")}
    assert column(trace, "tasks", "outcome").count("killed") == 5
    assert last == there


@pytest.mark.parametrize(("message_s", "store_s"), [(0.0, 1.0), (0.5, 0.01)], ids=["known by then", "not known yet"])
@pytest.mark.parametrize("under", [SERVICE, MARATHON], ids=["dcos-commons", "Marathon"])
def test_what_waits_for_a_machine_that_is_given_back_begins_anew_elsewhere(under, message_s, store_s):
    """Its end was no failure: it was drained; and it may be told only after the machine is gone."""
    gone = PlannedChange(seconds(200), "remove-machine", node="node-0")
    settings = {"mesos.master.message_s": message_s, "mesos.registry.store_s": store_s}
    trace = running(under, changes=[gone], settings=settings, horizon=1200)
    assert len(rows(trace, "tasks", outcome="killed", node="node-0")) == 1
    assert {row["slot"] for row in rows(trace, "tasks", outcome="running")} == {0, 1, 2}
    assert "node-0" not in column(trace, "tasks", "node", outcome="running")


@pytest.mark.parametrize("under", [SERVICE, MARATHON], ids=["dcos-commons", "Marathon"])
def test_what_waits_for_a_machine_that_is_out_of_use_says_so(under):
    trace = running(under, changes=[PlannedChange(seconds(200), "drain", node="node-0")], horizon=400)
    assert column(trace, "tasks", "why", outcome="waiting") == ["not-its-reservation"]
