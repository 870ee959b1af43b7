"""The figure of disks by zone: every disk in its zone, hollow where its instance waits."""

from __future__ import annotations

import pytest

from tests import make
from tests.unit.views.test_figures import _compared
from workbench.model.workload import Volume
from workbench.views.figures import FIGURES, zones
from workbench.views.i18n import Texts

S = 1_000_000
KIND = FIGURES["zones"]


def disks(zonal=True):
    """Three disks: Kubernetes makes one in the zone with the machine that suits, Mesos all on that machine."""
    app = make.app("db", "stateful", replicas=3, volume=Volume(1, zonal=zonal), node_selector={"fast": "yes"})
    machines = (make.node("n", zone="north", labels={"fast": "yes"}), make.node("s", zone="south"))
    runs = {side: make.Written(side) for side in ("kubernetes", "mesos")}
    for number, zone in enumerate(("north", "south", "south")):
        runs["kubernetes"].trace["events"].append(S, "ProvisioningSucceeded", f"pvc-{number}", "provisioned", zone)
        runs["kubernetes"].trace["volumes"].append(S, f"pvc-{number}", "db", "", "created", 1)
        runs["mesos"].trace["volumes"].append(S, f"db-{number}", "db", "n", "created", 1)
        runs["mesos"].trace["volumes"].append(2 * S, f"db-{number}", "db", "n", "attached", 1)
    runs["kubernetes"].trace["volumes"].append(2 * S, "pvc-0", "db", "n", "attached", 1)
    return _compared(make.scenario(app, machines=machines), runs)


def test_a_disk_stands_in_the_zone_where_it_was_made():
    made = disks()
    found = zones.disks(made.traces["kubernetes"], made.scenario)
    assert [(one.zone, one.used) for one in found] == [("north", True), ("south", False), ("south", False)]
    assert {(one.zone, one.used) for one in zones.disks(made.traces["mesos"], made.scenario)} == {("north", True)}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Disks in a zone without a machine that suits: Kubernetes 2 of 3, Mesos 0 of 3."),
        ("zh", "所在可用区没有合适机器的磁盘：Kubernetes 3 块中的 2 块、Mesos 3 块中的 0 块。"),
    ],
)
def test_the_title_counts_those_that_nobody_can_use(language, said):
    t = Texts(language)
    assert KIND.finding(disks(), t) == said
    figure = KIND.draw(disks(), t)
    squares = {(trace.legendgroup, trace.xaxis): len([x for x in trace.x if x is not None]) for trace in figure.data}
    assert squares == {("used", "x"): 1, ("waits", "x"): 2, ("used", "x2"): 3, ("waits", "x2"): 0}
    assert said in KIND.alt(disks(), t)


def test_it_is_not_shown_where_disks_mind_no_zones():
    assert KIND.has_content(disks())
    assert not KIND.has_content(disks(zonal=False))
