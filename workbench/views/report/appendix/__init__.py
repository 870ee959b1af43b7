"""The appendix: what a careful reader asks for, each subject under its own letter, only where there is any.

| Letter | and opens |
|---|---|
| A the scenario | `scenario.py` |
| B placement, waiting, every measure | `measures.py` |
| E notable decisions | `notable.py` |
| F what became of the files, G settings | `inputs.py` |
| H agreement, I data and provenance, J references | `grounds.py` |

C (scaling) and D (stateful) are kept free for scenarios that exercise them.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.views.i18n import Texts
from workbench.views.report.appendix.grounds import agreement, data, references
from workbench.views.report.appendix.inputs import receipts, settings
from workbench.views.report.appendix.measures import measures
from workbench.views.report.appendix.notable import notable
from workbench.views.report.appendix.scenario import scenario
from workbench.views.report.blocks import Section
from workbench.views.report.material import Material

SECTIONS: tuple[Callable[[Texts, Material], Section], ...] = (
    scenario, measures, notable, receipts, settings, agreement, data, references,
)  # fmt: skip
"""In the order of their letters."""


def appendix(t: Texts, material: Material) -> list[Section]:
    """Return the sections that have something in them."""
    return [section for make in SECTIONS if (section := make(t, material)).filled]
