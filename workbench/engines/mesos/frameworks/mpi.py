"""MPI: all ranks of a program start, or none. The framework keeps offers unanswered until they hold the whole gang.

Each offer that a rank fits onto is kept; nobody else is offered that machine meanwhile. Once all ranks fit they are
launched together, and what is left is declined. Two such frameworks can each keep a part of the cluster and wait for
the other's: then only somebody who takes offers back helps, the master (`mesos.offers.timeout_s`) or the framework
itself (`give_back_s`). Programs of a team go one after another.

A rank that is lost fails the others (`workbench/engines/work.py`). One of which the framework hears that it is lost,
though the others have not: its machine is out of sight or its offer was taken back before the launch: ends the whole
program. Ranks that run are killed, those that have finished count for nothing, and all start again, together.

Source: mesos mpi/mpiexec-mesos.py (statusUpdate: a task that is lost, killed or fails stops the driver, and with it all
tasks); keeping offers is what a framework without reservations can do. That somebody starts the program anew each time
is an assumption.
Left out: ranks that share a machine's memory; a launch that begins with the ranks that are there, as the script does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.batch import BatchFramework
from workbench.engines.mesos.frameworks.batch_queue import Queue, Rest
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, StatusUpdate, TaskState
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("mesos.mpi")
@dataclass(frozen=True)
class MpiParameters:
    """How an MPI framework gathers a gang."""

    give_back_s: float = param(
        0.0, unit="s", low=0, high=600,
        help="how long an MPI framework keeps offers for a gang that is not complete before it gives all back; "
        "0: never",
        source="assumption: never; nothing in Mesos asks it to", shown_in="nightly-batch",
    )  # fmt: skip


class MpiFramework(BatchFramework):
    """The MPI scheduler of one team.

    Attributes
    ----------
    kept : dict
        Offers that it keeps unanswered, by number.
    """

    def __init__(self, world: World, master: Master, role: str, places: Callable[[str], Place]) -> None:
        super().__init__(world, master, role, places)
        self.name = f"mpi-{role}"
        self.kept: dict[int, Offer] = {}
        self._give_back_us = to_us(world.settings.of(MpiParameters).give_back_s)
        self._given_back = 0
        self._stopping: set[int] = set()
        self._finished: dict[str, list[int]] = {}  # app -> ranks heard to have finished

    def _decide(self, offers: Sequence[Offer]) -> None:
        """Answer what is decided; keep the rest."""
        still = [offer for offer in offers if self._open.pop(offer.number, None) is not None]
        if still:
            answers = self.decide(still)
            if answers:
                self._master.send(self._master.answer, self, answers)

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Keep offers until they hold all ranks of the first program that waits, then launch these together."""
        queue = next((one for one in self._queues.values() if one.waiting and not one.active), None)
        self.kept.update({offer.number: offer for offer in offers})
        if queue is None:
            return self._decline(list(self.kept.values()))
        rests = [Rest(offer, self._places(offer.agent)) for offer in self.kept.values()]
        seen = self._verdicts(queue, rests)
        useless = [rest.offer for rest in rests if queue.why_not(rest.offer.agent, rest.place, rest.free)]
        placed = self._places_for(queue, rests)
        if len(placed) < len(queue.waiting):
            rejected = Counter(seen[1])
            rejected["mpi/gang-incomplete"] = max(1, len(rests) - len(useless))
            self.note_decision(queue.waiting[0], "", 0, rejected)
            self._plan_to_give_back()
            return self._decline(useless)
        for rest in placed:
            task = queue.waiting.popleft()
            queue.active += 1
            queue.on[rest.offer.agent] += 1
            self._tasks[task] = (queue, rest.offer.agent)
            self.note_decision(task, rest.offer.agent, max(1, seen[0]), seen[1])
            rest.launch(task, queue.request)
        self.kept.clear()
        return [Answer(rest.offer, rest.launches, self._refuse_us) for rest in rests]

    def _places_for(self, queue: Queue, rests: Sequence[Rest]) -> list[Rest]:
        """Return the offers that ranks would go onto, one entry for each rank, as far as they suffice."""
        found: list[Rest] = []
        most = queue.app.max_per_node
        for rest in rests:
            agent = rest.offer.agent
            if queue.why_not(agent, rest.place, rest.free):
                continue
            fits = min(rest.free.get(name, 0) // amount for name, amount in queue.request.plain.items() if amount)
            if most is not None:  # two offers can be of one agent
                fits = min(fits, most - sum(one.offer.agent == agent for one in found))
            found += [rest] * fits
        return found[: len(queue.waiting)]

    def _decline(self, offers: Sequence[Offer]) -> list[Answer]:
        for offer in offers:
            self.kept.pop(offer.number, None)
        refuse_us = self._refuse_us if self._queues else self._idle_refuse_us
        return [Answer(offer, (), refuse_us) for offer in offers]

    # -- news of ranks ----------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """A rank that will not be there any more takes the others with it, once everything of this instant is heard."""
        known = self._tasks.get(update.task)
        super().status_update(update)
        if known is None or not update.state.terminal:
            return
        queue = known[0]
        if update.state is not TaskState.FINISHED:
            self.world.agenda.after(0, Order.FRAMEWORK, self._break_up, queue)
        else:
            self._finished.setdefault(queue.app.name, []).append(update.task)
            if queue.waiting:  # one of the others was lost meanwhile
                self._all_again(queue)

    def _all_again(self, queue: Queue) -> None:
        """Have the ranks wait that have finished a program of which another rank is to start again."""
        for task in self._finished.pop(queue.app.name, ()):
            if self._queues.get(queue.app.name) is queue:
                queue.waiting.append(self._once_more(queue, task, "rank-lost"))

    def _break_up(self, queue: Queue) -> None:
        """Have the ranks killed that wait for one which is to start again."""
        if queue.waiting:
            self._all_again(queue)
        for task, (owner, _) in list(self._tasks.items()):
            if owner is queue and queue.waiting and task not in self._stopping:
                self._stopping.add(task)
                self._stop(task)

    # -- offers that are kept ---------------------------------------------------------------------------------

    def _plan_to_give_back(self) -> None:
        if self._give_back_us and self.kept and not self._given_back:
            self._given_back = 1
            self.world.agenda.after(self._give_back_us, Order.FRAMEWORK, self._give_back)

    def _give_back(self) -> None:
        """The time is up: everything that is kept goes back, for somebody else to use."""
        self._given_back = 0
        answers = self._decline(list(self.kept.values()))
        if answers:
            self.world.event("gang-gave-back", self.name, "gang-incomplete", str(len(answers)))
            self._master.send(self._master.answer, self, answers)

    def offer_rescinded(self, number: int) -> None:
        """An offer was taken back: the gang is farther from complete."""
        super().offer_rescinded(number)
        self.kept.pop(number, None)

    def stop(self) -> None:
        """The process stops: what it kept is forgotten."""
        super().stop()
        self.kept.clear()

    def master_lost(self) -> None:
        """There is no master: its offers are none any more."""
        super().master_lost()
        self.kept.clear()
