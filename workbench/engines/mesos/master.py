"""The master: sends offers out, carries out the answers, hears of tasks.

Offers, answers, launches and status updates are messages and take `message_s` each. How agents come and go is in
`registration.py`; an agent that cannot be reached is taken for alive until it is given up, and what is launched on it
meanwhile is lost. A master that is lost takes its offers, its frameworks and its tasks with it; the next one begins
with what the registry holds and learns the rest from those that register again (`leader.py`).

Source: mesos src/master/master.cpp (1.12.0-dev).
Left out so far: the taking back of all offers when weights change during a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.engines.agenda import Order, Process
from workbench.engines.mesos import flags
from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.agent_restart import AgentRestarts
from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.allocator_options import AllocatorParameters, Options
from workbench.engines.mesos.draining import Draining
from workbench.engines.mesos.maintenance import Maintenance
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, Convert, Launch, LaunchGroup, StatusUpdate, TaskState
from workbench.engines.mesos.outstanding_offers import OutstandingOffers
from workbench.engines.mesos.recovery import RecoveryParameters
from workbench.engines.mesos.registration import Registration
from workbench.engines.mesos.registry import Registrar, Registry, RegistryParameters
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.task_books import TaskBooks
from workbench.engines.mesos.tasks import Task
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU

if TYPE_CHECKING:
    from workbench.engines.mesos.frameworks.base import Framework


@parameters("mesos.master")
@dataclass(frozen=True)
class MasterParameters:
    """How fast messages are."""

    message_s: float = param(
        0.005, unit="s", low=0, high=1, help="how long a message between master, agents and frameworks takes",
        source="assumption: a few milliseconds within one data centre, handling included", shown_in="first-look",
    )  # fmt: skip


class AgentMaker(Protocol):
    """Makes the agent of a machine; see `Agent`."""

    def __call__(
        self, world: World, node: int, total: Resources, send: Callable[[Agent, str, Sequence[StatusUpdate]], None]
    ) -> Agent:
        """Return a new agent."""


class Master:
    """The masters of a run, of which one leads; registers all agents at time zero.

    Attributes
    ----------
    leading : bool
        Whether there is a leading master.
    registry : Registry
        What outlives the loss of the leader.
    """

    def __init__(self, world: World, make_agent: AgentMaker = Agent) -> None:
        self.world = world
        self._make_agent = make_agent
        self.message_us = to_us(world.settings.of(MasterParameters).message_s)
        self.leading = True
        self.registry = Registry()
        self.registrar = Registrar(world.agenda, to_us(world.settings.of(RegistryParameters).store_s))
        self._terms = 0
        self.allocator = self._make_allocator(world.settings.of(AllocatorParameters))
        self.agents: list[Agent] = []
        self._by_id: dict[str, Agent] = {}
        self.offers = OutstandingOffers(self)
        for node in range(len(world.machines)):
            self.add_agent(node)
        self._clients: dict[str, Framework] = {}  # all that ever subscribed, by name, whether or not somebody leads
        self._frameworks: dict[str, Framework] = {}
        self._completed: set[str] = set()
        self.tasks = TaskBooks(self)
        self._subscribed = 0
        self._asked: list[Callable[[], None]] = []  # what operators asked while nobody led
        self._queued = world.trace["tasks"]["queued_us"]
        self.registration = Registration(self)
        self.restarts = AgentRestarts(self)
        self.draining = Draining(self)
        self.maintenance = Maintenance(self)

    def _make_allocator(self, params: AllocatorParameters) -> HierarchicalAllocator:
        agenda, world, term = self.world.agenda, self.world, self._terms
        recovery = world.settings.of(RecoveryParameters)
        options = Options(
            to_us(params.allocation_interval_s),
            min_allocatable=flags.min_allocatable(params.min_allocatable_resources),
            role_sorter=params.role_sorter,
            framework_sorter=params.framework_sorter,
            agent_recovery_factor=recovery.agent_recovery_factor,
            recovery_timeout_us=to_us(recovery.recovery_timeout_s),
        )

        def offer(offerable: Offerable) -> None:
            if self.leading and term == self._terms:  # not from the allocator of a master that is lost
                self.offers.make(offerable)

        def ask_to_leave(agents: dict[str, list[str]]) -> None:
            for framework in agents if self.leading and term == self._terms else ():
                self.maintenance.ask(self._frameworks[framework], agents[framework])

        return HierarchicalAllocator(
            options,
            clock=lambda: agenda.now_us,
            dispatch=lambda call: agenda.after(0, Order.ALLOCATOR, call),
            offer=offer,
            inverse_offer=ask_to_leave,
            arrange=world.streams.stream("mesos/agent-order").shuffle
            if params.agent_order == "random"
            else flags.by_number,
            random=world.streams.stream("mesos/sorters").random,
        )

    def add_agent(self, node: int) -> Agent:
        """Make the agent of a machine; it has yet to register."""
        agent = self._make_agent(self.world, node, flags.advertised(self.world.fleet.nodes[node]), self._report)
        self.agents.append(agent)
        self._by_id[agent.id] = agent
        self.offers.add_agent(agent.id)
        return agent

    def start(self) -> None:
        """Register the agents, and start batches and pings."""
        self.registration.start()
        self.world.agenda.process(self._batches())

    def _batches(self) -> Process:
        interval, term = self.allocator.options.allocation_interval_us, self._terms
        while True:
            yield self.world.agenda.sleep(interval, Order.ALLOCATOR)
            if not self.leading or term != self._terms:
                return
            self.allocator.rounds.batch()

    def send(self, call: Callable[..., None], *args: Any) -> None:
        """Send a message: `call(*args)` happens when it arrives."""
        self.world.agenda.after(self.message_us, Order.DELIVERY, call, *args)

    # -- what frameworks ask --------------------------------------------------------------------------------

    def subscribe(self, framework: Framework, *, suppressed: bool = False) -> None:
        """Take a framework in; its id is its number, in the order of subscription. Without a leader it has to wait."""
        self._clients[framework.name] = framework
        if not self.leading:
            return
        framework.id = f"{self._subscribed:04d}"
        self._subscribed += 1
        self._frameworks[framework.id] = framework
        roles = (framework.role,)
        self.allocator.add_framework(framework.id, roles, suppressed=roles if suppressed else ())

    def suppress(self, framework: Framework) -> None:
        """Send a framework no more offers until it revives."""
        if framework.id in self._frameworks:
            self.allocator.suppress_offers(framework.id)

    def revive(self, framework: Framework) -> None:
        """Send a framework offers again, its filters forgotten."""
        if framework.id in self._frameworks:
            self.allocator.revive_offers(framework.id)

    def recover_frameworks(self, tasks: Iterable[Task]) -> None:
        """Know frameworks by their tasks on an agent that registers: those count, and nothing is offered to them yet.

        The allocator is told of them all the same (Master::recoverFramework): what they hold is theirs and their
        role's, and is free again when a task ends, whether or not they ever register with this master.
        """
        for task in tasks:
            if task.framework not in self.allocator.frameworks:
                self.allocator.add_framework(task.framework, (task.role,), active=False)

    def readmit(self, framework: Framework) -> None:
        """A new master takes in a framework that knows its id; it may have recovered it from an agent before."""
        self._frameworks[framework.id] = framework
        roles = (framework.role,)
        suppressed = roles if framework.suppressed else ()
        if framework.id in self.allocator.frameworks:
            self.allocator.update_framework(framework.id, roles, suppressed)
            self.allocator.activate_framework(framework.id)
        else:
            self.allocator.add_framework(framework.id, roles, suppressed=suppressed)

    def framework(self, number: str) -> Framework | None:
        """Return the framework that is registered under an id, None if there is none."""
        return self._frameworks.get(number)

    def agent(self, name: str) -> Agent:
        """Return an agent by its id."""
        return self._by_id[name]

    def knows(self, framework: Framework) -> bool:
        """Say whether a framework is registered with the leading master."""
        return framework.id in self._frameworks

    def completed(self, framework: str) -> bool:
        """Say whether the leading master has removed a framework."""
        return framework in self._completed

    def partition_aware(self, framework: str) -> bool:
        """Say whether a framework wants the tasks of an agent that comes back; one that is not known yet might."""
        known = self._frameworks.get(framework)
        return known is None or known.partition_aware

    def when_led(self, call: Callable[[], None]) -> None:
        """Do what an operator asks: now, or as soon as somebody leads."""
        if self.leading:
            call()
        else:
            self._asked.append(call)

    def answer(self, framework: Framework, answers: Sequence[Answer]) -> None:
        """Carry out what a framework makes of its offers."""
        for answer in answers:
            offer = self.offers.take(answer.offer.number)
            if offer is None:
                self._invalid(framework, answer)
                continue
            rest = self._carry_out(offer, answer) if answer.operations else offer.resources
            refuse_s = answer.refuse_us / SECOND_US
            if answer.operations:
                used = offer.resources.quantities().get(CPU, 0) - rest.quantities().get(CPU, 0)
                self.offers.note_answer(offer, "accepted", used, refuse_s)
            else:
                self.offers.note_answer(offer, "declined", 0, refuse_s)
            self.allocator.recover_resources(framework.id, offer.agent, offer.role, rest, answer.refuse_us)

    def _invalid(self, framework: Framework, answer: Answer) -> None:
        """An answer to an offer that is none any more: its tasks are dropped, if need be by its own driver."""
        for operation in answer.operations:
            if isinstance(operation, Launch):
                self.tasks.send(framework, StatusUpdate(operation.task, TaskState.DROPPED, "offer-rescinded"))

    def _carry_out(self, offer: Offer, answer: Answer) -> Resources:
        """Perform the operations one after another; return what is left of the offer."""
        agent = self._by_id[offer.agent]
        rest = offer.resources
        for operation in answer.operations:
            if isinstance(operation, Convert):
                change = (operation.consumed, operation.converted)
                self.allocator.update_allocation(offer.framework, offer.agent, offer.role, rest, (change,))
                rest = rest - operation.consumed + operation.converted
                self.send(agent.convert, *change)
            else:
                rest = rest - operation.resources
                self._launch(offer, operation, agent)
        return rest

    def _launch(self, offer: Offer, launch: Launch, agent: Agent) -> None:
        row = launch.task
        staging = StatusUpdate(row, TaskState.STAGING)
        task = Task(row, offer.framework, offer.role, offer.agent, launch.resources, staging, launch.volume)
        task.kill_grace_us, task.executor = launch.kill_grace_us, launch.executor
        task.group = launch.group if isinstance(launch, LaunchGroup) else None
        task.checkpoint = self._frameworks[offer.framework].checkpoint
        self.tasks.add(task)
        considered_us = max(offer.made_us, self._queued[row])
        self.world.place(row, agent.node, considered_us, contested=bool(agent.written_off))
        self.send(agent.run_task, task)

    # -- what others ask of it -------------------------------------------------------------------------------

    def reservation_lost(self, role: str, label: str) -> None:
        """Tell the frameworks of a role that a reservation of theirs never got to its agent (OPERATION_DROPPED)."""
        for framework in self._frameworks.values():
            if framework.role == role:
                self.send(framework.reservation_lost, label)

    def frameworks_in(self, role: str) -> int:
        """Return how many frameworks subscribe to a role."""
        return sum(framework.role == role for framework in self._frameworks.values())

    def _report(self, agent: Agent, framework: str, updates: Sequence[StatusUpdate]) -> None:
        self.send(self.tasks.updates, agent, framework, updates)

    # -- frameworks that go -----------------------------------------------------------------------------------

    def remove_framework(self, framework: Framework) -> None:
        """Kill a framework's tasks and forget it; what it held is free at once."""
        for task in self.tasks.of(framework.id):
            self.tasks.forget(task)
            self.registration.clear(task.row)  # a launch that has not arrived is not to arrive any more
            self.world.event("task-killed", self.world.name_of(task.row), "framework-removed", "TASK_KILLED")
            self.send(self.agent(task.agent).shut_down, task.row)
        self.tasks.end_of(framework.id)
        self.allocator.remove_framework(framework.id)
        del self._frameworks[framework.id]
        self._completed.add(framework.id)
        framework.removed = True

    # -- one master goes, another comes ------------------------------------------------------------------------

    def lose(self) -> None:
        """The leading master is lost, now, and with it all it knew but did not write into the registry."""
        self.leading = False
        self.registrar.lose()
        self.offers.lose()
        self.restarts.lose()
        self.maintenance.lose()
        for framework in self._frameworks.values():
            if framework.connected:
                framework.master_lost()
                self.world.event("framework-disconnected", framework.name, "master-lost")
        self.tasks.clear()
        self._frameworks.clear()
        self._completed.clear()

    def lead(self) -> None:
        """Another master leads: it begins with what the registry holds."""
        self.leading = True
        self._terms += 1
        before = self.allocator
        self.allocator = self._make_allocator(self.world.settings.of(AllocatorParameters))
        self.allocator.recorder = before.recorder
        self.allocator.update_weights(self.registry.weights)
        self.allocator.recover(len(self.registry.reachable()), self.registry.quotas)
        self.registration.recover()
        self.world.agenda.process(self._batches())
        asked, self._asked = self._asked, []
        for call in asked:
            call()

    def clients(self) -> list[Framework]:
        """Return the frameworks whose process is there, in the order in which they first subscribed."""
        return [framework for framework in self._clients.values() if framework.connected]
