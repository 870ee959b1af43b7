"""The end of a pod: the hook first, then the request to stop, the kill at the end of the grace period."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import at, container, happened, simulate, tasks
from workbench.experiments.requests import total
from workbench.model.changes import PlannedChange
from workbench.model.lives import ContainerTimes, Trouble
from workbench.model.load import Load, constant
from workbench.model.native.kubernetes import ObjectMeta, Pod, PodSpec
from workbench.model.native.kubernetes.pods import ExecAction, Lifecycle, LifecycleHandler, SleepAction

QUICK = {"kubernetes.kubelet.relist_period_s": 0.01}


def sleep(number: int) -> Lifecycle:
    return Lifecycle(pre_stop=LifecycleHandler(sleep=SleepAction(seconds=number)))


def lasted(stop, lifecycle=None, *, grace=30, trouble=None, sidecar=None, **more):
    """Delete a bare pod at 60 s; return how long its process, and its object, lasted from then on."""
    first = (replace(container("1", "64Mi"), name="s", restart_policy="Always"),) if sidecar is not None else ()
    spec = PodSpec(
        containers=(replace(container("100m", "64Mi"), lifecycle=lifecycle),),
        init_containers=first,
        termination_grace_period_seconds=grace,
    )
    native = Pod(metadata=ObjectMeta(name="p", namespace="default"), spec=spec)
    beside = {"s": ContainerTimes(stop_us=seconds(sidecar))} if sidecar is not None else {}
    one = app("p", start=0, ready=0, native=native, stop_us=seconds(stop), trouble=trouble, containers=beside, **more)
    gone = PlannedChange(seconds(60), "delete", app="p")
    (row,) = tasks(simulate(scenario(one, machines=1, horizon=200, changes=[gone], settings=QUICK)))
    return at(row["ended_us"]) - 60, at(row["released_us"]) - 60


EXEC = Lifecycle(pre_stop=LifecycleHandler(exec=ExecAction()))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"stop": 3}, 3, id="as long as it takes to stop"),
        pytest.param({"stop": 99}, 30, id="no longer than its grace period"),
        pytest.param({"stop": 3, "lifecycle": sleep(10)}, 13, id="the hook first"),
        pytest.param({"stop": 99, "lifecycle": sleep(10)}, 30, id="the hook's time is taken from the grace period"),
        pytest.param({"stop": 99, "lifecycle": sleep(29)}, 31, id="of which two seconds are left at least"),
        pytest.param({"stop": 0, "lifecycle": EXEC}, 0, id="a command of which nothing is said takes no time"),
        pytest.param({"stop": 0, "lifecycle": EXEC, "pre_stop_us": seconds(8)}, 8, id="else the time that is said"),
        pytest.param({"stop": 3, "trouble": Trouble(hangs_us=seconds(9))}, 30, id="a process that hangs is killed"),
    ],
)
def test_how_long_a_process_lasts(given, expected):
    assert lasted(**given)[0] == pytest.approx(expected, abs=0.1)


def test_sidecars_stop_after_it():
    process, pod = lasted(3, sidecar=5)
    assert (process, pod) == pytest.approx((3, 8), abs=0.2)


def test_and_have_what_is_left_of_the_grace_period():
    assert lasted(3, sidecar=99, grace=10)[1] == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize(("pre_stop", "loses"), [(0, True), (5, False)])
def test_a_hook_lets_the_endpoints_leave_first(pre_stop, loses):
    """Scaled down, an instance that stops at once is sent requests for another second or two."""
    load = Load(constant(100.0), seconds(0.001))
    one = app("web", replicas=2, stop_us=0, pre_stop_us=seconds(pre_stop), load=load)
    down = PlannedChange(seconds(60), "scale", app="web", replicas=1)
    trace = simulate(scenario(one, machines=2, horizon=120, changes=[down]))
    opening = happened(trace, "endpoints", change="added")[0]
    late = [row for row in trace["traffic"].dicts() if row["at_us"] > seconds(opening + 5)]
    assert (sum(row["lost"] for row in late) > 1) == loses
    assert total(trace, "web", "served") > 0
