"""Mesos as the runner sees it: one master, an agent per machine, a Marathon and a batch framework per team.

A team that is always on has its batch framework from the start, work or no work.
"""

from __future__ import annotations

from functools import partial

from workbench.engines.mesos.agent import Agent
from workbench.engines.mesos.agent_fleet import AgentFleet
from workbench.engines.mesos.batch_frameworks import BatchFrameworks
from workbench.engines.mesos.discovery import Proxy
from workbench.engines.mesos.flags import NOT_OFFERED
from workbench.engines.mesos.framework_failover import FrameworkFailover
from workbench.engines.mesos.frameworks.base import Framework
from workbench.engines.mesos.frameworks.marathon import Marathon, MarathonParameters
from workbench.engines.mesos.frameworks.marathon_autoscale import MarathonAutoscale
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.marathon_lb_autoscale import MarathonLbAutoscale
from workbench.engines.mesos.frameworks.run_spec import RunSpec
from workbench.engines.mesos.leader import Leader
from workbench.engines.mesos.master import AgentMaker, Master
from workbench.engines.mesos.quota_handler import set_quota
from workbench.engines.mesos.roles import DEFAULT_WEIGHT, Quota, RoleParameters
from workbench.engines.mesos.service_frameworks import ServiceFrameworks
from workbench.engines.mesos.workloads import (
    WorkloadParameters,
    place_of,
    request_of,
    run_spec,
    with_grace,
    with_volumes,
)
from workbench.engines.protocol import (
    AddTasks,
    AgentBack,
    AgentLost,
    AppChange,
    BeginMaintenance,
    Change,
    CordonNode,
    CreateApp,
    DeleteApp,
    DrainNode,
    Ended,
    EndMaintenance,
    Fact,
    GiveUp,
    GrowApp,
    MaintainNode,
    MaintenanceChange,
    MembersBack,
    MembersLost,
    NodeBack,
    NodeChange,
    NodeFact,
    NodeJoined,
    NodeReached,
    NodeStopping,
    PauseApp,
    Ready,
    RelabelInstances,
    RemoveNode,
    ResumeApp,
    RollbackApp,
    RouteApp,
    ScaleApp,
    SchedulerBack,
    SchedulerLost,
    SetQuota,
    Started,
    SuspendApp,
    UpdateApp,
)
from workbench.engines.world import World
from workbench.model.cluster import Cluster
from workbench.model.native.marathon import UpgradeStrategy
from workbench.model.resources import Resources
from workbench.model.workload import App, Team


