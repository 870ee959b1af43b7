"""The Kubernetes control plane, put together: API server, controllers, scheduler, kubelets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from workbench.engines.kubernetes.admission import Admission, AdmissionParameters
from workbench.engines.kubernetes.api_server import ApiServer, ApiServerParameters, PodInformer
from workbench.engines.kubernetes.controllers.attach_detach import AttachDetachController
from workbench.engines.kubernetes.controllers.cluster_autoscaler import ClusterAutoscaler
from workbench.engines.kubernetes.controllers.controller import Controller
from workbench.engines.kubernetes.controllers.cronjob import CronJobController
from workbench.engines.kubernetes.controllers.daemonset import DaemonSetController
from workbench.engines.kubernetes.controllers.deployment import DeploymentController
from workbench.engines.kubernetes.controllers.disruption import BUDGET, DisruptionController
from workbench.engines.kubernetes.controllers.endpoints import EndpointSliceController
from workbench.engines.kubernetes.controllers.ephemeral_volume import EphemeralVolumeController
from workbench.engines.kubernetes.controllers.expand import ExpandController
from workbench.engines.kubernetes.controllers.garbage_collector import GarbageCollector
from workbench.engines.kubernetes.controllers.horizontal import HorizontalController, without_target
from workbench.engines.kubernetes.controllers.horizontal_metrics import Metrics
from workbench.engines.kubernetes.controllers.job import JobController
from workbench.engines.kubernetes.controllers.karpenter import Karpenter
from workbench.engines.kubernetes.controllers.node_lifecycle import NodeLifecycleController
from workbench.engines.kubernetes.controllers.node_pools import NodeParameters, NodePools
from workbench.engines.kubernetes.controllers.node_removal import DISRUPTED, NodeRemoval
from workbench.engines.kubernetes.controllers.pod_gc import PodGarbageCollector
from workbench.engines.kubernetes.controllers.pressure_taints import PressureTaints
from workbench.engines.kubernetes.controllers.replicaset import ReplicaSetController
from workbench.engines.kubernetes.controllers.resource_quota import ResourceQuotaController
from workbench.engines.kubernetes.controllers.statefulset import StatefulSetController
from workbench.engines.kubernetes.controllers.taint_eviction import TaintEvictionController
from workbench.engines.kubernetes.controllers.ttl_after_finished import TTLAfterFinishedController
from workbench.engines.kubernetes.controllers.vertical import VerticalAutoscaler
from workbench.engines.kubernetes.custom_metrics import CustomMetrics
from workbench.engines.kubernetes.drain import Drains
from workbench.engines.kubernetes.etcd import Etcd
from workbench.engines.kubernetes.given_storage import create_storage
from workbench.engines.kubernetes.kubectl import Kubectl
from workbench.engines.kubernetes.kubelet import KubeletParameters, Kubelets
from workbench.engines.kubernetes.leader_election import LeaderElection
from workbench.engines.kubernetes.leases import Leases
from workbench.engines.kubernetes.metrics_server import MetricsServer
from workbench.engines.kubernetes.names import Names
from workbench.engines.kubernetes.node_fleet import NodeFleet
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_objects import node_info, node_object
from workbench.engines.kubernetes.objects import ApiObject, NodeObject
from workbench.engines.kubernetes.pod_metrics import PodMetrics
from workbench.engines.kubernetes.policy import Policy
from workbench.engines.kubernetes.profiles import processes_of
from workbench.engines.kubernetes.quota import Quotas
from workbench.engines.kubernetes.scheduler import Scheduler
from workbench.engines.kubernetes.volume_manager import VolumeManager
from workbench.engines.protocol import (
    AgentBack,
    Change,
    Ended,
    Fact,
    MembersBack,
    MembersLost,
    NodeBack,
    NodeJoined,
    NodeReached,
    NodeStopping,
    Ready,
    SchedulerLost,
    Started,
)
from workbench.engines.world import World
from workbench.model.native.kubernetes import (
    HorizontalPodAutoscaler,
    LimitRange,
    Namespace,
    ObjectMeta,
    PodDisruptionBudget,
    PriorityClass,
    ResourceQuota,
    Service,
)
from workbench.model.native.kubernetes.scheduler_configuration import KubeSchedulerConfiguration

K = TypeVar("K")


class Kubernetes:
    """Kubernetes 1.34, as far as it is modelled; see the package's docstring for the parts.

    Parameters
    ----------
    policy : Policy, optional
        How its scheduler differs from the configured one; a run is called after it then.
    """

    name = "kubernetes"
    orders_machines = True
    starts_over = True

    def __init__(self, policy: Policy | None = None) -> None:
        self._policy = policy
        if policy is not None:
            self.name = policy.name

    def start(self, world: World) -> None:
        """Put the parts together and start their loops. The cluster is there and healthy; nothing runs on it."""
        self._world = world
        settings = world.settings
        for team in dict.fromkeys(team for node in world.fleet.nodes for team in node.reserved):
            world.event("NoCounterpart", team, "no-reservation")
        ranges = self._objects(LimitRange)
        admission = Admission(settings.of(AdmissionParameters), self._objects(PriorityClass), ranges)
        self.api = ApiServer(world, admission, Quotas(), settings.of(ApiServerParameters))
        nodes = self._nodes(settings.of(KubeletParameters).max_pods)
        informer = PodInformer(self.api)
        self.names = Names(world.streams)
        namespaces = {one.metadata.name: one.metadata.labels for one in self._objects(Namespace)}
        self.schedulers = self._make_schedulers(nodes, namespaces)
        if self._policy is not None:
            MetricsServer(world, self._measured, self._policy.measured_every_s).start()
        self._endpoints = EndpointSliceController(self.api, informer, self.names)
        metrics, custom = PodMetrics(self.api, informer), CustomMetrics(self.api, informer)
        controllers: list[Controller] = [
            DeploymentController(self.api, informer, self.names),
            ReplicaSetController(self.api, informer, self.names),
            StatefulSetController(self.api, informer, self.names),
            DaemonSetController(self.api, informer, self.names),
            JobController(self.api, informer, self.names),
            CronJobController(self.api, informer, self.names),
            self._endpoints,
            EphemeralVolumeController(self.api, informer, self.names),
            GarbageCollector(self.api, informer, self.names),
            DisruptionController(self.api, informer, self.names),
            HorizontalController(self.api, informer, self.names, Metrics(metrics, custom)),
        ]
        ResourceQuotaController(self.api)
        TTLAfterFinishedController(self.api)
        TaintEvictionController(self.api, informer)
        PodGarbageCollector(self.api, informer)
        PressureTaints(self.api)
        leases = Leases(world)
        lifecycle = NodeLifecycleController(self.api, informer, leases)
        self._expansion = ExpandController(self.api)
        volumes = VolumeManager(self.api, AttachDetachController(self.api, informer))
        self.kubelets = Kubelets(self.api, informer, volumes)
        for controller in controllers:
            controller.start()
        lifecycle.start()
        metrics.start()
        custom.start()
        VerticalAutoscaler(self.api, informer, metrics).start()
        for scheduler in self.schedulers:
            scheduler.start()
        drains = Drains(self.api)
        self._fleet = NodeFleet(self.api, self.kubelets, leases, drains, metrics)
        self._kubectl = Kubectl(self.api, drains, self._fleet, self._expansion)
        if self.schedulers:
            self._start_autoscaler(informer)
        self._elections = [
            LeaderElection(world, "kube-scheduler", one, f"kubernetes/scheduler{rank or ''}/lease")
            for rank, one in enumerate(self.schedulers)
        ]
        managers = LeaderElection(
            world, "kube-controller-manager", self.api.manager, "kubernetes/controller-manager/lease"
        )
        self._etcd = Etcd(self.api, (managers, *self._elections))
        self._create_given_objects()

    def _start_autoscaler(self, informer: PodInformer) -> None:
        """Start who orders machines for pods that the first scheduler finds no room for."""
        pools = NodePools(self.api, informer, self.schedulers[0])
        if self._world.settings.of(NodeParameters).provisioner == "karpenter":
            Karpenter(self.api, pools, NodeRemoval(self.api, self._fleet, DISRUPTED)).start()
        else:
            ClusterAutoscaler(self.api, pools, NodeRemoval(self.api, self._fleet)).start()

    def _make_schedulers(
        self, nodes: list[NodeInfo], namespaces: Mapping[str, Mapping[str, str]]
    ) -> Sequence[Scheduler]:
        """Return the schedulers, each a process with its own picture of the nodes; none: somebody else binds pods."""
        processes = processes_of(self._objects(KubeSchedulerConfiguration))
        if self._policy is not None:
            applied = self._policy.applied
            processes = tuple(dataclasses.replace(one, profiles=tuple(map(applied, one.profiles))) for one in processes)
        known = [profile.name for one in processes for profile in one.profiles]
        pictures = [nodes, *([node.copy() for node in nodes] for _ in processes[1:])]
        return [
            Scheduler(self.api, picture, namespaces, process, rank, known)
            for rank, (process, picture) in enumerate(zip(processes, pictures, strict=True))
        ]

    def _objects(self, kind: type[K]) -> list[K]:
        return [one for one in self._world.scenario.objects if isinstance(one, kind)]

    def _nodes(self, max_pods: int) -> list[NodeInfo]:
        infos = []
        for index, machine in enumerate(self._world.fleet.nodes):
            known = NodeObject(index=index, node=node_object(machine), version=0)
            self.api.nodes.append(known)
            infos.append(node_info(known, machine.capacity, max_pods))
            self._world.node_seen(index, "ready")
        return infos

    def _create_given_objects(self) -> None:
        """Create what the scenario's files hold beside the apps."""
        for quota in self._objects(ResourceQuota):
            self.api.request(self.api.put_quota, quota)
        for service in self._objects(Service):
            self.api.request(self.api.put, _plain("Service", service.metadata, service))
        for budget in self._objects(PodDisruptionBudget):
            self.api.request(self.api.put, _plain(BUDGET, budget.metadata, budget))
        for autoscaler in without_target(self._world.scenario.apps, self._objects(HorizontalPodAutoscaler)):
            self.api.request(self.api.put, autoscaler)
        if create_storage(self.api):
            for scheduler in self.schedulers:
                scheduler.volumes.start()

    def apply(self, change: Change) -> None:
        """Take note of what a user or operator asks."""
        self._kubectl.apply(change)

    # -- what kubelets see ----------------------------------------------------------------------------------

    def notify(self, fact: Fact) -> None:
        """Hand a physical fact to the kubelet of its machine."""
        if isinstance(fact, Started | Ready | Ended):
            self._see(fact)
        elif isinstance(fact, AgentBack):
            self.kubelets.process_back(fact.node)
            self._expansion.heard(fact.node)
        elif isinstance(fact, NodeJoined):
            self._fleet.joined(fact.node)
        elif isinstance(fact, NodeStopping):
            self.kubelets.node_stopping(fact.node, fact.grace_us, fact.critical_us)
        elif isinstance(fact, NodeBack):
            self.kubelets.node_back(fact.node)
        elif isinstance(fact, NodeReached):
            self.kubelets.node_reached(fact.node)
            self._expansion.heard(fact.node)
        elif isinstance(fact, SchedulerLost):
            self._elections[self._rank_of(fact.app)].leader_lost()
        elif isinstance(fact, MembersLost):
            self._etcd.members_lost(majority=fact.majority)
        elif isinstance(fact, MembersBack):
            self._etcd.members_back(majority=fact.majority)

    def _see(self, fact: Started | Ready | Ended) -> None:
        """The kubelet sees what became of a container; one that is away, when it is back."""
        node = self._world.node_of(fact.task)
        if not self._world.machines[node].agent_up:
            self.kubelets.restarts.hold(node, lambda: self._see(fact))
        elif isinstance(fact, Started):
            self.kubelets.started(fact.task)
            for spark in self._kubectl.sparks:
                spark.started(fact.task)
        elif isinstance(fact, Ready):
            self.kubelets.ready(fact.task)
        else:
            self.kubelets.ended(fact.task, fact.reason)

    def _rank_of(self, app: str) -> int:
        """Return which of the schedulers decides about an app; the first where none does."""
        names = {pod.info.spec.scheduler_name for pod in self.api.pods.values() if pod.app.name == app}
        return next((rank for rank, one in enumerate(self.schedulers) if names & one.names), 0)

    def _measured(self, node: int, cpu: int) -> None:
        for scheduler in self.schedulers:
            scheduler.measured(node, cpu)

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks to which clients of an app are sent now."""
        return self._endpoints.endpoints(app)


def _plain(kind: str, metadata: ObjectMeta, native: Any) -> ApiObject:
    return ApiObject(kind=kind, namespace=metadata.namespace or "default", name=metadata.name, native=native)
