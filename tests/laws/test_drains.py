"""However many machines are drained, whatever else breaks: no eviction takes a service below what its budget says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.test_drain import budget
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.controllers.disruption import desired_healthy
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault

NODES = [f"node-{number}" for number in range(4)]
AMOUNTS = st.one_of(st.integers(0, 6), st.sampled_from(["0%", "30%", "50%", "100%"]))
BUDGETS = st.one_of(
    st.builds(lambda amount: budget(max_unavailable=amount), AMOUNTS),
    st.builds(lambda amount: budget(min_available=amount), AMOUNTS),
)
DRAINS = st.builds(
    lambda at, kind, node: PlannedChange(seconds(at), kind, node=node),
    st.floats(20, 200).map(lambda at: round(at, 2)), st.sampled_from(["drain", "drain", "uncordon"]),
    st.sampled_from(NODES),
)  # fmt: skip
LOSSES = st.builds(
    lambda at, node: Fault(seconds(at), node=node, back_us=seconds(at + 100)),
    st.integers(20, 200), st.sampled_from(NODES),
)  # fmt: skip


class Watched(Kubernetes):
    """Kubernetes that looks at a service after every pod that is told to go, and counts those."""

    def __init__(self, least: int) -> None:
        super().__init__()
        self.least, self.taken = least, 0

    def start(self, world: World) -> None:
        super().start(world)
        delete = self.api.delete_pod

        def watched(uid, grace_s=None, disruption=""):
            pod = self.api.pods.get(uid)
            counted = pod is not None and pod.ready and pod.active
            error = delete(uid, grace_s, disruption)
            if disruption == "EvictionByEvictionAPI" and counted:
                self.taken += 1
                healthy = sum(one.ready and one.active for one in self.api.pods.values())
                assert healthy >= self.least, "an eviction took more than the budget allows"
            return error

        self.api.delete_pod = watched


@settings(max_examples=60, deadline=None)
@given(
    replicas=st.integers(1, 8),
    given_budget=BUDGETS,
    changes=st.lists(DRAINS, min_size=1, max_size=5),
    faults=st.lists(LOSSES, max_size=1),
    stop=st.integers(0, 40),
)
def test_no_eviction_goes_beyond_the_budget(replicas, given_budget, changes, faults, stop):
    web = app("web", replicas=replicas, cpu=300, ready=3, stop_us=seconds(stop))
    plane = Watched(desired_healthy(given_budget, replicas))
    world = World(
        scenario(web, machines=4, horizon=700, changes=changes, faults=faults, objects=(given_budget,)), plane, 1
    )
    world.run()
    pods = [pod for pod in plane.api.pods.values() if pod.active]
    assert len(pods) == replicas
    cordoned = {node.index for node in plane.api.nodes if node.node.spec.unschedulable}
    if len(cordoned) < 4:
        assert all(pod.ready for pod in pods)


@settings(max_examples=40, deadline=None)
@given(
    replicas=st.integers(2, 8),
    unavailable=st.integers(1, 3),
    node=st.sampled_from(NODES),
)
def test_a_drain_that_its_budget_allows_comes_to_its_end(replicas, unavailable, node):
    """Where at least one may be missing and there is room elsewhere, the machine is empty in the end."""
    web = app("web", replicas=replicas, cpu=300, ready=3)
    plane = Watched(desired_healthy(budget(max_unavailable=unavailable), replicas))
    made = scenario(
        web, machines=4, horizon=700, objects=(budget(max_unavailable=unavailable),),
        changes=[PlannedChange(seconds(60), "drain", node=node)],
    )  # fmt: skip
    trace = World(made, plane, 1).run()
    assert node not in {row["node"] for row in trace["tasks"].dicts() if row["outcome"] == "running"}
    assert [row["subject"] for row in trace["events"].dicts() if row["kind"] == "Drained"] == [node]
