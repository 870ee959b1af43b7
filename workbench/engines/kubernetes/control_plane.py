"""The Kubernetes control plane, put together: API server, controllers, scheduler, kubelets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.admission import Admission, AdmissionParameters
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer, ApiServerParameters, PodInformer
from workbench.engines.kubernetes.batch_work import not_carried
from workbench.engines.kubernetes.controllers.attach_detach import AttachDetachController
from workbench.engines.kubernetes.controllers.cluster_autoscaler import ClusterAutoscaler
from workbench.engines.kubernetes.controllers.controller import (
    RETRY_FIRST_US,
    RETRY_LAST_US,
    Controller,
    retry_delay_us,
)
from workbench.engines.kubernetes.controllers.cronjob import CronJobController
from workbench.engines.kubernetes.controllers.daemonset import DaemonSetController
from workbench.engines.kubernetes.controllers.deployment import DeploymentController
from workbench.engines.kubernetes.controllers.deployment_sets import split
from workbench.engines.kubernetes.controllers.disruption import BUDGET, DisruptionController
from workbench.engines.kubernetes.controllers.endpoints import EndpointSliceController
from workbench.engines.kubernetes.controllers.expand import ExpandController
from workbench.engines.kubernetes.controllers.garbage_collector import GarbageCollector
from workbench.engines.kubernetes.controllers.horizontal import HorizontalController, autoscaler_for
from workbench.engines.kubernetes.controllers.job import JobController
from workbench.engines.kubernetes.controllers.karpenter import Karpenter
from workbench.engines.kubernetes.controllers.node_lifecycle import NodeLifecycleController
from workbench.engines.kubernetes.controllers.node_pools import NodeParameters, NodePools
from workbench.engines.kubernetes.controllers.node_removal import NodeRemoval
from workbench.engines.kubernetes.controllers.pod_gc import PodGarbageCollector
from workbench.engines.kubernetes.controllers.pressure_taints import PressureTaints
from workbench.engines.kubernetes.controllers.replicaset import ReplicaSetController
from workbench.engines.kubernetes.controllers.resource_quota import ResourceQuotaController
from workbench.engines.kubernetes.controllers.statefulset import StatefulSetController
from workbench.engines.kubernetes.controllers.taint_eviction import TaintEvictionController
from workbench.engines.kubernetes.controllers.ttl_after_finished import TTLAfterFinishedController
from workbench.engines.kubernetes.controllers.vertical import VerticalAutoscaler
from workbench.engines.kubernetes.drain import Drains
from workbench.engines.kubernetes.etcd import Etcd
from workbench.engines.kubernetes.given_storage import create_storage
from workbench.engines.kubernetes.kubelet import KubeletParameters, Kubelets
from workbench.engines.kubernetes.labelling import relabel_instances, route
from workbench.engines.kubernetes.leader_election import LeaderElection
from workbench.engines.kubernetes.leases import Leases
from workbench.engines.kubernetes.metrics_server import MetricsServer
from workbench.engines.kubernetes.names import Names
from workbench.engines.kubernetes.node_fleet import NodeFleet
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_objects import node_info, node_object
from workbench.engines.kubernetes.objects import ApiObject, NodeObject, PodDraft
from workbench.engines.kubernetes.operator import give_up
from workbench.engines.kubernetes.pod_metrics import PodMetrics
from workbench.engines.kubernetes.policy import Policy
from workbench.engines.kubernetes.profiles import processes_of
from workbench.engines.kubernetes.quota import Quotas, refused_by, team_hard
from workbench.engines.kubernetes.rolling_update_client import RollingUpdates
from workbench.engines.kubernetes.scheduler import Scheduler
from workbench.engines.kubernetes.spark import SparkApplication
from workbench.engines.kubernetes.staged_rollout import put_partition, with_partition
from workbench.engines.kubernetes.volume_manager import VolumeManager
from workbench.engines.kubernetes.workloads import (
    WorkloadParameters,
    objects_for,
    own_object,
    pod_template,
    versioned_template,
)
from workbench.engines.protocol import (
    AddTasks,
    AgentBack,
    BeginMaintenance,
    Change,
    CordonNode,
    CreateApp,
    DeleteApp,
    DrainNode,
    Ended,
    Fact,
    GiveUp,
    GrowApp,
    MaintainNode,
    MaintenanceChange,
    MembersBack,
    MembersLost,
    NodeBack,
    NodeJoined,
    NodeReached,
    NodeStopping,
    PauseApp,
    Ready,
    RelabelInstances,
    RemoveNode,
    ResumeApp,
    RollbackApp,
    RollingUpdateApp,
    RouteApp,
    ScaleApp,
    SchedulerLost,
    SetQuota,
    Started,
    UncordonNode,
    UpdateApp,
)
from workbench.engines.world import World
from workbench.model.native.kubernetes import (
    LimitRange,
    Namespace,
    ObjectMeta,
    Pod,
    PodDisruptionBudget,
    PriorityClass,
    ResourceQuota,
    Service,
)
from workbench.model.native.kubernetes.core import ResourceQuotaSpec
from workbench.model.native.kubernetes.pods import PodTemplateSpec
from workbench.model.native.kubernetes.scheduler_configuration import KubeSchedulerConfiguration
from workbench.model.workload import App

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
        self._workloads = settings.of(WorkloadParameters)
        self._templates: dict[str, PodTemplateSpec] = {}
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
        metrics = PodMetrics(self.api, informer)
        controllers: list[Controller] = [
            DeploymentController(self.api, informer, self.names),
            ReplicaSetController(self.api, informer, self.names),
            StatefulSetController(self.api, informer, self.names),
            DaemonSetController(self.api, informer, self.names),
            JobController(self.api, informer, self.names),
            CronJobController(self.api, informer, self.names),
            self._endpoints,
            GarbageCollector(self.api, informer, self.names),
            DisruptionController(self.api, informer, self.names),
            HorizontalController(self.api, informer, self.names, metrics),
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
        VerticalAutoscaler(self.api, informer, metrics).start()
        for scheduler in self.schedulers:
            scheduler.start()
        self._drains = Drains(self.api)
        self._rolling = RollingUpdates(self.api, self._template)
        self._fleet = NodeFleet(self.api, self.kubelets, leases, self._drains)
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
        self._sparks: list[SparkApplication] = []
        self._create_given_objects()

    def _start_autoscaler(self, informer: PodInformer) -> None:
        """Start who orders machines for pods that the first scheduler finds no room for."""
        removal = NodeRemoval(self.api, self._fleet)
        pools = NodePools(self.api, informer, self.schedulers[0])
        if self._world.settings.of(NodeParameters).provisioner == "karpenter":
            Karpenter(self.api, pools, removal).start()
        else:
            ClusterAutoscaler(self.api, pools, removal).start()

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
        if create_storage(self.api):
            for scheduler in self.schedulers:
                scheduler.volumes.start()

    # -- what users ask -------------------------------------------------------------------------------------

    def apply(self, change: Change) -> None:
        """Take note of what a user or operator asks; the API server stores it a write later."""
        if isinstance(change, CreateApp):
            self._create(change.app)
        elif isinstance(change, AddTasks):
            for number in range(change.first, change.first + change.count):
                self._submit_task(change.app, number)
        elif isinstance(change, SetQuota):
            self._set_quota(change)
        elif isinstance(change, ScaleApp):
            self.api.request(self.api.scale, self._workload(change.app).uid, change.app.replicas)
        elif isinstance(change, DeleteApp | RouteApp | RelabelInstances):
            self._untie(change)
        elif isinstance(change, GrowApp):
            self._expansion.ask(change.app.name, change.size)
        elif isinstance(change, GiveUp):
            give_up(self.api, change.node)
        elif isinstance(change, UpdateApp | RollbackApp | RollingUpdateApp) and change.app.kind != "batch":
            self._update(change)
        elif isinstance(change, PauseApp | ResumeApp):
            self._hold(change)
        elif isinstance(change, CordonNode | UncordonNode | DrainNode | RemoveNode | MaintenanceChange):
            self._change_node(change)
        else:
            self._world.not_understood(change)

    def _change_node(self, change: CordonNode | UncordonNode | DrainNode | RemoveNode | MaintenanceChange) -> None:
        """Do as an operator asks; there is no schedule of maintenance: what is announced is drained at once."""
        if isinstance(change, DrainNode | MaintainNode):
            self._drains.drain(change.node)
        elif isinstance(change, BeginMaintenance):
            return
        elif isinstance(change, RemoveNode):
            self._fleet.remove(change.node)
        else:
            self._drains.cordon(change.node, on=isinstance(change, CordonNode))

    def _workload(self, app: App) -> ApiObject:
        """Return the object that stands for an app, as it was created."""
        return objects_for(app, self._workloads)[0]

    def _update(self, change: UpdateApp | RollbackApp | RollingUpdateApp) -> None:
        """Have the template of a workload replaced; a rollback needs the ReplicaSet of the version to go back to."""
        app, there = change.app, self._workload(change.app)
        if isinstance(change, RollingUpdateApp):
            if there.kind == "ReplicationController":
                self._rolling.begin(there.uid, change)
            else:
                self._world.not_understood(change)
        elif not (isinstance(change, RollbackApp) and self._rolling.back(there.uid, app)):
            back = isinstance(change, RollbackApp)
            partition = change.partition if isinstance(change, UpdateApp) and there.kind == "StatefulSet" else None
            self.api.request(self._put_template, there.uid, app, self._template(app), back, partition)

    def _template(self, app: App) -> PodTemplateSpec:
        original = next(one for one in self._world.scenario.apps if one.name == app.name)
        return versioned_template(app, original, self._workloads)

    def _put_template(
        self, uid: str, app: App, template: PodTemplateSpec, back: bool, partition: int | None = None
    ) -> str:
        there = self.api.objects.get(uid)
        if there is None:
            return NOT_FOUND
        native = replace(there.native, spec=replace(there.native.spec, template=template))
        if partition is not None:
            native = with_partition(native, partition)
        if back and there.kind == "Deployment" and split(self.api.dependents(uid), native).new is None:
            self._world.event("RollbackFailed", app.name, "no-revision")
            return NOT_FOUND
        return self.api.patch(uid, {"native": native, "app": app})

    def _hold(self, change: PauseApp | ResumeApp) -> None:
        """Hold a rollout or let it go on; a set is held by its partition alone, which an update brings along."""
        there = self._workload(change.app)
        if there.kind == "Deployment":
            self.api.request(self._pause, there.uid, isinstance(change, PauseApp))
        elif there.kind == "StatefulSet" and isinstance(change, ResumeApp):
            self.api.request(put_partition, self.api, there.uid, change.partition)
        else:
            self._world.not_understood(change)

    def _pause(self, uid: str, paused: bool) -> str:
        there = self.api.objects.get(uid)
        if there is None:
            return NOT_FOUND
        return self.api.patch(uid, {"native": replace(there.native, spec=replace(there.native.spec, paused=paused))})

    def _made_for(self, app: App) -> list[ApiObject]:
        autoscaler = autoscaler_for(app)
        return [*objects_for(app, self._workloads), *([autoscaler] if autoscaler else [])]

    def _untie(self, change: DeleteApp | RouteApp | RelabelInstances) -> None:
        """Take apart, or join anew, what labels and owners hold together."""
        if isinstance(change, DeleteApp):
            self._delete(change)
        elif isinstance(change, RouteApp):
            route(self.api, self._workload(change.app), self._workload(change.to) if change.to else None)
        else:
            relabel_instances(self.api, change)

    def _delete(self, change: DeleteApp) -> None:
        """Delete what stands for an app: its objects, whose pods the garbage collector finds, or its bare pods.

        Where orphans are to be left, only the workload goes: whoever selects its pods does so on.
        """
        app, objects = change.app, self._made_for(change.app)
        first, *others = objects or (None,)
        if first is not None:
            how = () if change.cascade == "background" else (change.cascade,)
            self.api.request(self.api.delete, first.uid, *how)
        for made in others if change.cascade != "orphan" else ():
            self.api.request(self.api.delete, made.uid)
        for pod in self.api.pods.values():
            if first is None and pod.app.name == app.name and not pod.owner:
                self.api.request(self.api.delete_pod, pod.uid)

    def _create(self, app: App) -> None:
        if app.clock_us > self._world.now_us:
            self._world.agenda.at(app.clock_us, Order.ARRIVAL, self._create, app)
            return
        for reason, detail in not_carried(app):
            self._world.event("NoCounterpart", app.name, reason, detail)
        if app.framework == "spark":
            self._sparks.append(SparkApplication(self.api, app))
            self._sparks[-1].submit()
            return
        native = own_object(app)
        if app.max_per_node not in (None, 1) and native is None:
            self._world.event("NoCounterpart", app.name, "no-max-per-node", str(app.max_per_node))
        for made in self._made_for(app):
            self.api.request(self.api.put, made)
        if isinstance(native, Pod):
            namespace = native.metadata.namespace or app.team
            draft = PodDraft(native.metadata.name, namespace, native.metadata.labels, native.spec, app)
            self._submit(draft, 0)

    def _submit_task(self, app: App, number: int) -> None:
        """A user creates a bare pod for a task that has just come."""
        template = self._templates.get(app.name)
        if template is None:
            template = self._templates[app.name] = pod_template(app)
        draft = PodDraft(
            f"{app.name}-{number}", app.team, template.metadata.labels, template.spec, app,
            index=number, submitted_us=self._world.now_us,
        )  # fmt: skip
        self._submit(draft, 0)

    def _submit(self, draft: PodDraft, failures: int) -> None:
        self.api.request(self._try, draft, failures)

    def _try(self, draft: PodDraft, failures: int) -> str:
        """Create a bare pod; its user tries again after a refusal, with the delays that controllers take."""
        error = self.api.create_pod(draft)
        if error:
            self._world.event("FailedCreate", draft.name, refused_by(error), error)
            delay_us = retry_delay_us(failures, RETRY_FIRST_US, RETRY_LAST_US)
            self._world.agenda.after(delay_us, Order.ARRIVAL, self._submit, draft, failures + 1)
        return error

    def _set_quota(self, change: SetQuota) -> None:
        team = change.team
        if team.guarantee:
            self._world.event("NoCounterpart", team.name, "no-guarantee")
        given = any(quota.metadata.namespace == team.name for quota in self._objects(ResourceQuota))
        if team.limit and not given:  # a quota of the team's own files is enforced as it is
            spec = ResourceQuotaSpec(hard=team_hard(team.limit))
            quota = ResourceQuota(metadata=ObjectMeta(name="team-limit", namespace=team.name), spec=spec)
            self.api.request(self.api.put_quota, quota)

    # -- what kubelets see ----------------------------------------------------------------------------------

    def notify(self, fact: Fact) -> None:
        """Hand a physical fact to the kubelet of its machine."""
        if isinstance(fact, Started | Ready | Ended):
            self._see(fact)
        elif isinstance(fact, AgentBack):
            self.kubelets.process_back(fact.node)
        elif isinstance(fact, NodeJoined):
            self._fleet.joined(fact.node)
        elif isinstance(fact, NodeStopping):
            self.kubelets.node_stopping(fact.node, fact.grace_us, fact.critical_us)
        elif isinstance(fact, NodeBack):
            self.kubelets.node_back(fact.node)
        elif isinstance(fact, NodeReached):
            self.kubelets.node_reached(fact.node)
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
            for spark in self._sparks:
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
