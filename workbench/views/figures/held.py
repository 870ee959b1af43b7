"""Who held the cpu of the cluster, worked out from a trace: running work, offers, what was refused, what was free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from workbench.experiments.machines import changes, ever_there
from workbench.model.clock import NEVER, to_us
from workbench.model.resources import CPU
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace
from workbench.views.figures import steps
from workbench.views.figures.remembered import remembered

LAYERS = ("running", "offered", "hidden", "free", "lost")
"""From the bottom up."""


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
    there: bool = True
    up: bool = True
    running: int = 0
    offered: int = 0
    refused: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def parts(self, at_us: int, frameworks: Sequence[str]) -> dict[str, int]:
        """Return the machine's cpu by layer; nothing of one that has not joined yet, or is gone."""
        if not self.there:
            return {}
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


@remembered
def holding(trace: Trace, scenario: Scenario) -> Holding:
    """Return who held the cpu in a finished run.

    Free cpu of a machine counts as hidden while every framework that had been made an offer by then has refused at
    least that much of that machine and its refusal still stands. Work counts as running from the decision that placed
    it until its control plane counts its cpu as free again.

    Left out: a refusal that covers the cpu but not the memory of what is free counts as covering it.
    """
    first = {node.name for node in scenario.cluster.nodes}
    machines = {
        node.name: _Machine(node.capacity.get(CPU, 0), node.name in first) for node in ever_there((trace,), scenario)
    }
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
        whole = sum(totals.values())
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
    news = sorted([(0, 0, "", "start", 0, 0), *_tasks(trace), *_offers(trace), *_losses(trace)])
    index = 0
    while index < len(news):
        at_us = news[index][0]
        touched: dict[str, None] = {}
        while index < len(news) and news[index][0] == at_us:
            _, _, name, what, amount, sign = news[index]
            index += 1
            if what == "start":
                touched |= dict.fromkeys(machines)
                continue
            machine = machines[name]
            touched[name] = None
            if what == "running":
                machine.running += sign * amount
            elif what == "there":
                machine.there = sign > 0
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
    for at_us, node, step in changes(trace):
        yield at_us, 0, node, "there", 0, step


def waiting(trace: Trace) -> list[tuple[int, int]]:
    """Return the intervals of time in which at least one task waited for a machine."""
    table = trace["tasks"]
    spans = [
        (submitted, trace.horizon_us if decided == NEVER else decided, 1.0)
        for submitted, decided in zip(table["submitted_us"], table["decided_us"], strict=True)
    ]
    line = [*steps.amounts(spans), (trace.horizon_us, 0.0)]
    return [(start, end) for (start, number), (end, _) in pairwise(line) if number > 0]
