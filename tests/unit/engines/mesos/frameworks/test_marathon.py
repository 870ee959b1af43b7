"""Marathon on real offers: where instances go, when offers are asked for, what is waited for."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, node, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.faults import Fault
from workbench.model.lives import MemoryUse
from workbench.model.native import marathon as native
from workbench.model.resources import CPU, DISK, MEMORY
from workbench.model.workload import Volume

LOCAL = Volume(20 * GIB, "local")


def per_node(trace, name: str) -> list[int]:
    nodes = column(trace, "tasks", "node", app=name)
    return sorted(nodes.count(one) for one in set(nodes) - {""})


# -- matching ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "spread"),
    [
        pytest.param(5, [1, 5], id="five on one offer by default, the rest on the next"),
        pytest.param(2, [2, 2, 2], id="two at most"),
        pytest.param(100, [6], id="as many as fit"),
    ],
)
def test_instances_per_offer(most, spread):
    trace = traced(app("web", replicas=6), settings={"mesos.marathon.max_instances_per_offer": most})
    assert per_node(trace, "web") == spread


@pytest.mark.parametrize(
    ("limit", "placed", "waiting"),
    [
        pytest.param(1, 3, 1, id="one per machine is UNIQUE by host"),
        pytest.param(2, 4, 0, id="two per machine is MAX_PER"),
    ],
)
def test_at_most_so_many_per_machine(limit, placed, waiting):
    trace = traced(app("web", replicas=4, max_per_node=limit), machines=3)
    outcomes = column(trace, "tasks", "outcome")
    assert (outcomes.count("running"), outcomes.count("waiting")) == (placed, waiting)
    assert max(per_node(trace, "web")) == limit


def test_why_an_instance_waits_is_written_down():
    trace = traced(app("web", replicas=4, max_per_node=1), app("big", cpu=8000), machines=3)
    [big] = rows(trace, "tasks", task="big.0")
    assert (big["outcome"], big["why"]) == ("waiting", "too-small")
    reasons = column(trace, "decisions", "rejected", node="")
    assert "offer/too-small=3" in reasons
    assert "constraint/UNIQUE=3" in reasons


def test_apps_share_an_offer_in_turn():
    trace = traced(app("a", replicas=3), app("b", replicas=3), machines=1)
    on_the_first_offer = column(trace, "tasks", "app", decided_us=0.05)
    assert sorted((on_the_first_offer.count("a"), on_the_first_offer.count("b"))) == [2, 3]


def test_a_daemon_runs_once_on_every_machine():
    trace = traced(app("log", "daemon", cpu=100), machines=4)
    assert sorted(column(trace, "tasks", "node", app="log")) == ["node-0", "node-1", "node-2", "node-3"]


# -- offers ------------------------------------------------------------------------------------------------------------


def test_what_suits_nobody_is_declined_for_two_minutes():
    trace = traced(app("big", cpu=8000), machines=1, horizon=300)
    assert column(trace, "offers", "made_us") == [0.0, 121.0, 242.0]
    assert set(column(trace, "offers", "refuse_s")) == {120.0}


def test_a_new_app_revives_offers_in_spite_of_that():
    trace = traced(app("big", cpu=8000), app("web", at=50), machines=1, horizon=100)
    assert column(trace, "offers", "made_us")[:2] == [0.0, 50.0]
    assert column(trace, "tasks", "decided_us", app="web") == [50.05]


def test_offers_are_suppressed_once_nothing_waits():
    """The rest of the first offer comes back without a filter, until the least time between two calls is over."""
    trace = traced(app("web"), machines=1, horizon=600)
    offers = rows(trace, "offers")
    assert (offers[0]["answer"], offers[0]["refuse_s"]) == ("accepted", 0.0)
    assert [(row["made_us"], row["answer"]) for row in offers[1:]] == [(1.0, "declined")]


def test_two_revives_are_five_seconds_apart():
    trace = traced(app("one", at=10), app("two", at=11), machines=1, settings={"mesos.marathon.decline_offer_s": 600})
    assert column(trace, "tasks", "decided_us") == [10.05, 11.05]  # the offers of the first revive still come
    trace = traced(
        app("big", cpu=8000, at=10), app("two", at=11), machines=1, settings={"mesos.marathon.decline_offer_s": 600}
    )
    assert column(trace, "tasks", "decided_us", app="two") == [15.05]


NO_REVIVE = {"mesos.marathon.revive_offers": False}


def test_without_reviving_a_new_app_waits_for_the_end_of_the_refusals():
    trace = traced(app("web"), app("new", at=50), machines=1, settings=NO_REVIVE, horizon=200)
    assert column(trace, "offers", "made_us")[:3] == [0.0, 1.0, 122.0]  # the rest of the first comes back unfiltered
    assert column(trace, "tasks", "decided_us", app="new") == [122.05]


def test_without_reviving_the_replacement_of_a_lost_instance_waits_too():
    """Lost at 10 s, given up after five pings of 15 s; refused at 1 s, so offered again after 121 s."""
    fault = Fault(at_us=seconds(10), hosting="web")
    trace = traced(app("web"), machines=2, faults=[fault], settings=NO_REVIVE, horizon=200)
    [lost, again] = rows(trace, "tasks", app="web")
    assert lost["ended_us"] < 100
    assert again["decided_us"] == pytest.approx(121, abs=1.1)


def test_without_reviving_a_failed_instance_waits_too():
    """What it held makes a larger offer, which no filter hides; but it comes within the first second of back-off."""
    leak = MemoryUse(0, GIB // 20)
    trace = traced(app("web", limit={MEMORY: GIB}, memory_use=leak), machines=1, settings=NO_REVIVE, horizon=200)
    failed, again = rows(trace, "tasks", app="web")[:2]
    assert failed["outcome"] == "failed"
    assert again["decided_us"] - failed["ended_us"] == pytest.approx(121, abs=1.1)


def test_without_reviving_nothing_is_suppressed():
    trace = traced(app("web"), machines=1, settings={**NO_REVIVE, "mesos.marathon.decline_offer_s": 5}, horizon=30)
    assert column(trace, "offers", "made_us") == [0.0, 1.0, 7.0, 13.0, 19.0, 25.0]


# -- stateful ----------------------------------------------------------------------------------------------------------


def test_a_resident_instance_is_reserved_first_and_launched_on_the_next_offer():
    trace = traced(app("db", "stateful", cpu=1000, volume=LOCAL), machines=1)
    assert column(trace, "tasks", "decided_us") == [1.05]
    reserve, launch = rows(trace, "offers")[:2]
    assert (reserve["cpu_used"], reserve["answer"]) == (0, "accepted")
    assert (launch["cpu_used"], launch["answer"]) == (1000, "accepted")
    assert column(trace, "volumes", "state") == ["created", "attached"]


def test_a_resident_instance_waits_for_its_agent_and_nobody_else_gets_its_reservation():
    trace = traced(
        app("db", "stateful", cpu=3000, volume=LOCAL),
        app("jobs", "batch", replicas=8, cpu=4000, memory=GIB, runs=1000, at=2, team="other"),
        machines=2,
        faults=[Fault(seconds(100), hosting="db", back_us=seconds(400))],
        horizon=900,
    )
    first, second = rows(trace, "tasks", app="db")
    assert (first["outcome"], first["slot"], first["ended_us"]) == ("lost", 0, 100.0)
    assert (second["node"], second["slot"], second["incarnation"]) == (first["node"], 0, 1)
    assert 400 < second["decided_us"] < 410
    assert column(trace, "volumes", "state") == ["created", "attached", "unreachable", "created", "attached"]
    assert [row["reason"] for row in rows(trace, "events", kind="instance-waits")] == ["resident-waits"]


def test_a_resident_instance_whose_machine_never_comes_back_waits_for_ever():
    trace = traced(
        app("db", "stateful", volume=LOCAL), faults=[Fault(seconds(100), hosting="db")], horizon=3000
    )  # fmt: skip
    assert column(trace, "tasks", "outcome", app="db") == ["lost"]


def test_disk_counts_where_machines_say_how_much_they_have():
    machine = node("node-0")
    small = type(machine)(machine.name, {CPU: 4000, MEMORY: 16 * GIB, DISK: 50 * GIB})
    trace = traced(app("db", "stateful", replicas=3, cpu=100, volume=LOCAL), machines=(small,))
    assert column(trace, "tasks", "outcome").count("running") == 2
    assert column(trace, "tasks", "why", outcome="waiting") == ["too-small"]


def test_an_external_volume_moves_with_its_instance():
    trace = traced(
        app("db", "stateful", volume=Volume(GIB, "network")),
        faults=[Fault(seconds(100), hosting="db")],
        settings={"world.disks.create_s": 0.0, "world.disks.attach_s": 0.0},
        horizon=300,
    )
    lost, again = rows(trace, "tasks", app="db")
    assert (lost["outcome"], again["outcome"]) == ("lost", "running")
    assert again["node"] != lost["node"]
    assert column(trace, "volumes", "state") == ["created", "attached", "detached", "attached"]


# -- Marathon's own fields ---------------------------------------------------------------------------------------------


def native_app(name: str, **more):
    made = native.App(id=f"/shop/{name}", **more)
    return app(name, replicas=made.instances, native=made)


@pytest.mark.parametrize(
    ("checks", "until"),
    [
        pytest.param((native.HealthCheck(),), "ready_us", id="it passes its health check"),
        pytest.param((), "started_us", id="without a health check: it runs"),
    ],
)
def test_an_app_waits_until_what_it_depends_on_is_healthy(checks, until):
    front = native_app("front", dependencies=("/shop/back",))
    trace = traced(native_app("back", health_checks=checks), front)
    [back], [front_row] = rows(trace, "tasks", app="back"), rows(trace, "tasks", app="front")
    assert front_row["decided_us"] >= back[until]
    # offers are asked for at most every 5 s: revived at 0, suppressed at 0.05 as nothing else may start
    assert front_row["decided_us"] - back[until] < 6


def test_an_unreachable_instance_is_replaced_when_its_strategy_says():
    strategy = native.UnreachableStrategy(inactive_after_seconds=60, expunge_after_seconds=120)
    trace = traced(
        native_app("web", unreachable_strategy=strategy), faults=[Fault(seconds(100), hosting="web")], horizon=400
    )
    [unreachable] = rows(trace, "nodes", state="unreachable")
    replacement = rows(trace, "tasks", app="web")[1]
    assert replacement["queued_us"] == pytest.approx(unreachable["at_us"] + 60)


def test_native_constraints_take_the_place_of_the_neutral_ones():
    made = native.App(
        id="/web", instances=2, constraints=(native.Constraint(field_name="hostname", operator="UNIQUE"),)
    )
    trace = traced(app("web", replicas=2, max_per_node=2, native=made))
    assert len(set(column(trace, "tasks", "node"))) == 2
