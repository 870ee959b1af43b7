"""ReplicaSet: so many active pods, no more, no less. A pod that is being deleted no longer counts."""

from __future__ import annotations

from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodDraft, PodObject

KINDS = ("ReplicaSet", "ReplicationController")
"""Upstream runs both by the same code."""


class ReplicaSetController(Controller):
    """Creates pods while there are too few.

    It acts only once it has seen all the pods it created before (expectations), so it never creates twice.

    Source: kubernetes, pkg/controller/replicaset/replica_set.go (version 1.34).
    Left out: scaling down; adoption of pods that others made; minReadySeconds.
    """

    name = "replicaset-controller"

    def watch(self) -> None:
        """ReplicaSets, ReplicationControllers and their pods."""
        self._expected: dict[str, int] = {}
        self._reported: dict[str, tuple[int, int]] = {}
        for kind in KINDS:
            self.api.watch(kind, self._on_set)
        self.api.watch("Pod", self._on_pod)

    def _on_set(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None:
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if not pod.owner.startswith(KINDS):
            return
        if old is None:
            self._expected[pod.owner] = self._expected.get(pod.owner, 0) - 1
        self.queue.add(pod.owner)

    def sync(self, key: str) -> Sync:
        """Create what is missing, then report."""
        if self._expected.get(key, 0) > 0:
            return ""
        owner = self.api.objects[key]
        pods = [pod for pod in self.informer.owned_by(key).values() if pod.active]
        missing = min(owner.native.spec.replicas - len(pods), BURST_REPLICAS)
        error = ""
        if missing > 0:
            error = yield from self._create(key, owner, missing)
        status = (len(pods), sum(pod.ready for pod in pods))
        if status != self._reported.get(key):
            self._reported[key] = status
            yield from self.answered([self.client.spend()])
        return error

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
