"""A cluster whose members keep copies of one set of data: what the World tells it, and members that come and go.

The bytes of a copy lie on the member's volume, or in the member's own task where it has none, and share its fate:
nothing here decides whether a copy survives. Who leads and who is up to date is in `replicas.py`, who belongs to the
cluster in `membership.py`, who is to hold what in `placement.py`.

Members change while the app runs, one copy at a time: a new holder of a part first gets its data, as a learner whose
copy counts for nothing; then it is taken in; then one that has to go is let go. Either step takes effect only when the
old holders and the new ones alike have the copies that a write needs, so no two quorums ever miss each other.

Source: Ongaro, Consensus: Bridging Theory and Practice, 4.1 and 4.2 (one server at a time; learners); Apache Kafka,
KIP-455 (adding and removing replicas of a partition).
"""

from __future__ import annotations

from collections.abc import Callable, Set

from workbench.engines.agenda import Agenda
from workbench.engines.applications.parameters import ReplicationParameters
from workbench.engines.applications.parts import NOBODY, Member, Part
from workbench.engines.applications.placement import assigned
from workbench.engines.applications.replicas import Replicas
from workbench.engines.applications.shapes import Layout, copies_wanted, everywhere, layout
from workbench.model.trace import Trace
from workbench.model.workload import App


class ReplicatedApp(Replicas):
    """One app whose members hold copies of its data."""

    def __init__(self, app: App, agenda: Agenda, trace: Trace, params: ReplicationParameters) -> None:
        if app.replication is None:
            raise ValueError(f"{app.name} keeps no copies")
        super().__init__(app, app.replication, agenda, trace, params)
        self._founders = frozenset(self._members)
        self._handing_over: dict[int, Callable[[], None]] = {}

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

    def _takes_effect(self, part: Part, new: Layout, coming: Set[int] = frozenset()) -> bool:
        """Say whether the holders of now, and the new ones with who is coming, have the copies that a write needs."""
        running = sum(self._runs(slot) for slot in new.members)
        has = (part.in_sync | coming) & {*new.members}
        return part.writable and len(has) >= new.acks and running >= new.voters

    def _take_in(self, part: Part) -> bool:
        """Make the learner of a part, which has everything, one of its holders, if that may take effect."""
        slot = part.learner
        new = layout(self._data, (*part.layout.members, slot))
        if not self._takes_effect(part, new, {slot}):
            return False
        part.in_sync.add(slot)
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
