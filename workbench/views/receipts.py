"""A receipt as lines of text: what of a file counts, control plane by control plane, the exceptions field by field."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.experiments.check import Checked
from workbench.formats.receipt import SUMMARY, Receipt, ReceiptLine
from workbench.model.parameters import Treatment
from workbench.views.amounts import control_plane
from workbench.views.i18n import Texts

MARKS = {"honoured": "=", "approximated": "~", "ignored": "-"}
"""What stands before a field."""


def lines(checked: Checked, t: Texts) -> Iterator[str]:
    """Yield what the command line shows for a file that is all right."""
    if checked.scenario is not None:
        scenario = checked.scenario
        said = t(
            "{file}: all right; machines: {machines}, apps: {apps}, faults: {faults}",
            file=checked.file,
            machines=len(scenario.cluster.nodes),
            apps=len(scenario.apps),
            faults=len(scenario.faults),
        )
        yield said
    for receipt in checked.receipts:
        yield from _receipt(receipt, t)


def _receipt(receipt: Receipt, t: Texts) -> Iterator[str]:
    yield f"{receipt.file}:"
    for name, summary in receipt.summaries().items():
        yield f"  {control_plane(t, name)}: {summary.text(t.template(SUMMARY))}"
    for name in receipt.control_planes:
        exceptions = [line for line in receipt.lines if line.treatments[name].status != "honoured"]
        if exceptions:
            yield f"  {control_plane(t, name)}"
            yield from (f"    {_exception(line, line.treatments[name], t)}" for line in exceptions)


def _exception(line: ReceiptLine, how: Treatment, t: Texts) -> str:
    field = f"{line.kind}: {line.path}" if line.path else line.kind
    times = f" (x{line.count})" if line.count > 1 else ""
    note = how.text(t.template(how.note))
    return f"{MARKS[how.status]} {field}{times}" + (f": {note}" if note else "")
