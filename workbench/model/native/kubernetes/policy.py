"""PodDisruptionBudget.

Source: kubernetes/api, policy/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import IntOrString, KubeObject, KubeStruct, LabelSelector


class PodDisruptionBudgetSpec(KubeStruct, frozen=True, kw_only=True):
    """Either how many pods must stay, or how many may be missing."""

    min_available: IntOrString | None = None
    max_unavailable: IntOrString | None = None
    selector: LabelSelector | None = None
    unhealthy_pod_eviction_policy: str | None = None


class PodDisruptionBudgetStatus(KubeStruct, frozen=True, kw_only=True):
    """How many voluntary disruptions are allowed right now, as counted by a server."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"observedGeneration", "conditions"})

    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    disrupted_pods: Mapping[str, str] = msgspec.field(default_factory=dict)


class PodDisruptionBudget(KubeObject, frozen=True, kw_only=True):
    """Bounds what maintenance and preemption may take away at once."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "policy/v1"
    kind: str = "PodDisruptionBudget"
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()
