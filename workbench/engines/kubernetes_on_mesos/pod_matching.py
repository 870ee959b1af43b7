"""Which offer will do for a pod: the first that fits, and nothing about the pods that are there already.

An offer fits when it is of the node that a daemon's pod is for, when the pod's node selector does (the node's labels,
and the agent's attributes under a prefix), when it holds what the pod asks for, and when the host ports that the pod
names lie in the range that agents offer and are not taken. Nothing is scored; affinity between pods, spreading, taints
and priorities are not looked at.

Source: kubernetes contrib/mesos/docs/scheduler.md (attributes), docs/issues.md (ports, no packing),
pkg/scheduler/podtask (predicates: node selector, resources, ports), podschedulers/fcfs.go (the first offer that fits).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

ATTRIBUTE = "k8s.mesosphere.io/attribute-"
"""An agent's attribute is a node's label with this before its name."""

PORTS = range(31_000, 32_001)
"""The ports that an agent offers unless it is told otherwise (mesos src/slave/constants.hpp)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pod needs.

    Parameters
    ----------
    requests : tuple
        Amounts by name.
    selector : tuple
        Labels that the node must have.
    ports : tuple of int
        Host ports it names.
    node : str
        The only node where its local disk is; empty when any will do.
    named : str
        The only node that its owner has named, as the one of a daemon; empty when any will do.
    """

    requests: tuple[tuple[str, int], ...]
    selector: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()
    node: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """What an offer comes from: the node, its labels, the ports taken there, and whether it takes new pods."""

    node: str
    labels: Mapping[str, str]
    ports: Collection[int] = ()
    unschedulable: bool = False


def node_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a node on Mesos: its own, and the agent's attributes once more under their prefix."""
    return {**labels, **{f"{ATTRIBUTE}{name}": value for name, value in labels.items()}}


def why_not(pod: Wanted, offered: Mapping[str, int], here: Here) -> str:
    """Return why an offer will not do for a pod; empty when it will."""
    if here.unschedulable:
        return "node/unschedulable"
    if pod.named not in ("", here.node) or any(here.labels.get(name) != value for name, value in pod.selector):
        return "node/label"
    if pod.node not in ("", here.node):
        return "node/volume-elsewhere"
    if any(port not in PORTS for port in pod.ports):
        return "offer/port-not-offered"
    if any(port in here.ports for port in pod.ports):
        return "machine/port-taken"
    if any(amount > offered.get(name, 0) for name, amount in pod.requests):
        return "offer/too-small"
    return ""
