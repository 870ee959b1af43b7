"""Recovery ladder: what comes back after a machine is lost, in which steps, and where a person has to act.

A column for each app that had an instance on the machine, one panel for each control plane, one axis of time since the
loss for all. The axis counts in powers, from a second to an hour, so that what takes seconds stands beside what takes
an hour; what never comes stands above it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.experiments import replication
from workbench.experiments.recovery import RUNGS, Ladder, Rung, ladder
from workbench.experiments.variants import base, settled
from workbench.model.clock import NEVER, to_seconds
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels
from workbench.views.figures.panels import NARROW_SIZE
from workbench.views.figures.style import (
    ALARM,
    INK,
    TICK_SIZE,
    Spec,
    axis,
    balanced,
    figure,
    look,
    named_once,
    plain,
    short,
    tinted,
)
from workbench.views.i18n import Texts
from workbench.views.kinds import kind_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.views.figures.panels import Panel

MOST_APPS, MOST_COLUMNS = 3, 9
"""Columns of a panel, and of all panels together; the app the question is about comes first."""
ROOMY_COLUMNS = 6
"""Of more columns in all each is narrow: smaller letters, times as on a clock, no word on what kind of app it is."""
NARROW_GAP = 0.04
"""Between panels of narrow columns, as a fraction of the plotting area: they share the only upright axis with words."""
SYMBOLS: dict[Rung, str] = {
    "detected": "diamond-open",
    "traffic": "circle-open",
    "person": "triangle-right",
    "replaced": "square",
    "detached": "triangle-down-open",
    "in-service": "star",
}
HAND, HAND_SIZE = "☞", 20
ONE_LINE, NARROW_LETTERS = 60, 11
"""Columns of a line of words below a ladder."""
ROUGH_S = 600
"""From here on whole minutes are told."""
MARKS_S = (1, 10, 60, 600, 3600)
LONGEST_S = 3600
NEVER_AT = 3.2
"""How many times the longest time the line of what never comes is away from zero."""
APART = 2.7
"""Rungs that are not so many times apart stand side by side and share their words."""
BESIDE, NARROW_BESIDE = 0.14, 0.17
"""How far apart they stand then, as a part of a column."""
MARK_SIZE, NARROW_MARK_SIZE = 10, 9


def has_content(comparison: Comparison) -> bool:
    """Say whether a machine was lost, on every side, with a piece of an app that has an identity and a disk."""
    found = _ladders(comparison)
    stateful = {app.name for app in comparison.scenario.apps if app.kind == "stateful"}
    return len(found) > 1 and all(any(one.app in stateful for one in side) for side in found.values())


def _ladders(comparison: Comparison) -> dict[str, list[Ladder]]:
    """Return for each side, from left to right, the way back of each app that was hit there."""
    scenario = comparison.scenario
    about = focus.subject(comparison)
    order = {"service": 0, "stateful": 1}
    apps = sorted(
        (app for app in scenario.apps if app.kind in order),
        key=lambda app: (order[app.kind], app.replication is not None, app.name != about),
    )
    sides = focus.sides(comparison)
    most = max(1, min(MOST_APPS, MOST_COLUMNS // len(sides)))
    found = {}
    for side in sides:
        ways = [ladder(comparison.traces[side], scenario, app.name) for app in apps]
        found[side] = [one for one in ways if one is not None][:most]
    return found


def _narrow(found: Mapping[str, Sequence[Ladder]]) -> bool:
    return max(map(len, found.values())) * len(found) > ROOMY_COLUMNS


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: what comes back alone, and how long the rest waits for a person."""
    found = _ladders(comparison)
    first, second = list(found)[:2]
    waiting = _shared(found, first, second, alone=False)
    alone = _shared(found, first, second, alone=True)
    stuck = [app for app in waiting if all(math.isinf(_back(found[side], [app])) for side in (first, second))]
    if stuck:
        acted = any(_acts(one) for side in (first, second) for one in found[side] if one.app in stuck)
        names = t.listed(*map(short, stuck))
        if acted:
            return t("Never back within the run, though somebody acts: {waiting}.", waiting=names)
        return t("Never back within the run, for nobody acts: {waiting}.", waiting=names)
    if not waiting:
        differ = [one.app for one in found[first] if one.app not in alone]
        times = [_back(found[side], differ or alone) for side in (first, second)]
        said = _said(t, first, second, times)
        if not differ and len(found) > 2:
            return t("Everything comes back alone: {first_time} ({first}), {second_time} ({second}).", **said)
        if not differ:
            return t("Everything comes back alone: {first_time} and {second_time}.", **said)
        return t(
            "{app} does not come back alone everywhere: {first_time} with {first}, {second_time} with {second}.",
            app=t.listed(*map(short, differ)), **said,
        )  # fmt: skip
    said = _said(t, first, second, [_back(found[side], waiting) for side in (first, second)])
    if not alone:
        return t(
            "{waiting} comes back only when a person acts: {first_time} ({first}), {second_time} ({second}).",
            waiting=t.listed(*map(short, waiting)), **said,
        )  # fmt: skip
    said |= {"own": t.listed(*map(short, alone)), "waiting": t.listed(*map(short, waiting))}
    if len(found) > 2:  # of two it can be seen which is which
        return t(
            "Back alone: {own}. With a person: {waiting}, {first_time} ({first}), {second_time} ({second}).", **said
        )
    return t("Back alone: {own}. With a person: {waiting}, {first_time} and {second_time}.", **said)


