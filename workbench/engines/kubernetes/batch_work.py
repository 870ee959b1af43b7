"""What batch apps become that were written for frameworks of Mesos, and what of them Kubernetes cannot say.

| an app run by | becomes |
|---|---|
| spark | a driver pod, and executor pods that it asks for (`spark.py`) |
| mpi | an indexed Job: its pods are placed one by one, whether or not all of them fit |
| chronos, by the clock | a CronJob, as far as cron can say when |
| chronos, after other jobs | a Job at the time that its user writes down |
| hadoop | a Job for the maps and one for the reduces, a pod for each task |
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.engines.kubernetes.controllers.cronjob import wall_clock
from workbench.model.batch_work import Schedule
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes import CronJob, Job, ObjectMeta
from workbench.model.native.kubernetes.batch import CronJobSpec, JobTemplateSpec
from workbench.model.parameters import HONOURED, Treatments, approximated, ignored
from workbench.model.workload import App

MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US


def cron(schedule: Schedule) -> str:
    """Return the cron expression that comes nearest to a schedule; empty if cron cannot say it at all.

    Cron knows whole minutes of the hour and hours of the day. A period that does not divide an hour or a day starts
    anew with each of them there, so it cannot be said.
    """
    first = wall_clock(schedule.first_us)
    period = schedule.period_us
    if schedule.times == 1:
        return f"{first.minute} {first.hour} {first.day} {first.month} *"
    if period and period % MINUTE_US == 0 and HOUR_US % period == 0:
        minutes = period // MINUTE_US
        return f"{first.minute % minutes}-59/{minutes} * * * *" if minutes < 60 else f"{first.minute} * * * *"
    if period and period % HOUR_US == 0 and DAY_US % period == 0:
        hours = period // HOUR_US
        return (
            f"{first.minute} {first.hour % hours}-23/{hours} * * *"
            if hours < 24
            else f"{first.minute} {first.hour} * * *"
        )
    return ""


def cron_job(app: App, job: Job) -> CronJob | None:
    """Return the CronJob that stands for a job by the clock; None if cron cannot say when."""
    assert app.schedule is not None
    expression = cron(app.schedule)
    if not expression:
        return None
    spec = CronJobSpec(schedule=expression, job_template=JobTemplateSpec(metadata=job.metadata, spec=job.spec))
    return CronJob(metadata=ObjectMeta(name=app.name, namespace=app.team), spec=spec)


def not_carried(app: App) -> Iterator[tuple[str, str]]:
    """Yield (reason, detail) of what gets lost when an app of a Mesos framework is run here."""
    if app.framework == "spark" and app.input is not None:
        yield "no-locality", ""
    if app.framework == "mpi":
        yield "no-gang", str(app.replicas)
    if app.after:
        yield "no-dependencies" if app.framework == "chronos" else "no-slots", ", ".join(app.after)
    if app.schedule is not None:
        if not cron(app.schedule):
            yield "no-such-schedule", ""
            return
        if app.schedule.first_us % MINUTE_US:
            yield "no-seconds", ""
        if app.schedule.times is not None:
            yield "no-last-start", str(app.schedule.times)


TREATMENTS: Treatments = {
    "batch app: framework: batch": HONOURED,
    "batch app: framework: spark": approximated("a driver pod and executor pods; tasks run in these"),
    "batch app: framework: mpi": approximated("an indexed Job; its pods are placed one by one, never all or none"),
    "batch app: framework: chronos": approximated("Jobs and CronJobs; retried without a limit"),
    "batch app: framework: hadoop": approximated("Jobs, a pod for each task; there are no slots to keep or give back"),
    "batch app: input": approximated("read from where it lies; no pod is placed by it"),
    "batch app: after": ignored("a Job waits for no other: it starts at the time that is written down"),
    "batch app: schedule": approximated(
        "a CronJob: whole minutes, periods that divide an hour or a day, no last start"
    ),
}
"""What becomes of an app's own keys; one run by Spark, MPI, Chronos or Hadoop on Mesos."""
