"""How long a container that has stopped waits for its next start (CrashLoopBackOff).

Source: kubernetes, pkg/kubelet/kubelet.go, MaxContainerBackOff and its initial value; k8s.io/client-go
util/flowcontrol/backoff.go (version 1.34).
"""

from __future__ import annotations

from workbench.engines.kubernetes.pod_workers import Worker

CRASH_LOOP_FIRST_US = 10_000_000
CRASH_LOOP_LAST_US = 300_000_000
"""The first restart comes at once, the next after 10 s, doubling to 5 min (MaxContainerBackOff)."""

CRASH_LOOP_RESET_US = 600_000_000
"""A container that ran this long starts afresh."""


def restart_delay_us(restarts: int) -> int:
    """Return how long the next restart of a container waits after so many restarts in a row."""
    if restarts == 0:
        return 0
    return CRASH_LOOP_LAST_US if restarts > 10 else min(CRASH_LOOP_FIRST_US << (restarts - 1), CRASH_LOOP_LAST_US)


def restarts_in_a_row(restarts: int, ran_us: int) -> int:
    """Return how many restarts count for a container that ran so long since the last one."""
    return 0 if ran_us >= CRASH_LOOP_RESET_US else restarts


def restarts(worker: Worker, reason: str) -> bool:
    """Say whether a container that has stopped is started again on the spot; `reason` is how it ended."""
    policy = worker.pod.info.spec.restart_policy
    return policy == "Always" or (policy == "OnFailure" and reason != "finished")
