"""Whom clients are sent to: what they follow of what Marathon and other frameworks know, and how fast.

A task is added once its framework knows it to be healthy, and removed once that learns that it has ended or cannot be
reached; clients follow later. Apps behind one name are one backend (a deployment group): each healthy task of
theirs gets as many requests as any other.

| by | a change reaches clients |
|---|---|
| marathon-lb | after an event of Marathon, or its next question (`lb_poll_s`), and a reload (`update_s`) |
| mesos-dns | with the next look at the master's state (`dns_refresh_s`), then as each client's cache runs out |
| vip | when the agents have told each other (DC/OS: minuteman, told by lashup; `vip_spread_s`) |

Clients of Mesos-DNS ask again as soon as what they were told has run out (`dns_ttl_s`, or the longer time for which
their runtime keeps answers, `dns_client_cache_s`), each at a time of its own: they are as many groups as
`CLIENT_GROUPS`, whose times are spread evenly. Who was told of nobody asks again at once. In the table of endpoints a
change stands when half of the groups follow it.

Source: mesosphere/marathon-lb README (sse and poll modes; HAPROXY_DEPLOYMENT_GROUP);
mesosphere/mesos-dns docs/configuration-parameters.md (refreshSeconds 60, ttl 60); dcos/lashup and
dcos/minuteman (virtual addresses).
Left out: connections that outlive a change; that Mesos-DNS lists tasks that run, healthy or not; names of tasks
without a framework that checks them; resolvers between clients and Mesos-DNS that keep answers too.
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
    by: str = param(
        "marathon-lb", choices=("marathon-lb", "mesos-dns", "vip"),
        help="what clients follow on Mesos: a proxy told by events, names looked up every minute, or virtual addresses",
        source="marathon-lb README; mesos-dns docs/configuration-parameters.md; DC/OS load balancing (named VIPs)",
        shown_in="first-look",
    )  # fmt: skip
    lb_poll_s: float = param(
        0.0, unit="s", low=0, high=300,
        help="how often marathon-lb asks Marathon for its apps; 0: it hears Marathon's events instead",
        source="marathon-lb README: sse mode; 60 s in poll mode", shown_in="first-look",
    )  # fmt: skip
    dns_refresh_s: float = param(
        60.0, unit="s", low=1, high=600, help="how often Mesos-DNS makes its names anew from the master's state",
        source="mesos-dns docs/configuration-parameters.md, refreshSeconds", shown_in="who-still-calls",
    )  # fmt: skip
    dns_ttl_s: float = param(
        60.0, unit="s", low=0, high=600, help="how long clients may keep an answer of Mesos-DNS (time to live)",
        source="mesos-dns docs/configuration-parameters.md, ttl", shown_in="who-still-calls",
    )  # fmt: skip
    dns_client_cache_s: float = param(
        0.0, unit="s", low=0, high=3600,
        help="how long clients keep an answer at least, whatever its time to live says, as some runtimes do",
        source="assumption: not at all; a JVM keeps answers for 30 s (networkaddress.cache.ttl)",
        shown_in="who-still-calls",
    )  # fmt: skip
    vip_spread_s: float = param(
        3.0, unit="s", low=0, high=60, help="from a change until all agents' virtual addresses follow it",
        source="assumption: a few rounds of gossip (dcos/lashup)", shown_in="kill-the-scheduler",
    )  # fmt: skip


CLIENT_GROUPS = 12
"""Groups of clients of Mesos-DNS: with 60 s to live a twelfth of them asks anew every 5 s."""


@dataclass(frozen=True)
class Pace:
    """How fast a change gets to clients; times in microseconds.

    Parameters
    ----------
    by : str
        ``marathon-lb``, ``mesos-dns`` or ``vip``.
    every_us : int
        How often is looked for changes; 0: they are told at once.
    phase_us : int
        When in such an interval.
    then_us : int
        What it takes from then on until those who send requests on act on it.
    kept_us : int
        How long clients keep what they were told.
    """

    by: str
    every_us: int
    phase_us: int
    then_us: int
    kept_us: int = 0

    def known_us(self, now_us: int) -> int:
        """Return when a change of now is known to whoever is asked next."""
        wait_us = (self.phase_us - now_us) % self.every_us if self.every_us else 0
        return now_us + wait_us + self.then_us

    def asks_us(self, group: int, from_us: int) -> int:
        """Return when a group of clients, which keeps answers, asks anew, from some time on."""
        own_us = self.phase_us + (2 * group + 1) * self.kept_us // (2 * CLIENT_GROUPS)
        return from_us + (own_us - from_us) % self.kept_us


def pace_of(params: DiscoveryParameters, phase: float) -> Pace:
    """Return the pace that parameters give; `phase`, from 0 to 1, says when in an interval somebody looks."""
    by = params.by
    if by == "vip":
        return Pace(by, 0, 0, to_us(params.vip_spread_s))
    if by == "mesos-dns":
        every_us = to_us(params.dns_refresh_s)
        kept_us = to_us(max(params.dns_ttl_s, params.dns_client_cache_s))
        return Pace(by, every_us, int(phase * every_us), 0, kept_us)
    every_us = to_us(params.lb_poll_s)
    return Pace(by, every_us, int(phase * every_us), to_us(params.update_s))


class Proxy:
    """What stands between clients and all apps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pace = pace_of(world.settings.of(DiscoveryParameters), world.streams.stream("mesos/discovery").random())
        self._groups = CLIENT_GROUPS if self._pace.kept_us else 0
        world.traffic.divide(self._groups)
        self._known: dict[str, dict[int, None]] = {}  # what whoever asks now is told
        self._told: dict[str, list[tuple[int, ...]]] = {}  # what each group of clients was told last
        self._listed: dict[str, dict[int, None]] = {}
        self._why: dict[int, str] = {}

    def healthy(self, task: int) -> None:
        """A task passes its checks."""
        self._world.agenda.at(self._pace.known_us(self._world.now_us), Order.DELIVERY, self._change, task, "healthy")

    def ended(self, task: int, reason: str) -> None:
        """A task serves no more, as far as Marathon knows."""
        known_us = self._pace.known_us(self._world.now_us)
        self._world.agenda.at(known_us, Order.DELIVERY, self._change, task, reason, False)

    def _change(self, task: int, reason: str, added: bool = True) -> None:
        """Whoever asks from now on is told of a task, or no more."""
        app = self._world.app_of(task).front
        known = self._known.setdefault(app, {})
        if not added and task not in known:
            return
        self._why[task] = reason
        if added:
            known[task] = None
        else:
            del known[task]
        if not self._groups:
            self._list(app, task, added)
            return
        now_us, agenda = self._world.now_us, self._world.agenda
        for group, told in enumerate(self._told.setdefault(app, [()] * self._groups)):
            at_us = self._pace.asks_us(group, now_us) if told else now_us
            agenda.at(at_us, Order.CONTROLLER, self._ask, app, group)

    def _ask(self, app: str, group: int) -> None:
        """A group of clients is told what is known now; note what half of the clients have learnt with it."""
        told, answer = self._told[app], tuple(self._known[app])
        changed = dict.fromkeys(told[group]).keys() ^ dict.fromkeys(answer).keys()
        told[group] = answer
        self._world.traffic.told(app, group, answer)
        for task in sorted(changed):
            follow = 2 * sum(task in one for one in told) >= self._groups
            if follow != (task in self._listed.get(app, {})):
                self._list(app, task, follow)

    def _list(self, app: str, task: int, added: bool) -> None:
        """Write that clients are sent to a task from now on, or no more."""
        listed = self._listed.setdefault(app, {})
        if added:
            listed[task] = None
        else:
            del listed[task]
        self._world.endpoint(task, "added" if added else "removed", self._why[task])

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks that clients of `app` are sent to."""
        return tuple(self._listed.get(app, ()))
