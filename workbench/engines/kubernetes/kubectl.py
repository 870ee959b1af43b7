"""What users and operators ask of a cluster: each wish as the calls to the API server that kubectl makes of it.

Nobody waits for anything here: what is asked is stored a write later, and what comes of it is up to the controllers.
What no call stands for is said to have no counterpart.
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.batch_work import not_carried
from workbench.engines.kubernetes.controllers.activator import Activator, ActivatorParameters
from workbench.engines.kubernetes.controllers.controller import (
    RETRY_FIRST_US,
    RETRY_LAST_US,
    retry_delay_us,
)
from workbench.engines.kubernetes.controllers.deployment_sets import split
from workbench.engines.kubernetes.controllers.expand import ExpandController
from workbench.engines.kubernetes.controllers.horizontal import autoscaler_for
from workbench.engines.kubernetes.drain import Drains
from workbench.engines.kubernetes.job_changes import change_job
from workbench.engines.kubernetes.labelling import relabel_instances, route
from workbench.engines.kubernetes.node_fleet import NodeFleet
from workbench.engines.kubernetes.objects import ApiObject, PodDraft
from workbench.engines.kubernetes.operator import give_up
from workbench.engines.kubernetes.quota import refused_by, team_hard
from workbench.engines.kubernetes.rolling_update_client import RollingUpdates
from workbench.engines.kubernetes.spark import SparkApplication
from workbench.engines.kubernetes.staged_rollout import put_partition, with_partition
from workbench.engines.kubernetes.workloads import (
    WorkloadParameters,
    objects_for,
    own_object,
    pod_template,
    versioned_template,
)
from workbench.engines.protocol import (
    AddTasks,
    BeginMaintenance,
    Change,
    CordonNode,
    CreateApp,
    DeleteApp,
    DrainNode,
    GiveUp,
    GrowApp,
    MaintainNode,
    MaintenanceChange,
    PauseApp,
    RelabelInstances,
    RemoveNode,
    ResumeApp,
    RollbackApp,
    RollingUpdateApp,
    RouteApp,
    ScaleApp,
    SetQuota,
    SuspendApp,
    UncordonNode,
    UpdateApp,
)
from workbench.model.native.kubernetes import (
    HorizontalPodAutoscaler,
    ObjectMeta,
    Pod,
    ResourceQuota,
)
from workbench.model.native.kubernetes.core import ResourceQuotaSpec
from workbench.model.native.kubernetes.pods import PodTemplateSpec
from workbench.model.workload import App

WorkloadChange = ScaleApp | SuspendApp | UpdateApp | RollbackApp | RollingUpdateApp | PauseApp | ResumeApp
"""Changes that are made to the object which makes an app's pods."""


def _has_workload(app: App) -> bool:
    """Say whether there is an object that makes an app's pods; a bare pod has none."""
    return not isinstance(own_object(app), Pod)


