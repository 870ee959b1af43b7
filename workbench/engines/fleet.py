"""The machines of a run: those there at the start, those that are ordered, boot and join, and those given back.

A machine has a number, by which everybody knows it, from the moment it joins; numbers are never given out again. One
that is ordered boots for as long as its pool says; then its agent runs, and the control plane has to learn of it by
its own means. One that is given back is gone with everything on it: its images, the disks that live on it, and what
still runs there. A machine is paid for from its order until it is given back.

Left out: orders that fail or are cancelled; machines that the provider takes away by itself.
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
        self._pools = {pool.name: pool for pool in cluster.pools}
        self._next = {pool.name: pool.count for pool in cluster.pools}
        self._booting: dict[str, str] = {}  # machine on order -> its pool
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
        """Return the names of the machines of a pool that are on order."""
        return [name for name, theirs in self._booting.items() if theirs == pool]

    def next_of(self, pool: str) -> Node:
        """Return the machine that the next order for a pool would bring."""
        return self._pools[pool].machine(self._next[pool])

    def order(self, pool: str, count: int) -> list[str]:
        """Order so many further machines of a pool, now; return what they will be called."""
        names = []
        for _ in range(count):
            node = self.next_of(pool)
            self._next[pool] += 1
            self._booting[node.name] = pool
            self._note(node.name, "ordered")
            self._world.agenda.after(self._pools[pool].boot_us, Order.PHYSICS, self._join, node)
            names.append(node.name)
        return names

    def _join(self, node: Node) -> None:
        """A machine has booted."""
        del self._booting[node.name]
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
        self._note(machine.name, "removed")

    def _note(self, name: str, state: str) -> None:
        self._world.trace["nodes"].append(self._world.now_us, name, state, "world")
        self._world.event(f"machine-{state}", name)
