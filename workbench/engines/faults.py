"""Faults strike here: machines stop, networks break, schedulers and members of the control plane die.

Nobody is told of a machine that falls silent, whether it stopped or was cut off; a control plane has to notice by its
own means. The difference shows afterwards: a machine that stopped comes back empty-handed, one that was cut off has
worked on unseen, and its agent has much to tell. Where only the agent stops, its connections break, and whoever is at
the other end of one knows.

Two faults may hold the same thing down at the same time, or a fault and maintenance: it is back when both are over.

Whoever stops processes of the control plane itself tells the control plane, which plays their part: it decides who
takes over, and when.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from workbench.engines.agenda import Order
from workbench.engines.protocol import (
    AgentBack,
    AgentLost,
    Fact,
    MembersBack,
    MembersLost,
    NodeBack,
    NodeReached,
    NodeStopping,
    SchedulerBack,
    SchedulerLost,
)
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault, machines_from

if TYPE_CHECKING:
    from workbench.engines.machine import Machine
    from workbench.engines.world import World

Held = Literal["machine", "network", "agent"]
"""What of a machine a fault holds down."""


class Faults:
    """What goes wrong in a run.

    Parameters
    ----------
    notify : callable
        Tells the control plane what its own processes and the agents of machines see.
    """

    def __init__(self, world: World, notify: Callable[[Fact], None]) -> None:
        self._world = world
        self._notify = notify
        self._restarted: set[int] = set()  # machines that have started again while they were cut off
        self._holding: dict[tuple[int, Held], set[object]] = {}  # machine and what of it -> the faults that hold it

    def plan(self) -> None:
        """Write down when the faults of the scenario strike."""
        for fault in self._world.scenario.faults:
            self._world.agenda.at(fault.at_us, Order.FAULT, self._strike, fault)

    def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case "node-loss":
                for node in self._targets(fault):
                    self._lose_machine(node, fault)
            case "node-shutdown":
                for node in self._targets(fault):
                    self._shut_down(node, fault)
            case "network-partition":
                for node in self._targets(fault):
                    self._cut_off(node, fault)
            case "agent-restart":
                for node in self._targets(fault):
                    self._stop_agent(node, fault)
            case "scheduler-loss":
                self._world.event(fault.kind, fault.hosting)
                self._notify(SchedulerLost(fault.hosting))
                self._later(fault, self._scheduler_back, fault.hosting)
            case "provisioning-fails":
                self._world.event(fault.kind, "storage")
                self._world.disks.refuse()
                self._later(fault, self._world.disks.refuse_no_more)
            case _:
                majority = fault.kind == "quorum-loss"
                self._world.event(fault.kind, "control-plane")
                self._notify(MembersLost(majority))
                self._later(fault, self._members_back, majority)

    def _later(self, fault: Fault, call: Callable[..., None], *args: object) -> None:
        """Plan the end of a fault; a shutdown that was held up for longer than it was to last is over at once."""
        if fault.back_us is not None:
            back_us = max(fault.back_us, self._world.now_us)
            self._world.agenda.at(back_us, Order.FAULT, call, *args)

    def _hold(self, fault: Fault, node: int, what: Held, back: Callable[[int], None]) -> None:
        """Keep something of a machine down until this fault, and all others that hold it, are over."""
        holder = object()
        self._holders(node, what).add(holder)
        self._later(fault, self._let_go, holder, node, what, back)

    def _let_go(self, holder: object, node: int, what: Held, back: Callable[[int], None]) -> None:
        holders = self._holders(node, what)
        if holder in holders:
            holders.remove(holder)
            if not holders:
                back(node)

    def _holders(self, node: int, what: Held) -> set[object]:
        return self._holding.setdefault((node, what), set())

    def _nothing_new(self, machine: Machine, fault: Fault) -> None:
        """Tell of a fault that strikes what is down already."""
        self._world.event(
            "NothingThere", machine.name, "machine-removed" if machine.gone else "down-already", fault.kind
        )

    # -- machines -------------------------------------------------------------------------------------------

    def _lose_machine(self, node: int, fault: Fault) -> None:
        for_good = fault.back_us is None
        if self._stop_machine(node, "node-loss", for_good=for_good):
            self._world.operator.paged(node)
        else:
            self._nothing_new(self._world.machines[node], fault)
            if for_good:
                self._world.disks.machine_lost(node, for_good=True)
        self._hold(fault, node, "machine", self._machine_back)

    def switch_off(self, node: int) -> object:
        """Stop a machine on purpose, or keep down one that is; return what `switch_on` takes to let it start again."""
        self._stop_machine(node, "maintenance-begins", for_good=False)
        window = object()
        self._holders(node, "machine").add(window)
        return window

    def switch_on(self, node: int, window: object) -> None:
        """Start a machine that was switched off, unless something else holds it down."""
        self._let_go(window, node, "machine", self._machine_back)

    def _stop_machine(self, node: int, event: str, *, for_good: bool) -> bool:
        world, machine = self._world, self._world.machines[node]
        if not machine.up:
            return False
        self._fall_silent(machine)
        machine.up = False
        self._seen(machine, "down", event)
        lost = list(machine.tasks)
        for task in lost:
            world.lose(task)
        world.images.lose(node)
        world.disks.machine_lost(node, for_good=for_good)
        world.copies.bytes_lost(lost)
        world.traffic.heard(node)
        world.shutdowns.let_go(node)
        return True

    def _shut_down(self, node: int, fault: Fault) -> None:
        """Shut a machine down in good order: who is told first may hold it up, if anybody is there to tell."""
        machine = self._world.machines[node]
        if machine.up:
            self._world.event(fault.kind, machine.name)
            told = NodeStopping(node, fault.grace_us, fault.critical_us)
            self._world.shutdowns.begin(node, lambda: self._notify(told), lambda: self._lose_machine(node, fault))
        else:
            self._lose_machine(node, fault)

    def _machine_back(self, node: int) -> None:
        machine = self._world.machines[node]
        if machine.gone:
            return
        machine.up = machine.agent_up = True
        self._holders(node, "agent").clear()
        self._seen(machine, "up", "node-back")
        self._world.disks.machine_back(node)
        if machine.reachable:
            self._heard_again(machine, NodeBack(node))
        else:
            self._restarted.add(node)

    def _cut_off(self, node: int, fault: Fault) -> None:
        machine = self._world.machines[node]
        self._hold(fault, node, "network", self._reached)
        if not machine.reachable:
            self._nothing_new(machine, fault)
            return
        self._fall_silent(machine)
        machine.reachable = False
        self._world.copies.cut_off(node)
        self._world.traffic.silent(node)
        self._seen(machine, "cut-off", fault.kind)

    def _reached(self, node: int) -> None:
        machine = self._world.machines[node]
        if machine.gone:
            return
        machine.reachable = True
        self._world.traffic.heard(node)
        self._seen(machine, "reached", "network-restored")
        if machine.up:
            self._world.copies.reached(node)
        if machine.in_touch:
            self._heard_again(machine, self._restarted_or(node, NodeReached(node)))

    def _restarted_or(self, node: int, fact: Fact) -> Fact:
        """Return what there is to tell of a machine that is heard again; that it has started again comes first."""
        restarted = node in self._restarted
        self._restarted.discard(node)
        return NodeBack(node) if restarted else fact

    def _stop_agent(self, node: int, fault: Fault) -> None:
        """Stop the process that speaks for a machine; on one that is down there is none."""
        machine = self._world.machines[node]
        if machine.up:
            self._hold(fault, node, "agent", self._agent_back)
        if not machine.up or not machine.agent_up:
            self._nothing_new(machine, fault)
            return
        self._fall_silent(machine)
        machine.agent_up = False
        self._seen(machine, "agent-down", fault.kind)
        self._notify(AgentLost(node))

    def _agent_back(self, node: int) -> None:
        """Start it again, unless it has started with its machine since."""
        machine = self._world.machines[node]
        if not machine.up or machine.agent_up:
            return
        machine.agent_up = True
        self._seen(machine, "agent-up", "agent-back")
        if machine.in_touch:
            self._heard_again(machine, self._restarted_or(node, AgentBack(node)))
        else:
            self._notify(AgentBack(node))

    def _fall_silent(self, machine: Machine) -> None:
        if machine.in_touch:
            machine.silent_since_us = self._world.now_us

    def _heard_again(self, machine: Machine, fact: Fact) -> None:
        machine.heard_since_us = self._world.now_us
        self._notify(fact)

    def _seen(self, machine: Machine, state: str, event: str) -> None:
        self._world.trace["nodes"].append(self._world.now_us, machine.name, state, "world")
        self._world.event(event, machine.name)

    def _targets(self, fault: Fault) -> list[int]:
        """Return the machines that a fault strikes: those of zones, in the order of the cluster, or one."""
        if not fault.zone:
            return [self.target(fault)]
        return machines_from(fault.zone, [one.zone for one in self._world.fleet.nodes], fault.machines)

    def target(self, fault: Fault | PlannedChange) -> int:
        """Return the machine that a fault strikes, or a change is about: the one named, or picked by its role now."""
        if fault.node:
            return self._world.node_names.index(fault.node)
        machines = self._world.machines
        keys = [(machine.gone, *self._hosted(machine, fault), machine.name) for machine in machines]
        return keys.index(min(keys))

    def _hosted(self, machine: Machine, fault: Fault | PlannedChange) -> tuple[bool, int, int]:
        """Return a sort key: machines without the app last, fewest instances to spare first, then most of the app."""
        apps = [self._world.app_of(task).name for task in machine.tasks]
        hosting = apps.count(fault.hosting) if machine.in_touch else 0
        return hosting == 0, apps.count(fault.sparing), -hosting

    # -- processes of the control plane -----------------------------------------------------------------------

    def _scheduler_back(self, app: str) -> None:
        self._world.event("scheduler-back", app)
        self._notify(SchedulerBack(app))

    def _members_back(self, majority: bool) -> None:
        self._world.event("members-back", "control-plane")
        self._notify(MembersBack(majority))
