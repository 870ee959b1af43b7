"""ResourceQuota: what all pods of a namespace may ask for together.

A pod is charged when it is created, by what it asks for, not by what it uses. A refused pod is not stored; whoever
wanted it tries again. What has ended is free again, once the quota controller has seen it. A quota with scopes counts
only the pods that fall under all of them.

Source: kubernetes, plugin/pkg/admission/resourcequota (controller.go, CheckRequest) and pkg/controller/resourcequota
(version 1.34).
Claims are counted in `claim_quota.py`. Left out: quotas on other objects, changes to pods that run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.engines.kubernetes import resource_lists as lists
from workbench.engines.kubernetes.ephemeral_storage import in_kubernetes
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.quota_evaluator import (
    OBJECT_COUNT,
    Counted,
    missing_values,
    pod_usage,
    quota_matches,
    usage_stats,
)
from workbench.model.native.kubernetes.core import ResourceQuota, ResourceQuotaSpec
from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.native.kubernetes.quantity import Quantity, ResourceList, format_quantity
from workbench.model.resources import Resources

FULL_RESYNC_US = 300_000_000
"""The quota controller counts everything anew this often (--resource-quota-sync-period, 5 min)."""


def refused_by(error: str) -> str:
    """Return the code of what refused a pod: another of its name, a quota, or the bounds of its namespace."""
    if "already exists" in error:
        return "name-taken"
    return "exceeded-quota" if "quota" in error else "beyond-limits"


def team_hard(limit: Resources) -> dict[str, Quantity]:
    """Return the ``hard`` of the quota that stands for a team's limit."""
    hard = {}
    for name, amount in in_kubernetes(limit).items():
        quantity = Quantity.of_milli(amount) if name == "cpu" else Quantity.of(amount, "BinarySI")
        hard[name if name == "pods" else f"requests.{name}"] = quantity
    return hard


@dataclass
class Book:
    """One quota: what is allowed and what is charged."""

    name: str
    spec: ResourceQuotaSpec
    used: dict[str, Quantity] = field(default_factory=dict)

    def counts(self, spec: PodSpec) -> bool:
        """Say whether the quota counts a pod."""
        return quota_matches(self.spec, spec)

    def refusal(self, asked: ResourceList) -> str:
        """Return upstream's message when the quota does not allow it, empty when it does."""
        asked = {name: amount for name, amount in lists.mask(asked, self.spec.hard).items() if amount}
        if negative := lists.negative_keys(asked):
            return f"quota usage is negative for resource(s): {','.join(negative)}"
        over = lists.exceeded(lists.mask(lists.add(self.used, asked), asked), self.spec.hard)
        if not over:
            return ""
        return (
            f"exceeded quota: {self.name}, requested: {_listed(asked, over)}, used: {_listed(self.used, over)}, "
            f"limited: {_listed(self.spec.hard, over)}"
        )

    def charge(self, usage: ResourceList) -> None:
        """Count in what a pod charges."""
        self.used = lists.add(self.used, lists.mask(usage, self.spec.hard))

    def free(self, usage: ResourceList) -> None:
        """Count out what a pod charged."""
        self.used = lists.subtract(self.used, lists.mask(usage, self.spec.hard))


class Held(NamedTuple):
    """What one pod is charged."""

    namespace: str
    spec: PodSpec
    usage: dict[str, Quantity]

    def counted(self) -> Counted:
        """Return the pod as a full count sees it: one that is charged its object only has ended."""
        return Counted(self.spec, phase="Running" if "pods" in self.usage else "Succeeded")


class Quotas:
    """The quotas of all namespaces."""

    def __init__(self) -> None:
        self._books: dict[str, dict[str, Book]] = {}
        self._held: dict[int, Held] = {}
        self._usages: dict[PodInfo, dict[str, Quantity]] = {}
        self._used: Callable[[], None] = lambda: None

    def when_used(self, call: Callable[[], None]) -> None:
        """Have somebody told whenever a quota is put: until then there is nothing to count."""
        self._used = call

    def put(self, quota: ResourceQuota, pods: Mapping[int, PodInfo]) -> None:
        """Create or change a quota.

        Parameters
        ----------
        pods : mapping
            All pods that are there and have not ended, by uid; those of the namespace count.
        """
        self._used()
        namespace, name = quota.metadata.namespace, quota.metadata.name
        before = self._books.get(namespace, {}).get(name)
        for uid, info in pods.items():
            if info.namespace == namespace and uid not in self._held:
                self._held[uid] = Held(namespace, info.spec, self._usage(info))
        counted = (held.counted() for held in self._held.values() if held.namespace == namespace)
        used = lists.mask(usage_stats(counted, quota.spec, 0), quota.spec.hard)
        if before is None or not lists.equals(before.used, used) or before.spec != quota.spec:
            self._books.setdefault(namespace, {})[name] = Book(name, quota.spec, used)

    def _usage(self, info: PodInfo) -> dict[str, Quantity]:
        usage = self._usages.get(info)
        if usage is None:
            usage = self._usages[info] = pod_usage(info.spec)
        return usage

    def _counting(self, namespace: str, spec: PodSpec) -> list[Book]:
        return [book for book in self._books.get(namespace, {}).values() if book.counts(spec)]

    def refusal(self, pod: str, info: PodInfo) -> str:
        """Return why a pod may not be created, as upstream words it; empty when it may."""
        for book in self._counting(info.namespace, info.spec):
            complaint = missing_values(book.spec.hard, info.spec)
            said = f"failed quota: {book.name}: {complaint}" if complaint else book.refusal(self._usage(info))
            if said:
                return f'pods "{pod}" is forbidden: {said}'
        return ""

    def charge(self, uid: int, info: PodInfo) -> None:
        """Count a new pod in."""
        usage = self._usage(info)
        self._held[uid] = Held(info.namespace, info.spec, usage)
        for book in self._counting(info.namespace, info.spec):
            book.charge(usage)

    def free(self, uid: int, *, gone: bool) -> None:
        """Count a pod out that has ended; only one that is gone from the API stops counting as an object."""
        held = self._held.get(uid)
        if held is None:
            return
        left = {} if gone else lists.mask(held.usage, (OBJECT_COUNT,))
        freed = {name: amount for name, amount in held.usage.items() if name not in left}
        for book in self._counting(held.namespace, held.spec):
            book.free(freed)
        if left:
            self._held[uid] = held._replace(usage=left)
        else:
            del self._held[uid]

    def unscoped(self, namespace: str) -> list[tuple[str, ResourceQuotaSpec]]:
        """Return name and spec of the quotas of a namespace that count other objects than pods."""
        books = self._books.get(namespace, {}).values()
        return [(book.name, book.spec) for book in books if not (book.spec.scopes or book.spec.scope_selector)]

    def concerns(self, namespace: str) -> bool:
        """Say whether a namespace has any quota."""
        return namespace in self._books


def _listed(amounts: ResourceList, names: Iterable[str]) -> str:
    return ",".join(f"{name}={format_quantity(amounts.get(name, lists.ZERO))}" for name in names)
