"""One time line for everything on the stage: play, pause, drag, jump from fault to fault.

Time runs in the browser. Charts that name the clock follow it there (`chart.Chart`, `clock`); the kernel hears of it a
few times a second, and when the reader lets go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.views.figures.style import ALARM
from workbench.views.widgets.browser import half

SPEEDS = (1.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Simulated seconds per second that can be chosen."""


class ScrubberClock(anywidget.AnyWidget):
    """A time line with a play button; `at` is where it stands.

    Parameters
    ----------
    end : float
        Where the time line ends, in s; it starts at 0.
    at : float
        Where it stands at first, in s.
    marks : iterable of (float, str)
        Faults and what else is to be seen on the line: time in s, and its name.
    words : mapping
        ``play``, ``pause``, ``time`` and ``speed`` in the reader's language, for tooltips and reading aloud.
    traits
        `speed` and those of any widget.
    """

    _esm = half("scrubber_clock.js")
    _css = f":root {{ --workbench-alarm: {ALARM}; }}\n" + half("scrubber_clock.css")

    # The page that moves it is ahead of the kernel; an echo would pull it back.
    at = traitlets.Float(0.0, min=0.0).tag(sync=True, echo_update=False)
    """In s."""
    end = traitlets.Float(1.0, min=1e-6).tag(sync=True)
    """In s."""
    playing = traitlets.Bool(False).tag(sync=True, echo_update=False)
    speed = traitlets.Float(30.0, min=0.0).tag(sync=True, echo_update=False)
    """Simulated seconds per second."""
    speeds = traitlets.List(traitlets.Float(), list(SPEEDS)).tag(sync=True)
    marks = traitlets.List(traitlets.Tuple(traitlets.Float(), traitlets.Unicode())).tag(sync=True)
    words = traitlets.Dict(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        end: float,
        at: float = 0.0,
        marks: Iterable[tuple[float, str]] = (),
        words: Mapping[str, str] | None = None,
        **traits: Any,
    ) -> None:
        ordered = [(float(time), name) for time, name in sorted(marks)]
        super().__init__(end=end, at=min(at, end), marks=ordered, words=dict(words or {}), **traits)

    def reset(self, end: float, at: float, marks: Iterable[tuple[float, str]]) -> None:
        """Stop, and stand at another time of another run; all in s."""
        with self.hold_sync():
            self.playing = False
            self.end, self.at = float(end), float(min(at, end))
            self.marks = [(float(time), name) for time, name in sorted(marks)]

    @traitlets.validate("at")
    def _within(self, proposal: Mapping[str, Any]) -> float:
        return float(min(proposal["value"], self.end))
