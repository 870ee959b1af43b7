"""CronJob: makes Jobs by the clock.

A run begins at midnight of a Monday, UTC: time zero of the trace is `START`.

Source: kubernetes, pkg/controller/cronjob/cronjob_controllerv2.go (version 1.34).
Left out: time zones; changes of a schedule while a run goes on; adoption of Jobs that others made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.controllers.cronjob_schedule import (
    Recent,
    next_schedule_delay,
    next_schedule_time,
)
from workbench.engines.kubernetes.controllers.ttl_after_finished import Finished
from workbench.engines.kubernetes.objects import ApiObject
from workbench.model.native.kubernetes.batch import CronJob, Job
from workbench.model.native.kubernetes.cron import Schedule, parse_schedule
from workbench.model.native.kubernetes.meta import ObjectMeta

START = datetime(2026, 1, 5, tzinfo=UTC)
"""What a clock on the wall says at time zero."""


def wall_clock(now_us: int) -> datetime:
    """Return what a clock on the wall says."""
    return START + timedelta(microseconds=now_us)


def job_name(name: str, start: datetime) -> str:
    """Return the name of the Job of one start: the same start gives the same name, so no start is made twice."""
    return f"{name}-{int(start.timestamp()) // 60}"


def beyond_history(jobs: list[ApiObject], successful: int, failed: int) -> list[ApiObject]:
    """Return the finished Jobs that are no longer kept, oldest first.

    Parameters
    ----------
    jobs : list of ApiObject
        Of one CronJob, oldest first.
    successful, failed : int
        How many that are complete, and that failed, are kept.
    """
    gone = []
    for how, limit in (("complete", successful), ("failed", failed)):
        over = [one for one in jobs if isinstance(one.status, Finished) and one.status.how == how]
        gone += over[: max(0, len(over) - limit)]
    return gone


@dataclass
class Clockwork:
    """What a CronJob knows of itself."""

    schedule: Schedule
    created: datetime
    last: datetime | None = None
    skipped: set[datetime] = field(default_factory=set)


class CronJobController(Controller):
    """Creates the Job of the most recent start that is due; how it bears with Jobs still active is its own policy."""

    name = "cronjob-controller"

    def watch(self) -> None:
        """CronJobs and their Jobs."""
        self._clocks: dict[str, Clockwork] = {}
        self.api.watch("CronJob", self._on_cron_job)
        self.api.watch("Job", self._on_job)

    def _on_cron_job(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self._clocks.pop(old.uid, None)
            return
        if new.uid not in self._clocks:
            schedule = parse_schedule(new.native.spec.schedule)
            self._clocks[new.uid] = Clockwork(schedule, wall_clock(self.world.now_us))
        self.queue.add(new.uid)

    def _on_job(self, old: ApiObject | None, new: ApiObject | None) -> None:
        one = new or old
        assert one is not None
        if one.owner in self._clocks:
            self.queue.add(one.owner)

    def sync(self, key: str) -> Sync:
        """Drop what the history does not keep, start what is due, come back at the next start."""
        owner, clock = self.api.objects.get(key), self._clocks.get(key)
        if owner is None or clock is None or owner.deleting:
            return ""
        spec, now = owner.native.spec, wall_clock(self.world.now_us)
        jobs = self.api.dependents(key)
        gone = beyond_history(jobs, spec.successful_jobs_history_limit, spec.failed_jobs_history_limit)
        yield from self.answered([self.client.send(self.api.delete, one.uid) for one in gone])
        if spec.suspend:
            return ""
        try:
            recent = next_schedule_time(clock.schedule, clock.created, clock.last, now, spec.starting_deadline_seconds)
            if recent.start is not None:
                yield from self._start(owner, clock, recent, recent.start)
            later = next_schedule_delay(clock.schedule, clock.created, clock.last, wall_clock(self.world.now_us))
        except ValueError:
            self.world.event("UnparseableSchedule", owner.name, "never-due", spec.schedule)
            return ""
        self.queue.add_after(key, later // timedelta(microseconds=1))
        return ""

    def _start(self, owner: ApiObject, clock: Clockwork, recent: Recent, start: datetime) -> Sync:
        """Make the Job of a start, unless it is too late, or an active one stands in the way."""
        spec, now = owner.native.spec, wall_clock(self.world.now_us)
        if recent.missed == "many":
            self.world.event("TooManyMissedTimes", owner.name, "many-missed")
        deadline = spec.starting_deadline_seconds
        if deadline is not None and start + timedelta(seconds=deadline) < now:
            self._skip(owner, clock, start, "MissSchedule", "starting-deadline")
            return ""
        active = [one for one in self.api.dependents(owner.uid) if not isinstance(one.status, Finished)]
        if active and spec.concurrency_policy == "Forbid":
            self._skip(owner, clock, start, "JobAlreadyActive", "still-active")
            return ""
        if active and spec.concurrency_policy == "Replace":
            for one in active:
                self.world.event("SuccessfulDelete", one.name, "replaced", owner.name)
            yield from self.answered([self.client.send(self.api.delete, one.uid) for one in active])
        job = self._job(owner, start)
        clock.last = start
        if job.uid not in self.api.objects:
            self.world.event("SuccessfulCreate", job.name, "start-due", owner.name)
            yield from self.answered([self.client.send(self.api.put, job), self.client.spend()])
        return ""

    def _skip(self, owner: ApiObject, clock: Clockwork, start: datetime, kind: str, why: str) -> None:
        """Write, once, why a start is not made; as long as it is the most recent one it is looked at again."""
        if start not in clock.skipped:
            clock.skipped = {start}
            self.world.event(kind, owner.name, why)

    def _job(self, owner: ApiObject, start: datetime) -> ApiObject:
        native: CronJob = owner.native
        template = native.spec.job_template
        name = job_name(owner.name, start)
        metadata = ObjectMeta(name=name, namespace=owner.namespace, labels=template.metadata.labels)
        job = Job(metadata=metadata, spec=replace(template.spec))
        return ApiObject(kind="Job", namespace=owner.namespace, name=name, native=job, app=owner.app, owner=owner.uid)
