"""How sure a difference is, without jargon: a strip with one dot per repeat and a line at zero.

To the left of the line the first control plane had the lower value, to the right the second: each on its own side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from workbench.experiments.statistics import Difference
from workbench.views.figures.style import look

WIDTH, HEIGHT = 132.0, 26.0
"""Of a strip, in px."""
RADIUS = 2.6
MARGIN = 7.0
"""Room at both ends for differences without bound, in px."""
NEUTRAL = "#8a8a8a"
"""Of repeats in which the sides differ by less than is worth speaking of."""


def strip(difference: Difference, sides: Sequence[str], said: str) -> str:
    """Return the strip as inline SVG.

    Parameters
    ----------
    sides : sequence of str
        The control planes; dots where the first is lower lie left.
    said : str
        The same in words, already escaped, for readers who cannot see it.
    """
    marks = "".join(_marks(difference, sides))
    middle = WIDTH / 2
    return (
        f'<svg class="strip" role="img" aria-label="{said}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}"><title>{said}</title>'
        f'<line class="base" x1="0" x2="{WIDTH:g}" y1="{HEIGHT - 2:g}" y2="{HEIGHT - 2:g}"/>'
        f'<line class="zero" x1="{middle:g}" x2="{middle:g}" y1="1" y2="{HEIGHT:g}"/>{marks}</svg>'
    )


def _marks(difference: Difference, sides: Sequence[str]) -> Iterator[str]:
    stacked: dict[int, int] = {}
    scale = _scale(difference)
    for pair in sorted(difference.pairs, key=abs):
        x = _place(pair, scale)
        bin_ = round(x / (2 * RADIUS))
        level = stacked.get(bin_, 0)
        stacked[bin_] = level + 1
        y = HEIGHT - 2 - RADIUS - 0.6 - level * 2 * RADIUS * 0.92
        if y >= RADIUS:
            yield _mark(pair, difference.grain, sides, x, y)


def _scale(difference: Difference) -> float:
    """Return px per unit: the largest finite difference reaches the edge, and nothing below the grain is blown up."""
    largest = max((abs(pair) for pair in difference.pairs if math.isfinite(pair)), default=0.0)
    return (WIDTH / 2 - MARGIN) / (max(largest, 4 * difference.grain) or 1.0)


def _place(pair: float, scale: float) -> float:
    if math.isinf(pair):
        return RADIUS if pair > 0 else WIDTH - RADIUS
    return WIDTH / 2 - pair * scale


def _mark(pair: float, grain: float, sides: Sequence[str], x: float, y: float) -> str:
    if abs(pair) <= grain:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS:g}" fill="none" stroke="{NEUTRAL}" stroke-width="1.2"/>'
    side = look(sides[0 if pair > 0 else 1])
    if side.symbol == "square":
        size = 2 * RADIUS * 0.9
        at = f'x="{x - size / 2:.1f}" y="{y - size / 2:.1f}" width="{size:.1f}" height="{size:.1f}"'
        return f'<rect {at} fill="{side.colour}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS:g}" fill="{side.colour}"/>'
