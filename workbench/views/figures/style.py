"""How every figure looks: colours, marks, letters, margins, and the axis of time in words.

Fixed everywhere: Kubernetes is blue, solid, a circle; Mesos is orange, hatched, a square; Kubernetes stands left. The
colours keep a contrast of 3:1 or more on white and on near-black, and stay apart for colour-blind eyes (Okabe and Ito,
Color Universal Design, 2008, adjusted in lightness). Backgrounds are transparent, so a figure fits a light page and a
dark one; `PAGE_CSS` lets its letters take the colour of the page's own.

Figures are built as plain dictionaries; plotly is imported when the first one is made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.model.clock import SECOND_US, to_seconds
from workbench.views.amounts import control_plane, duration
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

Spec = dict[str, Any]
"""A part of a plotly figure as a plain dictionary."""

INK = "#777777"
"""Letters and axes: legible on white and on near-black alike."""
GRID = "rgba(128,128,128,0.22)"
IDLE = "rgba(128,128,128,0.16)"
"""What nobody uses."""
ALARM = "#C8443C"
"""Faults and their consequences."""

GREYS = ("#4F4F4F", "#9A9A9A", "#C4C4C4", "#767676", "#8C8C8C", "#D2D2D2", "#5A5A5A", "#B4B4B4", "#6A6A6A")
"""Parts that do not differ; neighbours can be told apart."""
PALETTE = ("#AA4499", "#44A08F", "#C9577A", "#8C8A2E", "#5B9BC8", "#B07A4A", "#7A6FD0", "#5F9E3A", "#2E8C8C")
"""Things that belong to neither system: apps, phases."""

LIGHT = 0.47
"""Colours from this lightness on, of 1, carry black letters; darker ones white letters."""

FONT = (
    "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', "
    "'Hiragino Sans GB', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif"
)
TITLE_SIZE, LABEL_SIZE, TICK_SIZE = 15, 13, 12

PAGE_CSS = ".js-plotly-plot .main-svg text[style*='rgb(119, 119, 119)'] { fill: currentColor !important; }"
"""Put into the page that shows figures: letters in `INK` take the colour of the text around them, light or dark."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a control plane is drawn.

    Parameters
    ----------
    colour : str
        Of lines, areas and its name.
    dash, symbol, pattern : str
        Plotly's names for its line, its marker and the hatching of its areas (empty: solid).
    mark : str
        The symbol as a letter, in front of its name.
    """

    colour: str
    dash: str
    symbol: str
    pattern: str
    mark: str


LOOKS: Mapping[str, Look] = {
    "kubernetes": Look("#2F7ED8", "solid", "circle", "", "●"),
    "mesos": Look("#DD7700", "solid", "square", "/", "■"),
    "static-partitions": Look("#2E9E7A", "dash", "diamond", ".", "◆"),
    "kubernetes-on-mesos": Look("#B5446E", "dashdot", "cross", "x", "✚"),
}
OWN = (
    Look("#8C6BB1", "dot", "triangle-up", "\\", "▲"),
    Look("#12808C", "longdash", "triangle-down", "-", "▼"),
    Look("#8A6D00", "longdashdot", "star", "+", "★"),
    Look("#5F6B76", "dash", "hexagon", "|", "⬢"),
)
"""Of a scenario's own sides, in its order; with more than these they come again."""


def look(t: Texts, side: str) -> Look:
    """Return how a side is drawn: a control plane as everywhere, a scenario's own sides by their place in it."""
    if side in LOOKS:
        return LOOKS[side]
    own = list(t.sides)
    return OWN[own.index(side) % len(OWN) if side in own else 0]


def tinted(colour: str, opacity: float) -> str:
    """Return a ``#rrggbb`` colour with an opacity between 0 and 1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def hatching(shape: str, colour: str) -> Spec:
    """Return the hatching of an area below a line; an empty shape leaves it solid."""
    return {"shape": shape, "fgcolor": tinted(colour, 0.45), "bgcolor": tinted(colour, 0.1), "fgopacity": 1, "size": 10}


# -- letters ------------------------------------------------------------------------------------------------


def short(name: str, longest: int = 40) -> str:
    """Return a name from a user's file for a sentence: one line, not too long, nothing invisible."""
    line = " ".join("".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in name).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def escaped(text: str) -> str:
    """Return a text as plotly shows it letter by letter: no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(name: str, longest: int = 40) -> str:
    """Return a name from a user's file for use inside a figure."""
    return escaped(short(name, longest))


