"""Which plugin is asked about what: held against the table that the real scheduler built."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.unit.engines.kubernetes.builders import container, pod, tolerates
from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.queueing import QueueingHints, Strategy, node_actions, pod_actions
from workbench.model.native.kubernetes.meta import Condition, ObjectMeta
from workbench.model.native.kubernetes.nodes import Node, NodeSpec, NodeStatus, Taint
from workbench.model.native.kubernetes.pods import PodSchedulingGate
from workbench.model.native.kubernetes.quantity import Quantity

REGISTERED = json.loads(gzip.decompress((Path(__file__).parent / "kube-queue-events.json.gz").read_bytes()))["events"]
NOT_MODELLED = {"DefaultPreemption"}
CLAIMS = ("resource.k8s.io/", "UpdatePodGeneratedResourceClaim")
"""Resource claims are left out."""

HINTS = QueueingHints({DEFAULT_PROFILE.name: DEFAULT_PROFILE})


def registered(plugin: str) -> set[tuple[str, str]]:
    """Return what the real scheduler asks a plugin about; all kinds of update of an object count as one."""
    found = set()
    for one in REGISTERED[plugin]:
        known = one["resource"] in ("Pod", "Node")
        for action in one["actions"]:
            name = action if known or not action.startswith("Update") else "Update"
            if not one["resource"].startswith(CLAIMS[0]) and name != CLAIMS[1]:
                found.add((one["resource"], name))
    return found


def asked_about(plugin: str) -> set[tuple[str, str]]:
    """Return what the model asks it about, out of all that the real scheduler asks anybody about."""
    everything = {one for name in REGISTERED for one in registered(name)}
    asked = set()
    for resource, action in everything:
        event = ClusterEvent("AssignedPod" if resource == "Pod" else resource, action)
        if plugin in HINTS._who(DEFAULT_PROFILE.name, event):
            asked.add((resource, action))
    return asked


@pytest.mark.parametrize("plugin", sorted(REGISTERED.keys() - NOT_MODELLED))
def test_a_plugin_is_asked_about_what_it_registered(plugin):
    assert asked_about(plugin) == registered(plugin)


def test_who_asks_for_new_nodes_but_not_for_taints_always_says_yes_to_taints():
    changed = ClusterEvent("Node", "UpdateNodeTaint")
    assert HINTS.worth(changed, pod(container("1")), ("NodeName",), ()) == Strategy.AFTER_BACKOFF


def test_a_plugin_that_only_had_it_wait_sends_it_on_at_once():
    changed = ClusterEvent("Node", "UpdateNodeTaint")
    assert HINTS.worth(changed, pod(container("1")), ("NodeAffinity",), ("NodeName",)) == Strategy.IMMEDIATELY


def test_a_plugin_that_is_not_asked_says_nothing():
    assert HINTS.worth(ClusterEvent("Node", "Delete"), pod(container("1")), ("NodeName",), ()) == Strategy.SKIP


def test_nobody_listens_to_annotations():
    assert not HINTS.of_interest(ClusterEvent("Node", "UpdateNodeAnnotation"))


# -- events told from changes ------------------------------------------------------------------------------------

READY, NOT_READY = Condition(type="Ready", status="True"), Condition(type="Ready", status="False")


def node_object(**fields) -> Node:
    spec = NodeSpec(unschedulable=fields.get("cordoned", False), taints=fields.get("taints", ()))
    amounts = {"cpu": Quantity.of(fields["cpu"])} if "cpu" in fields else {}
    status = NodeStatus(allocatable=amounts, conditions=fields.get("conditions", ()))
    metadata = ObjectMeta(name="a", labels=fields.get("labels", {}), annotations=fields.get("notes", {}))
    return Node(metadata=metadata, spec=spec, status=status)


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        pytest.param({"cordoned": True}, {}, ["UpdateNodeTaint"], id="uncordoned: called a change of taints"),
        pytest.param({}, {"cordoned": True}, [], id="cordoned: nothing"),
        pytest.param({}, {"labels": {"a": "b"}}, ["UpdateNodeLabel"], id="labels"),
        pytest.param({}, {"notes": {"a": "b"}}, ["UpdateNodeAnnotation"], id="annotations"),
        pytest.param({"conditions": (READY,)}, {"conditions": (NOT_READY,)}, ["UpdateNodeCondition"], id="conditions"),
        pytest.param(
            {"cordoned": True},
            {"labels": {"a": "b"}, "taints": (Taint(key="k", effect="NoSchedule"),), "conditions": (READY,)},
            ["UpdateNodeTaint", "UpdateNodeLabel", "UpdateNodeTaint", "UpdateNodeCondition"],
            id="each aspect is an event of its own, in upstream's order",
        ),
    ],
)
def test_what_changed_of_a_node(before, after, actions):
    assert node_actions(node_object(**before), node_object(**after)) == actions


GATE = (PodSchedulingGate(name="quota"),)
TWO_GATES = (*GATE, PodSchedulingGate(name="licence"))


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        pytest.param(pod(container("2")), pod(container("1")), ["UpdatePodScaleDown"], id="asks for less"),
        pytest.param(pod(container("1")), pod(container()), ["UpdatePodScaleDown"], id="asks no longer"),
        pytest.param(pod(container("1")), pod(container("2")), ["Update"], id="asks for more: nothing in particular"),
        pytest.param(pod(), pod(tolerations=[tolerates("k")]), ["UpdatePodToleration"], id="one more toleration"),
        pytest.param(
            pod(tolerations=[tolerates("k")]), pod(tolerations=[tolerates("l")]), ["Update"],
            id="another toleration: only their number is looked at",
        ),
        pytest.param(
            pod(scheduling_gates=GATE), pod(), ["UpdatePodSchedulingGatesEliminated"], id="the last gate is gone"
        ),
        pytest.param(pod(scheduling_gates=TWO_GATES), pod(scheduling_gates=GATE), ["Update"], id="a gate is left"),
        pytest.param(pod(), pod(labels={"a": "b"}), ["UpdatePodLabel"], id="labels"),
    ],
)  # fmt: skip
def test_what_changed_of_a_pod(before, after, actions):
    assert pod_actions(before, after) == actions