class Mesos:
    """Two-level scheduling: the master offers, frameworks choose.

    Attributes
    ----------
    make_agent : callable
        Makes the agent of a machine.
    """

    name = "mesos"
    orders_machines = False
    starts_over = False
    make_agent: AgentMaker = Agent

    def _runs(self, app: App) -> bool:  # noqa: ARG002  # an extension point: who shares the pool with others runs less
        """Say whether its own frameworks run an app."""
        return True

    def start(self, world: World) -> None:
        """Register agents and Marathons; the cluster is up when the run begins."""
        self._world = world
        self._master = Master(world, self.make_agent)
        self._failover = FrameworkFailover(self._master)
        self._leader = Leader(self._master, self._failover)
        self._proxy = Proxy(world)
        self._fleet = AgentFleet(self._master, self._fleet_changed, self._give_up)
        self._places = {node.name: place_of(node) for node in world.fleet.nodes}
        self._marathons: dict[str, Marathon] = {}
        self._batch = BatchFrameworks(world, self._master, self._place)
        self._services = ServiceFrameworks(world, self._master, self._place, self._proxy)
        teams = world.scenario.teams
        weights = {one.name: one.weight for one in teams if one.weight != DEFAULT_WEIGHT}
        self._master.registry.weights.update(weights)
        self._master.allocator.update_weights(weights)
        self._master.start()
        for team in teams:
            if team.always_on:
                self._batch.plain(team.name).subscribe()
        for app in world.scenario.apps:
            if not self._runs(app) or self._services.start(app):
                continue
            if app.kind != "batch" and app.team not in self._marathons:
                self._start_marathon(app.team)

    def _start_marathon(self, team: str) -> None:
        proxy = self._proxy
        one = Marathon(self._world, self._master, team, self._place, proxy.healthy, proxy.ended)
        self._marathons[team] = one
        self._master.subscribe(one, suppressed=one.suppressed)

    def _place(self, agent: str) -> Place:
        place = self._places.get(agent)
        if place is None:  # of a machine that has joined since
            place = self._places[agent] = place_of(self._master.agent(agent).machine)
        return place

    def apply(self, change: Change) -> None:
        """Hand an app to its framework, or a quota to the master."""
        if isinstance(change, CreateApp):
            self._create(change.app)
        elif isinstance(change, AddTasks):
            one, asked_us = self._batch.plain(change.app.team), self._world.now_us
            one.when_up(lambda: one.add_tasks(change.app, change.first, change.count, asked_us))
        elif isinstance(change, SetQuota):
            self._set_quota(change.team)
        elif isinstance(change, GrowApp):
            self._world.event("NoCounterpart", change.app.name, "volumes-fixed", str(change.size))
        elif isinstance(change, AppChange) and not _without_counterpart(change):
            self._change(change)
        elif isinstance(change, MaintenanceChange):
            self._maintain(change)
        elif isinstance(change, GiveUp):
            self._give_up(self._world.node_names[change.node])
        elif isinstance(change, NodeChange):
            self._change_agent(change)
        else:
            self._world.not_understood(change)

    def _change(self, change: AppChange) -> None:
        """Hand a change of an app to its framework; a rollback gives a deployment that goes on up."""
        app = change.app
        if isinstance(change, UpdateApp) and change.partition:
            self._world.event("NoCounterpart", app.name, "no-partition", str(change.partition))
        if self._services.runs(app.name):
            self._services.change(change)
            return
        if app.kind == "batch":
            self._change_batch(change)
            return
        marathon = self._marathons[app.team]
        spec = self._run_spec(app)
        deployments = marathon.deployments
        if isinstance(change, ScaleApp):
            marathon.when_up(lambda: deployments.scale(spec.id, app.replicas))
        elif isinstance(change, DeleteApp):
            marathon.when_up(lambda: deployments.delete(spec.id))
        else:
            forced = isinstance(change, RollbackApp)
            marathon.when_up(lambda: deployments.update(spec, forced=forced))

    def _change_batch(self, change: AppChange) -> None:
        app = change.app
        if isinstance(change, DeleteApp):
            batch = self._batch.of(app)
            batch.when_up(lambda: batch.delete(app))
        elif not (isinstance(change, ScaleApp | SuspendApp | ResumeApp) and self._batch.change(change)):
            self._world.not_understood(change)

    def _maintain(self, change: MaintenanceChange) -> None:
        maintenance = self._master.maintenance
        match change:
            case MaintainNode(node, begins_us, ends_us):
                ask = partial(maintenance.schedule, node, begins_us, ends_us)
            case BeginMaintenance(node):
                ask = partial(maintenance.begin, node)
            case EndMaintenance(node):
                ask = partial(maintenance.end, node)
        self._master.when_led(ask)

    def _change_agent(self, change: NodeChange) -> None:
        draining = self._master.draining
        if isinstance(change, RemoveNode):
            ask = self._fleet.remove
        elif isinstance(change, DrainNode):
            ask = draining.drain
        elif isinstance(change, CordonNode):
            ask = draining.deactivate
        else:
            ask = draining.reactivate
        self._master.when_led(partial(ask, change.node))

    def _run_spec(self, app: App) -> RunSpec:
        params = self._world.settings.of(MarathonParameters)
        upgrade = UpgradeStrategy(
            minimum_health_capacity=params.minimum_health_capacity, maximum_over_capacity=params.maximum_over_capacity
        )
        given = self._world.settings.of(WorkloadParameters)
        return with_grace(run_spec(with_volumes(app, given), self._cluster(), upgrade), given)

    def _cluster(self) -> Cluster:
        """Return the machines as they are now."""
        fleet = self._world.fleet
        return Cluster(tuple(fleet.nodes[node] for node in fleet.present))

    def _fleet_changed(self) -> None:
        """Scale the daemons that are there to as many instances as there are agents."""
        agents = len(self._world.fleet.present)
        for app in self._world.scenario.apps:
            here = app.kind == "daemon" and self._runs(app)
            if here and app.at_us < self._world.now_us and not self._world.deleted(app):
                marathon, id_ = self._marathons[app.team], self._run_spec(app).id
                marathon.when_up(partial(marathon.deployments.scale, id_, agents))

    def _give_up(self, agent: str) -> None:
        """Let every Marathon forget the resident instances that wait for a machine; the rest was replaced long ago."""
        for marathon in self._marathons.values():
            marathon.when_up(partial(marathon.wipe, agent))
        self._services.give_up(agent)

    def _set_quota(self, team: Team) -> None:
        if self._world.settings.of(RoleParameters).quota_enabled:
            guarantee = {name: amount for name, amount in _offered(team.guarantee).items() if amount}
            quota = Quota(guarantee, _offered(team.limit))
            self._master.when_led(partial(set_quota, self._master, team.name, quota))
        else:
            self._world.event("quota-not-set", team.name, "quota-disabled")

    def _create(self, app: App) -> None:
        if app.may_miss is not None:
            self._world.event("NoCounterpart", app.name, "no-budget", str(app.may_miss))
        if app.vertical:
            self._world.event("NoCounterpart", app.name, "no-vertical")
        cluster = self._cluster()
        if self._services.runs(app.name):
            self._services.create(app)
        elif app.kind == "batch":
            batch = self._batch.of(app)
            batch.when_up(lambda: batch.submit(app, request_of(app, cluster)))
        else:
            marathon = self._marathons[app.team]
            marathon.when_up(lambda: marathon.post(self._run_spec(app)))
            if app.scaling is not None:
                if app.scaling.least == 0 and app.scaling.requests is None:  # who counts at the proxy brings it back
                    self._world.event("NoCounterpart", app.name, "no-activator")
                app_id = self._run_spec(app).id
                script = MarathonAutoscale if app.scaling.requests is None else MarathonLbAutoscale
                script(self._world, app, marathon.deployments, app_id, lambda: marathon.connected).start()

    def _framework_of(self, app: str) -> Framework | None:
        """Return the framework that runs an app; None if it has not been started yet."""
        if self._services.runs(app):
            return self._services.of(app)
        one = next(known for known in self._world.scenario.apps if known.name == app)
        return self._batch.known(one) if one.kind == "batch" else self._marathons.get(one.team)

    def notify(self, fact: Fact) -> None:
        """Let the agent on the machine see what happened."""
        if isinstance(fact, NodeStopping):
            return  # an agent that is stopped leaves its tasks alone; they go down with the machine
        if isinstance(fact, NodeJoined):
            self._fleet.joined(fact.node)
            return
        agents = self._master.agents
        if isinstance(fact, NodeFact):
            self._hear_of_agent(fact, agents[fact.node])
            return
        if isinstance(fact, MembersLost | MembersBack):
            lost = isinstance(fact, MembersLost)
            (self._leader.members_lost if lost else self._leader.members_back)(majority=fact.majority)
            return
        if isinstance(fact, SchedulerLost | SchedulerBack):
            framework = self._framework_of(fact.app)
            if framework is not None:
                lost = isinstance(fact, SchedulerLost)
                (self._failover.process_lost if lost else self._failover.process_back)(framework)
            return
        agent = agents[self._world.node_of(fact.task)]
        if isinstance(fact, Started):
            agent.started(fact.task)
        elif isinstance(fact, Ready):
            agent.ready(fact.task)
        elif isinstance(fact, Ended):
            agent.ended(fact.task, fact.reason)
            self._master.draining.ended(agent.node, fact.task)

    def _hear_of_agent(self, fact: NodeFact, agent: Agent) -> None:
        registration, restarts = self._master.registration, self._master.restarts
        match fact:
            case AgentLost():
                restarts.process_lost(agent)
            case AgentBack():
                restarts.process_back(agent)
            case NodeBack():
                registration.machine_back(agent)
            case NodeReached():
                registration.reached(agent)

    def endpoints(self, app: str) -> tuple[int, ...]:
        """Return the tasks that clients of `app` are sent to now."""
        return self._proxy.endpoints(app)


def _without_counterpart(change: AppChange) -> bool:
    """Say whether Marathon has nothing of the kind: it neither holds deployments nor selects by labels."""
    if isinstance(change, DeleteApp):
        return change.cascade == "orphan"
    if isinstance(change, ResumeApp):
        return change.app.kind != "batch"
    return isinstance(change, PauseApp | RouteApp | RelabelInstances)


def _offered(amounts: Resources) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if name not in NOT_OFFERED}
