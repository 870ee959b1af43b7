"""Why no node would do, in upstream's words and as the trace writes it.

Source: kubernetes, pkg/scheduler/framework/types.go, FitError (version 1.34).
"""

from __future__ import annotations

from collections.abc import Mapping

Rejected = dict[tuple[str, str], int]
"""(plugin, reason) -> number of nodes."""


def fit_error(all_nodes: int, rejected: Mapping[tuple[str, str], int]) -> str:
    """Return the message that upstream writes when no node would do (FitError.Error).

    Example: ``0/8 nodes are available: 3 node(s) were unschedulable, 5 Insufficient cpu.`` Reasons are sorted as
    texts, numbers first, as upstream sorts them.
    """
    counts: dict[str, int] = {}
    for (_, reason), count in rejected.items():
        counts[reason] = counts.get(reason, 0) + count
    parts = sorted(f"{count} {reason}" for reason, count in counts.items())
    return f"0/{all_nodes} nodes are available: {', '.join(parts)}." if parts else f"0/{all_nodes} nodes are available."


def dominant_reason(rejected: Mapping[tuple[str, str], int]) -> str:
    """Return the reason that most nodes gave; of equals the first as a text. Empty when nobody refused."""
    counts: dict[str, int] = {}
    for (_, reason), count in rejected.items():
        counts[reason] = counts.get(reason, 0) + count
    return min(counts, key=lambda reason: (-counts[reason], reason), default="")


def rejected_text(rejected: Mapping[tuple[str, str], int]) -> str:
    """Return the counts as the trace writes them: ``plugin/reason=count``, separated by ``; ``."""
    return "; ".join(f"{plugin}/{reason}={count}" for (plugin, reason), count in sorted(rejected.items()))
