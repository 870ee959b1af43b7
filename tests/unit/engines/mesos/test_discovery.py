"""Who receives traffic on Mesos, and when that changes: a proxy, names, virtual addresses."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import EXACT, column, rows, traced
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.mesos.discovery import CLIENT_GROUPS, DiscoveryParameters, pace_of
from workbench.engines.world import World
from workbench.model.faults import Fault
from workbench.model.load import Load, Points

MEANS = ("marathon-lb", "vip", "mesos-dns")


def pace(by, **more):
    """One that looks at 10 s of every minute."""
    return pace_of(DiscoveryParameters(by=by, **more), 1 / 6)


@pytest.mark.parametrize(
    ("made", "now", "known"),
    [
        pytest.param(pace("marathon-lb", update_s=2.0), 100, 102, id="an event and a reload"),
        pytest.param(pace("marathon-lb", lb_poll_s=60.0), 100, 131, id="the next question and a reload"),
        pytest.param(pace("vip"), 100, 103, id="gossip"),
        pytest.param(pace("mesos-dns"), 100, 130, id="the next look"),
        pytest.param(pace("mesos-dns"), 70, 70, id="a look at this instant"),
        pytest.param(pace("mesos-dns"), 71, 130, id="just after a look"),
        pytest.param(pace("mesos-dns", dns_refresh_s=6.0), 71, 73, id="looks every 6 s, from 1 s on"),
    ],
)
def test_when_a_change_is_known_to_whoever_asks(made, now, known):
    assert made.known_us(seconds(now)) == pytest.approx(seconds(known), abs=2)


@pytest.mark.parametrize(
    ("made", "longest"),
    [
        pytest.param(pace("mesos-dns"), 60, id="the time to live"),
        pytest.param(
            pace("mesos-dns", dns_ttl_s=5.0, dns_client_cache_s=30.0), 30, id="a runtime that keeps it longer"
        ),
        pytest.param(pace("mesos-dns", dns_client_cache_s=30.0), 60, id="a runtime that keeps it less long"),
    ],
)
def test_clients_ask_anew_spread_evenly_over_the_time_that_answers_live(made, longest):
    asks = sorted(made.asks_us(group, seconds(130)) - seconds(130) for group in range(CLIENT_GROUPS))
    gap = seconds(longest) / CLIENT_GROUPS
    assert all(later - earlier == pytest.approx(gap, abs=2) for earlier, later in pairwise(asks))
    assert 0 <= asks[0] <= gap
    assert asks[-1] <= seconds(longest)


def shop():
    load = Load(Points(((0, 100.0),)), cpu_us=2_000, queue=50, late_us=seconds(1), cap=1000, from_us=seconds(200))
    return app("web", "service", 4, cpu=1000, max_per_node=1, load=load)


def lost(trace):
    return sum(column(trace, "traffic", "lost"))


def on_mesos(by, **more):
    return traced(
        shop(), machines=4, horizon=700, faults=[Fault(seconds(300), node="node-0")],
        settings={"mesos.discovery.by": by, **{f"mesos.discovery.{name}": value for name, value in more.items()}},
    )  # fmt: skip


def test_clients_of_names_stop_calling_a_dead_instance_one_after_another():
    """As they ask anew: the loss goes down in twelve steps of 5 s, from a quarter of all requests to nothing."""
    trace = on_mesos("mesos-dns")
    rates = [row["lost"] for row in rows(trace, "traffic") if row["at_us"] >= 305]
    steps = [before - after for before, after in pairwise(rates) if before != pytest.approx(after, abs=0.01)]
    assert rates[0] == pytest.approx(25, abs=0.5)
    assert rates[-1] == 0
    assert all(step > 0 for step in steps)
    falling = [at for at, rate in enumerate(rates) if 0 < rate < rates[0] - 0.01]
    assert 50 <= falling[-1] - falling[0] <= 60


def test_half_of_the_clients_have_followed_when_the_table_says_so():
    trace = on_mesos("mesos-dns")
    [at] = column(trace, "endpoints", "at_us", change="removed")
    rates = {row["at_us"]: row["lost"] for row in rows(trace, "traffic")}
    assert rates[int(at) - 3] > 12.4 > rates[int(at) + 3]


def test_whoever_was_told_of_nobody_asks_again_at_once():
    """The first instance is known to all with the first look that finds it."""
    first = rows(on_mesos("mesos-dns", dns_ttl_s=600.0), "endpoints")[0]
    assert first["at_us"] <= 62


@pytest.mark.parametrize(
    ("by", "setting", "values"),
    [
        pytest.param("marathon-lb", "lb_poll_s", (0.0, 60.0, 300.0), id="asked for less often"),
        pytest.param("marathon-lb", "update_s", (0.0, 30.0, 120.0), id="a slower reload"),
        pytest.param("mesos-dns", "dns_refresh_s", (1.0, 60.0, 300.0), id="names made less often"),
        pytest.param("mesos-dns", "dns_ttl_s", (0.0, 60.0, 300.0), id="answers that live longer"),
        pytest.param("mesos-dns", "dns_client_cache_s", (0.0, 120.0, 300.0), id="runtimes that keep them longer"),
        pytest.param("vip", "vip_spread_s", (0.0, 20.0, 60.0), id="slower gossip"),
    ],
)
def test_a_slower_discovery_costs_more_requests(by, setting, values):
    costs = [lost(on_mesos(by, **{setting: value})) for value in values]
    assert costs[0] < costs[1] < costs[2]


def test_a_lost_machine_costs_requests_until_clients_have_followed():
    """All means wait for Mesos to give the agent up, 75 s; names cost the most on top of that."""
    costs = [lost(on_mesos(by)) for by in MEANS]
    assert costs == sorted(costs)
    assert costs[0] > 0
    removed = [column(on_mesos(by), "endpoints", "at_us", change="removed")[0] for by in MEANS]
    assert removed[1] - removed[0] == pytest.approx(2)
    assert 30 <= removed[2] - removed[0] + 1 <= 90


def test_kubernetes_sends_nobody_to_a_node_that_is_not_ready():
    """Its endpoints follow the node's silence of about 50 s, not the agent's pings of 75 s."""
    made = scenario(
        shop(), machines=4, horizon=700, settings=EXACT, faults=[Fault(seconds(300), node="node-0")]
    )  # fmt: skip
    trace = World(made, Kubernetes(), 1).run()
    assert 0 < lost(trace) < lost(on_mesos("marathon-lb"))
