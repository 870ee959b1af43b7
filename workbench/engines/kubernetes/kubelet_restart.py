"""A kubelet's process stops and starts again; containers do not need it and run on.

While it is away nobody on the node hears of the API server, looks at containers or probes them: what happens there is
noticed once it is back. To the API server the node falls silent, as if it were cut off. Probes that had passed are
forgotten with the process: pods with a readiness or startup probe are not ready any more until the first probe of the
new process, which comes after a random part of its period.

Source: kubernetes, pkg/kubelet/prober/worker.go (run), prober_manager.go (UpdatePodStatus) (version 1.34; KEP-4781,
which keeps pods ready, comes later).
Left out: the moment in which the node itself says that it is not ready; crash loops that count anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from workbench.engines.world import World
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.native.kubernetes.pods import Container

if TYPE_CHECKING:
    from workbench.engines.kubernetes.pod_workers import Worker


class KubeletRestarts:
    """What kubelets will hear and do once their processes are back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held: dict[int, list[Callable[[], None]]] = {}

    def away(self, node: int) -> bool:
        """Say whether the kubelet of a node is not running."""
        return not self._world.machines[node].agent_up

    def hold(self, node: int, call: Callable[[], None]) -> None:
        """Do something as soon as the kubelet is back."""
        self._held.setdefault(node, []).append(call)

    def back(self, node: int) -> None:
        """The kubelet is back: do what was held."""
        for call in self._held.pop(node, []):
            call()

    def forget(self, node: int) -> None:
        """The machine itself has started again: nothing of what was there is left."""
        self._held.pop(node, None)

    def to_probe(self, workers: Iterable[Worker]) -> list[Worker]:
        """Return the pods that run and have probes, all of which begin anew with the kubelet's new process."""
        found = [one for one in workers if one.running_us != NEVER and not one.killed and one.probed]
        for worker in found:
            worker.probing_us = self._probing_us(worker.pod.name, worker.probed)
            worker.running_us = self._world.now_us
        return found

    def _probing_us(self, pod: str, containers: list[Container]) -> int:
        probes = [one.readiness_probe or one.startup_probe for one in containers]
        periods = [max(1, one.period_seconds) * SECOND_US for one in probes if one is not None]
        draw = self._world.streams.stream(f"kubernetes/first-probe/{pod}/{self._world.now_us}").random()
        return self._world.now_us + int(draw * max(periods))
