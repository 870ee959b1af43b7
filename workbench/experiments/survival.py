"""What survives what: for a kind of volume and an event, a small run that shows where the bytes are afterwards.

Nothing here knows an answer. An instance writes to its volume, the event strikes, the control plane does what it does
at its defaults (an operator is on call where a machine is lost for good), and at the end it is looked up whether those
bytes are still somewhere, and whether an instance that runs has them mounted.

| event | what happens |
|---|---|
| container-restart | the process fails |
| pod-deleted | the pod is deleted, the task killed; its owner makes another |
| node-restart | the machine stops and is back a minute later |
| node-loss | the machine is lost for good, its disks with it; after ten minutes somebody gives it up |
| zone-loss | the same, and it was the last machine of its zone |

Machines have zones in the last one only, and there each has its own. The machine of the first instance is the fuller
one afterwards, so that another would go elsewhere if it may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Literal

from workbench.engines.agenda import Order
from workbench.engines.catalogue import control_plane
from workbench.engines.disks import Mark, Volume
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.protocol import ControlPlane, Ended
from workbench.engines.volumes.registry import own_kind
from workbench.engines.world import World
from workbench.model import workload
from workbench.model.clock import to_us
from workbench.model.cluster import Cluster, Node
from workbench.model.faults import Fault
from workbench.model.parameters import Settings
from workbench.model.resources import CPU, MEMORY
from workbench.model.scenario import LocalText, Scenario
from workbench.model.trace import Trace
from workbench.model.workload import App, Duration

Event = Literal["container-restart", "pod-deleted", "node-restart", "node-loss", "zone-loss"]
EVENTS: tuple[Event, ...] = ("container-restart", "pod-deleted", "node-restart", "node-loss", "zone-loss")

KINDS: Mapping[str, tuple[str, ...]] = {
    "kubernetes": (
        "emptyDir", "emptyDir/memory", "gitRepo", "hostPath", "secret", "configMap", "downwardAPI", "projected", "nfs",
        "glusterfs", "iscsi", "rbd", "gcePersistentDisk", "awsElasticBlockStore", "persistentVolumeClaim",
        "persistentVolumeClaim/zonal", "csi", "local",
    ),
    "mesos": ("sandbox", "persistent", "external", "external/zonal"),
}  # fmt: skip
"""Control plane -> the kinds of volumes that it has."""

ZONAL = "/zonal"
"""Behind the name of a kind: such a disk, but only the machines of the zone where it was made reach it."""
ZONES = {"a": "east", "b": "west"}

STRIKES_S, BACK_S, ACTS_S, HORIZON_S = 200, 260, 600, 2400
GIB = 1024**3


class Survival(Enum):
    """What has become of the bytes."""

    KEPT = "kept"
    UNREACHABLE = "kept-unreachable"
    LOST = "lost"


def matrix(
    on: str = "kubernetes", kinds: Iterable[Any] | None = None, events: Iterable[Event] = EVENTS
) -> dict[tuple[str, Event], Survival]:
    """Return what has become of the bytes, by kind and event, each from a run of its own.

    Parameters
    ----------
    on : str
        Control plane.
    kinds : iterable, optional
        Names of kinds, or kinds of one's own (`VolumePlugin`); those that the control plane has, if left out.
    """
    asked = KINDS[on] if kinds is None else kinds
    return {(kind_name(kind), event): survival(kind, event, on) for kind in asked for event in events}


def survival(kind: Any, event: Event, on: str = "kubernetes", *, operator: bool = True, seed: int = 1) -> Survival:
    """Return what has become of what the first instance wrote, once all is over.

    Parameters
    ----------
    kind : str or VolumePlugin
        Of its volume.
    operator : bool
        Whether somebody gives a machine up that is lost for good.
    """
    return _verdict(*_lived(kind, event, on, operator=operator, seed=seed))


def replay(kind: Any, event: Event, on: str = "kubernetes", *, operator: bool = True, seed: int = 1) -> Trace:
    """Return what happened in the run that says what has become of the bytes; arguments as for `survival`."""
    world, _ = _lived(kind, event, on, operator=operator, seed=seed)
    return world.trace


def _lived(kind: Any, event: Event, on: str, *, operator: bool, seed: int) -> tuple[World, list[Mark]]:
    """Return a World after its run, and what had been written before the event."""
    made, plane = _scenario(kind, event, operator=operator), control_plane(on, {})
    world = World(made, plane, seed)
    if event in _STRIKES:
        world.agenda.at(to_us(STRIKES_S), Order.FAULT, lambda: _STRIKES[event](world, plane, _instances(world)[0]))
    first: list[Mark] = []
    world.agenda.at(to_us(STRIKES_S) - 1, Order.FAULT, lambda: first.extend(_written(world)))
    world.run()
    return world, first


def _verdict(world: World, first: list[Mark]) -> Survival:
    holding = [one for one in world.disks.all() if not one.lost and any(mark in one.marks for mark in first)]
    if not holding:
        return Survival.LOST
    now = (task for task in _instances(world) if world.serving(task))
    mounted = any(
        volume in holding and _reached(world, volume, task) for task in now for volume in world.disks.held_by(task)
    )
    return Survival.KEPT if mounted else Survival.UNREACHABLE


def _reached(world: World, volume: Volume, task: int) -> bool:
    return world.disks.reachable(volume, world.node_of(task))


def _instances(world: World) -> list[int]:
    """Return the instances of the app that hold a machine's resources, in order."""
    return sorted(task for machine in world.machines for task in machine.tasks if world.app_of(task).name == "db")


