"""Who holds the machines: running work, offers being thought about, free but refused, free; as parts of all cpu."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from workbench.model.clock import NEVER, SECOND_US, to_us
from workbench.model.resources import CPU
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import focus, panels, steps
from workbench.views.figures.style import (
    ALARM,
    IDLE,
    INK,
    Spec,
    axis,
    figure,
    look,
    named_once,
    note,
    seconds,
    time_axis,
    tinted,
)
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.scenario import Scenario
    from workbench.model.trace import Trace
    from workbench.views.figures.panels import Panel

LAYERS = ("running", "offered", "hidden", "free", "lost")
"""From the bottom up."""
WORTH_SAYING = 5.0
"""Percent of the CPU; less is too thin to be seen."""
A_MOMENT_US = SECOND_US
"""Work that waits less than this in all hardly waits."""
SEEN_AT_ALL = 1.0
"""Percent of the CPU over the whole run below which the figure would show nothing."""
HEADROOM = 16
"""Percent above the stack, for the annotation."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds the cpu of the cluster, over time.

    Parameters
    ----------
    layers : mapping
        Name of `LAYERS` -> steps of its part of all cpu, in percent. They add up to 100 at any time.
    """

    layers: dict[str, steps.Steps]

    def mean(self, layer: str, during: Sequence[tuple[int, int]]) -> float:
        """Return the mean percentage of a layer over intervals of time; 0 when there are none."""
        whole = sum(end - start for start, end in during)
        parts = sum(steps.mean(self.layers[layer], start, end) * (end - start) for start, end in during)
        return parts / whole if whole else 0.0


@dataclass(slots=True)
class _Machine:
    """What is on one machine while the trace is read, in millicores of cpu.

    `refused` holds, per framework, until when it does not want how much; several refusals may stand at once.
    """

    capacity: int
    up: bool = True
    running: int = 0
    offered: int = 0
    refused: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def parts(self, at_us: int, frameworks: Sequence[str]) -> dict[str, int]:
        """Return the machine's cpu by layer."""
        if not self.up:
            return {"lost": self.capacity}
        running = min(self.running, self.capacity)
        offered = min(self.offered, self.capacity - running)
        free = self.capacity - running - offered
        hidden = bool(frameworks) and all(self.covered(name, free, at_us) for name in frameworks)
        return {"running": running, "offered": offered, "hidden" if hidden else "free": free}

    def covered(self, framework: str, cpu: int, at_us: int) -> bool:
        """Say whether a refusal of `framework` that still stands keeps `cpu` of this machine from it."""
        return any(until > at_us and amount >= cpu for until, amount in self.refused.get(framework, []))


_KNOWN: WeakKeyDictionary[Trace, Holding] = WeakKeyDictionary()
"""What was worked out for a finished run: title, caption and picture all ask for it."""


def holding(trace: Trace, scenario: Scenario) -> Holding:
    """Return who held the cpu in a finished run.

    Free cpu of a machine counts as hidden while every framework that had been made an offer by then has refused at
    least that much of that machine and its refusal still stands. Work counts as running from the decision that placed
    it until its control plane counts its cpu as free again.

    Left out: a refusal that covers the cpu but not the memory of what is free counts as covering it.
    """
    if trace not in _KNOWN:
        _KNOWN[trace] = _worked_out(trace, scenario)
    return _KNOWN[trace]


def _worked_out(trace: Trace, scenario: Scenario) -> Holding:
    whole = scenario.cluster.capacity.get(CPU, 0)
    machines = {node.name: _Machine(node.capacity.get(CPU, 0)) for node in scenario.cluster.nodes}
    totals = dict.fromkeys(LAYERS, 0)
    layers: dict[str, steps.Steps] = {name: [] for name in LAYERS}
    known: list[str] = []
    shown: dict[str, dict[str, int]] = {}
    for name, machine in machines.items():
        shown[name] = machine.parts(0, known)
        _add(totals, shown[name], 1)
    for at_us, names in _replayed(trace, machines, known):
        for name in names:
            _add(totals, shown[name], -1)
            shown[name] = machines[name].parts(at_us, known)
            _add(totals, shown[name], 1)
        for layer in LAYERS:
            _append(layers[layer], at_us, 100 * totals[layer] / whole if whole else 0.0)
    return Holding(layers)


