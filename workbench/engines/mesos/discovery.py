"""Whom clients are sent to: what they follow of what Marathon and other frameworks know, and how fast.

A task is added once its framework knows it to be healthy, and removed once that learns that it has ended or cannot be
reached; clients follow later. Apps behind one name are one backend (a deployment group): each healthy task of
theirs gets as many requests as any other.

| by | a change reaches clients |
|---|---|
| marathon-lb | after an event of Marathon, a new configuration and its reload (`update_s`) |
| mesos-dns | with the next look at the master's state, every minute, and once their own caches have run out |
| vip | when the agents have told each other (DC/OS: minuteman, told by lashup) |

Source: mesosphere/marathon-lb README (configuration regenerated from Marathon's events; HAPROXY_DEPLOYMENT_GROUP);
mesosphere/mesos-dns docs/configuration-parameters.md (refreshSeconds 60, ttl 60); dcos/lashup and
dcos/minuteman (virtual addresses).
Left out: connections that outlive a change; clients with other caches than they are told; that Mesos-DNS lists tasks
that run, healthy or not; names of tasks without a framework that checks them.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters


@parameters("mesos.discovery")
@dataclass(frozen=True)
class DiscoveryParameters:
    """How fast clients follow."""

    update_s: float = param(
        1.0, unit="s", low=0, high=120, help="from a change that Marathon knows of to clients being sent elsewhere",
        source="assumption: an event, a new proxy configuration and its reload", shown_in="first-look",
    )  # fmt: skip
    by: str = param(
        "marathon-lb", choices=("marathon-lb", "mesos-dns", "vip"),
        help="what clients follow on Mesos: a proxy told by events, names looked up every minute, or virtual addresses",
        source="marathon-lb README; mesos-dns docs/configuration-parameters.md; DC/OS load balancing (named VIPs)",
        shown_in="first-look",
    )  # fmt: skip


REFRESH_US = 60 * SECOND_US
"""How often Mesos-DNS makes its zone anew (refreshSeconds)."""

CACHED_US = 30 * SECOND_US
"""How much longer clients keep to an old answer on average: half of its time to live of 60 s (ttl)."""

SPREAD_US = 3 * SECOND_US
"""From an agent's knowing of a change to all others' knowing of it: an assumption, a few rounds of gossip."""


def known_us(by: str, now_us: int, update_us: int, phase_us: int) -> int:
    """Return when clients follow a change of now.

    Parameters
    ----------
    by : str
        What they follow: ``marathon-lb``, ``mesos-dns`` or ``vip``.
    update_us : int
        How long marathon-lb takes.
    phase_us : int
        When in a minute Mesos-DNS looks.
    """
    if by == "mesos-dns":
        return now_us + (phase_us - now_us) % REFRESH_US + CACHED_US
    return now_us + (SPREAD_US if by == "vip" else update_us)


class Proxy:
    """What stands between clients and all apps."""

    def __init__(self, world: World) -> None:
        self._world = world
        params = world.settings.of(DiscoveryParameters)
        self._by = params.by
        self._update_us = to_us(params.update_s)
        self._phase_us = world.streams.stream("mesos/discovery").randrange(REFRESH_US)
        self._listed: dict[str, dict[int, None]] = {}

    def _known_us(self) -> int:
        return known_us(self._by, self._world.now_us, self._update_us, self._phase_us)

    def healthy(self, task: int) -> None:
        """A task passes its checks."""
        self._world.agenda.at(self._known_us(), Order.DELIVERY, self._add, task)

    def ended(self, task: int, reason: str) -> None:
        """A task serves no more, as far as Marathon knows."""
        self._world.agenda.at(self._known_us(), Order.DELIVERY, self._remove, task, reason)

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
