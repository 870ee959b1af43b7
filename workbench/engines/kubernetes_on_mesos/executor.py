"""The agent of a machine whose executor is a kubelet: a task that is a pod is bound to the node, and the rest is its.

The executor tells Mesos that a task runs when its pod does, and that it has ended when its pod has ended or is gone:
containers that the kubelet starts again on the spot are no news. A task that Mesos stops is a pod that is deleted. The
first pod on a machine brings the executor along; it stays.

There is one executor on a machine for all its pods. It outlives the agent's process, as its framework checkpoints;
when the agent kills it, or it has waited for the agent for too long, all its pods go with it.

Source: kubernetes contrib/mesos/docs/architecture (the executor bundles kubelet and proxy), pkg/executor/executor.go;
mesos docs/agent-recovery.md.
Left out: the kubelet in the executor goes on while the agent is away; here it stands still, as if it had stopped too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import NOWHERE, PodObject
from workbench.engines.mesos.agent import ENDED, Agent
from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.tasks import Task
from workbench.engines.protocol import EndReason
from workbench.engines.world import World

REASONS: dict[str, EndReason] = {"Succeeded": "finished", "Failed": "failed"}
"""Phase of a pod that has ended -> how its task ended; a pod that is gone was killed."""


class ExecutorAgent(Agent):
    """An agent on which pods run beside other tasks.

    Parameters
    ----------
    api : ApiServer
        Where pods stand.
    forget_pods : callable
        Told the number of a machine on which the kubelet is gone, and its containers with it.
    """

    def __init__(
        self,
        world: World,
        node: int,
        total: Resources,
        send: Callable[[Agent, str, Sequence[StatusUpdate]], None],
        *,
        api: ApiServer,
        forget_pods: Callable[[int], None],
    ) -> None:
        super().__init__(world, node, total, send)
        self._api = api
        self._forget_pods = forget_pods
        self._running = False
        self._pods: set[int] = set()
        self._once_pods: set[int] = set()
        api.watch("Pod", self._on_pod)

    def run_task(self, task: Task) -> None:
        """Start a task; a pod is bound to this node once the executor runs."""
        if task.role != "*" or task.row not in self._api.pods:
            super().run_task(task)
        elif self.listening and self._world.alive(task.row):
            self.tasks[task.row] = replace(task)
            self._pods.add(task.row)
            self._once_pods.add(task.row)
            self._world.agenda.after(0 if self._running else self._executor_us, Order.AGENT, self._bind, task.row)
            self._running = True

    def _bind(self, pod: int) -> None:
        """Bind a pod; one that the API server cannot be told of now is bound when it can (`_catch_up`)."""
        if pod not in self.tasks or pod in self.unfinished:
            return
        self.executors[pod] = None
        if not self._world.machines[self.node].in_touch:
            return
        if pod in self._api.pods and self._world.alive(pod):
            self._api.request(self._api.bind_pod, pod, self.node)
        else:
            self._drop(pod)

    def _drop(self, pod: int) -> None:
        """The pod is gone: what runs of it is stopped, and its task is over."""
        self._world.stop(pod)
        self._over(pod, "killed")

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        if pod is None or pod.uid not in self._pods or not self._world.machines[self.node].in_touch:
            return
        if new is None:
            self._drop(pod.uid)
        elif new.terminal:
            self._over(pod.uid, REASONS[new.phase])

    def _over(self, pod: int, why: EndReason) -> None:
        known = self._forget(pod)
        self._pods.discard(pod)
        if known is not None:
            self._tell(known, ENDED[why], why)

    def reached(self) -> None:
        """The machine can be reached again, or its agent is back: catch up with what became of its pods meanwhile."""
        self._world.agenda.after(2 * self._api.watch_us, Order.AGENT, self._catch_up)

    def _catch_up(self) -> None:
        if not self._world.machines[self.node].in_touch:
            return
        for uid in sorted(self._pods):
            pod = self._api.pods.get(uid)
            if pod is None:
                self._drop(uid)
            elif pod.terminal:
                self._over(uid, REASONS[pod.phase])
            elif pod.node == NOWHERE and uid in self.executors:
                self._bind(uid)

    # -- the executor ends ------------------------------------------------------------------------------------

    def executor_of(self, task: int) -> str:
        """Return the name of the executor of a task: pods share one."""
        return f"kubelet/{self.id}" if task in self._pods else super().executor_of(task)

    def fail(self, task: int, reason: str) -> None:
        """Stop a task whose executor is of no use any more; if that is the kubelet, all pods go with it."""
        if task not in self._pods:
            super().fail(task, reason)
            return
        pods = sorted(self._pods)
        self._executor_gone()
        for pod in pods:
            super().fail(pod, reason)

    def drop(self, task: int) -> None:
        """Stop a task of which nothing is to be told; a pod goes with the kubelet, and all others with it."""
        if task in self._pods:
            self._executor_gone()
        super().drop(task)

    def _executor_gone(self) -> None:
        self._pods.clear()
        self._running = False
        self._forget_pods(self.node)

    def _left(self, task: int) -> None:
        """What a pod leaves is the kubelet's to remove."""
        if task not in self._once_pods:
            super()._left(task)

    def is_pod(self, task: int) -> bool:
        """Say whether a task here is a pod."""
        return task in self._pods

    def ended(self, task: int, why: EndReason) -> None:
        """The task's process stopped; of a pod the kubelet says what becomes of it."""
        if task not in self._pods:
            super().ended(task, why)

    def kill(self, task: int, grace_us: int | None, replaced: bool) -> None:
        """Have a task stopped; a pod is deleted, with its own grace."""
        if task not in self._pods:
            super().kill(task, grace_us, replaced)
        elif self.listening and self.tasks[task].latest.state is not TaskState.KILLING:
            self._tell(self.tasks[task], TaskState.KILLING)
            if task in self._api.pods:
                why = "DeletionByTaintManager" if replaced else ""  # like a pod whose node is given up
                self._api.request(self._api.delete_pod, task, None, why)
            else:
                self._drop(task)

    def shut_down(self, task: int) -> None:
        """Stop a task that nobody wants; a pod's record goes with it, the kubelet stays."""
        if task not in self._pods:
            super().shut_down(task)
        elif self.listening:
            self._pods.discard(task)
            super().drop(task)
            self._api.request(self._api.delete_pod, task, 0)
        else:
            self.written_off.add(task)

    def restarted(self) -> tuple[int, ...]:
        """The machine is back, without its tasks and without its executor."""
        self._pods.clear()
        self._running = False
        return super().restarted()
