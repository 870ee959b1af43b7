"""The scheduler of Kubernetes on Mesos: a framework of Mesos in the place of kube-scheduler.

Pods wait in the order in which they came. Offers are kept for a while (`offer_ttl_s`), in case a pod comes; nobody else
is offered these resources meanwhile. One that is still unused then is refused for 5 s, and comes back after that. A pod
takes the first offer that fits, and all of it: what is left goes back, refused for 5 s, so that the next pod on that
machine waits for the next offer. A pod for which no offer fits backs off, longer each time; the wait is cut short when
offers come, which the scheduler looks at a moment later (`listener_delay_s`).

Pods of an agent that is lost are not its business: they are dropped when Kubernetes' own timers say so. If it hears of
one again that still stands in the API server, it goes on with it; it asks for it until then. A pod that no kubelet will
ever report on, since its executor has ended or never bound it, is deleted.

Source: kubernetes contrib/mesos/docs/scheduler.md (defaults), docs/issues.md (Scheduling, Backoff: "no attempts to pack
multiple pods into a single offer"; refuse_seconds 5), pkg/scheduler/components/framework/framework.go (StatusUpdate,
reconcileTerminalTask, reconcileNonTerminalTask).
Left out: what the executor itself takes of the first offer on a machine; roles; that an offer lingers in the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.ephemeral_storage import on_machines
from workbench.engines.kubernetes.objects import NOWHERE, PodObject
from workbench.engines.kubernetes_on_mesos.pod_matching import Here, Wanted, node_labels, why_not
from workbench.engines.mesos.flags import NOT_OFFERED
from workbench.engines.mesos.frameworks.base import Framework, count_reasons
from workbench.engines.mesos.offers import DEFAULT_REFUSE_US, Offer
from workbench.engines.mesos.operations import Answer, Launch, StatusUpdate, TaskState
from workbench.engines.mesos.resources import Resources
from workbench.engines.world import World
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU, MEMORY

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master

ROLE = "*"
"""The role that it subscribes to unless it is told otherwise (--mesos-roles)."""

NEVER_REPORTED = (TaskState.GONE, TaskState.DROPPED)
"""Ends after which no kubelet will ever report on the pod: it is deleted, so that its owner makes another."""

EXECUTOR_ENDED = ("executor-silent", "agent-away", "agent-replaced", "launch-lost")
"""Reasons that say as much: the executor is gone (REASON_EXECUTOR_TERMINATED and the like), or a master that is asked
knows of no such task (REASON_RECONCILIATION)."""

LEAST = {CPU: 10, MEMORY: 32 * 1024**2}
"""What a pod takes of an offer at least: 0.01 cpus, and the smallest memory that is offered."""


@parameters("kubernetes_on_mesos")
@dataclass(frozen=True)
class PodSchedulerParameters:
    """How Kubernetes on Mesos deals with offers and with pods that wait; and what it runs."""

    offer_ttl_s: float = param(
        5.0, unit="s", low=0, high=120, help="how long Kubernetes on Mesos keeps an offer that no pod needs",
        source="kubernetes contrib/mesos/docs/scheduler.md, offer-ttl", shown_in="one-pool",
    )  # fmt: skip
    listener_delay_s: float = param(
        1.0, unit="s", low=0, high=60, help="from offers coming in to Kubernetes on Mesos looking at pods that wait",
        source="kubernetes contrib/mesos/docs/scheduler.md, listener-delay", shown_in="first-look",
    )  # fmt: skip
    initial_pod_backoff_s: float = param(
        1.0, unit="s", low=0.5, high=60, help="how long a pod is left alone after no offer fitted for the first time",
        source="kubernetes contrib/mesos/docs/scheduler.md, initial-pod-backoff", shown_in="first-look",
    )  # fmt: skip
    max_pod_backoff_s: float = param(
        60.0, unit="s", low=1, high=600, help="the longest that a pod is left alone; it doubles with each attempt",
        source="kubernetes contrib/mesos/docs/scheduler.md, max-pod-backoff", shown_in="first-look",
    )  # fmt: skip
    beside: str = param(
        "nobody", choices=("nobody", "frameworks"),
        help="who shares the pool with Kubernetes on Mesos: nobody, or batch work and data under their own frameworks",
        source="assumption: all of it, as a side of its own", shown_in="one-pool",
    )  # fmt: skip


@dataclass(slots=True)
class _Waiting:
    """A pod that waits, and until when it is left alone; `next_us` is how long after its next attempt.

    `wanted` is None where it changes with what becomes of the pod's disk.
    """

    pod: PodObject
    until_us: int
    next_us: int
    wanted: Wanted | None


class PodScheduler(Framework):
    """The framework that launches pods.

    Parameters
    ----------
    api : ApiServer
        Where pods and nodes stand.
    number : callable
        Agent -> number of its node.
    """

    failover_us = 1 << 62
    """Its pods outlive it for as long as can be (--failover-timeout)."""

    def __init__(self, world: World, master: Master, api: ApiServer, number: Callable[[str], int]) -> None:
        super().__init__(world, master, "kubernetes", ROLE)
        self.failover_us = PodScheduler.failover_us
        self.checkpoint = True
        params = world.settings.of(PodSchedulerParameters)
        self._api = api
        self._number = number
        self._ttl_us = to_us(params.offer_ttl_s)
        self._listener_us = to_us(params.listener_delay_s)
        self._backoff_us = to_us(params.initial_pod_backoff_s), to_us(params.max_pod_backoff_s)
        self._pods: dict[int, _Waiting] = {}
        self._launched: dict[int, str] = {}  # pod -> agent
        self._out_of_sight: dict[int, None] = {}  # pods that stand, though their task was reported lost
        self._asking = False
        self._kept: dict[int, Offer] = {}
        self._looking_us: set[int] = set()
        self._ports: dict[str, dict[int, int]] = {}  # agent -> host port -> pod
        api.watch("Pod", self._on_pod)

    # -- pods -------------------------------------------------------------------------------------------------

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        """Take in a pod that is new; forget one that is gone."""
        if new is None or new.terminal or new.deleting:
            gone = new or old
            if gone is not None:
                self._pods.pop(gone.uid, None)
                self._out_of_sight.pop(gone.uid, None)
        elif new.node == NOWHERE and new.uid not in self._pods and new.uid not in self._launched:
            self._pods[new.uid] = _Waiting(
                new, self.world.now_us, self._backoff_us[0], None if new.info.claims else self._wanted(new)
            )
            self._look_at(self.world.now_us)

    def _look_at(self, at_us: int) -> None:
        """Look at the pods that wait, at a time; once is enough."""
        at_us += self.answer_us
        if at_us not in self._looking_us and at_us < self.world.scenario.horizon_us:
            self._looking_us.add(at_us)
            self.world.agenda.at(at_us, Order.SCHEDULER, self._look)

    def _look(self) -> None:
        self._looking_us.discard(self.world.now_us)
        if self.connected and self._pods:
            answers = self.decide(list(self._kept.values()))
            if answers:
                self._master.send(self._master.answer, self, answers)

    def decide(self, offers: Sequence[Offer]) -> list[Answer]:
        """Launch the pods that are not left alone now, each on the first offer that fits, one an offer."""
        answers = []
        left = {offer.number: offer for offer in offers}
        known: dict[tuple[Wanted, int], Counter[str]] = {}  # pods alike find the same as long as no offer is taken
        for uid, waiting in list(self._pods.items()):
            if waiting.until_us <= self.world.now_us:
                offer = self._choose(waiting, left, known)
                if offer is not None:
                    del left[offer.number], self._pods[uid]
                    self._kept.pop(offer.number, None)
                    answers.append(self._launch(waiting.pod, offer))
        return answers

    def _choose(
        self, waiting: _Waiting, offers: Mapping[int, Offer], known: dict[tuple[Wanted, int], Counter[str]]
    ) -> Offer | None:
        """Return the first offer that fits; without one the pod backs off."""
        wanted, uid = waiting.wanted or self._wanted(waiting.pod), waiting.pod.uid
        rejected = known.get((wanted, len(offers)))
        if rejected is None:
            verdicts = [why_not(wanted, one.resources.plain, self._here(one.agent)) for one in offers.values()]
            feasible, rejected = count_reasons(verdicts)
            for offer, verdict in zip(offers.values(), verdicts, strict=True):
                if not verdict:
                    self.note_decision(uid, offer.agent, feasible, rejected)
                    return offer
            known[wanted, len(offers)] = rejected
        self.note_decision(uid, "", 0, rejected or {"offer/no-offer": 1})
        waiting.until_us = self.world.now_us + waiting.next_us
        waiting.next_us = min(2 * waiting.next_us, self._backoff_us[1])
        self._look_at(waiting.until_us)
        return None

    def _wanted(self, pod: PodObject) -> Wanted:
        asked = on_machines(pod.info.requests)
        amounts = {name: amount for name, amount in asked.items() if amount > 0 and name not in NOT_OFFERED}
        claim = pod.info.claims[0] if pod.info.claims else ""
        disk = self.world.disks.get(claim) if claim else None
        local = disk.node if disk is not None and disk.reach == "local" else NOWHERE
        named = pod.info.node_names or ()
        return Wanted(
            tuple(sorted({**LEAST, **amounts}.items())),
            tuple(pod.info.spec.node_selector.items()),
            tuple(port.host_port for one in pod.info.spec.containers for port in one.ports if port.host_port),
            self.world.node_names[local] if local != NOWHERE else "",
            min(named) if len(named) == 1 else "",
        )

    def _here(self, agent: str) -> Here:
        known = self._api.nodes[self._number(agent)]
        unschedulable = known.node.spec.unschedulable or known.deleted
        return Here(agent, node_labels(known.node.metadata.labels), self._ports.get(agent, {}), unschedulable)

    def _launch(self, pod: PodObject, offer: Offer) -> Answer:
        wanted = self._wanted(pod)
        self._launched[pod.uid] = offer.agent
        self._ports.setdefault(offer.agent, {}).update(dict.fromkeys(wanted.ports, pod.uid))
        return Answer(offer, (Launch(pod.uid, Resources(dict(wanted.requests))),), DEFAULT_REFUSE_US)

    # -- offers -----------------------------------------------------------------------------------------------

    def resource_offers(self, offers: Sequence[Offer]) -> None:
        """Keep offers; pods that back off are looked at again soon."""
        if not self.connected:
            return
        for offer in offers:
            self._kept[offer.number] = offer
            self.world.agenda.after(self._ttl_us, Order.FRAMEWORK, self._expire, offer)
        self.world.agenda.after(self._listener_us, Order.FRAMEWORK, self._listen)

    def _listen(self) -> None:
        """Offers have come: a pod that one of them fits is not left alone any longer."""
        offers = [(offer.resources.plain, self._here(offer.agent)) for offer in self._kept.values()]
        fits: dict[Wanted, bool] = {}
        for waiting in self._pods.values():
            wanted = waiting.wanted or self._wanted(waiting.pod)
            if wanted not in fits:
                fits[wanted] = any(not why_not(wanted, *offer) for offer in offers)
            if fits[wanted]:
                waiting.until_us = self.world.now_us
        if self._pods:
            self._look_at(self.world.now_us)

    def _expire(self, offer: Offer) -> None:
        if self._kept.pop(offer.number, None) is not None and self.connected:
            self._master.send(self._master.answer, self, (Answer(offer, (), DEFAULT_REFUSE_US),))

    def offer_rescinded(self, number: int) -> None:
        """An offer was taken back."""
        self._kept.pop(number, None)

    def stop(self) -> None:
        """The process stops: the offers it kept are forgotten."""
        super().stop()
        self._kept.clear()

    def master_lost(self) -> None:
        """There is no master: its offers are none any more."""
        super().master_lost()
        self._kept.clear()

    @property
    def suppressed(self) -> bool:
        """It asks for offers at all times."""
        return False

    def launched(self) -> list[int]:
        """Return the pods it launched and has not heard the end of, those out of sight included."""
        return [*self._launched, *self._out_of_sight]

    def ask_again(self) -> None:
        """Look at the pods that wait; offers come unasked."""
        if self._pods:
            self._look_at(self.world.now_us)

    # -- news of pods -----------------------------------------------------------------------------------------

    def status_update(self, update: StatusUpdate) -> None:
        """Follow the tasks that pods are."""
        uid, state = update.task, update.state
        if not state.terminal:
            if uid not in self._launched and state is TaskState.RUNNING:
                self._recover(uid)
            return
        agent = self._launched.pop(uid, "")
        self._out_of_sight.pop(uid, None)
        taken = self._ports.get(agent, {})
        self._ports[agent] = {port: holder for port, holder in taken.items() if holder != uid}
        pod = self._api.pods.get(uid)
        if pod is None:
            return
        if self.world.node_of(uid) < 0:  # the offer was gone before the launch: the pod waits again
            self.world.attempted(uid, update.reason)
            self._on_pod(None, pod)
        elif pod.terminal:
            return
        elif state in NEVER_REPORTED or update.reason in EXECUTOR_ENDED or pod.node == NOWHERE:
            self.world.event("RoguePodDeleted", pod.name, update.reason)
            self._api.request(self._api.delete_pod, uid, 0)
        elif state is TaskState.LOST and not pod.deleting:  # its agent may come back without it, and nobody say so
            self._out_of_sight[uid] = None
            self._ask_later()

    def _ask_later(self) -> None:
        """Ask with the next round how the pods out of sight stand, until none is left."""
        if not self._asking:
            self._asking = True
            self.world.agenda.after(self._reconcile_us, Order.FRAMEWORK, self._ask)

    def _ask(self) -> None:
        self._asking = False
        if self._out_of_sight:
            if self.connected:
                self._master.send(self._master.tasks.reconcile, self, tuple(self._out_of_sight))
            self._ask_later()

    def _recover(self, uid: int) -> None:
        """A task runs that was given up: go on with it if its pod still stands, bound to that node; else stop it."""
        pod, node = self._api.pods.get(uid), self.world.node_of(uid)
        if pod is None or pod.node != node or pod.deleting or pod.terminal:
            self.kill_unknown(uid)
            return
        self._out_of_sight.pop(uid, None)
        agent = self._launched[uid] = self.world.node_names[node]
        self._ports.setdefault(agent, {}).update(dict.fromkeys(self._wanted(pod).ports, uid))
