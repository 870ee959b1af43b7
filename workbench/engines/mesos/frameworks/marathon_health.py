"""When Marathon stops an instance that does not serve: checks at a fixed pace, failures counted after a grace period.

The checks of a version run at a pace of their own, from the moment at which the version is deployed: first after
`FIRST_CHECK_US` or an interval, whichever is less. An instance that serves passes from that moment on. One that has not
served by the end of its grace period has its failures counted; it is stopped at the first one after
`most_failures` in a row, since the count is looked at before the present failure is added.

Source: mesosphere/marathon core/health/impl/HealthCheckActor.scala, core/health/HealthCheck.scala.
Left out: the pace at which a check is passed, time-outs of single checks, several checks of one app (the first one
stands for all), an instance that stops to serve while it runs.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.run_spec import Condition, HealthCheck, Instance, Running
from workbench.engines.world import World
from workbench.model.clock import SECOND_US

FIRST_CHECK_US = 5 * SECOND_US


def stopped_us(check: HealthCheck, version_us: int, running_us: int) -> int | None:
    """Return when an instance that never serves is stopped; None means never.

    Parameters
    ----------
    version_us, running_us : int
        Since when its version is deployed; since when the instance runs.
    """
    if not check.most_failures:
        return None
    first_us = version_us + min(FIRST_CHECK_US, check.interval_us)
    counted_us = max(running_us + check.grace_us, first_us)
    ticks = -(-(counted_us - first_us) // check.interval_us)
    return first_us + (ticks + check.most_failures) * check.interval_us


class HealthChecks:
    """The checks of one Marathon.

    Parameters
    ----------
    unhealthy : callable
        Told a version and its instance that is to be stopped.
    """

    def __init__(self, world: World, unhealthy: Callable[[Running, Instance], None]) -> None:
        self._world = world
        self._unhealthy = unhealthy

    def running(self, version: Running, instance: Instance) -> None:
        """An instance runs from now on: plan when it is stopped unless it serves by then."""
        check = version.spec.health
        at_us = stopped_us(check, version.since_us, self._world.now_us) if check is not None else None
        if at_us is not None and at_us < self._world.scenario.horizon_us:
            self._world.agenda.at(at_us, Order.CONTROLLER, self._look, version, instance, instance.task)

    def _look(self, version: Running, instance: Instance, task: int) -> None:
        if instance.task == task and instance.condition is Condition.RUNNING and not instance.healthy:
            self._unhealthy(version, instance)
