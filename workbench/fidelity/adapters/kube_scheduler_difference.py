"""What differs between a recorded decision and the model's: the first part that does, in words."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.plugins.default_preemption import Candidate, Preemption
from workbench.engines.kubernetes.plugins.dynamic_resources import NO_NEW_CLAIMS
from workbench.engines.kubernetes.runtime import Profile
from workbench.engines.kubernetes.schedule_one import Verdict

Document = Mapping[str, Any]
Parts = dict[str, Any]
"""Name of a part of a decision -> what it is."""


def first_difference(expected: Parts, answered: Parts) -> str:
    """Return the first part that differs; only parts that the record has are compared."""
    for name, value in expected.items():
        if answered.get(name) != value:
            return f"{name}: {_narrowed(value, answered.get(name))}"
    return ""


def _narrowed(expected: Any, answered: Any) -> str:
    """Say what differs; of mappings and equally long lists only the first entry that does."""
    if isinstance(expected, dict) and isinstance(answered, dict):
        for key in sorted({*expected, *answered}):
            if expected.get(key) != answered.get(key):
                return f"{key}: {_narrowed(expected.get(key), answered.get(key))}"
    if isinstance(expected, list) and isinstance(answered, list) and len(expected) == len(answered):
        for number, (left, right) in enumerate(zip(expected, answered, strict=True)):
            if left != right:
                return f"[{number}] {_narrowed(left, right)}"
    return f"expected {expected!r}, the model says {answered!r}"


# -- the scheduling cycle -----------------------------------------------------------------------------------------


def cycle_difference(entry: Document, verdict: Verdict, profile: Profile, *, compact: bool) -> str:
    """Return how the model's cycle differs from the recorded one, or an empty text."""
    expected = _recorded(entry, _COMPACT if compact else _FULL)
    answered = _compact(verdict) if compact else _full(verdict, profile)
    if difference := first_difference(expected, answered):
        return difference
    best = sorted(node.name for node in verdict.best())
    if (entry["chosen"] or None) != (best[0] if best else None):
        return f"chosen: expected {entry['chosen']!r}, the model says {best[0] if best else ''!r}"
    return ""


_FULL: Parts = {
    "preFilter": None, "nominatedFastPath": False, "feasible": [], "infeasible": [], "evaluated": None, "scored": None,
    "skipScore": None, "raw": None, "scores": None, "total": None, "max": None, "ties": None,
}  # fmt: skip
"""Parts in the order in which they come about -> what it means that the record has none; None: not compared."""

_COMPACT: Parts = {
    "nominatedFastPath": False, "n": 0, "rej": {}, "max": None, "nTies": None, "ties": None, "sha": None,
}  # fmt: skip


def _recorded(entry: Document, parts: Parts) -> Parts:
    found = {name: entry.get(name, absent) for name, absent in parts.items()}
    if "infeasible" in found:
        found["infeasible"] = _ordered(found["infeasible"])
    return {name: value for name, value in found.items() if value is not None}


def _full(verdict: Verdict, profile: Profile) -> Parts:
    order = sorted(range(len(verdict.feasible)), key=lambda at: verdict.feasible[at].name)

    def by_name(scores: Mapping[str, list[int]]) -> dict[str, list[int]]:
        return {plugin: [values[at] for at in order] for plugin, values in scores.items()}

    return {
        "preFilter": _pre_filter(verdict),
        "nominatedFastPath": verdict.on_nominated_node,
        "feasible": [verdict.feasible[at].name for at in order],
        "infeasible": _infeasible(verdict),
        "evaluated": verdict.evaluated,
        "scored": len(verdict.feasible) > 1,
        "skipScore": sorted(plugin.name for plugin, _ in profile.scores if plugin.name not in verdict.scores),
        "raw": by_name(verdict.raw),
        "scores": by_name(verdict.scores),
        "total": [verdict.totals[at] for at in order] if verdict.totals else [],
        "max": max(verdict.totals, default=None),
        "ties": sorted(node.name for node in verdict.best()),
    }


