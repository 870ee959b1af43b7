"""Dynamic allocation: how many executors a Spark application wants.

While tasks wait it asks for one executor more after the backlog timeout, then, each time after as long, for 2, 4, 8 ...
more; never for more than all its tasks could use. An executor that has been idle for its timeout is let go, unless its
process keeps blocks that it has read.

Source: spark core/src/main/scala/org/apache/spark/ExecutorAllocationManager.scala (2.4).
Left out: minExecutors and maxExecutors; executorAllocationRatio. The external shuffle service is always there, so
nothing has to be computed again when an executor is let go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LOOK_US = 100_000
"""How often it looks at what has changed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many executors are wanted.

    Parameters
    ----------
    target : int
        So many.
    step : int
        How many more next time.
    due_us : int or None
        When more are asked for; None while no task waits.
    """

    target: int = 0
    step: int = 1
    due_us: int | None = None


def needed(waiting: int, running: int, tasks_per_executor: int) -> int:
    """Return how many executors all tasks could use."""
    return -(-(waiting + running) // max(1, tasks_per_executor))


def looked(one: Wanted, now_us: int, most: int, *, backlog: bool, timeout_us: int) -> Wanted:
    """Return what is wanted after a look.

    Parameters
    ----------
    most : int
        How many all tasks could use; see `needed`.
    backlog : bool
        Whether a task waits.
    """
    if not backlog:
        one = Wanted(one.target)
    elif one.due_us is None:
        one = replace(one, due_us=now_us + timeout_us)
    if most < one.target:
        return replace(one, target=most, step=1)
    if one.due_us is None or now_us < one.due_us:
        return one
    target = min(most, one.target + one.step)
    full = target - one.target == one.step
    return Wanted(target, one.step * 2 if full else 1, one.due_us + timeout_us)
