"""What is asked for during a run reaches a control plane in time, with the app as it is wanted then."""

import pytest

from tests.make import Scripted, app, scenario, seconds
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.protocol import (
    CordonNode,
    CreateApp,
    DeleteApp,
    DrainNode,
    Ended,
    PauseApp,
    ResumeApp,
    RollbackApp,
    ScaleApp,
    SuspendApp,
    UncordonNode,
    UpdateApp,
)
from workbench.engines.slots import Slots
from workbench.engines.world import World
from workbench.model.changes import PlannedChange, resized, wanted_over_time
from workbench.model.clock import NEVER
from workbench.model.workload import Arrivals, Duration


def change(at, kind, about="web", **more):
    where = "node" if kind in ("cordon", "uncordon", "drain") else "app"
    return PlannedChange(seconds(at), kind, **{where: about}, **more)


def asked(*changes, apps=None, plane=None):
    """Return what a control plane is asked for, and the world."""
    plane = plane or Scripted()
    world = World(scenario(*(apps or [app(replicas=2)]), changes=changes), plane, 1)
    world.run()
    return [one for one in plane.changes if not isinstance(one, CreateApp)], world


def events(world, *kinds):
    return [row for row in world.trace["events"].dicts() if row["kind"] in kinds]


def test_each_kind_of_change_arrives_as_what_it_is():
    wanted, world = asked(
        change(10, "scale", replicas=5), change(20, "update", image="two"), change(30, "pause"), change(40, "resume"),
        change(50, "rollback"), change(60, "cordon", "node-1"), change(70, "uncordon", "node-1"),
        change(80, "drain", "node-0"), change(90, "delete"),
    )  # fmt: skip
    assert [type(one) for one in wanted] == [
        ScaleApp, UpdateApp, PauseApp, ResumeApp, RollbackApp, CordonNode, UncordonNode, DrainNode, DeleteApp,
    ]  # fmt: skip
    said = [(row["kind"], row["subject"], row["detail"]) for row in world.trace["events"].dicts()]
    assert said[:2] == [("scale", "web", "2 -> 5"), ("update", "web", "0 -> 1")]
    assert said[4:6] == [("rollback", "web", "1 -> 0"), ("cordon", "node-1", "")]


def test_an_app_is_handed_over_as_it_is_wanted_by_then():
    wanted, _ = asked(
        change(10, "scale", replicas=5),
        change(20, "update", image="two", start_us=7, broken=True),
        change(30, "update", ready_us=9),
        change(40, "scale", replicas=1),
        change(50, "rollback"),
        change(60, "rollback"),
    )
    first, second, third, fourth, back, forth = (one.app for one in wanted)
    assert (first.replicas, first.version, first.image) == (5, 0, "")
    assert (second.replicas, second.version, second.image, second.start_us, second.broken) == (5, 1, "two", 7, True)
    assert (third.version, third.image, third.start_us, third.ready_us, third.broken) == (2, "two", 7, 9, False)
    assert (fourth.replicas, fourth.version) == (1, 2)
    assert (back.replicas, back.version, back.broken) == (1, 1, True)
    assert (forth.version, forth.broken) == (2, False)


def test_there_is_nothing_to_go_back_to_before_the_first_update_and_nothing_to_do_after_deletion():
    wanted, world = asked(change(10, "rollback"), change(20, "delete"), change(30, "scale", replicas=3))
    assert [type(one) for one in wanted] == [DeleteApp]
    assert [(row["reason"], row["detail"]) for row in events(world, "NothingThere")] == [
        ("no-version-before", "rollback"), ("app-deleted", "scale"),
    ]  # fmt: skip


def test_a_machine_is_picked_by_what_it_hosts_at_that_moment():
    spots = [0, 1, 1]
    wanted, _ = asked(
        PlannedChange(seconds(20), "drain", hosting="web"),
        apps=[app(replicas=3)],
        plane=Scripted(spots.__getitem__),
    )
    assert wanted == [DrainNode(1)]


