"""Spark on Mesos, coarse-grained: one long Mesos task per executor, held until the application is over.

Every application is a framework of its own. Executors are taken from offers in turn: each takes all cores of an offer,
unless `spark.executor_cores` says how many, up to `spark.cores_max`; then offers are refused for two minutes. Under
dynamic allocation there are no more executors than wanted, and for the time of the locality wait only machines are
taken on which data of waiting tasks lies. Which task runs where is settled inside (`applications/spark`).

Source: spark resource-managers/mesos/src/main/scala/org/apache/spark/scheduler/cluster/mesos/
MesosCoarseGrainedSchedulerBackend.scala (2.4: canLaunchTask, buildMesosTasks, satisfiesLocality, statusUpdate).
Left out: the driver as a task of its own (cluster mode); GPUs, ports, constraints on attributes; the limit of two
failures on one agent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.engines.applications.spark.executors import Executors
from workbench.engines.applications.spark.parameters import (
    NO_LIMIT,
    SparkParameters,
    executor_app,
    executor_memory,
)
from workbench.engines.mesos.frameworks.base import Framework, count_reasons
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.operations import Answer, Launch, StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App

REACHED_MAX_US = 120 * SECOND_US
"""How long an application with all its cores refuses offers (spark.mesos.rejectOfferDurationForReachedMaxCores)."""


@parameters("mesos.spark")
@dataclass(frozen=True)
class SparkOnMesosParameters:
    """How Spark uses Mesos."""

    coarse: bool = param(
        True, help="whether Spark holds its executors to the end, or launches each of its tasks as a Mesos task",
        source="spark docs/running-on-mesos.md, spark.mesos.coarse", shown_in="spark-waits",
    )  # fmt: skip
    executor_cores: float = param(
        1.0, unit="cores", low=0, high=16,
        help="fine-grained: cores that an executor keeps for itself, whether or not it runs a task",
        source="spark docs/running-on-mesos.md, spark.mesos.mesosExecutor.cores", shown_in="spark-waits",
    )  # fmt: skip


@dataclass(slots=True)
class Held:
    """An executor: its row, agent and cores."""

    row: int
    agent: str
    cores: int


class SparkFramework(Framework):
    """The scheduler backend of one Spark application.

    Parameters
    ----------
    places : callable
        Agent -> what is known of it.
    """

    def __init__(self, world: World, master: Master, app: App, places: Callable[[str], Place]) -> None:
        super().__init__(world, master, f"spark-{app.name}", app.team)
        self._app = app
        self._places = places
        self._params = world.settings.of(SparkParameters)
        self._refuse_us = to_us(world.settings.of(OfferParameters).refuse_s)
        self._most = self._params.cores_max
        self._memory = executor_memory(app)
        self._limit = 0 if self._params.dynamic_allocation else NO_LIMIT
        self._held: dict[int, Held] = {}
        self._made = 0
        self._wait_since_us = 0
        self._subscribed = False
        self._driver = Executors(
            world, app, wanted=self._want, let_go=self._let_go, done=self._done, message_us=master.message_us
        )

    @property
    def suppressed(self) -> bool:
        """It never asks for no offers; one that has enough refuses them."""
        return False

    @property
    def cores(self) -> int:
        """The cores that its executors hold."""
        return sum(one.cores for one in self._held.values())

    def submit(self, _app: App, _request: Resources) -> None:
        """The driver starts: it subscribes, and knows its tasks."""
        self.subscribe()
        self._wait_since_us = self.world.now_us
        self._driver.start()

    def subscribe(self) -> None:
        """Ask for offers; once is enough."""
        if not self._subscribed:
            self._subscribed = True
            self._master.send(self._master.subscribe, self)

    def delete(self, _app: App) -> None:
        """A user stops the driver: its executors end with it."""
        self._driver.scheduler.stop()
        for row in list(self._held):
            self.kill(row, None, replaced=False)
        self.leave()

    # -- offers ---------------------------------------------------------------------------------------------

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Take executors from the offers in turn; refuse the rest, for long if all cores are there."""
        launches: dict[int, list[Launch]] = {offer.number: [] for offer in offers}
        free = {offer.number: dict(offer.resources.plain) for offer in offers}
        why = [self._why_not(offer, free[offer.number]) for offer in offers]
        again = True
        while again:
            again = False
            for offer in offers:
                left = free[offer.number]
                if not self._why_not(offer, left):
                    again = True
                    launches[offer.number].append(self._executor(offer, left, count_reasons(why)))
        done = self.cores >= self._most or self._driver.scheduler.over
        refuse_us = REACHED_MAX_US if done else self._refuse_us
        if self._driver.scheduler.backlog and not self._held:
            self.note_decision(self._driver.scheduler.tasks.first, "", 0, count_reasons(why)[1])
        return [
            Answer(offer, launches[offer.number], self._refuse_us if launches[offer.number] else refuse_us)
            for offer in offers
        ]

    def _cores_of(self, offered: int) -> int:
        return self._params.executor_cores or min(offered // 1000, self._most - self.cores)

    def _why_not(self, offer: Offer, left: dict[str, int]) -> str:
        """Return why no executor is taken from what is left of an offer; empty when one is."""
        cores = self._cores_of(left.get(CPU, 0))
        if self._driver.scheduler.over:
            return "spark/no-work"
        if cores + self.cores > self._most or self.cores >= self._most:
            return "spark/cores-max"
        if len(self._held) >= self._limit:
            return "spark/enough-executors"
        if cores <= 0 or cores * 1000 > left.get(CPU, 0) or self._memory > left.get(MEMORY, 0):
            return "offer/too-small"
        place = self._places(offer.agent)
        if any(place.value(name) != value for name, value in self._app.node_selector.items()):
            return "constraint/CLUSTER"
        return "" if self._near(offer.agent) else "spark/locality-wait"

    def _near(self, agent: str) -> bool:
        """Say whether an executor here would be near the data, or is taken anyway; asked under dynamic allocation."""
        if not self._params.dynamic_allocation:
            return True
        wanted = self._driver.scheduler.tasks.nodes()
        here = {self.world.node_names.index(one.agent) for one in self._held.values()}
        node = self.world.node_names.index(agent)
        waited_us = self.world.now_us - self._wait_since_us
        return not wanted or node in wanted - here or waited_us > to_us(self._params.locality_wait_s)

    def _executor(self, offer: Offer, left: dict[str, int], seen: tuple[int, object]) -> Launch:
        cores = self._cores_of(left[CPU])
        request = {CPU: cores * 1000, MEMORY: self._memory}
        for name, amount in request.items():
            left[name] -= amount
        name = f"{self._app.name}-exec-{self._made}"
        self._made += 1
        row = self.world.new_task(executor_app(self._app, cores), name, request, submitted_us=self.world.now_us)
        self._held[row] = Held(row, offer.agent, cores)
        self.note_decision(row, offer.agent, max(1, seen[0]), {})
        return Launch(row, Resources(request))

    # -- what the driver wants --------------------------------------------------------------------------------

    def _want(self, executors: int) -> None:
        self._limit = executors
        self._wait_since_us = self.world.now_us

    def _let_go(self, row: int) -> None:
        self.kill(row, None, replaced=False)

    def _done(self) -> None:
        if not self._held:
            self.leave()

    # -- news -----------------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """An executor runs, and registers; or it has ended, and its cores may be had anew."""
        held = self._held.get(update.task)
        if held is None:
            if update.state is TaskState.RUNNING:
                self.kill_unknown(update.task)
            return
        if update.state is TaskState.RUNNING and update.task not in self._driver.registered:
            if self.world.alive(update.task):
                self._driver.register(update.task, self.world.node_of(update.task), held.cores)
        elif update.state.terminal:
            del self._held[update.task]
            self._driver.given_up(update.task)
            if self.world.node_of(update.task) < 0:  # its offer was taken back before the launch; others will be made
                self.world.stop(update.task, "killed")
            if self._driver.scheduler.over:
                self._done()
            else:
                self.revive()

    def launched(self) -> list[int]:
        """Return its executors."""
        return list(self._held)

    def ask_again(self) -> None:
        """Ask for offers again while more executors could be used."""
        if not self._driver.scheduler.over and self.cores < self._most:
            self.revive()
