"""What does one look of the HorizontalPodAutoscaler decide?

Each metric proposes a size, the largest counts. If a metric fails, the others may still make the workload larger,
but nobody makes it smaller. Then come the windows and limits of `horizontal_behavior`.

Source: kubernetes, pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler, computeReplicasForMetrics and
normalizeDesiredReplicas (version 1.34).
Left out: the texts of conditions; AbleToScale turns SucceededRescale only once the write has gone through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workbench.engines.kubernetes.autoscalers.horizontal_behavior import (
    DEFAULT_SCALE_DOWN,
    DEFAULT_SCALE_UP,
    Change,
    Limited,
    Recommendation,
    Rules,
    stabilized,
    stabilized_both_ways,
    store_change,
    with_window,
    within_behavior,
    within_rules,
)
from workbench.engines.kubernetes.autoscalers.horizontal_replicas import MetricsError, Proposal


@dataclass(frozen=True, slots=True)
class Behavior:
    """Rules of both directions; setting one fills in upstream's defaults for the other."""

    up: Rules = DEFAULT_SCALE_UP
    down: Rules = DEFAULT_SCALE_DOWN


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the object says.

    Parameters
    ----------
    behavior : Behavior or None
        None: no ``behavior`` is set, which is an older set of rules and not the same as the defaults.
    """

    least: int
    most: int
    behavior: Behavior | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What the controller keeps about one object between two looks."""

    recommendations: tuple[Recommendation, ...] = ()
    ups: tuple[Change, ...] = ()
    downs: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A metric that gave no answer."""

    reason: str
    error: MetricsError


@dataclass(frozen=True, slots=True)
class Decision:
    """What one look came to; empty reasons where a condition is not touched.

    Parameters
    ----------
    replicas : int
        The size from now on.
    active : bool
        Status of the condition ScalingActive.
    """

    replicas: int
    memory: Memory
    active: bool = True
    scaling_active_reason: str = "ValidMetricFound"
    able_to_scale_reason: str = ""
    scaling_limited_reason: str = ""
    proposals: tuple[Proposal, ...] = field(default=())


def replicas_for_metrics(answers: Sequence[Proposal | Failed], spec_replicas: int) -> int | Failed:
    """Return the largest proposal, or the failure that forbids any change."""
    failed = [one for one in answers if isinstance(one, Failed)]
    proposed = max((one.replicas for one in answers if isinstance(one, Proposal)), default=0)
    if failed and (len(failed) == len(answers) or proposed < spec_replicas):
        return failed[0]
    return proposed


def reconcile(
    bounds: Bounds, current: int, answers: Sequence[Proposal | Failed], memory: Memory, window_us: int, now_us: int
) -> Decision:
    """Decide on a size.

    Parameters
    ----------
    current : int
        Size that the workload asks for now; 0 switches the autoscaler off.
    answers : sequence
        What each metric came to.
    window_us : int
        The controller's window for going down.
    """
    if current == 0 and bounds.least != 0:
        return Decision(0, memory, active=False, scaling_active_reason="ScalingDisabled")
    if not bounds.least <= current <= bounds.most:
        wanted = min(max(current, bounds.least, 1), bounds.most)
        return _rescaled(Decision(wanted, memory), bounds, current, now_us)
    desired = replicas_for_metrics(answers, current)
    if isinstance(desired, Failed):
        return Decision(current, memory, active=False, scaling_active_reason=desired.reason)
    calm, log = _calm(bounds, current, desired, memory, window_us, now_us)
    limited = _limited(bounds, current, calm, memory, now_us)
    decision = Decision(
        limited.replicas,
        replace(memory, recommendations=log),
        able_to_scale_reason=_calm_reason(bounds, calm, desired),
        scaling_limited_reason=limited.reason,
        proposals=tuple(one for one in answers if isinstance(one, Proposal)),
    )
    return _rescaled(decision, bounds, current, now_us)


def _calm(
    bounds: Bounds, current: int, desired: int, memory: Memory, window_us: int, now_us: int
) -> tuple[int, tuple[Recommendation, ...]]:
    if bounds.behavior is None:
        return stabilized(memory.recommendations, desired, window_us, now_us)
    up, down = (with_window(one, window_us).window_us or 0 for one in (bounds.behavior.up, bounds.behavior.down))
    return stabilized_both_ways(memory.recommendations, current, desired, up, down, now_us)


def _calm_reason(bounds: Bounds, calm: int, desired: int) -> str:
    if calm == desired:
        return "ReadyForNewScale"
    return "ScaleUpStabilized" if bounds.behavior is not None and calm < desired else "ScaleDownStabilized"


def _limited(bounds: Bounds, current: int, desired: int, memory: Memory, now_us: int) -> Limited:
    if bounds.behavior is None:
        return within_rules(current, desired, bounds.least, bounds.most)
    return within_behavior(
        current, desired, bounds.least, bounds.most, bounds.behavior.up, bounds.behavior.down, memory.ups,
        memory.downs, now_us,
    )  # fmt: skip


def _rescaled(decision: Decision, bounds: Bounds, current: int, now_us: int) -> Decision:
    """Return the decision with the change written down, for the budgets of later looks."""
    more, memory = decision.replicas - current, decision.memory
    if more == 0 or bounds.behavior is None:
        return decision
    if more > 0:
        memory = replace(memory, ups=store_change(memory.ups, more, bounds.behavior.up, now_us))
    else:
        memory = replace(memory, downs=store_change(memory.downs, -more, bounds.behavior.down, now_us))
    return replace(decision, memory=memory)
