"""Deployment: one version of a service follows another, ReplicaSet by ReplicaSet.

Each template has a ReplicaSet of its own. A rollout is a sequence of small steps: a sync makes the new ReplicaSet
larger, or else the old ones smaller, as far as surge and unavailability allow, and leaves the rest to the sync that the
next change of a status brings. So nobody has to remember a rollout, and it can be turned round at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.engines.kubernetes.controllers import deployment_sets as sets_of
from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.controllers.deployment_claims import SetClaims
from workbench.engines.kubernetes.controllers.deployment_progress import (
    NEW_RS_CREATED,
    PAUSED,
    RESUMED,
    Condition,
    DeploymentStatus,
    conditions_told,
    deadline_us,
    look_again_us,
    next_condition,
    paused_condition,
)
from workbench.engines.kubernetes.controllers.deployment_rolling import (
    NEW_RS_AVAILABLE,
    TIMED_OUT,
    deployment_complete,
    min_available,
    new_rs_new_replicas,
    reconcile_new_replica_set,
    reconcile_old_replica_sets,
)
from workbench.engines.kubernetes.controllers.deployment_scaling import Kept, cleanup_deployment, scale
from workbench.engines.kubernetes.controllers.deployment_sets import Sets
from workbench.engines.kubernetes.objects import ApiObject, PodObject
from workbench.model.native.kubernetes.apps import DeploymentSpec

TOLD = {
    NEW_RS_AVAILABLE: "rollout-complete",
    TIMED_OUT: "progress-deadline",
    PAUSED: "rollout-paused",
    RESUMED: "rollout-resumed",
}
"""Reason of the condition Progressing -> code of the event that tells of it; the others come with every step."""

STALE = "a ReplicaSet reports more available pods than it wants"


class DeploymentController(Controller):
    """Creates ReplicaSets, sizes them, and deletes those beyond the history.

    Source: kubernetes, pkg/controller/deployment: deployment_controller.go, rolling.go, recreate.go, sync.go
    (version 1.34).
    Left out: collisions of hashes.
    """

    name = "deployment-controller"

    def watch(self) -> None:
        """Deployments, their ReplicaSets, and, to see the last old pod go, pods."""
        self._sets_claimed = SetClaims(self)
        self._known: dict[str, tuple[Any, list[ApiObject], Sets]] = {}
        self.api.watch("Deployment", self._on_deployment)
        self.api.watch("ReplicaSet", self._on_replica_set)
        self.api.watch("Pod", self._on_pod, changes=("changed", "gone"))

    def _on_deployment(self, old: ApiObject | None, new: ApiObject | None) -> None:
        self._sets_claimed.on_owner(old, new)
        if new is not None:
            self.queue.add(new.uid)

    def _on_replica_set(self, old: ApiObject | None, new: ApiObject | None) -> None:
        one = new or old
        assert one is not None
        self._sets_claimed.on_set(old, new)
        if one.owner:
            self.queue.add(one.owner)

    def _on_pod(self, _: PodObject | None, new: PodObject | None) -> None:
        if new is None or new.terminal:
            for owner in self._waiting:
                self.queue.add(owner)

    @property
    def _waiting(self) -> list[str]:
        """Deployments that wait for their old pods to be gone."""
        return [
            key
            for key, one in self.api.objects.items()
            if one.kind == "Deployment"
            and (one.native.spec.strategy.type == "Recreate" or sets_of.waits_for_ends(one.native.spec))
        ]

    def _taken(self, spec: DeploymentSpec, sets: Iterable[ApiObject]) -> int:
        """Return how many pods count against the surge: wanted ones, or all that are not gone yet."""
        sets = tuple(sets)
        wanted = sum(sets_of.size(one) for one in sets)
        if not sets_of.waits_for_ends(spec):
            return wanted
        there = [pod for one in sets for pod in self.informer.owned_by(one.uid).values() if not pod.terminal]
        ending = sum(pod.deleting for pod in there)
        return max(wanted, len(there) - ending) + ending

    # -- one sync ---------------------------------------------------------------------------------------------

    def sync(self, key: str) -> Sync:
        """Make one step towards the present template and size, then report."""
        owner = self.api.objects.get(key)
        if owner is None or owner.deleting:
            return ""
        yield from self._sets_claimed.settle(key)
        yield from self._check_paused(key)
        owner = self.api.objects.get(key)
        if owner is None or owner.deleting:
            return ""
        spec = owner.native.spec
        if spec.paused or sets_of.is_scaling_event(self._sets(key), spec.replicas):
            error = yield from self._resize(key)
        elif sets_of.strategy(spec) == "Recreate":
            error = yield from self._recreate(key)
        else:
            error = yield from self._roll(key)
        if not error:
            yield from self._report(key)
        return error

    def _sets(self, key: str) -> Sets:
        owned, native = self.api.dependents(key), self.api.objects[key].native
        known = self._known.get(key)
        if known is None or known[0] is not native or known[1] != owned:
            sets = sets_of.split((one for one in owned if one.kind == "ReplicaSet"), native)
            known = self._known[key] = (native, owned, sets)
        return known[2]

    def _gone(self, key: str) -> bool:
        """Say whether the Deployment was deleted while the controller waited for an answer."""
        return key not in self.api.objects

    def _roll(self, key: str) -> Sync:
        """Make the new ReplicaSet larger, or else the old ones smaller, as far as that is allowed now."""
        yield from self._revise(key, create=True)
        if self._gone(key):
            return ""
        spec, sets = self.api.objects[key].native.spec, self._sets(key)
        if sets.new is None:
            return ""
        rolling, how = spec.strategy.rolling_update, sets_of.strategy(spec)
        everything = self._taken(spec, sets.all)
        wanted = reconcile_new_replica_set(how, spec.replicas, sets_of.size(sets.new), everything, rolling.max_surge)
        if wanted != sets_of.size(sets.new):
            yield from self._scale(key, sets.all, {sets.new.name: wanted}, "rollout-grows")
            return ""
        active = [one for one in sets.old if sets_of.size(one) > 0]
        if any(sets_of.status(one).available > sets_of.size(one) for one in active):
            return STALE
        least = min_available(how, spec.replicas, rolling.max_surge, rolling.max_unavailable)
        sizes = reconcile_old_replica_sets(sets_of.sized([sets.new])[0], sets_of.sized(active), least)
        if sizes:
            yield from self._scale(key, sets.all, sizes, "rollout-shrinks")
        else:
            yield from self._clean_up(key)
        return ""

    def _recreate(self, key: str) -> Sync:
        """Let all old pods go, wait until they are gone, then make the new ones."""
        yield from self._revise(key, create=False)
        if self._gone(key):
            return ""
        sets = self._sets(key)
        sizes = {one.name: 0 for one in sets.old if sets_of.size(one) > 0}
        if sizes:
            yield from self._scale(key, sets.all, sizes, "recreate")
            return ""
        if any(not pod.terminal for one in sets.old for pod in self.informer.owned_by(one.uid).values()):
            return ""
        if sets.new is None:
            yield from self._revise(key, create=True)
        elif sets_of.size(sets.new) != (wanted := self.api.objects[key].native.spec.replicas):
            yield from self._scale(key, sets.all, {sets.new.name: wanted}, "recreate")
        else:
            yield from self._clean_up(key)
        return ""

    def _resize(self, key: str) -> Sync:
        """Give every ReplicaSet its share of a change of size; a rollout that is held gets this far only."""
        yield from self._revise(key, create=False)
        if self._gone(key):
            return ""
        spec, sets = self.api.objects[key].native.spec, self._sets(key)
        before = {one.name: sets_of.before(one) for one in sets.all}
        new = None if sets.new is None else sets_of.sized([sets.new])[0]
        present = sets_of.counts(sets).replicas
        rolling = sets_of.strategy(spec) == "RollingUpdate"
        sizes = scale(new, sets_of.sized(sets.old), before, spec.replicas, sets_of.surge(spec), present, rolling)
        kept = {one.name: sets_of.size(one) for one in sets.all if sets_of.size(one) > 0}
        yield from self._scale(key, sets.all, kept | sizes, "resized")
        if spec.paused and not self._gone(key):
            yield from self._clean_up(key)
        return ""

    # -- writes ---------------------------------------------------------------------------------------------------

    def _revise(self, key: str, *, create: bool) -> Sync:
        """Give the new ReplicaSet the highest revision, or make it if there is none."""
        owner, sets = self.api.objects[key], self._sets(key)
        revision = max((sets_of.revision(one) for one in sets.old), default=0) + 1
        if sets.new is not None:
            native, spec = sets.new.native, owner.native.spec
            revised = native
            if sets_of.revision(sets.new) < revision:
                revised = sets_of.annotated(native, {sets_of.REVISION: str(revision)})
            if native.spec.min_ready_seconds != spec.min_ready_seconds:
                revised = sets_of.with_min_ready(revised, spec.min_ready_seconds)
            if revised is not native:
                yield from self.answered([self.client.send(self.api.patch, sets.new.uid, {"native": revised})])
        elif create:
            yield from self._create(key, owner, sets, revision)
        return ""

    def _create(self, key: str, owner: ApiObject, sets: Sets, revision: int) -> Sync:
        spec = owner.native.spec
        everything = self._taken(spec, sets.old)
        size = new_rs_new_replicas(
            sets_of.strategy(spec), spec.replicas, 0, everything, spec.strategy.rolling_update.max_surge
        )
        native = sets_of.given_size(sets_of.new_replica_set(owner.native), size, spec)
        made = ApiObject(
            kind="ReplicaSet",
            namespace=owner.namespace,
            name=native.metadata.name,
            native=sets_of.annotated(native, {sets_of.REVISION: str(revision)}),
            app=owner.app,
            owner=key,
        )
        yield from self.answered([self.client.send(self.api.put, made)])
        if sets.old:
            self.world.event("ScalingReplicaSet", made.name, "rollout-grows", f"0 -> {size}")
        if deadline_us(spec.progress_deadline_seconds) is not None:
            yield from self._write(key, Condition(NEW_RS_CREATED, self.world.now_us))
        return ""

    def _scale(self, key: str, sets: Iterable[ApiObject], sizes: Mapping[str, int], why: str) -> Sync:
        """Give ReplicaSets other sizes, each with a note of the Deployment's own size."""
        spec, calls = self.api.objects[key].native.spec, []
        for one in sets:
            if one.name not in sizes:
                continue
            native = sets_of.given_size(one.native, sizes[one.name], spec)
            if native == one.native:
                continue
            calls.append(self.client.send(self.api.patch, one.uid, {"native": native}))
            if sizes[one.name] != sets_of.size(one):
                detail = f"{sets_of.size(one)} -> {sizes[one.name]}"
                self.world.event("ScalingReplicaSet", one.name, why, detail)
        yield from self.answered(calls)
        return ""

    def _clean_up(self, key: str) -> Sync:
        """Delete old ReplicaSets beyond the history, once a rollout is over."""
        spec, sets = self.api.objects[key].native.spec, self._sets(key)
        if not spec.paused and not deployment_complete(spec.replicas, sets_of.counts(sets)):
            return ""
        kept = [
            Kept(one.uid, sets_of.revision(one), sets_of.size(one), sets_of.status(one).replicas) for one in sets.old
        ]
        gone = cleanup_deployment(kept, spec.revision_history_limit)
        yield from self.answered([self.client.send(self.api.delete, uid) for uid in gone])
        return ""

    # -- status -------------------------------------------------------------------------------------------------

    def _check_paused(self, key: str) -> Sync:
        owner = self.api.objects[key]
        spec, known = owner.native.spec, owner.status or DeploymentStatus()
        if deadline_us(spec.progress_deadline_seconds) is None:
            return ""
        condition = paused_condition(known.condition, paused=spec.paused, now_us=self.world.now_us)
        if condition != known.condition:
            yield from self._write(key, condition)
        return ""

    def _report(self, key: str) -> Sync:
        """Write the status if it has changed; else see to it that a rollout that stands still is looked at again."""
        owner = self.api.objects.get(key)
        if owner is None:
            return ""
        spec, known, now = owner.native.spec, owner.status or DeploymentStatus(), self.world.now_us
        sets, rolling = self._sets(key), spec.strategy.rolling_update
        counts, deadline = sets_of.counts(sets), deadline_us(spec.progress_deadline_seconds)
        condition = known.condition
        if not spec.paused and not sets_of.is_scaling_event(sets, spec.replicas):
            condition = next_condition(known, counts, spec.replicas, deadline, now)
        least = min_available(sets_of.strategy(spec), spec.replicas, rolling.max_surge, rolling.max_unavailable)
        failure = next((why for one in reversed(sets.all) if (why := sets_of.status(one).failure)), "")
        available = counts.available >= least or (None if known.available is None else False)
        status = DeploymentStatus(counts, condition, available, failure)
        if status != known:
            yield from self._write(key, condition, status)
        elif (again := look_again_us(status, spec.replicas, deadline, now)) is not None:
            self.queue.add_after(key, again)
        return ""

    def _write(self, key: str, condition: Condition | None, whole: DeploymentStatus | None = None) -> Sync:
        """Write a status, and tell of conditions that a person would want to hear of; the rest may stay as it is."""
        owner = self.api.objects.get(key)
        if owner is None:
            return ""
        known: DeploymentStatus = owner.status or DeploymentStatus()
        status = known._replace(condition=condition) if whole is None else whole
        was, reason = known.condition, condition.reason if condition else ""
        yield from self.answered([self.client.send(self.api.patch, key, {"status": status})])
        if reason in TOLD and (was is None or was.reason != reason):
            self.world.event("DeploymentCondition", owner.name, TOLD[reason], reason)
        for code, words in conditions_told(known, status):
            self.world.event("DeploymentCondition", owner.name, code, words)
        return ""
