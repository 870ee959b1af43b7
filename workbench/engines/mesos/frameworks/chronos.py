"""Chronos: jobs by the clock, and jobs that start when their parents are done.

A job with a schedule has one task at each start. A job with parents waits until all of them have finished since it last
began; it never looks at the clock. A task that fails is started again, `retries` times; after that the job has failed,
and the jobs that wait for it wait on. A start that is missed because Chronos itself was away is made up for within
`epsilon_s`, and left out after that.

A job that is disabled starts no more: what waits for an offer is dropped, and it does not start when its parents are
done. What runs goes on to its end. Once it is enabled again, a start that it missed within `epsilon_s` is made.

Source: chronos docs/docs/api.md (schedule, parents, retries, epsilon), the jobs' graph as in
src/main/scala/org/apache/mesos/chronos/scheduler/graph/JobGraph.scala; disabled jobs as in jobs/TaskManager.scala
(getTaskHelper) and jobs/JobScheduler.scala (updateJob, processDependencies).
Left out: several starts of one job at once are not prevented (`concurrent: false`); constraints LIKE and UNLIKE;
jobs that are switched off after a failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.batch import BatchFramework
from workbench.engines.mesos.frameworks.batch_queue import Queue
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

if TYPE_CHECKING:
    import networkx as nx

FAILOVER_US = 7 * 24 * 3600 * SECOND_US
"""How long its tasks run on without it (--failover_timeout: a week)."""


@parameters("mesos.chronos")
@dataclass(frozen=True)
class ChronosParameters:
    """How Chronos bears with failures."""

    retries: int = param(
        2, low=0, high=100, help="how often Chronos starts a task again that failed",
        source="chronos docs/docs/api.md, retries: 2 by default", shown_in="nightly-batch",
    )  # fmt: skip
    epsilon_s: float = param(
        60.0, unit="s", low=0, high=86_400, help="how late a start that Chronos missed is still made",
        source="chronos docs/docs/api.md, epsilon: PT60S by default", shown_in="nightly-batch",
    )  # fmt: skip


class Chronos(BatchFramework):
    """The Chronos of one team.

    Attributes
    ----------
    graph : DiGraph
        Jobs, each with an edge to those that wait for it.
    """

    def __init__(self, world: World, master: Master, role: str, places: Callable[[str], Place]) -> None:
        super().__init__(world, master, role, places)
        self.name = f"chronos-{role}"
        params = world.settings.of(ChronosParameters)
        self._retries = params.retries
        self._epsilon_us = to_us(params.epsilon_s)
        self.failover_us = FAILOVER_US
        self.checkpoint = True  # --mesos_checkpoint
        self.graph = _no_jobs()
        self._waiting_for: dict[str, set[str]] = {}  # job -> parents that have not finished since it last began
        self._done: set[str] = set()
        self._held: dict[str, list[int]] = {}  # tasks of jobs whose parents are not done
        self._open_tasks: Counter[tuple[str, int]] = Counter()  # of each run of a job
        self._failures: Counter[tuple[str, int]] = Counter()
        self._runs: Counter[str] = Counter()
        self._missed: dict[str, list[tuple[int, int]]] = {}  # jobs that are disabled -> their starts since then

    def submit(self, app: App, request: Resources) -> None:
        """A user posts a job: by the clock, after its parents, or at once."""
        self._queues[app.name] = Queue(app, request)
        self.subscribe()
        self.graph.add_node(app.name)
        self.graph.add_edges_from((parent, app.name) for parent in app.after)
        if app.schedule is not None:
            self._plan(app, 0)
        elif app.after:
            self._waiting_for[app.name] = set(app.after)
            self._hold(app)
            for parent in app.after:  # those that were done before this one was posted count
                if parent in self._done:
                    self._parent_done(app.name, parent)
        else:
            self._start(app, 0, app.replicas, app.at_us)

    # -- by the clock ---------------------------------------------------------------------------------------

    def _plan(self, app: App, number: int) -> None:
        schedule = app.schedule
        assert schedule is not None
        due_us = max(app.at_us, schedule.start_us(number))
        last = schedule.times is not None and number >= schedule.times
        if not last and due_us < self.world.scenario.horizon_us:
            self.world.agenda.at(max(due_us, self.world.now_us), Order.FRAMEWORK, self._due, app, number, due_us)

    def _due(self, app: App, number: int, due_us: int) -> None:
        """A start is due: it is made, now or as soon as Chronos is there, unless that is too late."""
        self._plan(app, number + 1)
        if app.name in self._missed:
            self._missed[app.name].append((number, due_us))
        elif app.name in self._queues:
            self.when_up(lambda: self._make(app, number, due_us))

    def _make(self, app: App, number: int, due_us: int) -> None:
        if self.world.now_us - due_us > self._epsilon_us:
            self.world.event("start-missed", app.name, "beyond-epsilon", str(number))
        elif app.name in self._queues:
            self._start(app, number, 1, due_us)

    # -- after others ---------------------------------------------------------------------------------------

    def _hold(self, app: App) -> None:
        """Note the tasks of the next run of a job; its parents are not done."""
        queue, first = self._queues[app.name], self._runs[app.name] * app.replicas
        submitted_us = app.at_us if not first else self.world.now_us
        self._held[app.name] = [
            self._new_task(queue, slot, f"{app.name}.{slot}", submitted_us)
            for slot in range(first, first + app.replicas)
        ]
        for task in self._held[app.name]:
            self.world.not_tried(task, "parents-not-done")

    def _start(self, app: App, first: int, count: int, submitted_us: int) -> None:
        self._open_tasks[app.name, self._run_of(app, first)] += count
        self.add_tasks(app, first, count, submitted_us)

    def _run_of(self, app: App, slot: int) -> int:
        """Return the number of the run that a task belongs to: by the clock each is one task, else all of the app."""
        return slot if app.schedule is not None else slot // max(1, app.replicas)

    def _job_done(self, job: str) -> None:
        """All tasks of a run have finished: the jobs for which that was the last parent begin."""
        self._done.add(job)
        for child in sorted(self.graph.successors(job)):
            self._parent_done(child, job)

    def _parent_done(self, child: str, parent: str) -> None:
        """A parent of a job is done: if it was the last one, the job begins, and waits for all of them anew."""
        self._waiting_for[child].discard(parent)
        if self._waiting_for[child] or child not in self._held or child not in self._queues or child in self._missed:
            return
        app, tasks = self._queues[child].app, self._held.pop(child)
        self._open_tasks[child, self._runs[child]] += len(tasks)
        self._runs[child] += 1
        self._queues[child].waiting.extend(tasks)
        self._waiting_for[child] = set(app.after)
        for task in tasks:
            self.world.not_tried(task, "")
        self.ask_again()
        if self._comes_again(child):
            self._hold(app)

    def _comes_again(self, job: str) -> bool:
        """Say whether a job's parents will run once more: all of them go back to schedules with starts to come."""
        before = [self._queues[one].app for one in _before(self.graph, job) if one in self._queues]
        return all(one.after or self._starts_left(one, self._runs[job]) for one in before)

    def _starts_left(self, app: App, runs: int) -> bool:
        schedule = app.schedule
        return schedule is not None and schedule.starts_before(self.world.scenario.horizon_us) > runs

    def hold(self, app: App) -> None:
        """A user disables a job: its tasks that wait for an offer are dropped."""
        queue = self._queues[app.name]
        self._missed[app.name] = []
        self.world.event("job-held", app.name, "starts-no-more")
        if queue.waiting:
            self.world.event("job-expired", app.name, "job-disabled", str(len(queue.waiting)))
        while queue.waiting:
            self.world.stop(queue.waiting.popleft(), "killed")

    def go_on(self, app: App) -> None:
        """A user enables a job again."""
        for number, due_us in self._missed.pop(app.name, ()):
            self._make(app, number, due_us)

    def delete(self, app: App) -> None:
        """A user deletes a job; those that wait for it wait for ever."""
        for task in self._held.pop(app.name, ()):
            self.world.stop(task, "killed")
        super().delete(app)

    # -- news of tasks --------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """A job is done when the last task of its run has finished."""
        known = self._tasks.get(update.task)
        super().status_update(update)
        if known is not None and update.state is TaskState.FINISHED:
            job = known[0].app.name
            run = (job, self._run_of(known[0].app, self.world.slot_of(update.task)))
            self._open_tasks[run] -= 1
            if not self._open_tasks[run] and job in self.graph:
                self._job_done(job)

    def _may_try_again(self, _queue: Queue, _task: int) -> bool:
        """Say whether a task that failed is started once more."""
        if _queue.app.name in self._missed:  # it would be dropped from the queue again
            return False
        key = (_queue.app.name, self.world.slot_of(_task))
        self._failures[key] += 1
        if self._failures[key] <= self._retries:
            return True
        self.world.event("job-failed", _queue.app.name, "retries-used-up", str(self._retries))
        return False


# networkx takes longer to load than all of Chronos: only runs that have one pay for it.


def _no_jobs() -> nx.DiGraph:
    from networkx import DiGraph

    return DiGraph()


def _before(graph: nx.DiGraph, job: str) -> Iterable[str]:
    """Return the jobs that a job waits for, and those that they wait for in turn."""
    from networkx import ancestors

    found: set[str] = ancestors(graph, job)
    return found
