"""Classes of storage: which is the default, whose disks mind zones, where a disk is made that nobody placed."""

from __future__ import annotations

import pytest

from tests.make import app, scenario
from workbench.engines.kubernetes.storage_classes import (
    DISKS,
    HOSTNAME,
    ZONAL_DISKS,
    ZONE,
    StorageParameters,
    class_for,
    default_class,
    preferred,
    segments,
    storage_classes,
    topology_keys,
)
from workbench.model.native.kubernetes import CSINode, ObjectMeta, StorageClass
from workbench.model.native.kubernetes.storage import CSINodeDriver, CSINodeSpec
from workbench.model.workload import Volume

NODES = [{ZONE: zone, HOSTNAME: f"n{number}"} for number, zone in enumerate("cabca")]


def named(name, default=None):
    notes = {} if default is None else {"storageclass.kubernetes.io/is-default-class": default}
    return StorageClass(metadata=ObjectMeta(name=name, annotations=notes), provisioner="x")


@pytest.mark.parametrize(
    ("volume", "driver", "mode"),
    [
        (Volume(1), None, None),
        (Volume(1, zonal=True), ZONAL_DISKS, "Immediate"),
        (Volume(1, binding="WaitForFirstConsumer"), DISKS, "WaitForFirstConsumer"),
        (Volume(1, kind="mirrored", binding="Immediate"), "mirrored", "Immediate"),
    ],
    ids=["says nothing", "minds zones", "says when", "of a kind of one's own"],
)
def test_an_app_of_the_short_form_has_a_class_if_it_says_more_than_a_size(volume, driver, mode):
    made = class_for(app("db", "stateful", volume=volume), StorageParameters())
    assert (made and made.provisioner, made and made.volume_binding_mode) == (driver, mode)
    assert len(storage_classes(scenario(app("db", "stateful", volume=volume)))) == (driver is not None)


@pytest.mark.parametrize(
    ("classes", "usual"),
    [
        ([named("a"), named("b", "true")], "b"),
        ([named("a", "false")], ""),
        ([named("b", "true"), named("a", "true")], "a"),
    ],
)
def test_the_default_class_is_marked_as_such(classes, usual):
    assert default_class({one.name: one for one in classes}) == usual


@pytest.mark.parametrize(
    ("driver", "keys"),
    [("ebs.csi.aws.com", (ZONE,)), ("ceph.example", ()), ("rancher.io/local-path", (HOSTNAME,))],
)
def test_some_drivers_are_known_to_mind_zones(driver, keys):
    assert topology_keys(driver, []) == keys


def test_what_nodes_say_of_a_driver_goes_before_what_is_known():
    driver = CSINodeDriver(name="ebs.csi.aws.com", topology_keys=("topology.ebs.csi.aws.com/zone",))
    node = CSINode(metadata=ObjectMeta(name="n"), spec=CSINodeSpec(drivers=(driver,)))
    assert topology_keys("ebs.csi.aws.com", [node]) == ("topology.ebs.csi.aws.com/zone",)


def test_members_of_a_set_go_round_the_zones_from_where_its_name_begins():
    places = segments((ZONE,), NODES, named("a"))
    assert places == [((ZONE, "a"),), ((ZONE, "b"),), ((ZONE, "c"),)]
    gone = [dict(preferred(places, f"data-db-{number}"))[ZONE] for number in range(9)]
    assert gone[:3] == gone[3:6] == gone[6:]
    assert gone[0] != gone[1] != gone[2]
    assert preferred(places, "data-db-0") == preferred(places, "logs-db-0")  # both claims of one member in one zone


def test_names_of_their_own_are_spread_by_chance():
    places = segments((ZONE,), NODES, named("a"))
    counts = [sum(preferred(places, f"claim{number}x") == place for number in range(300)) for place in places]
    assert all(70 < count < 130 for count in counts)
