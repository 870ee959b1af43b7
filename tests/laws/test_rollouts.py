"""Whatever is asked of a Deployment, and in whatever order: what a rollout may never do, and where it ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import scenario, seconds
from tests.unit.engines.kubernetes.controllers.rollouts import change, deployed
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.deployment_rolling import min_available, resolve_fenceposts
from workbench.engines.world import World
from workbench.model.faults import Fault
from workbench.model.workload import App

HORIZON = 1500

BOUNDS = st.one_of(st.integers(0, 5), st.sampled_from(["0%", "10%", "25%", "50%", "100%"]))
UPDATES = st.builds(
    lambda at, ready, broken, stop: change(
        at, "update", ready_us=seconds(ready), broken=broken, stop_us=seconds(stop)
    ),
    st.integers(30, 400), st.integers(0, 20), st.booleans(), st.integers(0, 40),
)  # fmt: skip
OTHERS = st.builds(change, st.integers(30, 400), st.sampled_from(["rollback", "pause", "resume"]))
SIZES = st.builds(lambda at, to: change(at, "scale", replicas=to), st.integers(30, 400), st.integers(0, 15))
LOSSES = st.builds(
    lambda at, node, away: Fault(seconds(at), node=f"node-{node}", back_us=seconds(at + away)),
    st.integers(20, 400), st.integers(0, 4), st.sampled_from([30, 100, 400]),
)  # fmt: skip
LAST = [change(420, "resume"), change(430, "update", ready_us=seconds(3))]
"""Whatever came before: in the end a version that works, and nobody holds it up."""


class Watched(Kubernetes):
    """Kubernetes that looks at its pods after every write that is stored."""

    def __init__(self, web: App, *, surge: int, least: int) -> None:
        super().__init__()
        self.app, self.surge, self.least = web, surge, least
        self.whole = False

    def start(self, world: World) -> None:
        super().start(world)
        tell = self.api._changed

        def changed(kind, old, new):
            tell(kind, old, new)
            if kind == "Pod":
                self.look(old, new)

        self.api._changed = changed

    def look(self, old, new) -> None:
        pods = [pod for pod in self.api.pods.values() if pod.active]
        assert len(pods) <= self.app.replicas + self.surge, "more pods than the surge allows"
        available = sum(self.counts(pod) for pod in pods)
        taken = old is not None and old.active and self.counts(old) and not (new is not None and new.active)
        self.whole = self.whole or available + taken >= self.app.replicas
        if taken and self.whole:
            assert available >= self.least, "fewer pods available than the rollout allows"

    def counts(self, pod) -> bool:
        """Say whether a pod counts as available now."""
        since_us = self.api.world.now_us - pod.ready_us
        return pod.ready and since_us >= seconds(self.app.native.spec.min_ready_seconds)


@settings(max_examples=60, deadline=None)
@given(
    replicas=st.integers(1, 12),
    surge=BOUNDS,
    unavailable=BOUNDS,
    min_ready=st.sampled_from([0, 0, 4]),
    changes=st.lists(st.one_of(UPDATES, UPDATES, OTHERS), max_size=5),
)
def test_a_rollout_keeps_its_bounds_at_every_instant_and_ends_where_it_should(
    replicas, surge, unavailable, min_ready, changes
):
    web = deployed(replicas, surge=surge, unavailable=unavailable, min_ready=min_ready)
    over, _ = resolve_fenceposts(surge, unavailable, replicas)
    plane = Watched(web, surge=over, least=min_available("RollingUpdate", replicas, surge, unavailable))
    world = World(scenario(web, machines=5, horizon=HORIZON, changes=[*changes, *LAST]), plane, 1)
    world.run()
    assert plane.whole
    pods = [pod for pod in plane.api.pods.values() if pod.active]
    newest = max(pod.app.version for pod in pods)
    assert newest == 1 + sum(one.kind == "update" for one in changes)
    assert [(pod.app.version, pod.ready) for pod in pods] == [(newest, True)] * replicas


@settings(max_examples=60, deadline=None)
@given(
    replicas=st.integers(1, 12),
    recreate=st.booleans(),
    changes=st.lists(st.one_of(UPDATES, OTHERS, SIZES), max_size=6),
    faults=st.lists(LOSSES, max_size=2),
)
def test_whatever_is_asked_and_lost_a_deployment_ends_at_the_size_and_version_wanted_last(
    replicas, recreate, changes, faults
):
    web = deployed(replicas, recreate=recreate)
    plane = Kubernetes()
    world = World(scenario(web, machines=5, horizon=HORIZON, changes=[*changes, *LAST], faults=faults), plane, 1)
    world.run()
    sizes = sorted((one for one in changes if one.kind == "scale"), key=lambda one: one.at_us)
    wanted = sizes[-1].replicas if sizes else replicas
    pods = [pod for pod in plane.api.pods.values() if pod.active]
    newest = 1 + sum(one.kind == "update" for one in changes)
    assert [(pod.app.version, pod.ready) for pod in pods] == [(newest, True)] * wanted
