"""A service built with dcos-commons (Cassandra, HDFS, Elastic): a scheduler of its own that keeps data where it is.

A pod's resources are reserved, its volume is made and its task launched in one answer to one offer. From then on this
*footprint* is the pod's, whether its task runs or not: nobody else is offered it, and the pod goes nowhere else. The
deploy plan starts pods in turn, each after the one before serves; pods that fail later are recovered at once, without
regard to turns. A pod whose agent is lost waits for it, until an operator replaces it or a policy says so.

One pod an offer. What suited nobody is refused for two weeks: the scheduler asks for all offers again (revive) whenever
there is new work, and for none (suppress) while there is none.

Kubernetes' counterpart is a StatefulSet with local volumes and `podManagementPolicy`, and an operator for the rest;
what neither carries over to the other is in `engines/counterparts.py`.

Source: mesosphere/dcos-commons docs/pages/plans.md, developer-guide.md; sdk/scheduler: OfferProcessor.java (decline),
OfferAccepter.java, ReviveManager.java, FrameworkRunner.java (failover timeout of two weeks, not partition-aware).
Left out: several tasks in a pod, resource sets, back-off of launches (off by default), a role of the service's own. A
pod whose reservation was lost on its way, with the agent, waits until it is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.footprint import bundle, labelled, labels, reserve
from workbench.engines.mesos.frameworks.marathon_constraints import Place
from workbench.engines.mesos.frameworks.sdk_footprints import Footprint, Footprints
from workbench.engines.mesos.frameworks.sdk_plan import Aim, Plans, Status, Step, Strategy
from workbench.engines.mesos.frameworks.sdk_recovery import ReplacementPolicy, next_look_us, recovery_of
from workbench.engines.mesos.frameworks.service import FREED_US, Member, ServiceFramework, ServiceSpec
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, Convert, Launch, Operation
from workbench.engines.world import World
from workbench.model.clock import NEVER, SECOND_US, to_us
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master

LONG_DECLINE_US = 14 * 24 * 3600 * SECOND_US
"""What suited nobody is refused for so long (Constants.java, LONG_DECLINE_SECONDS)."""

FAILOVER_TIMEOUT_US = LONG_DECLINE_US
"""Its pods outlive the scheduler for so long (FrameworkRunner.java, TWO_WEEK_SEC)."""

REPLACE_APART_US = 600 * SECOND_US
"""Least time between two replacements by policy (ReplacementFailurePolicy.java, 10 min)."""

KILL_GRACE_US = 0
"""How long a pod may take to stop (yaml-reference, kill-grace-period: 0 unless the service says otherwise)."""


@parameters("mesos.sdk")
@dataclass(frozen=True)
class SdkParameters:
    """How a service built with dcos-commons treats its pods."""

    replace_failed: bool = param(
        False, help="whether a pod of a dcos-commons service is replaced elsewhere once it has failed for long",
        source="dcos-commons ReplacementFailurePolicy: none unless the service has one", shown_in="wait-or-copy",
    )  # fmt: skip
    permanent_failure_s: float = param(
        1200.0, unit="s", low=0, high=86_400,
        help="after so long a failure a pod is replaced, where that is switched on",
        source="dcos-commons ReplacementFailurePolicy.java: 20 min", shown_in="wait-or-copy",
    )  # fmt: skip


class SdkService(ServiceFramework):
    """The scheduler of one service."""

    def __init__(
        self,
        world: World,
        master: Master,
        app: App,
        places: Callable[[str], Place],
        healthy: Callable[[int], None],
        ended: Callable[[int, str], None],
    ) -> None:
        super().__init__(world, master, "sdk", app, places, healthy, ended)
        params = world.settings.of(SdkParameters)
        self.failover_us = FAILOVER_TIMEOUT_US
        self.checkpoint = True
        self._policy = (
            ReplacementPolicy(to_us(params.permanent_failure_s), REPLACE_APART_US) if params.replace_failed else None
        )
        self._plans = Plans()
        self._footprints = Footprints()
        self._given_up: set[str] = set()
        self._replaced_us = NEVER
        self._uninstalled = False

    # -- what a user asks -------------------------------------------------------------------------------------

    def install(self, spec: ServiceSpec) -> None:
        """Deploy the service: all its pods, in turn or together."""
        self._spec = spec
        for number in range(spec.app.replicas):
            self._add(spec, number)
        self._deploy(range(spec.app.replicas), Aim.DEPLOY)

    def scale(self, spec: ServiceSpec) -> None:
        """Deploy further pods, or decommission the last ones, one after another."""
        self._spec = spec
        new = [number for number in range(spec.app.replicas) if number not in self._members]
        for number in new:
            self._add(spec, number)
        if new:
            self._deploy(new, Aim.DEPLOY)
        self._plans.keep(spec.app.replicas)
        leaving = sorted((number for number in self._members if number >= spec.app.replicas), reverse=True)
        if leaving:
            self._decommission(leaving)
        self._work()

    def update(self, spec: ServiceSpec) -> None:
        """Restart the pods with a new version, in the order of the deploy plan, each on its footprint."""
        self._spec = spec
        self._deploy([pod for pod in sorted(self._members) if not self._plans.leaving(pod)], Aim.UPDATE)

    def uninstall(self) -> None:
        """Decommission all pods at once."""
        self._uninstalled = True
        self._plans = Plans()
        self._decommission(sorted(self._members, reverse=True), "parallel")

    def _add(self, spec: ServiceSpec, number: int) -> None:
        self._new_member(spec, number)
        self._footprints.begin(number)

    def _deploy(self, pods: Sequence[int], aim: Aim) -> None:
        app = self._known.app
        shape = app.replication.shape if app.replication is not None else None
        self._plans.add_deployment(shape, pods, strategy_of(app), aim)
        self._work()

    def _decommission(self, pods: Sequence[int], strategy: Strategy = "serial") -> None:
        self._plans.add_decommission(pods, strategy)
        self._work()

    def replace_on(self, agent: str) -> None:
        """An operator runs `pod replace` for each pod of an agent; of one that may still run, once it does not."""
        self._given_up.add(agent)
        for number, _ in list(self._footprints.items()):
            if self._members[number].agent == agent:
                self._replace(number)

    # -- plans ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        """Begin the steps that need no offer; ask for offers for the others, or for none."""
        for step in self._plans.due():
            if step.status is not Status.PENDING:  # begun while another was: one that is nowhere goes at once
                continue
            if step.aim is Aim.UPDATE and self._members[step.pod].placed:
                step.status = Status.STARTING
                self._stop(self._members[step.pod], KILL_GRACE_US, replaced=True)
            elif step.aim is Aim.DECOMMISSION:
                step.status = Status.STARTING
                self._decommissioning(self._members[step.pod])
        self._reviver.changed(more=self._wanted())

    def _pending(self) -> list[Step]:
        """Return the steps that wait for an offer."""
        return [
            step
            for step in self._plans.due()
            if step.aim is not Aim.DECOMMISSION and not self._members[step.pod].placed
        ]

    def _wanted(self) -> bool:
        return bool(self._footprints.any_left or self._pending())

    def _decommissioning(self, member: Member) -> None:
        if member.placed:
            self._stop(member, KILL_GRACE_US, replaced=False)
        else:
            self._gone(member)

    def _gone(self, member: Member) -> None:
        """A pod is decommissioned: what it has reserved is given back when it is next offered."""
        self._footprints.end(member.number)
        self._forget(member)
        self._plans.complete(member.number)
        if not self._uninstalled and member.number < self._known.app.replicas:  # it is wanted again meanwhile
            self._add(self._known, member.number)
            self._deploy([member.number], Aim.DEPLOY)
        self._work()

    # -- offers -----------------------------------------------------------------------------------------------

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Give each step that waits one offer; give back reservations that nobody knows."""
        used: dict[int, list[Operation]] = {}
        for step in self._pending():
            rest = [offer for offer in offers if offer.number not in used]
            offer, operations = self._place(step, rest)
            if offer is not None:
                step.status = Status.STARTING
                used[offer.number] = operations
        known = self._footprints.known()
        answers = []
        for offer in offers:
            operations = [*used.get(offer.number, ()), *self._footprints.give_back(offer.resources, known)]
            answers.append(Answer(offer, operations, FREED_US if operations else LONG_DECLINE_US))
        self._reviver.changed()
        return answers

    def _place(self, step: Step, offers: Sequence[Offer]) -> tuple[Offer | None, list[Operation]]:
        """Return the offer for a pod, and what is made of it: a launch on its footprint, or first a footprint."""
        member, footprint, spec = self._members[step.pod], self._footprints[step.pod], self._known
        if footprint.label:
            offer, verdict = self._choose(member, offers, lambda one: self._elsewhere(footprint, one))
            if offer is None:
                return None, []
            resources, footprint.reserving = labelled(offer.resources, footprint.label), False
            made: tuple[Convert, ...] = ()
        else:
            offer, verdict = self._choose(
                member, offers, lambda one: self._why_not(spec, member, one.agent, one.resources.plain)
            )
            if offer is None:
                return None, []
            self._footprints.renew(member.number, f"{spec.app.name}-{member.number}")
            made = reserve(spec.request, self.role, footprint.label, disk=spec.disk, volume=footprint.volume)
            resources = bundle(spec.request, made)
        self._launching(member, offer.agent, verdict)
        self._given_up.discard(offer.agent)
        volume = footprint.volume if spec.app.volume is not None else ""
        return offer, [*made, Launch(member.task, resources, volume, KILL_GRACE_US)]

    def _elsewhere(self, footprint: Footprint, offer: Offer) -> str:
        """Return why a pod with a footprint cannot use an offer: its data and its reservation are not there."""
        return "" if footprint.label in labels(offer.resources) else "offer/not-its-reservation"

    # -- news of pods -----------------------------------------------------------------------------------------

    def _serves(self, member: Member) -> None:
        footprint = self._footprints[member.number]
        footprint.failed_us, footprint.asked = NEVER, False
        self._plans.complete(member.number)
        self._work()

    def _dropped(self, member: Member) -> None:
        """The offer was gone, and with it the reservation that was to be made of it, if none was there before."""
        footprint = self._footprints[member.number]
        if footprint.reserving:
            footprint.label = member.agent = ""
        if self._plans.leaving(member.number):
            self._gone(member)
            return
        self._plans.begin_again(member.number)
        self._work()

    def _stopped(self, member: Member, *, failed: bool) -> None:
        if self._plans.leaving(member.number):
            member.placed = True
            self._gone(member)
            return
        footprint = self._footprints[member.number]
        if failed and footprint.failed_us == NEVER:
            footprint.failed_us = self.world.now_us
        self._next_task(self._known, member)
        if self._plans.busy_with(member.number):
            self._plans.begin_again(member.number)
            self._work()
        else:
            self._recover(member)
        if self._policy is not None and footprint.failed_us != NEVER:
            self._look_later(member.number, footprint.failed_us)
        if member.agent in self._given_up:
            self._replace(member.number)

    def _recover(self, member: Member) -> None:
        footprint = self._footprints[member.number]
        aim = recovery_of(footprint.failed_us, self.world.now_us, footprint.asked, self._policy)
        self._plans.add_recovery(member.number, aim)
        self.world.event("pod-waits", self.world.name_of(member.task), "footprint-kept", member.agent)
        self._work()

    def _look_later(self, pod: int, failed_us: int) -> None:
        """Look at a failed pod again when it may be replaced by policy."""
        if self._policy is not None:
            at_us = max(self.world.now_us, next_look_us(failed_us, self._replaced_us, self._policy))
            if at_us < self.world.scenario.horizon_us:
                self.world.agenda.at(at_us, Order.CONTROLLER, self._look, pod, failed_us)

    def _look(self, pod: int, failed_us: int) -> None:
        footprint = self._footprints.get(pod)
        if footprint is None or footprint.failed_us != failed_us or self._members[pod].placed:
            return
        if not self.connected:
            self.when_up(lambda: self._look(pod, failed_us))
        elif self._policy is not None and next_look_us(failed_us, self._replaced_us, self._policy) > self.world.now_us:
            self._look_later(pod, failed_us)
        elif recovery_of(failed_us, self.world.now_us, footprint.asked, self._policy) is Aim.PERMANENT:
            self._replaced_us = self.world.now_us
            self._replace(pod)

    def _replace(self, pod: int) -> None:
        """`pod replace`: the pod begins anew, anywhere, without its data; what it had reserved is given back."""
        footprint, member = self._footprints[pod], self._members[pod]
        if member.placed or not footprint.label:
            return
        why = "given-up-by-user" if member.agent in self._given_up else "failed-too-long"
        self.world.event("pod-replaced", self.world.name_of(member.task), why, member.agent)
        footprint.asked = True
        footprint.label = member.agent = ""
        self._plans.escalate(pod)
        self._work()


def strategy_of(app: App) -> Strategy:
    """Return whether an app's pods are deployed one after another."""
    return "serial" if app.ordered else "parallel"
