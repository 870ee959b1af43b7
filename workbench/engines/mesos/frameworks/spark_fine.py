"""Spark on Mesos, fine-grained: each of its tasks is a Mesos task, and its core goes back as soon as it ends.

On each agent that it uses there is an executor that keeps `mesos.spark.executor_cores` and its memory to the end; only
the cores of tasks come and go. Which task may go onto which offered machine the driver's scheduler says: delay
scheduling chooses among machines here, not among executors it already has. Offers that nothing goes onto are refused
for the default time, and asked for again when a farther level is allowed.

Source: spark resource-managers/mesos/src/main/scala/org/apache/spark/scheduler/cluster/mesos/
MesosFineGrainedSchedulerBackend.scala (2.4: resourceOffers, createMesosTask, statusUpdate, reviveOffers).
Left out: `spark.cores.max`, which fine-grained mode does not know; dynamic allocation, the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from workbench.engines.agenda import Order
from workbench.engines.applications.spark.executors import REVIVE_US
from workbench.engines.applications.spark.parameters import executor_app, executor_memory, task_cores
from workbench.engines.applications.spark.task_scheduler import TaskScheduler
from workbench.engines.applications.spark.task_set import Place as Cores
from workbench.engines.mesos.frameworks.base import Framework
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.spark import SparkOnMesosParameters
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.operations import Answer, Launch, StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App


class FineGrainedSpark(Framework):
    """The scheduler backend of one Spark application in fine-grained mode.

    Parameters
    ----------
    places : callable
        Agent -> what is known of it.
    """

    def __init__(self, world: World, master: Master, app: App, places: Callable[[str], Place]) -> None:
        super().__init__(world, master, f"spark-{app.name}", app.team)
        self._app = app
        self._places = places
        self._refuse_us = to_us(world.settings.of(OfferParameters).refuse_s)
        self._own_cpu = round(1000 * world.settings.of(SparkOnMesosParameters).executor_cores)
        self._memory = executor_memory(app)
        self._executors: dict[str, int] = {}  # agent -> row
        self._kept: dict[str, set[int]] = {}
        self._tasks: dict[int, str] = {}
        self._seen: dict[int, Cores] = {}
        self._untold: dict[int, str] = {}  # tasks that have ended on a machine that is cut off, and how
        self._subscribed = False
        self._scheduler = TaskScheduler(world, app, self._done, takes={CPU: 1000 * task_cores(app)})

    @property
    def suppressed(self) -> bool:
        """It never asks for no offers."""
        return False

    def submit(self, _app: App, _request: Resources) -> None:
        """The driver starts: it subscribes, and knows its tasks."""
        self.subscribe()
        self._scheduler.start()
        self.world.agenda.after(REVIVE_US, Order.FRAMEWORK, self._revive)

    def subscribe(self) -> None:
        """Ask for offers; once is enough."""
        if not self._subscribed:
            self._subscribed = True
            self._master.send(self._master.subscribe, self)

    def _revive(self) -> None:
        """Ask for offers again every second while tasks wait (spark.scheduler.revive.interval)."""
        if not self._scheduler.over:
            self.world.agenda.after(REVIVE_US, Order.FRAMEWORK, self._revive)
            self.ask_again()

    # -- offers ---------------------------------------------------------------------------------------------

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Have the driver's scheduler choose tasks for what is offered, an executor's own cores put aside."""
        usable: list[tuple[Offer, Cores]] = []
        rejected: Counter[str] = Counter()
        for offer in offers:
            why = self._why_not(offer)
            if why:
                rejected[why] += 1
                continue
            cores = (offer.resources.plain.get(CPU, 0) - self._overhead(offer.agent)) // 1000
            node = self.world.node_names.index(offer.agent)
            usable.append((offer, Cores(offer.number, node, cores, self._kept.get(offer.agent, frozenset()))))
        for _, place in usable:
            self._seen[place.node] = place
        launched = self._scheduler.offered([place for _, place in usable], list(self._seen.values()))
        by_offer: dict[int, list[int]] = {}
        for one in launched:
            by_offer.setdefault(one.place.number, []).append(one.task)
        feasible = len(usable)
        answers = []
        for offer in offers:
            launches = [
                launch for task in by_offer.get(offer.number, ()) for launch in self._launch(offer, task, feasible)
            ]
            if not launches and any(offer is one for one, _ in usable):
                rejected["spark/locality-wait"] += 1
            answers.append(Answer(offer, launches, self._refuse_us))
        if self._scheduler.backlog and rejected:
            self.note_decision(self._scheduler.tasks.first, "", 0, rejected)
        return answers

    def _overhead(self, agent: str) -> int:
        return 0 if agent in self._executors else self._own_cpu

    def _why_not(self, offer: Offer) -> str:
        """Return why an offer is of no use; empty when it is."""
        if not self._scheduler.backlog:
            return "spark/no-work"
        here, plain = offer.agent in self._executors, offer.resources.plain
        least = self._overhead(offer.agent) + 1000 * self._scheduler.cores
        if plain.get(CPU, 0) < least or (not here and plain.get(MEMORY, 0) < self._memory):
            return "offer/too-small"
        place = self._places(offer.agent)
        if any(place.value(name) != value for name, value in self._app.node_selector.items()):
            return "constraint/CLUSTER"
        return ""

    def _launch(self, offer: Offer, task: int, feasible: int) -> list[Launch]:
        """Return what is launched for a task: itself, and its executor if there is none yet."""
        agent = offer.agent
        launches = []
        if agent not in self._executors:
            request = {CPU: self._own_cpu, MEMORY: self._memory}
            name = f"{self._app.name}-exec-{agent}"
            row = self.world.new_task(
                executor_app(self._app, 0), name, request, submitted_us=self.world.now_us
            )  # fmt: skip
            self._executors[agent] = row
            self._kept.setdefault(agent, set())
            self.world.work.watch(row, self._executor_ended)
            self.note_decision(row, agent, 1, {})
            launches.append(Launch(row, Resources({name: amount for name, amount in request.items() if amount})))
        self._tasks[task] = agent
        self.world.work.watch(task, self._ended, self._kept[agent])
        self.note_decision(task, agent, max(1, feasible), {})
        request = {CPU: 1000 * self._scheduler.cores}
        launches.append(Launch(task, Resources(request), executor=self._executors[agent]))
        return launches

    # -- what ends ------------------------------------------------------------------------------------------

    def _ended(self, task: int, outcome: str) -> None:
        """A task has ended in its executor, which tells the driver, through its agent, when that can be reached."""
        machine = self.world.machines[self.world.node_of(task)] if self.world.node_of(task) >= 0 else None
        if task not in self._tasks:
            return  # given up
        if machine is not None and machine.up and not machine.connected:
            self._untold[task] = outcome
            return
        self._settled(task, outcome)

    def _settled(self, task: int, outcome: str) -> None:
        agent = self._tasks.pop(task)
        app = self._app
        if outcome == "finished" and app.input is not None and app.input.blocks is not None:
            self._kept.setdefault(agent, set()).add(self.world.work.blocks.block_of(app, self._scheduler.slot(task)))
        self._scheduler.ended(task, outcome)

    def _forget_executor(self, row: int) -> str:
        agent = next(name for name, one in self._executors.items() if one == row)
        del self._executors[agent]
        self._kept[agent] = set()
        self._seen.pop(self.world.node_names.index(agent), None)  # what its process had read is gone, too
        return agent

    def _executor_ended(self, row: int, _outcome: str) -> None:
        if row not in self._executors.values():
            return  # given up
        agent = self._forget_executor(row)
        for task, where in list(self._tasks.items()):
            if where == agent:
                self.world.agenda.after(0, Order.PHYSICS, self._lost, task)

    def _lost(self, task: int) -> None:
        if self.world.alive(task):
            self.world.stop(task, "failed")

    def _done(self) -> None:
        """The application is over: its executors stop, and the framework unregisters once they have."""
        for row in list(self._executors.values()):
            self.world.agenda.after(self._master.message_us, Order.PHYSICS, self._finish, row)
        self.world.agenda.after(3 * self._master.message_us, Order.FRAMEWORK, self.leave)

    def _finish(self, row: int) -> None:
        if self.world.alive(row):
            self.world.work.finish(row)

    def delete(self, _app: App) -> None:
        """A user stops the driver."""
        self._scheduler.stop()
        for row in [*self._executors.values(), *self._tasks]:
            self.kill(row, None, replaced=False)
        self.leave()

    # -- news -----------------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """An offer was taken back before the launch, an agent is given up, or can be reached again.

        Of other ends the driver hears from tasks and executors. A task on an agent that is given up waits again.
        """
        row = update.task
        if not update.state.terminal:
            if update.state is TaskState.RUNNING and row not in self._tasks and row not in self._executors.values():
                self.kill_unknown(row)
            return
        if self.world.node_of(row) >= 0:
            if row in self._untold and update.state is TaskState.FINISHED:
                self._settled(row, self._untold.pop(row))
            elif row in self._tasks:
                self._untold.pop(row, None)
                del self._tasks[row]
                self._scheduler.lost(row)
            elif row in self._executors.values():
                self._forget_executor(row)
            return
        if row in self._tasks:
            del self._tasks[row]
            self.world.attempted(row, update.reason)
            self._scheduler.returned(row)
        elif row in self._executors.values():
            self.world.stop(row, "killed")
            self._executor_ended(row, "killed")

    def launched(self) -> list[int]:
        """Return its executors and tasks."""
        return [*self._executors.values(), *self._tasks]

    def ask_again(self) -> None:
        """Ask for offers again if a task waits for them."""
        if self._scheduler.backlog:
            self.revive()
