"""StatefulSets under whatever happens: never two of one number, nobody forgotten, and in the end what was wanted."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import scenario, seconds
from tests.unit.engines.kubernetes.controllers.members import change, members
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.faults import OF_MACHINES, Fault

HORIZON = 4000
MACHINES = 4

FAULTS = st.builds(
    lambda at, kind, node, away: Fault(seconds(at), kind, f"node-{node}", back_us=seconds(at + away)),
    st.integers(30, 500), st.sampled_from(OF_MACHINES), st.integers(0, MACHINES - 1), st.integers(5, 900),
)  # fmt: skip
SIZES = st.builds(lambda at, to: change(at, "scale", replicas=to), st.integers(30, 500), st.integers(0, 6))
VERSIONS = st.builds(
    lambda at, ready: change(at, "update", ready_us=seconds(ready)), st.integers(30, 500), st.integers(0, 15)
)
SETS = st.fixed_dictionaries(
    {
        "parallel": st.booleans(),
        "start": st.sampled_from([0, 0, 3]),
        "partition": st.integers(0, 3),
        "most": st.sampled_from([None, 1, 2, "50%"]),
        "on_delete": st.booleans(),
        "min_ready": st.sampled_from([0, 0, 5]),
        "when_scaled": st.sampled_from(["Retain", "Delete"]),
    }
)


class Watched(Kubernetes):
    """Kubernetes that looks at its pods after every write that is stored."""

    def start(self, world: World) -> None:
        super().start(world)
        tell = self.api._changed

        def changed(kind, old, new):
            tell(kind, old, new)
            if kind == "Pod":
                self.look()

        self.api._changed = changed

    def look(self) -> None:
        names = [pod.name for pod in self.api.pods.values()]
        assert len(set(names)) == len(names), "two pods with one identity"
        alive = [pod.name for pod in self.api.pods.values() if self.api.world.alive(pod.uid)]
        assert len(set(alive)) == len(alive), "two live processes with one identity"


def lost_machines_overlap(faults) -> bool:
    """Say whether some machine is to be lost again before it is back."""
    spans = sorted((one.node, one.at_us, one.back_us) for one in faults)
    return any(node == other and at <= back_before for (node, _, back_before), (other, at, _) in pairwise(spans))


@settings(max_examples=50, deadline=None)
@given(
    replicas=st.integers(1, 5),
    shape=SETS,
    changes=st.lists(st.one_of(SIZES, VERSIONS), max_size=4),
    faults=st.lists(FAULTS, max_size=4).filter(lambda faults: not lost_machines_overlap(faults)),
    seed=st.integers(0, 3),
)
def test_members_are_unique_and_in_the_end_as_wanted(replicas, shape, changes, faults, seed):
    db = members(replicas, **shape)
    plane = Watched()
    world = World(scenario(db, machines=MACHINES, horizon=HORIZON, changes=changes, faults=faults), plane, seed)
    trace = world.run()
    sizes = sorted((one for one in changes if one.kind == "scale"), key=lambda one: one.at_us)
    wanted = sizes[-1].replicas if sizes else replicas
    pods = sorted(plane.api.pods.values(), key=lambda pod: pod.index)
    start = shape["start"]
    assert [(pod.index, pod.ready, pod.deleting) for pod in pods] == [
        (start + number, True, False) for number in range(wanted)
    ]
    newest = sum(one.kind == "update" for one in changes)
    if not shape["on_delete"]:
        assert all(pod.app.version == newest for pod in pods if pod.index >= start + shape["partition"])
    running = {row["task"] for row in trace["tasks"].dicts() if row["outcome"] == "running"}
    assert running == {pod.name for pod in pods}
    for row in trace["tasks"].dicts():  # nobody is lost from the books
        assert row["outcome"] == "running" or row["ended_us"] != NEVER or row["started_us"] == NEVER


@settings(max_examples=25, deadline=None)
@given(parallel=st.booleans(), node=st.integers(0, MACHINES - 1), at=st.integers(30, 200), seed=st.integers(0, 3))
def test_while_a_machine_stays_lost_its_members_are_missing_and_the_trace_says_why(parallel, node, at, seed):
    db = members(MACHINES, parallel=parallel, cpu=3000)
    plane = Watched()
    faults = [Fault(seconds(at), node=f"node-{node}")]
    trace = World(scenario(db, machines=MACHINES, horizon=HORIZON, faults=faults), plane, seed).run()
    missing = [pod for pod in plane.api.pods.values() if not pod.ready]
    stuck = {row["subject"] for row in trace["events"].dicts() if row["kind"] == "MemberTerminating"}
    unplaced = [pod for pod in missing if pod.node == -1]
    assert missing
    assert {pod.name for pod in missing if pod.deleting} == stuck
    for pod in unplaced:
        assert next(row["why"] for row in trace["tasks"].dicts() if row["task"] == pod.name and not row["node"])
