"""Slope and staircase: how the tasks of a burst get their machines, one after another or in rounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from workbench.model.clock import SECOND_US, to_seconds
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, steps
from workbench.views.figures.focus import Burst, Placed
from workbench.views.figures.style import Spec, count_axis, figure, look, note, plain, seconds, some, time_axis
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.trace import Trace

MOST_ROUNDS = 400
"""Ticks at offer rounds; more would be a solid bar."""
SHORTEST_US = SECOND_US // 50
"""The shortest picture: shorter than that, nothing happens one after another."""
A_LULL = 3.0
"""When so many times the time taken so far passes without a placement, the picture ends: the rest waited for room."""
A_MOMENT_US = 4 * SECOND_US
"""Shorter times count as this, so that a round or two is not taken for a lull."""


def has_content(comparison: Comparison) -> bool:
    """Say whether enough tasks were handed over together to make a staircase."""
    burst = focus.burst(comparison)
    return burst is not None and any(focus.placed(trace, burst) for trace in comparison.traces.values())


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how long the placing took, of all the tasks or of those that found room at once."""
    burst = _burst(comparison)
    first, second = focus.sides(comparison)[:2]
    placed = [focus.placed(comparison.traces[side], burst) for side in (first, second)]
    count = min(_wave(rows, burst) for rows in placed)
    said = {
        "count": f"{burst.count:,}",
        "some": f"{count:,}",
        "first": control_plane(t, first),
        "second": control_plane(t, second),
        "first_time": _time(t, placed[0], count, burst),
        "second_time": _time(t, placed[1], count, burst),
    }
    if not count:
        name = said["first"] if placed[0] else said["second"]
        return t("Of {count} tasks handed over together, only {name} places any.", name=name, **said)
    if count == burst.count:
        return t("{first} has placed all {count} tasks after {first_time}, {second} after {second_time}.", **said)
    return t(
        "{first} has placed the first {some} of {count} tasks after {first_time}, {second} after {second_time}.", **said
    )


def _time(t: Texts, rows: Sequence[Placed], count: int, burst: Burst) -> str:
    return duration(t, seconds(rows[count - 1].decided_us - burst.at_us)) if count else ""


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: the mechanism, with the number of steps or the time between rounds."""
    burst, sides = _burst(comparison), focus.sides(comparison)[:2]
    for side in sides:
        apart = _waited_for_rounds(comparison.traces[side], burst, _end_us(comparison))
        if apart:
            return t(
                "{name} hands out machines in rounds, here one every {time}; tasks wait for the next round.",
                name=control_plane(t, side),
                time=duration(t, to_seconds(apart)),
            )
    said = {
        "first": control_plane(t, sides[0]),
        "second": control_plane(t, sides[1]),
        "first_steps": _instants(comparison.traces[sides[0]], burst),
        "second_steps": _instants(comparison.traces[sides[1]], burst),
    }
    if set(sides) == {"kubernetes", "mesos"}:
        return t(
            "Steps in which tasks were placed: {first} {first_steps}, {second} {second_steps}. Kubernetes finds a "
            "machine for one pod after another; Mesos lets a framework fill whole offers at once.",
            **said,
        )
    return t("Steps in which tasks were placed: {first} {first_steps}, {second} {second_steps}.", **said)


def _instants(trace: Trace, burst: Burst) -> int:
    """Return at how many instants tasks were placed before the placing came to rest."""
    rows = focus.placed(trace, burst)
    return len({row.decided_us for row in rows[: _wave(rows, burst)]})


def _waited_for_rounds(trace: Trace, burst: Burst, end: int) -> int:
    """Return the time between rounds of offers if the burst took more than one of them, else 0."""
    rounds = _rounds(trace, burst.at_us, end)
    rows = focus.placed(trace, burst)
    if len(rounds) < 2 or not rows:
        return 0
    apart = round(median(after - before for before, after in pairwise(rounds)))
    last = rows[_wave(rows, burst) - 1].decided_us
    return apart if last - burst.at_us > apart else 0


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Tasks placed since their submission, one step line for each control plane. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: one line per control plane on the same axes."""
    burst, end = _burst(comparison), _end_us(comparison)
    data: list[Spec] = []
    for side in focus.sides(comparison):
        data.append(_line(comparison.traces[side], t, side, burst, end))
        rounds = _rounds(comparison.traces[side], burst.at_us, end)
        if rounds:
            data.append(_round_ticks(t, side, rounds, burst))
    spot = _spot(comparison, t, burst, end)
    return figure(
        data,
        finding(comparison, t),
        height=270,
        legend=True,
        annotations=[spot] if spot else [],
        xaxis=time_axis(t, 0, end - burst.at_us, t("time since the tasks were handed over"), 8),
        yaxis=count_axis(t("tasks placed"), _highest(comparison, burst, end)),
    )


def _burst(comparison: Comparison) -> Burst:
    burst = focus.burst(comparison)
    assert burst is not None, "ask has_content first"
    return burst


