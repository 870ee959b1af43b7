"""ReplicaSet: so many active pods, no more, no less. A pod that is being deleted no longer counts."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engines.kubernetes.controllers.claims import PodClaims
from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.controllers.deletion_ranking import RankedPod, in_order_of_deletion
from workbench.engines.kubernetes.controllers.deployment_sets import ReplicaSetStatus
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, PodDraft, PodObject
from workbench.engines.kubernetes.quota import refused_by
from workbench.model.clock import NEVER, SECOND_US

KINDS = ("ReplicaSet", "ReplicationController")
"""Upstream runs both by the same code."""


def ranked(pod: PodObject, rank: int, now_us: int) -> RankedPod:
    """Return what decides when a pod is deleted; `rank` is how many related pods are on its node."""
    return RankedPod(
        assigned=pod.node != NOWHERE,
        phase="Running" if pod.phase == "Running" else "Pending",
        ready=pod.ready,
        rank=rank,
        restarts=pod.restarts,
        ready_age_us=now_us - pod.ready_us if pod.ready and pod.ready_us != NEVER else None,
        age_us=now_us - pod.created_us,
        deletion_cost=pod.deletion_cost,
        tie=pod.uid,
    )


def pods_to_delete(pods: Iterable[PodObject], related: Iterable[PodObject], count: int, now_us: int) -> list[PodObject]:
    """Return which `count` of the pods go first.

    Parameters
    ----------
    related : iterable of PodObject
        Active pods of all ReplicaSets of one owner: a pod is worth less the more of them share its node.
    """
    crowd: dict[int, int] = {}
    for pod in related:
        crowd[pod.node] = crowd.get(pod.node, 0) + 1
    by_uid = {pod.uid: pod for pod in pods}
    if count >= len(by_uid):
        return list(by_uid.values())
    order = in_order_of_deletion(ranked(pod, crowd.get(pod.node, 0), now_us) for pod in by_uid.values())
    return [by_uid[one.tie] for one in order[:count]]


def _min_ready_s(owner: ApiObject) -> int:
    """Return how long a pod has to be ready to count as available."""
    seconds: int = owner.native.spec.min_ready_seconds
    return seconds


class ReplicaSetController(Controller):
    """Creates pods while there are too few, deletes those worth least while there are too many.

    It acts only once it has seen what it did before (expectations), so it never creates or deletes twice.

    Source: kubernetes, pkg/controller/replicaset/replica_set.go (version 1.34).
    """

    name = "replicaset-controller"

    def watch(self) -> None:
        """ReplicaSets, ReplicationControllers and their pods."""
        self._expected: dict[str, int] = {}
        self._doomed: dict[str, set[int]] = {}
        self._claims = PodClaims(self, self.queue.add)
        for kind in KINDS:
            self.api.watch(kind, self._on_set)
        self.api.watch("Pod", self._on_pod)

    def _on_set(self, old: ApiObject | None, new: ApiObject | None) -> None:
        self._claims.on_set(old, new)
        if new is not None and (old is None or old.native is not new.native):  # not its own status
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if not (pod.owner or (old and old.owner) or "").startswith(KINDS):
            return
        if old is None:
            self._expected[pod.owner] = self._expected.get(pod.owner, 0) - 1
        if new is None or new.deleting:
            self._doomed.get(pod.owner, set()).discard(pod.uid)
        if old is not None and old.owner != pod.owner:
            self._doomed.get(old.owner, set()).discard(pod.uid)
        self.queue.add(pod.owner)
        if new is not None and new.ready and not (old and old.ready):
            self._wait_for_availability(pod.owner)

    def _wait_for_availability(self, key: str) -> None:
        """Look again when a pod that has just become ready will count as available."""
        owner = self.api.objects.get(key)
        if owner is not None and (seconds := _min_ready_s(owner)):
            self.queue.add_after(key, (seconds + 1) * SECOND_US)

    def sync(self, key: str) -> Sync:
        """Create what is missing or delete what is too much, then report."""
        if self._expected.get(key, 0) > 0 or self._doomed.get(key):
            return ""
        owner = yield from self._claims.settled(key)
        if owner is None:
            return ""
        pods = [pod for pod in self.informer.owned_by(key).values() if pod.active]
        missing = owner.native.spec.replicas - len(pods)
        error = ""
        if missing > 0:
            error = yield from self._create(key, owner, min(missing, BURST_REPLICAS))
        elif missing < 0:
            yield from self._delete(owner, pods, min(-missing, BURST_REPLICAS))
        yield from self._report(owner, pods, refused_by(error) if error else "")
        return error

    def _report(self, owner: ApiObject, pods: list[PodObject], failure: str) -> Sync:
        """Write how many pods there are, are ready, and have been long enough to count as available."""
        now, seconds = self.world.now_us, _min_ready_s(owner)
        ready = [pod for pod in pods if pod.ready]
        available = sum(now - pod.ready_us >= seconds * SECOND_US for pod in ready)
        status = ReplicaSetStatus(len(pods), len(ready), available, failure)
        if status != owner.status:
            yield from self.answered([self.client.send(self.api.patch, owner.uid, {"status": status})])
        if available < len(ready) == owner.native.spec.replicas:
            self.queue.add_after(owner.uid, seconds * SECOND_US)
        return ""

    def _create(self, key: str, owner: ApiObject, missing: int) -> Sync:
        self._expected[key] = self._expected.get(key, 0) + missing
        template, app = owner.native.spec.template, owner.app
        assert app is not None

        def draft(_: int) -> PodDraft:
            name = self.names.generate(f"{owner.name}-")
            return PodDraft(name, owner.namespace, template.metadata.labels, template.spec, app, key)

        def refused(_: int) -> None:
            self._expected[key] -= 1

        error = yield from self.create_pods(owner.name, missing, draft, refused)
        return error

    def _delete(self, owner: ApiObject, pods: list[PodObject], count: int) -> Sync:
        gone = pods_to_delete(pods, self._related(owner, pods), count, self.world.now_us)
        self._doomed[owner.uid] = {pod.uid for pod in gone}
        yield from self.delete_pods(owner.name, gone)
        return ""

    def _related(self, owner: ApiObject, pods: list[PodObject]) -> list[PodObject]:
        """Return the active pods of all ReplicaSets of the same Deployment; without one, just its own."""
        if not owner.owner:
            return pods
        siblings = (one.uid for one in self.api.dependents(owner.owner))
        return [pod for uid in siblings for pod in self.informer.owned_by(uid).values() if pod.active]
