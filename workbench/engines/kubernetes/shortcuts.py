"""Marks on the rules of plugins: what a rule looks at, and a quicker way to the same answer.

A mark belongs to the function that is the rule, not to the plugin: whoever overrides `filter` or `score` in a class
of their own leaves the marks behind, and their rule is asked each time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from workbench.engines.kubernetes.framework import Plugin, ScorePlugin, Status
    from workbench.engines.kubernetes.node_info import NodeInfo
    from workbench.engines.kubernetes.pod_info import PodInfo

Rule = TypeVar("Rule", bound=Callable[..., Any])

Check = Callable[["NodeInfo"], "Status | None"]
"""A filter with plugin, state and pod filled in."""

Score = Callable[["NodeInfo"], int]
"""The same of a score."""


def by_sums(rule: Rule) -> Rule:
    """Say that, for one pod, the answer follows from what the node has and the sums over its pods (`NodeInfo.sums`)."""
    rule.by_sums = True  # type: ignore[attr-defined]  # a mark on the function
    return rule


def by_objects(rule: Rule) -> Rule:
    """Say that, for one pod, the answer changes with objects of nodes only, not with pods and not with feasibility."""
    rule.by_objects = True  # type: ignore[attr-defined]  # a mark on the function
    return rule


def quick(make: Callable[..., Any]) -> Callable[[Rule], Rule]:
    """Name the function that fills in plugin, state and pod of a rule; it gives None where it knows no quicker way."""

    def mark(rule: Rule) -> Rule:
        rule.quick = make  # type: ignore[attr-defined]  # a mark on the function
        return rule

    return mark


def is_by_sums(rule: Callable[..., Any]) -> bool:
    """Say whether a rule has that mark."""
    return getattr(rule, "by_sums", False)


def is_by_objects(rule: Callable[..., Any]) -> bool:
    """Say whether a rule has that mark."""
    return getattr(rule, "by_objects", False)


def checker(plugin: Plugin, state: Any, pod: PodInfo) -> Check:
    """Return the filter of a plugin as a function of the node."""
    return _filled_in(plugin, plugin.filter, state, pod)


def scorer(plugin: ScorePlugin, state: Any, pod: PodInfo) -> Score:
    """Return the score of a plugin as a function of the node."""
    return _filled_in(plugin, plugin.score, state, pod)


def _filled_in(plugin: Any, rule: Callable[..., Any], state: Any, pod: PodInfo) -> Callable[[NodeInfo], Any]:
    make = getattr(rule, "quick", None)
    found: Callable[[NodeInfo], Any] | None = None if make is None else make(plugin, state, pod)
    return partial(rule, state, pod) if found is None else found
