"""The allocator's arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engines.mesos.scripted import amounts, plain, reserved
from workbench.engines.mesos.conversions import scalar
from workbench.engines.mesos.kinds import Disk, Kind, Reservation, reserved_kind, volume_kind
from workbench.engines.mesos.resources import NOTHING, Resources, belongs, minus, shrink, shrink_to_limits
from workbench.engines.mesos.values import Ranges


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


BUNDLES = [
    plain(cpus=2, mem=1),
    plain(cpus=1, mem=1),
    plain(cpus=1),
    plain(mem=3),
    reserved("a", cpus=1) + plain(cpus=1),
    NOTHING,
]
SETS = (amounts(cpus=1),), (amounts(cpus=2), amounts(mem=2)), ()


def fresh(bundle: Resources) -> Resources:
    """Return an equal bundle that remembers nothing."""
    return Resources(dict(bundle.plain), bundle.special, bundle.discrete)


@given(st.lists(st.tuples(st.sampled_from(["+", "-", "contains", "holds"]), st.integers(0, 5), st.integers(0, 5))))
def test_what_bundles_remember_of_earlier_sums_changes_no_answer(steps):
    """The same few bundles meet again and again, in any order, and so do their sums and differences."""
    bundles = list(BUNDLES)
    for what, left, right in steps:
        one, other = bundles[left], bundles[right]
        if what == "contains":
            assert one.contains(other) == fresh(one).contains(fresh(other))
        elif what == "holds":
            sets = SETS[right % 3]
            assert one.holds_one_of(sets) == fresh(one).holds_one_of(sets)
        else:
            bundles[left] = one + other if what == "+" else one - other
            expected = fresh(one) + fresh(other) if what == "+" else fresh(one) - fresh(other)
            assert bundles[left] == expected
            assert bundles[left].empty == (expected == NOTHING)


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


# -- what is not plain -------------------------------------------------------------------------------------------------


def disk(source: str, size: int, **more: str) -> Resources:
    return scalar(Kind("disk", disk=Disk(source=source, **more)), size * 1000)


LENT = Resources(special={Kind("cpus", revocable=True): 3000})
PORTS = Resources(discrete={Kind("ports"): Ranges([(31000, 32000)])})
ZONES = Resources(discrete={Kind("zones"): frozenset({"a", "b"})})
VOLUME = volume_kind(reserved_kind("disk", "a"), "v", 5000)
SHARED = Resources(special={VOLUME._replace(shared=True): 1})


@pytest.mark.parametrize(
    ("resources", "room", "left"),
    [
        pytest.param(plain(disk=50), 20, plain(disk=20), id="plain disk is cut"),
        pytest.param(disk("PATH", 50), 20, disk("PATH", 20), id="a PATH disk is cut"),
        pytest.param(disk("MOUNT", 50), 20, NOTHING, id="a MOUNT disk is not offered in part"),
        pytest.param(disk("MOUNT", 50), 50, disk("MOUNT", 50), id="but whole"),
        pytest.param(disk("BLOCK", 50), 49, NOTHING, id="a BLOCK disk neither"),
        pytest.param(disk("RAW", 50), 20, disk("RAW", 20), id="RAW disk without an id is cut"),
        pytest.param(disk("RAW", 50, source_id="x"), 20, NOTHING, id="one with an id is not"),
        pytest.param(disk("MOUNT", 50) + plain(disk=50), 60, plain(disk=50), id="what fits beside it is"),
        pytest.param(disk("MOUNT", 30) + disk("MOUNT", 30), 40, disk("MOUNT", 30), id="one of two alike"),
    ],
)
def test_what_can_be_cut(resources, room, left):
    """QuotaAllocationGranularityUnchoppableResource, QuotaAllocationMultipleDisk."""
    assert resources.shrunk(amounts(disk=room)) == left
    assert resources.shrunk_to_limits(amounts(disk=room), {}) == left


def test_a_name_without_a_limit_is_not_cut_even_if_it_is_one_piece():
    assert disk("MOUNT", 50).shrunk_to_limits(amounts(cpus=1), {}) == disk("MOUNT", 50)
    assert disk("MOUNT", 50).shrunk(amounts(cpus=1)) == NOTHING


@pytest.mark.parametrize(
    ("resources", "chargeable"),
    [
        pytest.param(plain(cpus=1), True, id="plain"),
        pytest.param(disk("MOUNT", 50), True, id="unreserved disk"),
        pytest.param(reserved("a", cpus=1), False, id="reserved"),
        pytest.param(LENT, False, id="revocable"),
        pytest.param(PORTS, False, id="ranges"),
        pytest.param(ZONES, False, id="sets"),
    ],
)
def test_what_counts_against_a_quota(resources, chargeable):
    assert resources.chargeable() == (resources if chargeable else NOTHING)
    assert resources.exempt() == (NOTHING if chargeable else resources)


def test_stage_one_takes_the_reservations_of_exactly_the_role_along():
    bundle = reserved("a", cpus=1) + reserved("a/x", cpus=2) + PORTS
    assert bundle.exempt("a/x") == reserved("a/x", cpus=2) + PORTS


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        pytest.param(Kind("cpus"), Kind("cpus", revocable=True), False, id="revocable"),
        pytest.param(Kind("disk"), Kind("disk", provider_id="p"), False, id="of a provider"),
        pytest.param(
            Kind("cpus", (Reservation("a", "STATIC"),)), Kind("cpus", (Reservation("a"),)), False,
            id="static or dynamic",
        ),
        pytest.param(
            Kind("cpus", (Reservation("a"), Reservation("a/b"))), Kind("cpus", (Reservation("a/b"),)), False,
            id="a refined reservation",
        ),
        pytest.param(reserved_kind("cpus", "a", "x"), reserved_kind("cpus", "a", "x"), True, id="the same label"),
    ],
)  # fmt: skip
def test_what_may_be_added_up(left, right, same):
    bundle = scalar(left, 1000) + scalar(right, 1000)
    assert (len(bundle.plain) + len(bundle.special) == 1) is same
    assert bundle.quantities() == {left.name: 2000}


def test_ranges_and_sets_are_added_subtracted_and_contained():
    some = Resources(discrete={Kind("ports"): Ranges([(31000, 31999)]), Kind("zones"): frozenset({"a"})})
    rest = PORTS + ZONES - some
    assert rest == Resources(discrete={Kind("ports"): Ranges([(32000, 32000)]), Kind("zones"): frozenset({"b"})})
    assert (PORTS + ZONES).contains(some)
    assert not some.contains(PORTS)
    assert rest + some == PORTS + ZONES
    assert PORTS - PORTS == NOTHING
    assert not PORTS.quantities()


def test_copies_of_a_shared_volume_count_once():
    two = SHARED + SHARED
    assert two.quantities() == {"disk": 5000}
    assert two - SHARED == SHARED
    assert two.contains(SHARED)
    assert not SHARED.contains(two)


def test_volumes_of_different_size_or_name_are_different_things():
    assert not Resources(special={VOLUME: 1}).contains(Resources(special={VOLUME._replace(size=4000): 1}))
