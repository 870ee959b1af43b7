"""Whom clients are sent to: a proxy that follows what Marathon knows, in the manner of marathon-lb.

A task is added once Marathon knows it to be healthy, and removed once Marathon learns that it has ended or cannot be
reached, each time after the proxy has rewritten its configuration. Apps that stand behind one name are one backend of
the proxy (a deployment group): each healthy task of theirs gets as many requests as any other.

Source: mesosphere/marathon-lb README (configuration regenerated from Marathon's events; HAPROXY_DEPLOYMENT_GROUP).
Left out so far: Mesos-DNS, virtual addresses, connections that outlive a change.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("mesos.discovery")
@dataclass(frozen=True)
class DiscoveryParameters:
    """How fast clients follow."""

    update_s: float = param(
        1.0, unit="s", low=0, high=120, help="from a change that Marathon knows of to clients being sent elsewhere",
        source="assumption: an event, a new proxy configuration and its reload", shown_in="first-look",
    )  # fmt: skip


class Proxy:
    """The proxy in front of all apps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._delay_us = to_us(world.settings.of(DiscoveryParameters).update_s)
        self._listed: dict[str, dict[int, None]] = {}

    def healthy(self, task: int) -> None:
        """A task passes its checks."""
        self._world.agenda.after(self._delay_us, Order.DELIVERY, self._add, task)

    def ended(self, task: int, reason: str) -> None:
        """A task serves no more, as far as Marathon knows."""
        self._world.agenda.after(self._delay_us, Order.DELIVERY, self._remove, task, reason)

    def _add(self, task: int) -> None:
        self._listed.setdefault(self._world.app_of(task).front, {})[task] = None
        self._world.endpoint(task, "added", "healthy")

    def _remove(self, task: int, reason: str) -> None:
        listed = self._listed.get(self._world.app_of(task).front, {})
        if task in listed:
            del listed[task]
            self._world.endpoint(task, "removed", reason)

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks that clients of `app` are sent to."""
        return tuple(self._listed.get(app, ()))
