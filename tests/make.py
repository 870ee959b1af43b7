"""Tiny builders: a test names only what it is about; everything else has a plain value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.engines.protocol import Change, CreateApp, Ended, Fact, Ready, Started
from workbench.engines.world import World
from workbench.experiments.compare import Comparison, Row
from workbench.experiments.metrics import METRICS
from workbench.experiments.statistics import paired
from workbench.model.changes import PlannedChange
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.cluster import Cluster, Node, Taint
from workbench.model.faults import Fault
from workbench.model.parameters import Settings
from workbench.model.resources import CPU, MEMORY
from workbench.model.scenario import LocalText, Scenario
from workbench.model.trace import Trace
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
        kind=kind,  # type: ignore[arg-type]  # a plain text, so that tests can loop over kinds
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
    changes: Iterable[PlannedChange] = (),
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
        changes=tuple(changes),
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
    orders_machines = False
    starts_over = False

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


# -- comparisons --------------------------------------------------------------------------------------------

SIDES = ("kubernetes", "mesos")


def trace(of: Scenario, side: str = "scripted", where: Any = lambda task: 0, seed: int = 1) -> Trace:
    """Return the trace of a run under `Scripted`, called after a control plane."""
    control_plane = Scripted(where)
    control_plane.name = side
    return World(of, control_plane, seed).run()


def row(measure: str, first: Sequence[float], second: Sequence[float], sides: Sequence[str] = SIDES) -> Row:
    """Return a row of a comparison with the values of both sides."""
    grain = METRICS[measure.partition(":")[0]].grain
    return Row(measure, dict(zip(sides, (tuple(first), tuple(second)), strict=True)), paired(first, second, grain))


def comparison(of: Scenario, *rows: Row, traces: Mapping[str, Trace] | None = None, **more: Any) -> Comparison:
    """Return a comparison with the rows given; traces are of scripted runs unless given."""
    sides = tuple(rows[0].values)
    runs = dict(traces or {side: trace(of, side) for side in sides})
    digests = {side: run.digest() for side, run in runs.items()}
    repeats = len(rows[0].difference.pairs)
    return Comparison(of, sides, tuple(range(1, repeats + 1)), rows, runs, digests=digests, **more)


# -- traces written by hand ---------------------------------------------------------------------------------


class Written:
    """A trace written by hand: one call per task, offer or event; all times in seconds, None for never."""

    def __init__(self, side: str = "kubernetes", horizon: float = 600) -> None:
        self.trace = Trace("made", side, 1, seconds(horizon))

    def task(
        self,
        name: str,
        app: str = "web",
        node: str = "node-0",
        *,
        team: str = "default",
        cpu: int = 500,
        submitted: float = 0,
        placed: float | None = None,
        started: float | None = None,
        ready: float | None = None,
        ended: float | None = None,
        released: float | None = None,
        incarnation: int = 0,
        image: float | None = None,
        version: int = 0,
    ) -> Written:
        """Add a task; without its own times it is queued when submitted, considered, decided and bound when placed."""
        steps = [submitted, submitted, placed, placed, placed, image, None, None, started, ready, ended, released]
        at = [self._us(step) for step in steps]
        outcome = "waiting" if placed is None else "finished" if ended is not None else "running"
        where = "" if placed is None else node
        self.trace["tasks"].append(
            name, app, team, "service", 0, incarnation, cpu, GIB, *at, where, 1, outcome, "", version
        )  # fmt: skip
        if started is not None:
            self.trace["attempts"].append(name, 0, node, self._us(started), self._us(ended), "")
        return self

    def listed(self, task: str, app: str = "web", since: float = 0, until: float | None = None) -> Written:
        """Send clients to a task; call in the order of time."""
        self.trace["endpoints"].append(seconds(since), app, task, "added", "ready")
        if until is not None:
            self.trace["endpoints"].append(seconds(until), app, task, "removed", "lost")
        return self

    def offer(
        self,
        node: str,
        made: float,
        answered: float | None,
        *,
        cpu: int,
        used: int = 0,
        refuse: float = 0,
        framework: str = "marathon",
    ) -> Written:
        """Make an offer; one that uses something is accepted."""
        answer = "outstanding" if answered is None else "accepted" if used else "declined"
        self.trace["offers"].append(
            len(self.trace["offers"]), seconds(made), self._us(answered), framework, framework, node,
            cpu, GIB, used, answer, float(refuse),
        )  # fmt: skip
        return self

    def down(self, node: str, at: float) -> Written:
        """Lose a machine."""
        self.trace["nodes"].append(seconds(at), node, "down", "world")
        return self

    @staticmethod
    def _us(number: float | None) -> int:
        return NEVER if number is None else seconds(number)
