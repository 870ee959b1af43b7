"""Init containers one after another, sidecars in order, each with its image, its start and its work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, simulate, tasks
from workbench.model.lives import ContainerTimes
from workbench.model.native.kubernetes import ObjectMeta, Pod, PodSpec
from workbench.model.native.kubernetes.pods import ExecAction, Probe

MIB = 1024**2
QUICK = {"kubernetes.kubelet.relist_period_s": 0.01}


def named(name: str, image: str = "", **more):
    return replace_container(container("1", "1Gi", image=image), name=name, **more)


def replace_container(made, **more):
    from msgspec.structs import replace as changed

    return changed(made, **more)


def started(*first, times=None, images=None, settings=QUICK, **spec):
    """Return how long after its disks a pod's process ran that has these init containers."""
    made = PodSpec(containers=(named("main"),), init_containers=first, **spec)
    native = Pod(metadata=ObjectMeta(name="p", namespace="default"), spec=made)
    one = app("p", start=0, ready=0, native=native)
    one = replace(one, containers={name: ContainerTimes(**given) for name, given in (times or {}).items()})
    trace = simulate(scenario(one, machines=1, horizon=300, images=images or {}, settings=settings))
    (row,) = tasks(trace)
    return at(row["started_us"] - row["volume_us"]), row


WORK = {"start_us": seconds(1), "runs_us": seconds(20)}


@pytest.mark.parametrize(
    ("first", "times", "expected"),
    [
        pytest.param((), {}, 0, id="none"),
        pytest.param((named("a"),), {"a": WORK}, 21, id="one: its start and its work"),
        pytest.param((named("a"), named("b")), {"a": WORK, "b": WORK}, 42, id="two, one after another"),
        pytest.param((named("a"),), {}, 0, id="nothing said of it: no time"),
        pytest.param(
            (named("s", restart_policy="Always"), named("a")),
            {"s": {"start_us": seconds(3), "runs_us": seconds(99)}, "a": WORK},
            24,
            id="a sidecar holds the next one up until it has started, not until it ends",
        ),
        pytest.param(
            (named("s", restart_policy="Always", startup_probe=Probe(exec=ExecAction(), period_seconds=1)),),
            {"s": {"start_us": seconds(3), "ready_us": seconds(4)}},
            7,
            id="with a startup probe, until that succeeds",
        ),
    ],
)
def test_when_the_process_starts(first, times, expected):
    assert started(*first, times=times)[0] == pytest.approx(expected, abs=0.05)


def test_the_image_of_an_init_container_is_fetched_before_it_and_the_next_after_it():
    images = {"a": 64 * MIB, "b": 128 * MIB}
    took, _ = started(named("a", "a"), named("b", "b"), times={"a": WORK, "b": WORK}, images=images)
    assert took == pytest.approx(1 + 21 + 2 + 21, abs=0.05)


def test_the_end_of_an_init_container_is_seen_at_the_next_look():
    took, _ = started(named("a"), times={"a": WORK}, settings={"kubernetes.kubelet.relist_period_s": 10})
    assert 21 < took <= 31


def test_its_time_is_a_phase_of_its_own():
    _, row = started(named("a"), times={"a": WORK})
    assert at(row["init_us"] - row["volume_us"]) == pytest.approx(21, abs=0.05)
    assert row["init_us"] <= row["image_us"] <= row["started_us"]


def test_a_container_that_is_restarted_does_not_initialise_again():
    from workbench.model.lives import Trouble

    spec = PodSpec(containers=(named("main"),), init_containers=(named("a"),))
    native = Pod(metadata=ObjectMeta(name="p", namespace="default"), spec=spec)
    one = app("p", start=0, ready=0, native=native, trouble=Trouble(crashes_us=seconds(5)))
    one = replace(one, containers={"a": ContainerTimes(**WORK)})
    trace = simulate(scenario(one, machines=1, horizon=60, settings=QUICK))
    first, second = (at(row["started_us"]) for row in list(trace["attempts"].dicts())[:2])
    assert second - first == pytest.approx(5, abs=0.05)
