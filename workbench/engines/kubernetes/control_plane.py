"""The Kubernetes control plane, put together: API server, controllers, scheduler, kubelets."""

from __future__ import annotations

from typing import Any, TypeVar

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.admission import Admission, AdmissionParameters
from workbench.engines.kubernetes.api_server import ApiServer, ApiServerParameters, PodInformer
from workbench.engines.kubernetes.controllers.attach_detach import AttachDetachController
from workbench.engines.kubernetes.controllers.controller import (
    RETRY_FIRST_US,
    RETRY_LAST_US,
    Controller,
    retry_delay_us,
)
from workbench.engines.kubernetes.controllers.daemonset import DaemonSetController
from workbench.engines.kubernetes.controllers.deployment import DeploymentController
from workbench.engines.kubernetes.controllers.endpoints import EndpointSliceController
from workbench.engines.kubernetes.controllers.job import JobController
from workbench.engines.kubernetes.controllers.node_lifecycle import NodeLifecycleController
from workbench.engines.kubernetes.controllers.replicaset import ReplicaSetController
from workbench.engines.kubernetes.controllers.resource_quota import ResourceQuotaController
from workbench.engines.kubernetes.controllers.statefulset import StatefulSetController
from workbench.engines.kubernetes.controllers.taint_eviction import TaintEvictionController
from workbench.engines.kubernetes.kubelet import KubeletParameters, Kubelets
from workbench.engines.kubernetes.leader_election import LeaderElection
from workbench.engines.kubernetes.leases import Leases
from workbench.engines.kubernetes.names import Names
from workbench.engines.kubernetes.node_info import PODS, NodeInfo
from workbench.engines.kubernetes.objects import ApiObject, NodeObject, PodDraft
from workbench.engines.kubernetes.profiles import profiles_of
from workbench.engines.kubernetes.quota import Quotas, team_hard
from workbench.engines.kubernetes.scheduler import Scheduler
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for, own_object, pod_template
from workbench.engines.protocol import (
    AddTasks,
    Change,
    CreateApp,
    Ended,
    Fact,
    NodeBack,
    Ready,
    SchedulerLost,
    SetQuota,
    Started,
)
from workbench.engines.world import World
from workbench.model import cluster
from workbench.model.native.kubernetes import (
    Namespace,
    Node,
    ObjectMeta,
    Pod,
    PodDisruptionBudget,
    PriorityClass,
    ResourceQuota,
    Service,
)
from workbench.model.native.kubernetes.core import ResourceQuotaSpec
from workbench.model.native.kubernetes.nodes import NodeSpec, Taint
from workbench.model.native.kubernetes.pods import PodTemplateSpec
from workbench.model.native.kubernetes.scheduler_configuration import KubeSchedulerConfiguration
from workbench.model.workload import App

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
RACK = "topology.kubernetes.io/rack"

K = TypeVar("K")


def node_object(node: cluster.Node) -> Node:
    """Return a machine as Kubernetes has it; one that came as a Kubernetes node keeps its labels and taints."""
    known = {HOSTNAME: node.name, ZONE: node.zone, RACK: node.rack}
    labels = {key: value for key, value in known.items() if value} | dict(node.labels)
    if isinstance(node.native, Node):
        own = node.native
        return Node(
            metadata=ObjectMeta(name=node.name, labels={**labels, **own.metadata.labels}),
            spec=own.spec,
            status=own.status,
        )
    taints = tuple(Taint(key=one.key, value=one.value, effect=one.effect) for one in node.taints)
    return Node(metadata=ObjectMeta(name=node.name, labels=labels), spec=NodeSpec(taints=taints))


class Kubernetes:
    """Kubernetes 1.34, as far as it is modelled; see the package's docstring for the parts."""

    name = "kubernetes"

    def start(self, world: World) -> None:
        """Put the parts together and start their loops. The cluster is there and healthy; nothing runs on it."""
        self._world = world
        settings = world.settings
        for team in dict.fromkeys(team for node in world.scenario.cluster.nodes for team in node.reserved):
            world.event("NoCounterpart", team, "no-reservation")
        self._workloads = settings.of(WorkloadParameters)
        self._templates: dict[str, PodTemplateSpec] = {}
        admission = Admission(settings.of(AdmissionParameters), self._objects(PriorityClass))
        self.api = ApiServer(world, admission, Quotas(), settings.of(ApiServerParameters))
        nodes = self._nodes(settings.of(KubeletParameters).max_pods)
        informer = PodInformer(self.api)
        self.names = Names(world.streams)
        namespaces = {one.metadata.name: one.metadata.labels for one in self._objects(Namespace)}
        budgets = self._objects(PodDisruptionBudget)
        self.scheduler = Scheduler(
            self.api, nodes, namespaces, profiles_of(self._objects(KubeSchedulerConfiguration)), budgets
        )
        self._endpoints = EndpointSliceController(self.api, informer, self.names)
        controllers: list[Controller] = [
            DeploymentController(self.api, informer, self.names),
            ReplicaSetController(self.api, informer, self.names),
            StatefulSetController(self.api, informer, self.names),
            DaemonSetController(self.api, informer, self.names),
            JobController(self.api, informer, self.names),
            self._endpoints,
        ]
        ResourceQuotaController(self.api)
        TaintEvictionController(self.api, informer)
        lifecycle = NodeLifecycleController(self.api, informer, Leases(world))
        self.kubelets = Kubelets(self.api, informer, AttachDetachController(self.api, informer))
        for controller in controllers:
            controller.start()
        lifecycle.start()
        self.scheduler.start()
        self._election = LeaderElection(world, self.scheduler)
        self._create_given_objects()

    def _objects(self, kind: type[K]) -> list[K]:
        return [one for one in self._world.scenario.objects if isinstance(one, kind)]

    def _nodes(self, max_pods: int) -> list[NodeInfo]:
        infos = []
        for index, machine in enumerate(self._world.scenario.cluster.nodes):
            node = node_object(machine)
            self.api.nodes.append(NodeObject(index=index, node=node, version=0))
            infos.append(NodeInfo(node, index, {PODS: max_pods, **machine.capacity}))
            self._world.node_seen(index, "ready")
        return infos

    def _create_given_objects(self) -> None:
        """Create what the scenario's files hold beside the apps."""
        for quota in self._objects(ResourceQuota):
            self.api.request(self.api.put_quota, quota)
        for service in self._objects(Service):
            self.api.request(self.api.put, _plain("Service", service.metadata, service))

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

    def _create(self, app: App) -> None:
        native = own_object(app)
        if app.max_per_node not in (None, 1) and native is None:
            self._world.event("NoCounterpart", app.name, "no-max-per-node", str(app.max_per_node))
        for made in objects_for(app, self._workloads):
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
            self._world.event("FailedCreate", draft.name, "exceeded-quota", error)
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
        if isinstance(fact, Started):
            self.kubelets.started(fact.task)
        elif isinstance(fact, Ready):
            self.kubelets.ready(fact.task)
        elif isinstance(fact, Ended):
            self.kubelets.ended(fact.task, fact.reason)
        elif isinstance(fact, NodeBack):
            self.kubelets.node_back(fact.node)
        elif isinstance(fact, SchedulerLost):
            self._election.leader_lost()

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks to which clients of an app are sent now."""
        return self._endpoints.endpoints(app)


def _plain(kind: str, metadata: ObjectMeta, native: Any) -> ApiObject:
    return ApiObject(kind=kind, namespace=metadata.namespace or "default", name=metadata.name, native=native)
