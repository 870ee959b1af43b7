"""A plain batch framework: launches as many waiting tasks as fit on what it is offered, declines the rest.

Tasks of an app are alike and go in the order of their numbers, apps in the order in which they were handed over. What
is not used is refused for `mesos.offers.refuse_s`. An idle framework goes on declining, as schedulers do that do not
know of suppression; its share is the smallest then, so it is asked first, again and again. One that was never given
any work refuses for `idle_refuse_s`: how long is the manners of a neighbour, not of those who wait. A task that is
lost, fails or is killed by an operator is launched again, ahead of those that never ran.

While tasks wait the framework may ask for offers again every `revive_interval_s`. Its own refusals are forgotten then;
those of its neighbours are not. Its clock is its own: where in a second it asks is drawn by lot.

Its user may have more tasks or fewer, more at once or fewer, or none launched for a time. It kills only what is not
wanted any more: with fewer at once, and while it holds an app, what runs goes on to its end, as queues of batch systems
have it.

Left out so far: delay for the sake of locality, executors that outlive tasks, priorities between apps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.base import KILL_RETRY_US, Framework, count_reasons
from workbench.engines.mesos.frameworks.batch_queue import Queue, Rest
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.operations import Answer, StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


@parameters("mesos.batch")
@dataclass(frozen=True)
class BatchParameters:
    """How a batch framework deals with offers."""

    suppress_when_idle: bool = param(
        False, help="whether a batch framework without waiting tasks asks for no offers, instead of declining them",
        source="assumption: off; most schedulers of the time only declined", shown_in="first-look",
    )  # fmt: skip
    idle_refuse_s: float = param(
        5.0, unit="s", low=0, high=600,
        help="how long a batch framework that was never given any work is not offered again what it refused",
        source="mesos include/mesos/mesos.proto, Filters.refuse_seconds: the same default for everybody",
        shown_in="offer-starvation",
    )  # fmt: skip
    tasks_per_offer: int = param(
        1000, low=1, high=1000, help="how many tasks a batch framework launches on one offer at most",
        source="assumption: as many as fit; dominant resource fairness is defined one task at a time",
        shown_in="whole-machines",
    )  # fmt: skip
    inverse_offers: str = param(
        "ignore", choices=("ignore", "accept", "decline"),
        help="what a batch framework says when it is asked to leave an agent; one that accepts launches no more there",
        source="assumption: written for the older API, which shows no inverse offers", shown_in="announced-maintenance",
    )  # fmt: skip
    revive_interval_s: float = param(
        0.0, unit="s", low=0, high=600,
        help="how often a batch framework asks for offers again while tasks wait; 0 means never",
        source="assumption: off; schedulers of the time waited for their refusals to end", shown_in="offer-starvation",
    )  # fmt: skip


class BatchFramework(Framework):
    """A batch scheduler of one role; subscribes when its first app is handed over, if it did not before.

    Parameters
    ----------
    places : callable
        Agent -> what is known of it.
    """

    def __init__(self, world: World, master: Master, role: str, places: Callable[[str], Place]) -> None:
        super().__init__(world, master, f"batch-{role}", role)
        own = world.settings.of(BatchParameters)
        self._refuse_us = to_us(world.settings.of(OfferParameters).refuse_s)
        self._idle_refuse_us = to_us(own.idle_refuse_s)
        self._revive_us = to_us(own.revive_interval_s)
        self._suppress_when_idle = own.suppress_when_idle
        self._tasks_per_offer = own.tasks_per_offer
        self._when_asked = own.inverse_offers
        self._places = places
        self._queues: dict[str, Queue] = {}
        self._tasks: dict[int, tuple[Queue, str]] = {}
        self._again: Counter[tuple[str, int]] = Counter()
        self._subscribed = False
        self._suppressed = False

    @property
    def suppressed(self) -> bool:
        """Whether it has asked for no offers."""
        return self._suppressed

    def submit(self, app: App, request: Resources) -> None:
        """A user hands over an app; the first one makes the framework subscribe."""
        queue = self._queues[app.name] = Queue(app, request, held=app.suspended, made=not app.suspended)
        self.subscribe()
        if queue.made:
            self.add_tasks(app, 0, app.replicas, app.at_us)

    def subscribe(self) -> None:
        """Ask for offers, with or without work; once is enough."""
        if not self._subscribed:
            self._subscribed = True
            self._master.send(self._master.subscribe, self)
            if self._revive_us:
                stream = self.world.streams.stream(f"mesos/revive/{self.role}")
                self.world.agenda.after(stream.randrange(self._revive_us), Order.FRAMEWORK, self._revive_if_waiting)

    def add_tasks(self, app: App, first: int, count: int, submitted_us: int) -> None:
        """Queue tasks ``first .. first + count - 1``."""
        queue = self._queues[app.name]
        for slot in range(first, first + count):
            name = f"{app.name}.{slot}"
            if slot < queue.named:  # there was one before the app became smaller
                self._again[app.name, slot] += 1
                name = f"{name}.{self._again[app.name, slot]}"
            queue.waiting.append(self._new_task(queue, slot, name, submitted_us))
        queue.named = max(queue.named, first + count)
        if count:
            self._wake()

    def resize(self, app: App) -> None:
        """A user wants more tasks of an app or fewer, of which those of the lowest numbers stay; or more at once."""
        queue = self._queues[app.name]
        before, queue.app = queue.app.replicas, app
        if not queue.made:
            return
        for task in [one for one in queue.waiting if self.world.slot_of(one) >= app.replicas]:
            queue.waiting.remove(task)
            self.world.stop(task, "killed")
        for task, (owner, _) in list(self._tasks.items()):
            if owner is queue and self.world.slot_of(task) >= app.replicas and task not in queue.unwanted:
                queue.unwanted.add(task)
                self._stop(task)
        if app.replicas > before:
            self._beside(queue, before, app.replicas)
            self.add_tasks(app, before, app.replicas - before, self.world.now_us)
        self._wake()

    def _beside(self, queue: Queue, first: int, end: int) -> None:
        """Tell the World of tasks that are still stopping when others of their numbers are wanted again."""
        for task in queue.unwanted:
            if first <= self.world.slot_of(task) < end:
                self.world.make_way(task, "still-stopping")

    def hold(self, app: App) -> None:
        """A user wants no more tasks of an app to be launched; what runs goes on."""
        queue = self._queues[app.name]
        queue.held = True
        self.world.event("job-held", app.name, "starts-no-more")
        for task in queue.waiting:
            self.world.not_tried(task, "suspended")

    def go_on(self, app: App) -> None:
        """A user lets a job that was held go on; the tasks of one that was handed over so come now."""
        queue = self._queues[app.name]
        queue.held, made, queue.made = False, queue.made, True
        for task in queue.waiting:
            self.world.not_tried(task, "")
        if not made:
            self.add_tasks(queue.app, 0, queue.app.replicas, self.world.now_us)
        self._wake()

    def delete(self, app: App) -> None:
        """A user wants an app to be gone: what waits is wanted no more, what runs is killed."""
        queue = self._queues.pop(app.name)
        while queue.waiting:
            self.world.stop(queue.waiting.popleft(), "killed")
        for task, (owner, _) in self._tasks.items():
            if owner is queue:
                self._stop(task)

    def _stop(self, task: int) -> None:
        """Have a task killed; ask again later, in case nobody heard."""
        if task in self._tasks:
            self.kill(task, None, False)
            self.world.agenda.after(KILL_RETRY_US, Order.FRAMEWORK, self._stop, task)

    def _new_task(self, queue: Queue, slot: int, name: str, submitted_us: int | None) -> int:
        request = dict(queue.request.plain)
        return self.world.new_task(queue.app, name, request, slot=slot, submitted_us=submitted_us)

    def _wake(self) -> None:
        if self._suppressed:
            self._suppressed = False
            self.revive()

    def _revive_if_waiting(self) -> None:
        """Ask for offers again if a task waits; look again an interval later."""
        self.world.agenda.after(self._revive_us, Order.FRAMEWORK, self._revive_if_waiting)
        if any(queue.may_launch for queue in self._queues.values()):
            self.revive()

    # -- offers ---------------------------------------------------------------------------------------------

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Fill the offers one by one."""
        queues = [queue for queue in self._queues.values() if queue.may_launch]
        if not queues:
            self._idle()
            refuse_us = self._refuse_us if self._queues else self._idle_refuse_us
            return [Answer(offer, (), refuse_us) for offer in offers]
        rests = [Rest(offer, self._places(offer.agent)) for offer in offers]
        seen = {queue.app.name: self._verdicts(queue, rests) for queue in queues}
        for rest in rests:
            if self._when_asked == "accept" and rest.offer.unavailability is not None:
                continue
            for queue in queues:
                self._fill(queue, rest, seen[queue.app.name])
        for queue in queues:
            if queue.may_launch:
                _, rejected = self._verdicts(queue, rests)
                self.note_decision(queue.waiting[0], "", 0, rejected)
        self._idle()
        return [Answer(rest.offer, rest.launches, self._refuse_us) for rest in rests]

    def inverse_offers(self, agents: Sequence[str]) -> None:
        """Say whether it means to be gone from agents in time: its tasks there run to their end, or to the agents'."""
        if self._when_asked != "ignore":
            for agent in agents:
                self._master.send(self._say, agent)

    def _say(self, agent: str) -> None:
        accepted = self._when_asked == "accept"
        self._master.maintenance.answer(self, agent, accepted=accepted, refuse_us=self._refuse_us)

    def _verdicts(self, queue: Queue, rests: Sequence[Rest]) -> tuple[int, Counter[str]]:
        return count_reasons([queue.why_not(rest.offer.agent, rest.place, rest.free) for rest in rests])

    def _fill(self, queue: Queue, rest: Rest, seen: tuple[int, Counter[str]]) -> None:
        """Launch tasks of one app on an offer while they fit."""
        agent = rest.offer.agent
        while (
            len(rest.launches) < self._tasks_per_offer
            and queue.may_launch
            and not queue.why_not(agent, rest.place, rest.free)
        ):
            task = queue.waiting.popleft()
            queue.active += 1
            queue.on[agent] += 1
            self._tasks[task] = (queue, agent)
            self.note_decision(task, agent, max(1, seen[0]), seen[1])
            rest.launch(task, queue.request)

    def _idle(self) -> None:
        if self._suppress_when_idle and not self._suppressed and not any(q.waiting for q in self._queues.values()):
            self._suppressed = True
            self.suppress()

    def launched(self) -> list[int]:
        """Return the tasks it launched and has not heard the end of."""
        return list(self._tasks)

    def ask_again(self) -> None:
        """Ask for offers if something waits for them."""
        if any(queue.waiting for queue in self._queues.values()):
            self._suppressed = False
            self.revive()

    # -- news of tasks --------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """Count tasks that ended; queue those again that did not finish."""
        if update.task not in self._tasks:
            if update.state is TaskState.RUNNING:
                self.kill_unknown(update.task)
            return
        if not update.state.terminal:
            return
        queue, agent = self._tasks.pop(update.task)
        queue.active -= 1
        queue.on[agent] -= 1
        gone = self._queues.get(queue.app.name) is not queue or update.task in queue.unwanted
        queue.unwanted.discard(update.task)
        if update.state is not TaskState.FINISHED and not gone and self._may_try_again(queue, update.task):
            queue.waiting.appendleft(self._once_more(queue, update.task, update.reason))
            self._wake()

    def _may_try_again(self, _queue: Queue, _task: int) -> bool:
        """Say whether a task that did not finish is to be launched again: here always."""
        return True

    def _once_more(self, queue: Queue, task: int, reason: str) -> int:
        """Return the task that takes the place of one that did not finish; itself if it was never placed.

        It has waited since the loss; in the place of one that finished, which was not heard or counts for nothing, from
        now on.
        """
        if self.world.node_of(task) < 0:
            self.world.attempted(task, reason)
            return task
        self.world.give_up(task)
        slot = self.world.slot_of(task)
        self._again[queue.app.name, slot] += 1
        unheard = self.world.trace["tasks"]["outcome"][task] == "finished"
        name = f"{queue.app.name}.{slot}.{self._again[queue.app.name, slot]}"
        return self._new_task(queue, slot, name, self.world.now_us if unheard else None)
