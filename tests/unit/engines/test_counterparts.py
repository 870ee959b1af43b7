"""Receipts of apps that have a framework of their own on Mesos: what others can carry of it, and what they cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.counterparts import COUNTERPARTS
from workbench.experiments.check import load, receipts, with_values
from workbench.model.workload import Toleration


def test_every_control_plane_has_its_table():
    assert set(COUNTERPARTS) == set(CONTROL_PLANES)


def test_a_cluster_under_its_own_framework_gets_a_receipt():
    found = {one.file: one for one in receipts(load("wait-or-copy"))}
    assert set(found) == {"log (kafka)", "db (dcos-commons)"}
    lines = {line.path: line.treatments for line in found["log (kafka)"].lines}
    assert lines["stickiness-period"]["mesos"].status == "honoured"
    assert lines["stickiness-period"]["kubernetes"].status == "ignored"
    assert lines["stickiness-period"]["static-partitions"].status == "ignored"
    lines = {line.path: line.treatments for line in found["db (dcos-commons)"].lines}
    assert lines["replacement-failure-policy"]["kubernetes"].status == "ignored"
    assert lines["plans.deploy"]["kubernetes"].status == "approximated"


@pytest.mark.parametrize(
    ("field", "more"),
    [
        pytest.param("priority", {"priority": 5}, id="a priority"),
        pytest.param("tolerations", {"tolerations": (Toleration("gpu"),)}, id="tolerations"),
    ],
)
def test_what_the_framework_has_no_use_for_is_said(field, more):
    made = load("wait-or-copy")
    told = replace(made, apps=tuple(replace(app, **more) for app in made.apps))
    lines = {line.path: line.treatments for one in receipts(told) for line in one.lines}
    assert lines[field]["mesos"].status == "ignored"
    assert lines[field]["kubernetes"].status == "honoured"
    assert field not in {line.path for one in receipts(made) for line in one.lines}


def test_under_marathon_there_is_nothing_to_say():
    names = ("mesos.workloads.brokers_by", "mesos.workloads.members_by")
    assert not receipts(with_values(load("wait-or-copy"), dict.fromkeys(names, "marathon")))
