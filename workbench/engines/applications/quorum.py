"""Members that keep copies of one set of data: who is up to date, who leads, when a write can be acknowledged.

The bytes of a copy lie on the member's volume, or in the member's own task where it has none, and share its fate:
nothing here decides whether a copy survives. A member that comes back asks the leader for what it missed, or for
everything where that is more than a log would hold. Which copies exist, who may lead and how many copies a write needs
follows from the app's shape (`shapes.py`); who belongs to the cluster is in `membership.py`.

Members change while the app runs, one copy at a time: a new holder of a part first gets its data, as a learner whose
copy counts for nothing; then it is taken in; then one that has to go is let go. Either step takes effect only when the
old holders and the new ones alike have the copies that a write needs, so no two quorums ever miss each other.

Source: Ongaro, Consensus: Bridging Theory and Practice, 4.1 and 4.2 (one server at a time; learners); Apache Kafka,
KIP-455 (adding and removing replicas of a partition). Left out: reads, the lag of up-to-date copies, members that are
slow without being gone.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Agenda, Order
from workbench.engines.applications.membership import Membership
from workbench.engines.applications.parameters import ReplicationParameters
from workbench.engines.applications.parts import EMPTY, NOBODY, Member, Part
from workbench.engines.applications.placement import assigned
from workbench.engines.applications.shapes import Layout, copies_wanted, everywhere, layout, layouts
from workbench.engines.applications.transfers import Transfers
from workbench.model.clock import SECOND_US, to_us
from workbench.model.trace import Trace
from workbench.model.workload import App

CLOSE_S = 1
"""A copy that lacks no more than the writes of so many seconds gets them with the next write, and is up to date."""


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
        self._data = app.replication
        self._election_us = to_us(params.election_s)
        self._silence_us = to_us(params.silence_s)
        self._log_fraction = params.log_fraction
        self._transfers = Transfers(agenda, _bytes(params.rate_mb_s), _bytes(params.disk_mb_s))
        self._members = {slot: Member() for slot in range(app.replicas)}
        self._founders = frozenset(self._members)
        self.membership = Membership(
            agenda, app.replicas, join_us=to_us(params.join_s), patience_us=self._silence_us,
            running=self._runs, whole=self._whole, changed=self._members_change,
        )  # fmt: skip
        plan = layouts(self._data, app.replicas)
        held = sum(0 in one.members for one in plan)
        self._parts = [Part(number, one, self._data.size // held) for number, one in enumerate(plan)]
        self._targets = [one.members for one in plan]
        self._writes = self._data.writes / len(plan)
        self._handing_over: dict[int, Callable[[], None]] = {}
        self._open = 0

    # -- what the World tells ---------------------------------------------------------------------------------

    def joined(self, task: int, slot: int, node: str, copies: dict[int, int]) -> None:
        """Take note that the process of a member runs, sees the others, and finds `copies` where its data lies.

        `copies` is kept and written to: it belongs to the volume. A founder brings its data along when it comes for
        the first time; after that, and for everybody else, there is what the volume holds.
        """
        member = self._members.setdefault(slot, Member())
        if member.task != NOBODY:
            self.left(member.task, slot, silent=False)
        parts = self._parts_of(slot)
        if not member.seen and slot in self._founders:
            copies.update(dict.fromkeys((part.number for part in parts), 0))
        member.task, member.node, member.copies, member.seen = task, node, copies, True
        self.membership.came(slot)
        self._reconsider_all(slot)

    def left(self, task: int, slot: int, *, silent: bool) -> None:
        """Take note that a member's process no longer runs or is cut off; `silent`: nobody was there to say so."""
        member = self._members.get(slot)
        if member is None or member.task != task:
            return
        for part in self._parts_of(slot):
            self._fall_behind(part, slot)
        member.task = NOBODY
        self._handing_over.pop(slot, None)
        self._transfers.stop(slot)
        self._reconsider_all(
            slot, wait_us=self._silence_us if silent else 0, told="unreachable" if silent else "stopped"
        )
        self.membership.went(slot)

    def asked_to_stop(self, task: int, slot: int, then: Callable[[], None]) -> bool:
        """Take note that a member's process is asked to stop, and nobody is to take its place.

        Say whether it has something to hand over first, before it leaves for good; once it has, `then` is called,
        unless its process has ended.
        """
        member = self._members.get(slot)
        if member is None or member.task not in (NOBODY, task) or not self.membership.asked_to_stop(slot):
            return False
        if member.task == NOBODY or not self._parts_of(slot):
            return False
        self._handing_over[slot] = then
        return True

    def bytes_lost(self, slot: int) -> None:
        """Take note that the bytes of a member that has left are gone for good."""
        member = self._members.get(slot)
        if member is not None and member.task == NOBODY and member.seen:
            member.copies = {}
            self._tell(slot, "lost")

    def resized(self, members: int) -> None:
        """Take note that so many members are wanted from now on."""
        self.membership.resized(members, [slot for slot in sorted(self._members) if self._runs(slot)])

    def _runs(self, slot: int) -> bool:
        return self._members[slot].task != NOBODY

    def _whole(self, slot: int) -> bool:
        parts = self._parts_of(slot)
        return self._runs(slot) and all(slot in part.in_sync and self._writable(part) for part in parts)

    # -- members that come and go for good --------------------------------------------------------------------

    def _members_change(self, what: str, slot: int) -> None:
        """Plan anew who is to hold what, and begin to bring it about."""
        self._event(what, "", f"member-{slot}")
        belong = self.membership.belong
        copies = copies_wanted(self._data, len(belong))
        self._targets = assigned([part.layout.members for part in self._parts], belong, copies)
        for part in self._parts:
            self._step(part)
        for one in dict.fromkeys([*belong, slot]):
            self._tell(one)
        self._tell_open()

    def _step(self, part: Part) -> None:
        """Take the next step towards who is to hold a part: send a new holder its copy, or let an old one go."""
        target, members = self._targets[part.number], part.layout.members
        coming = [slot for slot in target if slot not in members]
        learner = next((slot for slot in coming if self._runs(slot)), NOBODY)
        if part.learner not in coming and part.learner != NOBODY:
            self._transfers.drop(part.number, part.learner)
        if part.learner not in coming or not self._runs(part.learner):
            part.learner = learner
        if part.learner != NOBODY:
            self._follow(part)
        elif not coming:
            for slot in sorted(members, key=lambda one: one == part.leader):
                if slot not in target and self._takes_effect(part, self._without(part, slot)):
                    self._let_go(part, slot)
                    break

    def _without(self, part: Part, slot: int) -> Layout:
        return layout(self._data, tuple(one for one in part.layout.members if one != slot))

    def _takes_effect(self, part: Part, new: Layout) -> bool:
        """Say whether the holders of now and the new ones both have the copies that a write needs."""
        running = sum(self._runs(slot) for slot in new.members)
        return self._writable(part) and len(part.in_sync & {*new.members}) >= new.acks and running >= new.voters

    def _take_in(self, part: Part) -> bool:
        """Make the learner of a part, which has everything, one of its holders, if that may take effect."""
        slot = part.learner
        new = layout(self._data, (*part.layout.members, slot))
        part.in_sync.add(slot)
        if not self._takes_effect(part, new):
            part.in_sync.discard(slot)
            return False
        part.layout, part.learner = new, NOBODY
        self._event("copy-added", "", f"member-{slot} part-{part.number}")
        for one in part.layout.members:
            self._tell(one)
        return True

    def _let_go(self, part: Part, slot: int) -> None:
        """Let a holder of a part go, for good."""
        self._fall_behind(part, slot)
        self._transfers.drop(part.number, slot)
        part.layout = self._without(part, slot)
        if not everywhere(self._data):  # what was moved elsewhere is deleted here
            self._members[slot].copies.pop(part.number, None)
        self._event("copy-removed", "", f"member-{slot} part-{part.number}")
        self._reconsider(part)
        for one in (*part.layout.members, slot):
            self._tell(one)
        if slot in self._handing_over and not self._parts_of(slot):
            self._handing_over.pop(slot)()

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
        head = self._head(part)
        position = min(self._position(part, slot), head)
        behind = head - position
        if position != EMPTY and behind <= self._writes * CLOSE_S:
            self._settle(part)
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
        return [part for part in self._parts if slot in part.takers]

    def _tell(self, slot: int, state: str = "") -> None:
        """Write a member's state if it is another; without one it follows from its copies."""
        member, parts = self._members[slot], self._parts_of(slot)
        if slot not in self.membership and not parts:
            state = "joining" if self.membership.joining(slot) else "left"
            if state == "left" and not member.state:  # it takes no part, and never did
                return
        elif not state:
            if not self._runs(slot):
                return
            copying = any((part.number, slot) in self._transfers for part in parts)
            current = all(slot in part.in_sync for part in parts)
            empty = not any(slot in part.layout.members for part in self._parts)
            coming = empty and any(slot in target for target in self._targets)
            whole = "joining" if coming else "serving"
            state = "catching-up" if copying else whole if current else "waiting"
        if state != member.state:
            member.state = state
            self._trace["data_copies"].append(self._agenda.now_us, self.name, slot, member.node, state)
            if state == "serving":
                self.membership.look()

    def _tell_open(self) -> None:
        """Write how many parts take writes, if it is another number."""
        number = sum(self._writable(part) for part in self._parts)
        if number != self._open:
            self._open = number
            self._event("writable", "", f"{number}/{len(self._parts)}")

    def _event(self, kind: str, reason: str, detail: str) -> None:
        self._trace["events"].append(self._agenda.now_us, kind, self.name, reason, detail)


def _bytes(mb_s: float) -> int:
    return max(1, round(mb_s * 1_000_000))
