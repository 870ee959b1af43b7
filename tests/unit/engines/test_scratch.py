"""The own disks of machines: what processes write there, who fails when one is full, and what stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import GIB, Scripted, app, scenario
from workbench.engines.agenda import Order
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.cluster import Node
from workbench.model.lives import DiskUse
from workbench.model.resources import CPU, DISK, MEMORY

MIB = 1024**2
NO_RESERVE = {"world.scratch.reserve_percent": 0}


def writing(name, begins, grows=0, *, most=None, volume="", at=0, **more):
    use = DiskUse(begins * MIB, round(grows * MIB), None if most is None else most * MIB, volume)
    return app(name, cpu=100, memory=64 * MIB, start=0, ready=0, at=at, disk_use=use, **more)


def machine(disk=1024):
    return Node("node-0", {CPU: 4000, MEMORY: 16 * GIB, **({DISK: disk * MIB} if disk else {})})


def world(*apps, disk=1024, horizon=600, settings=NO_RESERVE):
    return World(scenario(*apps, machines=(machine(disk),), horizon=horizon, settings=settings), Scripted(), 1)


def failures(made):
    return [
        (row["subject"], row["at_us"] / SECOND_US, row["reason"])
        for row in made.run()["events"].dicts()
        if row["kind"] == "process-failed"
    ]


def test_who_writes_on_fails_when_the_disk_is_full():
    # 1024 MiB less 24 are written at 10 MiB a second
    assert failures(world(writing("log", 24, 10))) == [("log-0", pytest.approx(100, abs=0.001), "disk-full")]


def test_so_does_everybody_who_writes_on_but_nobody_else():
    found = failures(
        world(writing("log", 0, 10), writing("journal", 24, 0.5), writing("calm", 0), app("none", start=0))
    )
    assert [name for name, _, _ in found] == ["log-0", "journal-0"]
    assert found[0][1] == found[1][1]


def test_what_was_written_stays_so_that_the_next_finds_no_room():
    found = failures(world(writing("log", 24, 10), writing("late", 1, at=200)))
    assert found == [
        ("log-0", pytest.approx(100, abs=0.001), "disk-full"), ("late-0", pytest.approx(200), "disk-full"),
    ]  # fmt: skip


def test_one_that_brings_more_than_there_is_room_for_fills_the_disk_and_fails():
    made = world(writing("calm", 600), writing("late", 600, at=50))
    assert failures(made) == [("late-0", pytest.approx(50, abs=0.001), "disk-full")]
    assert made.scratch.available(0) == 0


def test_one_that_stops_to_write_below_is_left_alone():
    assert failures(world(writing("log", 0, 10, most=900))) == []


@pytest.mark.parametrize(
    ("disk", "settings", "expected"),
    [
        pytest.param(900, {}, 1000, id="a tenth beyond what work may ask for"),
        pytest.param(900, {"world.scratch.reserve_percent": 50}, 1800, id="or as much as the setting says"),
        pytest.param(0, {}, 0, id="a machine that does not say has no size"),
    ],
)
def test_how_large_the_disk_of_a_machine_is(disk, settings, expected):
    assert world(writing("log", 0), disk=disk, settings=settings).scratch.whole(0) == expected * MIB


def test_a_machine_that_does_not_say_how_much_disk_it_has_is_never_full():
    assert failures(world(writing("log", 0, 1024), disk=0)) == []


def test_nothing_is_followed_where_no_app_says_what_it_writes():
    assert not world(app("a")).scratch.followed


# -- what stays ---------------------------------------------------------------------------------------------------


def left(*steps, volume=""):
    """Run a task three times for 10 s each, 1 MiB a second; do what is asked, and return the MiB of it on the disk."""
    made = world(writing("log", 0, 1, volume=volume), horizon=100)

    def end():
        made.stop(0, "failed")

    def again():
        made.start_process(0)

    for number in range(3):
        made.agenda.at((20 * number + 10) * SECOND_US, Order.END, end)
        if number < 2:
            made.agenda.at((20 * number + 20) * SECOND_US, Order.END, again)
    for at, step in steps:
        made.agenda.at(at * SECOND_US, Order.AGENT, getattr(made.scratch, step), 0)
    made.run()
    return (made.scratch.whole(0) - made.scratch.available(0)) // MIB, made.scratch.used(0) // MIB


@pytest.mark.parametrize(
    ("steps", "volume", "expected"),
    [
        pytest.param([], "", (30, 0), id="what each run wrote stays, and counts for nobody"),
        pytest.param([], "data", (30, 30), id="in a volume it is still the task's"),
        pytest.param([(60, "keep_last")], "", (10, 0), id="but for the last, if the others are removed"),
        pytest.param([(60, "keep_last")], "data", (30, 30), id="that spares volumes"),
        pytest.param([(60, "empty_volumes")], "data", (0, 0), id="which can be emptied"),
        pytest.param([(60, "empty_volumes")], "", (30, 0), id="and nothing else with them"),
        pytest.param([(60, "remove")], "", (0, 0), id="all can be removed"),
        pytest.param([(45, "remove")], "", (0, 0), id="while it runs: once it has ended"),
        pytest.param([(35, "remove")], "", (10, 0), id="between two runs: what there is then"),
    ],
)
def test_what_stays_of_a_task(steps, volume, expected):
    assert left(*steps, volume=volume) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 40), st.none() | st.integers(0, 2000), st.integers(0, 90)),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_no_more_is_ever_written_than_there_is_room_for(parts):
    apps = [writing(f"a{number}", *part[:2], most=part[2], at=part[3]) for number, part in enumerate(parts)]
    made = world(*apps, horizon=100)
    seen = []

    def look():
        seen.append(made.scratch.available(0))

    for second in range(1, 100):
        made.agenda.at(second * SECOND_US + 1, Order.SCHEDULER, look)
    made.run()
    assert min(seen) >= -len(apps) * 40 * MIB // SECOND_US - len(apps)  # what is written within a microsecond
