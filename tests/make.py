"""Tiny builders: a test names only what it is about; everything else has a plain value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.engines.protocol import Change, CreateApp, Ended, Fact, Ready, Started
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.cluster import Cluster, Node, Taint
from workbench.model.faults import Fault
from workbench.model.parameters import Settings
from workbench.model.resources import CPU, MEMORY
from workbench.model.scenario import LocalText, Scenario
from workbench.model.workload import App, Duration, Team

GIB = 1024**3


def seconds(number: float) -> int:
    return round(number * SECOND_US)


def node(name: str, cpu: int = 4000, memory: int = 16 * GIB, taints: Iterable[Taint] = (), **more: Any) -> Node:
    return Node(name, {CPU: cpu, MEMORY: memory}, taints=tuple(taints), **more)


def nodes(count: int, cpu: int = 4000, memory: int = 16 * GIB) -> tuple[Node, ...]:
    return tuple(node(f"node-{number}", cpu, memory) for number in range(count))


def app(
    name: str = "web",
    kind: str = "service",
    replicas: int = 1,
    cpu: int = 500,
    memory: int = GIB // 2,
    start: float = 1,
    ready: float = 1,
    at: float = 0,
    runs: float | None = None,
    **more: Any,
) -> App:
    """Return an app; `start`, `ready`, `at` and `runs` (a batch task's duration) in seconds."""
    if kind == "batch":
        more.setdefault("duration", Duration(seconds(60 if runs is None else runs)))
    return App(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        replicas=replicas,
        request={CPU: cpu, MEMORY: memory},
        start_us=seconds(start),
        ready_us=seconds(ready),
        at_us=seconds(at),
        **more,
    )


def scenario(
    *apps: App,
    machines: int | tuple[Node, ...] = 3,
    horizon: float = 600,
    faults: Iterable[Fault] = (),
    teams: Iterable[Team] = (),
    images: Mapping[str, int] | None = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> Scenario:
    """Return a scenario; start-up times do not vary unless a setting says so."""
    return Scenario(
        name="made",
        title=LocalText("Made", "构造"),
        question=LocalText("Which?", "哪个?"),
        horizon_us=seconds(horizon),
        seed=1,
        cluster=Cluster(nodes(machines) if isinstance(machines, int) else machines),
        apps=tuple(apps),
        faults=tuple(faults),
        teams=tuple(teams),
        images=dict(images or {}),
        settings=Settings({"world.tasks.start_jitter": 0.0, **(settings or {})}),
        **more,
    )


class Scripted:
    """A control plane that places every task where it is told, at once, and writes down what it is told.

    Parameters
    ----------
    where : callable
        Task row -> node index.
    """

    name = "scripted"

    def __init__(self, where: Any = lambda task: 0) -> None:
        self.where = where
        self.world: World
        self.changes: list[Change] = []
        self.facts: list[Fact] = []
        self.at: list[int] = []

    def start(self, world: World) -> None:
        self.world = world

    def apply(self, change: Change) -> None:
        self.changes.append(change)
        if isinstance(change, CreateApp):
            for number in range(change.app.replicas):
                self.create(change.app, number)

    def create(self, app: App, number: int) -> int:
        task = self.world.new_task(app, f"{app.name}-{number}", dict(app.request))
        self.world.place(task, self.where(task), self.world.now_us)
        self.world.bound(task)
        self.world.fetch_image(task, lambda: self.world.start_process(task), serial=False)
        return task

    def notify(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.at.append(self.world.now_us)
        if isinstance(fact, Ready) and self.world.app_of(fact.task).kind != "batch":
            self.world.endpoint(fact.task, "added", "ready")
        if isinstance(fact, Ended):
            self.world.released(fact.task)

    def endpoints(self, app: str) -> tuple[int, ...]:
        return ()

    def seen(self, kind: type[Started] | type[Ready] | type[Ended]) -> list[float]:
        """Return the times, in seconds, at which facts of a kind were reported."""
        return [at / SECOND_US for at, fact in zip(self.at, self.facts, strict=True) if isinstance(fact, kind)]
