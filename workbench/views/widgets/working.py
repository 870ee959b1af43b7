"""What widgets share that show what a worker finds: waiting for it, what is said when it fails, the end of it."""

from __future__ import annotations

from html import escape

import ipywidgets

from workbench.errors import WorkbenchError
from workbench.views.i18n import Texts
from workbench.views.widgets.runner import LatestRunner


class Working(ipywidgets.VBox):
    """A view that a worker fills; `words` says how far it is, or what went wrong."""

    words: ipywidgets.HTML
    _t: Texts
    _runner: LatestRunner

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the worker is done; return whether that came about within `timeout` seconds."""
        return self._runner.wait(timeout)

    def close(self) -> None:
        """End the worker and take everything off the page."""
        self._runner.close()
        for one in self.children:
            one.close()
        super().close()

    def _failed(self, error: BaseException) -> None:
        why = self._t.error(error) if isinstance(error, WorkbenchError) else str(error) or type(error).__name__
        self.words.value = f'<pre role="alert">{escape(why)}</pre>'
