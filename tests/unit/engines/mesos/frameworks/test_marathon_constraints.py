"""Constraints, row by row from Marathon's own ConstraintsTest where a row says so."""

from __future__ import annotations

import pytest

from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place, meets, unmet


def hosts(*names: str) -> list[Place]:
    return [Place(name) for name in names]


def racks(*values: str) -> list[Place]:
    return [Place("foohost", {"rackid": value}) for value in values]


RACK_1, RACK_2, RACK_3 = racks("rack-1", "rack-2", "rack-3")
HOST = "@hostname"


@pytest.mark.parametrize(
    ("constraint", "offered", "placed", "instances", "expected"),
    [
        # AttributesLikeByConstraints
        pytest.param(("jdk", "LIKE", "7"), Place("h", {"jdk": "6"}), [], 1, False, id="LIKE: another value"),
        pytest.param(("jdk", "LIKE", "7"), Place("h", {"jdk": "7"}), [], 1, True, id="LIKE: the value"),
        pytest.param(("jdk", "LIKE", "7"), Place("h"), [], 1, False, id="LIKE: no such attribute"),
        # GROUP_BY works for the host attribute
        pytest.param((HOST, "GROUP_BY", "3"), Place("host-1"), [], 5, True, id="GROUP_BY host: the first"),
        pytest.param((HOST, "GROUP_BY", "3"), Place("host-2"), hosts("host-1"), 5, True, id="GROUP_BY host: a second"),
        pytest.param((HOST, "GROUP_BY", "3"), Place("host-3"), hosts("host-1", "host-2"), 5, True,
                     id="GROUP_BY host: a third"),
        pytest.param((HOST, "GROUP_BY", "3"), Place("host-1"), hosts("host-1"), 5, True,
                     id="GROUP_BY host: two of five on one of three is even"),
        # HostnameMaxPerConstraints
        pytest.param((HOST, "MAX_PER", "2"), Place("host1"), [], 1, True, id="MAX_PER: none there"),
        pytest.param((HOST, "MAX_PER", "2"), Place("host1"), hosts("host1"), 1, True, id="MAX_PER: one there"),
        pytest.param((HOST, "MAX_PER", "2"), Place("host2"), hosts("host1", "host1"), 1, True,
                     id="MAX_PER: two elsewhere"),
        pytest.param((HOST, "MAX_PER", "2"), Place("host1"), hosts("host1", "host1", "host2"), 1, False,
                     id="MAX_PER: two there"),
        pytest.param((HOST, "MAX_PER", "2"), Place("host3"), hosts("host1", "host1", "host2", "host1"), 1, True,
                     id="MAX_PER: too many elsewhere do not matter"),
        # RackGroupedByConstraints
        pytest.param(("rackid", "GROUP_BY", "2"), RACK_1, [], 5, True, id="GROUP_BY 2 of 5: the first"),
        pytest.param(("rackid", "GROUP_BY", "2"), RACK_1, racks("rack-1", "rack-1"), 5, True,
                     id="GROUP_BY 2 of 5: a third in one group"),
        pytest.param(("rackid", "GROUP_BY", "4"), RACK_1, racks("rack-1"), 5, True,
                     id="GROUP_BY 4 of 5: one group may have two"),
        pytest.param(("rackid", "GROUP_BY", "2"), RACK_1, racks("rack-1", "rack-1", "rack-1"), 5, False,
                     id="GROUP_BY 2 of 5: no fourth in one group"),
        pytest.param(("rackid", "GROUP_BY", "4"), RACK_1, racks("rack-1", "rack-1"), 5, False,
                     id="GROUP_BY 4 of 5: no third in one group"),
        pytest.param(("rackid", "GROUP_BY", "2"), RACK_2, racks("rack-1"), 5, True,
                     id="GROUP_BY 2 of 5: a second group"),
        pytest.param(("rackid", "GROUP_BY", "4"), RACK_2, racks("rack-1", "rack-1", "rack-2"), 5, False,
                     id="GROUP_BY 4 of 5: the one bigger group is there already"),
        pytest.param(("rackid", "GROUP_BY", "2"), RACK_2, racks("rack-1", "rack-1", "rack-1", "rack-2"), 5, True,
                     id="GROUP_BY 2 of 5: the smaller group is filled"),
        pytest.param(("rackid", "GROUP_BY", "2"), RACK_3, racks("rack-1", "rack-2"), 5, False,
                     id="GROUP_BY 2: no third group"),
        pytest.param(("rackid", "GROUP_BY", "2"), Place("foohost"), [], 5, False, id="GROUP_BY: no such attribute"),
        # UniqueHostConstraint
        pytest.param((HOST, "CLUSTER", ""), Place("foohost"), [], 1, True, id="CLUSTER without value: the first"),
        pytest.param((HOST, "CLUSTER", "right.com"), Place("wrong.com"), [], 1, False, id="CLUSTER: another host"),
        pytest.param((HOST, "UNIQUE", ""), Place("host2"), [], 1, True, id="UNIQUE: the first"),
        pytest.param((HOST, "UNIQUE", ""), Place("host4"), hosts("host1", "host2", "host3"), 1, True,
                     id="UNIQUE: a new host"),
        pytest.param((HOST, "UNIQUE", ""), Place("host2"), hosts("host1", "host2", "host3"), 1, False,
                     id="UNIQUE: a host that has one"),
        # the operators' definitions
        pytest.param(("hostname", "CLUSTER", ""), Place("b"), hosts("a"), 2, False, id="CLUSTER follows the first"),
        pytest.param(("os", "UNLIKE", "win.*"), Place("h", {"os": "windows"}), [], 1, False, id="UNLIKE: matches"),
        pytest.param(("os", "UNLIKE", "win"), Place("h", {"os": "windows"}), [], 1, True,
                     id="a regular expression must match as a whole"),
        pytest.param(("os", "UNLIKE", "win"), Place("h"), [], 1, True, id="UNLIKE: no such attribute"),
        pytest.param(("disk", "IS", "ssd"), Place("h", {"disk": "ssd"}), [], 1, True, id="IS: the text"),
        pytest.param(("speed", "IS", "2.50"), Place("h", {"speed": "2.5"}), [], 1, True, id="IS: a number, formatted"),
        pytest.param(("@zone", "GROUP_BY", "2"), Place("h", zone="z2"), [Place("g", zone="z1")], 2, True,
                     id="the zone is a field of its own"),
        pytest.param(("@region", "UNIQUE", ""), Place("h"), [], 1, False, id="an agent without a region"),
        pytest.param(("rackid", "GROUP_BY", ""), RACK_1, racks("rack-1", "rack-2", "rack-2"), 5, True,
                     id="GROUP_BY without number: the smallest group"),
        pytest.param(("rackid", "GROUP_BY", ""), RACK_2, racks("rack-1", "rack-2", "rack-2"), 5, False,
                     id="GROUP_BY without number: not the bigger group"),
    ],
)  # fmt: skip
def test_constraint(constraint, offered, placed, instances, expected):
    assert meets(Constraint(*constraint), offered, placed, instances) is expected


def test_the_first_constraint_that_does_not_hold_is_named():
    both = (Constraint(HOST, "UNIQUE"), Constraint("disk", "LIKE", "ssd"))
    assert unmet(both, Place("a", {"disk": "hdd"}), hosts("a"), 2) == "UNIQUE"
    assert unmet(both, Place("b", {"disk": "hdd"}), hosts("a"), 2) == "LIKE"
    assert unmet(both, Place("b", {"disk": "ssd"}), hosts("a"), 2) == ""
