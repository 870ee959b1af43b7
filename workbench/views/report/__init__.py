"""The report: a first page that stands alone, everything else folded behind it, in both languages.

| A reader asks | and opens |
|---|---|
| What is on page one? | `page.py` |
| What is in the appendix? | `appendix/`, made of `blocks.py` |
| What was refused most, who waited longest, and why? | `decisions.py`, `explained.py` |
| What is a report made from? | `material.py` |
| Where do the dots come from? | `dots.py` |
| What is embedded, so that it can be run again? | `provenance.py`, `redaction.py` |
| How does it become a file? | `files.py`; HTML `html.py`, Markdown `markdown.py`, CSV and JSON `tables.py` |
| What does the terminal show? | `terminal.py` |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.experiments.compare import Comparison
from workbench.formats.receipt import Receipt
from workbench.model.parameters import Value
from workbench.views.report import files
from workbench.views.report.material import Material
from workbench.views.report.terminal import summary

FORMATS = ("html", "md", "csv", "json")
"""What a report can be written as."""

__all__ = ["FORMATS", "report", "summary"]


def report(
    comparison: Comparison,
    out: Path | str = "out",
    *,
    formats: Sequence[str] = FORMATS,
    language: str = "en",
    receipts: Iterable[Receipt] = (),
    fidelity: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Value] | None = None,
) -> list[Path]:
    """Write the report of a comparison and return its files, one per format, called after the scenario.

    Parameters
    ----------
    out : path
        Folder; made if it is not there. Nothing half-written is ever left in it.
    formats : sequence of str
        Any of `FORMATS`.
    language : str
        ``en`` or ``zh``: of the Markdown file, and of the HTML file when it is opened; that one holds both.
    receipts : iterable of Receipt
        What became of the fields of the scenario's own files.
    fidelity : mapping, optional
        Agreement with the real systems: family -> ``{"agree": number, "of": number}``.
    overrides : mapping, optional
        What was changed on the command line: dotted path -> value, for the command that runs it again.

    Raises
    ------
    InputError
        When the folder or a file cannot be written.
    WorkbenchError
        For an unknown language or format.
    """
    material = Material(comparison, tuple(receipts), dict(fidelity or {}), dict(overrides or {}))
    return files.write(material, Path(out), tuple(formats), language)