def _end_us(comparison: Comparison) -> int:
    """Return the end of the picture: a little after the last placement of the first wave, on the slower side."""
    burst = _burst(comparison)
    span = 0
    for trace in comparison.traces.values():
        rows = focus.placed(trace, burst)
        if rows:
            span = max(span, rows[_wave(rows, burst) - 1].decided_us - burst.at_us)
    return min(comparison.scenario.horizon_us, burst.at_us + max(span + span // 8, SHORTEST_US))


def _wave(rows: Sequence[Placed], burst: Burst) -> int:
    """Return how many tasks were placed before the placing first came to rest."""
    times = [row.decided_us - burst.at_us for row in rows]
    for count, (before, after) in enumerate(pairwise(times), start=1):
        if after > A_LULL * max(before, A_MOMENT_US):
            return count
    return len(times)


def _highest(comparison: Comparison, burst: Burst, end: int) -> int:
    return max(
        sum(1 for row in focus.placed(trace, burst) if row.decided_us <= end) for trace in comparison.traces.values()
    )


def _stairs(trace: Trace, burst: Burst) -> steps.Steps:
    return steps.counted((row.decided_us - burst.at_us, 1.0) for row in focus.placed(trace, burst))


def _line(trace: Trace, t: Texts, side: str, burst: Burst, end: int) -> Spec:
    seen = look(t, side)
    stairs = steps.thinned(steps.window(_stairs(trace, burst), 0, end - burst.at_us))
    taken: dict[int, list[str]] = {}
    for row in focus.placed(trace, burst):
        text = t("{task} on {node}", task=plain(row.task), node=plain(row.node))
        taken.setdefault(row.decided_us - burst.at_us, []).append(text)
    return {
        "type": "scatter", "mode": "lines+markers" if len(stairs) <= 120 else "lines",
        "x": [seconds(time) for time, _ in stairs], "y": [number for _, number in stairs],
        "line": {"color": seen.colour, "width": 2.5, "shape": "hv", "dash": seen.dash},
        "marker": {"symbol": seen.symbol, "size": [7 if time in taken else 0 for time, _ in stairs],
                   "color": seen.colour, "line": {"width": 0}},
        "name": control_plane(t, side),
        "hoverinfo": "text", "text": [_said(t, time, number, taken.get(time, [])) for time, number in stairs],
    }  # fmt: skip


def _said(t: Texts, after_us: int, number: float, tasks: Sequence[str]) -> str:
    head = t("after {time}: {count} placed", time=duration(t, seconds(after_us)), count=round(number))
    return f"<b>{head}</b><br>{some(t, tasks)}" if tasks else head


def _rounds(trace: Trace, low: int, high: int) -> list[int]:
    """Return the instants between two times at which offers were made."""
    return sorted({made for made in trace["offers"]["made_us"] if low <= made <= high})


def _round_ticks(t: Texts, side: str, rounds: list[int], burst: Burst) -> Spec:
    shown = rounds[:: -(-len(rounds) // MOST_ROUNDS)]
    name = t("offer rounds of {name}", name=control_plane(t, side))
    return {
        "type": "scatter", "mode": "markers", "x": [seconds(time - burst.at_us) for time in shown],
        "y": [0] * len(shown),
        "marker": {"symbol": "line-ns-open", "size": 14, "color": look(t, side).colour, "line": {"width": 1.2}},
        "name": name, "cliponaxis": False, "hoverinfo": "text",
        "text": [duration(t, seconds(time - burst.at_us)) for time in shown],
    }  # fmt: skip


def _spot(comparison: Comparison, t: Texts, burst: Burst, end: int) -> Spec | None:
    """Return the annotation where the lines are furthest apart."""
    first, second = focus.sides(comparison)[:2]
    lines = [_stairs(comparison.traces[side], burst) for side in (first, second)]
    times, (ours, theirs) = _both(lines, end - burst.at_us)
    apart = [abs(one - other) for one, other in zip(ours, theirs, strict=True)]
    place = apart.index(max(apart))
    if not apart[place]:
        return None
    text = t(
        "after {time}: {first_count} placed by {first}, {second_count} by {second}",
        time=duration(t, seconds(times[place])),
        first_count=f"{round(ours[place]):,}",
        second_count=f"{round(theirs[place]):,}",
        first=control_plane(t, first),
        second=control_plane(t, second),
    )
    early = times[place] * 2 < end - burst.at_us
    place_of_words = {"ax": 8, "xanchor": "left"} if early else {"ax": -8, "xanchor": "right"}
    above = 1.1 * max(*ours, *theirs)  # clear of both lines, wherever they go on
    return note(text, seconds(times[place]), max(ours[place], theirs[place]), ay=above, ayref="y", **place_of_words)


def _both(lines: Sequence[steps.Steps], span: int) -> tuple[list[int], list[list[float]]]:
    times = steps.common_times(lines, 0, span)
    return times, [steps.sampled(line, times) for line in lines]