def _said(t: Texts, first: str, second: str, times: list[float]) -> dict[str, str]:
    return {
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_time": _after(t, times[0]),
        "second_time": _after(t, times[1]),
    }


def _shared(found: dict[str, list[Ladder]], first: str, second: str, *, alone: bool) -> list[str]:
    """Return the apps that come back alone, or do not, on both sides."""
    others = {one.app for one in found[second] if one.alone == alone}
    return [one.app for one in found[first] if one.alone == alone and one.app in others]


def _back(ways: list[Ladder], apps: Sequence[str]) -> float:
    """Return when the last of some apps was in service again, in s."""
    return max((_seconds(one.rungs["in-service"]) for one in ways if one.app in apps), default=0.0)


def _after(t: Texts, seconds: float) -> str:
    """Return within a sentence when something came about, or that it did not."""
    return t("not at all") if math.isinf(seconds) else t("after {time}", time=duration(t, seconds))


def _time(t: Texts, seconds: float) -> str:
    return t("never") if math.isinf(seconds) else duration(t, seconds)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: when clients were told."""
    found = _ladders(comparison)
    first, second = list(found)[:2]
    seen = [max(_seconds(one.rungs["traffic"]) for one in found[side]) for side in (first, second)]
    return t(
        "Clients are sent elsewhere {first_time} with {first}, {second_time} with {second}; a hand marks where a "
        "person has to act.",
        **_said(t, first, second, seen),
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "A column for each app that was hit, one panel for each control plane; upwards the time since the loss, from a "
        "second to an hour, with a mark for each step of its way back. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: a panel per control plane, a column per app."""
    found = _ladders(comparison)
    narrow = _narrow(found)
    (row,) = panels.grid(len(found), between=NARROW_GAP) if narrow else panels.grid(len(found))
    times = [to_seconds(at) for side in found.values() for one in side for at in _shown(one).values() if at != NEVER]
    longest, soonest = max([LONGEST_S, *times]), 10.0 ** math.floor(math.log10(max(1.0, min(times, default=1.0))))
    data: list[Spec] = []
    notes: list[Spec] = [*panels.names(t, list(found), row)]
    for (side, ways), panel in zip(found.items(), row, strict=True):
        data += _rails(t, ways, side, soonest, longest, panel)
        data += [one for rung in RUNGS if (one := _marks(t, rung, ways, side, longest, panel, narrow=narrow))]
        for number, way in enumerate(ways):
            notes += _words(t, number, way, longest, panel, narrow=narrow)
    data.sort(key=lambda trace: _legend_order(trace["legendgroup"]))
    layout = panels.axes([row], axis(), [_up(t, soonest, longest)])
    for (side, ways), panel in zip(found.items(), row, strict=True):
        key = f"xaxis{panel.x[1:]}"
        layout[key] = {
            **{name: value for name, value in layout[key].items() if name != "matches"},
            "range": [-0.4, max(1, len(ways)) - 0.3], "tickmode": "array", "tickvals": list(range(len(ways))),
            "ticktext": [_column(t, comparison, one, side, narrow=narrow) for one in ways], "showgrid": False,
            "ticks": "", "tickangle": 0, "tickfont": {"size": _letters(narrow)},
        }  # fmt: skip
    return figure(
        named_once(data),
        finding(comparison, t),
        height=230,
        above=panels.LABEL_PIXELS,
        legend=True,
        left=70,
        annotations=notes,
        **layout,
    )


