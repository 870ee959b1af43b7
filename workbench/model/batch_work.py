"""What a batch app works on and waits for: the blocks of its input, its parents, the times at which it starts."""

from __future__ import annotations

from dataclasses import dataclass

BATCH_FRAMEWORKS = ("batch", "spark", "mpi", "chronos", "hadoop")
"""The frameworks of Mesos that can run a batch app; the first is the plain one."""


@dataclass(frozen=True, slots=True)
class Input:
    """The data that the tasks of an app read: blocks in a distributed file system on the machines' own disks.

    Task number k reads block ``k % blocks``; with fewer blocks than tasks the app works in stages, each of which reads
    all blocks once more, and begins when the stage before it is over.

    Parameters
    ----------
    size : int
        Bytes of a block.
    copies : int
        Machines that hold a copy of each block.
    blocks : int or None
        How many blocks there are; None means one for each task.
    """

    size: int
    copies: int = 3
    blocks: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times at which a job starts by the clock.

    Parameters
    ----------
    first_us, period_us : int
        The first start, and the time from one start to the next.
    times : int or None
        How many starts; None means without end.
    """

    first_us: int
    period_us: int
    times: int | None = None

    def start_us(self, number: int) -> int:
        """Return when start `number` is due, counted from 0."""
        return self.first_us + number * self.period_us

    def starts_before(self, end_us: int) -> int:
        """Return how many starts are due before a time."""
        if end_us <= self.first_us:
            return 0
        count = 1 if self.period_us <= 0 else -(-(end_us - self.first_us) // self.period_us)
        return count if self.times is None else min(count, self.times)
