"""Job: pods that run to their end, so many at once, until so many have succeeded.

Parallelism, suspension and, of an Indexed Job, the number of completions may change while it goes on. Pods that are too
many then are deleted, and count neither as failed nor as succeeded, whatever becomes of them in their grace period. A
Job that is resumed begins its time anew; the deadline is looked at before that, so one that is resumed later than its
old deadline fails at once.

Source: kubernetes, pkg/controller/job/job_controller.go (version 1.34).
Left out: that a Job counts as over only when its last pod has ended (JobPodReplacementPolicy); that 1.34.0 and 1.34.1
could not write the new start time of a Job that is resumed (kubernetes issue 134521).
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.controllers.job_progress import Outcome, Progress, classify
from workbench.engines.kubernetes.controllers.job_removal import active_pods_for_removal
from workbench.engines.kubernetes.controllers.ttl_after_finished import Finished
from workbench.engines.kubernetes.objects import ApiObject, PodDraft, PodObject
from workbench.model.clock import NEVER

SYNC_BATCH_US = 1_000_000
"""Changes of pods within a second share one sync (SyncJobBatchPeriod)."""


class JobController(Controller):
    """Creates pods while fewer are active than should be, deletes them when too many are or the Job is over."""

    name = "job-controller"
    retry_first_us = 1_000_000
    retry_last_us = 60_000_000

    def watch(self) -> None:
        """Jobs and their pods."""
        self._expected: dict[str, int] = {}
        self._progress: dict[str, Progress] = {}
        self._made_us: dict[str, int] = {}  # of Jobs that a CronJob made, or that began suspended: not wanted before
        self.api.watch("Job", self._on_job)
        self.api.watch("Pod", self._on_pod, owner="Job")

    def _on_job(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            self._progress.pop(old.uid, None)
        elif old is None or new.uid not in self._progress:
            self._progress[new.uid] = Progress(new.native.spec)
            if new.owner:
                self._made_us[new.uid] = self.world.now_us
            self.queue.add(new.uid)
        elif new.native is not old.native:  # not its own status
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        progress = self._progress.get(pod.owner)
        if progress is None:
            return
        wait = progress.waits_for_end
        if old is None:
            self._expected[pod.owner] -= 1
            progress.active[pod.uid] = pod.index
        elif pod.uid in progress.leaving:
            if new is not None and not new.terminal:
                return
            del progress.leaving[pod.uid]
        elif pod.uid in progress.active and (new is None or classify(new, wait_for_end=wait) != "active"):
            del progress.active[pod.uid]
            progress.ended.append(pod)
        elif new is not None and (new.restarts == old.restarts or new.info.spec.restart_policy != "OnFailure"):
            return  # nothing that a Job counts has changed
        self.queue.add_after(pod.owner, SYNC_BATCH_US)

    def sync(self, key: str) -> Sync:
        """Take note of what has ended, create what is missing or delete what is too much, then report."""
        progress = self._progress.get(key)
        there = self.api.objects.get(key)
        if progress is None or there is None or there.deleting:
            return ""
        if progress.finished or self._expected.get(key, 0) > 0:
            return ""
        progress.follow(there.native.spec, self.world.now_us)
        self._start_clock(key, progress)
        progress.take_stock()
        error = ""
        if not self._outcome(key, progress).how:
            error = yield from self._manage(key, progress)
            self._note_suspension(key, progress)
        yield from self._track(key, progress)
        return error

    def _manage(self, key: str, progress: Progress) -> Sync:
        """Delete what is too much or create what is missing: never both at once, and deletion comes first."""
        surplus, missing = self._surplus(key, progress), min(progress.missing(), BURST_REPLICAS)
        if surplus:
            yield from self._remove(key, progress, surplus)
        elif missing > 0:
            error = yield from self._create(key, progress, missing)
            return error
        return ""

    def _note_suspension(self, key: str, progress: Progress) -> None:
        """Say that a Job which is not over has been suspended or resumed; its time begins anew then."""
        suspend = progress.spec.suspend
        if suspend == progress.suspended or key not in self.api.objects or self._outcome(key, progress).how:
            return
        progress.suspended = suspend
        name = self.api.objects[key].name
        self.world.event("Suspended" if suspend else "Resumed", name, "suspended" if suspend else "resumed")
        if not suspend:
            progress.started_us = self.world.now_us

    def _start_clock(self, key: str, progress: Progress) -> None:
        if progress.spec.suspend:
            return
        if progress.started_us == NEVER:
            if progress.suspended:
                self._made_us[key] = self.world.now_us
            progress.started_us = self.world.now_us
        left_us = progress.deadline_us() - self.world.now_us
        if progress.spec.active_deadline_seconds is not None and left_us > 0:
            self.queue.add_after(key, left_us)  # after every sync: an earlier wish takes the place of a later one

    def _outcome(self, key: str, progress: Progress) -> Outcome:
        restarts: Iterable[int] = ()
        if progress.spec.template.spec.restart_policy == "OnFailure":
            restarts = (pod.restarts for pod in self._active(key, progress))
        return progress.outcome(self.world.now_us, restarts)

    def _active(self, key: str, progress: Progress) -> list[PodObject]:
        return [pod for uid, pod in self.informer.owned_by(key).items() if uid in progress.active]

    def _create(self, key: str, progress: Progress, missing: int) -> Sync:
        now = self.world.now_us
        delay = progress.delay_us(now)
        if delay:
            self.queue.add_after(key, delay)
            return ""
        indexes = progress.take(missing, now) if progress.indexed else [-1] * missing
        if progress.indexed and len(indexes) < missing and (later := progress.next_due_us(now)):
            self.queue.add_after(key, later)
        self._expected[key] = self._expected.get(key, 0) + len(indexes)
        owner = self.api.objects[key]

        since: dict[int, int] = {}

        def draft(number: int) -> PodDraft:
            wanted_us = progress.wanted_since.take(indexes[number])
            if wanted_us is not None:
                since[number] = wanted_us
            self._beside(progress, indexes[number])
            return self._draft(owner, indexes[number], wanted_us)

        def refused(number: int) -> None:
            self._expected[key] -= 1
            if number in since:
                progress.wanted_since.note([indexes[number]], since[number])
            if progress.indexed:
                progress.give_back(indexes[number])

        error = yield from self.create_pods(owner.name, len(indexes), draft, refused)
        return error

    def _draft(self, owner: ApiObject, index: int, wanted_us: int | None) -> PodDraft:
        template, app = owner.native.spec.template, owner.app
        assert app is not None
        base = f"{owner.name}-{index}-" if index >= 0 else f"{owner.name}-"
        name = self.names.generate(base, owner.uid)
        if wanted_us is None:
            wanted_us = self._made_us.get(owner.uid)
        labels = template.metadata.labels
        return PodDraft(name, owner.namespace, labels, template.spec, app, owner.uid, index, wanted_us)

    def _beside(self, progress: Progress, index: int) -> None:
        """Tell the World that a pod which was deleted may still be stopping when the next one of its index is made."""
        for uid, other in progress.leaving.items():
            if other == index and progress.indexed:
                self.world.make_way(uid, "still-stopping")

    def _surplus(self, key: str, progress: Progress) -> list[PodObject]:
        """Return the active pods that are to go."""
        wanted = progress.wanted()
        if len(progress.active) <= wanted and not progress.any_beyond():
            return []
        pods = [pod for pod in self._active(key, progress) if not pod.deleting]
        completions = progress.completions if progress.indexed else None
        gone = active_pods_for_removal(pods, max(0, len(pods) - wanted), completions, self.world.now_us)
        return gone if progress.spec.suspend else gone[:BURST_REPLICAS]

    def _remove(self, key: str, progress: Progress, pods: list[PodObject]) -> Sync:
        """Delete active pods of which there are too many: two calls each, the first takes their finalizer off."""
        progress.remove(pods, self.world.now_us)
        calls = []
        for pod in pods:
            why = "suspended" if progress.spec.suspend else "scaled-down"
            self.world.event("SuccessfulDelete", pod.name, why, self.api.objects[key].name)
            calls += [self.client.spend(), self.client.send(self.api.delete_pod, pod.uid)]
        yield from self.answered(calls)
        self.world.trace["control_plane"].append(self.world.now_us, self.name, "delete-pods", len(pods))
        return ""

    def _track(self, key: str, progress: Progress) -> Sync:
        """Remove the finalizers of ended pods, one call each, and write the status; what ended meanwhile counts too."""
        progress.take_stock()
        ended, progress.untracked = progress.untracked, 0
        calls = [self.client.spend() for _ in range(ended)]
        outcome = self._outcome(key, progress)
        over = bool(outcome.how) and not progress.finished
        status = (len(progress.active), progress.succeeded, progress.failed, progress.suspended)
        if status != progress.reported or over:
            progress.reported = status
            finished = Finished(self.world.now_us, outcome.how) if over else None
            calls.append(self.client.send(self.api.patch, key, {"status": finished}) if over else self.client.spend())
        yield from self.answered(calls)
        if over and not progress.finished:
            progress.finished = True
            yield from self._finish(key, progress, outcome)
        return ""

    def _finish(self, key: str, progress: Progress, outcome: Outcome) -> Sync:
        name = self.api.objects[key].name if key in self.api.objects else key
        self.world.event("JobComplete" if outcome.how == "complete" else "JobFailed", name, outcome.why)
        calls = [self.client.send(self.api.delete_pod, pod) for pod in progress.active]
        yield from self.answered(calls)
        return ""
