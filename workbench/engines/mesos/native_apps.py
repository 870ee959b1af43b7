"""Apps and pods that came as Marathon JSON, as Marathon runs them: what their own fields say.

Amounts, images and volumes were read into the neutral fields unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.engines.mesos.frameworks.marathon_backoff import Backoff
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint
from workbench.engines.mesos.frameworks.run_spec import HealthCheck, RunSpec
from workbench.engines.mesos.task_group import group_of
from workbench.model.clock import to_us
from workbench.model.native import marathon as native


def of_app(spec: RunSpec, app: native.App) -> RunSpec:
    """Return what the app's own JSON says; amounts, image and volumes were read into the neutral fields unchanged."""
    return replace(
        spec,
        id=app.id,
        constraints=_native_constraints(app.constraints, fixed_port=bool(spec.app.host_ports)),
        backoff=_backoff(app.backoff_seconds, app.backoff_factor, app.max_launch_delay_seconds),
        inactive_after_us=_inactive_after(app.unreachable_strategy, spec),
        dependencies=app.dependencies,
        upgrade=app.upgrade_strategy or spec.upgrade,
        kill_selection=app.kill_selection,
        kill_grace_us=_grace(app.task_kill_grace_period_seconds),
        health=_health(app.health_checks[0] if app.health_checks else None),
        readiness_us=to_us(app.readiness_checks[0].interval_seconds) if app.readiness_checks else None,
    )


def of_pod(spec: RunSpec, pod: native.PodDefinition) -> RunSpec:
    """Return what the pod's own JSON says; its containers are launched as one task group."""
    scheduling = pod.scheduling
    backoff = scheduling.backoff
    return replace(
        spec,
        id=pod.id,
        constraints=_native_constraints(scheduling.placement.constraints, fixed_port=bool(spec.app.host_ports)),
        backoff=_backoff(backoff.backoff, backoff.backoff_factor, backoff.max_launch_delay),
        inactive_after_us=_inactive_after(scheduling.unreachable_strategy, spec),
        dependencies=pod.dependencies,
        upgrade=scheduling.upgrade,
        kill_selection=scheduling.kill_selection,
        group=group_of(pod, spec.request.plain),
        health=_health(
            next((one.health_check for one in pod.containers if one.health_check is not None), None), pod=True
        ),
    )


def _native_constraints(constraints: Sequence[native.Constraint], *, fixed_port: bool) -> tuple[Constraint, ...]:
    found = [Constraint(one.field_name, one.operator, one.value or "") for one in constraints]
    if fixed_port:
        found.append(Constraint("@hostname", "UNIQUE"))
    return tuple(found)


def _backoff(seconds: float, factor: float, longest: float) -> Backoff:
    return Backoff(to_us(seconds), factor, to_us(longest))


def _grace(seconds: float | None) -> int | None:
    return None if seconds is None else to_us(seconds)


def _health(check: native.HealthCheck | None, *, pod: bool = False) -> HealthCheck | None:
    """Return a health check; those of pods are always made by the executor."""
    if check is None:
        return None
    return HealthCheck(
        to_us(check.grace_period_seconds),
        to_us(check.interval_seconds),
        check.max_consecutive_failures,
        to_us(check.delay_seconds),
        by_executor=pod or check.protocol.startswith("MESOS_") or check.protocol == "COMMAND",
        paced=True,
        timeout_us=to_us(check.timeout_seconds),
        queued="HTTP" in check.protocol,
    )


def _inactive_after(strategy: native.UnreachableStrategy | None, spec: RunSpec) -> int | None:
    if strategy is None:
        return spec.inactive_after_us
    return None if strategy.disabled else to_us(strategy.inactive_after_seconds)
