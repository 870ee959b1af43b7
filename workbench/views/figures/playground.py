"""Fairness with two resources, to play with: shares while tasks are given out, and what three rules come to.

A pure function of a pool and two users (`experiments/fairness.py`); no run is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from workbench.experiments.fairness import (
    Amounts,
    Step,
    User,
    asset_fairness,
    dominant_share,
    equal_incomes,
    progressive_filling,
)
from workbench.views.figures import panels
from workbench.views.figures.style import LABEL_SIZE, PALETTE, Spec, axis, figure, plain, tinted
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.views.figures.panels import Panel

PATTERNS = ("", "/")
"""Users are told apart by hatching too."""
SIMPLE = 100
"""A fraction with a larger denominator is written as a decimal."""


def rules(total: Amounts, users: Sequence[User]) -> dict[str, dict[str, Fraction]]:
    """Return what each rule gives, in tasks: ``dominant``, ``asset``, ``incomes`` -> user -> tasks."""
    steps = progressive_filling(total, users)
    whole = steps[-1].tasks if steps else {user.name: 0 for user in users}
    return {
        "dominant": {name: Fraction(number) for name, number in whole.items()},
        "asset": asset_fairness(total, users),
        "incomes": equal_incomes(total, users),
    }


def finding(total: Amounts, users: Sequence[User], t: Texts) -> str:
    """Return the title: what one task at a time comes to."""
    one, two = users
    tasks = rules(total, users)["dominant"]
    shares = [dominant_share(tasks[user.name], user.demand, total) for user in users]
    return t(
        "One task at a time, the smallest dominant share first: {one} gets {first}, {two} gets {second}; shares {low} "
        "and {high}.",
        one=plain(one.name), two=plain(two.name), first=tasks[one.name], second=tasks[two.name],
        low=said(shares[0]), high=said(shares[1]),
    )  # fmt: skip


def alt(total: Amounts, users: Sequence[User], t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Left: two lines in steps, each user's dominant share while tasks are given out one by one. Right: bars, each "
        "user's dominant share under three rules of fairness. {finding}",
        finding=finding(total, users, t),
    )


def draw(total: Amounts, users: Sequence[User], t: Texts) -> go.Figure:
    """Return the figure: filling on the left, the three rules on the right."""
    (left, right), *_ = panels.grid(2)
    steps = progressive_filling(total, users)
    data: list[Spec] = []
    for number, user in enumerate(users):
        data += [_line(t, user, number, steps, left), _bars(t, user, number, total, users, right)]
    share = {**axis(t("dominant share")), "range": [0, 116], "dtick": 25, "ticksuffix": t("{number} %", number="")}
    across = {**axis(t("tasks given out")), "range": [0, max(1, len(steps)) + 0.3], "rangemode": "tozero", "nticks": 7}
    names = [
        t("dominant share<br>(DRF), whole tasks"),
        t("sum of shares<br>(asset fairness)"),
        t("equal incomes<br>(CEEI)"),
    ]
    layout = panels.axes([[left, right]], across, [share])
    layout["xaxis2"] = {
        **axis(), "domain": [right.left, right.right], "anchor": right.y, "tickvals": [0, 1, 2], "ticktext": names,
        "range": [-0.5, 2.5], "tickangle": 0, "tickfont": {"size": 10},
    }  # fmt: skip
    return figure(
        data, finding(total, users, t), height=250, legend=True, left=76, above=panels.LABEL_PIXELS, bargap=0.25,
        annotations=_heads(t, (left, right)), **layout,
    )  # fmt: skip


def _heads(t: Texts, columns: Sequence[Panel]) -> list[Spec]:
    return [
        {
            "text": f"<b>{text}</b>", "showarrow": False, "font": {"size": LABEL_SIZE},
            "x": panel.left, "xref": "paper", "xanchor": "left",
            "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 3,
        }
        for text, panel in zip((t("Filling, task by task"), t("Three rules of fairness")), columns, strict=True)
    ]  # fmt: skip


def _line(t: Texts, user: User, number: int, steps: Sequence[Step], panel: Panel) -> Spec:
    shares = [Fraction(0), *(step.shares[user.name] for step in steps)]
    tasks = [0, *(step.tasks[user.name] for step in steps)]
    return {
        "type": "scatter", "mode": "lines+markers", "name": plain(user.name), "legendgroup": user.name,
        "x": list(range(len(shares))), "y": [100 * float(one) for one in shares],
        "line": {"shape": "hv", "color": PALETTE[number], "width": 2, "dash": ("solid", "dash")[number]},
        "marker": {"color": PALETTE[number], "size": 7, "symbol": ("circle", "square")[number]},
        "text": [t("{name}: {count} tasks, share {share}", name=plain(user.name), count=count, share=said(share))
                 for count, share in zip(tasks, shares, strict=True)],
        "hoverinfo": "text", **panel.axes,
    }  # fmt: skip


def _bars(t: Texts, user: User, number: int, total: Amounts, users: Sequence[User], panel: Panel) -> Spec:
    tasks = [given[user.name] for given in rules(total, users).values()]
    shares = [dominant_share(one, user.demand, total) for one in tasks]
    return {
        "type": "bar", "name": plain(user.name), "legendgroup": user.name, "showlegend": False,
        "x": [0, 1, 2], "y": [100 * float(one) for one in shares],
        "text": [said(one) for one in tasks], "textposition": "outside", "cliponaxis": False,
        "hovertext": [
            t("{name}: {count} tasks, share {share}", name=plain(user.name), count=said(one), share=said(share))
            for one, share in zip(tasks, shares, strict=True)
        ],
        "hoverinfo": "text",
        "marker": {"color": tinted(PALETTE[number], 0.75), "line": {"color": PALETTE[number], "width": 1},
                   "pattern": {"shape": PATTERNS[number], "size": 6}},
        **panel.axes,
    }  # fmt: skip


def said(number: Fraction) -> str:
    """Return a number as people read it: whole, as a fraction, or with two decimals."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{number.numerator}/{number.denominator}" if number.denominator < SIMPLE else f"{float(number):.2f}"
