"""The machines of a run: those there at the start, those that are ordered, boot and join, and those given back.

A machine has a number, by which everybody knows it, from the moment it joins; numbers are never given out again. One
that is ordered boots for as long as its pool says; then its agent runs, and the control plane has to learn of it by
its own means. One that is given back is gone with everything on it: its images, the disks that live on it, and what
still runs there. A machine is paid for from when it begins to boot until it is given back.

Whoever sells machines may be out of stock (`out_of_stock` of a pool). An order is refused then; or nobody says
anything, and the order stays open until there are machines again, or until whoever ordered gives it up. Those who
order find out for themselves (`refusals`, `booting`); what they make of it is their own.

| state of a machine | meaning |
|---|---|
| ordered | somebody asked for it; it boots from now on, unless it says otherwise at the same instant |
| refused | it will not come |
| open | there is none to be had; it is not paid for |
| launched | there are machines again: an open order boots from now on |
| cancelled | whoever ordered it no longer wants it |
| joined, removed | it runs; it is given back |

Left out: machines that the provider takes away by itself; an order that is met in part; machines that boot and never
report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.machine import Machine
from workbench.engines.protocol import ControlPlane, NodeJoined
from workbench.model.cluster import Cluster, Node

if TYPE_CHECKING:
    from workbench.engines.world import World


class Fleet:
    """The machines of a run, by their numbers.

    Parameters
    ----------
    cluster : Cluster
        What there is at the start, and the pools that more can be ordered of.
    control_plane : ControlPlane
        Told that a machine has joined. One that orders no machines itself begins with as many as the pools say for
        that case.

    Attributes
    ----------
    nodes, machines, names : list
        What each machine is, how it stands, what it is called; those that are gone keep their places.
    """

    def __init__(self, world: World, cluster: Cluster, control_plane: ControlPlane) -> None:
        self._world = world
        self._notify = control_plane.notify
        self._orders_machines = control_plane.orders_machines
        self._pools = {pool.name: pool for pool in cluster.pools}
        self._next = {pool.name: pool.count for pool in cluster.pools}
        self._booting: dict[str, str] = {}  # machine on order -> its pool
        self._refused: dict[str, str] = {}  # machine that will not come -> its pool
        self._open: set[str] = set()  # machines on order of which there are none
        self._given_up: set[str] = set()
        self._leaving: set[int] = set()  # machines that an operator gives back
        self.nodes: list[Node] = []
        self.machines: list[Machine] = []
        self.names: list[str] = []
        for node in cluster.nodes:
            self._enter(node)
        for pool in cluster.pools if not control_plane.orders_machines else ():
            if pool.most is not None:
                world.trace["events"].append(0, "NoCounterpart", pool.name, "no-autoscaler", "")
            for number in range(pool.count, pool.fixed or 0):
                self._enter(pool.machine(number))
                self._next[pool.name] = number + 1
                world.trace["nodes"].append(0, self.names[-1], "joined", "world")

    def _enter(self, node: Node) -> Machine:
        machine = Machine(node.name, dict(node.capacity), dict.fromkeys(node.capacity, 0), {})
        self.nodes.append(node)
        self.machines.append(machine)
        self.names.append(node.name)
        return machine

    @property
    def present(self) -> list[int]:
        """The numbers of the machines that have joined and are not gone, whether they are up or not."""
        return [number for number, machine in enumerate(self.machines) if not machine.gone]

    def up(self) -> int:
        """Return how many machines run."""
        return sum(machine.up and not machine.gone for machine in self.machines)

    def booting(self, pool: str) -> list[str]:
        """Return the names of the machines of a pool that are on order, as far as anybody was told."""
        return [name for name, theirs in self._booting.items() if theirs == pool]

    def open_orders(self, pool: str) -> list[str]:
        """Return the names of the machines of a pool whose orders nobody has answered."""
        return [name for name in self.booting(pool) if name in self._open]

    def given_up(self, name: str) -> bool:
        """Say whether an order was given up."""
        return name in self._given_up

    def refusals(self, pool: str) -> list[str]:
        """Return the names of the machines of a pool whose orders were refused since the last call."""
        found = [name for name, theirs in self._refused.items() if theirs == pool]
        for name in found:
            del self._refused[name]
        return found

    def next_of(self, pool: str) -> Node:
        """Return the machine that the next order for a pool would bring."""
        return self._pools[pool].machine(self._next[pool])

    def autoscaled(self, pool: str) -> bool:
        """Say whether the control plane makes a pool larger and smaller by itself."""
        return self._orders_machines and self._pools[pool].most is not None

    def order(self, pool: str, count: int) -> list[str]:
        """Order so many further machines of a pool, now; return what they will be called, if they come."""
        names = []
        stock = self._pools[pool].out_of_stock
        for _ in range(count):
            node = self.next_of(pool)
            self._next[pool] += 1
            self._note(node.name, "ordered")
            if stock is None or not stock.at(self._world.now_us):
                self._booting[node.name] = pool
                self._boot(node)
            elif stock.told:
                self._refused[node.name] = pool
                self._note(node.name, "refused", "out-of-stock")
            else:
                self._booting[node.name] = pool
                self._open.add(node.name)
                self._note(node.name, "open")
                self._world.agenda.at(stock.until_us, Order.PHYSICS, self._launch, node)
            names.append(node.name)
        return names

    def cancel(self, name: str) -> None:
        """Give up an order; nothing happens if the machine has joined meanwhile."""
        if self._booting.pop(name, None) is not None:
            self._given_up.add(name)
            self._note(name, "cancelled")

    def _launch(self, node: Node) -> None:
        """There are machines again."""
        self._open.discard(node.name)
        if node.name in self._booting:
            self._note(node.name, "launched")
            self._boot(node)

    def _boot(self, node: Node) -> None:
        self._world.agenda.after(self._pools[node.pool].boot_us, Order.PHYSICS, self._join, node)

    def _join(self, node: Node) -> None:
        """A machine has booted, unless it is no longer wanted."""
        if self._booting.pop(node.name, None) is None:
            return
        machine = self._enter(node)
        machine.heard_since_us = self._world.now_us
        self._world.images.machine_added()
        self._note(node.name, "joined")
        self._notify(NodeJoined(len(self.machines) - 1))

    def remove(self, number: int) -> None:
        """Give a machine back, now. Instances of daemons go with it, anything else that still runs there is lost."""
        world, machine = self._world, self.machines[number]
        if machine.gone:
            return
        if machine.in_touch:
            machine.silent_since_us = world.now_us
        machine.gone, machine.up, machine.reachable = True, False, False
        left = list(machine.tasks)
        for task in left:
            if world.app_of(task).kind == "daemon":
                world.stop(task)
            else:
                world.lose(task)
        world.images.lose(number)
        world.disks.machine_lost(number, for_good=True)
        world.copies.bytes_lost(left)
        world.traffic.heard(number)
        self._note(machine.name, "removed")

    def to_give_back(self, pool: str, count: int) -> list[int]:
        """Return the numbers of so many machines of a pool that an operator now gives back: the last that came."""
        theirs = [number for number in self.present if self.nodes[number].pool == pool and number not in self._leaving]
        chosen = theirs[::-1][:count]
        self._leaving.update(chosen)
        return chosen

    def _note(self, name: str, state: str, reason: str = "") -> None:
        self._world.trace["nodes"].append(self._world.now_us, name, state, "world")
        self._world.event(f"machine-{state}", name, reason)
