"""What a batch framework takes of an offer with reservations: those of its agent's configuration first."""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import amounts, plain, reserved
from workbench.engines.mesos.flags import advertised
from workbench.engines.mesos.frameworks.batch_queue import Rest
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.kinds import STATIC, Kind, Reservation
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.resources import Resources
from workbench.model.cluster import Node

PLACE = Place("agent", {}, "", "")


def static(**numbers):
    return Resources(special={Kind(name, (Reservation("a", STATIC),)): one for name, one in amounts(**numbers).items()})


def rest(resources):
    return Rest(Offer(0, "f", "a", "agent", resources, 0), PLACE)


@pytest.mark.parametrize(
    ("offered", "request_", "taken"),
    [
        pytest.param(plain(cpus=4), plain(cpus=3), plain(cpus=3), id="nothing reserved"),
        pytest.param(plain(cpus=1) + static(cpus=4), plain(cpus=3), static(cpus=3), id="the reserved suffices"),
        pytest.param(
            plain(cpus=2) + static(cpus=1), plain(cpus=3), plain(cpus=2) + static(cpus=1), id="the rest is unreserved"
        ),
        pytest.param(
            plain(cpus=2, mem=9) + static(cpus=1), plain(cpus=1, mem=9), plain(mem=9) + static(cpus=1), id="by name"
        ),
    ],
)
def test_the_reserved_goes_first(offered, request_, taken):
    one = rest(offered)
    one.launch(7, request_)
    assert one.launches[0].resources == taken
    assert (offered - taken).quantities() == {name: left for name, left in one.free.items() if left}


def test_reservations_made_while_the_agent_runs_are_for_whoever_made_them():
    assert rest(plain(cpus=1) + reserved("a", "instance-1", cpus=4)).free == amounts(cpus=1)


def test_an_agent_advertises_what_is_set_aside_as_a_static_reservation():
    node = Node("node-0", {"cpu": 16_000, "pods": 110}, reserved={"a": {"cpu": 14_000}})
    kind = Kind("cpu", (Reservation("a", STATIC),))
    assert advertised(node) == Resources({"cpu": 2_000}, {kind: 14_000})
