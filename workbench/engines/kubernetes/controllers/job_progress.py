"""How far a Job is: kept up to date pod by pod, so that a look at it does not have to count everything anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from workbench.engines.kubernetes.controllers.job_backoff import (
    BACKOFF_FIRST_US,
    BACKOFF_LAST_US,
    BackoffRecord,
    finished_us,
    new_backoff_record,
    remaining_us,
)
from workbench.engines.kubernetes.controllers.job_indexes import (
    Intervals,
    below,
    calculate_succeeded_indexes,
    first_pending_indexes,
    total,
    with_indexes,
)
from workbench.engines.kubernetes.controllers.job_policies import failure_action, success_met
from workbench.engines.kubernetes.controllers.job_wanted import ANY, WantedSince
from workbench.engines.kubernetes.objects import PodObject
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.native.kubernetes.batch import JobSpec

BACKOFF_LIMIT = 6
"""Failures that a Job stands unless it says otherwise."""

UNLIMITED = 2**31 - 1
"""Failures that it stands where each index has its own limit."""

Class = Literal["active", "succeeded", "failed"]


def classify(pod: PodObject, *, wait_for_end: bool = False) -> Class:
    """Return how a Job counts a pod: one that is being deleted has failed, unless it succeeded.

    `wait_for_end`: it has failed only once it has ended (podReplacementPolicy Failed).
    """
    if pod.phase == "Succeeded":
        return "succeeded"
    return "failed" if pod.phase == "Failed" or (pod.deleting and not wait_for_end) else "active"


def end_of(pod: PodObject) -> int:
    """Return when a pod counts as finished."""
    return finished_us(
        [None if pod.finished_us == NEVER else pod.finished_us],
        not_ready_since_us=pod.ready_us if not pod.ready and pod.ready_us != NEVER else None,
        deletion_us=pod.deletion_us if pod.deleting else None,
        grace_us=pod.grace_us,
        created_us=pod.created_us,
    )


class Outcome(NamedTuple):
    """Whether a Job is over, and why."""

    how: Literal["", "complete", "failed"] = ""
    why: str = ""


@dataclass
class Progress:
    """What a Job's pods have come to.

    Parameters
    ----------
    active : dict
        uid -> completion index of the pods that count as active.
    ended : list
        Pods that have ended since the last sync.
    untracked : int
        Ended pods whose finalizer is still to be removed.
    fresh : int
        The lowest index that never had a pod; below it, `reopened` need one again, not before `due_us`.
    suspended : bool
        Whether its condition Suspended holds.
    leaving : dict
        uid -> completion index of pods that were deleted since there were too many, until they have ended.
    """

    spec: JobSpec
    active: dict[int, int] = field(default_factory=dict)
    ended: list[PodObject] = field(default_factory=list)
    succeeded: int = 0
    failed: int = 0
    record: BackoffRecord = BackoffRecord()  # noqa: RUF009 - a value that never changes
    untracked: int = 0
    fresh: int = 0
    reopened: set[int] = field(default_factory=set)
    due_us: dict[int, int] = field(default_factory=dict)
    failures_of: dict[int, int] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    started_us: int = NEVER
    suspended: bool = False
    leaving: dict[int, int] = field(default_factory=dict)
    shrunk: bool = False
    wanted_since: WantedSince = field(default_factory=WantedSince)
    verdict: str = ""
    finished: bool = False
    reported: tuple[int, int, int, bool] = (-1, -1, -1, False)
    _done: Intervals = ()
    _newly_done: list[int] = field(default_factory=list)

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

    @property
    def waits_for_end(self) -> bool:
        """Whether a pod is replaced only once it has ended, not as soon as it is being deleted."""
        policy = self.spec.pod_replacement_policy
        return policy == "Failed" or (policy is None and self.spec.pod_failure_policy is not None)

    def wanted(self) -> int:
        """Return how many pods should be active."""
        if self.spec.suspend:
            return 0
        if self.completions is None:
            return len(self.active) if self.succeeded else self.parallelism
        return max(0, min(self.parallelism, self.completions - self.succeeded - len(self.given_up)))

    def missing(self) -> int:
        """Return how many pods should be made now; those on their way out may count as there until they end."""
        there = len(self.active) + (len(self.leaving) if self.waits_for_end else 0)
        return self.wanted() - there

    def follow(self, spec: JobSpec, now_us: int) -> None:
        """Take over the spec as it is stored now.

        Of an Indexed Job that has become smaller, what lies beyond its completions is forgotten, done or not: should
        it become larger again, that begins anew. Back-off and the number of failures stay.
        """
        if self.suspended and not spec.suspend:
            self.wanted_since.begin_anew(now_us)
        if spec is self.spec:
            return
        before, at_once, self.spec = self.completions, self.parallelism, spec
        if self.indexed and before is not None and self.completions is not None:
            self.wanted_since.note(range(before, self.completions), now_us)
            if self.completions < before:
                self._shrink(self.completions)
            else:
                self._keep_active()
        elif self.completions is None:
            self.wanted_since.note([ANY] * (self.parallelism - at_once), now_us)

    def _shrink(self, completions: int) -> None:
        self._done = below(self.done(), completions)
        self.succeeded = total(self._done)
        self.fresh, self.shrunk = min(self.fresh, completions), True
        self.given_up = {index for index in self.given_up if index < completions}
        self.reopened = {index for index in self.reopened if index < completions}
        self.due_us = {index: due for index, due in self.due_us.items() if index < completions}
        self.failures_of = {index: count for index, count in self.failures_of.items() if index < completions}
        self.wanted_since.forget(completions)

    def _keep_active(self) -> None:
        """A Job that was smaller for a moment may still have pods of indexes that are its own again."""
        highest = max(self.active.values(), default=-1)
        if highest >= self.fresh:
            self.reopened |= set(range(self.fresh, highest)) - set(self.active.values())
            self.fresh = highest + 1

    def beyond(self, index: int) -> bool:
        """Say whether an index of an Indexed Job is none of its own any more."""
        return self.indexed and self.completions is not None and index >= self.completions

    def any_beyond(self) -> bool:
        """Say whether an active pod has such an index: in a Job that has become smaller, until they are all gone."""
        self.shrunk = self.shrunk and any(map(self.beyond, self.active.values()))
        return self.shrunk

    def remove(self, pods: Iterable[PodObject], now_us: int) -> None:
        """Count pods no more that are deleted since there are too many: they neither fail nor succeed from now on.

        With the pod of an index its failures so far are forgotten, which it carried as an annotation.
        """
        for pod in pods:
            index = self.leaving[pod.uid] = self.active.pop(pod.uid)
            if self.beyond(index):
                continue
            if self.indexed:
                self.reopened.add(index)
                self.failures_of.pop(index, None)
                self.due_us.pop(index, None)
            if pod.phase == "Running":
                self.wanted_since.note([index], now_us)

    def take_stock(self) -> None:
        """Count the pods that have ended since the last time; those of indexes beyond the completions do not count."""
        ended, self.ended = self.ended, []
        self.untracked += len(ended)
        ended = [pod for pod in ended if not self.beyond(pod.index)]
        succeeded = [pod for pod in ended if pod.phase == "Succeeded"]
        failed = [pod for pod in ended if pod.phase != "Succeeded"]
        self.succeeded += len(succeeded)
        self._newly_done += [pod.index for pod in succeeded]
        for pod in failed:
            self._failed(pod)
        self.record = new_backoff_record(self.record, map(end_of, succeeded), map(end_of, failed))

    def _failed(self, pod: PodObject) -> None:
        action = failure_action(self.spec.pod_failure_policy, pod)
        if action == "FailJob":
            self.verdict = "failure-policy"
        self.failed += action != "Ignore"
        if not self.indexed:
            return
        failures = self.failures_of[pod.index] = self.failures_of.get(pod.index, 0) + (action != "Ignore")
        limit = self.spec.backoff_limit_per_index
        if action == "FailIndex" or (limit is not None and failures > limit):
            self.given_up.add(pod.index)
            return
        if limit is not None:
            self.due_us[pod.index] = end_of(pod) + remaining_us(max(1, failures), 0, BACKOFF_FIRST_US, BACKOFF_LAST_US)
        self.reopened.add(pod.index)

    def done(self) -> Intervals:
        """Return the indexes that have succeeded."""
        newly, self._newly_done = self._newly_done, []
        self._done = calculate_succeeded_indexes(self._done, newly, self.completions or 0)
        return self._done

    def outcome(self, now_us: int, restarts: Iterable[int] = ()) -> Outcome:
        """Return whether the Job is over.

        Parameters
        ----------
        restarts : iterable of int
            How often the containers of its active pods were started again, where they are (restartPolicy OnFailure).
        """
        if self.verdict:
            return Outcome("failed", self.verdict)
        per_index = self.spec.backoff_limit_per_index is not None
        limit = self.spec.backoff_limit
        limit = (UNLIMITED if per_index else BACKOFF_LIMIT) if limit is None else limit
        again = sum(restarts)
        if self.failed > limit or (again > 0 and again >= limit):
            return Outcome("failed", "backoff-limit")
        if not self.spec.suspend and self.deadline_us() <= now_us:
            return Outcome("failed", "job-deadline")
        most = self.spec.max_failed_indexes
        if most is not None and len(self.given_up) > most:
            return Outcome("failed", "failed-indexes")
        if self.completions is None:
            return Outcome("complete") if self.succeeded and not self.active else Outcome()
        if self.spec.success_policy is not None and success_met(
            self.spec.success_policy, self.done(), self.completions
        ):
            return Outcome("complete", "success-policy")
        if self.succeeded + len(self.given_up) < self.completions:
            return Outcome()
        return Outcome("failed", "failed-indexes") if self.given_up else Outcome("complete")

    def deadline_us(self) -> int:
        """Return when the Job has been active for too long; far beyond any run if it has no deadline."""
        seconds = self.spec.active_deadline_seconds
        return 2**62 if seconds is None or self.started_us == NEVER else self.started_us + seconds * SECOND_US

    def take(self, count: int, now_us: int) -> list[int]:
        """Take up to `count` of the lowest indexes that need a pod; those that may not have one yet are left out."""
        taken = self._taken()
        if self.waits_for_end and self.leaving:
            taken = with_indexes(taken, self.leaving.values())
        nearest = first_pending_indexes(count, self.completions or 0, (), taken)
        now = [index for index in nearest if self.due_us.get(index, 0) <= now_us]
        self.reopened.difference_update(now)
        self.fresh = max(self.fresh, max(now, default=-1) + 1)
        return now

    def _taken(self) -> Intervals:
        """Return the indexes that need no pod now, as intervals: all below `fresh` but the reopened ones."""
        gaps: list[tuple[int, int]] = []
        low = 0
        for index in sorted(self.reopened):
            if index > low:
                gaps.append((low, index - 1))
            low = index + 1
        if self.fresh > low:
            gaps.append((low, self.fresh - 1))
        return tuple(gaps)

    def give_back(self, index: int) -> None:
        """Put an index back whose pod could not be created."""
        self.reopened.add(index)

    def delay_us(self, now_us: int) -> int:
        """Return how long the failures so far hold back the next pod, where they hold back any."""
        if self.spec.backoff_limit_per_index is not None:
            return 0
        since = now_us - self.record.last_failure_us
        return remaining_us(self.record.failures, since, BACKOFF_FIRST_US, BACKOFF_LAST_US)

    def next_due_us(self, now_us: int) -> int:
        """Return how long until the first index that waits for its own back-off may have a pod; 0 if none waits."""
        return max(0, min((self.due_us.get(index, 0) - now_us for index in self.reopened), default=0))
