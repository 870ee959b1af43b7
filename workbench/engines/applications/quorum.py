"""Members that keep copies of one set of data: who is up to date, who leads, when a write can be acknowledged.

The bytes of a copy lie on the member's volume, or in the member's own task where it has none, and share its fate:
nothing here decides whether a copy survives. A member that comes back asks the leader for what it missed, or for
everything where that is more than a log would hold. Which copies exist, who may lead and how many copies a write needs
follows from the app's shape (`shapes.py`).

Positions are bytes of the log of all writes. A copy without a position is empty.

Left out: reads, the lag of up-to-date copies, members that are slow without being gone, changes of membership while
the app runs (scale-out adds copies only to shapes with one part).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.engines.agenda import Agenda, Order
from workbench.engines.applications.shapes import Layout, layouts
from workbench.engines.applications.transfers import Transfers
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.trace import Trace
from workbench.model.workload import App

EMPTY = -1
NOBODY = -1
CLOSE_S = 1
"""A copy that lacks no more than the writes of so many seconds gets them with the next write, and is up to date."""


@parameters("world.replication")
@dataclass(frozen=True)
class ReplicationParameters:
    """What is true of replicated data under every control plane."""

    rate_mb_s: float = param(
        50.0, unit="MB/s", low=1, high=10_000, help="how fast one member can send or receive data to copy",
        source="assumption: less than half of a 1 Gbit/s link, the rest is the service's own traffic",
        shown_in="ensemble",
    )  # fmt: skip
    election_s: float = param(
        0.2, unit="s", low=0, high=600, help="how long it takes to choose a new leader",
        source="ZooKeeper overview: less than 200 ms", shown_in="ensemble",
    )  # fmt: skip
    silence_s: float = param(
        10.0, unit="s", low=0, high=3600, help="how long members wait for one that has fallen silent",
        source="ZooKeeper sample configuration: syncLimit 5 x tickTime 2 s", shown_in="ensemble",
    )  # fmt: skip
    log_fraction: float = param(
        0.33, low=0, high=1, help="how much of the data's size the log of past writes may be behind before "
        "everything is copied",
        source="ZooKeeper: zookeeper.snapshotSizeFactor 0.33", shown_in="ensemble",
    )  # fmt: skip


@dataclass(slots=True)
class Part:
    """One part of the data, as far as all members together know it."""

    number: int
    layout: Layout
    size: int
    """Bytes of the data itself: what an empty copy has to get."""
    head: int = 0
    """Bytes acknowledged up to `since_us`."""
    since_us: int = 0
    leader: int = NOBODY
    in_sync: set[int] = field(default_factory=set)
    electing: bool = False
    ballot: int = 0
    """Number of the election that may be under way; that of a lower number is void."""


@dataclass(slots=True)
class Member:
    """One member. `copies` are the bytes it finds where its data lies: part -> position."""

    task: int = NOBODY
    node: str = ""
    copies: dict[int, int] = field(default_factory=dict)
    seen: bool = False
    state: str = ""


class ReplicatedApp:
    """One app whose members hold copies of its data.

    Writes come in at a constant rate, spread evenly over the parts, whenever they can be acknowledged.
    """

    def __init__(self, app: App, agenda: Agenda, trace: Trace, params: ReplicationParameters) -> None:
        if app.replication is None:
            raise ValueError(f"{app.name} keeps no copies")
        self.name = app.name
        self._agenda = agenda
        self._trace = trace
        self._election_us = to_us(params.election_s)
        self._silence_us = to_us(params.silence_s)
        self._log_fraction = params.log_fraction
        self._transfers = Transfers(agenda, max(1, round(params.rate_mb_s * 1_000_000)))
        self._members = [Member() for _ in range(app.replicas)]
        plan = layouts(app.replication, app.replicas)
        held = sum(0 in layout.members for layout in plan)
        self._parts = [Part(number, layout, app.replication.size // held) for number, layout in enumerate(plan)]
        self._writes = app.replication.writes / len(plan)
        self._open = 0

    # -- what the World tells ---------------------------------------------------------------------------------

    def joined(self, task: int, slot: int, node: str, copies: dict[int, int]) -> None:
        """Take note that the process of a member runs, sees the others, and finds `copies` where its data lies.

        `copies` is kept and written to: it belongs to the volume. A member brings its data along when it comes for
        the first time; after that it finds what its volume holds.
        """
        if slot >= len(self._members):
            return
        member = self._members[slot]
        if member.task != NOBODY:
            self.left(member.task, slot, silent=False)
        parts = self._parts_of(slot)
        if not member.seen:
            copies.update(dict.fromkeys((part.number for part in parts), 0))
        member.task, member.node, member.copies, member.seen = task, node, copies, True
        for part in parts:
            self._reconsider(part)
        self._tell(slot)
        self._tell_open()

    def left(self, task: int, slot: int, *, silent: bool) -> None:
        """Take note that a member's process no longer runs or is cut off; `silent`: nobody was there to say so."""
        if slot >= len(self._members) or self._members[slot].task != task:
            return
        member = self._members[slot]
        for part in self._parts_of(slot):
            self._fall_behind(part, slot)
        member.task = NOBODY
        self._transfers.stop(slot)
        for part in self._parts_of(slot):
            self._reconsider(part, wait_us=self._silence_us if silent else 0)
        self._tell(slot, "unreachable" if silent else "stopped")
        self._tell_open()

    def bytes_lost(self, slot: int) -> None:
        """Take note that the bytes of a member that has left are gone for good."""
        if slot < len(self._members) and self._members[slot].task == NOBODY and self._members[slot].seen:
            self._members[slot].copies = {}
            self._tell(slot, "lost")

    # -- leading and following --------------------------------------------------------------------------------

    def _running(self, part: Part) -> list[int]:
        return [slot for slot in part.layout.members if self._members[slot].task != NOBODY]

    def _position(self, part: Part, slot: int) -> int:
        return self._members[slot].copies.get(part.number, EMPTY)

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
        self._follow(part)
        for slot in self._running(part):
            self._tell(slot)
        self._tell_open()

    def _follow(self, part: Part) -> None:
        """Bring every running member up to date."""
        for slot in self._running(part):
            if slot not in part.in_sync and (part.number, slot) not in self._transfers:
                self._catch_up(part, slot, first=True)

    def _catch_up(self, part: Part, slot: int, *, first: bool) -> None:
        """Take a member in as up to date, or send it what it lacks: writes go on meanwhile, so this may repeat."""
        head = self._head(part)
        position = min(self._position(part, slot), head)
        behind = head - position
        if position != EMPTY and behind <= self._writes * CLOSE_S:
            self._settle(part)
            part.in_sync.add(slot)
            if not first:
                self._event("resync-ends", "up-to-date", f"member-{slot} part-{part.number}")
            return
        everything = position == EMPTY or behind > self._log_fraction * part.size
        size = part.size if everything else behind
        if first:
            why = "beyond-the-log" if everything else "missed-writes"
            self._event("resync-begins", why, f"member-{slot} part-{part.number}: {size}")
        self._transfers.start((part.number, slot), part.leader, size, lambda: self._arrived(part, slot, head))

    def _arrived(self, part: Part, slot: int, position: int) -> None:
        self._members[slot].copies[part.number] = position
        self._catch_up(part, slot, first=False)
        self._tell(slot)
        self._tell_open()

    # -- writes -----------------------------------------------------------------------------------------------

    def _writable(self, part: Part) -> bool:
        return part.leader != NOBODY and len(part.in_sync) >= part.layout.acks

    def _head(self, part: Part) -> int:
        """Return how many bytes of this part have been acknowledged by now."""
        if not self._writable(part):
            return part.head
        return part.head + int(self._writes * (self._agenda.now_us - part.since_us) / SECOND_US)

    def _settle(self, part: Part) -> None:
        """Write down the head as of now, before that changes on which it depends."""
        part.head, part.since_us = self._head(part), self._agenda.now_us

    def _fall_behind(self, part: Part, slot: int) -> None:
        """Write down how far a copy is that takes no more writes from now on."""
        if slot in part.in_sync:
            self._settle(part)
            part.in_sync.discard(slot)
            self._members[slot].copies[part.number] = part.head

    # -- what the trace gets ------------------------------------------------------------------------------------

    def _parts_of(self, slot: int) -> list[Part]:
        return [part for part in self._parts if slot in part.layout.members]

    def _tell(self, slot: int, state: str = "") -> None:
        """Write a member's state if it is another; without one it follows from its copies."""
        member = self._members[slot]
        if not state:
            parts = self._parts_of(slot)
            copying = any((part.number, slot) in self._transfers for part in parts)
            current = all(slot in part.in_sync for part in parts)
            state = "serving" if current else "catching-up" if copying else "waiting"
        if state != member.state:
            member.state = state
            self._trace["data_copies"].append(self._agenda.now_us, self.name, slot, member.node, state)

    def _tell_open(self) -> None:
        """Write how many parts take writes, if it is another number."""
        number = sum(self._writable(part) for part in self._parts)
        if number != self._open:
            self._open = number
            self._event("writable", "", f"{number}/{len(self._parts)}")

    def _event(self, kind: str, reason: str, detail: str) -> None:
        self._trace["events"].append(self._agenda.now_us, kind, self.name, reason, detail)
