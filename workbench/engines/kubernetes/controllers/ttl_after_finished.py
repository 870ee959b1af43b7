"""TTL of Jobs: a Job that is over is removed, with its pods, so long after it ended.

Source: kubernetes, pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (version 1.34).
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import ApiObject
from workbench.model.clock import NEVER, SECOND_US


class Finished(NamedTuple):
    """The status of a Job that is over: since when, and whether it is complete or failed."""

    at_us: int
    how: str


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


class TTLAfterFinishedController:
    """Deletes Jobs that are over when their time is up; the garbage collector takes their pods."""

    name = "ttl-after-finished-controller"

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._world = api.world
        self._client = api.controller_client()
        self._held: list[ApiObject] = []  # Jobs whose time was up while nobody led
        api.watch("Job", self._on_job)
        api.manager.on_new_leader(self._begin_again)

    def _begin_again(self) -> None:
        """Another instance leads: it finds Jobs whose time is up."""
        held, self._held = self._held, []
        for job in held:
            self._expire(job)

    def _on_job(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None and isinstance(new.status, Finished):
            ttl = new.native.spec.ttl_seconds_after_finished
            if ttl is not None:
                left = time_left_us(new.status.at_us, ttl * SECOND_US, self._world.now_us)
                self._world.agenda.after(max(0, left), Order.CONTROLLER, self._expire, new)

    def _expire(self, job: ApiObject) -> None:
        if not self._api.manager.leading:
            self._held.append(job)
            return
        there = self._api.objects.get(job.uid)
        if there is not None and there.status == job.status:
            self._world.event("JobExpired", job.name, "ttl-over")
            self._client.send(self._api.delete, job.uid)