def _written(world: World) -> list[Mark]:
    """Return what the first instance finds in its volume, shortly before the event."""
    return [mark for task in _instances(world) for one in world.disks.held_by(task) for mark in one.marks]


def _fails(world: World, plane: ControlPlane, task: int) -> None:
    world.stop(task, "failed")
    plane.notify(Ended(task, "failed"))


def _is_deleted(world: World, plane: ControlPlane, task: int) -> None:
    if isinstance(plane, Kubernetes):
        plane.api.request(plane.api.delete_pod, task)
    else:
        world.terminate(task, 0, replaced=True)


_STRIKES: Mapping[str, Callable[[World, ControlPlane, int], None]] = {
    "container-restart": _fails,
    "pod-deleted": _is_deleted,
}


def _scenario(kind: Any, event: Event, *, operator: bool) -> Scenario:
    own = () if isinstance(kind, str) else (own_kind(kind),)
    zones = ZONES if event == "zone-loss" else {}
    name = kind_name(kind)
    zonal = name.endswith(ZONAL)
    reach: workload.Reach = "local" if name == "local" else "network"
    volume = workload.Volume(GIB, reach, "" if zonal else name)
    if zonal and zones:  # made where its instance goes first
        volume = workload.Volume(GIB, zonal=True, binding="WaitForFirstConsumer")
    text = LocalText("What survives what?", "什么能保住数据?")
    back_us = to_us(BACK_S) if event == "node-restart" else None
    faults = (Fault(to_us(STRIKES_S), hosting="db", back_us=back_us),) if event.startswith("node") else ()
    if zones:
        faults = (Fault(to_us(STRIKES_S), zone=ZONES["a"]),)
    return Scenario(
        name="survival",
        title=text,
        question=text,
        horizon_us=to_us(HORIZON_S),
        seed=1,
        cluster=Cluster(tuple(_node(name, zones.get(name, "")) for name in ZONES)),
        apps=(
            _app("early", "batch", 4000, node_selector={"stands": "b"}, duration=Duration(to_us(60))),
            _app("db", "stateful", 500, at_us=to_us(10), volume=volume),
            _app("late", "service", 1500, at_us=to_us(120), node_selector={"stands": "a"}),
        ),
        faults=faults,
        settings=Settings({"world.operator.on_call": operator, "world.operator.reaction_s": float(ACTS_S)}),
        volume_kinds=own,
    )


def _node(name: str, zone: str) -> Node:
    return Node(name, {CPU: 4000, MEMORY: 16 * GIB}, {"stands": name}, zone=zone)


def _app(name: str, kind: workload.AppKind, cpu: int, **more: Any) -> App:
    return App(name=name, kind=kind, replicas=1, request={CPU: cpu, MEMORY: GIB}, start_us=to_us(1), **more)


def kind_name(kind: Any) -> str:
    """Return what a kind of volume, or one of one's own, is called."""
    return kind if isinstance(kind, str) else own_kind(kind).name
