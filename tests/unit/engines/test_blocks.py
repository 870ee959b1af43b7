"""Where input lies and what reading costs: the same for every control plane."""

from __future__ import annotations

import pytest

from tests.make import Scripted, app, scenario, seconds
from workbench.engines.blocks import Blocks, DataParameters
from workbench.engines.randomness import Streams
from workbench.engines.world import World
from workbench.model.batch_work import Input, Schedule

MIB = 1024**2
JOB = app("job", "batch", replicas=40, start=0, runs=5, input=Input(200 * MIB, 3))


def blocks(nodes=10):
    return Blocks(Streams(1), DataParameters(), [f"node-{number}" for number in range(nodes)])


def test_each_block_has_its_copies_on_as_many_machines_and_they_stay_where_they_are():
    known = blocks()
    homes = [known.homes(JOB, block) for block in range(40)]
    assert {len(one) for one in homes} == {3}
    assert homes == [blocks().homes(JOB, block) for block in range(40)]
    assert set().union(*homes) == set(range(10))


def test_on_fewer_machines_than_copies_every_machine_has_one():
    assert blocks(2).homes(JOB, 0) == {0, 1}


def test_with_fewer_blocks_than_tasks_the_tasks_read_them_again():
    staged = app("job", "batch", replicas=6, input=Input(MIB, 3, 3))
    assert [blocks().block_of(staged, slot) for slot in range(6)] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(("level", "seconds_"), [("process", 0), ("node", 2), ("any", 10)])
def test_reading_takes_its_time_by_where_the_block_lies(level, seconds_):
    """200 MiB at 100 MiB/s from the disk, at 20 MiB/s over the network."""
    assert blocks().read_us(JOB, level) == seconds(seconds_)


def test_a_task_works_after_it_has_read():
    world = World(scenario(JOB, machines=10), Scripted(lambda task: task % 10), 1)
    trace = world.run()
    tasks = trace["tasks"]
    runs = {name: (end - start) / 1e6 for name, start, end in zip(
        tasks["task"], tasks["started_us"], tasks["ended_us"], strict=True)}  # fmt: skip
    for read in trace["reads"].dicts():
        assert runs[read["task"]] == pytest.approx(5 + read["takes_s"])
        assert read["takes_s"] == {"node": 2.0, "any": 10.0}[read["level"]]
    assert {read["level"] for read in trace["reads"].dicts()} == {"node", "any"}


def test_starts_by_the_clock_are_counted_up_to_the_end_or_the_last():
    every = Schedule(seconds(10), seconds(60))
    assert [every.start_us(number) for number in range(3)] == [seconds(10), seconds(70), seconds(130)]
    assert every.starts_before(seconds(10)) == 0
    assert every.starts_before(seconds(131)) == 3
    assert Schedule(seconds(10), seconds(60), 2).starts_before(seconds(1000)) == 2