def letters_on(colour: str) -> str:
    """Return the colour of letters that can be read on a colour ``#RRGGBB``."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return "#111111" if 0.299 * red + 0.587 * green + 0.114 * blue > LIGHT else "#FFFFFF"


def width(text: str) -> int:
    """Return how many columns a text takes: a Chinese character counts two, an entity one, a tag none."""
    shown = re.sub(r"&\w+;", "x", re.sub(r"<[^>]*>", "", text))
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in shown)


_CHINESE = r"\u2e80-\u9fff\uff00-\uffef"
_WORD = rf"(?:[{_CHINESE}]|[^\s\0{_CHINESE}]+)"
_OPENING = r"[\u201c\u300a\u300c\uff08]*"
_CLOSING = r"[,.;:!?)\u3001\u3002\u300b\u300d\u201d\uff01\uff09\uff0c\uff1a\uff1b\uff1f]*"
_PIECES = re.compile(rf"{_OPENING}{_WORD}(?:\0{_WORD})*{_CLOSING}|\s+")
"""What a line keeps together: a word or Chinese character, what opens and closes it, and what a zero joins."""
_JOINED = re.compile(r"(?<=\d) (?=\S)|(?<=min) (?=\d)|(?<= [hd分时天]) (?=\d)|(?<=小时|分钟) (?=\d)")
"""The spaces inside an amount: 5 min 50 s."""


STOPS = (",", ";", ":", ".", "，", "；", "：", "。", "、")
A_LITTLE_LONGER = 1.4
"""So many times as long as the shortest possible a line may be to end at a stop."""


def lines(text: str, columns: int) -> list[str]:
    """Return `text` cut into lines of at most `columns` columns; Chinese may break between characters."""
    done, line = [], ""
    for piece in _PIECES.findall(_JOINED.sub("\0", text)):
        if line.strip() and width(line + piece.rstrip()) > columns:
            done.append(line.strip())
            line = ""
        line += piece.replace("\0", " ")
    return [*done, line.strip()] if line.strip() else done


def balanced(text: str, columns: int) -> list[str]:
    """Return `text` in as few lines of at most `columns` columns as it takes.

    They are of about equal length, or end where the sentence has a stop if that is not far off.
    """
    count = len(lines(text, columns))
    narrowest = -(-width(text) // max(1, count))
    ways = [way for narrow in range(narrowest, columns + 1) if len(way := lines(text, narrow)) == count]
    near = [way for way in ways if max(map(width, way)) <= narrowest * A_LITTLE_LONGER]
    stopped = (way for way in near if all(line.endswith(STOPS) for line in way[:-1]))
    return next(stopped, ways[0] if ways else lines(text, columns))


# -- time ---------------------------------------------------------------------------------------------------

TICK_STEPS_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
    60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400,
)  # fmt: skip
"""Distances between marks on an axis of time, in s: those that people count in."""


def ticks(low_us: int, high_us: int, most: int) -> list[int]:
    """Return at most `most` round times between two times, in microseconds."""
    span = max(1, high_us - low_us)
    steps = [round(step * SECOND_US) for step in TICK_STEPS_S]
    step = next((step for step in steps if span / step < most), 0) or 86400 * SECOND_US * -(-span // steps[-1] // most)
    return list(range(-(-low_us // step) * step, high_us + 1, step))


def seconds(at_us: int) -> float:
    """Return a time as the number a figure holds: seconds."""
    return to_seconds(at_us)


def time_axis(t: Texts, low_us: int, high_us: int, title: str, most: int = 6) -> Spec:
    """Return an axis of time whose marks read as people say them: 30 s, 5 min, 5 min 30 s."""
    at = ticks(low_us, high_us, most)
    return {
        **axis(title),
        "range": [seconds(low_us), seconds(high_us)],
        "tickmode": "array",
        "tickvals": [seconds(time) for time in at],
        "ticktext": [duration(t, seconds(time)) for time in at],
        "tickangle": 0,
    }


def axis(title: str = "") -> Spec:
    """Return a plain axis; its title says what is plotted."""
    return {
        "title": {"text": title, "font": {"size": LABEL_SIZE}, "standoff": 8},
        "tickfont": {"size": TICK_SIZE},
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": INK,
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": INK,
        "automargin": True,
    }


def count_axis(title: str, highest: float, most: int = 6) -> Spec:
    """Return an axis of whole numbers from 0 to a little above `highest`."""
    top = max(1.0, highest)
    step = next(
        step * 10**power for power in range(12) for step in (1, 2, 5) if top / (step * 10**power) <= max(1, most - 1)
    )
    return {**axis(title), "range": [0, top * 1.25], "tickmode": "linear", "tick0": 0, "dtick": step}


# -- the whole ----------------------------------------------------------------------------------------------

TITLE_COLUMNS = 70
"""The longest line of a title in a figure 640 pixels wide, the narrowest one is meant for."""
AXIS_PIXELS = 52
"""Height of the marks and the title of the lowest axis."""
LEGEND_PIXELS = 33
"""Height of a legend of one row."""
LEFT, RIGHT = 58, 26
"""Margins in pixels."""


def side_label(t: Texts, side: str) -> str:
    """Return a control plane's name behind its mark, in its colour."""
    seen = look(t, side)
    return f'<span style="color:{seen.colour}">{seen.mark}</span> {plain(control_plane(t, side))}'


