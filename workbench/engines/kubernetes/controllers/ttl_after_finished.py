"""TTL of Jobs: a Job that is over is removed, with its pods, so long after it ended.

Source: kubernetes, pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (version 1.34).
"""

from __future__ import annotations

from workbench.model.clock import NEVER


def time_left_us(finished_us: int, ttl_us: int | None, now_us: int) -> int:
    """Return how long a Job still stays; zero or less when it is to go.

    Raises
    ------
    ValueError
        When the Job is not over (`finished_us` is `NEVER`), or has no TTL: it must not be removed.
    """
    if finished_us == NEVER or ttl_us is None:
        raise ValueError("a Job that is not over, or has no TTL, is not removed")
    return finished_us + ttl_us - now_us
