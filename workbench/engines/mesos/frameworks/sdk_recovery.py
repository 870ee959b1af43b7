"""When a pod of a dcos-commons service is started again where it was, and when it is replaced elsewhere.

A failure is *transient* until somebody says otherwise: the pod is launched again on what it has reserved, on the agent
where its volume is, and on no other. It is *permanent* once an operator asks for `pod replace`, or, where the service
has a policy for that, once it has lasted for so long; then it begins anew anywhere, with nothing. Two replacements by
policy lie apart, so that a fault that is not over does not go through the whole cluster.

Source: mesosphere/dcos-commons docs/pages/plans.md (Recovery); sdk ReplacementFailurePolicy.java (20 min and 10 min
where a policy is given; none by default), recovery/monitor (FailureMonitor), recovery/constrain (LaunchConstrainer).
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.mesos.frameworks.sdk_plan import Aim
from workbench.model.clock import NEVER


@dataclass(frozen=True, slots=True)
class ReplacementPolicy:
    """When pods are replaced without anybody asking; times in microseconds."""

    failed_after_us: int
    apart_us: int


def recovery_of(failed_us: int, now_us: int, asked: bool, policy: ReplacementPolicy | None) -> Aim:
    """Return how a pod is to be recovered that has been failing since `failed_us`.

    Parameters
    ----------
    asked : bool
        Whether an operator has asked for its replacement.
    policy : ReplacementPolicy or None
        None: nothing is ever given up by itself.
    """
    too_long = policy is not None and now_us - failed_us >= policy.failed_after_us
    return Aim.PERMANENT if asked or too_long else Aim.TRANSIENT


def next_look_us(failed_us: int, replaced_us: int, policy: ReplacementPolicy) -> int:
    """Return when a pod failing since `failed_us` may be replaced by policy, the last replacement at `replaced_us`."""
    apart_us = 0 if replaced_us == NEVER else replaced_us + policy.apart_us
    return max(failed_us + policy.failed_after_us, apart_us)
