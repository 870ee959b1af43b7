"""The Kafka framework: brokers that keep to their host for as long as that is worth while.

Nothing is reserved. A broker's log lies in a folder of its host, outside what agents account for; it is found there by
whichever task of that broker next runs on that host, and by no other. So a broker that stops waits for its host, for
the *stickiness period*; then it goes wherever there is room, and begins there with nothing: the others send it what it
lacks. Failures in a row make it wait, longer each time; a limit to them (`Failover.most`) is there only if asked for.

One broker an offer. An offer that suits no broker now is refused until it may (the rest of a stickiness period or of a
delay), one that will never do for an hour; without brokers that wait it asks for no offers.

Kubernetes' counterpart is a StatefulSet: its local volume never lets go of its machine, its network volume lets go of
it after a delay, but takes the data along; neither has a time after which empty is better than absent.

Source: mesos/kafka src/scala/ly/stealth/mesos/kafka: Broker.scala, mesos/OfferManager.scala (neverMatch,
eventuallyMatch, pauseOrResumeOffers), BrokerLifecycleManager.scala.
Left out: the jitter of refusals, topics and their rebalancing, ports, volumes reserved beforehand, the time that a stop
may take before it is forced. That offers are asked for again when a wait is over is an assumption.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.kafka_broker import Broker, Failover, Stickiness
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.service import Member, ServiceFramework, ServiceSpec, Verdict
from workbench.engines.mesos.offers import DEFAULT_REFUSE_US, Offer
from workbench.engines.mesos.operations import Answer, Launch
from workbench.engines.world import World
from workbench.model.clock import SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master

NEVER_MATCH_US = 3600 * SECOND_US
"""An offer that will not do is refused for so long (OfferManager.scala, neverMatch and NoWork)."""

FAILOVER_TIMEOUT_US = 30 * 24 * 3600 * SECOND_US
"""Brokers outlive the scheduler for so long (README, --framework-timeout: 30d)."""


@parameters("mesos.kafka")
@dataclass(frozen=True)
class KafkaParameters:
    """How long the Kafka framework waits, and for what."""

    stickiness_s: float = param(
        600.0, unit="s", low=0, high=86_400, help="how long a broker that stopped is started on its last host only",
        source="mesos/kafka Broker.scala, Stickiness: 10m", shown_in="wait-or-copy",
    )  # fmt: skip
    failover_delay_s: float = param(
        60.0, unit="s", low=0, high=3600, help="how long a broker waits after its first failure; doubled with each",
        source="mesos/kafka Broker.scala, Failover: 1m", shown_in="wait-or-copy",
    )  # fmt: skip
    failover_max_delay_s: float = param(
        600.0, unit="s", low=0, high=3600, help="longest wait of a broker after failures in a row",
        source="mesos/kafka Broker.scala, Failover: 10m", shown_in="wait-or-copy",
    )  # fmt: skip


class KafkaFramework(ServiceFramework):
    """The scheduler of one Kafka cluster."""

    def __init__(
        self,
        world: World,
        master: Master,
        app: App,
        places: Callable[[str], Place],
        healthy: Callable[[int], None],
        ended: Callable[[int, str], None],
    ) -> None:
        super().__init__(world, master, "kafka", app, places, healthy, ended)
        self._params = world.settings.of(KafkaParameters)
        self.failover_us = FAILOVER_TIMEOUT_US
        self.checkpoint = True
        self._brokers: dict[int, Broker] = {}
        self._given_up: set[str] = set()
        self._to_restart: deque[int] = deque()
        self._restarting: tuple[int, int] | None = None  # the broker that is being restarted, its task before that
        self._uninstalled = False

    # -- what a user asks -------------------------------------------------------------------------------------

    def install(self, spec: ServiceSpec) -> None:
        """Add and start all brokers."""
        self.scale(spec)

    def scale(self, spec: ServiceSpec) -> None:
        """Add further brokers, or stop and remove the last ones; one that is on its way out comes back once it is."""
        self._spec = spec
        for number in range(spec.app.replicas):
            if number not in self._members:
                self._add(spec, number)
        for number in [one for one in self._members if one >= spec.app.replicas and self._brokers[one].active]:
            self._remove(self._members[number])
        self._reviver.changed(more=self._wanted())

    def update(self, spec: ServiceSpec) -> None:
        """Restart the brokers with a new version, one after another; those that wait now start with it anyway."""
        self._spec = spec
        self._to_restart = deque(sorted(self._members))
        if self._restarting is None:
            self._restart_next()

    def uninstall(self) -> None:
        """Stop and remove all brokers."""
        self._uninstalled = True
        for member in list(self._members.values()):
            self._remove(member)

    def replace_on(self, agent: str) -> None:
        """An operator lets the brokers of a host go elsewhere: those that have failed at once, others once they do."""
        self._given_up.add(agent)
        for member in self._members.values():
            if not member.placed:
                self._let_go(member)
        self._reviver.changed(more=self._wanted())

    def _add(self, spec: ServiceSpec, number: int) -> None:
        self._new_member(spec, number)
        params = self._params
        delays = to_us(params.failover_delay_s), to_us(params.failover_max_delay_s)
        self._brokers[number] = Broker(Stickiness(to_us(params.stickiness_s)), Failover(*delays))

    def _let_go(self, member: Member) -> None:
        """Forget where a broker was, and its failures, if somebody has given up its host."""
        broker = self._brokers[member.number]
        if broker.stickiness.host in self._given_up:
            why, host = "given-up-by-user", broker.stickiness.host
            self.world.event("broker-moves", self.world.name_of(member.task), why, host)
            broker.stickiness.host = ""
            broker.failover.reset()

    def _remove(self, member: Member) -> None:
        self._brokers[member.number].active = False
        if member.placed:
            self._stop(member, None, replaced=False)
        else:
            self._forget_broker(member)

    def _forget_broker(self, member: Member) -> None:
        self._forget(member)
        del self._brokers[member.number]
        if self._restarting is not None and self._restarting[0] == member.number:
            self._restart_next()
        if not self._uninstalled and member.number < self._known.app.replicas:  # it is wanted again meanwhile
            self._add(self._known, member.number)
        self._reviver.changed(more=self._wanted())

    def _restart_next(self) -> None:
        """Restart the next broker that runs the version before; it has to serve again before another is."""
        self._restarting = None
        while self._to_restart:
            member = self._members.get(self._to_restart.popleft())
            if member is None or not member.placed or not self._brokers[member.number].active:
                continue
            if not self._current(member):
                self._restarting = member.number, member.task
                self._stop(member, None, replaced=True)
                return

    def _current(self, member: Member) -> bool:
        """Say whether the task of a broker is of the present version."""
        return self.world.app_of(member.task).version == self._known.app.version

    # -- offers -----------------------------------------------------------------------------------------------

    def _counts(self, member: Member) -> bool:
        return member.placed

    def _to_start(self) -> list[Member]:
        return [one for number, one in self._members.items() if not one.placed and self._brokers[number].active]

    def _wanted(self) -> bool:
        now_us = self.world.now_us
        return any(self._brokers[one.number].failover.until_us <= now_us for one in self._to_start())

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Give each broker that may start one offer; refuse the others for as long as they will not do."""
        launches: dict[int, Launch] = {}
        waiting = self._to_start()
        for member in waiting:
            if not self._current(member):
                self.world.stop(member.task, "killed")
                self._next_task(self._known, member)
            rest = [offer for offer in offers if offer.number not in launches]
            chosen, verdict = self._choose(member, rest, partial(self._why, member))
            if chosen is not None:
                launches[chosen.number] = self._launch(member, chosen, verdict)
        answers = []
        for offer in offers:
            if offer.number in launches:
                answers.append(Answer(offer, (launches[offer.number],), DEFAULT_REFUSE_US))
            else:
                waits = [self._verdict(member, offer)[1] for member in waiting if not member.placed]
                answers.append(Answer(offer, (), max(waits, default=NEVER_MATCH_US)))
        self._reviver.changed()
        return answers

    def _why(self, member: Member, offer: Offer) -> str:
        return self._verdict(member, offer)[0]

    def _verdict(self, member: Member, offer: Offer) -> tuple[str, int]:
        """Return why a broker does not go onto an offer, empty if it does, and for how long that holds."""
        reason = self._why_not(self._known, member, offer.agent, offer.resources.plain)
        if reason:
            return reason, NEVER_MATCH_US
        why, left_us = self._brokers[member.number].why_not(offer.agent, self.world.now_us)
        return (f"offer/{why}", left_us) if why else ("", DEFAULT_REFUSE_US)

    def _launch(self, member: Member, offer: Offer, verdict: Verdict) -> Launch:
        self._launching(member, offer.agent, verdict)
        self._given_up.discard(offer.agent)
        app = self._known.app
        log = f"{app.name}-{member.number}@{offer.agent}" if app.volume is not None else ""
        return Launch(member.task, self._known.request, log)

    # -- news of brokers --------------------------------------------------------------------------------------

    def _runs(self, member: Member) -> None:
        if not member.running:
            self._brokers[member.number].started(member.agent)
        super()._runs(member)

    def _serves(self, member: Member) -> None:
        if self._restarting is not None:
            number, before = self._restarting
            if member.number == number and member.task != before:
                self._restart_next()
        self._reviver.changed()

    def _dropped(self, member: Member) -> None:
        """Nothing was promised to it: it waits again, or goes if it was to."""
        if not self._brokers[member.number].active:
            self._forget_broker(member)
        self._reviver.changed(more=self._wanted())

    def _stopped(self, member: Member, *, failed: bool) -> None:
        broker, now_us = self._brokers[member.number], self.world.now_us
        if not broker.active:
            self._forget_broker(member)
            return
        broker.stopped(now_us, failed=failed)
        self._next_task(self._known, member)
        if not broker.active:
            self.world.event(
                "broker-given-up", self.world.name_of(member.task), "max-tries", str(broker.failover.failures)
            )
            self.world.not_tried(member.task, "max-tries")
            return
        self._let_go(member)
        if broker.failover.until_us > now_us:
            self._ask_at(broker.failover.until_us)
        if broker.stickiness.left_us(now_us):
            self.world.event("broker-waits", self.world.name_of(member.task), "sticks-to-host", broker.stickiness.host)
            self._ask_at(now_us + broker.stickiness.left_us(now_us))
        self._reviver.changed(more=self._wanted())

    def _ask_at(self, at_us: int) -> None:
        """Ask for all offers again when a wait is over."""
        if at_us < self.world.scenario.horizon_us:
            self.world.agenda.at(at_us, Order.CONTROLLER, self.ask_again)