def test_no_task_of_a_deleted_app_arrives_any_more():
    job = app("job", "batch", 0, duration=Duration(seconds(1)), arrivals=Arrivals(0.1, "constant", seconds(200)))
    wanted, _ = asked(change(35, "delete", "job"), apps=[job])
    assert len(wanted) == 4  # tasks at 10, 20 and 30 s, then the deletion


@pytest.mark.parametrize("plane", sorted(CONTROL_PLANES))
def test_what_a_control_plane_has_no_counterpart_for_is_in_the_trace(plane):
    """Every change is either carried out or said not to be: here one nobody can carry out."""
    nobody = app("job", "batch", 2)
    world = World(scenario(nobody, changes=[change(20, "pause", "job")]), CONTROL_PLANES[plane].make(), 1)
    world.run()
    assert [(row["subject"], row["reason"], row["detail"]) for row in events(world, "NoCounterpart")] == [
        ("job", "no-such-change", "pause")
    ]


# -- a task that is asked to stop --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("takes", "grace", "ends"),
    [
        pytest.param(4, 30, 104, id="it takes the time it needs"),
        pytest.param(60, 30, 130, id="no longer than its grace"),
        pytest.param(0, 30, 100, id="at once if it needs none"),
        pytest.param(4, 0, 100, id="at once if it is given none"),
    ],
)
def test_a_task_stops_within_its_grace_and_holds_its_place_until_then(takes, grace, ends):
    plane = Scripted()
    world = World(scenario(app(stop_us=seconds(takes))), plane, 1)
    held = []
    world.agenda.at(seconds(100), 0, lambda: world.terminate(0, seconds(grace)))
    world.agenda.at(seconds(100) + 1, 0, lambda: held.append(world.machines[0].booked["cpu"]))
    world.run()
    assert world.trace["tasks"]["ended_us"][0] == seconds(ends)
    assert world.trace["tasks"]["outcome"][0] == "killed"
    assert held == [500 if ends > 100 else 0]
    assert [fact.reason for fact in plane.facts if isinstance(fact, Ended)] == ["killed"]


def test_a_process_that_does_not_run_yet_is_gone_at_once():
    world = World(scenario(app(start=50, stop_us=seconds(9))), Scripted(), 1)
    world.agenda.at(seconds(10), 0, lambda: world.terminate(0, seconds(30)))
    world.run()
    assert world.trace["tasks"]["ended_us"][0] == seconds(10)


def test_who_was_removed_on_purpose_leaves_no_vacancy_unless_it_is_to_be_replaced():
    for replaced, wanted in ((False, (1, 0)), (True, (0, 1))):
        plane = Scripted()
        world = World(scenario(app()), plane, 1)
        made = []
        world.agenda.at(seconds(50), 0, lambda w=world, r=replaced: w.terminate(0, 0, replaced=r))
        world.agenda.at(seconds(60), 0, lambda w=world, p=plane, m=made: m.append(p.create(w.app_of(0), 1)))
        world.run()
        rows = world.trace["tasks"]
        assert (rows["slot"][made[0]], rows["incarnation"][made[0]]) == wanted
        assert rows["submitted_us"][made[0]] == (seconds(50) if replaced else 0)


def test_a_broken_version_runs_but_is_never_ready():
    world = World(scenario(app(broken=True)), Scripted(), 1)
    world.run()
    assert world.trace["tasks"]["started_us"][0] == seconds(1)
    assert world.trace["tasks"]["ready_us"][0] == NEVER


@pytest.mark.parametrize(
    ("wanted", "there", "left"),
    [
        pytest.param(8, 7, [0], id="one of three is still to be filled: the longest vacant"),
        pytest.param(5, 7, [], id="none is missing any more"),
        pytest.param(10, 7, [0, 1, 2], id="all are still missing"),
    ],
)
def test_vacancies_too_many_are_forgotten(wanted, there, left):
    slots = Slots()
    places = [slots.take("web", None) for _ in range(3)]
    for place in places:
        slots.vacate("web", place.slot, seconds(place.slot))
    slots.resize("web", wanted, there)
    taken = [slots.take("web", None) for _ in range(4)]
    assert [place.slot for place in taken if place.since_us != NEVER] == left


