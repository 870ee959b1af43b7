"""Job: pods that run to their end, so many at once, until so many have succeeded.

Source: kubernetes, pkg/controller/job (version 1.34).
Left out: activeDeadlineSeconds, podFailurePolicy, successPolicy, ttlSecondsAfterFinished, changes of parallelism;
pods are replaced as soon as they are being deleted (podReplacementPolicy TerminatingOrFailed).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodDraft, PodObject
from workbench.model.clock import NEVER
from workbench.model.native.kubernetes.batch import JobSpec

BACKOFF_FIRST_US = 10_000_000
BACKOFF_LAST_US = 600_000_000
"""Delay before a failed pod is replaced: 10 s, doubling to 10 min (DefaultJobPodFailureBackOff)."""

SYNC_BATCH_US = 1_000_000
"""Changes of pods within a second share one sync (SyncJobBatchPeriod)."""

BACKOFF_LIMIT = 6
"""Failures that a Job stands unless it says otherwise."""

Class = Literal["active", "succeeded", "failed"]


def remaining_us(failures: int, since_us: int, first_us: int, last_us: int) -> int:
    """Return how long to wait before the next pod, `since_us` after the last of so many failures in a row."""
    if failures == 0:
        return 0
    backoff = last_us if failures > 40 else min(first_us << (failures - 1), last_us)
    return max(0, backoff - since_us)


def classify(pod: PodObject) -> Class:
    """Return how a Job counts a pod: one that is being deleted has failed, unless it succeeded."""
    if pod.phase == "Succeeded":
        return "succeeded"
    return "failed" if pod.phase == "Failed" or pod.deleting else "active"


@dataclass
class Progress:
    """What a Job's pods have come to, kept up to date pod by pod.

    `open` holds the completion indexes that need a pod, as a heap; `due_us` the time before which those that failed
    must not come again.
    """

    spec: JobSpec
    active: dict[int, None] = field(default_factory=dict)
    succeeded: int = 0
    failed: int = 0
    failures_in_a_row: int = 0
    last_failure_us: int = NEVER
    untracked: int = 0  # ended pods whose finalizer is still to be removed
    open: list[int] = field(default_factory=list)
    due_us: dict[int, int] = field(default_factory=dict)
    failures_of: dict[int, int] = field(default_factory=dict)
    given_up: int = 0
    finished: bool = False
    reported: tuple[int, int, int] = (-1, -1, -1)

    def __post_init__(self) -> None:
        if self.indexed:
            self.open = list(range(self.completions or 0))

    @property
    def indexed(self) -> bool:
        """Whether every pod has a completion index."""
        return self.spec.completion_mode == "Indexed"

    @property
    def completions(self) -> int | None:
        """How many must succeed; None for a work queue, where any success ends it."""
        if self.spec.completions is None and self.spec.parallelism is None:
            return 1
        return self.spec.completions

    @property
    def parallelism(self) -> int:
        """How many may run at once."""
        return 1 if self.spec.parallelism is None else self.spec.parallelism

    def wanted(self) -> int:
        """Return how many pods should be active."""
        if self.completions is None:
            return len(self.active) if self.succeeded else self.parallelism
        return min(self.parallelism, self.completions - self.succeeded - self.given_up)

    def outcome(self) -> Literal["", "complete", "failed"]:
        """Return whether the Job is over."""
        limit = BACKOFF_LIMIT if self.spec.backoff_limit is None else self.spec.backoff_limit
        if self.spec.backoff_limit_per_index is None and self.failed > limit:
            return "failed"
        if self.completions is None:
            return "complete" if self.succeeded and not self.active else ""
        if self.succeeded + self.given_up < self.completions:
            return ""
        return "failed" if self.given_up else "complete"

    def count(self, pod: PodObject, now_us: int) -> None:
        """Take note of a pod that has ended or is being deleted."""
        self.active.pop(pod.uid, None)
        self.untracked += 1
        if classify(pod) == "succeeded":
            self.succeeded += 1
            self.failures_in_a_row = 0
            return
        self.failed += 1
        self.failures_in_a_row += 1
        self.last_failure_us = now_us
        if self.indexed:
            self._reopen(pod.index, now_us)

    def _reopen(self, index: int, now_us: int) -> None:
        failures = self.failures_of.get(index, 0) + 1
        self.failures_of[index] = failures
        limit = self.spec.backoff_limit_per_index
        if limit is not None and failures > limit:
            self.given_up += 1
            return
        if limit is not None:
            self.due_us[index] = now_us + remaining_us(failures, 0, BACKOFF_FIRST_US, BACKOFF_LAST_US)
        heapq.heappush(self.open, index)

    def take(self, count: int, now_us: int) -> list[int]:
        """Take up to `count` of the lowest indexes that need a pod and may have one now."""
        taken: list[int] = []
        later: list[int] = []
        while self.open and len(taken) < count:
            index = heapq.heappop(self.open)
            (later if self.due_us.get(index, 0) > now_us else taken).append(index)
        for index in later:
            heapq.heappush(self.open, index)
        return taken

    def give_back(self, index: int) -> None:
        """Put an index back whose pod could not be created."""
        heapq.heappush(self.open, index)

    def delay_us(self, now_us: int) -> int:
        """Return how long the failures so far hold back the next pod."""
        if self.spec.backoff_limit_per_index is None:
            since = now_us - self.last_failure_us
            return remaining_us(self.failures_in_a_row, since, BACKOFF_FIRST_US, BACKOFF_LAST_US)
        if not self.open or not self.due_us:
            return 0
        return max(0, min(self.due_us.get(index, 0) for index in self.open) - now_us)


class JobController(Controller):
    """Creates pods while fewer are active than should be."""

    name = "job-controller"
    retry_first_us = 1_000_000
    retry_last_us = 60_000_000

    def watch(self) -> None:
        """Jobs and their pods."""
        self._expected: dict[str, int] = {}
        self._progress: dict[str, Progress] = {}
        self.api.watch("Job", self._on_job)
        self.api.watch("Pod", self._on_pod)

    def _on_job(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None:
            self._progress[new.uid] = Progress(new.native.spec)
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        progress = self._progress.get(pod.owner)
        if progress is None:
            return
        if old is None:
            self._expected[pod.owner] -= 1
            progress.active[pod.uid] = None
        elif pod.uid in progress.active and (new is None or classify(new) != "active"):
            progress.count(pod, self.world.now_us)
        elif new is not None:
            return  # nothing that a Job counts has changed
        self.queue.add_after(pod.owner, SYNC_BATCH_US)

    def sync(self, key: str) -> Sync:
        """Create what is missing, take note of what has ended, then report."""
        progress = self._progress[key]
        if key not in self.api.objects:
            return ""
        if progress.finished or progress.spec.suspend or self._expected.get(key, 0) > 0:
            return ""
        error = ""
        if not progress.outcome():
            missing = min(progress.wanted() - len(progress.active), BURST_REPLICAS)
            if missing > 0:
                error = yield from self._create(key, progress, missing)
        yield from self._track(key, progress)
        return error

    def _create(self, key: str, progress: Progress, missing: int) -> Sync:
        now = self.world.now_us
        delay = progress.delay_us(now)
        if delay:
            self.queue.add_after(key, delay)
            return ""
        indexes = progress.take(missing, now) if progress.indexed else [-1] * missing
        if progress.indexed and len(indexes) < missing and progress.open:
            self.queue.add_after(key, progress.delay_us(now))
        self._expected[key] = self._expected.get(key, 0) + len(indexes)
        owner = self.api.objects[key]

        def draft(number: int) -> PodDraft:
            return self._draft(owner, indexes[number])

        def refused(number: int) -> None:
            self._expected[key] -= 1
            if progress.indexed:
                progress.give_back(indexes[number])

        error = yield from self.create_pods(owner.name, len(indexes), draft, refused)
        return error

    def _draft(self, owner: ApiObject, index: int) -> PodDraft:
        template, app = owner.native.spec.template, owner.app
        assert app is not None
        base = f"{owner.name}-{index}-" if index >= 0 else f"{owner.name}-"
        name = self.names.generate(base, owner.uid)
        return PodDraft(name, owner.namespace, template.metadata.labels, template.spec, app, owner.uid, index)

    def _track(self, key: str, progress: Progress) -> Sync:
        """Remove the finalizers of ended pods, one call each, and write the status."""
        ended, progress.untracked = progress.untracked, 0
        calls = [self.client.spend() for _ in range(ended)]
        status = (len(progress.active), progress.succeeded, progress.failed)
        if status != progress.reported:
            progress.reported = status
            calls.append(self.client.spend())
        yield from self.answered(calls)
        outcome = progress.outcome()
        if outcome and not progress.finished:
            progress.finished = True
            name = key.rpartition("/")[2]
            self.world.event("JobComplete" if outcome == "complete" else "JobFailed", name)
            if outcome == "failed":
                yield from self._kill(progress.active)
        return ""

    def _kill(self, pods: Iterable[int]) -> Sync:
        calls = [self.client.send(self.api.delete_pod, pod) for pod in pods]
        yield from self.answered(calls)
        return ""
