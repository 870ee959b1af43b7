"""How sure a difference is, without jargon: a strip with one dot per repeat and a line at zero.

To the left of the line the first control plane had the lower value, to the right the second: each on its own side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.experiments.statistics import Difference
from workbench.views.figures.style import look
from workbench.views.i18n import Texts

WIDTH, HEIGHT = 132.0, 26.0
"""Of a strip, in px."""

SIZES = ((40, 2.6), (110, 1.8), (250, 1.3))
"""Up to so many repeats dots have this radius, in px; of more, so many are drawn, evenly picked."""

NEUTRAL = "#8a8a8a"
"""Of repeats in which the sides differ by less than is worth speaking of."""


@dataclass(frozen=True, slots=True)
class Dot:
    """Where a repeat is drawn: px from the line at zero, positive to the right, and px above the base."""

    pair: float
    x: float
    y: float


def strip(t: Texts, difference: Difference, sides: Sequence[str], said: str) -> str:
    """Return the strip as inline SVG.

    Parameters
    ----------
    sides : sequence of str
        The control planes; dots where the first is lower lie left.
    said : str
        The same in words, already escaped, for readers who cannot see it.
    """
    radius = _radius(len(difference.pairs))
    marks = "".join(_mark(t, dot, difference.grain, sides, radius) for dot in layout(difference, radius))
    middle, base = WIDTH / 2, HEIGHT - 1
    return (
        f'<svg class="strip" role="img" aria-label="{said}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}"><title>{said}</title>'
        f'<line class="base" x1="0" x2="{WIDTH:g}" y1="{base:g}" y2="{base:g}"/>'
        f'<line class="zero" x1="{middle:g}" x2="{middle:g}" y1="0" y2="{HEIGHT:g}"/>{marks}</svg>'
    )


def _radius(repeats: int) -> float:
    return next((radius for most, radius in SIZES if repeats <= most), SIZES[-1][1])


def layout(difference: Difference, radius: float) -> list[Dot]:
    """Return a place for every dot: as near to its value as there is room, never across the line at zero."""
    pairs = sorted(difference.pairs, key=lambda pair: (abs(pair), pair))
    if len(pairs) > SIZES[-1][0]:
        pairs = [pairs[index * len(pairs) // SIZES[-1][0]] for index in range(SIZES[-1][0])]
    step = 2 * radius * 1.06
    rows = max(1, int((HEIGHT - 2) / step))
    last = int((WIDTH / 2 - radius) / step)
    full: dict[int, int] = {}
    dots = []
    for pair in pairs:
        column = _column(pair, difference, last, full, rows)
        level = full.get(column, 0)
        full[column] = level + 1
        dots.append(Dot(pair, column * step, radius + 1 + min(level, rows - 1) * step))
    return dots


def _column(pair: float, difference: Difference, last: int, full: dict[int, int], rows: int) -> int:
    """Return the nearest column with room, counted from the line at zero; a clear difference keeps its side."""
    wanted = -_scaled(pair, difference) * last
    if abs(pair) <= difference.grain:
        columns = range(-last, last + 1)
    else:
        columns = range(-last, 0) if wanted < 0 else range(1, last + 1)
    roomy = [column for column in columns if full.get(column, 0) < rows] or list(columns)
    return min(roomy, key=lambda column: (abs(column - wanted), abs(column)))


def _scaled(pair: float, difference: Difference) -> float:
    """Return a difference on a scale where the largest is 1, and where nothing below the grain is blown up."""
    if math.isinf(pair):
        return math.copysign(1, pair)
    largest = max((abs(one) for one in difference.pairs if math.isfinite(one)), default=0.0)
    beyond = 0.8 if any(map(math.isinf, difference.pairs)) else 1.0
    return beyond * pair / (max(largest, 4 * difference.grain) or 1.0)


def _mark(t: Texts, dot: Dot, grain: float, sides: Sequence[str], radius: float) -> str:
    x, y = WIDTH / 2 + dot.x, HEIGHT - 1 - dot.y
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"'
    if abs(dot.pair) <= grain:
        return f'{circle} fill="none" stroke="{NEUTRAL}"/>'
    side = look(t, sides[0 if dot.pair > 0 else 1])
    if side.symbol == "square":
        size = 2 * radius * 0.9
        at = f'x="{x - size / 2:.1f}" y="{y - size / 2:.1f}" width="{size:.1f}" height="{size:.1f}"'
        return f'<rect {at} fill="{side.colour}"/>'
    if side.symbol.startswith("triangle"):
        height = radius if side.symbol == "triangle-down" else -radius
        corners = ((0.0, height), (-radius, -height), (radius, -height))
        points = " ".join(f"{x + right:.1f},{y + down:.1f}" for right, down in corners)
        return f'<polygon points="{points}" fill="{side.colour}"/>'
    return f'{circle} fill="{side.colour}"/>'