def lost_with_its_machine(slots, since=5):
    """Return the slots of "web" after the third of three was lost, and may come back."""
    for number in range(3):
        assert slots.take("web", None).slot == number
    slots.vacate("web", 2, seconds(since), kept_for=7)
    return slots


def test_nobody_takes_the_place_of_a_task_that_may_come_back():
    slots = lost_with_its_machine(Slots())
    slots.vacate("web", 0, seconds(20))
    assert [slots.take("web", None)[:2] for _ in range(2)] == [(0, seconds(20)), (3, NEVER)]
    slots.back("web", 2, 7)
    assert slots.take("web", None).slot == 4


def test_once_it_is_settled_that_it_does_not_its_place_is_the_longest_vacant():
    slots = lost_with_its_machine(Slots())
    slots.vacate("web", 0, seconds(20))
    slots.settle(7)
    assert [slots.take("web", None)[:2] for _ in range(2)] == [(2, seconds(5)), (0, seconds(20))]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        pytest.param(lambda slots: slots.settle(7, awaited=False), set(), id="nobody was awaited there"),
        pytest.param(lambda slots: slots.resize("web", 2, 2), set(), id="no more are wanted than there are"),
        pytest.param(lambda slots: slots.resize("web", 3, 2), {7}, id="it is wanted, and may still come"),
    ],
)
def test_a_place_that_is_kept_is_forgotten_or_stays(end, kept):
    slots = lost_with_its_machine(Slots())
    end(slots)
    assert slots.take("web", None)[:2] == (3, NEVER)
    assert set(slots.kept) == kept


def test_a_place_that_is_asked_for_by_its_number_is_given_out():
    assert lost_with_its_machine(Slots()).take("web", 2)[:2] == (2, seconds(5))


def test_wanted_over_time():
    changes = [change(50, "scale", replicas=1), change(20, "scale", replicas=9), change(80, "delete")]
    assert wanted_over_time(app(at=10, replicas=3), changes) == [
        (0, 0), (seconds(10), 3), (seconds(20), 9), (seconds(50), 1), (seconds(80), 0),
    ]  # fmt: skip


def test_how_many_at_once_is_no_number_of_instances():
    changes = [change(20, "scale", parallelism=1), change(50, "scale", replicas=2)]
    assert wanted_over_time(app(replicas=3), changes) == [(0, 3), (seconds(50), 2)]


@pytest.mark.parametrize(
    ("before", "asked", "expected"),
    [
        pytest.param((6, None), {"replicas": 4}, (4, None), id="all at once, as before"),
        pytest.param((6, 6), {"replicas": 4}, (4, 4), id="as many at once as there were tasks: that stays so"),
        pytest.param((6, 2), {"replicas": 4}, (4, 2), id="fewer at once: that stays as it was"),
        pytest.param((6, 2), {"parallelism": 3}, (6, 3), id="more at once"),
        pytest.param((6, 6), {"parallelism": 0}, (6, 0), id="none at once"),
        pytest.param((6, 6), {"replicas": 9, "parallelism": 3}, (9, 3), id="both"),
    ],
)
def test_the_size_of_a_batch_app(before, asked, expected):
    one = resized(app("b", "batch", before[0], parallelism=before[1]), change(1, "scale", "b", **asked))
    assert (one.replicas, one.parallelism) == expected


def test_a_batch_app_is_suspended_and_goes_on():
    batch = app("b", "batch", 4, parallelism=2)
    changes, world = asked(
        change(5, "suspend", "b"), change(10, "resume", "b"), change(20, "scale", "b", replicas=6, parallelism=3),
        apps=[batch],
    )  # fmt: skip
    assert [type(one) for one in changes] == [SuspendApp, ResumeApp, ScaleApp]
    assert [one.app.suspended for one in changes] == [True, False, False]
    assert [row["detail"] for row in events(world, "scale")] == ["4 -> 6, parallelism 2 -> 3"]


def test_nothing_is_wanted_of_an_app_that_was_deleted():
    changes = [change(80, "scale", replicas=5), change(50, "delete"), change(60, "delete")]
    assert wanted_over_time(app(replicas=3), changes) == [(0, 3), (seconds(50), 0)]
