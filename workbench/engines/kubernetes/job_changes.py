"""What users change of a Job or CronJob that is there: how many pods at once, how many in all, whether it works at all.

The number of completions may change for an Indexed Job only, and only together with its parallelism, to the same number
(an elastic Indexed Job). Parallelism and suspension may change at any time; for a Job that is over they mean nothing.

Source: kubernetes, pkg/apis/batch/validation/validation.go, validateCompletions (version 1.34).
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.controllers.ttl_after_finished import Finished
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.protocol import ResumeApp, ScaleApp, SuspendApp
from workbench.model.native.kubernetes.batch import JobSpec
from workbench.model.workload import App

JobChange = ScaleApp | SuspendApp | ResumeApp


def completions_refused(old: JobSpec, new: JobSpec) -> str:
    """Return why the number of completions may not become another, in upstream's words; empty if it may."""
    if new.completions == old.completions:
        return ""
    if old.completion_mode != "Indexed":
        return f"spec.completions: Invalid value: {new.completions}: field is immutable"
    if new.completions != new.parallelism:
        return (
            f"spec.completions: Invalid value: {new.completions}: can only be modified in tandem with spec.parallelism"
        )
    return ""


def sized(spec: JobSpec, app: App) -> JobSpec:
    """Return the spec of a Job at the size at which its app is wanted.

    A work queue, which has no number of completions, gets none: its size is how many of its pods run at once.
    """
    at_once = app.replicas if app.parallelism is None else app.parallelism
    return replace(spec, parallelism=at_once, completions=None if spec.completions is None else app.replicas)


def defaulted(spec: JobSpec) -> JobSpec:
    """Return the spec of a Job as the API server keeps it: one pod, and one at once, unless it says something else."""
    if spec.completions is None and spec.parallelism is None:
        return replace(spec, completions=1, parallelism=1)
    return replace(spec, parallelism=1) if spec.parallelism is None else spec


def change_job(api: ApiServer, params: WorkloadParameters, change: JobChange) -> bool:
    """Ask for a change of the Job or CronJob of an app; say whether that is something which can be asked of it.

    Bare pods, and the pods of a Spark application, have nothing that holds them together; of a CronJob the size is
    not asked about, since its Jobs are made anew each time.
    """
    made = [] if change.app.framework == "spark" else objects_for(change.app, params)
    kind = made[0].kind if made else ""
    if kind == "CronJob" and not isinstance(change, ScaleApp):
        api.request(_suspend_cron_job, api, made[0].uid, isinstance(change, SuspendApp))
    elif kind == "Job" and not (isinstance(change, ScaleApp) and change.app.framework in ("mpi", "hadoop")):
        api.request(_patch, api, made[0].uid, change)
    else:
        return False
    return True


def _suspend_cron_job(api: ApiServer, uid: str, suspend: bool) -> str:
    there = api.objects.get(uid)
    if there is None:
        return NOT_FOUND
    return api.patch(uid, {"native": replace(there.native, spec=replace(there.native.spec, suspend=suspend))})


def _patch(api: ApiServer, uid: str, change: JobChange) -> str:
    there = api.objects.get(uid)
    if there is None or isinstance(there.status, Finished):
        api.world.event("NothingThere", change.app.name, "job-over")
        return NOT_FOUND if there is None else ""
    old = defaulted(there.native.spec)
    if isinstance(change, ScaleApp):
        new = sized(old, change.app)
        if refused := completions_refused(old, new):
            api.world.event("ChangeRefused", change.app.name, "completions-fixed", refused)
            return refused
    else:
        new = replace(old, suspend=isinstance(change, SuspendApp))
    return api.patch(uid, {"native": replace(there.native, spec=new)})