def _pre_filter(verdict: Verdict) -> Parts:
    found = verdict.pre_filter
    said: Parts = {"status": "Success", "skip": sorted(found.skipped)}
    if found.refusal is not None:
        plugin, status = found.refusal
        said |= {"status": status.code, "plugin": plugin, "reasons": sorted(status.reasons)}
    if found.narrowed is not None:
        said |= {"nodeNames": sorted(found.narrowed), "byPlugins": sorted(found.narrowed_by)}
    return said


def _infeasible(verdict: Verdict) -> list[Parts]:
    """Return the refused nodes in groups; those that PreFilter left out are in none."""
    found = verdict.pre_filter
    if found.refusal is not None:
        return []
    groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for name, (plugin, status) in verdict.statuses.items():
        if found.narrowed is None or name in found.narrowed:
            groups.setdefault((plugin, status.code, tuple(sorted(status.reasons))), []).append(name)
    return _ordered(
        [
            {"plugin": plugin, "code": code, "reasons": list(reasons), "nodes": sorted(nodes)}
            for (plugin, code, reasons), nodes in groups.items()
        ]
    )


def _ordered(groups: list[Parts]) -> list[Parts]:
    return sorted(groups, key=lambda one: (one["plugin"], one["code"], one["reasons"]))


def _compact(verdict: Verdict) -> Parts:
    best = sorted(node.name for node in verdict.best())
    narrowed = verdict.pre_filter.narrowed
    refusing = Counter(plugin for name, (plugin, _) in verdict.statuses.items() if narrowed is None or name in narrowed)
    return {
        "nominatedFastPath": verdict.on_nominated_node,
        "n": len(verdict.feasible),
        "rej": dict(refusing),
        "max": max(verdict.totals, default=None),
        "nTies": len(best),
        "ties": best,
        "sha": _sha(verdict),
    }


def _sha(verdict: Verdict) -> str:
    totals: list[int | str] = [*verdict.totals] if verdict.totals else ["-"] * len(verdict.feasible)
    named = sorted((node.name, total) for node, total in zip(verdict.feasible, totals, strict=True))
    lines = "".join(f"{name}:{total}\n" for name, total in named)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


# -- preemption ---------------------------------------------------------------------------------------------------


def preemption_difference(entry: Document, found: Preemption, cleared: list[str], *, compact: bool) -> str:
    """Return how the model's preemption differs from the recorded one, or an empty text."""
    expected: Parts = dict(entry.get("preemption") or {})
    if not expected:
        return "preemption: the record has none, the model looked for candidates"
    expected["clearedNominations"] = sorted(expected.get("clearedNominations") or [])
    expected["victims"] = expected["victims"] or []
    for name in ("potentialNodes", "tied", "candidates"):
        if expected[name] is None:  # compact records leave them out
            del expected[name]
    if "candidates" in expected:
        expected["candidates"] = sorted(expected["candidates"], key=lambda one: str(one["node"]))
    said = found.message if compact else f"{NO_NEW_CLAIMS}, preemption: {found.message}"
    tied = sorted(found.tied, key=lambda one: one.node.name)
    answered = {
        "status": "Success" if tied else "Unschedulable",
        "message": said,
        "potentialNodes": sorted(node.name for node in found.potential_nodes),
        "candidates": [_candidate(one) for one in sorted(found.candidates, key=lambda one: one.node.name)],
        "tied": [one.node.name for one in tied],
        "nominated": tied[0].node.name if tied else "",
        "victims": _candidate(tied[0])["victims"] if tied else [],
        "clearedNominations": cleared,
    }
    difference = first_difference(expected, answered)
    return f"preemption: {difference}" if difference else ""


def _candidate(one: Candidate) -> Parts:
    return {
        "node": one.node.name,
        "victims": [victim.key for victim in one.victims],
        "pdbViolations": one.pdb_violations,
    }
