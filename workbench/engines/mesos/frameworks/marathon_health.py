"""When Marathon finds out that an instance serves, and when it stops one that does not: checks at a fixed pace.

The checks that Marathon makes itself run at a pace of the version, from the moment at which it is deployed: first after
`FIRST_CHECK_US` or an interval, whichever is less. Those that the executor makes (MESOS_* and COMMAND) run at a pace of
the instance. An instance that has not served by the end of its grace period has its failures counted. Marathon stops it
at the first failure after `most_failures` in a row, since the count is looked at before the present failure is added;
the executor at the last of them.

Readiness is asked for during deployments only, from the moment at which an instance runs.

Source: mesosphere/marathon core/health/impl/HealthCheckActor.scala, core/health/HealthCheck.scala,
core/readiness/impl/ReadinessCheckExecutorImpl.scala; mesos src/checks/health_checker.cpp.
Left out: several checks of one app (the first one stands for all). Apps in the short form that do not say how they
are checked are known to serve as soon as they do. Instances that may stop to serve while they run are checked one
check after another (`marathon_checking.py`).
"""

from __future__ import annotations

from workbench.engines.agenda import Order
from workbench.engines.health import may_fail
from workbench.engines.mesos.frameworks.marathon_checking import Checking, Tell, Told
from workbench.engines.mesos.frameworks.run_spec import Condition, HealthCheck, Instance, Running
from workbench.engines.world import World
from workbench.model.clock import SECOND_US

FIRST_CHECK_US = 5 * SECOND_US


def next_check_us(check: HealthCheck, version_us: int, running_us: int, after_us: int) -> int:
    """Return when an instance is checked first at or after `after_us`.

    Parameters
    ----------
    version_us, running_us : int
        Since when its version is deployed; since when the instance runs.
    """
    first_us = version_us + min(FIRST_CHECK_US, check.interval_us)
    if check.by_executor:
        first_us = running_us + check.delay_us
    return next_tick_us(first_us, check.interval_us, after_us)


def next_tick_us(first_us: int, interval_us: int, after_us: int) -> int:
    """Return the first of the instants ``first + k x interval`` that is not before `after_us`."""
    return first_us + max(0, -(-(after_us - first_us) // interval_us)) * interval_us


def stopped_us(check: HealthCheck, version_us: int, running_us: int) -> int | None:
    """Return when an instance that never serves is stopped; None means never. Parameters as for `next_check_us`."""
    if not check.most_failures:
        return None
    counted_us = next_check_us(check, version_us, running_us, running_us + check.grace_us)
    more = check.most_failures - 1 if check.by_executor else check.most_failures
    return counted_us + more * check.interval_us


class HealthChecks:
    """The checks of one Marathon.

    Parameters
    ----------
    told : Told
        Who is told of health.
    ready : callable
        Told a version and its instance: it says that it is ready.
    """

    def __init__(self, world: World, told: Told, ready: Tell) -> None:
        self._world = world
        self._healthy = told.healthy
        self._ready = ready
        self._unhealthy = told.unhealthy
        self._checking = Checking(world, told)

    def running(self, version: Running, instance: Instance) -> None:
        """An instance runs from now on: plan when it is stopped unless it serves by then."""
        check = version.spec.health
        if check is None:
            self._healthy(version, instance)
            return
        if may_fail(version.spec.app, queued=check.queued):
            first_us = next_check_us(check, version.since_us, instance.since_us, instance.since_us)
            self._checking.follow(version, instance, first_us)
            return
        at_us = stopped_us(check, version.since_us, instance.since_us)
        if at_us is not None:
            self._at(at_us, self._look, version, instance)

    def serves(self, version: Running, instance: Instance) -> None:
        """An instance serves from now on: the next check will find out."""
        now, spec = self._world.now_us, version.spec
        if spec.readiness_us is not None:
            ready_us = next_tick_us(instance.since_us, spec.readiness_us, now)
            self._at(ready_us, self._ready, version, instance)
        if spec.health is not None and spec.health.paced:
            if may_fail(spec.app, queued=spec.health.queued):
                return
            healthy_us = next_check_us(spec.health, version.since_us, instance.since_us, now)
            self._at(healthy_us, self._healthy, version, instance)
        else:
            self._healthy(version, instance)

    def _at(self, at_us: int, call: Tell, version: Running, instance: Instance) -> None:
        if at_us < self._world.scenario.horizon_us:
            self._world.agenda.at(at_us, Order.CONTROLLER, self._still, call, version, instance, instance.task)

    def _still(self, call: Tell, version: Running, instance: Instance, task: int) -> None:
        if instance.task == task and instance.condition is Condition.RUNNING:
            call(version, instance)

    def _look(self, version: Running, instance: Instance) -> None:
        if not instance.healthy:
            self._unhealthy(version, instance)
