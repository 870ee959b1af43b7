"""What kubelets know of their pods, and when they look at what containers do.

Source: kubernetes, pkg/kubelet/pod_workers.go, pkg/kubelet/pleg/generic.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.kubelet_restart import KubeletRestarts
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.prober import next_tick_us
from workbench.engines.world import World
from workbench.model.clock import NEVER
from workbench.model.native.kubernetes.pods import Container

Step = Callable[["Worker"], None]


@dataclass(slots=True)
class Worker:
    """What a kubelet knows of one pod (upstream's pod worker). Times are `NEVER` until they come.

    Parameters
    ----------
    probing_us : int
        Since when it is probed; probes come every period from then on.
    started_us, running_us, able_us : int
        When its process really ran, when the kubelet knew, when it would answer.
    restarts : int
        Restarts in a row, as the back-off counts them.
    killed : bool
        Whether it is being stopped for good.
    kill_by_us : int
        When its grace period is over then.
    failed : str
        Why the kubelet itself ended it (Evicted, ...); empty if it did not.
    disrupted : bool
        Whether that was for no fault of its own.
    over : bool
        Whether the kubelet is done with it: it was never started, or failed and has stopped.
    """

    pod: PodObject
    node: int
    probing_us: int = NEVER
    started_us: int = NEVER
    running_us: int = NEVER
    able_us: int = NEVER
    restarts: int = 0
    killed: bool = False
    kill_by_us: int = NEVER
    failed: str = ""
    disrupted: bool = True
    over: bool = False
    status: dict[str, Any] = field(default_factory=dict)

    @property
    def probed(self) -> list[Container]:
        """Its containers that have a probe for being ready."""
        return [one for one in self.pod.info.spec.containers if one.readiness_probe or one.startup_probe]


class PodWorkers:
    """The pods of all kubelets, by uid.

    Parameters
    ----------
    relist_us : int
        Each kubelet looks at its containers so often, from a moment of its own on.
    """

    def __init__(self, world: World, relist_us: int) -> None:
        self._world = world
        self._relist_us = relist_us
        self._phases_us: list[int] = []
        self.of: dict[int, Worker] = {}
        self.restarts = KubeletRestarts(world)

    def node_added(self, draw: float) -> None:
        """Take in the next node, whose moment is drawn: a share of the time between two looks."""
        self._phases_us.append(int(draw * self._relist_us))

    def on(self, node: int) -> list[Worker]:
        """Return the pods of a node."""
        return [worker for worker in self.of.values() if worker.node == node]

    def known(self, worker: Worker, then: Step) -> Callable[[], None]:
        """Return `then`, put off while the kubelet is away, void once its machine is down or it has dropped the pod."""
        return partial(self._go, worker, then, False)  # a closure that holds itself would be a cycle for the collector

    def still(self, worker: Worker, then: Step) -> Callable[[], None]:
        """Return `then` as `known` does, void as well once the kubelet has killed the pod."""
        return partial(self._go, worker, then)

    def _go(self, worker: Worker, then: Step, alive: bool = True) -> None:
        machine = self._world.machines[worker.node]
        if not machine.up:
            return  # the kubelet went down with it
        if not machine.agent_up:
            self.restarts.hold(worker.node, partial(self._go, worker, then, alive))
        elif self.of.get(worker.pod.uid) is worker and not (alive and worker.killed):
            then(worker)

    def next_look_us(self, node: int) -> int:
        """Return when a kubelet looks at its containers next."""
        return next_tick_us(self._phases_us[node], self._relist_us, self._world.now_us)

    def at_next_look(self, worker: Worker, then: Step) -> None:
        """Call `then` at the next look, if the pod is still wanted."""
        self._world.agenda.at(self.next_look_us(worker.node), Order.AGENT, self._go, worker, then)

    def after(self, delay_us: int, worker: Worker, then: Step) -> None:
        """Call `then` after a time, if the pod is still wanted."""
        self._world.agenda.after(delay_us, Order.AGENT, self._go, worker, then)