class Kubectl:
    """Everybody who hands work over, changes it, or looks after machines.

    Attributes
    ----------
    sparks : list
        The Spark applications that were submitted: their drivers make pods of their own.
    """

    def __init__(self, api: ApiServer, drains: Drains, fleet: NodeFleet, expansion: ExpandController) -> None:
        self._api = api
        self._world = api.world
        self._drains = drains
        self._fleet = fleet
        self._expansion = expansion
        self._rolling = RollingUpdates(api, self._template)
        self._workloads = api.world.settings.of(WorkloadParameters)
        self._templates: dict[str, PodTemplateSpec] = {}
        self.sparks: list[SparkApplication] = []

    def apply(self, change: Change) -> None:
        """Take note of what a user or operator asks; the API server stores it a write later."""
        if isinstance(change, CreateApp):
            self._create(change.app)
        elif isinstance(change, AddTasks):
            for number in range(change.first, change.first + change.count):
                self._submit_task(change.app, number)
        elif isinstance(change, SetQuota):
            self._set_quota(change)
        elif isinstance(change, DeleteApp | RouteApp | RelabelInstances):
            self._untie(change)
        elif isinstance(change, GrowApp):
            self._expansion.ask(change.app.name, change.size)
        elif isinstance(change, GiveUp):
            give_up(self._api, change.node)
        elif isinstance(change, WorkloadChange):
            self._change_workload(change)
        elif isinstance(change, CordonNode | UncordonNode | DrainNode | RemoveNode | MaintenanceChange):
            self._change_node(change)
        else:
            self._world.not_understood(change)

    def _change_workload(self, change: WorkloadChange) -> None:
        """Have the object changed that makes an app's pods; Jobs are sized and suspended, and have no versions."""
        app = change.app
        if isinstance(change, SuspendApp) or (app.kind == "batch" and isinstance(change, ScaleApp | ResumeApp)):
            if not change_job(self._api, self._workloads, change):
                self._world.not_understood(change)
        elif app.kind == "batch" or not _has_workload(app):
            self._world.not_understood(change)
        elif isinstance(change, ScaleApp):
            self._api.request(self._api.scale, self._workload(app).uid, app.replicas)
        elif isinstance(change, PauseApp | ResumeApp):
            self._hold(change)
        else:
            self._update(change)

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
            self._api.request(self._put_template, there.uid, app, self._template(app), back, partition)

    def _template(self, app: App) -> PodTemplateSpec:
        original = next(one for one in self._world.scenario.apps if one.name == app.name)
        return versioned_template(app, original, self._workloads)

    def _put_template(
        self, uid: str, app: App, template: PodTemplateSpec, back: bool, partition: int | None = None
    ) -> str:
        there = self._api.objects.get(uid)
        if there is None:
            return NOT_FOUND
        native = replace(there.native, spec=replace(there.native.spec, template=template))
        if partition is not None:
            native = with_partition(native, partition)
        if back and there.kind == "Deployment" and split(self._api.dependents(uid), native).new is None:
            self._world.event("RollbackFailed", app.name, "no-revision")
            return NOT_FOUND
        return self._api.patch(uid, {"native": native, "app": app})

    def _hold(self, change: PauseApp | ResumeApp) -> None:
        """Hold a rollout or let it go on; a set is held by its partition alone, which an update brings along."""
        there = self._workload(change.app)
        if there.kind == "Deployment":
            self._api.request(self._pause, there.uid, isinstance(change, PauseApp))
        elif there.kind == "StatefulSet" and isinstance(change, ResumeApp):
            self._api.request(put_partition, self._api, there.uid, change.partition)
        else:
            self._world.not_understood(change)

    def _pause(self, uid: str, paused: bool) -> str:
        there = self._api.objects.get(uid)
        if there is None:
            return NOT_FOUND
        return self._api.patch(uid, {"native": replace(there.native, spec=replace(there.native.spec, paused=paused))})

    def _autoscalers(self, app: App) -> list[ApiObject]:
        """Return what changes the size of an app: one object, or none."""
        given = [one for one in self._world.scenario.objects if isinstance(one, HorizontalPodAutoscaler)]
        autoscaler = autoscaler_for(app, given)
        return [] if autoscaler is None else [autoscaler]

    def _untie(self, change: DeleteApp | RouteApp | RelabelInstances) -> None:
        """Take apart, or join anew, what labels and owners hold together."""
        if isinstance(change, DeleteApp):
            self._delete(change)
        elif isinstance(change, RelabelInstances):
            relabel_instances(self._api, change)
        elif _has_workload(change.app) and (change.to is None or _has_workload(change.to)):
            route(self._api, self._workload(change.app), self._workload(change.to) if change.to else None)
        else:
            self._world.not_understood(change)

    def _delete(self, change: DeleteApp) -> None:
        """Delete what stands for an app: its objects, whose pods the garbage collector finds, or its bare pods.

        Where orphans are to be left, only the workload goes: whoever selects its pods does so on.
        """
        app = change.app
        first, *others = objects_for(app, self._workloads) or (None,)
        if first is not None:
            how = () if change.cascade == "background" else (change.cascade,)
            self._api.request(self._api.delete, first.uid, *how)
        for made in (*others, *self._autoscalers(app)) if change.cascade != "orphan" else ():
            self._api.request(self._api.delete, made.uid)
        for pod in self._api.pods.values():
            if first is None and pod.app.name == app.name and not pod.owner:
                self._api.request(self._api.delete_pod, pod.uid)

    def _create(self, app: App) -> None:
        if app.clock_us > self._world.now_us:
            self._world.agenda.at(app.clock_us, Order.ARRIVAL, self._create, app)
            return
        for reason, detail in not_carried(app):
            self._world.event("NoCounterpart", app.name, reason, detail)
        if app.framework == "spark":
            self.sparks.append(SparkApplication(self._api, app))
            self.sparks[-1].submit()
            return
        native = own_object(app)
        if app.max_per_node not in (None, 1) and native is None:
            self._world.event("NoCounterpart", app.name, "no-max-per-node", str(app.max_per_node))
        for made in (*objects_for(app, self._workloads), *self._autoscalers(app)):
            self._api.request(self._api.put, made)
        if app.scaling is not None and app.scaling.least == 0:
            self._activate(app)
        if isinstance(native, Pod):
            namespace = native.metadata.namespace or app.team
            draft = PodDraft(native.metadata.name, namespace, native.metadata.labels, native.spec, app)
            self._submit(draft, 0)

    def _activate(self, app: App) -> None:
        """Put an activator in front of a service that may have no instance."""
        if self._world.settings.of(ActivatorParameters).present:
            Activator(self._api, app).start()
        else:
            self._world.event("NoCounterpart", app.name, "no-activator")

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
        self._api.request(self._try, draft, failures)

    def _try(self, draft: PodDraft, failures: int) -> str:
        """Create a bare pod; its user tries again after a refusal, with the delays that controllers take."""
        error = self._api.create_pod(draft)
        if error:
            self._world.event("FailedCreate", draft.name, refused_by(error), error)
            delay_us = retry_delay_us(failures, RETRY_FIRST_US, RETRY_LAST_US)
            self._world.agenda.after(delay_us, Order.ARRIVAL, self._submit, draft, failures + 1)
        return error

    def _set_quota(self, change: SetQuota) -> None:
        team = change.team
        if team.guarantee:
            self._world.event("NoCounterpart", team.name, "no-guarantee")
        quotas = [one for one in self._world.scenario.objects if isinstance(one, ResourceQuota)]
        given = any(quota.metadata.namespace == team.name for quota in quotas)
        if team.limit and not given:  # a quota of the team's own files is enforced as it is
            spec = ResourceQuotaSpec(hard=team_hard(team.limit))
            quota = ResourceQuota(metadata=ObjectMeta(name="team-limit", namespace=team.name), spec=spec)
            self._api.request(self._api.put_quota, quota)
