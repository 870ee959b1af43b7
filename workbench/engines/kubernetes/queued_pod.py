"""A pod in the scheduling queue, and what the queue remembers of it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.model.clock import NEVER


@dataclass(slots=True)
class QueuedPod:
    """A waiting pod (upstream's QueuedPodInfo).

    Parameters
    ----------
    since_us : int
        When it came, or came back from a failed attempt; moving between the pools does not touch it.
    number : int
        Its place among all pods that ever came.
    unschedulable_count : int
        Attempts in which plugins rejected it.
    errors : int
        Attempts in a row that ended with an error; back to 0 with a rejection.
    refused_by, pending : tuple of str
        Plugins that rejected it in the last attempt; those that only have it wait for something.
    gate : str
        The plugin that does not let it into the queue.
    newer : PodObject or None
        The version that came while it was in flight.
    popped_at : int
        Number of the first event that came after it was popped.
    ticket : int
        Which of its entries in a heap is the valid one.
    """

    pod: PodObject
    since_us: int
    number: int
    attempts: int = 0
    unschedulable_count: int = 0
    errors: int = 0
    refused_by: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    gate: str = ""
    pool: str = ""
    newer: PodObject | None = None
    popped_at: int = NEVER
    ticket: int = 0

    @property
    def info(self) -> PodInfo:
        """The pod's template."""
        return self.pod.info
