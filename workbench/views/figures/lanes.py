"""Rollout lanes: the instances of an app over time by version, what of them serves, and why the controller moved."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from workbench.experiments import metrics, versions
from workbench.model import changes
from workbench.model.clock import SECOND_US
from workbench.model.reasons import REASONS
from workbench.model.workload import App
from workbench.views.amounts import beside, control_plane, duration, value
from workbench.views.figures import focus, panels, stacks, steps
from workbench.views.figures.style import (
    ALARM,
    INK,
    Spec,
    count_axis,
    figure,
    look,
    named_once,
    note,
    plain,
    seconds,
    short,
    some,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.trace import Trace
    from workbench.views.figures.panels import Panel

SHADES = (0.9, 0.5, 0.3, 0.18)
"""How strong the colour of each version is, the first one's first; later versions share the last."""

TRIVIAL = ("Killing", "SuccessfulDelete", "FailedCreate", "Progressing")
"""Events that say of single instances what the areas show already."""


def has_content(comparison: Comparison) -> bool:
    """Say whether anything is asked of an app, or of a machine, that clients are sent to."""
    return _app(comparison) is not None


def _app(comparison: Comparison) -> App | None:
    """Return the app to show: the question's own, else the first that a change is about, else any that serves."""
    scenario, served = comparison.scenario, focus.served(comparison)
    if not scenario.changes:
        return None
    about = focus.subject(comparison)
    changed = {one.app or one.hosting for one in scenario.changes}
    order = sorted(served, key=lambda app: (app.name != about, app.name not in changed))
    machines = any(one.about_node for one in scenario.changes)
    return next((app for app in order if machines or app.name in changed), None)


def _shown(comparison: Comparison) -> App:
    app = _app(comparison)
    assert app is not None
    return app


# -- words --------------------------------------------------------------------------------------------------


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how far each side got, and how much of the service was left."""
    app = _shown(comparison)
    first, second = focus.sides(comparison)[:2]
    parts = [_least(comparison, app, side) for side in (first, second)]
    said = {
        "app": short(app.name),
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_part": t("{number} %", number=round(100 * parts[0])),
        "second_part": t("{number} %", number=round(100 * parts[1])),
    }
    bad = _bad(comparison, app)
    broken = [_broken(comparison.traces[side], app, bad) for side in (first, second)]
    if not all(broken):
        if said["first_part"] == said["second_part"]:
            return t("Through all changes at least {first_part} of {app} serves, on both sides.", **said)
        return t(
            "Through all changes at least {first_part} of {app} serves with {first}, {second_part} with {second}.",
            **said,
        )
    return t(
        "Bad instances: {first_count} with {first}, {second_count} with {second}; at least {first_part} and "
        "{second_part} of {app} serve.",
        first_count=broken[0], second_count=broken[1], **said,
    )  # fmt: skip


def _least(comparison: Comparison, app: App, side: str) -> float:
    return metrics.measured(f"least_serving:{app.name}", comparison.traces[side], comparison.scenario)


def _bad(comparison: Comparison, app: App) -> set[int]:
    """Return the versions of an app that never become ready: updates count from 1 on, in the order of time."""
    updates = [one for one in comparison.scenario.changes if one.app == app.name and one.kind in changes.NEW_VERSION]
    return {number for number, one in enumerate(sorted(updates, key=lambda one: one.at_us), start=1) if one.broken}


def _broken(trace: Trace, app: App, bad: set[int]) -> int:
    """Return how many instances there were at most, at one time, of one of the bad versions; 0 if none."""
    most = 0
    spans = sorted(versions.there(trace, app.name), key=lambda span: span[1])
    for version in sorted(bad):
        number = steps.amounts((start, end, 1.0) for _, one, start, end in spans if one == version)
        most = max([most, *(round(count) for _, count in number)])
    return most


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: how much room it took beyond what is wanted."""
    app, one = _shown(comparison), metrics.METRICS["extra"]
    first, second = focus.sides(comparison)[:2]
    taken = {
        side: [metrics.measured(f"extra:{app.name}", comparison.traces[side], comparison.scenario)]
        for side in (first, second)
    }
    room = [value(t, beside(one, taken), *taken[side]) for side in (first, second)]
    return t(
        "The dashed line is what is wanted; what lies above it comes to {first_room} with {first}, {second_room} with "
        "{second}. Triangles say what was done, and why.",
        first=control_plane(t, first), second=control_plane(t, second), first_room=room[0], second_room=room[1],
    )  # fmt: skip


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Stacked areas over time, one panel for each control plane: instances that serve, by version, and those that "
        "are there without serving. {finding}",
        finding=finding(comparison, t),
    )


