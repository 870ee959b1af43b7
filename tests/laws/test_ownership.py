"""Whatever is relabelled, orphaned, lost or resized: who owns a pod, and who may take it over."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.selectors import selects
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.native.kubernetes.meta import ObjectMeta

AT = st.integers(20, 300)
NAMES = st.sampled_from(["web", "api"])


def asked(at: int, kind: str, name: str, **more: object) -> PlannedChange:
    return PlannedChange(seconds(at), kind, name, **more)  # type: ignore[arg-type]  # a plain text, for tables


RELABELS = st.builds(
    lambda at, name, to, count: asked(at, "relabel", name, labels={"app": to}, instances=count),
    AT, NAMES, st.sampled_from(["web", "api", "debug", ""]), st.integers(1, 3),
)  # fmt: skip
OTHERS = st.one_of(
    st.builds(lambda at, name, to: asked(at, "scale", name, replicas=to), AT, NAMES, st.integers(0, 6)),
    st.builds(lambda at, name: asked(at, "update", name, ready_us=seconds(2)), AT, NAMES),
    st.builds(
        lambda at, name, how: asked(at, "delete", name, cascade=how),
        AT, NAMES, st.sampled_from(["orphan", "foreground", "background"]),
    ),
)  # fmt: skip
LOSSES = st.builds(lambda at, node: Fault(seconds(at), node=f"node-{node}"), AT, st.integers(0, 3))


class Watched(Kubernetes):
    """Kubernetes that looks at every pod whose owner changes, at the moment at which that is stored."""

    adopted = 0

    def start(self, world: World) -> None:
        super().start(world)
        tell = self.api._changed

        def changed(kind, old, new):
            if kind == "Pod" and old is not None and new is not None and old.owner != new.owner:
                self.look(old, new)
            tell(kind, old, new)

        self.api._changed = changed

    def look(self, old, new) -> None:
        assert not (old.owner and new.owner), "a pod went from one owner to another at once"
        assert new.info.controller == (None if not new.owner else new.info.controller)
        if new.owner:
            owner = self.api.objects[new.owner]
            assert not new.deleting, "a pod was adopted that was being deleted"
            assert not owner.deleting, "a pod was adopted by an owner that was being deleted"
            assert (new.info.controller.kind, new.info.controller.name) == (owner.kind, owner.name)
            self.adopted += 1


def owned(name: str, replicas: int, label: str):
    """Return a service that came as a Deployment and selects by one label, which others may carry as well."""
    plain = app(label, replicas=replicas, cpu=100, ready=0)
    native = replace(objects_for(plain, WorkloadParameters())[0].native, metadata=ObjectMeta(name=name))
    return app(name, replicas=replicas, cpu=100, ready=0, native=native)


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.one_of(RELABELS, RELABELS, OTHERS), max_size=7), faults=st.lists(LOSSES, max_size=1))
def test_a_pod_has_one_owner_at_most_and_every_set_ends_with_as_many_as_it_wants(changes, faults):
    plane = Watched()
    made = scenario(owned("web", 3, "web"), owned("api", 2, "api"), machines=5, horizon=1500, changes=changes,
                    faults=faults)  # fmt: skip
    World(made, plane, 1).run()
    sets = {key: one for key, one in plane.api.objects.items() if one.kind == "ReplicaSet"}
    for key, one in sets.items():
        if one.deleting:  # it waits for a pod on a lost machine, which nobody can say has stopped
            continue
        mine = [pod for pod in plane.api.pods.values() if pod.active and pod.owner == key]
        assert len(mine) == one.native.spec.replicas
        assert all(selects(one.native.spec.selector, pod.info.labels) for pod in mine)
    for pod in plane.api.pods.values():
        assert not pod.active or pod.owner in ("", *sets), "a pod belongs to something that is gone"
        free = not pod.owner and pod.active
        assert not (free and any(selects(one.native.spec.selector, pod.info.labels) for one in sets.values()))


def test_the_law_above_meets_adoptions():
    back = [asked(60, "relabel", "web", labels={"app": "x"}), asked(120, "relabel", "web", labels={"app": "web"})]
    plane = Watched()
    World(scenario(owned("web", 3, "web"), machines=5, horizon=300, changes=back), plane, 1).run()
    assert plane.adopted == 1
