"""The order of clients, against upstream's own sorter tests (src/tests/sorter_tests.cpp) and its documentation."""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import amounts, plain
from workbench.engines.mesos.kinds import reserved_kind, volume_kind
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.sorters.drf import DRFSorter


def sorter(*clients: str, cpus: float = 100, mem: float = 100) -> DRFSorter:
    made = DRFSorter()
    made.totals.add(plain(cpus=cpus, mem=mem))
    for client in clients:
        made.add(client)
        made.activate(client)
    return made


def test_upstream_s_walk_through_drf():
    """DRFSorterTest.DRF: shares a .05, b .06, then c .01 comes, and so on."""
    made = sorter("a")
    made.allocated("a", "agent", plain(cpus=5, mem=5))
    made.add("b")
    made.activate("b")
    made.allocated("b", "agent", plain(cpus=6, mem=6))
    assert made.sort() == ["a", "b"]
    for client, cpus in (("c", 1), ("d", 3)):
        made.add(client)
        made.activate(client)
        made.allocated(client, "agent", plain(cpus=cpus, mem=1))
    assert made.sort() == ["c", "d", "a", "b"]
    made.remove("a")
    made.allocated("b", "agent", plain(cpus=0.001, mem=3))
    assert made.sort() == ["c", "d", "b"]
    made.allocated("c", "agent", plain(cpus=6, mem=0.001))
    assert made.sort() == ["d", "c", "b"]
    made.deactivate("d")
    assert made.sort() == ["c", "b"]
    made.activate("d")
    assert made.sort() == ["d", "c", "b"]


@pytest.mark.parametrize(
    ("holdings", "expected"),
    [
        pytest.param({"a": 2, "b": 1}, ["b", "a"], id="the smaller share is first"),
        pytest.param({"fw9": 0, "fw10": 0}, ["fw10", "fw9"], id="equal shares go by path, as text"),
        pytest.param({"b": 0, "a": 0, "c": 0}, ["a", "b", "c"], id="whatever the order in which they came"),
    ],
)
def test_order(holdings, expected):
    made = sorter(*holdings)
    for client, cpus in holdings.items():
        if cpus:
            made.allocated(client, "agent", plain(cpus=cpus))
    assert made.sort() == expected


def test_equal_shares_go_to_whom_fewer_offers_were_made_and_giving_back_does_not_undo_that():
    made = sorter("a", "b")
    for _ in range(2):
        made.allocated("a", "agent", plain(cpus=1))
        made.unallocated("a", "agent", plain(cpus=1))
    made.allocated("b", "agent", plain(cpus=1))
    made.unallocated("b", "agent", plain(cpus=1))
    assert made.sort() == ["b", "a"]
    made.deactivate("b")
    made.activate("b")
    assert made.sort() == ["b", "a"]


def test_the_dominant_resource_counts():
    made = sorter("cpu-bound", "mem-bound")
    made.allocated("cpu-bound", "agent", plain(cpus=30, mem=1))
    made.allocated("mem-bound", "agent", plain(cpus=1, mem=40))
    assert made.sort() == ["cpu-bound", "mem-bound"]
    assert made.share_of("mem-bound") == 0.4


def test_an_excluded_resource_does_not_count():
    made = DRFSorter(fairness_exclude=("gpus",))
    made.totals.add(plain(cpus=100, gpus=2))
    for client, holds in (("a", plain(cpus=1, gpus=2)), ("b", plain(cpus=2))):
        made.add(client)
        made.activate(client)
        made.allocated(client, "agent", holds)
    assert made.sort() == ["a", "b"]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        pytest.param({}, ["b", "a"], id="no weights"),
        pytest.param({"a": 2.0}, ["a", "b"], id="twice the weight halves the share"),
        pytest.param({"a": 2.0, "b": 3.0}, ["b", "a"], id="both weighted"),
    ],
)
def test_weights_divide_the_share(weights, expected):
    made = sorter("a", "b")
    for path, weight in weights.items():
        made.update_weight(path, weight)
    made.allocated("a", "agent", plain(cpus=6))
    made.allocated("b", "agent", plain(cpus=5))
    assert made.sort() == expected


def test_a_subtree_competes_with_all_it_holds():
    """DRFSorterTest.ShallowHierarchy in short: a/x and a/y together weigh against b."""
    made = sorter("a/x", "a/y", "b")
    made.allocated("a/x", "agent", plain(cpus=3))
    made.allocated("a/y", "agent", plain(cpus=4))
    made.allocated("b", "agent", plain(cpus=5))
    assert made.sort() == ["b", "a/x", "a/y"]


