"""Who sends a request on: proxies on machines, which know what they last heard, and others that always hear.

Every machine has a proxy (kube-proxy, a load balancer beside the agent). One whose machine is cut off from the control
plane goes on by the rules that it has: it sends to instances that everybody else has given up on, and to some that are
dead. Requests that come in another way are sent on by proxies that stay in touch.

Clients that find instances by name know what they were told when they last asked. They are groups of equal size that
ask at different times; who tells them says so (`tell`).

Source: kubernetes, pkg/proxy (rules stay as they are while the API server is not reached); mesosphere/marathon-lb
(the configuration stays as it is without events).
Left out: health checks of a load balancer in front of the machines; connections that last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from workbench.model.parameters import param, parameters


@parameters("world.traffic")
@dataclass(frozen=True)
class TrafficParameters:
    """Where requests come in."""

    through_machines: float = param(
        0.0, low=0, high=1,
        help="share of requests that come in through the machines' own proxies, equally over machines that are up",
        source="assumption: none; with Kubernetes all of a Service's, but for proxies that watch the API server",
        shown_in="zone-goes-silent",
    )  # fmt: skip


@dataclass(slots=True)
class Views:
    """What proxies know of one service: most of them the present endpoints, cut-off ones those of an earlier time.

    Parameters
    ----------
    through : float
        Share of requests that come in through machines.
    machines : callable
        Returns how many machines are up.
    """

    through: float = 0.0
    machines: Callable[[], int] = lambda: 0
    _frozen: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _groups: list[tuple[int, ...]] = field(default_factory=list)

    def divide(self, groups: int) -> None:
        """From now on there are so many groups of clients, each with what it was told; 0: all know the endpoints."""
        self._groups = [()] * groups

    def tell(self, group: int, endpoints: Iterable[int]) -> None:
        """A group of clients is told whom to send to."""
        self._groups[group] = tuple(endpoints)

    def freeze(self, machine: int, endpoints: Iterable[int]) -> None:
        """The proxy on a machine hears of no change from now on."""
        self._frozen[machine] = tuple(endpoints)

    def thaw(self, machine: int) -> None:
        """It hears again, or is no more."""
        self._frozen.pop(machine, None)

    def spread(self, requests: float, endpoints: dict[int, None]) -> tuple[dict[int, float], float]:
        """Return how many of so many requests are sent to which instance, and how many to nobody."""
        arriving: dict[int, float] = {}
        nowhere = 0.0
        for share, known in self._shares(endpoints):
            if not known:
                nowhere += requests * share
                continue
            each = requests * share / len(known)
            for task in known:
                arriving[task] = arriving.get(task, 0.0) + each
        return arriving, nowhere

    def _shares(self, endpoints: dict[int, None]) -> Iterator[tuple[float, tuple[int, ...]]]:
        """Yield the share of requests, and what is known where they come in."""
        each = self.through / max(self.machines(), len(self._frozen)) if self._frozen else 0.0
        rest = 1.0 - each * len(self._frozen)
        if self._groups:
            for group in self._groups:
                yield rest / len(self._groups), group
        else:
            yield rest, tuple(endpoints)
        for known in self._frozen.values():
            yield each, known
