"""How one version of a DaemonSet follows another."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.daemonset_update import (
    DaemonPod,
    Step,
    bounds,
    rolling_update,
    too_many,
)
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes.apps import DaemonSetUpdateStrategy, RollingUpdateDaemonSet


def strategy(unavailable=1, surge=0, kind="RollingUpdate") -> DaemonSetUpdateStrategy:
    return DaemonSetUpdateStrategy(
        type=kind, rolling_update=RollingUpdateDaemonSet(max_unavailable=unavailable, max_surge=surge)
    )


def old(uid: int, ready: bool = True) -> DaemonPod:
    return DaemonPod(uid, False, ready, ready)


def new(uid: int, ready: bool = True, available: bool | None = None) -> DaemonPod:
    return DaemonPod(uid, True, ready, ready if available is None else available)


@pytest.mark.parametrize(
    ("unavailable", "surge", "expected"),
    [
        pytest.param(1, 0, (0, 1), id="the defaults"),
        pytest.param("10%", 0, (0, 1), id="a tenth of five, rounded up"),
        pytest.param("50%", 0, (0, 3), id="half of five, rounded up"),
        pytest.param(0, "30%", (2, 0), id="surge is rounded up too"),
        pytest.param(0, 0, (0, 1), id="both zero: one may be missing"),
    ],
)
def test_bounds(unavailable, surge, expected):
    assert bounds(strategy(unavailable, surge), 5) == expected


@pytest.mark.parametrize(
    ("nodes", "unavailable", "expected"),
    [
        pytest.param([[old(0)], [old(1)], [old(2)]], 1, Step((0,)), id="one at a time"),
        pytest.param([[old(0)], [old(1)], [old(2)]], 2, Step((0, 1)), id="two at a time"),
        pytest.param([[], [old(1)], [old(2)]], 1, Step(), id="a node without a pod is missing already"),
        pytest.param([[new(0, False)], [old(1)]], 1, Step(), id="a new pod that is not available holds it up"),
        pytest.param([[new(0, True, False)], [old(1)]], 1, Step(), id="ready, but not for long enough"),
        pytest.param([[new(0)], [old(1)]], 1, Step((1,)), id="the next one"),
        pytest.param([[old(0, False)], [old(1)], [old(2)]], 1, Step((0,)), id="one that is out of order goes first"),
        pytest.param([[old(0, False)], [old(1, False)], [old(2)]], 1, Step((0, 1)), id="however many are"),
        pytest.param([[new(0), old(3)], [old(1)]], 1, Step(), id="two on a node: not for the update"),
    ],
)
def test_without_surge(nodes, unavailable, expected):
    assert rolling_update(dict(enumerate(nodes)), 0, unavailable) == expected


@pytest.mark.parametrize(
    ("nodes", "surge", "expected"),
    [
        pytest.param([[old(0)], [old(1)]], 1, Step((), (0,)), id="one more at a time"),
        pytest.param([[old(0), new(2, False)], [old(1)]], 1, Step(), id="the new one is waited for"),
        pytest.param(
            [[old(0), new(2)], [old(1)]], 1, Step((0,), (1,)), id="available: the old one goes, the next comes"
        ),
        pytest.param([[old(0, False)], [old(1)]], 1, Step((), (0, 1)), id="beside one out of order at once"),
        pytest.param([[new(0)], [new(1)]], 1, Step(), id="nothing is left to do"),
    ],
)
def test_with_surge(nodes, surge, expected):
    assert rolling_update(dict(enumerate(nodes)), surge, 0) == expected


@pytest.mark.parametrize(
    ("pods", "surge", "expected"),
    [
        pytest.param([old(0), new(1)], False, (1,), id="without surge the oldest stays"),
        pytest.param([old(0), new(1, False)], True, (), id="two may stay while the new one gets ready"),
        pytest.param([old(0, False), new(1, False)], True, (0,), id="not beside one that is not ready itself"),
        pytest.param([old(0), old(1), new(2)], True, (1,), id="one of each at most"),
    ],
)
def test_too_many_on_a_node(pods, surge, expected):
    assert too_many(pods, surge=surge) == expected


# -- in a run ------------------------------------------------------------------------------------------------------


def daemon(update: DaemonSetUpdateStrategy, min_ready: int = 0):
    plain = app("logs", "daemon", cpu=100, ready=2)
    native = objects_for(plain, WorkloadParameters(readiness_period_s=1))[0].native
    spec = replace(native.spec, update_strategy=update, min_ready_seconds=min_ready)
    return app("logs", "daemon", cpu=100, ready=2, native=replace(native, spec=spec))


class Counting(Kubernetes):
    """Kubernetes that keeps the fewest and the most pods that were ready on how many nodes, from a time on."""

    least, most = 99, 0

    def start(self, world: World) -> None:
        super().start(world)
        self.api.watch("Pod", lambda _old, _new: self.count(world))

    def count(self, world: World) -> None:
        if world.now_us > seconds(50):
            pods = [pod for pod in self.api.pods.values() if pod.active]
            self.least = min(self.least, len({pod.index for pod in pods if pod.ready}))
            self.most = max(self.most, len(pods))


def updated(update: DaemonSetUpdateStrategy, horizon: float = 400, min_ready: int = 0, **more) -> Counting:
    changes = [PlannedChange(seconds(60), "update", "logs", image="logs:2", **more)]
    made = scenario(daemon(update, min_ready), machines=5, horizon=horizon, changes=changes)
    plane = Counting()
    World(made, plane, 1).run()
    return plane


def versions(plane: Kubernetes) -> list[int]:
    return sorted(pod.app.version for pod in plane.api.pods.values() if pod.active)


@pytest.mark.parametrize(
    ("update", "least", "most"),
    [
        pytest.param(strategy(), 4, 5, id="one missing at a time"),
        pytest.param(strategy(2), 3, 5, id="two missing at a time"),
        pytest.param(strategy("100%"), 0, 5, id="all at once"),
        pytest.param(strategy(0, 1), 5, 6, id="one more, none missing"),
        pytest.param(strategy(0, "40%"), 5, 7, id="two more, none missing"),
    ],
)
def test_every_node_gets_the_new_version_within_the_bounds(update, least, most):
    plane = updated(update)
    assert versions(plane) == [1] * 5
    assert (plane.least, plane.most) == (least, most)
    assert "DaemonSetUpdated" in plane.api.world.trace["events"]["kind"]


def test_a_version_that_never_becomes_ready_stops_at_the_first_node():
    plane = updated(strategy(), broken=True)
    assert versions(plane) == [0, 0, 0, 0, 1]


def test_with_surge_a_bad_version_costs_nothing():
    plane = updated(strategy(0, 1), broken=True)
    assert versions(plane) == [0, 0, 0, 0, 0, 1]
    assert plane.least == 5


def test_a_pod_has_to_be_ready_for_a_while_before_the_next_one_goes():
    slow, fast = updated(strategy(), min_ready=30), updated(strategy())
    ends = [
        next(row["at_us"] for row in one.api.world.trace["events"].dicts() if row["kind"] == "DaemonSetUpdated")
        for one in (slow, fast)
    ]
    assert ends[0] - ends[1] == pytest.approx(seconds(5 * 30), rel=0.2)


def test_on_delete_nothing_moves_until_somebody_deletes():
    assert versions(updated(strategy(kind="OnDelete"))) == [0] * 5


def test_a_rollback_goes_the_same_way():
    changes = [
        PlannedChange(seconds(60), "update", "logs", broken=True),
        PlannedChange(seconds(120), "rollback", "logs"),
    ]
    plane = Kubernetes()
    World(scenario(daemon(strategy()), machines=4, horizon=400, changes=changes), plane, 1).run()
    assert versions(plane) == [0] * 4
