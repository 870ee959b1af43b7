"""PriorityClass.

Source: kubernetes/api, scheduling/v1/types.go.
"""

from __future__ import annotations

from typing import ClassVar

from workbench.model.native.kubernetes.meta import KubeObject


class PriorityClass(KubeObject, frozen=True, kw_only=True):
    """A named priority; the one marked global default counts for pods that name none."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"description"})

    api_version: str = "scheduling.k8s.io/v1"
    kind: str = "PriorityClass"
    value: int = 0
    global_default: bool = False
    preemption_policy: str = "PreemptLowerPriority"
