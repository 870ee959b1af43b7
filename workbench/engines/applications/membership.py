"""Who belongs to a cluster with data: known by names that stay, taken in one by one, and let go one by one.

A control plane starts and stops processes; it does not tell the cluster. Whoever comes under a name that the cluster
does not know introduces itself first (the init step of its pod or task), and is taken in if fewer belong than are
wanted. Whoever is asked to stop while more belong than are wanted leaves for good; in any other case it is expected
back. One that is away while as many as are wanted have everything, and stay so for a while, is struck off.

What each of them has to hold is in `placement.py`; when a copy counts, and when a change may take effect, in
`quorum.py`.

Source: etcd documentation, Runtime reconfiguration (one member at a time); Apache ZooKeeper, Dynamic Reconfiguration;
Apache Cassandra, Adding, replacing, moving and removing nodes. Left out: the program or person that gives the orders;
here one is always there, and takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbench.engines.agenda import Agenda, Order


class Membership:
    """The members of one app.

    Parameters
    ----------
    count : int
        How many there are at the start: places 0, 1, ...
    join_us, patience_us : int
        How long an introduction takes, and how long an absent one that is too many is waited for.
    running : callable
        Says whether the member of a place runs and is seen by the others.
    whole : callable
        Says whether it runs and has everything that it is to hold.
    changed : callable
        Told (event, place) when one was taken in or let go.
    """

    def __init__(
        self,
        agenda: Agenda,
        count: int,
        *,
        join_us: int,
        patience_us: int,
        running: Callable[[int], bool],
        whole: Callable[[int], bool],
        changed: Callable[[str, int], None],
    ) -> None:
        self.belong = list(range(count))
        self.wanted = count
        self._agenda = agenda
        self._join_us = join_us
        self._patience_us = patience_us
        self._running, self._whole, self._changed = running, whole, changed
        self._joining: dict[int, int] = {}
        self._introductions = 0
        self._looking = 0

    def __contains__(self, slot: int) -> bool:
        return slot in self.belong

    def resized(self, wanted: int, running: Iterable[int]) -> None:
        """Take note of how many are wanted; `running` are the places of all processes there are."""
        self.wanted = wanted
        for slot in running:
            self.came(slot)
        self.look()

    def came(self, slot: int) -> None:
        """Take note that a process runs in a place: one that does not belong is introduced, if there is room."""
        if slot in self.belong or slot in self._joining or len(self.belong) + len(self._joining) >= self.wanted:
            return
        self._introductions += 1
        self._joining[slot] = self._introductions
        self._agenda.after(self._join_us, Order.PHYSICS, self._introduced, slot, self._introductions)

    def joining(self, slot: int) -> bool:
        """Say whether a process is introducing itself."""
        return slot in self._joining

    def went(self, slot: int) -> None:
        """Take note that the process in a place no longer runs."""
        self._joining.pop(slot, None)
        self.look()

    def asked_to_stop(self, slot: int) -> bool:
        """Let a member go that is asked to stop, if there are too many; say whether it was let go."""
        if slot not in self.belong or len(self.belong) <= self.wanted:
            return False
        self._let_go(slot)
        return True

    def look(self) -> None:
        """Look at those that are away and too many, now and, if it is still so then, once patience is over."""
        self._looking += 1
        if self._too_many():
            self._agenda.after(self._patience_us, Order.PHYSICS, self._strike_off, self._looking)

    def _introduced(self, slot: int, number: int) -> None:
        if self._joining.get(slot) == number:
            del self._joining[slot]
            self.belong.append(slot)
            self._changed("member-joins", slot)

    def _too_many(self) -> list[int]:
        """Return those that are away and not needed, if as many as are wanted have everything."""
        away = [slot for slot in self.belong if not self._running(slot)]
        enough = sum(self._whole(slot) for slot in self.belong) >= self.wanted
        return sorted(away)[self.wanted - len(self.belong) :] if enough and len(self.belong) > self.wanted else []

    def _strike_off(self, looking: int) -> None:
        if looking == self._looking:
            for slot in self._too_many():
                self._let_go(slot)

    def _let_go(self, slot: int) -> None:
        self.belong.remove(slot)
        self._changed("member-leaves", slot)
