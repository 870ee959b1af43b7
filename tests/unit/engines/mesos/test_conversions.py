"""What RESERVE, UNRESERVE, CREATE and DESTROY consume and make."""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import plain, reserved
from workbench.engines.mesos.conversions import applied, create, destroy, reserve, scalar, unreserve
from workbench.engines.mesos.kinds import Disk, Kind, Reservation, reserved_kind, volume_kind
from workbench.engines.mesos.resources import Resources

DISK = reserved_kind("disk", "a")
VOLUME = Resources(special={volume_kind(DISK, "v", 5000): 1})
SHARED = Resources(special={volume_kind(DISK, "v", 5000)._replace(shared=True): 1})
REFINED = Resources(special={Kind("cpus", (Reservation("a"), Reservation("a/b"))): 1000})
MOUNT = Kind("disk", (Reservation("a"),), Disk(source="MOUNT"))


@pytest.mark.parametrize(
    ("conversion", "consumed", "converted"),
    [
        pytest.param(reserve(reserved("a", cpus=1)), plain(cpus=1), reserved("a", cpus=1), id="RESERVE"),
        pytest.param(reserve(REFINED), reserved("a", cpus=1), REFINED, id="RESERVE on top of a reservation"),
        pytest.param(unreserve(REFINED), REFINED, reserved("a", cpus=1), id="UNRESERVE takes the last one off"),
        pytest.param(create(VOLUME), reserved("a", disk=5), VOLUME, id="CREATE"),
        pytest.param(create(SHARED), reserved("a", disk=5), SHARED, id="CREATE of a shared volume"),
        pytest.param(destroy(SHARED), SHARED, reserved("a", disk=5), id="DESTROY"),
        pytest.param(
            destroy(Resources(special={volume_kind(MOUNT, "v", 5000): 1})),
            Resources(special={volume_kind(MOUNT, "v", 5000): 1}),
            scalar(MOUNT, 5000),
            id="a MOUNT disk stays one",
        ),
    ],
)
def test_conversions(conversion, consumed, converted):
    assert conversion == (consumed, converted)
    assert consumed.quantities() == converted.quantities()


def test_several_in_a_row_and_one_that_fails():
    chain = (reserve(reserved("a", disk=5)), create(VOLUME))
    assert applied(plain(disk=8), chain) == plain(disk=3) + VOLUME
    assert applied(plain(disk=4), chain) is None
