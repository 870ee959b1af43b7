"""Copies of one set of data: who is up to date, who leads, when a write can be acknowledged.

A member that comes back asks the leader for what it missed, or for everything where that is more than a log would hold.
Which copies exist, who may lead and how many copies a write needs follows from the app's shape (`shapes.py`). Who holds
which copy may change while this goes on; that is in `quorum.py`.

Left out: reads, the lag of up-to-date copies, members that are slow without being gone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from workbench.engines.agenda import Agenda, Order
from workbench.engines.applications.membership import Membership
from workbench.engines.applications.parameters import ReplicationParameters
from workbench.engines.applications.parts import EMPTY, NOBODY, Member, Part
from workbench.engines.applications.shapes import layouts
from workbench.engines.applications.transfers import Transfers
from workbench.model.clock import to_us
from workbench.model.trace import Trace
from workbench.model.workload import App, Replication

CLOSE_S = 1
"""A copy that lacks no more than the writes of so many seconds gets them with the next write, and is up to date."""


class Replicas(ABC):
    """The copies of one app's data.

    Writes come in at a constant rate, spread evenly over the parts, whenever they can be acknowledged.
    """

    def __init__(
        self, app: App, data: Replication, agenda: Agenda, trace: Trace, params: ReplicationParameters
    ) -> None:
        self.name = app.name
        self._agenda = agenda
        self._trace = trace
        self._data = data
        self._election_us = to_us(params.election_s)
        self._silence_us = to_us(params.silence_s)
        self._log_fraction = params.log_fraction
        self._transfers = Transfers(agenda, _bytes(params.rate_mb_s), _bytes(params.disk_mb_s))
        self._members = {slot: Member() for slot in range(app.replicas)}
        self.membership = Membership(
            agenda, app.replicas, join_us=to_us(params.join_s), patience_us=self._silence_us,
            running=self._runs, whole=self._whole, changed=self._members_change,
        )  # fmt: skip
        plan = layouts(data, app.replicas)
        held, rate = sum(0 in one.members for one in plan), data.writes / len(plan)
        self._parts = [Part(number, one, data.size // held, rate) for number, one in enumerate(plan)]
        self._targets = [one.members for one in plan]
        self._open = 0

    @abstractmethod
    def _members_change(self, what: str, slot: int) -> None:
        """Do what follows when a member was taken in or let go."""

    @abstractmethod
    def _step(self, part: Part) -> None:
        """Take the next step towards who is to hold a part."""

    @abstractmethod
    def _take_in(self, part: Part) -> bool:
        """Make the learner of a part, which has everything, one of its holders; say whether that took effect."""

    def _runs(self, slot: int) -> bool:
        return self._members[slot].task != NOBODY

    def _whole(self, slot: int) -> bool:
        parts = self._parts_of(slot)
        return self._runs(slot) and all(slot in part.in_sync and part.writable for part in parts)

    # -- leading and following --------------------------------------------------------------------------------

    def _running(self, part: Part) -> list[int]:
        return [slot for slot in part.layout.members if self._members[slot].task != NOBODY]

    def _position(self, part: Part, slot: int) -> int:
        return self._members[slot].copies.get(part.number, EMPTY)

    def _reconsider_all(self, slot: int, *, wait_us: int = 0, told: str = "") -> None:
        """Look again at every part that a member holds that came or went."""
        for part in self._parts:
            if slot in self._targets[part.number] or slot in part.takers:
                self._reconsider(part, wait_us=wait_us)
        self._tell(slot, told)
        self._tell_open()

    def _reconsider(self, part: Part, *, wait_us: int = 0) -> None:
        """Look at one part again after a member came or went."""
        running = self._running(part)
        if part.leader != NOBODY and (part.leader not in running or len(running) < part.layout.voters):
            for slot in sorted(part.in_sync):
                self._fall_behind(part, slot)
            part.leader = NOBODY
            self._transfers.give_up(part.number)
        if part.leader != NOBODY:
            self._follow(part)
            self._step(part)
        elif self._electable(part) == NOBODY:
            part.ballot += 1
            part.electing = False
        elif not part.electing:
            part.electing = True
            self._agenda.after(wait_us + self._election_us, Order.PHYSICS, self._elect, part, part.ballot)

    def _electable(self, part: Part) -> int:
        """Return the running member with the newest copy, the first of equals, if it may lead."""
        running = self._running(part)
        if len(running) < part.layout.voters:
            return NOBODY
        newest = max(running, key=lambda slot: (self._position(part, slot), -slot))
        if part.layout.clean and self._position(part, newest) < part.head:
            return NOBODY
        return newest

    def _elect(self, part: Part, ballot: int) -> None:
        if ballot != part.ballot:
            return
        part.ballot += 1
        part.electing = False
        leader = self._electable(part)
        position = self._position(part, leader)
        if position == EMPTY:  # nobody who is there has anything: the app begins anew
            self._event("data-lost", "no-copy-left", str(part.head + part.size))
            part.size = 0
        elif position < part.head:
            self._event("data-lost", "newest-copy-behind", str(part.head - position))
        part.head, part.since_us, part.leader = max(0, position), self._agenda.now_us, leader
        self._members[leader].copies[part.number] = part.head
        part.in_sync = {leader}
        self._event("leader-elected", "newest-copy", f"member-{leader} part-{part.number}")
        self._step(part)
        self._follow(part)
        for slot in self._running(part):
            self._tell(slot)
        self._tell_open()

    def _follow(self, part: Part) -> None:
        """Bring every running member up to date, if somebody leads."""
        if part.leader == NOBODY:
            return
        for slot in part.takers:
            if self._runs(slot) and slot not in part.in_sync and (part.number, slot) not in self._transfers:
                self._catch_up(part, slot, first=True)

    def _catch_up(self, part: Part, slot: int, *, first: bool) -> None:
        """Take a member in as up to date, or send it what it lacks: writes go on meanwhile, so this may repeat."""
        head = part.head_at(self._agenda.now_us)
        position = min(self._position(part, slot), head)
        behind = head - position
        if position != EMPTY and behind <= part.rate * CLOSE_S:
            part.settle(self._agenda.now_us)
            if slot == part.learner and not self._take_in(part):
                return  # tried again when more copies are up to date
            part.in_sync.add(slot)
            if not first:
                self._event("resync-ends", "up-to-date", f"member-{slot} part-{part.number}")
            self._step(part)
            return
        everything = position == EMPTY or behind > self._log_fraction * part.size
        size = part.size if everything else behind
        if first:
            why = "new-copy" if slot == part.learner else "beyond-the-log" if everything else "missed-writes"
            self._event("resync-begins", why, f"member-{slot} part-{part.number}: {size}")
        self._transfers.start((part.number, slot), part.leader, size, lambda: self._arrived(part, slot, head))

    def _arrived(self, part: Part, slot: int, position: int) -> None:
        self._members[slot].copies[part.number] = position
        self._catch_up(part, slot, first=False)
        self._tell(slot)
        self._tell_open()

    # -- writes -----------------------------------------------------------------------------------------------

    def _fall_behind(self, part: Part, slot: int) -> None:
        """Write down how far a copy is that takes no more writes from now on."""
        if slot in part.in_sync:
            part.settle(self._agenda.now_us)
            part.in_sync.discard(slot)
            self._members[slot].copies[part.number] = part.head

    # -- what the trace gets ------------------------------------------------------------------------------------

    def _parts_of(self, slot: int) -> list[Part]:
        return [part for part in self._parts if slot in part.takers]

    def _tell(self, slot: int, state: str = "") -> None:
        """Write a member's state if it is another; without one it follows from its copies."""
        member = self._members[slot]
        now = self._state(slot, state)
        if now and now != member.state:
            member.state = now
            self._trace["data_copies"].append(self._agenda.now_us, self.name, slot, member.node, now)
            if now == "serving":
                self.membership.look()

    def _state(self, slot: int, told: str) -> str:
        """Return how a member stands, empty for one that takes no part and never did; `told` where it is gone."""
        parts = self._parts_of(slot)
        if slot not in self.membership and not parts:
            if self.membership.joining(slot):
                return "joining"
            return "left" if self._members[slot].state else ""
        if told or not self._runs(slot):
            return told
        if any((part.number, slot) in self._transfers for part in parts):
            return "catching-up"
        if not all(slot in part.in_sync for part in parts):
            return "waiting"
        empty = not any(slot in part.layout.members for part in self._parts)
        return "joining" if empty and any(slot in target for target in self._targets) else "serving"

    def _tell_open(self) -> None:
        """Write how many parts take writes, if it is another number."""
        number = sum(part.writable for part in self._parts)
        if number != self._open:
            self._open = number
            self._event("writable", "", f"{number}/{len(self._parts)}")

    def _event(self, kind: str, reason: str, detail: str) -> None:
        self._trace["events"].append(self._agenda.now_us, kind, self.name, reason, detail)


def _bytes(mb_s: float) -> int:
    return max(1, round(mb_s * 1_000_000))
