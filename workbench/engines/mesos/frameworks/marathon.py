"""Marathon: keeps services running on the offers it gets.

An instance that is wanted waits (*scheduled*) until an offer suits. Each offer is shown to the waiting apps in random
order, one instance at a time and at most `max_instances_per_offer` in all; what remains is given back without a
filter. An offer that suits nobody is declined for `decline_offer_s`. A *resident* instance first has its resources
and volume reserved on one agent, then is launched there, and only there, from then on.

An instance whose agent is unreachable is replaced at once, a resident one is waited for: its data is on that agent.

Source: mesosphere/marathon core/matcher/manager/impl/OfferMatcherManagerActor.scala, core/launcher/impl,
core/flow/*Config.scala, docs/docs/persistent-volumes.md.
Left out so far: deployments and upgrades, scaling and killing, groups across roles, health checks that fail or poll,
offered ports, static reservations, task launch time-outs, periodic reconciliation, launch tokens.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.base import Framework, count_reasons
from workbench.engines.mesos.frameworks.marathon_backoff import RateLimiter
from workbench.engines.mesos.frameworks.marathon_constraints import Place, unmet
from workbench.engines.mesos.frameworks.marathon_revive import OfferReviver
from workbench.engines.mesos.frameworks.run_spec import Condition, Instance, Rest, Running, RunSpec
from workbench.engines.mesos.kinds import reserved_kind, volume_kind
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, Convert, Launch, Operation, StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import DISK

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master

RESERVATION_TIMEOUT_US = 20 * SECOND_US
"""A reservation that did not lead to a launch for so long is given up (--reservation_timeout)."""

Verdicts = tuple[int, Counter[str]]
"""How many offers would do, and how many each reason rules out."""

NO_CHOICE: Verdicts = (1, Counter())

FAILURES = (TaskState.FAILED, TaskState.FINISHED, TaskState.DROPPED, TaskState.GONE)
"""Ends that delay the next launch (docs/docs/backoff.md)."""


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
    min_revive_interval_s: float = param(
        5.0, unit="s", low=0, high=120, help="least time between two requests of Marathon for offers, or for none",
        source="marathon ReviveOffersConfig.scala, --min_revive_offers_interval", shown_in="first-look",
    )  # fmt: skip
    failover_timeout_s: float = param(
        604_800.0, unit="s", low=0, high=604_800, help="how long a Marathon that stopped keeps its running tasks",
        source="marathon MarathonConf.scala, --failover_timeout: a week", shown_in="kill-the-scheduler",
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
        self._decline_us = to_us(params.decline_offer_s)
        self.failover_us = to_us(params.failover_timeout_s)
        self._most = params.max_instances_per_offer
        self._places = places
        self._healthy = healthy
        self._ended = ended
        self._shuffle = world.streams.stream(f"mesos/marathon/{role}").shuffle
        self._apps: dict[str, Running] = {}
        self._by_task: dict[int, tuple[Running, Instance]] = {}
        self._by_label: dict[str, tuple[Running, Instance]] = {}
        self._reviver = OfferReviver(
            world.agenda, to_us(params.min_revive_interval_s), self._wanted, self.revive, self.suppress
        )

    # -- apps and instances ---------------------------------------------------------------------------------

    def post(self, spec: RunSpec) -> None:
        """A user hands over an app: ``POST /v2/apps``."""
        app = self._apps[spec.id] = Running(spec, RateLimiter(spec.backoff))
        app.blocked = self._waits_for_others(spec)
        for _ in range(spec.instances):
            self._add_instance(app)

    def _waits_for_others(self, spec: RunSpec) -> bool:
        return any(spec.depends_on(other) and not app.healthy() for other, app in self._apps.items())

    def _add_instance(self, app: Running, slot: int | None = None) -> None:
        """Want one more instance; a resident one in the place of one that was given up, if there is one."""
        number = app.numbered
        app.numbered += 1
        if app.spec.resident and slot is None:
            slot = number
        name, request = f"{app.spec.app.name}.{number}", dict(app.spec.request.plain)
        task = self.world.new_task(app.spec.app, name, request, slot=slot)
        instance = Instance(number, task)
        app.instances[number] = instance
        self._schedule(app, instance)

    def _new_task(self, app: Running, instance: Instance) -> None:
        """Give a resident instance its next task, in the same place."""
        name = f"{app.spec.app.name}.{instance.number}.{instance.tasks}"
        slot = self.world.slot_of(instance.task)
        instance.tasks += 1
        instance.task = self.world.new_task(app.spec.app, name, dict(app.spec.request.plain), slot=slot)

    def _schedule(self, app: Running, instance: Instance) -> None:
        instance.condition = Condition.SCHEDULED
        instance.healthy = False
        app.scheduled[instance.number] = instance
        self._by_task[instance.task] = (app, instance)
        if not app.blocked:
            self._reviver.changed(more=True)

    def _wanted(self) -> bool:
        return any(self._launchable(app) for app in self._apps.values())

    def _launchable(self, app: Running) -> bool:
        return bool(app.scheduled) and not app.blocked and app.limiter.until_us() <= self.world.now_us

    # -- offers ---------------------------------------------------------------------------------------------

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Launch what waits and fits; decline what suits nobody."""
        apps = [app for app in self._apps.values() if self._launchable(app)]
        seen = {app.spec.id: self._verdicts(app, offers) for app in apps}
        answers = []
        rests = []
        for offer in offers:
            rest = Rest(offer)
            self._on_reservations(rest, seen)
            self._on_the_rest(apps, rest, seen)
            answers.append(Answer(offer, rest.operations, 0 if rest.operations else self._decline_us))
            rests.append(rest)
        for app in apps:
            self._note_waiting(app, rests)
        self._reviver.changed()
        return answers

    def _verdicts(self, app: Running, offers: Sequence[Offer]) -> Verdicts:
        """Return how many of the offers would do for an instance of the app, and what rules out how many."""
        placed = self._placed(app)
        return count_reasons([self._why_not(app, Rest(offer), placed) for offer in offers])

    def _placed(self, app: Running) -> list[Place]:
        return [self._places(agent) for agent in app.agents()] if app.spec.constraints else []

    def _why_not(self, app: Running, rest: Rest, placed: Sequence[Place]) -> str:
        spec = app.spec
        if not rest.fits(spec.request.plain):
            return "offer/too-small"
        if not spec.constraints:
            return ""
        operator = unmet(spec.constraints, self._places(rest.offer.agent), placed, spec.instances)
        return f"constraint/{operator}" if operator else ""

    def _on_reservations(self, rest: Rest, seen: Mapping[str, Verdicts]) -> None:
        """Launch resident instances whose reservations are offered; free reservations that nobody knows."""
        for label in dict.fromkeys(kind.label for kind in rest.resources.special if kind.label):
            bundle = _labelled(rest.resources, label)
            if label not in self._by_label:
                rest.take(bundle, Convert(bundle, Resources(bundle.quantities())))
                continue
            app, instance = self._by_label[label]
            if instance.number in app.scheduled and self._launchable(app):
                rest.take(bundle, self._launch(app, instance, rest.offer.agent, bundle, seen))

    def _on_the_rest(self, apps: Sequence[Running], rest: Rest, seen: Mapping[str, Verdicts]) -> None:
        """Show the rest of an offer to the waiting apps in turn, one instance at a time."""
        waiting = [app for app in apps if app.scheduled]
        if len(waiting) > 1:
            self._shuffle(waiting)
        queue = deque(waiting)
        while queue and rest.matched < self._most:
            app = queue.popleft()
            instance = _unreserved(app)
            if instance is not None and not self._why_not(app, rest, self._placed(app)):
                rest.take(app.spec.request, *self._match(app, instance, rest.offer, seen))
                queue.append(app)

    def _match(
        self, app: Running, instance: Instance, offer: Offer, seen: Mapping[str, Verdicts]
    ) -> Sequence[Operation]:
        if app.spec.resident:
            return self._reserve(app, instance, offer)
        return (self._launch(app, instance, offer.agent, app.spec.request, seen),)

    def _launch(
        self, app: Running, instance: Instance, agent: str, resources: Resources, seen: Mapping[str, Verdicts]
    ) -> Launch:
        del app.scheduled[instance.number]
        instance.condition = Condition.STAGED
        instance.agent = agent
        # bound to its reservation, no other offer would do; elsewhere the counts are those before the first launch
        feasible, rejected = NO_CHOICE if instance.label else seen[app.spec.id]
        self.note_decision(instance.task, agent, max(1, feasible), rejected)
        return Launch(instance.task, resources, self._volume(app, instance))

    def _volume(self, app: Running, instance: Instance) -> str:
        if app.spec.app.volume is None:
            return ""
        # a volume outlives its tasks: external ones go with the place, those on an agent with the instance
        place = instance.number if app.spec.resident else self.world.slot_of(instance.task)
        return f"{app.spec.app.name}-{place}"

    def _note_waiting(self, app: Running, rests: Sequence[Rest]) -> None:
        """Write down why the first instance that still waits got none of these offers."""
        waiting = _unreserved(app)
        if waiting is not None:
            placed = self._placed(app)
            reasons = [self._why_not(app, rest, placed) or "offer/instances-per-offer" for rest in rests]
            self.note_decision(waiting.task, "", 0, Counter(reasons))

    # -- resident instances ---------------------------------------------------------------------------------

    def _reserve(self, app: Running, instance: Instance, offer: Offer) -> list[Operation]:
        """RESERVE what the instance needs and CREATE its volume; the launch follows on a later offer of these."""
        label = f"{app.spec.id}.{instance.number}/{instance.tasks}"
        instance.label, instance.agent = label, offer.agent
        self._by_label[label] = (app, instance)
        plain = app.spec.request.plain
        reserved = Resources(special={reserved_kind(name, self.role, label): amount for name, amount in plain.items()})
        operations: list[Operation] = [Convert(Resources(plain), reserved)]
        if app.spec.disk:
            disk = reserved_kind(DISK, self.role, label)
            volume = volume_kind(disk, self._volume(app, instance), app.spec.disk)
            consumed, made = Resources(special={disk: app.spec.disk}), Resources(special={volume: 1})
            operations.append(Convert(consumed, made))
        late = self._reservation_timed_out
        self.world.agenda.after(RESERVATION_TIMEOUT_US, Order.CONTROLLER, late, instance, label, instance.task)
        return operations

    def _reservation_timed_out(self, instance: Instance, label: str, task: int) -> None:
        """Forget a reservation that was never offered back: its message was lost with the machine."""
        if instance.label == label and instance.task == task and instance.condition is Condition.SCHEDULED:
            del self._by_label[label]
            instance.label = instance.agent = ""
            self._reviver.changed(more=True)

    def launched(self) -> list[int]:
        """Return the tasks it launched and has not heard the end of."""
        known = (Condition.STAGED, Condition.RUNNING, Condition.UNREACHABLE)
        return [task for task, (_, instance) in self._by_task.items() if instance.condition in known]

    def ask_again(self) -> None:
        """Ask for offers if something waits for them."""
        self._reviver.changed(more=self._wanted())

    # -- news of tasks --------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """Follow a task's state; see that an instance that ended is replaced."""
        known = self._by_task.get(update.task)
        if known is None:
            return
        app, instance = known
        if not update.state.terminal:
            if update.state is TaskState.RUNNING:
                self._running(instance, update)
            return
        if update.state is TaskState.UNREACHABLE and instance.condition is Condition.UNREACHABLE:
            return
        self._ended(update.task, update.reason)
        if update.state is TaskState.UNREACHABLE:
            self._unreachable(app, instance)
        else:
            self._relaunch(app, instance, update)

    def _running(self, instance: Instance, update: StatusUpdate) -> None:
        instance.condition = Condition.RUNNING
        if update.healthy and not instance.healthy:
            instance.healthy = True
            self._healthy(instance.task)
            self._unblock()

    def _unblock(self) -> None:
        for app in self._apps.values():
            if app.blocked and not self._waits_for_others(app.spec):
                app.blocked = False
                self._reviver.changed(more=True)

    def _unreachable(self, app: Running, instance: Instance) -> None:
        instance.condition = Condition.UNREACHABLE
        instance.healthy = False
        wait_us = app.spec.inactive_after_us
        if wait_us is None:
            self.world.event("instance-waits", self.world.name_of(instance.task), "resident-waits")
        elif wait_us == 0:
            self._replace(app, instance)
        else:
            self.world.agenda.after(wait_us, Order.CONTROLLER, self._inactive, app, instance, instance.task)

    def _inactive(self, app: Running, instance: Instance, task: int) -> None:
        if not self.connected:
            self.when_up(lambda: self._inactive(app, instance, task))
        elif instance.task == task and instance.condition is Condition.UNREACHABLE:
            self._replace(app, instance)

    def _relaunch(self, app: Running, instance: Instance, update: StatusUpdate) -> None:
        if update.state in FAILURES:
            self._delay(app)
        if self.world.node_of(update.task) < 0:  # the offer was taken back before the launch: the task still waits
            self.world.attempted(update.task, update.reason)
            self._schedule(app, instance)
        elif app.spec.resident:
            del self._by_task[instance.task]
            self._new_task(app, instance)
            self._schedule(app, instance)
        else:
            self._replace(app, instance)

    def _replace(self, app: Running, instance: Instance) -> None:
        """Forget an instance and want another one."""
        del self._by_task[instance.task], app.instances[instance.number]
        app.scheduled.pop(instance.number, None)
        self._by_label.pop(instance.label, None)
        self._add_instance(app, self.world.slot_of(instance.task) if app.spec.resident else None)

    def wipe(self, agent: str) -> None:
        """A user gives up what waits for an agent, data included: ``DELETE /v2/apps/{id}/tasks?wipe=true``."""
        for app, instance in list(self._by_task.values()):
            waits = instance.condition in (Condition.UNREACHABLE, Condition.SCHEDULED)
            if app.spec.resident and instance.agent == agent and waits:
                self.world.event("instance-wiped", self.world.name_of(instance.task), "operator", agent)
                self._replace(app, instance)

    def _delay(self, app: Running) -> None:
        until = app.limiter.add_delay(self.world.now_us)
        self.world.agenda.at(until, Order.CONTROLLER, self._delay_over)

    def _delay_over(self) -> None:
        self._reviver.changed(more=self._wanted())


def _unreserved(app: Running) -> Instance | None:
    """Return the first instance that waits for any offer, not for the one with its reservation."""
    return next((one for one in app.scheduled.values() if not one.label), None)


def _labelled(resources: Resources, label: str) -> Resources:
    return resources.filtered(lambda kind: kind.label == label)
