"""What agrees at present, as the report states it. A test keeps the file `agreement.json` current."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from workbench.fidelity.verdicts import Report

Agreement = Mapping[str, Mapping[str, int]]
"""Family -> ``agree`` and ``of``: the cases that agree, and the applicable ones."""


def agreement() -> Agreement:
    """Return the agreement by family, from the records that the project carries."""
    text = files("workbench.fidelity").joinpath("agreement.json").read_text(encoding="utf-8")
    found: Agreement = json.loads(text)
    return found


def agreement_of(report: Report) -> Agreement:
    """Return the agreement that a report found, families in alphabetical order."""
    families = sorted(report.families, key=lambda one: one.key)
    return {one.key: {"agree": one.agree, "of": one.cases} for one in families}


def written(found: Agreement) -> str:
    """Return the content of the file."""
    return json.dumps(found, indent=1) + "\n"
