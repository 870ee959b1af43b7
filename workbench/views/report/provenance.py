"""Everything it takes to make the same numbers again, as plain values ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.engines.kubernetes import Policy
from workbench.engines.volumes.registry import OwnKind
from workbench.experiments.compare import Row, Turn
from workbench.experiments.statistics import Difference
from workbench.experiments.variants import differing
from workbench.formats.receipt import Receipt
from workbench.views.report.material import Material
from workbench.views.report.redaction import document, file_name, files

NEVER = None
"""How JSON says that something did not happen within the run; it has no infinity."""


def provenance(material: Material) -> dict[str, Any]:
    """Return scenario, files, seeds, version, settings, digests and every measured value."""
    comparison, scenario = material.comparison, material.scenario
    return {
        "made_by": {"name": "wavetank", "version": material.version},
        "command": material.command,
        "fingerprint": material.fingerprint,
        "scenario": document(scenario),
        "files": files(scenario),
        "sides": list(comparison.sides),
        "differing": [{"path": one.path, "values": dict(one.values)} for one in differing(scenario, comparison.sides)],
        "policies": {
            name: {"registered": one.call, "source": one.source}
            for name, one in scenario.policies.items()
            if isinstance(one, Policy)
        },
        "volume_kinds": {
            one.name: {"registered": one.written, "source": one.source}
            for one in scenario.volume_kinds
            if isinstance(one, OwnKind)
        },
        "seeds": list(comparison.seeds),
        "settings": dict(scenario.settings.values),
        "digests": {side: f"sha256:{digest}" for side, digest in comparison.digests.items()},
        "measured": _rows(comparison.rows),
        "measured_with_equal_defaults": _rows(comparison.equalised),
        "levers": [_turn(turn) for turn in comparison.turns],
        "receipts": [_receipt(receipt) for receipt in material.receipts],
        "fidelity": dict(material.fidelity or {}),
        "note": "null among measured values: it did not happen within the run",
    }


def _rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [
        {
            "measure": row.measure,
            "unit": row.metric.unit,
            "meaning": row.metric.meaning,
            "values": {side: [_number(one) for one in values] for side, values in row.values.items()},
            "difference": _difference(row.difference),
            **_against(row),
        }
        for row in rows
    ]


def _against(row: Row) -> dict[str, Any]:
    """Return every side against the first, where there are more than two."""
    if not row.others:
        return {}
    first = next(iter(row.values))
    told = {
        side: {
            **_difference(apart),
            "of": f"{side} less {first}, pair by pair",
            "p_after_holm": apart.corrected,
            "verdict": VERDICTS[apart.verdict],
        }
        for side, apart in row.against.items()
    }
    return {"against_first": told}


VERDICTS = {"first": "higher than the first side", "second": "lower than the first side", "close": "too close to call"}


def _difference(apart: Difference) -> Mapping[str, Any]:
    return {
        "of": "second side less first, pair by pair",
        "mean": _number(apart.mean),
        "interval_95": [_number(apart.low), _number(apart.high)],
        "first_lower": apart.first_lower,
        "second_lower": apart.second_lower,
        "smallest_that_counts": apart.grain,
        "verdict": {"first": "first side lower", "second": "second side lower"}.get(apart.verdict, "too close to call"),
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "path": turn.path,
        "values": list(turn.values),
        "differences": [_difference(one) for one in turn.differences],
        "changes_between": [list(pair) for pair in turn.turns],
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "file": file_name(receipt.file),
        "fields": [{**row, "file": file_name(row["file"])} for row in receipt.rows()],
    }


def _number(one: float) -> float | None:
    return one if math.isfinite(one) else NEVER