def _letters(narrow: bool) -> int:
    return NARROW_SIZE if narrow else TICK_SIZE


def _column(t: Texts, comparison: Comparison, one: Ladder, side: str, *, narrow: bool) -> str:
    """Return what stands below a ladder: the app, what kind it is, and for how long its data took no writes."""
    app = next(app for app in comparison.scenario.apps if app.name == one.app)
    said = [f"<b>{plain(one.app, 8 if narrow else 14)}</b>"]
    if not narrow:
        settings = settled(comparison.scenario, side).settings
        said.append(kind_of(t, app, base(comparison.scenario, side), settings))
    if app.replication is not None:
        gaps = replication.refused(comparison.traces[side], app.name)
        time = duration(t, to_seconds(sum(end - start for start, end in gaps)))
        said += balanced(t("no writes: {time}", time=time), NARROW_LETTERS if narrow else ONE_LINE)
    return "<br>".join(said)


def _up(t: Texts, soonest: float, longest: float) -> Spec:
    """Return the upright axis: powers of time, and above them never."""
    never = longest * NEVER_AT
    marks = [mark for mark in MARKS_S if mark >= soonest]
    return {
        **axis(t("time since the loss")),
        "type": "log", "range": [math.log10(0.8 * soonest), math.log10(never * 1.5)], "tickmode": "array",
        "tickvals": [*marks, never], "ticktext": [*(duration(t, mark) for mark in marks), f"<b>{t('never')}</b>"],
    }  # fmt: skip


def _place(at_us: int, longest: float) -> float:
    return longest * NEVER_AT if at_us == NEVER else max(1.0, to_seconds(at_us))


def _legend_order(group: str) -> int:
    return 1 + RUNGS.index(group) if group in RUNGS else 0


def _acts(one: Ladder) -> bool:
    """Say whether a person's act is a rung of this ladder: what comes back alone does not wait for it."""
    return not one.alone and one.rungs.get("person", NEVER) != NEVER


def _shown(one: Ladder) -> dict[Rung, int]:
    return {rung: at_us for rung, at_us in one.rungs.items() if rung != "person" or _acts(one)}


def _rails(t: Texts, ways: list[Ladder], side: str, soonest: float, longest: float, panel: Panel) -> list[Spec]:
    """Return the uprights of the ladders: from the loss to the last rung."""
    colour = look(t, side).colour
    rails: list[Spec] = []
    for number, one in enumerate(ways):
        top = max(_place(at_us, longest) for at_us in _shown(one).values())
        rails.append({
            "type": "scatter", "mode": "lines", "x": [number, number], "y": [0.8 * soonest, top], **panel.axes,
            "line": {"color": tinted(colour, 0.55), "width": 3}, "hoverinfo": "skip", "legendgroup": "", "name": "",
        })  # fmt: skip
    return rails


