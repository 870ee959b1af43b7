"""Marathon: keeps services running on the offers it gets, and brings them from one version to the next.

An instance that is wanted waits (*scheduled*) until an offer suits. A *resident* instance first has its resources and
volume reserved on one agent, then is launched there, and only there, from then on.

An instance whose agent is unreachable is replaced at once, a resident one is waited for: its data is on that agent.

| A part | is in |
|---|---|
| which instance gets which offer | `marathon_matching.py`, `marathon_constraints.py` |
| when offers are asked for | `marathon_revive.py` |
| reservations | `marathon_residency.py` |
| the books | `marathon_instances.py`, `run_spec.py` |
| changes of apps | `marathon_deployments.py`, `marathon_plan.py`, `marathon_actions.py`, `marathon_upgrade.py` |
| who goes first | `marathon_scaling.py`, `marathon_kill_selection.py`, `marathon_kills.py` |
| instances that do not serve | `marathon_health.py` |
| launches that fail | `marathon_backoff.py` |

Source: mesosphere/marathon core/flow/*Config.scala, docs/docs/persistent-volumes.md.
Left out so far: groups across roles, offered ports, static reservations, task launch time-outs, reconciliation
without an occasion (see `base.py` for that after a change of master), launch tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.base import Framework
from workbench.engines.mesos.frameworks.marathon_actions import Hands, is_settled
from workbench.engines.mesos.frameworks.marathon_checking import Told
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.marathon_deployments import Deployments
from workbench.engines.mesos.frameworks.marathon_health import HealthChecks
from workbench.engines.mesos.frameworks.marathon_instances import InstanceTracker
from workbench.engines.mesos.frameworks.marathon_kills import KillService
from workbench.engines.mesos.frameworks.marathon_matching import OfferMatcher
from workbench.engines.mesos.frameworks.marathon_residency import Reservations
from workbench.engines.mesos.frameworks.marathon_revive import OfferReviver
from workbench.engines.mesos.frameworks.run_spec import Condition, Goal, Instance, Running, RunSpec
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, StatusUpdate, TaskState
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master

FAILURES = (TaskState.FAILED, TaskState.FINISHED, TaskState.DROPPED, TaskState.GONE)
"""Ends that delay the next launch (docs/docs/backoff.md)."""

MAY_COME_BACK = ("agent-disconnected", "agent-replaced", "machine-down")
"""Why a task is lost that Marathon takes for unreachable (MarathonTaskStatusMapping.scala: REASON_SLAVE_*)."""


@parameters("mesos.marathon")
@dataclass(frozen=True)
class MarathonParameters:
    """How Marathon deals with offers."""

    decline_offer_s: float = param(
        120.0, unit="s", low=0, high=600, help="how long Marathon is not offered again what suited none of its apps",
        source="marathon OfferProcessorConfig.scala, --decline_offer_duration", shown_in="first-look",
    )  # fmt: skip
    max_instances_per_offer: int = param(
        5, low=1, high=100, help="how many instances Marathon launches on one offer",
        source="marathon OfferMatcherManagerConfig.scala, --max_instances_per_offer", shown_in="first-look",
    )  # fmt: skip
    revive_offers: bool = param(
        True, help="whether Marathon asks for offers again, its refusals forgotten, as soon as an instance waits",
        source="marathon ReviveOffersConfig.scala, --disable_revive_offers_for_new_apps; on by default since 0.11",
        shown_in="two-minute-no",
    )  # fmt: skip
    min_revive_interval_s: float = param(
        5.0, unit="s", low=0, high=120, help="least time between two requests of Marathon for offers, or for none",
        source="marathon ReviveOffersConfig.scala, --min_revive_offers_interval", shown_in="first-look",
    )  # fmt: skip
    failover_timeout_s: float = param(
        604_800.0, unit="s", low=0, high=604_800, help="how long a Marathon that stopped keeps its running tasks",
        source="marathon MarathonConf.scala, --failover_timeout: a week", shown_in="kill-the-scheduler",
    )  # fmt: skip
    checkpoint: bool = param(
        True, help="whether tasks of Marathon outlive the process of the agent that runs them",
        source="marathon MarathonConf.scala, --checkpoint: true by default; mesos docs/agent-recovery.md",
        shown_in="agent-upgrade",
    )  # fmt: skip
    draining_s: float = param(
        0.0, unit="s", low=0, high=3600, help="how long before announced maintenance Marathon launches nothing there",
        source="marathon docs/maintenance-mode, --draining_seconds: 0 by default", shown_in="announced-maintenance",
    )  # fmt: skip
    minimum_health_capacity: float = param(
        1.0, low=0, high=1, help="share of a service's instances that stay healthy while its version changes",
        source="marathon UpgradeStrategy.scala, minimumHealthCapacity of an app that does not say",
        shown_in="bad-release",
    )  # fmt: skip
    maximum_over_capacity: float = param(
        1.0, low=0, high=1, help="share of a service's instances that there may be more while its version changes",
        source="marathon UpgradeStrategy.scala, maximumOverCapacity of an app that does not say",
        shown_in="bad-release",
    )  # fmt: skip
    force_deployments: bool = param(
        False, help="whether a change of an app that is being deployed is forced, instead of refused",
        source="marathon docs/docs/rest-api, PUT /v2/apps: force is false by default", shown_in="bad-release",
    )  # fmt: skip


class Marathon(Framework):
    """One Marathon, for the services of one role.

    Parameters
    ----------
    places : callable
        Agent -> what constraints see of it.
    healthy, ended : callable
        Told the row of a task that passes its checks; and of one that serves no more, with a reason.
    """

    partition_aware = True

    def __init__(
        self,
        world: World,
        master: Master,
        role: str,
        places: Callable[[str], Place],
        healthy: Callable[[int], None],
        ended: Callable[[int, str], None],
    ) -> None:
        super().__init__(world, master, f"marathon-{role}", role)
        params = world.settings.of(MarathonParameters)
        self.failover_us = to_us(params.failover_timeout_s)
        self.checkpoint = params.checkpoint
        self._draining_us = to_us(params.draining_s)
        self._healthy = healthy
        self._ended = ended
        self._tracker = InstanceTracker(world)
        self._reviver = OfferReviver(
            world.agenda, to_us(params.min_revive_interval_s), self._wanted, self.revive, self.suppress,
            enabled=params.revive_offers,
        )  # fmt: skip
        self._reservations = Reservations(world, role, self._more)
        self._matcher = OfferMatcher(
            self._tracker,
            self._reservations,
            self._launchable,
            places,
            world.streams.stream(f"mesos/marathon/{role}").shuffle,
            self.note_decision,
            most=params.max_instances_per_offer,
            decline_us=to_us(params.decline_offer_s),
            away=self._away,
        )
        self._given_up: set[str] = set()  # agents that a user has given up, with the data there
        self._kills = KillService(world, self._tracker, self.kill, self._gone)
        self._health = HealthChecks(world, Told(self._is_healthy, self._ails, self._unhealthy), self._is_ready)
        hands = Hands(self._kills.kill, self._start, places)
        self.deployments = Deployments(world, self._tracker, hands, force=params.force_deployments)

    @property
    def suppressed(self) -> bool:
        """Whether it has asked for no offers."""
        return not self._reviver.receiving

    # -- apps -----------------------------------------------------------------------------------------------

    def post(self, spec: RunSpec) -> None:
        """A user hands over an app: ``POST /v2/apps``."""
        version = self._tracker.create(spec)
        version.blocked = self._waits_for_others(spec)
        self._start(version, spec.instances)
        self.deployments.created(version)

    def _waits_for_others(self, spec: RunSpec) -> bool:
        return any(
            spec.depends_on(other) and not app.newest.healthy()
            for other, app in self._tracker.apps.items()
            if other != spec.id
        )

    def _unblock(self) -> None:
        for version in self._tracker.versions():
            if version.blocked and not self._waits_for_others(version.spec):
                version.blocked = False
                self._more()

    def _start(self, version: Running, count: int) -> None:
        """Have so many more instances of a version, those first that stopped and kept their reservation."""
        stopped = [known for known in version.versions.instances() if known[1].condition is Condition.STOPPED]
        for before, instance in stopped[:count]:
            if before is not version:
                self._tracker.hand_over(instance, before, version)
                self._reservations.move(instance, version)
            self._tracker.reschedule(version, instance)
        for _ in range(count - len(stopped[:count])):
            self._tracker.add(version)
        if count and not version.blocked:
            self._more()

    # -- offers ---------------------------------------------------------------------------------------------

    def _more(self) -> None:
        self._reviver.changed(more=True)

    def _wanted(self) -> bool:
        return self._reservations.to_free or any(self._launchable(one) for one in self._tracker.versions())

    def _launchable(self, version: Running) -> bool:
        return bool(version.scheduled) and not version.blocked and version.limiter.until_us() <= self.world.now_us

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Launch what waits and fits; decline what suits nobody."""
        answers = self._matcher.answers(offers)
        self._given_up.difference_update(answer.offer.agent for answer in answers if answer.operations)
        for version in self._tracker.versions():
            for instance in version.scheduled.values():
                if instance.label:
                    self.world.not_tried(instance.task, "not-its-reservation")
        self._reviver.changed()
        return answers

    def _away(self, offer: Offer) -> bool:
        """Say whether an agent is under maintenance, or will be too soon."""
        window = offer.unavailability
        return window is not None and self.world.now_us >= window.start_us - self._draining_us

    def launched(self) -> list[int]:
        """Return the tasks it launched and has not heard the end of."""
        return [
            task
            for task, (_, instance) in self._tracker.by_task.items()
            if instance.condition not in (Condition.SCHEDULED, Condition.STOPPED)
        ]

    def ask_again(self) -> None:
        """Ask for offers if something waits for them."""
        self._reviver.changed(more=self._wanted())

    # -- news of tasks --------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """Follow a task's state; see that an instance that ended is replaced, if it is to be."""
        known = self._tracker.by_task.get(update.task)
        if known is None:
            if update.state is TaskState.RUNNING:
                self.kill_unknown(update.task)
            return
        version, instance = known
        if not update.state.terminal:
            self._alive(version, instance, update)
            return
        if update.state is TaskState.LOST and update.reason in MAY_COME_BACK:
            update = replace(update, state=TaskState.UNREACHABLE)  # it may come back, as far as Marathon can tell
            self.ask_later(update.task)
        if update.state is TaskState.UNREACHABLE and instance.condition is Condition.UNREACHABLE:
            return
        self._ended(update.task, update.reason)
        if update.state is TaskState.UNREACHABLE:
            self._unreachable(version, instance)
        elif instance.goal is not Goal.RUNNING or self.deployments.replaces(version):
            self._gone(version, instance)
        else:
            self._relaunch(version, instance, update)

    def _alive(self, version: Running, instance: Instance, update: StatusUpdate) -> None:
        if update.state is not TaskState.RUNNING or instance.condition is Condition.KILLING:
            return
        if instance.condition is not Condition.RUNNING:
            self._tracker.become(instance, Condition.RUNNING)
            if instance.goal is not Goal.RUNNING:  # it was to go while its agent was out of reach
                self._kills.kill(version, instance, instance.goal)
                return
            self._health.running(version, instance)
        if update.healthy:
            self._health.serves(version, instance)

    def _is_healthy(self, version: Running, instance: Instance) -> None:
        """An instance passes its checks: clients may be sent to it, and others may follow it."""
        if not self.connected:
            self.when_up(lambda: self._is_healthy(version, instance))
        elif instance.condition is Condition.RUNNING and not instance.healthy:
            instance.healthy = True
            self._healthy(instance.task)
            self._unblock()
            if is_settled(version, instance):
                self.deployments.settled(version)

    def _is_ready(self, version: Running, instance: Instance) -> None:
        """An instance says that it is ready: a deployment may go on."""
        if not self.connected:
            self.when_up(lambda: self._is_ready(version, instance))
        elif instance.condition is Condition.RUNNING and not instance.ready:
            instance.ready = True
            if is_settled(version, instance):
                self.deployments.settled(version)

    def _ails(self, _: Running, instance: Instance) -> None:
        """An instance has failed a check: clients are sent elsewhere until it passes one again."""
        instance.healthy = False
        self._ended(instance.task, "health-check-failed")

    def _unhealthy(self, version: Running, instance: Instance) -> None:
        """Stop an instance that does not pass its checks, as soon as this process is there to do it."""
        self.world.event("instance-unhealthy", self.world.name_of(instance.task), "health-checks-failed")
        self.when_up(lambda: self._kills.restart(version, instance))

    def _unreachable(self, version: Running, instance: Instance) -> None:
        self._tracker.become(instance, Condition.UNREACHABLE)
        instance.healthy = instance.ready = False
        wait_us = version.spec.inactive_after_us
        if version.spec.resident and instance.agent in self._given_up:
            self._wipe(version, instance)
        elif wait_us is None:
            self.world.event("instance-waits", self.world.name_of(instance.task), "resident-waits")
        elif wait_us == 0 or instance.goal is not Goal.RUNNING:
            self._replace(version, instance)
        else:
            self.world.agenda.after(wait_us, Order.CONTROLLER, self._inactive, version, instance, instance.task)

    def _inactive(self, version: Running, instance: Instance, task: int) -> None:
        if not self.connected:
            self.when_up(lambda: self._inactive(version, instance, task))
        elif instance.task == task and instance.condition is Condition.UNREACHABLE:
            self._replace(version, instance)

    def _relaunch(self, version: Running, instance: Instance, update: StatusUpdate) -> None:
        if update.state in FAILURES:
            self._delay(version)
        if self.world.node_of(update.task) < 0:  # the offer was taken back before the launch: the task still waits
            self.world.attempted(update.task, update.reason)
            self._tracker.schedule(version, instance)
            self._more()
        elif version.spec.resident and instance.agent in self._given_up:
            self._wipe(version, instance)
        elif version.spec.resident:
            del self._tracker.by_task[instance.task]
            self._tracker.reschedule(version, instance)
            self._more()
        else:
            self._replace(version, instance)

    def _replace(self, version: Running, instance: Instance) -> None:
        """Forget an instance, and want another one unless it was to go anyway."""
        if instance.goal is not Goal.RUNNING or self.deployments.replaces(version):
            self._gone(version, instance)
            return
        self.world.give_up(instance.task)
        self._reservations.forget(instance)
        self._start(version, 1)  # before the other goes: an older version is forgotten with its last instance
        self._tracker.expunge(version, instance)

    def wipe(self, agent: str) -> None:
        """A user gives up what waits for an agent, its data included: ``DELETE /v2/apps/{id}/tasks?wipe=true``.

        An instance whose loss is not known yet goes once it is.
        """
        self._given_up.add(agent)
        for version, instance in list(self._tracker.by_task.values()):
            waits = instance.condition in (Condition.UNREACHABLE, Condition.SCHEDULED)
            if version.spec.resident and instance.agent == agent and waits:
                self._wipe(version, instance)

    def _wipe(self, version: Running, instance: Instance) -> None:
        """Forget an instance with its reservation; another one takes its place, unless it was to go anyway."""
        self.world.event("instance-wiped", self.world.name_of(instance.task), "given-up-by-user", instance.agent)
        if instance.goal is not Goal.RUNNING:
            self._gone(version, instance)
            return
        slot = self.world.slot_of(instance.task)
        self._wait_no_more(instance)
        self._reservations.forget(instance)
        self._tracker.add(version, slot)
        self._tracker.expunge(version, instance)
        self._more()

    def reservation_lost(self, label: str) -> None:
        """An instance whose reservation is none waits for any offer again."""
        known = self._reservations.lost(label)
        if known is not None:
            self.world.event("reservation-lost", self.world.name_of(known[1].task), "reserve-lost")

    def _gone(self, version: Running, instance: Instance) -> None:
        """An instance has ended and will not come again; a stopped one keeps its place."""
        self._wait_no_more(instance)
        if version.spec.resident and instance.goal is not Goal.DECOMMISSIONED:
            self._tracker.stopped(version, instance)
        else:
            self._reservations.free(instance)
            self._tracker.expunge(version, instance)
        if self._reservations.to_free:
            self._more()
        self.deployments.gone(version.spec.id, instance.number)
        self._reviver.changed()

    def _wait_no_more(self, instance: Instance) -> None:
        """Take back a task that was never placed."""
        if self.world.node_of(instance.task) < 0:
            self.world.stop(instance.task, "killed")

    def _delay(self, version: Running) -> None:
        until = version.limiter.add_delay(self.world.now_us)
        self.world.agenda.at(until, Order.CONTROLLER, self.ask_again)
