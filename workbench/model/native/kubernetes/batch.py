"""Work that ends: Job and CronJob.

Source: kubernetes/api, batch/v1/types.go, defaults included. Times are seconds.
"""

from __future__ import annotations

from typing import ClassVar

from workbench.model.native.kubernetes.meta import KubeObject, KubeStruct, LabelSelector, ObjectMeta, Opaque
from workbench.model.native.kubernetes.pods import PodTemplateSpec


class JobSpec(KubeStruct, frozen=True, kw_only=True):
    """How often the pod must succeed, and how many run at once.

    `parallelism` and `completions` both absent mean 1 and 1; completions absent with a parallelism means a
    work queue, where any success ends the job.
    """

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"manualSelector", "managedBy", "scheduling"})

    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    ttl_seconds_after_finished: int | None = None
    completion_mode: str = "NonIndexed"
    suspend: bool = False
    pod_failure_policy: Opaque = None
    success_policy: Opaque = None
    pod_replacement_policy: str | None = None


class Job(KubeObject, frozen=True, kw_only=True):
    """Pods that run to their end."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "batch/v1"
    kind: str = "Job"
    spec: JobSpec = JobSpec()


class JobTemplateSpec(KubeStruct, frozen=True, kw_only=True):
    """What the jobs of a CronJob are made from."""

    metadata: ObjectMeta = ObjectMeta()
    spec: JobSpec = JobSpec()


class CronJobSpec(KubeStruct, frozen=True, kw_only=True):
    """When jobs start. `concurrency_policy`: ``Allow``, ``Forbid`` or ``Replace``."""

    schedule: str = ""
    time_zone: str | None = None
    starting_deadline_seconds: int | None = None
    concurrency_policy: str = "Allow"
    suspend: bool = False
    job_template: JobTemplateSpec = JobTemplateSpec()
    successful_jobs_history_limit: int = 3
    failed_jobs_history_limit: int = 1


class CronJob(KubeObject, frozen=True, kw_only=True):
    """A job by the clock."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "batch/v1"
    kind: str = "CronJob"
    spec: CronJobSpec = CronJobSpec()
