"""Marathon's health checks of instances that may fail after they have passed, one check after another.

Clients are sent elsewhere at the first check that fails, and back at the first one that passes again. Failures count
once an instance has been healthy, or its grace period is over. Marathon stops it at the first failure after
`most_failures` in a row, since the count is looked at before the present failure is added; the executor, which makes
the checks of MESOS_* and COMMAND, at the last of them.

Source: mesosphere/marathon core/health/impl/HealthCheckActor.scala, core/health/Health.scala (alive); mesos
src/checks/health_checker.cpp.
Left out: checks while the agent cannot be reached count neither way; a check's own time until it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.run_spec import Condition, HealthCheck, Instance, Running
from workbench.engines.world import World

Tell = Callable[[Running, Instance], None]


class Told(NamedTuple):
    """Who is told a version and its instance: it passes its checks; one has failed; it is to be stopped."""

    healthy: Tell
    ails: Tell
    unhealthy: Tell


@dataclass(slots=True)
class Record:
    """What the checks of one task have found: failures in a row, and whether one has ever passed."""

    failures: int = 0
    passed: bool = False

    def fails(self, check: HealthCheck, *, in_grace: bool) -> bool:
        """Count a failure; say whether it is one too many."""
        if in_grace and not self.passed:
            return False
        before, self.failures = self.failures, self.failures + 1
        count = self.failures if check.by_executor else before
        return 0 < check.most_failures <= count

    def passes(self) -> None:
        """Count a success."""
        self.failures, self.passed = 0, True


class Checking:
    """Checks instances for as long as they run."""

    def __init__(self, world: World, told: Told) -> None:
        self._world = world
        self._told = told

    def follow(self, version: Running, instance: Instance, first_us: int) -> None:
        """Check an instance from a moment on, at the pace of its check."""
        self._plan(first_us, version, instance, instance.task, Record())

    def _plan(self, at_us: int, version: Running, instance: Instance, task: int, record: Record) -> None:
        if at_us < self._world.scenario.horizon_us:
            self._world.agenda.at(at_us, Order.CONTROLLER, self._look, version, instance, task, record)

    def _look(self, version: Running, instance: Instance, task: int, record: Record) -> None:
        check = version.spec.health
        if check is None or instance.task != task or instance.condition is not Condition.RUNNING:
            return
        now_us = self._world.now_us
        if self._world.in_touch(task):
            if self._world.health.answers(task, check.timeout_us, queued=check.queued):
                record.passes()
                self._told.healthy(version, instance)
            else:
                if instance.healthy:
                    self._told.ails(version, instance)
                if record.fails(check, in_grace=now_us < instance.since_us + check.grace_us):
                    self._told.unhealthy(version, instance)
                    return
        self._plan(now_us + check.interval_us, version, instance, task, record)
