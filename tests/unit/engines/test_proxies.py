"""Who sends a request on: proxies that hear of changes, and proxies that do not."""

from __future__ import annotations

import pytest

from tests.make import app, node, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.mesos import Mesos
from workbench.engines.proxies import Views
from workbench.engines.world import World
from workbench.model.faults import Fault, machines_from
from workbench.model.load import Load, constant


def views(through: float, machines: int, **frozen: tuple[int, ...]) -> Views:
    made = Views(through, lambda: machines)
    for name, known in frozen.items():
        made.freeze(int(name[1:]), known)
    return made


@pytest.mark.parametrize(
    ("made", "endpoints", "expected", "nowhere"),
    [
        pytest.param(views(0.5, 4), (1, 2), {1: 50, 2: 50}, 0, id="all hear: equal shares"),
        pytest.param(views(0.5, 4), (), {}, 100, id="nobody to send to"),
        pytest.param(views(1.0, 4, m0=(1, 2)), (2,), {1: 12.5, 2: 87.5}, 0, id="one of four goes by what it knew"),
        pytest.param(views(0.5, 4, m0=(1,), m1=(1,)), (2,), {1: 25, 2: 75}, 0, id="half comes in another way"),
        pytest.param(views(1.0, 2, m0=(1,), m1=(1,)), (), {1: 100}, 0, id="all are cut off: as before"),
        pytest.param(views(1.0, 4, m0=()), (1,), {1: 75}, 25, id="one knew of nobody"),
    ],
)
def test_where_a_hundred_requests_go(made, endpoints, expected, nowhere):
    arriving, lost = made.spread(100.0, dict.fromkeys(endpoints))
    assert arriving == pytest.approx(expected)
    assert lost == pytest.approx(nowhere)


def test_a_proxy_that_hears_again_forgets_what_it_knew():
    made = views(1.0, 4, m0=(1,))
    made.thaw(0)
    assert made.spread(100.0, {2: None}) == ({2: 100.0}, 0.0)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(None, [1, 4], id="all of the zone"),
        pytest.param(1, [1], id="part of it"),
        pytest.param(3, [1, 4, 2], id="more than it has: the next zone"),
        pytest.param(6, [1, 4, 2, 5, 0, 3], id="every zone"),
        pytest.param(9, [1, 4, 2, 5, 0, 3], id="more than there are"),
    ],
)
def test_zone_after_zone(count, expected):
    assert machines_from("b", ["a", "b", "c", "a", "b", "c"], count) == expected


def lost(plane, through: float) -> float:
    """Return the share of requests lost while no machine can reach the control plane."""
    machines = tuple(node(f"node-{number}", zone="ab"[number % 2]) for number in range(4))
    web = app("web", replicas=3, cpu=1000, ready=0, load=Load(constant(30.0), 10_000))
    fault = Fault(seconds(60), "network-partition", zone="a", machines=4, back_us=seconds(500))
    made = scenario(
        web, machines=machines, horizon=400, faults=[fault], settings={"world.traffic.through_machines": through}
    )
    trace = World(made, plane(), 1).run()
    rows = [row for row in trace["traffic"].dicts() if row["at_us"] >= seconds(250)]
    return sum(row["lost"] for row in rows) / sum(row["offered"] for row in rows)


@pytest.mark.parametrize("plane", [Kubernetes, Mesos])
@pytest.mark.parametrize(
    ("through", "expected"),
    [
        pytest.param(0.0, 1.0, id="by proxies that hear that no pod is ready any more: all are lost"),
        pytest.param(1.0, 0.0, id="by proxies that are cut off themselves: all are answered"),
        pytest.param(0.4, 0.6, id="some by these, some by those"),
    ],
)
def test_all_instances_work_and_nobody_can_reach_the_control_plane(plane, through, expected):
    assert lost(plane, through) == pytest.approx(expected, abs=1e-6)
