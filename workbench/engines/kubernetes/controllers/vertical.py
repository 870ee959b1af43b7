"""The VerticalPodAutoscaler in a run: its recommender, its updater and its admission.

Once a minute the *recommender* takes a sample of what each pod uses and works out what pods of its app should ask for.
Once a minute the *updater* evicts pods whose requests lie beyond the bounds of that, those farthest off first, and no
more at a time than leaves enough of them running. *Admission* gives every new pod of the app the recommended requests,
and limits in proportion. What is recommended and who is evicted is in `autoscalers/vertical*.py`.

Source: kubernetes/autoscaler, vertical-pod-autoscaler (version 1.4): pkg/recommender (loop of 1 min), pkg/updater
(loop of 1 min; pods within bounds only after 12 h and from 10 % on), pkg/admission-controller.
Left out: objects of its own (an app of the short form says how it is sized), checkpoints, in-place resizing; memory
where its use is not modelled; containers other than the app's own; samples after OOM kills.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.autoscalers.vertical import (
    CPU_HALF_LIFE_S,
    MEMORY_HALF_LIFE_S,
    Estimate,
    History,
    Recommendation,
    recommend,
)
from workbench.engines.kubernetes.autoscalers.vertical_histogram import CPU_BUCKETS, MEMORY_BUCKETS, Histogram
from workbench.engines.kubernetes.autoscalers.vertical_updater import Priority, Sized, evictable, update_priority
from workbench.engines.kubernetes.eviction import evict
from workbench.engines.kubernetes.objects import NOWHERE, PodDraft, PodObject
from workbench.engines.kubernetes.pod_metrics import PodMetrics
from workbench.model.clock import to_seconds, to_us
from workbench.model.native.kubernetes import PodSpec
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App

LOOP_US = to_us(60)
"""--recommender-interval and --updater-interval."""
IN_BOUNDS_AFTER_US = to_us(12 * 3600)
LEAST_CHANGE = 0.1
"""A pod within its bounds is left alone for 12 h, and from then on while it is off by less than 10 %."""
LEAST_WEIGHT_CORES = 0.1
"""A sample of cpu counts as much as the pod asks for, in cores, but at least this (minSampleWeight)."""


def _histories() -> History:
    return History(Histogram(CPU_BUCKETS, to_us(CPU_HALF_LIFE_S)), Histogram(MEMORY_BUCKETS, to_us(MEMORY_HALF_LIFE_S)))


@dataclass(slots=True)
class _Known:
    """What is known of the pods of one app; `peaks` is the most memory that each pod has used."""

    app: App
    history: History = field(default_factory=_histories)
    peaks: dict[int, float] = field(default_factory=dict)
    wanted: Recommendation | None = None
    specs: dict[tuple[int, Estimate], tuple[PodSpec, PodSpec]] = field(default_factory=dict)


class VerticalAutoscaler:
    """Sizes the pods of the apps that ask for it."""

    def __init__(self, api: ApiServer, informer: PodInformer, metrics: PodMetrics) -> None:
        self._api = api
        self._world = api.world
        self._informer = informer
        self._metrics = metrics
        self._known = {app.name: _Known(app) for app in api.world.scenario.apps if app.vertical}
        api.sized = self.admitted

    def start(self) -> None:
        """Begin, if there is any app to size."""
        if self._known:
            stream = self._world.streams.stream("kubernetes/vertical-pod-autoscaler")
            for look in (self._recommend, self._update):
                self._world.agenda.process(self._run(look, stream.randrange(LOOP_US)))

    def _run(self, look: Any, phase_us: int) -> Process:
        yield self._world.agenda.sleep(phase_us, Order.CONTROLLER)
        while True:
            if self._api.answers:
                for known in self._known.values():
                    look(known)
            yield self._world.agenda.sleep(LOOP_US, Order.CONTROLLER)

    def _pods(self, app: str) -> list[PodObject]:
        return [pod for pod in self._informer.pods.values() if pod.app.name == app and pod.active]

    # -- the recommender ----------------------------------------------------------------------------------------

    def _recommend(self, known: _Known) -> None:
        now_us = self._world.now_us
        for pod in self._pods(known.app.name):
            cores = self._cores(pod)
            if cores is None:
                continue
            weight = max(pod.info.requests.get(CPU, 0) / 1000, LEAST_WEIGHT_CORES)
            known.history.cpu.add(cores, weight, now_us)
            first_s = known.history.first_s if known.history.samples else to_seconds(now_us)
            known.history = replace(
                known.history, first_s=first_s, last_s=to_seconds(now_us), samples=known.history.samples + 1
            )
            if known.app.memory_use is not None:
                self._note_memory(known, pod.uid)
        if known.history.samples:
            known.wanted = recommend(known.history)

    def _cores(self, pod: PodObject) -> float | None:
        """Return what a pod uses, in cores; None if that is not known."""
        if pod.app.load is not None:
            sample = self._metrics.usage(pod.uid)
            return None if sample is None else sample.value / 1000
        runs = pod.node != NOWHERE and pod.phase == "Running" and self._world.alive(pod.uid)
        return pod.app.wanted_cpu / 1000 if runs else None

    def _note_memory(self, known: _Known, uid: int) -> None:
        """Remember the peak of a pod: one sample a day, which grows."""
        used, before, now_us = float(self._world.memory.used(uid)), known.peaks.get(uid), self._world.now_us
        if before is None or used > before:
            if before is not None:
                known.history.memory.add(before, -1.0, now_us)
            known.history.memory.add(used, 1.0, now_us)
            known.peaks[uid] = used

    # -- the updater --------------------------------------------------------------------------------------------

    def _update(self, known: _Known) -> None:
        if known.wanted is None or known.app.vertical != "auto":
            return
        by_owner: dict[str, list[PodObject]] = {}
        for pod in self._pods(known.app.name):
            by_owner.setdefault(pod.owner, []).append(pod)
        for owner, pods in by_owner.items():
            there = self._api.objects.get(owner)
            if there is None:
                continue
            most = evictable(there.native.spec.replicas, [pod.phase for pod in pods])
            for pod in self._urgent(known, pods)[:most]:
                self._api.request(self._evict, pod)

    def _urgent(self, known: _Known, pods: Iterable[PodObject]) -> list[PodObject]:
        """Return the pods to be evicted, the most urgent first: those that need more before those that need less."""
        found = [(self._priority(known, pod), pod) for pod in pods if pod.node != NOWHERE]
        due = [(one, pod) for one, pod in found if self._due(one, pod)]
        return [pod for _, pod in sorted(due, key=lambda pair: (not pair[0].scale_up, -pair[0].difference))]

    def _due(self, one: Priority, pod: PodObject) -> bool:
        old = self._world.now_us - pod.created_us >= IN_BOUNDS_AFTER_US
        return one.outside or (old and one.difference >= LEAST_CHANGE)

    def _priority(self, known: _Known, pod: PodObject) -> Priority:
        assert known.wanted is not None
        lower, target, upper = (_amounts(known.app, one) for one in known.wanted)
        return update_priority((Sized(pod.info.requests, target, lower=lower, upper=upper),))

    def _evict(self, pod: PodObject) -> str:
        refusal = evict(self._api, pod.uid)
        if not refusal:
            self._world.event("EvictedByVPA", pod.name, "resized-by-vpa")
        return refusal

    # -- admission ----------------------------------------------------------------------------------------------

    def admitted(self, draft: PodDraft) -> PodSpec:
        """Return the spec of a new pod, with the requests that are recommended; the same draft gives the same spec."""
        known = self._known.get(draft.app.name)
        if known is None or known.wanted is None or known.app.vertical == "off":
            return draft.spec
        key = (id(draft.spec), known.wanted.target)
        if key not in known.specs:
            known.specs[key] = (draft.spec, _sized(draft.spec, _amounts(known.app, known.wanted.target)))
        return known.specs[key][1]


def _amounts(app: App, one: Estimate) -> dict[str, int]:
    """Return what is recommended of the resources whose use is modelled."""
    memory = {} if app.memory_use is None else {MEMORY: one.memory}
    return {CPU: one.millicores, **memory}


def _sized(spec: PodSpec, amounts: dict[str, int]) -> PodSpec:
    """Return a spec whose first container asks for so much, its limits in proportion."""
    own, *others = spec.containers
    requests, limits = dict(own.resources.requests), dict(own.resources.limits)
    for name, amount in amounts.items():
        before = requests.get(name)
        requests[name] = _quantity(name, amount)
        if name in limits and before is not None and before.milli():
            limits[name] = _quantity(name, round(_plain(name, limits[name]) * amount / max(1, _plain(name, before))))
    resources = msgspec.structs.replace(own.resources, requests=requests, limits=limits)
    return msgspec.structs.replace(spec, containers=(msgspec.structs.replace(own, resources=resources), *others))


def _quantity(name: str, amount: int) -> Quantity:
    return Quantity.of_milli(amount) if name == CPU else Quantity.of(amount)


def _plain(name: str, quantity: Quantity) -> int:
    return quantity.milli() if name == CPU else quantity.units()
