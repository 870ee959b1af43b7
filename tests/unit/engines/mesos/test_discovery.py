"""Who receives traffic on Mesos, and when that changes: a proxy, names, virtual addresses."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import EXACT, column, traced
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.mesos.discovery import known_us
from workbench.engines.world import World
from workbench.model.faults import Fault
from workbench.model.load import Load, Points

MEANS = ("marathon-lb", "vip", "mesos-dns")


@pytest.mark.parametrize(
    ("by", "now", "known"),
    [
        pytest.param("marathon-lb", 100, 102, id="an event and a reload"),
        pytest.param("vip", 100, 103, id="gossip"),
        pytest.param("mesos-dns", 100, 130 + 30, id="the next look, and half of the time to live"),
        pytest.param("mesos-dns", 70, 70 + 30, id="a look at this instant"),
        pytest.param("mesos-dns", 71, 130 + 30, id="just after a look"),
    ],
)
def test_when_clients_follow(by, now, known):
    assert known_us(by, seconds(now), seconds(2), seconds(10)) == seconds(known)


def shop():
    load = Load(Points(((0, 100.0),)), cpu_us=2_000, queue=50, late_us=seconds(1), cap=1000, from_us=seconds(200))
    return app("web", "service", 4, cpu=1000, max_per_node=1, load=load)


def lost(trace):
    return sum(column(trace, "traffic", "lost"))


def on_mesos(by):
    return traced(
        shop(), machines=4, horizon=700, faults=[Fault(seconds(300), node="node-0")],
        settings={"mesos.discovery.by": by},
    )  # fmt: skip


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
