"""Export: the report of what is on view, made in a thread of its own, so that sliders stay live meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any

from workbench.experiments.check import receipts
from workbench.experiments.compare import Comparison, deepened
from workbench.fidelity.agreement import agreement
from workbench.model.parameters import Value
from workbench.views.report.html import as_html
from workbench.views.report.material import Material
from workbench.views.widgets.download import Download, File


class Export(Download):
    """A download button whose file may take a while."""

    def _received(self, widget: Any, content: Mapping[str, Any], buffers: Any) -> None:
        arguments = (super()._received, widget, content, buffers)
        work = threading.Thread(target=copy_context().run, args=arguments, name="workbench-export", daemon=True)
        try:
            work.start()
        except RuntimeError:  # no threads here: the reader waits
            super()._received(widget, content, buffers)


def report_file(
    comparison: Comparison, overrides: Mapping[str, Value], language: str, cancelled: Callable[[], bool]
) -> File:
    """Return the report of a comparison, completed first with equal defaults and levers, as one HTML file."""
    whole = deepened(comparison, cancelled=cancelled)
    material = Material(whole, receipts(whole.scenario), agreement(), dict(overrides))
    return File(f"{material.stem}.html", "text/html", as_html(material, language).encode())
