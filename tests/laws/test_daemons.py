"""However a DaemonSet is updated, and whatever else is asked: no more nodes without their pod than allowed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.daemonset_update import bounds
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.native.kubernetes.apps import DaemonSetUpdateStrategy, RollingUpdateDaemonSet

UPDATES = st.builds(
    lambda at, ready, broken, stop: PlannedChange(
        seconds(at), "update", "logs", ready_us=seconds(ready), broken=broken, stop_us=seconds(stop)
    ),
    st.integers(60, 400), st.integers(0, 10), st.booleans(), st.integers(0, 20),
)  # fmt: skip
ROLLBACKS = st.builds(lambda at: PlannedChange(seconds(at), "rollback", "logs"), st.integers(60, 400))
BOUNDS = st.one_of(
    st.tuples(st.sampled_from([1, 2, "40%", "100%"]), st.just(0)),
    st.tuples(st.just(0), st.sampled_from([1, 2, "40%", "100%"])),
)
MACHINES = 6


class Watched(Kubernetes):
    """Kubernetes that looks at the daemon pods after every write that is stored."""

    whole = False

    def __init__(self, strategy: DaemonSetUpdateStrategy, min_ready: int) -> None:
        super().__init__()
        self.surge, self.unavailable = bounds(strategy, MACHINES)
        self.min_ready_us = seconds(min_ready)

    def start(self, world: World) -> None:
        super().start(world)
        tell = self.api._changed

        def changed(kind, old, new):
            tell(kind, old, new)
            if kind == "Pod":
                self.look(old, new)

        self.api._changed = changed

    def available(self, pod) -> bool:
        return pod.ready and self.api.world.now_us - pod.ready_us >= self.min_ready_us

    def look(self, old, new) -> None:
        pods = [pod for pod in self.api.pods.values() if pod.active]
        assert len(pods) <= MACHINES + self.surge, "more pods than the surge allows"
        there = {pod.index for pod in pods if self.available(pod)}
        taken = old is not None and old.active and self.available(old) and not (new is not None and new.active)
        self.whole = self.whole or len(there) + taken >= MACHINES
        if taken and self.whole:
            assert len(there) >= MACHINES - self.unavailable, "more nodes without their pod than allowed"


@settings(max_examples=60, deadline=None)
@given(
    allowed=BOUNDS,
    min_ready=st.sampled_from([0, 0, 5]),
    changes=st.lists(st.one_of(UPDATES, UPDATES, ROLLBACKS), max_size=4),
)
def test_a_daemonset_keeps_its_bounds_and_ends_with_the_version_wanted_last(allowed, min_ready, changes):
    plain = app("logs", "daemon", cpu=100, ready=2)
    native = objects_for(plain, WorkloadParameters(readiness_period_s=1))[0].native
    strategy = DaemonSetUpdateStrategy(
        rolling_update=RollingUpdateDaemonSet(max_unavailable=allowed[0], max_surge=allowed[1])
    )
    spec = replace(native.spec, update_strategy=strategy, min_ready_seconds=min_ready)
    logs = app("logs", "daemon", cpu=100, ready=2, native=replace(native, spec=spec))
    last = PlannedChange(seconds(500), "update", "logs", ready_us=seconds(2))
    plane = Watched(strategy, min_ready)
    World(scenario(logs, machines=MACHINES, horizon=1500, changes=[*changes, last]), plane, 1).run()
    newest = 1 + sum(one.kind == "update" for one in changes)
    pods = [pod for pod in plane.api.pods.values() if pod.active]
    assert plane.whole
    assert sorted((pod.index, pod.app.version, pod.ready) for pod in pods) == [
        (index, newest, True) for index in range(MACHINES)
    ]
