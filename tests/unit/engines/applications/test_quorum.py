"""Replicated data: when a write can be acknowledged, which copy may lead, what a copy costs."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from workbench.engines.agenda import Agenda
from workbench.engines.applications.parameters import ReplicationParameters
from workbench.engines.applications.placement import assigned
from workbench.engines.applications.quorum import ReplicatedApp
from workbench.engines.applications.shapes import layouts, majority
from workbench.engines.applications.transfers import Transfers
from workbench.model.clock import SECOND_US
from workbench.model.trace import Trace
from workbench.model.workload import App, Replication, Shape

GIB = 2**30
RATE = 100_000_000
"""Bytes per second of a link in these tests."""
PLACES = 8


@dataclass
class Bench:
    """A replicated app without a cluster: the test says which members run."""

    shape: Shape = "ensemble"
    members: int = 3
    writes: float = 0.0
    size: int = 10 * RATE
    params: ReplicationParameters = field(
        default_factory=lambda: ReplicationParameters(
            rate_mb_s=100.0, disk_mb_s=1000.0, join_s=5.0, election_s=1.0, silence_s=10.0
        )
    )

    def __post_init__(self) -> None:
        self.agenda = Agenda()
        self.trace = Trace("bench", "nobody", 1, 10**12)
        app = App("db", "stateful", self.members, {}, replication=Replication(self.size, self.shape, None, self.writes))
        self.app = ReplicatedApp(app, self.agenda, self.trace, self.params)
        self.disks: list[dict[int, int]] = [{} for _ in range(PLACES)]
        self.tasks = 0
        self.running: dict[int, int] = {}

    def join(self, *slots: int) -> None:
        """Start the processes of members; each finds its disk as it left it."""
        for slot in slots:
            self.tasks += 1
            self.running[slot] = self.tasks
            self.app.joined(self.tasks, slot, f"node-{slot}", self.disks[slot])

    def leave(self, slot: int, *, silent: bool = True, disk: bool = True) -> None:
        """Stop a member, and destroy its disk if `disk` is False."""
        self.app.left(self.running.pop(slot), slot, silent=silent)
        if not disk:
            self.disks[slot] = {}
            self.app.bytes_lost(slot)

    def stop(self, slot: int) -> None:
        """Ask a member to stop, for good if there are too many; it does so at once."""
        self.app.asked_to_stop(self.running[slot], slot, lambda: None)
        self.leave(slot, silent=False)

    def holders(self, part: int = 0) -> set[int]:
        """Return who holds a part."""
        return set(self.app._parts[part].layout.members)

    def wait(self, seconds: float) -> None:
        """Let time pass, and what is due at its very end happen too."""
        self.agenda.run(self.agenda.now_us + round(seconds * SECOND_US) + 1)

    def state(self, slot: int) -> str:
        """Return the last state of a member in the trace."""
        rows = [row for row in self.trace["data_copies"].rows() if row[2] == slot]
        return str(rows[-1][4]) if rows else ""

    def told(self, kind: str) -> list[tuple[float, str, str]]:
        """Return the events of a kind: second, reason, detail."""
        return [(row[0] / SECOND_US, row[3], row[4]) for row in self.trace["events"].rows() if row[1] == kind]

    @property
    def writable(self) -> bool:
        """Say whether every part takes writes now, by the trace."""
        told = self.told("writable")
        return bool(told) and len(set(told[-1][2].split("/"))) == 1


def started(**options: object) -> Bench:
    """Return a bench whose members all serve."""
    bench = Bench(**options)  # type: ignore[arg-type]  # fields of Bench
    bench.join(*range(bench.members))
    bench.wait(100)
    assert [bench.state(slot) for slot in range(bench.members)] == ["serving"] * bench.members
    assert bench.writable
    return bench


# -- shapes -----------------------------------------------------------------------------------------------------


def test_an_ensemble_keeps_everything_on_every_member_and_asks_a_majority() -> None:
    (only,) = layouts(Replication(1, "ensemble"), 5)
    assert (only.members, only.voters, only.acks, only.clean) == ((0, 1, 2, 3, 4), 3, 3, False)


def test_a_ring_keeps_each_range_on_a_member_and_its_two_successors() -> None:
    assert [one.members for one in layouts(Replication(1, "ring"), 4)] == [(0, 1, 2), (1, 2, 3), (2, 3, 0), (3, 0, 1)]
    assert {(one.voters, one.acks) for one in layouts(Replication(1, "ring"), 4)} == {(2, 2)}


def test_a_log_needs_all_copies_but_one_and_a_leader_that_misses_nothing() -> None:
    assert {(one.voters, one.acks, one.clean) for one in layouts(Replication(1, "log", 3), 5)} == {(1, 2, True)}
    assert {one.acks for one in layouts(Replication(1, "log", 1), 2)} == {1}


def test_there_are_never_more_copies_than_members() -> None:
    assert [len(one.members) for one in layouts(Replication(1, "ring", 3), 2)] == [2, 2]


@pytest.mark.parametrize(("members", "least"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_two_majorities_always_share_a_member(members: int, least: int) -> None:
    assert majority(members) == least
    assert 2 * majority(members) > members


# -- an ensemble ------------------------------------------------------------------------------------------------


def test_one_of_three_lost_follower_stops_nothing() -> None:
    bench = started()
    bench.leave(2)
    bench.wait(1)
    assert bench.writable
    assert bench.state(2) == "unreachable"


def test_a_silent_leader_is_missed_for_as_long_as_members_wait_and_an_election_lasts() -> None:
    bench = started()
    bench.leave(0, silent=True)
    assert not bench.writable
    bench.wait(10.99)
    assert not bench.writable
    bench.wait(0.01)
    assert bench.writable
    assert bench.told("leader-elected")[-1][1:] == ("newest-copy", "member-1 part-0")


def test_a_leader_that_says_goodbye_costs_an_election_only() -> None:
    bench = started()
    bench.leave(0, silent=False)
    bench.wait(1)
    assert bench.writable
    assert bench.state(0) == "stopped"


def test_two_of_three_lost_is_no_quorum_until_one_is_back() -> None:
    bench = started()
    bench.leave(1)
    bench.leave(2)
    bench.wait(5000)
    assert not bench.writable
    bench.join(2)
    bench.wait(2)
    assert bench.writable
    assert not bench.told("data-lost")


def test_what_a_member_missed_is_copied_at_the_speed_of_its_link() -> None:
    bench = started(writes=RATE / 100)
    bench.leave(2)
    bench.wait(200)  # two seconds' worth of link
    bench.join(2)
    bench.wait(1.9)
    assert bench.state(2) == "catching-up"
    bench.wait(0.2)
    assert bench.state(2) == "serving"


def test_a_member_with_an_empty_disk_is_sent_everything() -> None:
    bench = started()
    bench.leave(2, disk=False)
    assert bench.state(2) == "lost"
    bench.join(2)
    bench.wait(9.9)
    assert bench.state(2) == "catching-up"
    bench.wait(0.2)
    assert bench.state(2) == "serving"


def test_who_missed_more_than_a_log_holds_is_sent_everything() -> None:
    bench = started(writes=RATE / 100)
    bench.leave(2)
    bench.wait(340)  # behind by 34 % of the data
    bench.join(2)
    bench.wait(9)
    assert bench.state(2) == "catching-up"
    assert bench.told("resync-begins")[-1][1:] == ("beyond-the-log", f"member-2 part-0: {10 * RATE}")


def test_two_members_that_catch_up_at_once_share_the_link_of_the_one_that_sends() -> None:
    bench = started(members=5)
    for slot in (3, 4):
        bench.leave(slot, disk=False)
    bench.join(3, 4)
    bench.wait(19.9)
    assert {bench.state(3), bench.state(4)} == {"catching-up"}
    bench.wait(0.2)
    assert {bench.state(3), bench.state(4)} == {"serving"}


def test_a_majority_of_empty_disks_loses_what_only_the_third_still_has() -> None:
    bench = started()
    for slot in (0, 1):
        bench.leave(slot, disk=False)
    bench.leave(2)
    bench.join(0, 1)
    bench.wait(2)
    assert bench.writable
    assert len(bench.told("data-lost")) == 1


def test_an_empty_majority_takes_the_data_from_the_member_that_has_it() -> None:
    bench = started()
    for slot in (0, 1):
        bench.leave(slot, disk=False)
    bench.join(0, 1)
    bench.wait(1000)
    assert [bench.state(slot) for slot in range(3)] == ["serving"] * 3
    assert not bench.told("data-lost")


# -- the other shapes -------------------------------------------------------------------------------------------


def test_a_ring_of_five_loses_only_the_ranges_whose_copies_sit_on_both_lost_members() -> None:
    bench = started(shape="ring", members=5)
    bench.leave(0)
    bench.leave(1)
    bench.wait(20)
    assert bench.told("writable")[-1][2] == "3/5"


def test_a_log_waits_for_the_copy_that_misses_nothing() -> None:
    bench = started(shape="log", members=3, writes=RATE / 100)
    bench.leave(0)
    bench.wait(50)
    bench.leave(1)
    bench.leave(2)
    bench.wait(50)
    bench.join(0)  # behind by fifty seconds of writes
    bench.wait(500)
    assert not bench.writable
    assert bench.state(0) == "waiting"
    bench.join(1)
    bench.wait(500)
    assert bench.writable
    assert not bench.told("data-lost")


def test_a_standby_takes_over_only_if_it_had_everything() -> None:
    bench = started(shape="primary", members=2, writes=RATE / 100)
    bench.leave(0)
    bench.wait(12)
    assert bench.writable
    bench.leave(1)
    bench.join(0)
    bench.wait(100)
    assert not bench.writable


# -- members that come and go while it runs ---------------------------------------------------------------------


def test_a_new_member_introduces_itself_gets_everything_and_only_then_counts() -> None:
    bench = started()
    bench.app.resized(4)
    bench.join(3)
    bench.wait(4.9)
    assert bench.state(3) == "joining"
    bench.wait(0.2)
    assert bench.state(3) == "catching-up"
    bench.wait(9.7)  # ten seconds' worth of link
    assert bench.holders() == {0, 1, 2}
    bench.wait(0.2)
    assert bench.state(3) == "serving"
    assert bench.holders() == {0, 1, 2, 3}
    assert bench.writable


def test_a_slow_disk_bounds_what_a_fast_link_could_carry() -> None:
    slow = ReplicationParameters(rate_mb_s=100.0, disk_mb_s=20.0, join_s=0.0, election_s=1.0)
    bench = started(params=slow)
    bench.app.resized(4)
    bench.join(3)
    bench.wait(49.9)
    assert bench.state(3) == "catching-up"
    bench.wait(0.2)
    assert bench.state(3) == "serving"


def test_who_comes_when_enough_belong_takes_no_part() -> None:
    bench = started()
    bench.join(3)
    bench.wait(100)
    assert bench.state(3) == ""
    bench.app.resized(4)
    bench.wait(100)
    assert bench.state(3) == "serving"


def test_scaling_in_from_five_to_three_never_stops_a_write_though_members_go_at_once() -> None:
    bench = started(members=5, writes=RATE / 100)
    bench.app.resized(3)
    bench.stop(4)
    bench.stop(3)
    bench.wait(1)
    assert bench.holders() == {0, 1, 2}
    assert [bench.state(slot) for slot in (3, 4)] == ["left", "left"]
    bench.leave(2)  # two of three are a majority; two of five would be none
    bench.wait(100)
    assert bench.told("writable") == bench.told("writable")[:1]


def test_nobody_is_let_go_where_that_would_cost_the_quorum() -> None:
    bench = started(members=3)
    bench.leave(0)
    bench.wait(20)
    bench.app.resized(2)
    bench.stop(2)  # of 0 and 1 only one runs
    bench.wait(20)
    assert bench.holders() == {0, 1, 2}
    assert not bench.writable
    bench.join(0)
    bench.wait(100)
    assert bench.holders() == {0, 1}
    assert bench.writable


def test_a_learner_does_not_make_up_for_an_old_member_that_is_behind() -> None:
    bench = started(members=2, writes=RATE / 10)
    bench.leave(1, disk=False)
    bench.wait(20)
    bench.join(1)  # has to be sent everything, while the third comes with a copy
    bench.wait(2)
    part = bench.app._parts[0]
    assert (part.leader, part.in_sync) == (0, {0})
    bench.app.resized(3)
    bench.disks[2] = {0: part.head}
    bench.join(2)
    bench.wait(6)
    assert part.in_sync == {0}
    assert bench.holders() == {0, 1}
    assert not bench.writable
    bench.wait(100)
    assert bench.holders() == {0, 1, 2}
    assert bench.writable


def test_a_member_that_is_stopped_to_be_replaced_stays_a_member() -> None:
    bench = started()
    bench.stop(2)
    bench.wait(100)
    assert bench.holders() == {0, 1, 2}
    assert bench.state(2) == "stopped"


def test_one_that_is_away_when_fewer_are_wanted_is_struck_off_after_a_while() -> None:
    bench = started(members=4)
    bench.leave(3)
    bench.app.resized(3)
    bench.wait(9)
    assert bench.holders() == {0, 1, 2, 3}
    bench.wait(2)
    assert bench.holders() == {0, 1, 2}


def test_a_fourth_member_of_a_ring_takes_its_share_of_the_ranges_and_others_give_theirs_up() -> None:
    bench = started(shape="ring", size=9 * RATE)  # three ranges of 3 s each on every member
    bench.app.resized(4)
    bench.join(3)
    bench.wait(100)
    held = [sum(slot in bench.holders(part) for part in range(3)) for slot in range(4)]
    assert sorted(held) == [2, 2, 2, 3]
    assert {len(bench.holders(part)) for part in range(3)} == {3}
    assert sum(len(disk) for disk in bench.disks) == 9  # what moved is kept once
    assert bench.writable


def test_a_log_moves_a_copy_before_it_gives_one_up() -> None:
    bench = started(shape="log", members=4, writes=RATE / 100)
    bench.app.resized(3)
    bench.stop(3)
    bench.wait(1)
    assert all(len(bench.holders(part)) >= 3 for part in range(4))
    bench.wait(200)
    assert all(bench.holders(part) == {0, 1, 2} for part in range(4))
    assert bench.writable


def test_a_primary_that_is_to_go_hands_over_at_the_cost_of_an_election() -> None:
    bench = started(shape="primary", members=2)
    bench.app.resized(1)
    bench.stop(0)
    bench.wait(1)
    assert bench.holders() == {1}
    assert bench.writable


def test_the_last_copy_is_never_given_up() -> None:
    bench = started()
    bench.app.resized(0)
    for slot in (2, 1, 0):
        bench.stop(slot)
    bench.wait(10)
    assert bench.holders() == {0}
    bench.app.resized(3)
    bench.join(0, 1, 2)
    bench.wait(1000)
    assert [bench.state(slot) for slot in range(3)] == ["serving"] * 3
    assert not bench.told("data-lost")


@given(
    copies=st.integers(1, 4),
    before=st.sets(st.integers(0, 7), min_size=1),
    after=st.sets(st.integers(0, 7), min_size=1),
)
def test_copies_are_spread_evenly_and_none_is_moved_that_could_stay(
    copies: int, before: set[int], after: set[int]
) -> None:
    held = assigned([()] * 6, sorted(before), copies)
    plan = assigned(held, sorted(after), copies)
    assert all(len(set(part)) == min(copies, len(after)) and set(part) <= after for part in plan)
    load = [sum(slot in part for part in plan) for slot in after]
    assert max(load) - min(load) <= 1
    if before == after:
        assert [set(part) for part in plan] == [set(part) for part in held]


# -- laws -------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "vanish", "destroy", "wait", "wait", "grow", "shrink", "resize"]),
        st.integers(0, PLACES - 1),
        st.integers(1, 400),
    ),
    min_size=4,
    max_size=40,
)


class History:
    """A random history of a replicated app, watched at every step."""

    def __init__(self, shape: Shape, members: int) -> None:
        self.bench = Bench(shape=shape, members=members, writes=RATE / 50)
        self.destroyed = False
        self.bench.join(*range(members))
        self.bench.wait(10)

    def step(self, what: str, slot: int, seconds: int) -> None:
        """Let one thing happen, if it can."""
        bench = self.bench
        if what == "wait":
            self._wait(seconds)
        elif what == "resize":
            bench.app.resized(max(1, slot))
        elif what == "join" and slot not in bench.running:
            bench.join(slot)
        elif what == "grow":
            bench.app.resized(bench.app.membership.wanted + 1)
            bench.join(*[one for one in range(PLACES) if one not in bench.running][:1])
            bench.wait(seconds / 20)
        elif what == "shrink":
            bench.app.resized(max(1, bench.app.membership.wanted - 1))
            if slot in bench.running:
                bench.stop(slot)
        elif what not in ("join", "grow", "shrink") and slot in bench.running:
            bench.leave(slot, silent=what == "vanish", disk=what != "destroy")
            self.destroyed |= what == "destroy"
        self._look()

    def _wait(self, seconds: int) -> None:
        """Let time pass; nothing is acknowledged meanwhile that too few members could hold."""
        parts = self.bench.app._parts
        running = self.bench.running.keys()
        before = [(part.head_at(self.bench.agenda.now_us), part.layout) for part in parts]
        self.bench.wait(seconds)
        for part, (head, layout) in zip(parts, before, strict=True):
            if len(running & set(layout.members)) < layout.acks:
                assert part.head_at(self.bench.agenda.now_us) <= head

    def _look(self) -> None:
        """No byte appears from nowhere; only who runs, belongs and has everything takes part."""
        for part in self.bench.app._parts:
            assert part.in_sync <= self.bench.running.keys() & set(part.layout.members)
            assert part.leader == -1 or part.leader in part.in_sync
            assert part.learner not in part.layout.members
            if not self.bench.told("data-lost"):
                positions = [member.copies.get(part.number, 0) for member in self.bench.app._members.values()]
                assert max(positions) <= part.head_at(self.bench.agenda.now_us)

    def settle(self) -> None:
        """Let everybody who belongs come, and wait."""
        bench = self.bench
        for _ in range(3):
            bench.join(*(slot for slot in bench.app.membership.belong if slot not in bench.running))
            bench.join(
                *(slot for part in bench.app._parts for slot in part.layout.members if slot not in bench.running)
            )
            bench.app.resized(len(bench.app.membership.belong))
            bench.wait(100_000)


ONE_THAT_IS_BEHIND_COMES_BACK_ALONE = [
    ("leave", 2, 1), ("wait", 0, 300), ("vanish", 0, 1), ("vanish", 1, 1), ("join", 2, 1), ("wait", 0, 100),
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@example(shape="ensemble", members=3, steps=ONE_THAT_IS_BEHIND_COMES_BACK_ALONE)
@example(shape="ring", members=3, steps=ONE_THAT_IS_BEHIND_COMES_BACK_ALONE)
@example(shape="log", members=3, steps=ONE_THAT_IS_BEHIND_COMES_BACK_ALONE)
@example(shape="primary", members=3, steps=ONE_THAT_IS_BEHIND_COMES_BACK_ALONE)
@given(shape=st.sampled_from(["ensemble", "ring", "log", "primary"]), members=st.integers(1, 5), steps=STEPS)
def test_laws_of_replicated_data(shape: Shape, members: int, steps: list[tuple[str, int, int]]) -> None:
    history = History(shape, members)
    bench = history.bench
    for what, slot, seconds in steps:
        history.step(what, slot, seconds)
    lost = bool(bench.told("data-lost"))
    event(f"{shape}: data lost {lost}")
    event(f"members changed {bool(bench.told('copy-added') or bench.told('copy-removed'))}")
    assert history.destroyed or not lost  # bytes that nobody destroyed are found again
    history.settle()
    belong = bench.app.membership.belong
    if not history.destroyed:  # and everybody who belongs catches up once all are back
        assert [bench.state(slot) for slot in belong] == ["serving"] * len(belong)
        assert bench.writable
        assert all(set(part.layout.members) <= set(belong) for part in bench.app._parts)


@settings(max_examples=60, deadline=None)
@given(
    sends=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 50 * RATE), st.integers(0, 30)), max_size=12
    )
)
def test_no_link_carries_more_than_it_can(sends: list[tuple[int, int, int, int]]) -> None:
    agenda = Agenda()
    transfers = Transfers(agenda, RATE)
    arrived: list[tuple[int, int, int, int, int]] = []

    def send(number: int, source: int, target: int, size: int) -> None:
        begun = agenda.now_us
        transfers.start(
            (number, target), source, size,
            lambda: arrived.append((source, target, size, begun, agenda.now_us)),
        )  # fmt: skip

    sends = [one for one in sends if one[0] != one[1]]
    for number, (source, target, size, gap) in enumerate(sends):
        send(number, source, target, size)
        agenda.run(agenda.now_us + gap * SECOND_US + 1)
    agenda.run(agenda.now_us + 10_000 * SECOND_US)
    assert len(arrived) == len(sends)
    for link in range(4):
        for end in (0, 1):  # what a member sends, what it receives
            mine = [one for one in arrived if one[end] == link]
            for first in mine:
                for last in mine:  # all that began and arrived within an interval had to fit into it
                    inside = sum(one[2] for one in mine if one[3] >= first[3] and one[4] <= last[4])
                    assert inside * SECOND_US <= RATE * max(0, last[4] - first[3])


def test_a_transfer_alone_takes_its_size_over_the_rate() -> None:
    agenda = Agenda()
    arrived: list[int] = []
    transfers = Transfers(agenda, RATE)
    transfers.start((0, 1), 0, 3 * RATE, lambda: arrived.append(agenda.now_us))
    agenda.run(SECOND_US)
    transfers.start((1, 2), 0, RATE, lambda: arrived.append(agenda.now_us))
    agenda.run(100 * SECOND_US)
    assert arrived == [3 * SECOND_US, 4 * SECOND_US]
