"""The allocator's arithmetic."""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import plain, reserved
from workbench.engines.mesos.kinds import reserved_kind, volume_kind
from workbench.engines.mesos.resources import NOTHING, Resources, belongs, minus, shrink, shrink_to_limits
from workbench.engines.mesos.values import floating


def test_differences_stop_at_zero_and_zeros_vanish():
    assert minus({"cpus": 5, "mem": 3}, {"cpus": 7, "mem": 3, "disk": 1}) == {}
    assert plain(cpus=2) - plain(cpus=3, mem=1) == NOTHING


@pytest.mark.parametrize(
    ("whole", "part", "expected"),
    [
        pytest.param(plain(cpus=2, mem=1), plain(cpus=2), True, id="less of fewer names"),
        pytest.param(plain(cpus=2), plain(cpus=2, mem=1), False, id="a name more"),
        pytest.param(plain(cpus=2), reserved("a", cpus=1), False, id="unreserved does not contain reserved"),
        pytest.param(reserved("a", cpus=2), reserved("a", cpus=1), True, id="the same reservation"),
        pytest.param(reserved("a", "x", cpus=2), reserved("a", "y", cpus=1), False, id="another label"),
        pytest.param(plain(cpus=1), NOTHING, True, id="nothing is part of everything"),
    ],
)
def test_containment(whole, part, expected):
    assert whole.contains(part) is expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        pytest.param("a", plain(cpus=1) + reserved("a", cpus=2), id="its own reservation"),
        pytest.param("a/x", plain(cpus=1) + reserved("a", cpus=2), id="the reservation of a role above"),
        pytest.param("ab", plain(cpus=1), id="a role that only looks alike"),
    ],
)
def test_what_may_be_offered_to_a_role(role, expected):
    assert (plain(cpus=1) + reserved("a", cpus=2)).allocatable_to(role) == expected


def test_the_reservation_of_a_child_is_not_offered_to_its_parent():
    assert (plain(cpus=1) + reserved("a/x", cpus=2)).allocatable_to("a") == plain(cpus=1)


def test_quantities_do_not_ask_what_is_reserved():
    volume = volume_kind(reserved_kind("disk", "a"), "v", 7000)
    bundle = plain(cpus=1) + reserved("a", cpus=2, mem=5) + Resources(special={volume: 1})
    assert bundle.quantities() == {"cpus": 3000, "mem": 5000, "disk": 7000}
    assert bundle.holds_one_of([{"cpus": 4000}, {"mem": 5000, "disk": 1}])
    assert not bundle.holds_one_of([{"cpus": 4000}, {"mem": 5000, "gpus": 1}])


def test_a_name_missing_from_a_target_is_cut_to_nothing_and_one_without_a_limit_is_not_cut():
    assert shrink({"cpus": 5, "mem": 5}, {"cpus": 3}) == {"cpus": 3}
    assert shrink_to_limits({"cpus": 5, "mem": 5}, {"cpus": 4}, {"cpus": 3}) == {"cpus": 1, "mem": 5}


def test_subroles():
    assert belongs("a/b", "a")
    assert not belongs("a", "a/b")
    assert not belongs("ab", "a")


def test_floats_are_made_of_whole_part_and_remainder():
    assert [floating(300), floating(1250), floating(12_000)] == [0.3, 1.25, 12.0]
