"""Kubernetes on Mesos, put together: Kubernetes without its scheduler, and a Mesos on which its pods are tasks.

API server, controllers, kubelets and their timers are those of `engines/kubernetes`; master, allocator and agents those
of `engines/mesos`. What joins them is here: a framework in the place of kube-scheduler, an executor that is a kubelet.
On the same pool batch work and clusters with data may run under frameworks of their own (`beside`).

Source: kubernetes contrib/mesos/docs (as of its last version, 1.5).
Left out: that Kubernetes is of today (1.34), not of 2016; maintenance of machines reaches Kubernetes only, not the
frameworks beside it; loss of the control plane hits both of its halves at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from workbench.engines.kubernetes import Kubernetes
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.scheduler import Scheduler
from workbench.engines.kubernetes_on_mesos.executor import ExecutorAgent
from workbench.engines.kubernetes_on_mesos.pod_scheduler import PodScheduler, PodSchedulerParameters
from workbench.engines.mesos.control_plane import Mesos
from workbench.engines.protocol import (
    AgentBack,
    Change,
    Ended,
    Fact,
    GiveUp,
    NodeBack,
    NodeChange,
    NodeReached,
    Ready,
    RemoveNode,
    SchedulerBack,
    SchedulerLost,
    SetQuota,
    Started,
)
from workbench.engines.world import World
from workbench.model.workload import App


class Unscheduled(Kubernetes):
    """Kubernetes whose pods somebody else binds."""

    orders_machines = False

    def leave_machines_to(self, give_back: Callable[[int], None]) -> None:
        """Have somebody else take the machine of a node that is empty."""
        self._fleet.give_back = give_back

    def _make_schedulers(  # kube-scheduler does not run
        self,
        nodes: list[NodeInfo],  # noqa: ARG002  # what a scheduler would be given
        namespaces: Mapping[str, Mapping[str, str]],  # noqa: ARG002  # the same
    ) -> Sequence[Scheduler]:
        return ()


class Pool(Mesos):
    """A Mesos whose agents can run pods.

    Parameters
    ----------
    kubernetes : Unscheduled
        Whose pods these are.
    """

    def __init__(self, kubernetes: Unscheduled, settings: PodSchedulerParameters) -> None:
        self._shared = settings.beside == "frameworks"
        self._kubernetes = kubernetes
        self.make_agent = partial(ExecutorAgent, api=kubernetes.api, forget_pods=kubernetes.kubelets.forget_pods)

    def start(self, world: World) -> None:
        """Register agents and frameworks, that of Kubernetes the last."""
        super().start(world)
        api, master = self._kubernetes.api, self._master
        self.pods = PodScheduler(world, master, api, lambda agent: master.agent(agent).node)
        master.subscribe(self.pods)
        self._kubernetes.kubelets.takes = self._launched

    def runs(self, app: App) -> bool:
        """Say whether a framework beside Kubernetes runs an app: batch work, and clusters with data."""
        return self._shared and app.native is None and (app.kind == "batch" or app.replication is not None)

    def _runs(self, app: App) -> bool:
        return self.runs(app)

    def is_pod(self, task: int) -> bool:
        """Say whether a task is a pod."""
        agent = self._master.agents[self._world.node_of(task)]
        return task in self._kubernetes.api.pods or (isinstance(agent, ExecutorAgent) and agent.is_pod(task))

    def _launched(self, pod: PodObject) -> bool:
        """Say whether Mesos has launched a pod on its node: a kubelet in an executor runs no others."""
        agent = self._master.agents[pod.node]
        return isinstance(agent, ExecutorAgent) and agent.is_pod(pod.uid)

    def scheduler(self, *, lost: bool) -> None:
        """The framework's process stops, or is back."""
        (self._failover.process_lost if lost else self._failover.process_back)(self.pods)

    def reached(self, node: int) -> None:
        """A machine that was cut off, or without its agent, can be reached again."""
        agent = self._master.agents[node]
        if isinstance(agent, ExecutorAgent):
            agent.reached()


class KubernetesOnMesos:
    """Pods as tasks of Mesos."""

    name = "kubernetes-on-mesos"
    orders_machines = False
    starts_over = False

    def start(self, world: World) -> None:
        """Start both halves."""
        self._world = world
        self._kubernetes = Unscheduled()
        self._kubernetes.start(world)
        self._pool = Pool(self._kubernetes, world.settings.of(PodSchedulerParameters))
        self._pool.start(world)
        self._kubernetes.leave_machines_to(lambda node: self._pool.apply(RemoveNode(node)))

    def apply(self, change: Change) -> None:
        """Hand a change to the half that it concerns; a machine is given back by Mesos, once its node is empty."""
        if isinstance(change, SetQuota | GiveUp):
            self._kubernetes.apply(change)
            self._pool.apply(change)
        elif isinstance(change, NodeChange) or not self._pool.runs(change.app):
            self._kubernetes.apply(change)
        else:
            self._pool.apply(change)

    def notify(self, fact: Fact) -> None:
        """Hand a fact to the half that it concerns, or to both."""
        if isinstance(fact, Started | Ready | Ended):
            if self._pool.is_pod(fact.task):
                self._kubernetes.notify(fact)
            self._pool.notify(fact)
        elif isinstance(fact, SchedulerLost | SchedulerBack):
            self._scheduler(fact)
        elif isinstance(fact, NodeBack):
            self._kubernetes.kubelets.node_anew(fact.node)  # the executor went down, and its pods with it
            self._pool.notify(fact)
        elif isinstance(fact, AgentBack):
            self._pool.notify(fact)  # which may end the executor: then the kubelet knows of no pod any more
            self._kubernetes.kubelets.goes_on(fact.node)
            self._pool.reached(fact.node)
        else:
            self._kubernetes.notify(fact)
            self._pool.notify(fact)
            if isinstance(fact, NodeReached):
                self._pool.reached(fact.node)

    def _scheduler(self, fact: SchedulerLost | SchedulerBack) -> None:
        app = next(one for one in self._world.scenario.apps if one.name == fact.app)
        if self._pool.runs(app):
            self._pool.notify(fact)
        else:
            self._pool.scheduler(lost=isinstance(fact, SchedulerLost))

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks that clients of `app` are sent to now."""
        known = next(one for one in self._world.scenario.apps if one.name == app)
        return self._pool.endpoints(app) if self._pool.runs(known) else self._kubernetes.endpoints(app)
