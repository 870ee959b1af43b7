"""What a step of a deployment does to one app: bring it to a size, replace its instances by new ones, or end it.

An action is told what happens to the app's instances and decides what comes next; `Hands` carries that out. It is done
when the app is as it is to be, and not before: an app whose instances never become healthy is never done.

Source: mesosphere/marathon core/deployment/impl (DeploymentActor.scala, TaskReplaceActor.scala, TaskStartActor.scala,
ReadinessBehavior.scala).
Left out: whether an instance that no health check has judged yet counts as healthy when an upgrade begins; here it
does not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.marathon_instances import Known
from workbench.engines.mesos.frameworks.marathon_kill_selection import select_instances_to_kill
from workbench.engines.mesos.frameworks.marathon_scaling import Candidate, kill_rank, propose
from workbench.engines.mesos.frameworks.marathon_upgrade import Replacement, Step, compute_restart_strategy
from workbench.engines.mesos.frameworks.run_spec import Goal, Instance, Running, Versions


@dataclass(frozen=True)
class Hands:
    """What an action may do.

    Parameters
    ----------
    kill : callable
        (version, instance, goal): stop an instance, and what is to become of it then.
    start : callable
        (version, count): have so many more instances of it.
    places : callable
        Agent -> what constraints see of it.
    """

    kill: Callable[[Running, Instance, Goal], None]
    start: Callable[[Running, int], None]
    places: Callable[[str], Place]


class Action(ABC):
    """One app of one step."""

    def __init__(self, app: Versions, hands: Hands) -> None:
        self.app = app
        self._hands = hands

    @abstractmethod
    def begin(self) -> None:
        """Do what comes first."""

    def gone(self, number: int) -> None:  # noqa: B027 - most actions have nothing to do then
        """An instance has ended and will not come again."""

    def settled(self, version: Running) -> None:  # noqa: B027 - as above
        """An instance of a version is healthy and ready."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """Say whether nothing is left to do."""

    def _wanted(self) -> list[Known]:
        return [known for known in self.app.instances() if known[1].goal is Goal.RUNNING]

    def _goal(self, version: Running) -> Goal:
        return Goal.STOPPED if version.spec.resident else Goal.DECOMMISSIONED


class Scale(Action):
    """Brings an app to a size: stops first, then starts. Its instances may be of several versions."""

    def __init__(self, app: Versions, hands: Hands, scale_to: int) -> None:
        super().__init__(app, hands)
        self._scale_to = scale_to
        self._going: set[int] = set()
        self._to_start = 0

    def begin(self) -> None:
        """Stop what is too much."""
        spec = self.app.newest.spec
        known = {instance.number: (version, instance) for version, instance in self._wanted()}
        candidates = [Candidate(one.number, one.condition, one.since_us) for _, one in known.values()]
        candidates.sort(key=lambda one: kill_rank(one, spec.kill_selection))

        def meet(others: Sequence[Candidate], count: int) -> list[Candidate]:
            places = [self._place(known[one.number][1]) for one in others]
            return [others[position] for position in select_instances_to_kill(spec.constraints, places, count)]

        found = propose(candidates, (), meet, self._scale_to, spec.kill_selection)
        self._to_start = found.start
        self._going = {one.number for one in found.decommission}
        for one in found.decommission:
            version, instance = known[one.number]
            self._hands.kill(version, instance, self._goal(version))
        self._start()

    def _place(self, instance: Instance) -> Place:
        return self._hands.places(instance.agent) if instance.agent else Place("")

    def gone(self, number: int) -> None:
        """Once all that were to go are gone, start what is missing."""
        if number in self._going:
            self._going.discard(number)
            self._start()

    def _start(self) -> None:
        if not self._going and self._to_start:
            count, self._to_start = self._to_start, 0
            self._hands.start(self.app.newest, count)

    @property
    def done(self) -> bool:
        """Say whether nothing has to go or come any more and all that are there serve."""
        if self._going or self._to_start:
            return False
        return sum(is_settled(*known) for known in self._wanted()) >= self._scale_to


class Restart(Action):
    """Replaces all instances of other versions by instances of the newest."""

    def begin(self) -> None:
        """Stop and start what may be stopped and started at once."""
        new = self.app.newest
        wanted = self._wanted()
        self._old = {one.number: (version, one) for version, one in wanted if version is not new}
        healthy = sum(one.healthy for _, one in wanted)
        spec = new.spec
        strategy = compute_restart_strategy(spec.instances, spec.upgrade, healthy, len(wanted), resident=spec.resident)
        old = [(number, one.healthy) for number, (_, one) in self._old.items()]
        self._upgrade = Replacement.of(spec.instances, strategy, old, len(wanted) - len(old))
        self._follow(self._upgrade.begin())

    def gone(self, number: int) -> None:
        """An old instance that is gone makes room."""
        if number in self._upgrade.old:
            self._follow(self._upgrade.old_gone(number))

    def settled(self, version: Running) -> None:
        """For a new instance that serves, an old one may go."""
        if version is self.app.newest:
            self._follow(self._upgrade.new_ready())

    def _follow(self, step: Step) -> None:
        for number in step.kill:
            version, instance = self._old[number]
            self._hands.kill(version, instance, self._goal(version))
        if step.start:
            self._hands.start(self.app.newest, step.start)

    @property
    def done(self) -> bool:
        """Say whether no old instance is left and all new ones serve."""
        new = self.app.newest
        there = sum(is_settled(new, one) for one in new.instances.values())
        return not self._upgrade.old and there >= new.spec.instances


class Stop(Action):
    """Ends an app: all its instances go, and their reservations with them."""

    def begin(self) -> None:
        """Stop all there is."""
        for version, instance in list(self.app.instances()):
            self._hands.kill(version, instance, Goal.DECOMMISSIONED)

    @property
    def done(self) -> bool:
        """Say whether no instance is left."""
        return not list(self.app.instances())


def is_settled(version: Running, instance: Instance) -> bool:
    """Say whether an instance is healthy and, where that is asked for, ready."""
    return instance.healthy and (instance.ready or version.spec.readiness_us is None)
