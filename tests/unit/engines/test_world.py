"""What the World executes, refuses and writes down."""

import pytest

from tests.make import Scripted, app, scenario, seconds
from workbench.engines.draws import Draws, TaskParameters
from workbench.engines.protocol import AddTasks, CreateApp, Ended, NodeBack, Ready, Started
from workbench.engines.randomness import Streams
from workbench.engines.world import World
from workbench.errors import CancelledError, OverPlacementError
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.workload import Arrivals, Duration


def run(control_plane, made, seed=1):
    world = World(made, control_plane, seed)
    world.run()
    return world


def column(world, name):
    return list(world.trace["tasks"][name])


def test_a_task_starts_and_is_ready_after_the_times_its_app_gives():
    plane = Scripted()
    world = run(plane, scenario(app(start=2, ready=3)))
    assert plane.seen(Started) == [2.0]
    assert plane.seen(Ready) == [5.0]
    assert column(world, "outcome") == ["running"]


def test_start_times_vary_within_the_declared_fraction_and_only_by_seed():
    made = scenario(app(start=10, replicas=20, cpu=100), settings={"world.tasks.start_jitter": 0.2})
    starts = [plane.seen(Started) for plane in (Scripted(), Scripted()) if run(plane, made)]
    assert starts[0] == starts[1]
    assert all(8 <= start <= 12 for start in starts[0])
    assert len(set(starts[0])) == 20


def test_a_batch_task_ends_after_its_duration_and_gives_back_what_it_held():
    plane = Scripted()
    world = run(plane, scenario(app(kind="batch", start=1, runs=30)))
    assert plane.seen(Ended) == [31.0]
    assert world.machines[0].booked["cpu"] == 0
    assert column(world, "released_us") == [seconds(31)]


def test_placing_more_than_a_machine_holds_is_refused_by_name_and_number():
    with pytest.raises(OverPlacementError, match=r"t=0\.0s: web-8 placed on node-0, which lacks .*'cpu': 500.*free"):
        run(Scripted(), scenario(app(replicas=9)))


def test_exponential_durations_belong_to_the_task_not_to_the_order_of_placing():
    made = scenario(app(kind="batch", replicas=4, duration=Duration(seconds(60), "exponential")))
    ends = {}
    for reverse in (False, True):
        plane = Scripted()
        original = plane.apply

        def backwards(change, plane=plane, reverse=reverse, original=original):
            if isinstance(change, CreateApp) and reverse:
                for number in reversed(range(4)):
                    task = plane.world.new_task(change.app, f"t{number}", dict(change.app.request), slot=number)
                    plane.world.place(task, 0, plane.world.now_us)
                    plane.world.start_process(task)
            else:
                original(change)

        plane.apply = backwards
        world = run(plane, made)
        ends[reverse] = dict(zip(column(world, "slot"), column(world, "ended_us"), strict=True))
    assert ends[False] == ends[True]


def test_a_lost_machine_stops_everything_on_it_and_tells_nobody():
    plane = Scripted(lambda task: task % 2)
    world = run(plane, scenario(app(replicas=4), faults=[Fault(seconds(100), node="node-1")]))
    assert column(world, "outcome") == ["running", "lost", "running", "lost"]
    assert column(world, "ended_us") == [NEVER, seconds(100), NEVER, seconds(100)]
    assert not [fact for fact in plane.facts if isinstance(fact, Ended)]
    assert not world.machines[1].up


def test_the_machine_to_lose_is_the_one_that_hosts_most_and_spares_most():
    web, db = app("web", replicas=3), app("db", replicas=1)
    spots = {0: 0, 1: 0, 2: 1, 3: 0}  # web, web, web, db
    fault = Fault(seconds(10), hosting="web", sparing="db")
    world = run(Scripted(spots.__getitem__), scenario(web, db, faults=[fault]))
    assert [machine.up for machine in world.machines] == [True, False, True]


def test_a_task_that_stands_in_for_a_lost_one_has_waited_since_the_loss():
    plane = Scripted()
    made = scenario(app(), faults=[Fault(seconds(100), node="node-0")])
    world = World(made, plane, 1)
    plane.where = lambda task: min(task, 1)
    world.agenda.at(seconds(200), 8, plane.create, made.apps[0], 1)
    world.run()
    assert column(world, "submitted_us") == [0, seconds(100)]
    assert column(world, "incarnation") == [0, 1]
    assert column(world, "slot") == [0, 0]


def test_what_is_placed_on_a_dead_machine_nobody_knows_of_is_lost_and_its_successor_waits_on():
    plane = Scripted(lambda task: 0 if task == 0 else 1)
    made = scenario(app(at=150), faults=[Fault(seconds(100), node="node-0")])
    world = World(made, plane, 1)
    world.agenda.at(seconds(200), 8, plane.create, made.apps[0], 1)
    world.run()
    assert column(world, "outcome") == ["lost", "running"]
    assert column(world, "slot") == [0, 0]
    assert column(world, "submitted_us") == [seconds(150), seconds(150)]


def test_a_machine_that_comes_back_is_reported_and_its_tasks_can_be_restarted():
    plane = Scripted()
    made = scenario(app(start=1), faults=[Fault(seconds(100), node="node-0", back_us=seconds(160))])
    world = World(made, plane, 1)
    world.agenda.at(seconds(170), 6, world.start_process, 0)
    world.run()
    assert NodeBack(0) in plane.facts
    assert list(world.trace["attempts"]["started_us"]) == [seconds(1), seconds(171)]
    assert list(world.trace["attempts"]["reason"]) == ["lost", ""]
    assert column(world, "outcome") == ["running"]


def test_arrivals_come_evenly_or_at_random_but_the_same_for_every_control_plane():
    even = app(kind="batch", replicas=0, cpu=1, arrivals=Arrivals(0.5, "constant", seconds(10)))
    plane = Scripted()
    run(plane, scenario(even))
    assert [change.first for change in plane.changes if isinstance(change, AddTasks)] == [0, 1, 2, 3]
    chance = app(kind="batch", replicas=0, cpu=1, arrivals=Arrivals(0.5, "poisson", seconds(300)))
    counts = []
    for _ in range(2):
        plane = Scripted()
        run(plane, scenario(chance))
        counts.append(len(plane.changes))
    assert counts[0] == counts[1]
    assert 100 < counts[0] < 200


def test_bursts_bring_as_many_tasks_as_single_ones_but_in_groups():
    gaps = Draws(Streams(1), TaskParameters()).gaps("jobs", Arrivals(2.0, "bursty", seconds(1), burst=10.0))
    drawn = [gaps() for _ in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(seconds(0.5), rel=0.1)
    assert len(drawn) / sum(1 for gap in drawn if gap) == pytest.approx(10, rel=0.1)
    together = app(kind="batch", replicas=0, cpu=1, arrivals=Arrivals(1.0, "bursty", seconds(100), burst=20.0))
    plane = Scripted()
    run(plane, scenario(together))
    numbers = [change.first for change in plane.changes if isinstance(change, AddTasks)]
    assert numbers == list(range(len(numbers)))
    assert numbers


def test_a_run_can_be_stopped():
    world = World(scenario(app()), Scripted(), 1)
    with pytest.raises(CancelledError, match=r"stopped at t=6\.0s of 600\.0s"):
        world.run(cancelled=lambda: True)


def test_progress_reaches_one():
    told: list[float] = []
    World(scenario(app()), Scripted(), 1).run(progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
