"""Plans of a service built with dcos-commons: a plan has phases, a phase has steps, a step brings one pod somewhere.

A *serial* element lets the next of its children begin when the one before is complete, a *parallel* one lets all of
them. Several plans are worked on side by side, deployment before recovery before decommissioning; no two of them touch
one pod at a time.

Source: mesosphere/dcos-commons docs/pages/plans.md (Strategies, Plan parallelism, Default Plans).
Left out: canary strategies and every other call of an operator on a plan; plans of a service's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal, Protocol, TypeVar

from workbench.model.workload import Shape

Strategy = Literal["serial", "parallel"]


class Status(Enum):
    """How far a step is: nothing done, its task on the way, done."""

    PENDING = auto()
    STARTING = auto()
    COMPLETE = auto()


class Aim(Enum):
    """What a step is there for."""

    DEPLOY = auto()
    UPDATE = auto()
    TRANSIENT = auto()
    PERMANENT = auto()
    DECOMMISSION = auto()


@dataclass(slots=True)
class Step:
    """One pod, by its number, and what is to become of it."""

    pod: int
    aim: Aim
    status: Status = Status.PENDING

    @property
    def complete(self) -> bool:
        """Say whether it is done."""
        return self.status is Status.COMPLETE


@dataclass(slots=True)
class Phase:
    """Steps that belong together."""

    name: str
    steps: list[Step]
    strategy: Strategy = "serial"

    @property
    def complete(self) -> bool:
        """Say whether all its steps are done."""
        return all(step.complete for step in self.steps)


@dataclass(slots=True)
class Plan:
    """Phases, which follow one another or go on together."""

    name: str
    phases: list[Phase] = field(default_factory=list)
    strategy: Strategy = "serial"

    @property
    def steps(self) -> list[Step]:
        """All steps, in order."""
        return [step for phase in self.phases for step in phase.steps]

    @property
    def complete(self) -> bool:
        """Say whether all its phases are done."""
        return all(phase.complete for phase in self.phases)


class _Element(Protocol):
    @property
    def complete(self) -> bool: ...


E = TypeVar("E", bound=_Element)


def due(elements: Sequence[E], strategy: Strategy) -> list[E]:
    """Return the elements that may be worked on: those not complete, of a serial sequence the first of them."""
    left = [element for element in elements if not element.complete]
    return left[:1] if strategy == "serial" else left


def candidates(plan: Plan) -> list[Step]:
    """Return the steps of a plan that may begin."""
    return [
        step
        for phase in due(plan.phases, plan.strategy)
        for step in due(phase.steps, phase.strategy)
        if step.status is Status.PENDING
    ]


def coordinate(plans: Iterable[Plan]) -> list[Step]:
    """Return the steps that may begin, of all plans, the most important plan first; none of a pod that another holds.

    A pod is held by a step that has begun, in whatever plan, and by the first step chosen for it here.
    """
    plans = tuple(plans)
    dirty = {step.pod for plan in plans for step in plan.steps if step.status is Status.STARTING}
    chosen = []
    for plan in plans:
        for step in candidates(plan):
            if step.pod not in dirty:
                dirty.add(step.pod)
                chosen.append(step)
    return chosen


def deploy_plan(shape: Shape | None, pods: Sequence[int], strategy: Strategy, aim: Aim = Aim.DEPLOY) -> Plan:
    """Return the plan that deploys pods, or brings them to a new version.

    A service with a primary has two phases, as HDFS has for its name nodes and its data nodes: the primary first, then
    those that follow it. All others have one, as Cassandra has.
    """
    steps = [Step(pod, aim) for pod in pods]
    if shape != "primary":
        return Plan("deploy", [Phase("node", steps, strategy)])
    first = [step for step in steps if step.pod == 0]
    rest = [step for step in steps if step.pod != 0]
    return Plan("deploy", [Phase("name", first, "serial"), Phase("data", rest, strategy)])


class Plans:
    """The plans of one service: deploy, recovery, decommission, in the order of their importance."""

    def __init__(self) -> None:
        self.deploy = Plan("deploy")
        self.recovery = Plan("recovery", strategy="parallel")
        self.decommission = Plan("decommission")

    @property
    def _steps(self) -> list[Step]:
        return [*self.deploy.steps, *self.recovery.steps, *self.decommission.steps]

    def due(self) -> list[Step]:
        """Return the steps that may begin now."""
        return coordinate((self.deploy, self.recovery, self.decommission))

    def add_deployment(self, shape: Shape | None, pods: Sequence[int], strategy: Strategy, aim: Aim) -> None:
        """Have pods deployed or updated; what was not complete of the plan before is part of the new one."""
        left = {step.pod for step in self.deploy.steps if not step.complete}
        self.deploy = deploy_plan(shape, sorted(left.union(pods)), strategy, aim)

    def add_recovery(self, pod: int, aim: Aim) -> None:
        """Add a phase of its own for a pod: recoveries do not wait for each other."""
        left = [phase for phase in self.recovery.phases if not phase.complete]
        self.recovery.phases = [*left, Phase(f"pod-{pod}", [Step(pod, aim)])]

    def add_decommission(self, pods: Sequence[int], strategy: Strategy) -> None:
        """Have pods go; no other plan has anything to do with them any more."""
        self.decommission = Plan(
            "decommission", [Phase("node", [Step(pod, Aim.DECOMMISSION) for pod in pods], strategy)]
        )
        for phase in (*self.deploy.phases, *self.recovery.phases):
            phase.steps = [step for step in phase.steps if step.pod not in set(pods)]

    def keep(self, pods: int) -> None:
        """Have pods below a number stay whose decommissioning has not begun."""
        for phase in self.decommission.phases:
            phase.steps = [step for step in phase.steps if step.pod >= pods or step.status is not Status.PENDING]

    def leaving(self, pod: int) -> bool:
        """Say whether a pod is to go."""
        return any(step.pod == pod and not step.complete for step in self.decommission.steps)

    def busy_with(self, pod: int) -> bool:
        """Say whether a pod is still to be deployed, updated or recovered."""
        return any(step.pod == pod and not step.complete for step in (*self.deploy.steps, *self.recovery.steps))

    def complete(self, pod: int) -> None:
        """The step that has begun for a pod is done."""
        for step in self._steps:
            if step.pod == pod and step.status is Status.STARTING:
                step.status = Status.COMPLETE

    def begin_again(self, pod: int) -> None:
        """The step that has begun for a pod has to begin once more."""
        for step in self._steps:
            if step.pod == pod and step.status is Status.STARTING and step.aim is not Aim.DECOMMISSION:
                step.status = Status.PENDING

    def escalate(self, pod: int) -> None:
        """A pod that was to be recovered where it was is to be replaced."""
        for step in self.recovery.steps:
            if step.pod == pod and not step.complete:
                step.aim = Aim.PERMANENT
