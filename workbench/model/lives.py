"""How instances of an app live: what runs beside them, how they are checked, what trouble they get into."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.clock import SECOND_US


@dataclass(frozen=True, slots=True)
class ContainerTimes:
    """What takes how long in a container that runs before, or beside, the app's own process; in microseconds.

    Parameters
    ----------
    start_us : int
        From its image present to its process running.
    runs_us : int
        An init container: from there to its end.
    ready_us : int
        A sidecar: from running to answering its startup probe.
    stop_us : int
        A sidecar: from being asked to stop to having stopped.
    """

    start_us: int = 0
    runs_us: int = 0
    ready_us: int = 0
    stop_us: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """How an instance of the short form is checked over HTTP; what is None each control plane has its own default for.

    Parameters
    ----------
    every_us, timeout_us : int or None
        How often it is asked, and how long it may take to answer.
    failures : int or None
        Failures in a row that count.
    grace_us : int or None
        Since the start of its process, until failures count.
    restarts : bool
        Whether an instance that fails is stopped and started again, or just gets no requests.
    """

    every_us: int | None = None
    timeout_us: int | None = None
    failures: int | None = None
    grace_us: int | None = None
    restarts: bool = True


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong in a process by itself, each time that it starts; times vary like start-up times.

    Parameters
    ----------
    hangs_us : int or None
        So long after it became ready it stops to answer anything. It does not stop when it is asked to, either.
    hangs_for_us : int or None
        So long it hangs; None: until it is stopped.
    crashes_us : int or None
        So long after its start it ends, amiss.
    """

    hangs_us: int | None = None
    hangs_for_us: int | None = None
    crashes_us: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How much of something a process uses.

    Parameters
    ----------
    begins : int
        Bytes when it starts.
    grows : int
        Bytes more each second.
    most : int or None
        Bytes at which it stops to grow; None: never.
    """

    begins: int
    grows: int = 0
    most: int | None = None

    def at(self, since_start_us: int) -> int:
        """Return the bytes that are used so long after the start."""
        used = self.begins + self.grows * since_start_us // SECOND_US
        return used if self.most is None else min(used, max(self.begins, self.most))

    def reaches_us(self, amount: int) -> int | None:
        """Return how long after the start so many bytes are used; None if they never are."""
        if self.begins >= amount:
            return 0
        if self.grows == 0 or (self.most is not None and self.most < amount):
            return None
        return -(-(amount - self.begins) * SECOND_US // self.grows)


@dataclass(frozen=True, slots=True)
class MemoryUse(Use):
    """How much memory a process uses; one that grows without end leaks."""


@dataclass(frozen=True, slots=True)
class DiskUse(Use):
    """How much a process writes to the disk of its machine, anew each time that it starts.

    Parameters
    ----------
    volume : str
        The emptyDir of its pod that it writes to; empty: files of its own, beside all volumes.
    """

    volume: str = ""
