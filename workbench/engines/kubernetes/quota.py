"""ResourceQuota: what all pods of a namespace may ask for together.

A pod is charged when it is created, by what it asks for, not by what it uses. A refused pod is not stored; whoever
wanted it tries again. What has ended is free again, once the quota controller has seen it.

Source: kubernetes, plugin/pkg/admission/resourcequota, pkg/quota/v1/evaluator/core/pods.go and
pkg/controller/resourcequota (version 1.34).
Left out: quotas with scopes, quotas on objects other than pods, resizing in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.resources import pod_limits
from workbench.model.native.kubernetes.core import ResourceQuota
from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.resources import Resources

FULL_RESYNC_US = 300_000_000
"""The quota controller counts everything anew this often (--resource-quota-sync-period, 5 min)."""

COMPUTE = ("cpu", "memory", "ephemeral-storage")
BINARY = ((1024**4, "Ti"), (1024**3, "Gi"), (1024**2, "Mi"), (1024, "Ki"))


def team_hard(limit: Resources) -> dict[str, Quantity]:
    """Return the ``hard`` of the quota that stands for a team's limit."""
    hard = {}
    for name, amount in limit.items():
        quantity = Quantity.of_milli(amount) if name == "cpu" else Quantity.of(amount, "BinarySI")
        hard[name if name == "pods" else f"requests.{name}"] = quantity
    return hard


def pod_usage(info: PodInfo) -> dict[str, int]:
    """Return what a pod charges, by the names a quota uses; cpu in millicores."""
    usage = {"pods": 1, "count/pods": 1}
    for name, amount in info.requests.items():
        usage[f"requests.{name}"] = amount
        if name in COMPUTE or name.startswith("hugepages-"):
            usage[name] = amount
    for name, limit in pod_limits(info.spec).items():
        if name in COMPUTE:
            usage[f"limits.{name}"] = limit.milli() if name == "cpu" else limit.units()
    return usage


def missing_values(hard: Iterable[str], spec: PodSpec) -> str:
    """Return the complaint when containers lack a value that the quota makes mandatory; empty if none does."""
    if spec.resources is not None and (spec.resources.requests or spec.resources.limits):
        return ""
    complaints = []
    for name in sorted(hard):
        lacking = [one.name for one in (*spec.init_containers, *spec.containers) if not _gives(name, one.resources)]
        if lacking and _is_compute(name):
            complaints.append(f"{name} for: {','.join(sorted(lacking))}")
    return f"must specify {'; '.join(complaints)}" if complaints else ""


def _is_compute(name: str) -> bool:
    return name.removeprefix("requests.").removeprefix("limits.") in COMPUTE[:2]


def _gives(name: str, resources: object) -> bool:
    limits: Mapping[str, Quantity] = resources.limits  # type: ignore[attr-defined]  # requirements of a pod or a container
    requests: Mapping[str, Quantity] = resources.requests  # type: ignore[attr-defined]  # requirements of a pod or a container
    if name.startswith("limits."):
        return name.removeprefix("limits.") in limits
    return name.removeprefix("requests.") in requests


@dataclass
class Book:
    """One quota: what is allowed and what is charged."""

    name: str
    hard: dict[str, int]
    used: dict[str, int] = field(default_factory=dict)

    def refusal(self, asked: Mapping[str, int]) -> str:
        """Return upstream's message when the quota does not allow it, empty when it does."""
        over = [
            name
            for name, most in sorted(self.hard.items())
            if asked.get(name, 0) > 0 and self.used.get(name, 0) + asked[name] > most
        ]
        if not over:
            return ""
        return (
            f"exceeded quota: {self.name}, requested: {_listed(asked, over)}, used: {_listed(self.used, over)}, "
            f"limited: {_listed(self.hard, over)}"
        )

    def charge(self, asked: Mapping[str, int], sign: int = 1) -> None:
        """Count in, or out with `sign` -1, what a pod charges."""
        for name in self.hard:
            if name in asked:
                self.used[name] = self.used.get(name, 0) + sign * asked[name]


class Quotas:
    """The quotas of all namespaces."""

    def __init__(self) -> None:
        self._books: dict[str, dict[str, Book]] = {}
        self._held: dict[int, tuple[str, dict[str, int]]] = {}
        self._usages: dict[PodInfo, dict[str, int]] = {}

    def put(self, quota: ResourceQuota, pods: Mapping[int, PodInfo]) -> None:
        """Create or change a quota.

        Parameters
        ----------
        pods : mapping
            All pods that are there and have not ended, by uid; those of the namespace count.
        """
        if quota.spec.scopes or quota.spec.scope_selector is not None:
            return
        hard = {
            name: amount.milli() if name.endswith("cpu") else amount.units() for name, amount in quota.spec.hard.items()
        }
        book = Book(quota.metadata.name, hard)
        namespace = quota.metadata.namespace
        for uid, info in pods.items():
            if info.namespace == namespace:
                self._held.setdefault(uid, (namespace, self._usage(info)))
        for where, usage in self._held.values():
            if where == namespace:
                book.charge(usage)
        self._books.setdefault(namespace, {})[book.name] = book

    def _usage(self, info: PodInfo) -> dict[str, int]:
        usage = self._usages.get(info)
        if usage is None:
            usage = self._usages[info] = pod_usage(info)
        return usage

    def refusal(self, pod: str, info: PodInfo) -> str:
        """Return why a pod may not be created, as upstream words it; empty when it may."""
        for book in self._books.get(info.namespace, {}).values():
            complaint = missing_values(book.hard, info.spec)
            said = f"failed quota: {book.name}: {complaint}" if complaint else book.refusal(self._usage(info))
            if said:
                return f'pods "{pod}" is forbidden: {said}'
        return ""

    def charge(self, uid: int, info: PodInfo) -> None:
        """Count a new pod in."""
        usage = self._usage(info)
        self._held[uid] = (info.namespace, usage)
        for book in self._books.get(info.namespace, {}).values():
            book.charge(usage)

    def free(self, uid: int, *, gone: bool) -> None:
        """Count a pod out that has ended; only one that is gone from the API stops counting as an object."""
        namespace, usage = self._held.get(uid, ("", {}))
        keep = {} if gone else {name: usage[name] for name in ("count/pods",) if name in usage}
        freed = {name: amount for name, amount in usage.items() if name not in keep}
        for book in self._books.get(namespace, {}).values():
            book.charge(freed, -1)
        if keep:
            self._held[uid] = (namespace, keep)
        else:
            self._held.pop(uid, None)

    def concerns(self, namespace: str) -> bool:
        """Say whether a namespace has any quota."""
        return namespace in self._books


def _listed(amounts: Mapping[str, int], names: Iterable[str]) -> str:
    return ",".join(f"{name}={_quantity(name, amounts.get(name, 0))}" for name in names)


def _quantity(name: str, amount: int) -> str:
    """Return an amount as a quantity, in the shortest exact form."""
    if name.endswith("cpu"):
        return str(amount // 1000) if amount % 1000 == 0 else f"{amount}m"
    for size, suffix in BINARY:
        if amount and amount % size == 0 and not name.endswith("pods"):
            return f"{amount // size}{suffix}"
    return str(amount)
