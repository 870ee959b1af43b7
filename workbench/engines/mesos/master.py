"""The master: sends offers out, carries out the answers, hears of tasks.

Offers, answers, launches and status updates are messages and take `message_s` each. How agents come and go is in
`registration.py`; an agent that cannot be reached is taken for alive until it is given up, and what is launched on it
meanwhile is lost. A master that is lost takes its offers, its frameworks and its tasks with it; the next one begins
with what the registry holds and learns the rest from those that register again (`leader.py`).

Source: mesos src/master/master.cpp (1.12.0-dev).
Left out so far: the registry's delays, maintenance, the taking back of all offers when weights change during a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.engines.agenda import Order, Process
from workbench.engines.mesos import flags
from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.allocator_options import AllocatorParameters, Options
from workbench.engines.mesos.draining import Draining
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.operations import Answer, Convert, Launch, StatusUpdate, TaskState
from workbench.engines.mesos.recovery import RecoveryParameters
from workbench.engines.mesos.registration import Registration
from workbench.engines.mesos.registry import Registry
from workbench.engines.mesos.resources import Quantities, Resources, plus
from workbench.engines.mesos.task_books import TaskBooks
from workbench.engines.mesos.tasks import Task
from workbench.engines.world import World
from workbench.model.clock import NEVER, SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU, MEMORY

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
        self._timeout_us = to_us(world.settings.of(OfferParameters).timeout_s)
        self.leading = True
        self.registry = Registry()
        self._terms = 0
        self.allocator = self._make_allocator(world.settings.of(AllocatorParameters))
        self.agents: list[Agent] = []
        self._by_id: dict[str, Agent] = {}
        self._offered: dict[str, dict[int, None]] = {}
        for node in range(len(world.machines)):
            self.add_agent(node)
        self._clients: dict[str, Framework] = {}  # all that ever subscribed, by name, whether or not somebody leads
        self._frameworks: dict[str, Framework] = {}
        self._completed: set[str] = set()
        self._offers: dict[int, Offer] = {}
        self.tasks = TaskBooks(self)
        self._offer_count = 0
        self._subscribed = 0
        self._asked: list[Callable[[], None]] = []  # what operators asked while nobody led
        self._rows = world.trace["offers"]
        self._queued = world.trace["tasks"]["queued_us"]
        self.registration = Registration(self)
        self.draining = Draining(self)

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
                self._offer(offerable)

        return HierarchicalAllocator(
            options,
            clock=lambda: agenda.now_us,
            dispatch=lambda call: agenda.after(0, Order.ALLOCATOR, call),
            offer=offer,
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
        self._offered[agent.id] = {}
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

    def readmit(self, framework: Framework) -> None:
        """A new master takes in a framework that knows its id, with what its tasks hold on the agents that are back."""
        self._frameworks[framework.id] = framework
        roles = (framework.role,)
        used: dict[tuple[str, str], Resources] = {}
        for task in self.tasks.of(framework.id):
            key = (task.agent, task.role)
            used[key] = used[key] + task.resources if key in used else task.resources
        self.allocator.add_framework(framework.id, roles, suppressed=roles if framework.suppressed else (), used=used)

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
            offer = self._offers.get(answer.offer.number)
            if offer is None:
                self._invalid(framework, answer)
                continue
            self._forget(offer)
            rest = self._carry_out(offer, answer) if answer.operations else offer.resources
            refuse_s = answer.refuse_us / SECOND_US
            if answer.operations:
                used = offer.resources.quantities().get(CPU, 0) - rest.quantities().get(CPU, 0)
                self._note_answer(offer, "accepted", used, refuse_s)
            else:
                self._note_answer(offer, "declined", 0, refuse_s)
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
        task.kill_grace_us = launch.kill_grace_us
        self.tasks.add(task)
        self.world.place(row, agent.node, max(offer.made_us, self._queued[row]))
        self.send(agent.run_task, task)

    # -- offers ---------------------------------------------------------------------------------------------

    def _offer(self, offerable: Offerable) -> None:
        count = 0
        for framework_id, by_role in offerable.items():
            framework = self._frameworks[framework_id]
            offers = [
                self._make_offer(framework, role, agent, resources)
                for role, by_agent in by_role.items()
                for agent, resources in by_agent.items()
            ]
            count += len(offers)
            self.send(framework.resource_offers, offers)
            if self.world.now_us + self._timeout_us < self.world.scenario.horizon_us:
                self.world.agenda.after(self._timeout_us, Order.FRAMEWORK, self._time_out, offers)
        self.world.trace["control_plane"].append(self.world.now_us, "allocator", "offers", count)

    def _make_offer(self, framework: Framework, role: str, agent: str, resources: Resources) -> Offer:
        now = self.world.now_us
        amounts = resources.quantities()
        row = self._rows.append(
            self._offer_count, now, NEVER, framework.name, role, agent,
            amounts.get(CPU, 0), amounts.get(MEMORY, 0), 0, "outstanding", 0.0,
        )  # fmt: skip
        offer = Offer(self._offer_count, framework.id, role, agent, resources, now, row)
        self._offer_count += 1
        self._offers[offer.number] = offer
        self._offered[agent][offer.number] = None
        return offer

    def _forget(self, offer: Offer) -> None:
        del self._offers[offer.number], self._offered[offer.agent][offer.number]

    def _note_answer(self, offer: Offer, answer: str, cpu_used: int = 0, refuse_s: float = 0.0) -> None:
        rows, row = self._rows, offer.row
        rows["answered_us"][row] = self.world.now_us
        rows["cpu_used"][row] = cpu_used
        rows["answer"][row] = answer
        rows["refuse_s"][row] = refuse_s

    def _rescind(self, offer: Offer) -> None:
        """Take an offer back; nobody refused it, so no filter keeps it from being made again."""
        self._forget(offer)
        self._note_answer(offer, "rescinded")
        self.allocator.recover_resources(offer.framework, offer.agent, offer.role, offer.resources, None)
        self.send(self._frameworks[offer.framework].offer_rescinded, offer.number)

    def _time_out(self, offers: Iterable[Offer]) -> None:
        for offer in offers:
            if offer.number in self._offers:
                self._rescind(offer)

    def rescind_all_on(self, agent: str) -> Quantities:
        """Take back all offers of one agent; return what they held."""
        rescinded: Quantities = {}
        for number in list(self._offered[agent]):
            offer = self._offers[number]
            rescinded = plus(rescinded, offer.resources.quantities())
            self._rescind(offer)
        return rescinded

    def rescind_all_of(self, framework: Framework) -> None:
        """Take back all offers of one framework."""
        for offer in [one for one in self._offers.values() if one.framework == framework.id]:
            self._rescind(offer)

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
            self.world.event("task-killed", self.world.name_of(task.row), "framework-removed", "TASK_KILLED")
            self.send(self.agent(task.agent).shut_down, task.row)
        self.allocator.remove_framework(framework.id)
        del self._frameworks[framework.id]
        self._completed.add(framework.id)
        framework.removed = True

    # -- one master goes, another comes ------------------------------------------------------------------------

    def lose(self) -> None:
        """The leading master is lost, now, and with it all it knew but did not write into the registry."""
        self.leading = False
        for offer in self._offers.values():
            self._note_answer(offer, "rescinded")
            self._offered[offer.agent].clear()
        for framework in self._frameworks.values():
            if framework.connected:
                framework.master_lost()
                self.world.event("framework-disconnected", framework.name, "master-lost")
        self.tasks.clear()
        self._offers.clear()
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
