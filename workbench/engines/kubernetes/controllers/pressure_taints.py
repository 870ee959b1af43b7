"""Nodes that say they are short of memory or disk get a taint for it, until they say that they are well again.

Source: kubernetes, pkg/controller/nodelifecycle/node_lifecycle_controller.go, doNoScheduleTaintingPass (version 1.34).
Left out: pods that promise something do not tolerate it of themselves; the admission plugin that would give them the
toleration (PodTolerationRestriction) is off by default.
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.eviction_thresholds import CONDITIONS, Condition
from workbench.engines.kubernetes.objects import NodeObject


class PressureTaints:
    """The part of the node lifecycle controller that follows the conditions MemoryPressure and DiskPressure."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._client = api.controller_client()
        api.watch("Node", self._on_node)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        for one in self._api.nodes:
            for condition in CONDITIONS.values():
                self._follow(one, condition)

    def _on_node(self, old: NodeObject | None, new: NodeObject) -> None:
        for condition in CONDITIONS.values():
            if old is not None and getattr(old, condition.field) != getattr(new, condition.field):
                self._follow(new, condition)

    def _follow(self, one: NodeObject, condition: Condition) -> None:
        short: bool = getattr(one, condition.field)
        if self._api.manager.leading and short != _tainted(one, condition):
            self._client.send(self._set, one.index, condition, short)

    def _set(self, index: int, condition: Condition, on: bool) -> str:
        node = self._api.nodes[index].node
        kept = tuple(taint for taint in node.spec.taints if taint.key != condition.taint.key)
        taints = (*kept, condition.taint) if on else kept
        return self._api.patch_node(index, {"node": replace(node, spec=replace(node.spec, taints=taints))})


def _tainted(one: NodeObject, condition: Condition) -> bool:
    return any(taint.key == condition.taint.key for taint in one.node.spec.taints)