def _crowds(one: Ladder, longest: float) -> list[list[Rung]]:
    """Return the rungs from below, those together that are too close to stand above each other."""
    shown = _shown(one)
    crowds: list[list[Rung]] = []
    for rung in sorted(shown, key=lambda rung: (_place(shown[rung], longest), RUNGS.index(rung))):
        if crowds and _place(shown[rung], longest) < APART * _place(shown[crowds[-1][0]], longest):
            crowds[-1].append(rung)
        else:
            crowds.append([rung])
    return crowds


def _marks(
    t: Texts, rung: Rung, ways: list[Ladder], side: str, longest: float, panel: Panel, *, narrow: bool
) -> Spec | None:
    """Return the marks of one rung in a panel."""
    apart, size = (NARROW_BESIDE, NARROW_MARK_SIZE) if narrow else (BESIDE, MARK_SIZE)
    there: list[tuple[float, float, int]] = []
    for number, one in enumerate(ways):
        for crowd in _crowds(one, longest):
            if rung in crowd:
                beside = number + apart * crowd.index(rung)
                there.append((beside, _place(_shown(one)[crowd[0]], longest), _shown(one)[rung]))
    if not there:
        return None
    colours = [ALARM if at_us == NEVER or rung == "person" else look(t, side).colour for *_, at_us in there]
    name = rung_name(t, rung)
    return {
        "type": "scatter", "mode": "markers", "x": [beside for beside, *_ in there],
        "y": [place for _, place, _ in there], **panel.axes, "cliponaxis": False,
        "marker": {"symbol": SYMBOLS[rung], "size": size, "color": colours, "line": {"width": 1.6, "color": colours}},
        "name": name, "legendgroup": rung, "hoverinfo": "text",
        "hovertext": [t("{phase}: {time}", phase=name, time=_time(t, _seconds(at_us))) for *_, at_us in there],
    }  # fmt: skip


def rung_name(t: Texts, rung: Rung) -> str:
    """Return what a rung is called."""
    return {
        "detected": t("loss detected"),
        "traffic": t("traffic moved"),
        "person": t("☞ a person acts"),
        "replaced": t("replaced"),
        "detached": t("disk detached"),
        "in-service": t("in service"),
    }[rung]


def _seconds(at_us: int) -> float:
    return math.inf if at_us == NEVER else to_seconds(at_us)


def _words(t: Texts, number: int, one: Ladder, longest: float, panel: Panel, *, narrow: bool) -> list[Spec]:
    """Return the times beside a ladder: of the last of those that stand together; and a hand where one has to act."""
    said: list[Spec] = []
    for crowd in _crowds(one, longest):
        at_us = max((_shown(one)[rung] for rung in crowd), key=lambda at_us: _place(at_us, longest))
        y = math.log10(_place(_shown(one)[crowd[0]], longest))
        colour = ALARM if at_us == NEVER else INK
        said.append({
            "text": _on_a_clock(t, at_us) if narrow else _brief(t, at_us), "x": number, "y": y, **panel.refs,
            "showarrow": False, "xanchor": "left", "xshift": 4, "yanchor": "bottom", "yshift": 5,
            "font": {"size": _letters(narrow), "color": colour},
        })  # fmt: skip
        if "person" in crowd or at_us == NEVER:
            said.append({
                "text": HAND, "x": number, "y": y, **panel.refs, "showarrow": False, "xanchor": "right", "xshift": -4,
                "font": {"size": HAND_SIZE, "color": ALARM},
            })  # fmt: skip
    return said


def _brief(t: Texts, at_us: int) -> str:
    """Return a time in as few letters as a crowded figure has room for."""
    seconds = _seconds(at_us)
    return _time(t, seconds if seconds < ROUGH_S or math.isinf(seconds) else 60 * round(seconds / 60))


def _on_a_clock(t: Texts, at_us: int) -> str:
    """Return a time as a clock shows it where a minute is over, for columns too narrow for words: ``5:58``."""
    seconds = _seconds(at_us)
    if not 60 <= seconds < ROUGH_S:
        return _brief(t, at_us)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
