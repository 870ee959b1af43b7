"""The eviction API: a deletion that asks the disruption budgets first.

Source: kubernetes, pkg/registry/core/pod/storage/eviction.go (version 1.34).
Left out: the limit of 2000 evictions granted and not yet seen; dry runs.
"""

from __future__ import annotations

from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer
from workbench.engines.kubernetes.controllers.disruption import BUDGET, BudgetStatus, covers
from workbench.engines.kubernetes.objects import ApiObject, PodObject

TOO_MANY = "budget-exhausted"
"""Cannot be evicted now; to be asked for again later (429 Too Many Requests)."""

TWO_BUDGETS = "two-budgets"
"""More than one budget covers the pod: never granted (500 Internal Server Error)."""


def evict(api: ApiServer, uid: int) -> str:
    """Delete a pod if its budget allows it; return why not.

    A pod that does not run, or goes already, needs no leave. One that runs but is not ready needs none either when its
    application is whole without it, or when the budget's policy is AlwaysAllow.
    """
    pod = api.pods.get(uid)
    if pod is None:
        return NOT_FOUND
    if pod.terminal or pod.deleting or pod.phase == "Pending":
        return api.delete_pod(uid, disruption="EvictionByEvictionAPI")
    budgets = [one for one in api.objects.values() if one.kind == BUDGET and covers(one, pod)]
    if len(budgets) > 1:
        return TWO_BUDGETS
    if budgets and not _needs_no_leave(budgets[0], pod) and (refusal := _take(api, budgets[0], pod)):
        return refusal
    return api.delete_pod(uid, disruption="EvictionByEvictionAPI")


def _needs_no_leave(budget: ApiObject, pod: PodObject) -> bool:
    if pod.ready:
        return False
    status: BudgetStatus | None = budget.status
    policy = budget.native.spec.unhealthy_pod_eviction_policy
    whole = status is not None and status.healthy >= status.desired > 0
    return policy == "AlwaysAllow" or whole


def _take(api: ApiServer, budget: ApiObject, pod: PodObject) -> str:
    """Take one from what the budget allows; one that its controller has not seen yet allows nothing."""
    status: BudgetStatus | None = budget.status
    if status is None or status.allowed <= 0:
        return TOO_MANY
    left = status._replace(allowed=status.allowed - 1, disrupted={**status.disrupted, pod.uid: api.world.now_us})
    return api.patch(budget.uid, {"status": left})
