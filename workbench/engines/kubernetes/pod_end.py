"""How a kubelet takes a pod down: the preStop hook, the request to stop, the kill when the grace period is over.

The hook's time is taken from the grace period; at least two seconds are left after it. Sidecars stop after the app's
own process, the last one first, as long as the grace period lasts. Meanwhile clients have been told: the endpoints
change with the deletion mark, not with the end of the process, so a process that stops at once is still sent requests.

Source: kubernetes, pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer and executePreStopHook;
kuberuntime_termination_order.go (version 1.34).
Left out: hooks that fail, postStart hooks. What a pod asks for counts as free in the World when its own process has
stopped, for the scheduler when the pod is gone.
"""

from __future__ import annotations

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.native.kubernetes.pods import Container

LEAST_GRACE_US = 2 * SECOND_US
"""What a hook leaves of the grace period at least (minimumGracePeriodInSeconds)."""


def hook_us(worker: Worker) -> int:
    """Return how long the preStop hook of a pod's own container takes; 0 without one."""
    containers = worker.pod.info.spec.containers
    hook = containers[0].pre_stop if containers else None
    if hook is None:
        return 0
    return to_us(hook.sleep.seconds) if hook.sleep is not None else worker.pod.app.pre_stop_us


def sidecars_stop_us(worker: Worker, left_us: int) -> int:
    """Return how long the sidecars of a pod take to stop after its process, with so much of the grace period left."""
    sidecars: list[Container] = [one for one in worker.pod.info.spec.init_containers if one.is_sidecar]
    times = worker.pod.app.containers
    total = sum(times[one.name].stop_us for one in sidecars if one.name in times)
    return min(total, max(0, left_us))


class PodEnd:
    """Takes processes of pods down."""

    def __init__(self, world: World, workers: PodWorkers) -> None:
        self._world = world
        self._workers = workers

    def stop(self, worker: Worker, grace_us: int, *, replaced: bool = False) -> None:
        """Run the hook, then ask the process to stop, and make it when the grace period is over."""
        takes_us = min(hook_us(worker), grace_us) if self._world.runs(worker.pod.uid) else 0
        if takes_us == 0:
            self._world.terminate(worker.pod.uid, grace_us, replaced=replaced)
            return
        started_us, left_us = worker.started_us, max(grace_us - takes_us, min(LEAST_GRACE_US, grace_us))

        def hook_done() -> None:
            same = self._workers.of.get(worker.pod.uid) is worker and worker.started_us == started_us
            if same and self._world.machines[worker.node].up:
                self._world.terminate(worker.pod.uid, left_us, replaced=replaced)

        self._world.agenda.after(takes_us, Order.AGENT, hook_done)
