"""A node that is shut down gracefully: which pods are stopped when, and how long does each group get?

Source: kubernetes, pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, migrateConfig and groupByPriority (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workbench.engines.kubernetes.oom_score import SYSTEM_CRITICAL_PRIORITY

DEFAULT_PRIORITY = 0


class Group(NamedTuple):
    """Pods from this priority on get so much time."""

    priority: int
    grace_us: int


def migrate_config(grace_us: int, critical_grace_us: int) -> tuple[Group, ...]:
    """Return the two groups of the plain settings; none when graceful shutdown is off.

    Parameters
    ----------
    grace_us : int
        Time for everything.
    critical_grace_us : int
        The last part of it, which is kept for critical pods; if it is longer than the whole, the feature is off.
    """
    if grace_us == 0 or critical_grace_us > grace_us:
        return ()
    return Group(DEFAULT_PRIORITY, grace_us - critical_grace_us), Group(SYSTEM_CRITICAL_PRIORITY, critical_grace_us)


def group_by_priority(groups: Iterable[Group], priorities: Mapping[str, int]) -> list[tuple[Group, list[str]]]:
    """Return the groups in the order of shutdown, each with its pods.

    A pod joins the highest group that is not above its own priority; those below all groups join the lowest.
    """
    shutdown: list[tuple[Group, list[str]]] = [(group, []) for group in sorted(groups)]
    for name, priority in priorities.items():
        place = max((number for number, (group, _) in enumerate(shutdown) if group.priority <= priority), default=0)
        shutdown[place][1].append(name)
    return shutdown