# -- picture ------------------------------------------------------------------------------------------------


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: a stack of instances per control plane."""
    app, sides, scenario = _shown(comparison), focus.sides(comparison), comparison.scenario
    within = _window(comparison, app)
    grid = panels.grid(len(sides))
    data: list[Spec] = []
    notes: list[Spec] = [*panels.names(t, sides, grid[0])]
    others = [one.name for one in scenario.apps if one.front == app.name != one.name]
    layers = {side: _layers(comparison.traces[side], app, others) for side in sides}
    top = max(_height(layers[side], within) for side in sides)
    for trace in comparison.traces.values():
        top = max(top, *(number for _, number in versions.wanted(scenario, app, trace)))
    for side, panel in zip(sides, grid[0], strict=True):
        data += _stack(t, side, panel, layers[side], within)
        data += [
            _wanted(comparison, t, app, side, panel, within),
            _moves(comparison.traces[side], t, app, panel, within, top),
        ]
        notes += _spot(comparison, t, app, side, panel, within, top)
    return figure(
        named_once(data, ("", "moves")),
        finding(comparison, t),
        height=250,
        above=panels.LABEL_PIXELS,
        legend=True,
        annotations=notes,
        shapes=_asked(comparison, app, grid[0], within, top),
        **panels.axes(
            grid,
            time_axis(t, *within, t("time since the start"), panels.most_ticks(len(sides))),
            [count_axis(t("instances of {app}", app=plain(app.name, 16)), top, 5)],
        ),
    )


def _window(comparison: Comparison, app: App) -> tuple[int, int]:
    """Return the time to show: from a little before the first change to the end."""
    horizon = comparison.scenario.horizon_us
    first = versions.first_change_us(comparison.scenario, app.name) or 0
    return max(0, first - horizon // 15), horizon


def _layers(trace: Trace, app: App, others: Sequence[str] = ()) -> dict[str, steps.Steps]:
    """Return the number of instances, over time: of each version that serve, and that are there without serving.

    `others` are the apps that stand behind its name too; of them, those that serve.
    """
    spans = [(version, start, _open(trace, end)) for version, start, end in versions.serving_spans(trace, app.name)]
    layers = {
        f"version-{version}": steps.amounts((start, end, 1.0) for one, start, end in spans if one == version)
        for version in sorted({one for one, _, _ in spans})
    }
    for other in others:
        theirs = versions.serving_spans(trace, other, app.name)
        layers[f"behind-{other}"] = steps.amounts((start, _open(trace, end), 1.0) for _, start, end in theirs)
    whole = [(start, _open(trace, end), 1.0) for _, _, start, end in versions.there(trace, app.name)]
    layers["idle"] = steps.amounts([*whole, *((start, end, -1.0) for _, start, end in spans)])
    return layers


def _open(trace: Trace, end_us: int) -> int:
    """Return an end that the run does not reach for what was still there at its end: no step down at the edge."""
    return end_us + 1 if end_us >= trace.horizon_us else end_us


def _height(layers: dict[str, steps.Steps], within: tuple[int, int]) -> float:
    _, values = steps.stacked(list(layers.values()), *within)
    return max(sum(column, 0.0) for column in zip(*values, strict=True))


def _stack(t: Texts, side: str, panel: Panel, layers: dict[str, steps.Steps], within: tuple[int, int]) -> list[Spec]:
    """Return the areas of one panel: versions that serve from the bottom up, then what does not."""
    colour, hatched = look(t, side).colour, look(t, side).pattern
    times, values = steps.stacked(list(layers.values()), *within)
    when = [duration(t, seconds(time)) for time in times]
    traces = []
    for name, heights in zip(layers, values, strict=True):
        if name == "idle":
            called, fill = t("there, but not serving"), stacks.pattern("x", ALARM, 0.8)
        elif name.startswith("behind-"):
            called = t("{app}, serving", app=short(name.removeprefix("behind-")))
            fill = stacks.pattern(".", colour, 0.9)
        else:
            version = int(name.partition("-")[2])
            called = t("version {number}, serving", number=version + 1)
            shade = tinted(colour, SHADES[min(version, len(SHADES) - 1)])
            fill = {"fillcolor": shade}
            if hatched and version == 0:
                fill["fillpattern"] = {
                    "shape": hatched,
                    "fgcolor": colour,
                    "bgcolor": shade,
                    "size": 10,
                    "fgopacity": 0.5,
                }
        traces.append(
            {
                "type": "scatter", "mode": "lines", "stackgroup": side, "x": [seconds(time) for time in times],
                "y": heights, **panel.axes, "line": {"width": 0, "shape": "hv", "color": colour}, **fill,
                "name": called, "legendgroup": name, "text": when,
                "hovertemplate": f"{called}: %{{y:.0f}}<br>%{{text}}<extra></extra>",
            }
        )  # fmt: skip
    return traces


def _wanted(comparison: Comparison, t: Texts, app: App, side: str, panel: Panel, within: tuple[int, int]) -> Spec:
    whole = versions.wanted(comparison.scenario, app, comparison.traces[side])
    number = [(time, float(count)) for time, count in whole]
    line = steps.window(number, *within)
    return {
        "type": "scatter", "mode": "lines", "x": [seconds(time) for time, _ in line],
        "y": [count for _, count in line], **panel.axes, "hoverinfo": "skip",
        "line": {"color": INK, "width": 1.5, "dash": "dash", "shape": "hv"},
        "name": t("wanted"), "legendgroup": "wanted",
    }  # fmt: skip


def _moves(trace: Trace, t: Texts, app: App, panel: Panel, within: tuple[int, int], top: float) -> Spec:
    """Return a mark for every second in which the control plane said what it did with the app, and why."""
    found = [(at // SECOND_US, text) for at, text in _said(trace, t, app) if within[0] <= at < within[1]]
    moments = [(second, [text for _, text in group]) for second, group in groupby(found, key=lambda one: one[0])]
    texts = [f"{duration(t, float(second))}<br>{some(t, list(dict.fromkeys(lines)))}" for second, lines in moments]
    return {
        "type": "scatter", "mode": "markers", "x": [float(second) for second, _ in moments],
        "y": [top * 1.21] * len(moments), **panel.axes, "cliponaxis": False,
        "marker": {"symbol": "triangle-down", "size": 9, "color": look(t, trace.control_plane).colour},
        "hoverinfo": "text", "text": texts, "name": "", "legendgroup": "moves",
    }  # fmt: skip


def _said(trace: Trace, t: Texts, app: App) -> list[tuple[int, str]]:
    """Return what the control plane said about an app, in words, in the order of time."""
    found = []
    for row in trace["events"].dicts():
        mine = row["subject"] == app.name or row["subject"].startswith((f"{app.name}-", f"{app.name}."))
        if not mine or row["kind"] in TRIVIAL:
            continue
        why = t(REASONS[row["reason"]]) if row["reason"] in REASONS else plain(row["reason"] or row["kind"], 60)
        detail = f" ({plain(row['detail'], 30)})" if row["detail"] else ""
        found.append((row["at_us"], f"{plain(row['subject'], 30)}{detail}: {why}"))
    return found


def _asked(comparison: Comparison, app: App, row: list[Panel], within: tuple[int, int], top: float) -> list[Spec]:
    """Return a line in every panel for each change and fault in the picture."""
    scenario = comparison.scenario
    times = [(one.at_us, INK) for one in scenario.changes if one.app == app.name or one.about_node]
    times += [(one.at_us, ALARM) for one in scenario.faults]
    return [
        {
            "type": "line", "x0": seconds(at), "x1": seconds(at), "y0": 0, "y1": top * 1.03, **panel.refs,
            "line": {"color": colour, "width": 1.5, "dash": "dot"},
        }
        for at, colour in times if within[0] <= at <= within[1] for panel in row
    ]  # fmt: skip


def _spot(
    comparison: Comparison, t: Texts, app: App, side: str, panel: Panel, within: tuple[int, int], top: float
) -> list[Spec]:
    """Return the annotation: how much serves, at the moment at which it is least."""
    part = _least(comparison, app, side)
    trace = comparison.traces[side]
    wanted = versions.wanted(comparison.scenario, app, trace)
    serve = steps.amounts((start, end, 1.0) for _, start, end in versions.serving_spans(trace, app.name))
    since = versions.first_change_us(comparison.scenario, app.name) or 0
    whole = [(at, float(one)) for at, one in wanted]
    times = [since, *(at for at, _ in serve if since < at < within[1]), within[1]]
    for time, until in pairwise(times):
        number, of = steps.level(serve, time), steps.level(whole, time)
        if of and number / of <= part + 1e-9:
            text = t("{count} of {wanted} serve", count=round(number), wanted=round(of))
            span = within[1] - within[0]
            at = time + min(span * 3 // 100, (until - time) // 2)
            return [
                note(
                    text, seconds(at), number, ax=seconds(at + span // 20), ay=top * 1.1, axref=panel.x, ayref=panel.y,
                    xanchor="left", **panel.refs,
                )
            ]  # fmt: skip
    return []
