"""The finding line: one sentence that never jumps, and how far the repeats are."""

from __future__ import annotations

from html import escape

import ipywidgets


class FindingLine(ipywidgets.VBox):
    """One sentence; grey while a run goes on that may change it."""

    def __init__(self) -> None:
        self.sentence = ipywidgets.HTML()
        self.progress = ipywidgets.FloatProgress(0.0, max=1.0)
        self.sentence.add_class("workbench-sentence")
        super().__init__([self.sentence, self.progress])
        self.add_class("workbench-finding")
        self.idle()

    def say(self, said: str, before: str = "") -> None:
        """Say a sentence, with a few words `before` it in bold."""
        lead = f"<b>{escape(before)}</b> " if before else ""
        self.sentence.remove_class("workbench-error")
        self.sentence.value = f'<span role="status" title="{escape(said)}">{lead}{escape(said)}</span>'

    def fail(self, said: str) -> None:
        """Say what went wrong."""
        self.sentence.add_class("workbench-error")
        self.sentence.value = f'<span role="alert" title="{escape(said)}">{escape(said)}</span>'

    def busy(self) -> None:
        """A run has begun: what stands here may change."""
        self.sentence.add_class("workbench-stale")

    def advance(self, part: float) -> None:
        """Show how much of the repeats is done, from 0 to 1."""
        self.progress.value = part
        self.progress.layout.visibility = "visible"

    def idle(self) -> None:
        """No run goes on."""
        self.sentence.remove_class("workbench-stale")
        self.progress.layout.visibility = "hidden"
        self.progress.value = 0.0
