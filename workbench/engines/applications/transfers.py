"""Copies on their way from one member to another, over links and disks that have a limit.

Every member sends at most so many bytes a second, and receives at most so many; its disk reads and writes at most so
many in all. What goes on at the same time shares alike. Left out: latency, other traffic on the same links and disks,
different links for different machines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.engines.agenda import Agenda, Order
from workbench.model.clock import SECOND_US

Key = tuple[int, int]
"""(part, member that receives)."""


@dataclass(slots=True)
class _Transfer:
    source: int
    target: int
    remaining: int
    """In bytes x microseconds per second, so that no remainder is ever rounded away."""
    then: Callable[[], None]
    rate: int = 0
    """Bytes per second."""


class Transfers:
    """All copies of one app that are on their way.

    Parameters
    ----------
    rate : int
        Bytes per second that one member can send, and receive, > 0.
    disk : int or None
        Bytes per second that one member's disk can read and write, in all, > 0; None means any number.
    """

    def __init__(self, agenda: Agenda, rate: int, disk: int | None = None) -> None:
        self._agenda = agenda
        self._rate = rate
        self._disk = disk
        self._going: dict[Key, _Transfer] = {}
        self._since_us = 0
        self._epoch = 0

    def __contains__(self, key: Key) -> bool:
        return key in self._going

    def start(self, key: Key, source: int, size: int, then: Callable[[], None]) -> None:
        """Send `size` bytes from member `source` to the member of `key`; call `then` when they have arrived."""
        self._advance()
        self._going[key] = _Transfer(source, key[1], size * SECOND_US, then)
        self._share()

    def stop(self, member: int) -> None:
        """Give up what `member` sends or receives."""
        self._drop([key for key, one in self._going.items() if member in (one.source, one.target)])

    def give_up(self, part: int) -> None:
        """Give up all copies of one part."""
        self._drop([key for key in self._going if key[0] == part])

    def drop(self, part: int, member: int) -> None:
        """Give up the copy of one part that is on its way to `member`."""
        self._drop([key for key in self._going if key == (part, member)])

    def _drop(self, keys: list[Key]) -> None:
        if keys:
            self._advance()
            for key in keys:
                del self._going[key]
            self._share()

    def _advance(self) -> None:
        passed = self._agenda.now_us - self._since_us
        for one in self._going.values():
            one.remaining = max(0, one.remaining - one.rate * passed)
        self._since_us = self._agenda.now_us

    def _share(self) -> None:
        """Share out the links anew, and plan the next arrival."""
        sent: dict[int, int] = {}
        received: dict[int, int] = {}
        for one in self._going.values():
            sent[one.source] = sent.get(one.source, 0) + 1
            received[one.target] = received.get(one.target, 0) + 1
        for one in self._going.values():
            link = self._rate // max(sent[one.source], received[one.target])
            if self._disk is not None:
                busiest = max(sent.get(end, 0) + received.get(end, 0) for end in (one.source, one.target))
                link = min(link, self._disk // busiest)
            one.rate = max(1, link)
        self._epoch += 1
        if self._going:
            delay = min(-(-one.remaining // one.rate) for one in self._going.values())
            self._agenda.after(delay, Order.PHYSICS, self._arrive, self._epoch)

    def _arrive(self, epoch: int) -> None:
        if epoch != self._epoch:
            return
        self._advance()
        arrived = [key for key, one in self._going.items() if one.remaining == 0]
        done = [self._going.pop(key).then for key in arrived]
        self._share()
        for then in done:
            then()