def _add(totals: dict[str, int], parts: dict[str, int], sign: int) -> None:
    for layer, amount in parts.items():
        totals[layer] += sign * amount


def _append(line: steps.Steps, at_us: int, value: float) -> None:
    if line and line[-1][0] == at_us:
        line[-1] = (at_us, value)
    elif not line or line[-1][1] != value:
        line.append((at_us, value))


Change = tuple[int, int, str, str, int, int]
"""When, order within an instant, machine, what changes, amount or row, sign."""


def _replayed(trace: Trace, machines: dict[str, _Machine], known: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Apply every change in the order of time; yield each time with the machines it touched."""
    offers = trace["offers"]
    changes = sorted([(0, 0, "", "start", 0, 0), *_tasks(trace), *_offers(trace), *_losses(trace)])
    index = 0
    while index < len(changes):
        at_us = changes[index][0]
        touched: dict[str, None] = {}
        while index < len(changes) and changes[index][0] == at_us:
            _, _, name, what, amount, sign = changes[index]
            index += 1
            if what == "start":
                touched |= dict.fromkeys(machines)
                continue
            machine = machines[name]
            touched[name] = None
            if what == "running":
                machine.running += sign * amount
            elif what == "up":
                machine.up = sign > 0
            elif what == "offered":
                machine.offered += sign * offers["cpu"][amount]
                if sign < 0:
                    _refuse(machine, trace, amount)
                elif _news(machines, name, known, trace, amount):
                    touched |= dict.fromkeys(machines)
        yield at_us, list(touched)


def _news(machines: dict[str, _Machine], name: str, known: list[str], trace: Trace, row: int) -> bool:
    """Say whether an offer shows that all machines look different: a new framework, or refusals that were forgotten.

    What a framework refused is offered to it again before its time only after it asked for offers again (revive), and
    then all its refusals are void.
    """
    offers = trace["offers"]
    framework, at_us, cpu = offers["framework"][row], offers["made_us"][row], offers["cpu"][row]
    if framework not in known:
        known.append(framework)
        return True
    if not machines[name].covered(framework, cpu, at_us):
        return False
    for machine in machines.values():
        machine.refused.pop(framework, None)
    return True


def _refuse(machine: _Machine, trace: Trace, row: int) -> None:
    """Note what the answer to an offer refuses, and forget refusals that are over."""
    offers = trace["offers"]
    at_us = offers["answered_us"][row]
    until = at_us + to_us(offers["refuse_s"][row])
    if offers["answer"][row] in ("accepted", "declined") and until > at_us:
        standing = [one for one in machine.refused.get(offers["framework"][row], []) if one[0] > at_us]
        machine.refused[offers["framework"][row]] = [
            *standing, (until, offers["cpu"][row] - offers["cpu_used"][row])
        ]  # fmt: skip


def _tasks(trace: Trace) -> Iterator[Change]:
    table = trace["tasks"]
    columns = (table[name] for name in ("decided_us", "ended_us", "released_us", "node", "cpu"))
    for decided, ended, released, node, cpu in zip(*columns, strict=True):
        end = max(ended, released) if ended != NEVER else trace.horizon_us
        if decided != NEVER and end > decided:
            yield decided, 1, node, "running", cpu, 1
            yield end, 1, node, "running", cpu, -1


def _offers(trace: Trace) -> Iterator[Change]:
    table = trace["offers"]
    columns = (table[name] for name in ("made_us", "answered_us", "node", "answer", "refuse_s"))
    for row, (made, answered, node, answer, refuse_s) in enumerate(zip(*columns, strict=True)):
        yield made, 2, node, "offered", row, 1
        if answered == NEVER:
            continue
        yield answered, 0, node, "offered", row, -1
        over = answered + to_us(refuse_s)
        if answer in ("accepted", "declined") and answered < over < trace.horizon_us:
            yield over, 3, node, "refusal over", row, 0


def _losses(trace: Trace) -> Iterator[Change]:
    table = trace["nodes"]
    for at_us, node, state, seen_by in zip(
        *(table[name] for name in ("at_us", "node", "state", "seen_by")), strict=True
    ):
        if seen_by == "world" and state in ("up", "down"):
            yield at_us, 0, node, "up", 0, 1 if state == "up" else -1


def waiting(trace: Trace) -> list[tuple[int, int]]:
    """Return the intervals of time in which at least one task waited for a machine."""
    table = trace["tasks"]
    spans = [
        (submitted, trace.horizon_us if decided == NEVER else decided, 1.0)
        for submitted, decided in zip(table["submitted_us"], table["decided_us"], strict=True)
    ]
    line = [*steps.amounts(spans), (trace.horizon_us, 0.0)]
    return [(start, end) for (start, number), (end, _) in pairwise(line) if number > 0]


# -- the picture --------------------------------------------------------------------------------------------


def has_content(comparison: Comparison) -> bool:
    """Say whether, on a side that makes offers, work waited and some cpu was out of reach."""
    if not any(len(trace["offers"]) for trace in comparison.traces.values()):
        return False
    trace = comparison.traces[_offering(comparison)]
    if _length(waiting(trace)) < A_MOMENT_US:
        return False
    return _out_of_reach(holding(trace, comparison.scenario), [(0, trace.horizon_us)]) >= SEEN_AT_ALL


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how much was empty and out of reach while work waited, and for how long work did."""
    side = _offering(comparison)
    trace = comparison.traces[side]
    during = waiting(trace)
    percent = _out_of_reach(holding(trace, comparison.scenario), during)
    said = {"name": control_plane(t, side), "percent": round(percent), "time": duration(t, seconds(_length(during)))}
    if percent < WORTH_SAYING:
        return t("With {name}, hardly any CPU is out of reach in the {time} in which tasks wait.", **said)
    return t(
        "With {name}, {percent} % of the CPU is empty, yet out of reach, in the {time} in which tasks wait.", **said
    )


def _out_of_reach(held: Holding, during: Sequence[tuple[int, int]]) -> float:
    return held.mean("offered", during) + held.mean("hidden", during)


def _length(during: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in during)


def caption(comparison: Comparison, t: Texts) -> str:
    """Return the sentence below: why a part is out of reach."""
    side = _offering(comparison)
    trace = comparison.traces[side]
    held = holding(trace, comparison.scenario)
    during = [(0, trace.horizon_us)]
    parts = {"offered": _percent(held.mean("offered", during)), "hidden": _percent(held.mean("hidden", during))}
    if "kubernetes" not in comparison.sides:
        return t(
            "Over the whole run {offered} % is held by offers that nobody has answered yet, and {hidden} % is hidden "
            "from those who refused it.",
            **parts,
        )
    return t(
        "Over the whole run {offered} % is held by offers that nobody has answered yet, and {hidden} % is hidden from "
        "those who refused it. Kubernetes offers nothing: what is free there is free for the next in line.",
        **parts,
    )


def _percent(number: float) -> str:
    return f"{number:.1f}" if 0.05 <= number < 9.95 else f"{number:.0f}"


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "Stacked areas of all CPU over time, one panel for each control plane: running, offered, hidden by a refusal, "
        "free. {finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: one stack per control plane."""
    sides = focus.sides(comparison)
    grid = panels.grid(len(sides))
    horizon = comparison.scenario.horizon_us
    data: list[Spec] = []
    notes = panels.names(t, sides, grid[0])
    for side, panel in zip(sides, grid[0], strict=True):
        held = holding(comparison.traces[side], comparison.scenario)
        data += _stack(t, side, panel, held, horizon)
        notes += _spot(t, panel, held, horizon, waiting(comparison.traces[side]))
    y = {
        **axis(t("share of all CPU")),
        "range": [0, 100 + HEADROOM],
        "dtick": 25,
        "ticksuffix": t("{number} %", number=""),
    }
    return figure(
        named_once(data),
        finding(comparison, t),
        height=250,
        above=panels.LABEL_PIXELS,
        legend=True,
        left=76,
        annotations=notes,
        **panels.axes(grid, time_axis(t, 0, horizon, t("time since the start"), panels.most_ticks(len(sides))), [y]),
    )


def _offering(comparison: Comparison) -> str:
    """Return the side that makes offers; of several the one where work waits longest."""
    sides = [side for side in focus.sides(comparison) if len(comparison.traces[side]["offers"])]
    return max(sides, key=lambda side: _length(waiting(comparison.traces[side])))


def _stack(t: Texts, side: str, panel: Panel, held: Holding, horizon: int) -> list[Spec]:
    colour = look(side).colour
    shades: dict[str, tuple[str, Spec]] = {
        "running": (t("running"), {"fillcolor": tinted(colour, 0.85)}),
        "offered": (t("offered and being thought about"), _pattern("/", colour, 1)),
        "hidden": (t("free but hidden by a refusal"), _pattern(".", colour, 0.9)),
        "free": (t("free"), {"fillcolor": IDLE}),
        "lost": (t("machine lost"), _pattern("x", ALARM, 0.5)),
    }
    shown = [name for name in LAYERS if name in ("running", "free") or any(value for _, value in held.layers[name])]
    times, values = steps.stacked([held.layers[name] for name in shown], 0, horizon)
    when = [duration(t, seconds(time)) for time in times]
    at = [seconds(time) for time in times]
    return [
        {
            "type": "scatter", "mode": "lines", "stackgroup": side, "x": at, "y": [round(one, 2) for one in heights],
            **panel.axes, "line": {"width": 0, "shape": "hv", "color": colour if name == "running" else INK},
            **shades[name][1], "name": shades[name][0], "legendgroup": name, "text": when,
            "hovertemplate": f"{shades[name][0]}: %{{y:.0f}} %<br>%{{text}}<extra></extra>",
        }
        for name, heights in zip(shown, values, strict=True)
    ]  # fmt: skip


def _pattern(shape: str, colour: str, strength: float) -> Spec:
    """Return an area filled with a pattern on the ground of what is free."""
    pattern = {"shape": shape, "fgcolor": tinted(colour, strength), "bgcolor": tinted(colour, 0.12), "size": 8}
    return {"fillpattern": {**pattern, "solidity": 0.3, "fgopacity": 1}, "fillcolor": tinted(colour, 0.1)}


def _spot(t: Texts, panel: Panel, held: Holding, horizon: int, during: Sequence[tuple[int, int]]) -> list[Spec]:
    """Return the annotation where, while tasks wait, most is empty and yet unavailable."""
    times, (running, offered, hidden, waits) = steps.stacked(
        [*(held.layers[name] for name in ("running", "offered", "hidden")), _waits(during)], 0, horizon
    )
    away = [one + other if wait else 0.0 for one, other, wait in zip(offered, hidden, waits, strict=True)]
    place = away.index(max(away))
    if _out_of_reach(held, during) < WORTH_SAYING:
        return []
    until = times[min(place + 1, len(times) - 1)]
    text = t("{percent} % empty, yet unavailable", percent=round(away[place]))
    late = times[place] * 2 > horizon
    where = {"ax": seconds(times[place]), "xanchor": "right" if late else "left", "axref": panel.x}
    spot = seconds(times[place] + (until - times[place]) // 2)
    return [
        note(text, spot, running[place] + away[place] / 2, ay=HEADROOM / 2 + 100, ayref=panel.y, **where, **panel.refs)
    ]


def _waits(during: Sequence[tuple[int, int]]) -> steps.Steps:
    return steps.amounts((start, end, 1.0) for start, end in during)
