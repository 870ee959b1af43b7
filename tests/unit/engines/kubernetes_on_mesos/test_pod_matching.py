"""Which offer will do for a pod of Kubernetes on Mesos."""

from __future__ import annotations

import pytest

from workbench.engines.kubernetes_on_mesos.pod_matching import Here, Wanted, node_labels, why_not

OFFERED = {"cpu": 1000, "memory": 1 << 30}


def wanted(cpu=500, **more):
    return Wanted((("cpu", cpu),), **more)


def here(labels=None, **more):
    return Here("node-0", node_labels(labels or {}), **more)


@pytest.mark.parametrize(
    ("pod", "place", "reason"),
    [
        pytest.param(wanted(), here(), "", id="fits"),
        pytest.param(wanted(1000), here(), "", id="takes all of it"),
        pytest.param(wanted(1001), here(), "offer/too-small", id="too small"),
        pytest.param(wanted(selector=(("disk", "ssd"),)), here({"disk": "ssd"}), "", id="a label of the node"),
        pytest.param(
            wanted(selector=(("k8s.mesosphere.io/attribute-disk", "ssd"),)), here({"disk": "ssd"}), "",
            id="an attribute of the agent, under its prefix",
        ),
        pytest.param(wanted(selector=(("disk", "ssd"),)), here({"disk": "hdd"}), "node/label", id="another value"),
        pytest.param(wanted(selector=(("disk", "ssd"),)), here(), "node/label", id="no such label"),
        pytest.param(wanted(), here(unschedulable=True), "node/unschedulable", id="cordoned"),
        pytest.param(wanted(ports=(31_080,)), here(), "", id="a port that is offered"),
        pytest.param(wanted(ports=(31_080,)), here(ports={31_080}), "machine/port-taken", id="a port that is taken"),
        pytest.param(wanted(ports=(80,)), here(), "offer/port-not-offered", id="a port outside the range"),
        pytest.param(wanted(node="node-1"), here(), "node/volume-elsewhere", id="its disk is on another machine"),
        pytest.param(wanted(node="node-0"), here(), "", id="its disk is here"),
    ],
)  # fmt: skip
def test_why_not(pod, place, reason):
    assert why_not(pod, OFFERED, place) == reason
