"""Deployments: how Marathon brings apps from what they are to what a user wants.

What is asked for at one instant is one deployment, in steps (`marathon_plan.py`). While it goes on its apps are
locked: another change of them is refused, unless it is forced; then the first deployment is given up where it is. To
roll back is to give up a deployment and to deploy the version before as a new one.

Source: mesosphere/marathon core/deployment/impl/DeploymentManagerActor.scala, DeploymentPlanReverter.scala.
Left out: deployments that survive a failover of Marathon half way (here they do, without losing their place).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.marathon_actions import Action, Hands, Restart, Scale, Stop
from workbench.engines.mesos.frameworks.marathon_instances import InstanceTracker
from workbench.engines.mesos.frameworks.marathon_plan import dependency_ordered_steps
from workbench.engines.mesos.frameworks.run_spec import Running, RunSpec
from workbench.engines.world import World


class Ask(NamedTuple):
    """What somebody wants the app of that name to be: `spec`, or None for gone.

    Parameters
    ----------
    restart : bool
        Whether it is another version, not just another size.
    forced : bool
        Whether a deployment that still goes on is to be given up for it.
    """

    name: str
    spec: RunSpec | None
    restart: bool = False
    forced: bool = False


@dataclass
class Deployment:
    """One deployment. `steps` are those still to come, `actions` those of the present one, `begun` once all have.

    A `quiet` one, which creates an app, is not written down.
    """

    asked: dict[str, Ask]
    steps: list[tuple[str, ...]]
    actions: list[Action] = field(default_factory=list)
    begun: bool = False
    quiet: bool = False


class Deployments:
    """The deployments of one Marathon.

    Parameters
    ----------
    force : bool
        Whether every change is forced.
    """

    def __init__(self, world: World, tracker: InstanceTracker, hands: Hands, *, force: bool) -> None:
        self._world = world
        self._tracker = tracker
        self._hands = hands
        self._force = force
        self._asked: dict[str, Ask] = {}
        self._running: list[Deployment] = []

    # -- what users ask -------------------------------------------------------------------------------------

    def created(self, version: Running) -> None:
        """An app is new: it is locked until all its instances serve."""
        action = Scale(version.versions, self._hands, version.spec.instances)
        deployment = Deployment(
            {version.spec.id: Ask(version.spec.app.name, version.spec)}, [], [action], begun=True, quiet=True
        )
        self._running.append(deployment)
        self._look(deployment)

    def update(self, spec: RunSpec, *, forced: bool = False) -> None:
        """Want another version of an app."""
        self._ask(spec.id, Ask(spec.app.name, spec, restart=True, forced=forced))

    def scale(self, app: str, instances: int) -> None:
        """Want another number of instances of an app."""
        spec = self._tracker.apps[app].newest.spec
        before = self._asked.get(app) or Ask(spec.app.name, spec)
        if before.spec is not None:
            self._ask(app, before._replace(spec=replace(before.spec, instances=instances)))

    def has(self, app: str) -> bool:
        """Say whether there is an app, with instances or without."""
        return app in self._tracker.apps

    def size(self, app: str) -> int:
        """Return how many instances of an app are wanted; 0 for one that there is not."""
        known = self._tracker.apps.get(app)
        return 0 if known is None else known.newest.spec.instances

    def locked(self, app: str) -> bool:
        """Say whether a change of an app would be refused, because it is being deployed."""
        return not self._force and any(app in one.asked for one in self._running)

    def delete(self, app: str) -> None:
        """Want an app to be gone."""
        self._ask(app, Ask(self._tracker.apps[app].newest.spec.app.name, None))

    def _ask(self, app: str, ask: Ask) -> None:
        """Take note; all that is asked for at this instant becomes one deployment."""
        if not self._asked:
            self._world.agenda.after(0, Order.CONTROLLER, self._deploy)
        self._asked[app] = ask

    def _deploy(self) -> None:
        asks, self._asked = self._asked, {}
        asks = {app: ask for app, ask in asks.items() if app in self._tracker.apps}
        forced = self._force or all(ask.forced for ask in asks.values())
        conflicts = [one for one in self._running if one.asked.keys() & asks.keys()]
        if conflicts and not forced:
            self._note("deployment-refused", asks, "app-locked")
            return
        for one in conflicts:
            self._running.remove(one)
            if not one.quiet:
                self._note("deployment-cancelled", one.asked, "forced")
        changed = [app for app, ask in asks.items() if ask.spec is not None]
        deleted = [app for app, ask in asks.items() if ask.spec is None]
        deployment = Deployment(asks, dependency_ordered_steps(changed, deleted, self._target(asks)))
        self._running.append(deployment)
        self._note("deployment-started", asks)
        self._next_step(deployment)

    def _target(self, asks: Mapping[str, Ask]) -> dict[str, RunSpec]:
        target = {app: known.newest.spec for app, known in self._tracker.apps.items()}
        target |= {app: ask.spec for app, ask in asks.items() if ask.spec is not None}
        return {app: spec for app, spec in target.items() if app not in asks or asks[app].spec is not None}

    # -- what happens to instances ----------------------------------------------------------------------------

    def gone(self, app: str, number: int) -> None:
        """An instance has ended for good."""
        for deployment, action in self._about(app):
            action.gone(number)
            self._look(deployment)

    def settled(self, version: Running) -> None:
        """An instance has become healthy and ready."""
        for deployment, action in self._about(version.spec.id):
            action.settled(version)
            self._look(deployment)

    def replaces(self, version: Running) -> bool:
        """Say whether an instance of a version that ends by itself is not to be started again."""
        return any(
            isinstance(action, Restart) and version is not version.versions.newest
            for _, action in self._about(version.spec.id)
        )

    def _about(self, app: str) -> list[tuple[Deployment, Action]]:
        return [(one, action) for one in self._running for action in one.actions if action.app.id == app]

    # -- steps ------------------------------------------------------------------------------------------------

    def _next_step(self, deployment: Deployment) -> None:
        deployment.begun = False
        deployment.actions = [self._action(app, deployment.asked[app]) for app in deployment.steps.pop(0)]
        for action in deployment.actions:
            action.begin()
        deployment.begun = True
        self._look(deployment)

    def _action(self, app: str, ask: Ask) -> Action:
        known, spec = self._tracker.apps[app], ask.spec
        if spec is None:
            return Stop(known, self._hands)
        if ask.restart and spec.instances:
            self._tracker.create(spec)
            return Restart(known, self._hands)
        known.newest.spec = spec
        return Scale(known, self._hands, spec.instances)

    def _look(self, deployment: Deployment) -> None:
        """Go on once the step is done."""
        if deployment not in self._running or not deployment.begun:
            return
        if not all(action.done for action in deployment.actions):
            return
        for action in deployment.actions:
            if isinstance(action, Stop):
                self._tracker.forget(action.app.id)
        if deployment.steps:
            self._next_step(deployment)
            return
        self._running.remove(deployment)
        if not deployment.quiet:
            self._note("deployment-finished", deployment.asked)

    def _note(self, kind: str, asks: Mapping[str, Ask], reason: str = "") -> None:
        for ask in asks.values():
            self._world.event(kind, ask.name, reason)
