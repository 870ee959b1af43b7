"""Rows about nodes that are lost, shut down or short of memory.

Put to `controllers.node_lifecycle`, `node_shutdown` and `oom_score` of the Kubernetes engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.engines.kubernetes.controllers.node_lifecycle import (
    EXCLUDE_LABEL,
    UNHEALTHY_ZONE_THRESHOLD,
    ZONE_LABELS,
    zone_states,
)
from workbench.engines.kubernetes.node_shutdown import Group, group_by_priority, migrate_config
from workbench.engines.kubernetes.objects import NodeObject
from workbench.engines.kubernetes.oom_score import container_oom_score_adjust
from workbench.fidelity.adapters.comparing import Unsupported, differences, known_only
from workbench.fidelity.adapters.pod_effective_resources import pod_spec
from workbench.fidelity.records import Case
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.meta import ObjectMeta
from workbench.model.native.kubernetes.nodes import Node

Given = Mapping[str, Any]


def zone_state(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    if given["unhealthyZoneThreshold"] != UNHEALTHY_ZONE_THRESHOLD:
        raise Unsupported("another threshold")
    nodes = given["initialNodes"]
    first = zone_states(_nodes(nodes, [one["ready"] for one in nodes]))[0]
    then = zone_states(_nodes(nodes, given["readyAfterOneHour"]))[0]
    return differences(expected, {"initialZoneStates": first, "followingZoneStates": then})


def _nodes(given: Sequence[Given], ready: Sequence[str | None]) -> list[NodeObject]:
    return [_node(number, one, state) for number, (one, state) in enumerate(zip(given, ready, strict=True))]


def _node(number: int, given: Given, ready: Any) -> NodeObject:
    labels = dict(zip(ZONE_LABELS, given["zone"].split("/"), strict=True))
    if given.get("excludeDisruption"):
        labels[EXCLUDE_LABEL] = "true"
    node = Node(metadata=ObjectMeta(name=given["name"], labels=labels))
    return NodeObject(index=number, node=node, version=1, ready=ready or "Unknown")


def shutdown(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    if case.group == "migrateConfig":
        groups = migrate_config(
            to_us(given["shutdownGracePeriodSeconds"]), to_us(given["shutdownGracePeriodCriticalPodsSeconds"])
        )
        return differences(expected, {"groups": [_group(one) for one in groups]})
    if case.group == "groupByPriority":
        groups = tuple(Group(one["priority"], to_us(one["graceSeconds"])) for one in given["groups"])
        pods = {one["name"]: one["priority"] for one in given["pods"]}
        order = [{**_group(group), "pods": sorted(names)} for group, names in group_by_priority(groups, pods)]
        return differences(expected, {"shutdownOrder": order})
    raise Unsupported(f"no function {case.group!r}")


def _group(group: Group) -> dict[str, Any]:
    return {"priority": group.priority, "graceSeconds": group.grace_us // to_us(1)}


def oom_score(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    known_only(given, frozenset({"containers", "memoryCapacityBytes", "priority"}))
    spec = pod_spec(given, priority=given.get("priority"))
    scores = [container_oom_score_adjust(spec, one, given["memoryCapacityBytes"]) for one in spec.containers]
    least, most = expected["oomScoreAdjMin"], expected["oomScoreAdjMax"]
    return "" if all(least <= score <= most for score in scores) else f"expected {least} to {most}, found {scores}"
