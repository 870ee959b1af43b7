"""A node that is shut down in good order: its pods are stopped first, critical ones last.

The kubelet says that its node is not ready, takes on nothing new, and stops the pods of one group of priorities after
another, as `node_shutdown.py` has it. Each group is waited for until all its pods are gone, or its time is over. The
pods have failed then, so that others take their places at once; what still runs goes down with the machine.

Source: kubernetes, pkg/kubelet/nodeshutdown/nodeshutdown_manager.go and nodeshutdown_manager_linux.go (version 1.34).
Left out: groups of priorities of an administrator's own; volumes that have to be unmounted before the next group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.node_shutdown import Group, group_by_priority, migrate_config
from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker
from workbench.engines.world import World
from workbench.model.clock import SECOND_US


@dataclass(slots=True)
class Shutdown:
    """One that is going on: the groups to come, and the pods of the present one that still run."""

    groups: list[tuple[Group, list[str]]]
    running: set[int] = field(default_factory=set)
    turn: int = 0


class GracefulShutdown:
    """The shutdown managers of all nodes.

    Parameters
    ----------
    stop : callable
        Told a pod and how long it may take to stop: it is to fail.
    not_ready : callable
        Told a node that is to say that it is not ready.
    """

    def __init__(
        self,
        world: World,
        workers: PodWorkers,
        stop: Callable[[Worker, int], None],
        not_ready: Callable[[int], None],
    ) -> None:
        self._world = world
        self._workers = workers
        self._stop = stop
        self._not_ready = not_ready
        self._going: dict[int, Shutdown] = {}

    def stopping(self, node: int) -> bool:
        """Say whether a node is being shut down."""
        return node in self._going

    def begin(self, node: int, grace_us: int, critical_us: int) -> None:
        """A node is being shut down: hold that up while its pods stop, if the kubelet is set up to."""
        config = migrate_config(grace_us, critical_us)
        if not config:
            return
        priorities = {str(one.pod.uid): one.pod.info.priority for one in self._workers.on(node) if not one.killed}
        self._world.shutdowns.hold(node)
        shutdown = self._going[node] = Shutdown(group_by_priority(config, priorities))
        self._not_ready(node)
        self._next(node, shutdown)

    def gone(self, worker: Worker) -> None:
        """A pod has stopped, and its node has said so."""
        shutdown = self._going.get(worker.node)
        if shutdown is not None and worker.pod.uid in shutdown.running:
            shutdown.running.discard(worker.pod.uid)
            if not shutdown.running:
                self._next(worker.node, shutdown)

    def node_back(self, node: int) -> None:
        """A machine has started again."""
        self._going.pop(node, None)

    def _next(self, node: int, shutdown: Shutdown) -> None:
        """Stop the next group that has any pods; with none left the machine goes down."""
        shutdown.turn += 1
        shutdown.running.clear()
        while shutdown.groups:
            group, names = shutdown.groups.pop(0)
            pods = [worker for name in names if (worker := self._workers.of.get(int(name))) and not worker.killed]
            if pods:
                shutdown.running.update(worker.pod.uid for worker in pods)
                self._world.agenda.after(group.grace_us, Order.AGENT, self._over, node, shutdown, shutdown.turn)
                for worker in pods:
                    own_us = worker.pod.info.spec.termination_grace_period_seconds * SECOND_US
                    self._stop(worker, min(own_us, group.grace_us))
                return
        self._world.shutdowns.let_go(node)

    def _over(self, node: int, shutdown: Shutdown, turn: int) -> None:
        """The time of a group is over."""
        if self._going.get(node) is shutdown and shutdown.turn == turn:
            self._next(node, shutdown)