def figure(
    data: Iterable[Spec],
    title: str,
    *,
    height: int,
    legend: bool = False,
    above: int = 0,
    left: int = LEFT,
    **layout: Any,
) -> go.Figure:
    """Return a figure with the house's letters, title, margins and legend.

    Parameters
    ----------
    title : str
        The finding, without markup; wrapped here.
    height : int
        Pixels of the plotting area; title, axes and legend come on top.
    above : int
        Pixels between title and plotting area, for the names of panels.
    left : int
        Pixels for the words left of the plotting area.
    layout
        Axes, annotations and shapes.
    """
    import plotly.graph_objects as go

    said = balanced(escaped(title), TITLE_COLUMNS)
    top = 34 + round(TITLE_SIZE * 1.3) * (len(said) - 1) + above
    data = list(data)
    bottom = AXIS_PIXELS + (LEGEND_PIXELS if legend else 0)
    total = height + top + bottom
    whole: Spec = {
        "template": {},
        "title": {
            "text": "<br>".join(f"<b>{line}</b>" for line in said),
            "font": {"size": TITLE_SIZE},
            "x": 0, "xref": "container", "xanchor": "left", "pad": {"l": 10},
            # plotly puts the first of several lines on `y` whatever the anchor; "bottom" puts a single one there too
            "y": 1 - 22 / total, "yref": "container", "yanchor": "bottom",
        },
        "font": {"family": FONT, "size": LABEL_SIZE, "color": INK},
        "height": total,
        "margin": {"l": left, "r": RIGHT, "t": top, "b": bottom, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": legend,
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "font": {"family": FONT, "size": TICK_SIZE}},
        "dragmode": False,
        **layout,
    }  # fmt: skip
    if legend:
        whole["legend"] = _legend(height)
    return go.Figure(data=data, layout=whole)


def _legend(height: int) -> Spec:
    """Return a legend below the axes of a plotting area so many pixels high; further rows take from that area."""
    return {
        "orientation": "h", "x": 0, "xref": "paper", "xanchor": "left",
        "y": -AXIS_PIXELS / height, "yref": "paper", "yanchor": "top",
        "font": {"size": TICK_SIZE}, "bgcolor": "rgba(0,0,0,0)", "itemclick": False, "itemdoubleclick": False,
        "traceorder": "normal",
    }  # fmt: skip


def named_once(data: Iterable[Spec], unnamed: Iterable[str] = ("",)) -> list[Spec]:
    """Return the traces with each legend group named in the legend once, those in `unnamed` not at all."""
    named, traces = set(unnamed), list(data)
    for trace in traces:
        trace["showlegend"] = trace["legendgroup"] not in named
        named.add(trace["legendgroup"])
    return traces


def note(text: str, x: float, y: float, **place: Any) -> Spec:
    """Return the annotation on the spot that matters: letters with a thin arrow to the point."""
    return {
        "text": text, "x": x, "y": y, "showarrow": True, "arrowhead": 0, "arrowwidth": 1.2, "arrowcolor": INK,
        "font": {"size": LABEL_SIZE}, "align": "left", **place,
    }  # fmt: skip


def some(t: Texts, names: Sequence[str], most: int = 6) -> str:
    """Return lines of a hover text, the first few of many."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(t("and {count} more", count=len(names) - most))
    return "<br>".join(shown)
