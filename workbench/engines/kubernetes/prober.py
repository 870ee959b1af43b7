"""Probes: when does a kubelet know that a container is ready?

Here for containers that answer from one moment on; `probing.py` asks those that may fail again, probe by probe.

Source: kubernetes, pkg/kubelet/prober (version 1.34): a worker per probe ticks every period from the moment the pod is
taken on; a readiness probe waits for the startup probe.
Left out: the random first delay after a kubelet's own start.
"""

from __future__ import annotations

from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.pods import Container, Probe


def next_tick_us(from_us: int, period_us: int, earliest_us: int) -> int:
    """Return the first of the times ``from_us + k * period_us``, k >= 0, that is not before `earliest_us`."""
    ticks = max(0, -(-(earliest_us - from_us) // period_us))
    return from_us + ticks * period_us


def detected_us(container: Container, probing_us: int, running_us: int, started_us: int, able_us: int) -> int:
    """Return when a kubelet knows that a container is ready.

    Parameters
    ----------
    probing_us : int
        When probing began; probes come every period from then on.
    running_us : int
        When the kubelet knew that it runs.
    started_us : int
        When it really started; initial delays count from then.
    able_us : int
        From when it would answer a probe.
    """
    known_us = running_us
    if container.startup_probe is not None:
        known_us = success_us(container.startup_probe, probing_us, known_us, started_us, able_us)
    if container.readiness_probe is not None:
        known_us = success_us(container.readiness_probe, probing_us, known_us, started_us, able_us)
    return known_us


def success_us(probe: Probe, probing_us: int, known_us: int, started_us: int, able_us: int) -> int:
    """Return when a probe has found its container well; parameters as for `detected_us`."""
    period_us = max(1, probe.period_seconds) * SECOND_US
    earliest_us = max(known_us, started_us + probe.initial_delay_seconds * SECOND_US, able_us)
    return next_tick_us(probing_us, period_us, earliest_us) + (probe.success_threshold - 1) * period_us
