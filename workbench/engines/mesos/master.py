"""The master: sends offers out, carries out the answers, hears of tasks, gives up lost agents.

Offers, answers, launches and status updates are messages and take `message_s` each. An agent that leaves too many
pings unanswered (`slave_observer.py`) is *unreachable*: its tasks are reported lost, its offers taken back, and the
allocator forgets it. Until then everybody takes it for alive, and what is launched on it is lost with the rest.

Source: mesos src/master/master.cpp (1.12.0-dev).
Left out so far: failover of the master, the registry's delays, removal rate limits, maintenance, partitions in which
tasks live on, the taking back of all offers when weights change during a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.engines.agenda import Order, Process
from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.allocator_options import AllocatorParameters, Options
from workbench.engines.mesos.offers import Offer, OfferParameters
from workbench.engines.mesos.operations import Answer, Convert, Launch, StatusUpdate, TaskState
from workbench.engines.mesos.reconciliation import standing
from workbench.engines.mesos.resources import Quantities, Resources, plus
from workbench.engines.mesos.slave_observer import SlaveObserver
from workbench.engines.mesos.workloads import advertised
from workbench.engines.world import World
from workbench.model.clock import NEVER, SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU, MEMORY

if TYPE_CHECKING:
    from workbench.engines.mesos.frameworks.base import Framework

REGISTRATION_BACKOFF_US = SECOND_US
"""An agent waits a random time up to this before it registers (mesos docs, --registration_backoff_factor)."""

UNITS = {"cpus": (CPU, 1000), "mem": (MEMORY, 1024 * 1024), "disk": ("disk", 1024 * 1024)}
"""Upstream's name of a resource -> ours, and how many of our units make one of upstream's."""


@parameters("mesos.master")
@dataclass(frozen=True)
class MasterParameters:
    """How fast messages are."""

    message_s: float = param(
        0.005, unit="s", low=0, high=1, help="how long a message between master, agents and frameworks takes",
        source="assumption: a few milliseconds within one data centre, handling included", shown_in="first-look",
    )  # fmt: skip


@dataclass(slots=True)
class Task:
    """A task as the master knows it."""

    row: int
    framework: str
    role: str
    agent: str
    resources: Resources
    latest: StatusUpdate


class Master:
    """The master of a run; registers all agents at time zero."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._message_us = to_us(world.settings.of(MasterParameters).message_s)
        self._timeout_us = to_us(world.settings.of(OfferParameters).timeout_s)
        self.allocator = self._make_allocator(world.settings.of(AllocatorParameters))
        self.agents = [
            Agent(world, node, advertised(world.scenario.cluster.nodes[node]), self._report)
            for node in range(len(world.machines))
        ]
        self._by_id = {agent.id: agent for agent in self.agents}
        self._frameworks: dict[str, Framework] = {}
        self._offers: dict[int, Offer] = {}
        self._offered: dict[str, dict[int, None]] = {agent.id: {} for agent in self.agents}
        self._tasks: dict[int, Task] = {}
        self._running_on: dict[str, dict[int, None]] = {agent.id: {} for agent in self.agents}
        self._unreachable: dict[str, list[Task]] = {}
        self._offer_count = 0
        self._subscribed = 0
        self._unheard: dict[int, StatusUpdate] = {}  # ends of tasks whose framework was not there to hear
        self._rows = world.trace["offers"]
        self._queued = world.trace["tasks"]["queued_us"]

    def _make_allocator(self, params: AllocatorParameters) -> HierarchicalAllocator:
        agenda, world = self.world.agenda, self.world
        options = Options(
            to_us(params.allocation_interval_s),
            min_allocatable=_min_allocatable(params.min_allocatable_resources),
            role_sorter=params.role_sorter,
            framework_sorter=params.framework_sorter,
        )
        shuffle = world.streams.stream("mesos/agent-order").shuffle
        return HierarchicalAllocator(
            options,
            clock=lambda: agenda.now_us,
            dispatch=lambda call: agenda.after(0, Order.ALLOCATOR, call),
            offer=self._offer,
            arrange=shuffle if params.agent_order == "random" else _by_number,
            random=world.streams.stream("mesos/sorters").random,
        )

    def start(self) -> None:
        """Register the agents, and start batches and pings."""
        for agent in self.agents:
            self.allocator.add_agent(agent.id, agent.total)
            self.world.node_seen(agent.node, "ready")
        self.world.agenda.process(self._batches())
        self.world.agenda.process(SlaveObserver(self.world, self.agents, self.mark_unreachable).watch())

    def _batches(self) -> Process:
        interval = self.allocator.options.allocation_interval_us
        while True:
            yield self.world.agenda.sleep(interval, Order.ALLOCATOR)
            self.allocator.rounds.batch()

    def send(self, call: Callable[..., None], *args: Any) -> None:
        """Send a message: `call(*args)` happens when it arrives."""
        self.world.agenda.after(self._message_us, Order.DELIVERY, call, *args)

    # -- what frameworks ask --------------------------------------------------------------------------------

    def subscribe(self, framework: Framework, *, suppressed: bool = False) -> None:
        """Take a framework in; its id is its number, in the order of subscription."""
        framework.id = f"{self._subscribed:04d}"
        self._subscribed += 1
        self._frameworks[framework.id] = framework
        roles = (framework.role,)
        self.allocator.add_framework(framework.id, roles, suppressed=roles if suppressed else ())

    def suppress(self, framework: Framework) -> None:
        """Send a framework no more offers until it revives."""
        self.allocator.suppress_offers(framework.id)

    def revive(self, framework: Framework) -> None:
        """Send a framework offers again, its filters forgotten."""
        self.allocator.revive_offers(framework.id)

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
        """An answer to an offer that was taken back in the meantime: its tasks are dropped."""
        for operation in answer.operations:
            if isinstance(operation, Launch):
                self._tell(framework, StatusUpdate(operation.task, TaskState.DROPPED, "offer-rescinded"))

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
        self._tasks[row] = Task(row, offer.framework, offer.role, offer.agent, launch.resources, staging)
        self._running_on[offer.agent][row] = None
        self.world.place(row, agent.node, max(offer.made_us, self._queued[row]))
        self.send(self._run_task, agent, launch)

    def _run_task(self, agent: Agent, launch: Launch) -> None:
        agent.run_task(launch)

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

    # -- tasks ----------------------------------------------------------------------------------------------

    def _report(self, agent: Agent, update: StatusUpdate) -> None:
        if agent.listening:
            self.send(self._status_update, update)

    def _status_update(self, update: StatusUpdate) -> None:
        """Pass on what an agent says of a task; what a task held is free again once it has ended."""
        task = self._tasks.get(update.task)
        if task is None:
            return
        task.latest = update
        if update.state.terminal:
            self._remove(task)
            self.allocator.recover_resources(task.framework, task.agent, task.role, task.resources, None)
        self._tell(self._frameworks[task.framework], update)

    def _remove(self, task: Task) -> None:
        del self._tasks[task.row], self._running_on[task.agent][task.row]
        self.world.released(task.row)

    def _tell(self, framework: Framework, update: StatusUpdate) -> None:
        self.send(self._arrive, framework, update)

    def _arrive(self, framework: Framework, update: StatusUpdate) -> None:
        """News reach a framework, unless its process is not there; the end of a task is kept until it asks."""
        if framework.connected:
            framework.status_update(update)
        elif update.state.terminal:
            self._unheard[update.task] = update

    # -- frameworks that were away ----------------------------------------------------------------------------

    def reconcile(self, framework: Framework, tasks: Sequence[int]) -> None:
        """Tell a framework how each of these tasks stands."""
        unreachable = {task.row for tasks_there in self._unreachable.values() for task in tasks_there}
        for row in tasks:
            known, unheard = self._tasks.get(row), self._unheard.pop(row, None)
            latest = known.latest if known is not None else None
            aware = framework.partition_aware
            self._tell(framework, standing(row, latest, unheard, unreachable, partition_aware=aware))

    def remove_framework(self, framework: Framework) -> None:
        """Kill a framework's tasks and forget it; what it held is free at once."""
        for task in [one for one in self._tasks.values() if one.framework == framework.id]:
            self._remove(task)
            self.world.event("task-killed", self.world.name_of(task.row), "framework-removed", "TASK_KILLED")
            self.send(self._by_id[task.agent].shut_down, task.row)
        self.allocator.remove_framework(framework.id)
        del self._frameworks[framework.id]

    # -- agents ---------------------------------------------------------------------------------------------

    def mark_unreachable(self, agent: Agent) -> None:
        """Give an agent up: report its tasks lost, take its offers back, and have the allocator forget it."""
        agent.registered = False
        self.world.node_seen(agent.node, "unreachable")
        self.world.event("agent-unreachable", agent.id, "agent-unreachable")
        self.rescind_all_on(agent.id)
        lost = [self._tasks[row] for row in self._running_on[agent.id]]
        self._unreachable[agent.id] = lost
        for task in lost:
            self._remove(task)
            self._give_up(task)
            self._tell_lost(task, "agent-unreachable")
        self.allocator.remove_agent(agent.id)

    def _give_up(self, task: Task) -> None:
        """Free the World's books of a task that was launched on a machine already lost, and never arrived."""
        if self.world.alive(task.row):
            self.world.stop(task.row, "failed")

    def _tell_lost(self, task: Task, reason: str) -> None:
        framework = self._frameworks[task.framework]
        state = TaskState.UNREACHABLE if framework.partition_aware else TaskState.LOST
        self.world.event("task-lost", self.world.name_of(task.row), reason, state.value)
        self._tell(framework, StatusUpdate(task.row, state, reason))

    def machine_back(self, agent: Agent) -> None:
        """A machine has started again: its agent registers after a random short time."""
        again = self.world.machines[agent.node].up_since_us
        wait = self.world.streams.stream(f"mesos/registration/{agent.id}/{again}").randrange(REGISTRATION_BACKOFF_US)
        known = agent.restarted()
        was_registered = agent.registered
        agent.registered = False
        self.world.agenda.after(
            wait + self._message_us, Order.AGENT, self._reregister, agent, again, was_registered, known
        )

    def _reregister(self, agent: Agent, again: int, was_registered: bool, known: Sequence[int]) -> None:
        machine = self.world.machines[agent.node]
        if not machine.up or machine.up_since_us != again:
            agent.registered = was_registered  # lost again before it could register: pings decide
            return
        agent.registered = True
        self.world.event("agent-reregistered", agent.id)
        if was_registered:
            self._reconcile(agent, known)
        else:
            self.world.node_seen(agent.node, "ready")
            self.allocator.add_agent(agent.id, agent.total)
            for task in self._unreachable.pop(agent.id, ()):
                if task.framework in self._frameworks:
                    gone = StatusUpdate(task.row, TaskState.GONE, "machine-restarted")
                    self._tell(self._frameworks[task.framework], gone)

    def _reconcile(self, agent: Agent, known: Sequence[int]) -> None:
        """The machine was away for less time than it takes to be given up: whatever ran there is gone."""
        for row in list(self._running_on[agent.id]):
            task = self._tasks[row]
            reason = "machine-restarted" if row in known else "launch-lost"
            self._remove(task)
            self._give_up(task)
            self.allocator.recover_resources(task.framework, agent.id, task.role, task.resources, None)
            self.world.event("task-lost", self.world.name_of(row), reason, TaskState.GONE.value)
            self._tell(self._frameworks[task.framework], StatusUpdate(row, TaskState.GONE, reason))


def _min_allocatable(flag: str) -> tuple[Quantities, ...]:
    """Read ``cpus:0.01|mem:32`` as the master's flag: sets between bars, amounts in cpus and MiB."""
    sets = []
    for text in flag.split("|"):
        amounts = {}
        for part in text.split(";"):
            name, _, number = part.partition(":")
            ours, unit = UNITS[name]
            amounts[ours] = round(float(number) * unit)
        sets.append(amounts)
    return tuple(sets)


def _by_number(agents: list[str]) -> None:
    """Sort so that node-2 comes before node-10."""
    agents.sort(key=lambda agent: (len(agent), agent))
