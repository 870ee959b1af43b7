"""What holds of claims, volumes and bytes whatever happens: random histories with faults, and what is watched in them.

* A claim that is bound keeps its volume; one that names a volume gets no other.
* Whatever is asked for, and however often, no claim and no volume becomes smaller.
* A disk of one machine is with one machine at a time, a claim for one pod with one pod.
* Two claims never have the same volume, and one that is free again is empty.
* No byte appears from nowhere: a new volume is empty, and what is in one was written there by who had it mounted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent
from unittest import mock

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.make import app, node, scenario, seconds
from tests.unit.engines.mesos.runs import rows
from workbench.engines.agenda import Order
from workbench.engines.kubernetes import Kubernetes, given_storage
from workbench.engines.kubernetes.controllers.persistent_volume import PersistentVolumeController
from workbench.engines.kubernetes.objects import NOWHERE
from workbench.engines.kubernetes.resources import effective_requests
from workbench.engines.kubernetes.volume_objects import stored
from workbench.engines.protocol import GrowApp
from workbench.engines.world import World
from workbench.formats.kubernetes_apps import neutral_apps
from workbench.formats.kubernetes_manifest import plain_documents, typed_object
from workbench.model.faults import Fault
from workbench.model.workload import Volume

GIB = 1024**3
ZONES = ("a", "b", "c", "a", "b", "c")

MANIFEST = """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {{name: c, namespace: default}}
    spec:
      accessModes: [{mode}]
      storageClassName: plain
      resources: {{requests: {{storage: 5Gi}}}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {{name: waits, namespace: default}}
    spec:
      accessModes: [{mode}]
      storageClassName: plain
      volumeName: elsewhere
      resources: {{requests: {{storage: 5Gi}}}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {{name: any, namespace: default}}
    spec:
      accessModes: [{mode}]
      storageClassName: another
      resources: {{requests: {{storage: 5Gi}}}}
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {{name: plain}}
    provisioner: {provisioner}
    volumeBindingMode: {binding}
    allowVolumeExpansion: true
    reclaimPolicy: {reclaim}
    ---
    apiVersion: v1
    kind: PersistentVolume
    metadata: {{name: given}}
    spec:
      accessModes: [ReadWriteOnce, ReadWriteOncePod]
      storageClassName: plain
      capacity: {{storage: 7Gi}}
      persistentVolumeReclaimPolicy: {policy}
      csi: {{driver: ceph.example, volumeHandle: given}}
    ---
    apiVersion: v1
    kind: PersistentVolume
    metadata: {{name: spare}}
    spec:
      accessModes: [ReadWriteOnce, ReadWriteOncePod]
      storageClassName: plain
      capacity: {{storage: 9Gi}}
      persistentVolumeReclaimPolicy: {policy}
      csi: {{driver: ceph.example, volumeHandle: spare}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: web, namespace: default}}
    spec:
      replicas: 2
      selector: {{matchLabels: {{app: web}}}}
      template:
        metadata: {{labels: {{app: web}}}}
        spec:
          containers: [{{name: main, image: i, resources: {{requests: {{cpu: 100m}}}}}}]
          volumes: [{{name: data, persistentVolumeClaim: {{claimName: c}}}}]
"""

BINDINGS = st.sampled_from(["Immediate", "WaitForFirstConsumer"])
ACTS = st.tuples(
    st.integers(20, 1400),
    st.sampled_from(["delete", "force", "fail", "claim", "again", "manager", "bind", "grow"]),
    st.integers(0, 9),
)
FAULTS = st.tuples(
    st.integers(20, 1200),
    st.sampled_from(["node-loss", "network-partition"]),
    st.integers(0, len(ZONES) - 1),
    st.one_of(st.none(), st.integers(30, 900)),
)
HISTORIES = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["ReadWriteOnce", "ReadWriteOncePod"]),
        "binding": BINDINGS,
        "policy": st.sampled_from(["Delete", "Retain", "Recycle"]),
        "volume": st.builds(
            Volume, st.just(GIB), st.just("network"), zonal=st.booleans(), binding=BINDINGS,
        ),
        "acts": st.lists(ACTS, max_size=6),
        "faults": st.lists(FAULTS, max_size=3),
        "remedy": st.sampled_from(["out-of-service", "delete-node", "force-delete"]),
        "seed": st.integers(1, 1000),
    }
)  # fmt: skip


def size(part):
    amount = part.capacity.get("storage")
    return 0 if amount is None else amount.units()


@dataclass
class Watched:
    """A run, and what broke in it."""

    broken: list[str] = field(default_factory=list)
    known: dict[int, set] = field(default_factory=dict)
    kept: list = field(default_factory=list)

    def claim_changed(self, old, new):
        had = old is not None and new is not None and old.native.spec.volume_name
        if had and new.native.spec.volume_name != old.native.spec.volume_name:
            self.broken.append(f"{new.name} changed its volume")
        if old is not None and new is not None and size(old.native.status) > size(new.native.status):
            self.broken.append(f"{new.name} has less than it had")

    def volume_changed(self, old, new):
        if old is not None and new is not None and size(old.native.spec) > size(new.native.spec):
            self.broken.append(f"{new.name} became smaller")

    def volume_freed(self, world, old, new):
        freed = old is not None and new is not None and old.native.spec.claim_ref and not new.native.spec.claim_ref
        held = world.disks.get(new.name) if freed else None
        if held is not None and not held.empty:
            self.broken.append(f"{new.name} is free, and holds what another has written")

    def pods_changed(self, plane):
        using = [
            pod for pod in plane.api.pods.values()
            if pod.node != NOWHERE and not pod.terminal and pod.app.name == "web"
            and not plane.api.nodes[pod.node].deleted  # its pods no longer count for the scheduler, here and upstream
        ]  # fmt: skip
        if len(using) > 1:
            self.broken.append(f"{len(using)} pods have a claim that is for one")

    def watch_bytes(self, world):
        written = world.disks.written

        def noted(task, run):
            for volume in world.disks.held_by(task):
                before = self.known.get(id(volume))
                if before is None:
                    self.kept.append(volume)  # so that no other takes its number
                    if volume.marks:
                        self.broken.append(f"{volume.name} was not empty")
                elif not set(volume.marks) <= before:
                    self.broken.append(f"{volume.name} holds what nobody wrote")
                if not world.disks.reachable(volume, world.node_of(task)):
                    self.broken.append(f"{volume.name} was written from where it cannot be reached")
            written(task, run)
            for volume in world.disks.held_by(task):
                self.known[id(volume)] = set(volume.marks)

        world.disks.written = noted


class Remembered(PersistentVolumeController):
    """Told apart, so that histories can have it decide twice about one claim, as two leaders in a row may."""

    def __init__(self, api, listers):
        super().__init__(api, listers)
        api.binder = self

    def binds_all(self, number):
        """Bind a claim to every volume there is, one after the other: at most one may come of it."""
        claims = sorted(self._claims)
        for volume in sorted(self._listers.volumes) if claims else ():
            namespace, name = claims[number % len(claims)].split("/")
            self._api.request(self._bound, namespace, name, self._uids[f"{namespace}/{name}"], volume)


def act(world, plane, kind, number):
    pods = sorted(plane.api.pods)
    if kind == "claim":
        plane.api.request(plane.api.delete, "PersistentVolumeClaim/default/c")
    elif kind == "again":
        claim = next(one for one in world.scenario.objects if one.kind == "PersistentVolumeClaim")
        if "PersistentVolumeClaim/default/c" not in plane.api.objects:
            plane.api.request(plane.api.put, stored(claim))
    elif kind == "grow":
        name = ("web", "db")[number % 2]
        grown = next(one for one in world.scenario.apps if one.name == name)
        plane.apply(GrowApp(grown, (number + 1) * GIB))
    elif kind == "bind":
        plane.api.binder.binds_all(number)
    elif kind == "manager":
        plane.api.manager.leading = False
        world.agenda.after(seconds(17), Order.CONTROLLER, plane.api.manager.lead)
    elif pods:
        pod = plane.api.pods[pods[number % len(pods)]]
        if kind != "fail":
            plane.api.request(plane.api.delete_pod, pod.uid, 0 if kind == "force" else None)
        elif world.serving(pod.uid) and world.in_touch(pod.uid):
            world.stop(pod.uid, "failed")
            plane.kubelets.ended(pod.uid, "failed")


def run(history):
    recycles = history["policy"] == "Recycle"  # which is for volumes that are given, not for those that are made
    text = dedent(MANIFEST).format(
        **{key: history[key] for key in ("mode", "binding", "policy")},
        provisioner="kubernetes.io/no-provisioner" if recycles else "ceph.example",
        reclaim="Delete" if recycles else history["policy"],
    )
    objects = tuple(typed_object(one) for one in plain_documents(text, "made.yaml"))
    web = neutral_apps(objects, effective_requests)
    faults = [
        Fault(seconds(at), kind, f"n{node}", back_us=None if back is None else seconds(at + back))
        for at, kind, node, back in history["faults"]
        if kind == "node-loss" or back is not None
    ]
    made = scenario(
        app("db", "stateful", replicas=3, volume=history["volume"]), *web,
        machines=tuple(node(f"n{number}", zone=zone) for number, zone in enumerate(ZONES)),
        horizon=1800, faults=faults, objects=objects,
        settings={
            "world.operator.on_call": True, "world.operator.reaction_s": 300.0,
            "kubernetes.operator.remedy": history["remedy"],
        },
    )  # fmt: skip
    plane, seen = Kubernetes(), Watched()
    world = World(made, plane, history["seed"])
    with mock.patch.object(given_storage, "PersistentVolumeController", Remembered):
        return _watched(world, plane, seen, history)


def _watched(world, plane, seen, history):
    seen.watch_bytes(world)

    def watch():
        plane.api.watch("PersistentVolumeClaim", seen.claim_changed)
        plane.api.watch("PersistentVolume", lambda old, new: seen.volume_freed(world, old, new))
        plane.api.watch("PersistentVolume", seen.volume_changed)
        if history["mode"] == "ReadWriteOncePod":
            plane.api.watch("Pod", lambda old, new: seen.pods_changed(plane))

    world.agenda.at(1, Order.FAULT, watch)
    for at, kind, number in history["acts"]:
        world.agenda.at(seconds(at), Order.FAULT, act, world, plane, kind, number)
    return world.run(), plane, seen


PLAIN = {
    "mode": "ReadWriteOnce", "binding": "Immediate", "policy": "Delete",
    "volume": Volume(GIB, "network", zonal=False, binding="Immediate"),
    "acts": [], "faults": [], "remedy": "out-of-service", "seed": 1,
}  # fmt: skip
RECYCLED = {"policy": "Recycle", "acts": [(400, "claim", 0), *((500 + at, "delete", at) for at in range(5))]}
GROWS = {"acts": [(400 + 5 * at, "grow", number) for at, number in enumerate((8, 6, 9, 5, 3, 9))]}
BOUND_TWICE = {"acts": [(400, "bind", number) for number in range(6)]}


@example({**PLAIN, **RECYCLED})
@example({**PLAIN, **BOUND_TWICE})
@example({**PLAIN, **GROWS})
@given(HISTORIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens(history):
    trace, plane, seen = run(history)
    assert not seen.broken, seen.broken
    where: dict[str, set[str]] = {}
    for row in rows(trace, "volumes"):
        nodes = where.setdefault(row["volume"], set())
        if row["state"] == "attached":
            nodes.add(row["node"])
        elif row["state"] == "detached":
            nodes.discard(row["node"])
        elif row["state"] == "deleted":
            nodes.clear()
        assert len(nodes) <= 1, f"{row['volume']} is attached to {nodes}"
    claims = [one.native for one in plane.api.objects.values() if one.kind == "PersistentVolumeClaim"]
    taken = [one.spec.volume_name for one in claims if one.spec.volume_name]
    assert len(set(taken)) == len(taken)
