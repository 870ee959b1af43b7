"""A figure in the browser: the whole of it travels as one text and is drawn anew in place.

The kernel always holds the complete figure, so a page that is loaded again, comes late or was made by Voilà shows what
the kernel last knew. plotly.js is sent once per kernel, packed, and run once per page, however many charts there are.
Letters take the colour of the page through its style sheet: a switch from light to dark asks nobody.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from workbench.views.figures.style import PAGE_CSS
from workbench.views.widgets.browser import half

if TYPE_CHECKING:
    import plotly.graph_objects as go

Chosen = Callable[[Any], None]
"""Takes the `customdata` of the point that was clicked."""


class PlotlyScript(anywidget.AnyWidget):
    """plotly.js for every chart of a page; never shown. Use `plotly_script`."""

    _esm = half("page.js", "plotly_script.js")

    packed = traitlets.Bytes().tag(sync=True)
    """The script, gzipped: a third of its 4.8 MB."""


_script: PlotlyScript | None = None
_script_lock = threading.Lock()


def plotly_script() -> PlotlyScript:
    """Return the one script of this kernel; made when first asked for, and again when somebody closed it."""
    global _script
    with _script_lock:
        if _script is None or _script.comm is None:
            from plotly.offline import get_plotlyjs

            packed = gzip.compress(get_plotlyjs().encode(), compresslevel=6, mtime=0)
            _script = PlotlyScript(packed=packed)
        return _script


class Chart(anywidget.AnyWidget):
    """A plotly figure that can be replaced, clicked, read aloud, and pointed into by a clock.

    `show` may be called from any thread.

    Parameters
    ----------
    figure : plotly figure or mapping, optional
        See `show`.
    alt : str
        See `show`.
    traits
        Any of the traits below.

    Examples
    --------
    >>> chart = Chart(figure, alt="Kubernetes places 40 tasks at once, Mesos 8 a second.")
    >>> chart.on_click(print)
    """

    _esm = half("page.js", "chart.js")
    _css = PAGE_CSS + half("chart.css")

    spec = traitlets.Unicode('{"data":[],"layout":{}}').tag(sync=True)
    """The figure as JSON."""
    alt = traitlets.Unicode().tag(sync=True)
    """What the figure shows, for those who do not see it."""
    language = traitlets.Unicode("en").tag(sync=True)
    """Of plotly's own dates: ``en`` or ``zh``."""
    height = traitlets.Int(0, min=0).tag(sync=True)
    """In px; 0 leaves the figure's own."""
    clickable = traitlets.Bool(False).tag(sync=True)
    """Whether points can be chosen, by mouse or by arrow keys and Enter; set by `on_click`."""
    clock = anywidget.WidgetTrait().tag(sync=True)
    """A widget whose trait ``at``, in the unit of the time axes, a hand follows without asking the kernel."""
    time_axes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The x axes that carry a hand, as plotly's traces name them: ``x``, ``x2``."""

    def __init__(self, figure: go.Figure | Mapping[str, Any] | None = None, alt: str = "", **traits: Any) -> None:
        self._showing = threading.RLock()
        self._chosen: list[Chosen] = []
        self._script = plotly_script()
        super().__init__(**traits)
        self.on_msg(self._received)
        if figure is not None:
            self.show(figure, alt)

    def show(
        self,
        figure: go.Figure | Mapping[str, Any],
        alt: str = "",
        *,
        subject: str = "",
        time_axes: Iterable[str] = (),
    ) -> None:
        """Show a figure in place of the one before.

        Parameters
        ----------
        figure : plotly figure or mapping
            With ``data`` and ``layout``; its width is ignored, it takes what room there is.
        alt : str
            What it shows, in a sentence or two.
        subject : str
            What it is about: what the reader did to a figure of the same subject (zoom, hidden traces) is kept.
        time_axes : iterable of str
            See the trait.
        """
        text = json.dumps(_plain(figure, subject), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        with self._showing, self.hold_sync():
            self.spec, self.alt, self.time_axes = text, alt, list(time_axes)

    def on_click(self, chosen: Chosen, remove: bool = False) -> None:
        """Call `chosen` with the `customdata` of every point that is clicked; points without it are not clickable."""
        if remove:
            self._chosen.remove(chosen)
        else:
            self._chosen.append(chosen)
        self.clickable = bool(self._chosen)

    def click(self, customdata: Any) -> None:
        """Do what a click on the point with this `customdata` does."""
        for chosen in tuple(self._chosen):
            chosen(customdata)

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("kind") == "click" and content.get("customdata") is not None:
            self.click(content["customdata"])


def _plain(figure: go.Figure | Mapping[str, Any], subject: str) -> dict[str, Any]:
    """Return a figure as JSON values, with the mark by which plotly tells whether it is about the same."""
    plain = dict(figure) if isinstance(figure, Mapping) else json.loads(figure.to_json(validate=False))
    layout = {"uirevision": subject, **plain.get("layout", {})}
    return {"data": plain.get("data", []), "layout": layout}
