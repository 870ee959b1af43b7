"""The quota controller: what has ended is free again."""

from __future__ import annotations

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import PodObject
from workbench.engines.kubernetes.quota import FULL_RESYNC_US
from workbench.engines.kubernetes.quota_evaluator import charges_compute


class ResourceQuotaController:
    """Counts pods out of their quotas once it has seen that they ended, and has written the new usage.

    A pod that is stuck in deletion is free at the first full count after its grace period.

    Source: kubernetes, pkg/controller/resourcequota; pkg/quota/v1/evaluator/core/pods.go, QuotaV1Pod (version 1.34).
    """

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        pods = api.watch("Pod", self._on_pod, changes=("changed", "gone")).sleep()
        api.quotas.when_used(pods.wake)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None:
            assert old is not None
            if self._api.quotas.concerns(old.namespace):
                self._later(old.uid, gone=True)
        elif old is not None and self._api.quotas.concerns(new.namespace):
            if new.terminal and not old.terminal:
                self._later(new.uid, gone=False)
            elif new.deleting and not old.deleting:
                self._at_full_count(new)

    def _later(self, uid: int, *, gone: bool) -> None:
        self._api.world.agenda.after(self._api.write_us, Order.DELIVERY, self._free, uid, gone)

    def _free(self, uid: int, gone: bool) -> None:
        self._api.quotas.free(uid, gone=gone)

    def _at_full_count(self, pod: PodObject) -> None:
        """Plan the full count that finds the pod overdue: a grace period after its deletion time stamp."""
        count_us = -(-(pod.deletion_us + pod.grace_us) // FULL_RESYNC_US) * FULL_RESYNC_US
        self._api.world.agenda.at(count_us, Order.DELIVERY, self._count, pod.uid)

    def _count(self, uid: int) -> None:
        pod, now = self._api.pods.get(uid), self._api.world.now_us
        if pod is None or not charges_compute(pod.phase, pod.deletion_us, pod.grace_us, now):
            self._free(uid, False)
        elif pod.deleting:
            self._api.world.agenda.after(FULL_RESYNC_US, Order.DELIVERY, self._count, uid)
