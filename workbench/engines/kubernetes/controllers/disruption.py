"""How many pods may be taken away on purpose right now? The budgets' arithmetic, and the controller that keeps it up.

A budget says how many pods must stay, or how many may be missing. What may be missing is reckoned from the size that
the pods' owners want, not from the pods that happen to be there: so a service that is short of pods already allows
nothing. A pod whose eviction was granted counts as gone at once, though the watches do not show it yet.

Source: kubernetes, pkg/controller/disruption/disruption.go (version 1.34).
Left out: owners other than ReplicationController, ReplicaSet, Deployment and StatefulSet: like upstream's error, they
allow nothing where a share or maxUnavailable is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import NOT_FOUND
from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodObject
from workbench.engines.kubernetes.selectors import selects
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes import PodDisruptionBudget
from workbench.model.native.kubernetes.meta import IntOrString

BUDGET = "PodDisruptionBudget"
DELETION_TIMEOUT_US = 120 * SECOND_US
"""A pod whose eviction was granted and that is still there after this long counts again (DeletionTimeout)."""

SIZED = ("ReplicaSet", "ReplicationController", "StatefulSet", "Deployment")
CONFLICT = "the object has been modified"


class BudgetStatus(NamedTuple):
    """A budget's status.

    Parameters
    ----------
    expected, healthy, desired : int
        Pods that there should be, that are ready, that have to stay.
    allowed : int
        How many may be taken away now.
    disrupted : mapping
        uid of a pod whose eviction was granted and that is not seen to go yet -> when.
    """

    expected: int
    healthy: int
    desired: int
    allowed: int
    disrupted: Mapping[int, int]


def desired_healthy(budget: PodDisruptionBudget, expected: int) -> int:
    """Return how many pods of `expected` must stay; percentages are rounded up."""
    if budget.spec.max_unavailable is not None:
        return max(0, expected - scaled(budget.spec.max_unavailable, expected))
    return scaled(budget.spec.min_available or 0, expected)


def scaled(value: IntOrString, total: int) -> int:
    """Return a number of pods that is given as such, or as a percentage of `total`."""
    if isinstance(value, int):
        return value
    return -(-int(value.removesuffix("%")) * total // 100)


def asks_for_size(budget: PodDisruptionBudget) -> bool:
    """Return whether a budget is reckoned from the size that owners want, not from the pods that there are."""
    return budget.spec.max_unavailable is not None or isinstance(budget.spec.min_available, str)


def budget_status(
    budget: PodDisruptionBudget,
    pods: Iterable[PodObject],
    wanted: int | None,
    granted: Mapping[int, int],
    now_us: int,
) -> BudgetStatus:
    """Return a budget's status.

    Parameters
    ----------
    pods : iterable of PodObject
        Those that the budget covers.
    wanted : int or None
        Size that their owners want; None where that cannot be told, and then nothing is allowed.
    granted : mapping
        uid -> when, of evictions granted before.
    """
    pods = list(pods)
    there = {pod.uid for pod in pods if not pod.deleting}
    disrupted = {uid: at for uid, at in granted.items() if uid in there and now_us - at < DELETION_TIMEOUT_US}
    healthy = sum(pod.ready and not pod.terminal and pod.uid in there and pod.uid not in disrupted for pod in pods)
    expected = wanted if asks_for_size(budget) else len(pods)
    if expected is None:
        return BudgetStatus(len(pods), healthy, 0, 0, disrupted)
    desired = desired_healthy(budget, expected)
    allowed = max(0, healthy - desired) if expected > 0 else 0
    return BudgetStatus(expected, healthy, desired, allowed, disrupted)


def with_status(budget: ApiObject, name_of: Callable[[int], str]) -> PodDisruptionBudget:
    """Return a budget with the status that was written about it; one not looked at yet allows nothing."""
    native: PodDisruptionBudget = budget.native
    known: BudgetStatus | None = budget.status
    if known is None:
        return native
    status = replace(
        native.status,
        disruptions_allowed=known.allowed,
        current_healthy=known.healthy,
        desired_healthy=known.desired,
        expected_pods=known.expected,
        disrupted_pods={name_of(uid): "" for uid in known.disrupted},
    )
    return replace(native, status=status)


class DisruptionController(Controller):
    """Writes what each budget allows, whenever its pods or their owners change."""

    name = "disruption-controller"
    workers = 1

    def watch(self) -> None:
        """Budgets, pods, and the owners that say how many pods there should be."""
        self._budgets: dict[str, ApiObject] = {}
        self.api.watch(BUDGET, self._on_budget)
        self._pods = self.api.watch("Pod", self._on_pod).sleep()
        for kind in SIZED:
            self.api.watch(kind, self._on_owner)

    def _on_budget(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if new is None:
            assert old is not None
            del self._budgets[old.uid]
        else:
            self._budgets[new.uid] = new
            self._pods.wake()
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        for key, budget in self._budgets.items():
            if covers(budget, pod):
                self.queue.add(key)

    def _on_owner(self, old: ApiObject | None, new: ApiObject | None) -> None:
        if old is None or new is None or old.native is not new.native:
            for key in self._budgets:
                self.queue.add(key)

    def sync(self, key: str) -> Sync:
        """Reckon one budget anew; if an eviction was granted meanwhile, again."""
        budget = self.api.objects.get(key)
        if budget is None:
            return ""
        pods = [pod for pod in self.informer.pods.values() if covers(budget, pod)]
        known: BudgetStatus | None = budget.status
        granted = {} if known is None else known.disrupted
        status = budget_status(budget.native, pods, self._wanted(pods), granted, self.world.now_us)
        if status.disrupted:
            first = min(status.disrupted.values())
            self.queue.add_after(key, max(0, first + DELETION_TIMEOUT_US - self.world.now_us))
        if status == known:
            return ""
        error = yield from self.answered([self.client.send(self._store, key, budget.version, status)])
        return "" if error == NOT_FOUND else error

    def _store(self, key: str, version: int, status: BudgetStatus) -> str:
        there = self.api.objects.get(key)
        if there is None:
            return NOT_FOUND
        return CONFLICT if there.version != version else self.api.patch(key, {"status": status})

    def _wanted(self, pods: Iterable[PodObject]) -> int | None:
        """Return the sizes of the pods' owners, each counted once; a pod without an owner counts for nothing."""
        owners = {self._top(pod.owner) for pod in pods if pod.owner}
        total = 0
        for key in owners:
            owner = self.api.objects.get(key)
            if owner is None or owner.kind not in SIZED:
                return None
            total += owner.native.spec.replicas
        return total

    def _top(self, owner: str) -> str:
        known = self.api.objects.get(owner)
        return known.owner if known is not None and known.owner else owner


def covers(budget: ApiObject, pod: PodObject) -> bool:
    """Say whether a budget is about a pod; one without a selector is about none."""
    return budget.namespace == pod.namespace and selects(budget.native.spec.selector, pod.info.labels)
