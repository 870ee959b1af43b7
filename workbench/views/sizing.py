"""What a sizing found, in sentences: one answer per side, how sure it is, and what goes wrong with fewer machines."""

from __future__ import annotations

import math

from workbench.experiments.goals import Goal
from workbench.experiments.sizing import Size, Sizing, Tried
from workbench.views.amounts import control_plane, counted, value
from workbench.views.i18n import Texts


def lines(sizing: Sizing, t: Texts) -> list[str]:
    """Return the question, then a sentence or two for each side that has an answer."""
    asked = t(
        "Wanted in at least {share} of runs: {goals}.",
        share=_percent(t, sizing.share),
        goals=t("; ").join(goal(t, one) for one in sizing.goals),
    )
    return [asked, *(answer(sizing, one, t) for one in sizing.sizes if one.done)]


def answer(sizing: Sizing, size: Size, t: Texts) -> str:
    """Return what was found for one side whose search has ended."""
    side, below = control_plane(t, size.side), size.below
    if size.machines is None or size.confirmed is None:
        last = size.tried[-1]
        return t(
            "{side}: not enough even with {machines}; {missed} of {runs} runs missed a goal ({goals}).",
            side=side, machines=_machines(t, last.machines), **_missed(t, last),
        )  # fmt: skip
    found = t(
        "{side}: {machines}. All of {runs} further runs met every goal, so with {confidence} confidence at "
        "least {share} of all runs do.",
        side=side, machines=_machines(t, size.machines), runs=size.confirmed.runs,
        confidence=_percent(t, size.confidence), share=_percent(t, sizing.share),
    )  # fmt: skip
    if below is None:
        return t("{found} Fewer were not asked about.", found=found)
    return t(
        "{found} With {machines}, {missed} of {runs} runs missed a goal ({goals}).",
        found=found, machines=below.machines, **_missed(t, below),
    )  # fmt: skip


def finding(sizing: Sizing, t: Texts) -> str:
    """Return the answers in one line: a title."""
    said = []
    for one in sizing.sizes:
        side = control_plane(t, one.side)
        if one.machines is not None:
            said.append(t("{side} needs {machines}", side=side, machines=_machines(t, one.machines)))
        elif one.done:
            said.append(t("{side} needs more than {machines}", side=side, machines=_machines(t, sizing.high)))
        else:
            said.append(t("{side} is being looked at", side=side))
    return t("; ").join(said)


def goal(t: Texts, one: Goal) -> str:
    """Return a goal as half a sentence."""
    said = value(t, one.metric, one.bound)
    if one.at_most:
        return t("{measure}: {value} at most", measure=_title(t, one), value=said)
    return t("{measure}: {value} at least", measure=_title(t, one), value=said)


def titled(t: Texts, one: Goal) -> str:
    """Return a goal without its value, as the label of a field that holds it."""
    return t("{measure}, at most" if one.at_most else "{measure}, at least", measure=_title(t, one))


def relation(one: Goal) -> str:
    """Return how a goal is written between its measure and its value."""
    return "<=" if one.at_most else ">="


def bound(one: Goal) -> str:
    """Return the value of a goal as it is written: ``10s``, ``1%``, ``3``."""
    if one.metric.unit == "s":
        return f"{one.bound:g}s"
    return f"{one.bound * 100:g}%" if one.metric.unit == "fraction" else f"{one.bound:g}"


def _machines(t: Texts, number: int) -> str:
    return counted(t, "machines", f"{number:,}")


def _title(t: Texts, one: Goal) -> str:
    return t(one.metric.title, about=one.subject)


def _missed(t: Texts, tried: Tried) -> dict[str, object]:
    goals = [goal(t, one) for one in sorted(tried.misses, key=lambda one: -tried.misses[one])]
    return {"missed": tried.runs - tried.met, "runs": tried.runs, "goals": t("; ").join(goals)}


def _percent(t: Texts, part: float) -> str:
    """Return a part as per cent, rounded down so that nothing is promised that does not hold."""
    return t("{number} %", number=f"{math.floor(part * 1000 + 1e-9) / 10:g}")
