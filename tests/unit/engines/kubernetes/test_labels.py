"""Labels at work: who stands behind a Service, what becomes of pods that are relabelled or set free."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import container
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.load import Load, constant
from workbench.model.native.kubernetes import Pod
from workbench.model.native.kubernetes.apps import ReplicaSet, ReplicaSetSpec
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.pods import PodSpec, PodTemplateSpec
from workbench.model.workload import Volume

LOAD = Load(constant(100.0), 1_000)
"""100 requests a second, each of a thousandth of a core-second."""


def change(at: float, kind: str, name: str = "web", **more) -> PlannedChange:
    return PlannedChange(seconds(at), kind, name, **more)  # type: ignore[arg-type]  # a plain text, for tables


def web(replicas: int = 3, **more):
    return app("web", replicas=replicas, cpu=100, ready=0, **more)


def ran(*apps, changes=(), horizon: float = 300) -> World:
    world = World(scenario(*apps, machines=4, horizon=horizon, changes=changes), Kubernetes(), 1)
    world.run()
    return world


def owners(world: World) -> dict[str, int]:
    """Return how many active pods each object owns."""
    found: dict[str, int] = {}
    for pod in world._control_plane.api.pods.values():
        if pod.active:
            found[pod.owner] = found.get(pod.owner, 0) + 1
    return found


def served_by(world: World, name: str = "web") -> list[str]:
    return sorted(world.app_of(task).name for task in world._control_plane.endpoints(name))


def lost(world: World) -> float:
    """Return the share of requests that were lost in the last minute."""
    rows = [row for row in world.trace["traffic"].dicts() if row["at_us"] >= world.trace.horizon_us - seconds(60)]
    return sum(row["lost"] for row in rows) / sum(row["offered"] for row in rows)


def told(world: World, *kinds: str) -> list[tuple[str, str]]:
    return [(row["kind"], row["reason"]) for row in world.trace["events"].dicts() if row["kind"] in kinds]


# -- several versions behind one name ----------------------------------------------------------------------------


def fronts(**canary):
    return web(9, behind="web", load=LOAD), app("canary", replicas=1, cpu=100, ready=0, behind="web", **canary)


def test_a_canary_gets_its_share_of_the_requests_by_the_number_of_pods():
    world = ran(*fronts(errors=1.0))
    assert served_by(world) == ["canary"] + ["web"] * 9
    assert lost(world) == pytest.approx(0.1)
    assert world._control_plane.endpoints("canary") == ()


def test_a_canary_that_is_scaled_gets_a_larger_share():
    world = ran(
        *fronts(errors=0.5), changes=[change(60, "scale", "canary", replicas=6), change(60, "scale", replicas=6)]
    )
    assert lost(world) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([], {"web": 9, "canary": 1}, id="both, as handed over"),
        pytest.param([("canary", 60)], {"canary": 1}, id="the Service is pointed at the other one"),
        pytest.param([("canary", 60), ("web", 90)], {"web": 9}, id="and back"),
        pytest.param([("canary", 60), ("", 90)], {"web": 9, "canary": 1}, id="and at both again"),
    ],
)
def test_a_service_is_pointed_at_one_of_the_apps_behind_it(changes, expected):
    world = ran(*fronts(), changes=[change(at, "route", to=to) for to, at in changes])
    found = served_by(world)
    assert {name: found.count(name) for name in expected} == expected
    assert len(found) == sum(expected.values())


def test_from_blue_to_green_no_request_is_lost_and_no_pod_moves():
    blue, green = web(3, behind="web", load=LOAD), app("green", replicas=3, cpu=100, ready=0, behind="web")
    world = ran(blue, green, changes=[change(60, "route", to="web"), change(120, "route", to="green")])
    assert served_by(world) == ["green"] * 3
    assert [row["lost"] for row in world.trace["traffic"].dicts() if row["at_us"] > seconds(30)] == [0.0] * 269
    assert set(world.trace["tasks"]["outcome"]) == {"running"}
    removed = [row for row in world.trace["endpoints"].dicts() if row["change"] == "removed"]
    assert {row["reason"] for row in removed} == {"not-selected"}


def test_an_instance_answers_as_fast_as_its_own_app_allows():
    half = app("canary", replicas=1, cpu=50, ready=0, behind="web")
    world = ran(web(1, behind="web", load=LOAD), half)
    assert [row["capacity"] for row in world.trace["traffic"].dicts()][-1] == pytest.approx(150)


# -- a pod out of service ------------------------------------------------------------------------------------------


def test_a_pod_that_is_relabelled_is_replaced_and_runs_on_for_nobody():
    world = ran(web(3), changes=[change(60, "relabel", labels={"app": "debug"})])
    kind = next(key for key in owners(world) if key)
    assert owners(world) == {kind: 3, "": 1}
    assert served_by(world) == ["web"] * 3
    assert told(world, "Released") == [("Released", "labels-differ")]
    assert list(world.trace["tasks"]["outcome"]) == ["running"] * 4
    oldest = world._control_plane.api.pods[0]
    assert (oldest.owner, oldest.info.labels["app"], oldest.info.controller) == ("", "debug", None)


def test_its_replacement_has_waited_since_it_was_let_go():
    world = ran(web(3), changes=[change(60, "relabel", labels={"app": "debug"})])
    assert world.trace["tasks"]["submitted_us"][3] == pytest.approx(seconds(60.05), abs=seconds(0.1))


def test_a_pod_that_gets_its_labels_back_is_adopted_and_one_too_many_goes():
    back = [change(60, "relabel", labels={"app": "debug"}), change(120, "relabel", labels={"app": "web"})]
    world = ran(web(3), changes=back)
    assert list(owners(world).values()) == [3]
    assert "" not in owners(world)
    assert told(world, "Released", "Adopted") == [("Released", "labels-differ"), ("Adopted", "labels-match")]
    assert len(world._control_plane.endpoints("web")) == 3


def test_a_label_that_nothing_selects_changes_nothing():
    world = ran(web(3), changes=[change(60, "relabel", labels={"note": "x"}, instances=3)])
    assert list(owners(world).values()) == [3]
    assert told(world, "Released", "Adopted") == []


def test_only_the_service_loses_a_pod_whose_label_no_owner_selects():
    canary = app("canary", replicas=2, cpu=100, ready=0, behind="web")
    world = ran(web(2, behind="web"), canary, changes=[change(60, "relabel", "canary", labels={"service": ""})])
    assert served_by(world) == ["canary", "web", "web"]
    assert told(world, "Released") == []


def test_more_instances_than_there_are_is_said():
    world = ran(web(2), changes=[change(60, "relabel", labels={"app": "debug"}, instances=5)])
    assert told(world, "NothingThere") == [("NothingThere", "no-such-instances")]


def test_the_scheduler_knows_the_new_labels():
    # the replacement may stand beside the pod that is called otherwise now; that one still keeps its kind away itself
    apart = app("web", replicas=4, cpu=100, max_per_node=1)
    world = ran(apart, changes=[change(60, "relabel", labels={"app": "debug"})])
    last = world.trace["decisions"]["rejected"][-1]
    assert last == (
        "InterPodAffinity/node(s) didn't match pod anti-affinity rules=3; "
        "InterPodAffinity/node(s) didn't satisfy existing pods anti-affinity rules=1"
    )


# -- deletion that leaves orphans, or waits ------------------------------------------------------------------------


def test_a_deployment_deleted_without_its_pods_leaves_a_replicaset_that_goes_on_mending():
    world = ran(web(3), changes=[change(60, "delete", cascade="orphan"), change(61, "relabel", labels={"app": "x"})])
    kinds = {key.partition("/")[0]: number for key, number in owners(world).items()}
    assert kinds == {"ReplicaSet": 3}
    (owner,) = owners(world)
    assert world._control_plane.api.objects[owner].owner == ""
    assert served_by(world) == ["web"] * 3
    assert ("NothingThere", "app-deleted") in told(world, "NothingThere")


def test_a_set_deleted_without_its_pods_leaves_orphans_that_nobody_mends():
    world = ran(app("logs", "daemon"), changes=[change(60, "delete", "logs", cascade="orphan")])
    assert owners(world) == {"": 4}
    assert set(world.trace["tasks"]["outcome"]) == {"running"}
    assert {reason for _, reason in told(world, "Released")} == {"owner-deleted"}


def test_a_deployment_adopts_the_replicaset_that_another_left_behind():
    first = web(3)
    native = objects_for(first, WorkloadParameters())[0].native
    second = replace(native, metadata=ObjectMeta(name="again", namespace="default"))
    heir = app("again", replicas=3, cpu=100, ready=0, at=120, native=second)
    world = ran(app("web", replicas=3, cpu=100, ready=0, native=native), heir,
                changes=[change(60, "delete", cascade="orphan")])  # fmt: skip
    (owner,) = owners(world)
    assert owners(world)[owner] == 3
    assert world._control_plane.api.objects[owner].owner == "Deployment/default/again"
    assert len(world.trace["tasks"]) == 3
    assert told(world, "Adopted") == [("Adopted", "labels-match")]


def test_in_the_foreground_the_pods_are_gone_before_their_owners():
    world = ran(web(3, stop_us=seconds(5)), changes=[change(60, "delete", cascade="foreground")])
    assert world._control_plane.api.pods == {}
    assert [one.kind for one in world._control_plane.api.objects.values() if one.app is not None] == []


def test_in_the_foreground_a_lost_machine_holds_everything_up():
    faults = [Fault(seconds(50), node="node-0")]
    changes = [change(60, "delete", cascade="foreground")]
    world = World(scenario(web(3), machines=2, horizon=900, faults=faults, changes=changes), Kubernetes(), 1)
    world.run()
    kinds = [one.kind for one in world._control_plane.api.objects.values() if one.deleting]
    assert kinds == ["ReplicaSet", "Deployment"] or kinds == ["Deployment", "ReplicaSet"]


@pytest.mark.parametrize(
    ("cascade", "pods_first"),
    [pytest.param("foreground", True, id="foreground"), pytest.param("background", False, id="background")],
)
def test_what_goes_first(cascade, pods_first):
    order: list[str] = []

    class Watched(Kubernetes):
        def start(self, world: World) -> None:
            super().start(world)
            for kind in ("Deployment", "ReplicaSet", "Pod"):
                self.api.watch(kind, lambda old, new, kind=kind: order.append(kind) if new is None else None)

    made = scenario(web(2, stop_us=seconds(5)), horizon=120, changes=[change(60, "delete", cascade=cascade)])
    World(made, Watched(), 1).run()
    expected = ["Pod", "Pod", "ReplicaSet", "Deployment"] if pods_first else ["Deployment", "ReplicaSet", "Pod", "Pod"]
    assert order == expected


@pytest.mark.parametrize(
    ("labels", "namespace", "made"),
    [
        pytest.param({"app": "web"}, "default", 1, id="selected: one less is made"),
        pytest.param({"app": "other"}, "default", 2, id="other labels"),
        pytest.param({"app": "web"}, "elsewhere", 2, id="another namespace"),
    ],
)
def test_a_set_takes_in_pods_that_were_made_by_hand(labels, namespace, made):
    template = objects_for(web(2), WorkloadParameters())[0].native.spec.template
    bare = Pod(metadata=ObjectMeta(name="bare", namespace=namespace, labels=labels), spec=template.spec)
    spec = ReplicaSetSpec(replicas=2, selector=LabelSelector(match_labels={"app": "web"}), template=template)
    kept = ReplicaSet(metadata=ObjectMeta(name="kept", namespace="default"), spec=spec)
    world = ran(app("bare", replicas=1, cpu=100, native=bare), app("kept", replicas=2, cpu=100, at=30, native=kept))
    assert list(world.trace["tasks"]["app"]).count("kept") == made
    assert owners(world)["ReplicaSet/default/kept"] == 2


# -- StatefulSets and DaemonSets ------------------------------------------------------------------------------------


def db(**more):
    return app("db", "stateful", 3, cpu=100, ready=0, volume=Volume(2**30), **more)


OUT, BACK = {"app": "debug"}, {"app": "db"}


def test_a_member_that_is_relabelled_keeps_its_name_so_that_no_other_can_take_its_place():
    world = ran(db(), changes=[change(60, "relabel", "db", labels=OUT)])
    assert owners(world) == {"": 1, "StatefulSet/default/db": 2}
    assert told(world, "Released") == [("Released", "labels-differ")]
    assert set(told(world, "FailedCreate")) == {("FailedCreate", "name-taken")}
    assert list(world.trace["tasks"]["outcome"]) == ["running"] * 3


def test_nor_while_another_owner_has_taken_it_over():
    """Its own pod is nowhere, so that the one it takes over is the one to stay."""
    spec = ReplicaSetSpec(
        replicas=1, selector=LabelSelector(match_labels=OUT),
        template=PodTemplateSpec(metadata=ObjectMeta(labels=OUT), spec=PodSpec(containers=(container("64"),))),
    )  # fmt: skip
    kept = ReplicaSet(metadata=ObjectMeta(name="kept", namespace="default"), spec=spec)
    world = ran(
        db(), app("kept", replicas=1, cpu=64000, native=kept), changes=[change(60, "relabel", "db", labels=OUT)]
    )
    assert owners(world) == {"ReplicaSet/default/kept": 1, "StatefulSet/default/db": 2}
    assert told(world, "Adopted") == [("Adopted", "labels-match")]
    assert set(told(world, "FailedCreate")) == {("FailedCreate", "name-taken")}


def test_a_member_that_gets_its_labels_back_is_adopted():
    world = ran(db(), changes=[change(60, "relabel", "db", labels=OUT), change(120, "relabel", "db", labels=BACK)])
    assert owners(world) == {"StatefulSet/default/db": 3}
    assert told(world, "Released", "Adopted") == [("Released", "labels-differ"), ("Adopted", "labels-match")]
    assert len(world.trace["tasks"]) == 3


def test_a_daemon_pod_that_is_relabelled_gets_a_successor_on_its_node_and_goes_once_it_is_back():
    logs = app("logs", "daemon", cpu=100, ready=0)
    out = change(60, "relabel", "logs", labels=OUT)
    world = ran(logs, changes=[out])
    assert owners(world) == {"": 1, "DaemonSet/default/logs": 4}
    assert len(world.trace["tasks"]) == 5
    back = ran(logs, changes=[out, change(120, "relabel", "logs", labels={"app": "logs"})])
    assert owners(back) == {"DaemonSet/default/logs": 4}
    assert sorted(back.trace["tasks"]["outcome"]) == ["killed"] + ["running"] * 4
    assert told(back, "Released", "Adopted") == [("Released", "labels-differ"), ("Adopted", "labels-match")]


@pytest.mark.parametrize(
    ("left", "heir"),
    [
        pytest.param(db(), "StatefulSet/default/db", id="members, by name and labels"),
        pytest.param(app("logs", "daemon", cpu=100, ready=0), "DaemonSet/default/logs", id="daemon pods, node by node"),
    ],
)
def test_pods_that_a_set_left_behind_are_adopted_by_its_heir(left, heir):
    native = objects_for(left, WorkloadParameters())[0].native
    given = {"cpu": 100, "ready": 0, "native": native, "replicas": left.replicas, "volume": left.volume}
    first, second = app(left.name, left.kind, **given), app("again", left.kind, at=120, **given)
    world = ran(first, second, changes=[change(60, "delete", left.name, cascade="orphan")])
    assert set(owners(world)) == {heir}
    assert len(world.trace["tasks"]) == owners(world)[heir] == (3 if left.kind == "stateful" else 4)
    assert set(told(world, "Adopted")) == {("Adopted", "labels-match")}


def test_a_daemon_set_that_adopts_pods_made_for_no_node_still_has_one_of_its_own_everywhere():
    made = objects_for(app("db", "stateful", 6, cpu=100_000), WorkloadParameters())[0].native
    parallel = replace(made, spec=replace(made.spec, pod_management_policy="Parallel"))
    left = app("db", "stateful", 6, cpu=100_000, native=parallel)  # no machine has room for any
    daemon = objects_for(app("logs", "daemon", cpu=100), WorkloadParameters())[0].native
    template = replace(daemon.spec.template, metadata=made.spec.template.metadata)
    heir = replace(daemon, spec=replace(daemon.spec, selector=made.spec.selector, template=template))
    world = ran(left, app("logs", "daemon", cpu=100, ready=0, at=120, native=heir),
                changes=[change(60, "delete", "db", cascade="orphan")])  # fmt: skip
    assert len(told(world, "Adopted")) == 6
    running = [row["node"] for row in world.trace["tasks"].dicts() if row["outcome"] == "running"]
    assert sorted(running) == ["node-0", "node-1", "node-2", "node-3"]
