"""What every framework does: it is handed offers, thinks, and answers.

While it thinks the offers are its own: nobody else is offered these resources. That is the price of letting each
framework decide by itself, and `answer_s` is how long it takes, unless its team says another time (`Team.decides_us`).

Left out so far: several roles in one framework, inverse offers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, StatusUpdate, TaskState
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


@parameters("mesos.frameworks")
@dataclass(frozen=True)
class FrameworkParameters:
    """How fast frameworks decide."""

    answer_s: float = param(
        0.05, unit="s", low=0, high=120, help="how long a framework thinks about offers, holding them meanwhile",
        source="assumption: a scheduler that answers at once, with its own bookkeeping", shown_in="first-look",
    )  # fmt: skip
    failover_timeout_s: float = param(
        0.0, unit="s", low=0, high=604_800, help="how long a batch framework that stopped keeps its running tasks",
        source="mesos include/mesos/mesos.proto, FrameworkInfo.failover_timeout: 0 by default",
        shown_in="kill-the-scheduler",
    )  # fmt: skip
    checkpoint: bool = param(
        False, help="whether tasks of a batch framework outlive the process of the agent that runs them",
        source="mesos docs/agent-recovery.md, FrameworkInfo.checkpoint: false by default", shown_in="agent-upgrade",
    )  # fmt: skip
    reconcile_interval_s: float = param(
        600.0, unit="s", low=15, high=3600,
        help="how long after a change of master a framework asks again for tasks of which it has heard nothing",
        source="marathon MarathonConf.scala, --reconciliation_interval; mesos docs/reconciliation.md: about 15 min",
        shown_in="quorum-lost",
    )  # fmt: skip


RECONCILE_FIRST_US = 15 * SECOND_US
"""A framework asks for the first time so long after a change of master (Marathon's --reconciliation_initial_delay)."""

KILL_RETRY_US = 10 * SECOND_US
"""A task whose end is not reported is asked to stop again so much later (Marathon's --kill_retry_timeout)."""


class Framework(ABC):
    """A scheduler on top of Mesos. A subclass says what becomes of offers and of news about its tasks.

    Parameters
    ----------
    name : str
        As shown to people.
    role : str
        The one role it subscribes to.
    """

    partition_aware = False
    removed = False
    """Whether a master has removed it; it is under another id since then."""
    left = False
    """Whether it has unregistered: its process has stopped for good."""

    def __init__(self, world: World, master: Master, name: str, role: str) -> None:
        self.id = ""
        self.name = name
        self.role = role
        params = world.settings.of(FrameworkParameters)
        decides_us = world.scenario.team(role).decides_us
        self.answer_us = to_us(params.answer_s) if decides_us is None else decides_us
        self.failover_us = to_us(params.failover_timeout_s)
        self.checkpoint = params.checkpoint
        self._reconcile_us = to_us(params.reconcile_interval_s)
        self._unanswered: set[int] = set()  # tasks of which the present master has said nothing
        self._round = 0  # counts rounds of questions, so that only the last one planned takes place
        self._round_planned = False
        self.masters = 0  # how many new masters there have been
        self.world = world
        self._master = master
        self.connected = True
        self._waiting: list[Callable[[], None]] = []
        self._open: dict[int, Offer] = {}
        self._decisions = world.trace["decisions"]
        self._attempts = world.trace["tasks"]["attempts"]

    # -- what the master calls ------------------------------------------------------------------------------

    def resource_offers(self, offers: Sequence[Offer]) -> None:
        """Offers have come: answer them all, after some thought."""
        if not self.connected:
            return
        for offer in offers:
            self._open[offer.number] = offer
        self.world.agenda.after(self.answer_us, Order.CONTROLLER, self._decide, offers)

    def offer_rescinded(self, number: int) -> None:
        """An offer was taken back."""
        self._open.pop(number, None)

    def reservation_lost(self, label: str) -> None:  # noqa: B027 - most frameworks make none
        """A reservation never got to its agent, and is none."""

    def inverse_offers(self, agents: Sequence[str]) -> None:  # noqa: B027 - the older API does not show them
        """The master asks it to leave agents that will be away."""

    def hear(self, update: StatusUpdate) -> None:
        """News of a task have come."""
        if update.state is not TaskState.UNREACHABLE:  # which is no last word
            self._unanswered.discard(update.task)
        elif self.removed:  # it may be a task of its former id: if its agent is back, nobody will say so
            self.ask_later(update.task)
        self.status_update(update)

    @abstractmethod
    def status_update(self, update: StatusUpdate) -> None:
        """There is news of a task."""

    @abstractmethod
    def decide(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        """Return what is to become of these offers, one answer each."""

    def _decide(self, offers: Sequence[Offer]) -> None:
        still = [offer for offer in offers if self._open.pop(offer.number, None) is not None]
        if still:
            self._master.send(self._master.answer, self, self.decide(still))

    @property
    @abstractmethod
    def suppressed(self) -> bool:
        """Whether it has asked for no offers, and a new master is to make it none."""

    # -- the process ------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """The process stops: offers it was thinking about are forgotten, what it had stored is not."""
        self.connected = False
        self._open.clear()

    def master_lost(self) -> None:
        """There is no master: its offers are none any more."""
        self._open.clear()

    def master_found(self) -> None:
        """Another master has taken it in: go on, and ask soon for the tasks of which that master has said nothing."""
        self.masters += 1
        self._unanswered = set(self.launched())
        self.resubscribed()
        self._plan_round(RECONCILE_FIRST_US, everything=True)

    def _plan_round(self, wait_us: int, *, everything: bool = False) -> None:
        self._round += 1
        self._round_planned = True
        self.world.agenda.after(wait_us, Order.FRAMEWORK, self._ask_round, self._round, everything)

    def _ask_round(self, number: int, everything: bool) -> None:
        """Ask for the tasks of which nothing has been heard; for everything: first what it may have forgotten."""
        if number != self._round:
            return
        self._round_planned = False
        if self.connected and everything:
            self._master.send(self._master.tasks.reconcile_all, self)  # implicit reconciliation
        rows = tuple(task for task in self.launched() if task in self._unanswered)
        if rows:
            if self.connected:
                self._master.send(self._master.tasks.reconcile, self, rows)
            self._plan_round(self._reconcile_us)

    def ask_later(self, task: int) -> None:
        """Ask how a task stands, of which nobody may ever say more, with the next round of questions."""
        self._unanswered.add(task)
        if not self._round_planned:
            self._plan_round(self._reconcile_us)

    def when_up(self, call: Callable[[], None]) -> None:
        """Do something the process has to be there for: now, or as soon as it is subscribed again."""
        if self.connected:
            call()
        else:
            self._waiting.append(call)

    def resubscribed(self) -> None:
        """The process is subscribed again."""
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()
        self.ask_again()

    def leave(self) -> None:
        """Unregister, as soon as its process and a master are there for it; tasks that are left are killed."""
        self.when_up(lambda: self._master.send(self._unregister))

    def _unregister(self) -> None:
        if self.left:
            return
        if not self.connected or not self._master.knows(self):
            self._waiting.append(self.leave)
            return
        self.connected, self.left = False, True
        self._master.offers.rescind_all_of(self)
        self._master.remove_framework(self)

    @abstractmethod
    def launched(self) -> Sequence[int]:
        """Return the tasks that it launched and has not heard the end of."""

    @abstractmethod
    def ask_again(self) -> None:
        """Ask for offers if something waits for them."""

    # -- what it asks of the master -------------------------------------------------------------------------

    def suppress(self) -> None:
        """Ask for no more offers."""
        if self.connected:
            self._master.send(self._master.suppress, self)

    def revive(self) -> None:
        """Ask for offers again, filters forgotten."""
        if self.connected:
            self._master.send(self._master.revive, self)

    def kill(self, task: int, grace_us: int | None, replaced: bool) -> None:
        """Ask for a task to be stopped.

        Parameters
        ----------
        grace_us : int or None
            How long it may take to stop; None is for the executor to say.
        replaced : bool
            Whether the task that takes its place has waited since then.
        """
        if self.connected:
            self._master.send(self._master.tasks.kill, self, task, grace_us, replaced)

    def kill_unknown(self, task: int) -> None:
        """Stop a task that it has replaced, or never knew of, and that runs."""
        self.world.event("task-killed", self.world.name_of(task), "replaced-meanwhile", "TASK_KILLED")
        self.kill(task, None, replaced=False)

    # -- what it writes down --------------------------------------------------------------------------------

    def note_decision(self, task: int, agent: str, feasible: int, rejected: Mapping[str, int]) -> None:
        """Write one decision about a task into the trace.

        Parameters
        ----------
        agent : str
            The agent chosen; empty when no offer would do, which also counts as a failed attempt.
        feasible : int
            How many of the offers looked at would have done.
        rejected : mapping
            ``rule/reason`` -> how many offers it ruled out.
        """
        reasons = "; ".join(f"{reason}={count}" for reason, count in sorted(rejected.items()))
        name = self.world.name_of(task)
        attempt = self._attempts[task] + 1
        self._decisions.append(self.world.now_us, name, attempt, agent, feasible, reasons)
        if not agent:
            self.world.attempted(task, most_frequent(rejected))


def most_frequent(rejected: Mapping[str, int]) -> str:
    """Return the reason, without its rule, that ruled out most offers, the first by name among equals."""
    return min(rejected, key=lambda reason: (-rejected[reason], reason), default="").rpartition("/")[2]


def count_reasons(reasons: Sequence[str]) -> tuple[int, Counter[str]]:
    """Return how many offers would do (an empty reason), and how many each reason rules out."""
    rejected = Counter(reason for reason in reasons if reason)
    return len(reasons) - rejected.total(), rejected
