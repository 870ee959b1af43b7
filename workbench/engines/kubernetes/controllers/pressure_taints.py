"""Nodes that say they are short of memory get a taint for it, until they say that they are well again.

Source: kubernetes, pkg/controller/nodelifecycle/node_lifecycle_controller.go, doNoScheduleTaintingPass (version 1.34).
Left out: pods that promise something do not tolerate it of themselves; the admission plugin that would give them the
toleration (PodTolerationRestriction) is off by default.
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.eviction_manager import MEMORY_PRESSURE
from workbench.engines.kubernetes.objects import NodeObject


class PressureTaints:
    """The part of the node lifecycle controller that follows the condition MemoryPressure."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._client = api.controller_client()
        api.watch("Node", self._on_node)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        for one in self._api.nodes:
            self._follow(one)

    def _on_node(self, old: NodeObject | None, new: NodeObject) -> None:
        if old is not None and old.memory_pressure != new.memory_pressure:
            self._follow(new)

    def _follow(self, one: NodeObject) -> None:
        if self._api.manager.leading and one.memory_pressure != _tainted(one):
            self._client.send(self._set, one.index, one.memory_pressure)

    def _set(self, index: int, on: bool) -> str:
        node = self._api.nodes[index].node
        kept = tuple(taint for taint in node.spec.taints if taint.key != MEMORY_PRESSURE.key)
        taints = (*kept, MEMORY_PRESSURE) if on else kept
        return self._api.patch_node(index, {"node": replace(node, spec=replace(node.spec, taints=taints))})


def _tainted(one: NodeObject) -> bool:
    return any(taint.key == MEMORY_PRESSURE.key for taint in one.node.spec.taints)