def test_a_role_with_children_is_represented_below_itself_with_weight_one():
    """DRFSorterTest.AddChildToLeaf: on equal terms the virtual leaf a/. comes before a/b."""
    made = sorter("a", "c")
    made.update_weight("a", 2.0)
    made.add("a/b")
    made.activate("a/b")
    assert made.sort() == ["a", "a/b", "c"]
    made.allocated("a", "agent", plain(cpus=8))
    made.allocated("c", "agent", plain(cpus=5))
    assert made.sort() == ["a/b", "a", "c"]
    made.remove("a/b")
    assert made.sort() == ["a", "c"]
    assert made.count() == 2


def test_what_an_inactive_client_holds_counts_for_those_above_it():
    made = sorter("a/x", "a/y", "b")
    made.allocated("a/x", "agent", plain(cpus=5))
    made.allocated("b", "agent", plain(cpus=4))
    made.deactivate("a/x")
    assert made.sort() == ["b", "a/y"]


def test_removing_a_client_takes_what_it_held_off_those_above_it():
    made = sorter("a/x", "a/y", "b")
    made.allocated("a/x", "agent", plain(cpus=5))
    made.allocated("b", "agent", plain(cpus=4))
    made.remove("a/x")
    assert made.allocation_quantities("a") == {}
    assert made.sort() == ["a/y", "b"]


def test_the_weight_of_a_purely_inner_role_is_remembered_from_its_first_use():
    """Recorded from the real sorter: a later change of such a weight is ignored until the node is made anew."""
    made = sorter("a/x", "b")
    made.allocated("a/x", "agent", plain(cpus=4))
    made.allocated("b", "agent", plain(cpus=3))
    assert made.sort() == ["b", "a/x"]
    made.update_weight("a", 10.0)
    assert made.sort() == ["b", "a/x"]
    early = sorter()
    early.update_weight("a", 10.0)
    for client, cpus in (("a/x", 4), ("b", 3)):
        early.add(client)
        early.activate(client)
        early.allocated(client, "agent", plain(cpus=cpus))
    assert early.sort() == ["a/x", "b"]


def test_shares_follow_the_size_of_the_cluster():
    """DRFSorterTest.UpdateTotal: which resource dominates changes with the total."""
    made = sorter("a", "b", cpus=10, mem=100)
    made.allocated("a", "agent", plain(cpus=2, mem=1))
    made.allocated("b", "agent", plain(cpus=1, mem=2))
    assert made.sort() == ["b", "a"]
    made.totals.remove(plain(cpus=10, mem=100))
    made.totals.add(plain(cpus=100, mem=10))
    assert made.sort() == ["a", "b"]


def test_a_reservation_made_of_an_offer_changes_no_share():
    made = sorter("a")
    made.allocated("a", "agent", plain(cpus=4))
    made.update("a", "agent", plain(cpus=4), plain(cpus=4))
    assert made.share_of("a") == 0.04
    assert made.allocation_quantities("a") == amounts(cpus=4)
    made.unallocated("a", "agent", plain(cpus=4))
    assert not made.holds_anything("a")


@pytest.mark.parametrize(
    ("quirk", "first"),
    [
        pytest.param(True, "b", id="as upstream: the new weight of a role without frameworks has no effect"),
        pytest.param(False, "a/x", id="without the quirk it has"),
    ],
)
def test_the_weight_cache_quirk(quirk, first):
    made = DRFSorter(weight_cache_quirk=quirk)
    made.totals.add(plain(cpus=100))
    for client, cpus in (("a/x", 20), ("b", 10)):
        made.add(client)
        made.activate(client)
        made.allocated(client, "agent", plain(cpus=cpus))
    assert made.sort() == ["b", "a/x"]
    made.update_weight("a", 4)
    assert made.sort()[0] == first


def test_copies_of_a_shared_volume_count_once_per_client_and_agent():
    volume = Resources(special={volume_kind(reserved_kind("disk", "a"), "v", 1000)._replace(shared=True): 1})
    made = sorter("a", "b")
    made.totals.add(plain(disk=10))
    for client in ("a", "a", "b"):
        made.allocated(client, "agent", volume)
    assert made.share_of("a") == made.share_of("b") == 0.1
    made.unallocated("a", "agent", volume)
    assert made.share_of("a") == 0.1
    made.unallocated("a", "agent", volume)
    assert made.share_of("a") == 0.0
    made.allocated("b", "other", volume)
    assert made.share_of("b") == 0.2
