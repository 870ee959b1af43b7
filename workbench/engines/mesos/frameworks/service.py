"""What frameworks have in common that run one app each, with its data on the machines: a scheduler per cluster.

Each is a framework of its own in its team's role. What differs is where a member may go and how long it is waited for:
`sdk.py`, `kafka.py`. Left out: that such a scheduler is itself an instance of an app of Marathon.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.base import KILL_RETRY_US, Framework, count_reasons
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint, Place, unmet
from workbench.engines.mesos.frameworks.marathon_revive import OfferReviver
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master

REVIVE_US = 5 * SECOND_US
"""Least time between two requests for offers, or for none."""

FREED_US = SECOND_US
"""What is left of an offer that was used is refused for so long (dcos-commons OfferAccepter.java)."""

NO_FAILURE = (TaskState.FINISHED, TaskState.KILLED)
"""Ends that do not count as failures (mesos/kafka, onBrokerStopped)."""

Verdict = tuple[int, Counter[str]]
"""How many offers would do, and how many each reason rules out."""


@dataclass(frozen=True)
class ServiceSpec:
    """An app as such a framework runs it.

    Parameters
    ----------
    app : App
        Its volume on the machine's own disk.
    request : Resources
        What a member takes of an offer, the volume's disk included where disk is accounted for.
    disk : int
        Bytes of that which become its volume.
    """

    app: App
    request: Resources
    disk: int = 0
    constraints: tuple[Constraint, ...] = ()


@dataclass(slots=True)
class Member:
    """One member of the cluster, by number, which is also its slot.

    Parameters
    ----------
    task : int
        Row of its present task.
    agent : str
        Where it is, or was last; empty while it may go anywhere.
    placed, running, serving : bool
        Whether its task has been launched, has been heard to run, and can serve.
    """

    number: int
    task: int
    agent: str = ""
    tasks: int = 1
    placed: bool = False
    running: bool = False
    serving: bool = False


class ServiceFramework(Framework):
    """A framework for one app.

    Parameters
    ----------
    places : callable
        Agent -> what constraints see of it.
    healthy, ended : callable
        Told the row of a task that can serve; and of one that serves no more, with a reason.
    """

    def __init__(
        self,
        world: World,
        master: Master,
        name: str,
        app: App,
        places: Callable[[str], Place],
        healthy: Callable[[int], None],
        ended: Callable[[int, str], None],
    ) -> None:
        super().__init__(world, master, f"{name}-{app.name}", app.team)
        self._places = places
        self._healthy = healthy
        self._ended = ended
        self._spec: ServiceSpec | None = None
        self._members: dict[int, Member] = {}
        self._by_task: dict[int, Member] = {}
        self._reviver = OfferReviver(world.agenda, REVIVE_US, self._wanted, self.revive, self.suppress)

    @property
    def _known(self) -> ServiceSpec:
        if self._spec is None:
            raise RuntimeError(f"{self.name} was not installed")
        return self._spec

    # -- what a user asks -------------------------------------------------------------------------------------

    @abstractmethod
    def install(self, spec: ServiceSpec) -> None:
        """Start the app."""

    @abstractmethod
    def scale(self, spec: ServiceSpec) -> None:
        """Have as many members as the app says from now on."""

    @abstractmethod
    def update(self, spec: ServiceSpec) -> None:
        """Bring the members to another version."""

    @abstractmethod
    def uninstall(self) -> None:
        """Stop all members and give back what they hold."""

    @abstractmethod
    def replace_on(self, agent: str) -> None:
        """An operator gives up what was on an agent."""

    # -- offers -----------------------------------------------------------------------------------------------

    @property
    def suppressed(self) -> bool:
        """Whether it has asked for no offers."""
        return not self._reviver.receiving

    @abstractmethod
    def _wanted(self) -> bool:
        """Say whether a member waits for an offer."""

    def ask_again(self) -> None:
        """Ask for offers if something waits for them."""
        self._reviver.changed(more=self._wanted())

    def launched(self) -> list[int]:
        """Return the tasks it launched and has not heard the end of."""
        return [member.task for member in self._members.values() if member.placed]

    def _why_not(self, spec: ServiceSpec, member: Member, agent: str, free: Mapping[str, int]) -> str:
        """Return why a member cannot go onto what is free on an agent; empty when it can."""
        if any(amount > free.get(name, 0) for name, amount in spec.request.plain.items()):
            return "offer/too-small"
        if not spec.constraints:
            return ""
        placed = [self._places(one.agent) for one in self._members.values() if one is not member and self._counts(one)]
        operator = unmet(spec.constraints, self._places(agent), placed, len(self._members))
        return f"constraint/{operator}" if operator else ""

    def _counts(self, member: Member) -> bool:
        """Say whether a member's agent counts as taken by it, where constraints look at the others."""
        return bool(member.agent)

    def _choose(
        self, member: Member, offers: Sequence[Offer], why_not: Callable[[Offer], str]
    ) -> tuple[Offer | None, Verdict]:
        """Return the first offer that will do for a member, and how many would, and what rules out how many."""
        verdicts = [why_not(offer) for offer in offers]
        chosen = next((offer for offer, verdict in zip(offers, verdicts, strict=True) if not verdict), None)
        feasible, rejected = count_reasons(verdicts)
        if chosen is None:
            self.note_decision(member.task, "", 0, rejected)
        return chosen, (feasible, rejected)

    def _launching(self, member: Member, agent: str, verdict: Verdict) -> None:
        """Write down that a member is launched on an agent."""
        member.agent, member.placed = agent, True
        self.note_decision(member.task, agent, max(1, verdict[0]), verdict[1])

    def _stop(self, member: Member, grace_us: int | None, *, replaced: bool) -> None:
        """Have a member's task stopped; ask again later, in case nobody heard."""
        self._ask_to_stop(member.task, grace_us, replaced)

    def _ask_to_stop(self, task: int, grace_us: int | None, replaced: bool) -> None:
        member = self._by_task.get(task)
        if member is not None and member.placed:
            self.kill(task, grace_us, replaced)
            self.world.agenda.after(KILL_RETRY_US, Order.FRAMEWORK, self._ask_to_stop, task, grace_us, replaced)

    # -- members and their tasks ------------------------------------------------------------------------------

    def _new_member(self, spec: ServiceSpec, number: int) -> Member:
        name, request = f"{spec.app.name}-{number}", dict(spec.request.plain)
        member = Member(number, self.world.new_task(spec.app, name, request, slot=number))
        self._members[number] = self._by_task[member.task] = member
        return member

    def _next_task(self, spec: ServiceSpec, member: Member) -> None:
        """Give a member its next task; the one before has ended, or may run on out of sight."""
        self._by_task.pop(member.task, None)
        self.world.give_up(member.task)
        name, request = f"{spec.app.name}-{member.number}.{member.tasks}", dict(spec.request.plain)
        member.task = self.world.new_task(spec.app, name, request, slot=member.number)
        member.tasks += 1
        member.placed = member.running = member.serving = False
        self._by_task[member.task] = member

    def _forget(self, member: Member) -> None:
        """Have a member no more; a task that was never placed is wanted no more."""
        if not member.placed:
            self.world.stop(member.task, "killed")
        del self._members[member.number]
        self._by_task.pop(member.task, None)

    def status_update(self, update: StatusUpdate) -> None:
        """Follow a task's state."""
        member = self._by_task.get(update.task)
        if member is None:
            if update.state is TaskState.RUNNING:
                self.kill_unknown(update.task)
        elif update.state.terminal:
            self._over(member, update)
        elif update.state is TaskState.RUNNING:
            self._runs(member)
            if update.healthy and not member.serving:
                member.serving = True
                self._healthy(update.task)
                self._serves(member)

    def _over(self, member: Member, update: StatusUpdate) -> None:
        self._ended(update.task, update.reason)
        if self.world.node_of(update.task) < 0:  # the offer was taken back before the launch: the task still waits
            self.world.attempted(update.task, update.reason)
            member.placed = False
            self._dropped(member)
        else:
            self._stopped(member, failed=update.state not in NO_FAILURE)

    def _runs(self, member: Member) -> None:
        """The task of a member runs."""
        member.running = True

    @abstractmethod
    def _serves(self, member: Member) -> None:
        """A member can serve."""

    @abstractmethod
    def _dropped(self, member: Member) -> None:
        """A launch came too late for its offer: the member waits again."""

    @abstractmethod
    def _stopped(self, member: Member, *, failed: bool) -> None:
        """The task of a member has ended, or its agent is lost; `failed` unless it was to stop."""
