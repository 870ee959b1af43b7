"""What nodes really use, as a metrics pipeline reports it: a while ago, and only every so often.

The metrics server asks every kubelet at fixed intervals what the processes on its node use; who looks in between sees
the last answer. A scheduler that goes by such numbers knows nothing of the pods that it has sent since.

Source: kubernetes-sigs/metrics-server, manifests/base/deployment.yaml (--metric-resolution=15s).
Left out: answers are what is used at that instant, not the mean since the last one; memory.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Order
from workbench.engines.world import World
from workbench.model.clock import to_us

RESOLUTION_S = 15.0
"""Time between two answers, in s."""

Report = Callable[[int, int], None]
"""Takes the number of a node and how many millicores its processes use."""


class MetricsServer:
    """Reports the use of each node that is up, again and again; a node that is down keeps its last number."""

    def __init__(self, world: World, report: Report, every_s: float = RESOLUTION_S) -> None:
        self._world, self._report = world, report
        self._every_us = to_us(every_s)

    def start(self) -> None:
        """Ask for the first time one interval from now."""
        self._world.agenda.after(self._every_us, Order.AGENT, self._ask)

    def _ask(self) -> None:
        for node, machine in enumerate(self._world.machines):
            if machine.up:
                self._report(node, self._world.used_cpu(node))
        self.start()
