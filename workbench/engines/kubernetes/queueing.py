"""What may help a rejected pod: events told from changes, and put to the plugins that rejected it.

A plugin names the events after which it wants to be asked (`Plugin.events`); an event that no plugin names does
nothing. A plugin that asks for new nodes but not for changes of taints counts as asking for the latter as well, and
always says yes to them: upstream kept that from the time when new nodes with taints were not shown to plugins.

Source: kubernetes, pkg/scheduler/framework/events.go, pkg/scheduler/scheduler.go (buildQueueingHintMap) and
backend/queue/scheduling_queue.go (isPodWorthRequeuing) (version 1.34).
Left out: resource claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from workbench.engines.kubernetes.framework import ClusterEvent, Plugin
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile
from workbench.model.native.kubernetes.meta import Condition
from workbench.model.native.kubernetes.nodes import Node

POD_RESOURCES = ("AssignedPod", "UnschedulablePod")
WILDCARD = "Wildcard"


class Strategy(IntEnum):
    """What an event does to a rejected pod."""

    SKIP = 0
    AFTER_BACKOFF = 1
    IMMEDIATELY = 2


Asked = dict[str, Plugin | None]
"""Plugins that are asked after one event; None for those that always say yes."""


class QueueingHints:
    """Who is asked about what.

    Parameters
    ----------
    profiles : mapping
        Scheduler name -> its profile.
    """

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        self._plugins = {name: profile.plugins for name, profile in profiles.items()}
        self._asked: dict[tuple[str, str, str], Asked] = {}

    def of_interest(self, event: ClusterEvent) -> bool:
        """Say whether any plugin asked for such events."""
        return event.resource == WILDCARD or any(self._who(name, event) for name in self._plugins)

    def _who(self, scheduler: str, event: ClusterEvent) -> Asked:
        key = (scheduler, event.resource, event.action)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = dict(_asking(self._plugins[scheduler], event))
        return asked

    def answers(self, event: ClusterEvent, info: PodInfo, plugins: Iterable[str]) -> Iterator[tuple[str, bool]]:
        """Yield what those of the plugins say that asked for such events."""
        asked = self._who(info.spec.scheduler_name, event)
        for name in plugins:
            if name in asked:
                plugin = asked[name]
                yield name, plugin is None or plugin.queueing_hint(event, info)

    def worth(
        self, event: ClusterEvent, info: PodInfo, refused_by: tuple[str, ...], pending: tuple[str, ...]
    ) -> Strategy:
        """Return what an event does to pods that these plugins rejected, or have wait."""
        if event.resource == WILDCARD:
            return Strategy.AFTER_BACKOFF
        if any(helps for _, helps in self.answers(event, info, pending)):
            return Strategy.IMMEDIATELY
        if any(helps for _, helps in self.answers(event, info, refused_by)):
            return Strategy.AFTER_BACKOFF
        return Strategy.SKIP


def _asking(plugins: Iterable[Plugin], event: ClusterEvent) -> Iterator[tuple[str, Plugin | None]]:
    resource = "Pod" if event.resource in POD_RESOURCES else event.resource
    for plugin in plugins:
        actions = plugin.events.get(resource, ())
        if event.action in actions:
            yield plugin.name, plugin
        elif (resource, event.action) == ("Node", "UpdateNodeTaint") and "Add" in actions:
            yield plugin.name, None


# -- what a change means -----------------------------------------------------------------------------------------


def node_actions(before: Node, after: Node) -> list[str]:
    """Return what changed of a node, as events name it, in upstream's order; each is an event of its own.

    To be uncordoned is called a change of taints; to be cordoned is nothing.
    """
    actions = []
    if before.spec.unschedulable and not after.spec.unschedulable:
        actions.append("UpdateNodeTaint")
    if before.status.allocatable != after.status.allocatable:
        actions.append("UpdateNodeAllocatable")
    if before.metadata.labels != after.metadata.labels:
        actions.append("UpdateNodeLabel")
    if before.spec.taints != after.spec.taints:
        actions.append("UpdateNodeTaint")
    if _stands(before.status.conditions) != _stands(after.status.conditions):
        actions.append("UpdateNodeCondition")
    if before.metadata.annotations != after.metadata.annotations:
        actions.append("UpdateNodeAnnotation")
    return actions


def _stands(conditions: Iterable[Condition]) -> dict[str, str]:
    return {one.type: one.status for one in conditions}


def pod_actions(before: PodInfo, after: PodInfo) -> list[str]:
    """Return what changed of a pod, as events name it, in upstream's order; ``Update`` when it is none of these."""
    actions = []
    if before.labels != after.labels:
        actions.append("UpdatePodLabel")
    if any(amount > after.requests.get(name, -1) for name, amount in before.requests.items()):
        actions.append("UpdatePodScaleDown")
    if before.spec.scheduling_gates and not after.spec.scheduling_gates:
        actions.append("UpdatePodSchedulingGatesEliminated")
    if len(before.spec.tolerations) != len(after.spec.tolerations):  # they can be added, not changed
        actions.append("UpdatePodToleration")
    return actions or ["Update"]
