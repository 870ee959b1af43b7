"""Which machines there were, and from when until when: those of the scenario, and those that joined or went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.model.clock import NEVER, SECOND_US
from workbench.model.cluster import Node
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

MOVES = ("ordered", "refused", "open", "launched", "cancelled", "joined", "removed")
"""What becomes of machines in the course of a run, as the table ``nodes`` has it; see `engines.fleet`."""

HOUR_US = 3600 * SECOND_US


@dataclass(frozen=True, slots=True)
class Stay:
    """A machine in one run.

    Parameters
    ----------
    ordered_us : int
        When it was ordered.
    joined_us : int
        Since when it is there; `NEVER` if it never joined.
    removed_us : int
        Until when, or when it was clear that it would not come; the end of the run if it stayed or was awaited.
    launched_us : int
        Since when it boots, and is paid for; `NEVER` if it never did.
    """

    node: Node
    ordered_us: int
    joined_us: int
    removed_us: int
    launched_us: int = 0

    @property
    def there(self) -> tuple[int, int]:
        """From when until when it is there; an empty interval if it never was."""
        return (self.removed_us if self.joined_us == NEVER else self.joined_us), self.removed_us

    @property
    def paid_us(self) -> int:
        """For how long it is paid for: from when it begins to boot, not from an order that is open or refused."""
        return 0 if self.launched_us == NEVER else self.removed_us - self.launched_us


def stays(trace: Trace, scenario: Scenario) -> list[Stay]:
    """Return all machines of a run: those there at the start in the order of the cluster, then as they were ordered."""
    ordered = {node.name: 0 for node in scenario.cluster.nodes}
    joined, launched, removed = dict(ordered), dict(ordered), dict[str, int]()
    for at_us, name, state in _moves(trace):
        if state == "ordered":
            ordered[name] = launched[name] = at_us
        elif state == "joined":
            ordered.setdefault(name, at_us)
            launched.setdefault(name, at_us)
            joined[name] = at_us
        elif state == "launched":
            launched[name] = at_us
        elif state in ("open", "refused"):
            launched[name] = NEVER
        if state in ("removed", "cancelled", "refused"):
            removed[name] = at_us
    known = {node.name: node for node in scenario.cluster.nodes}
    return [
        Stay(
            known.get(name) or scenario.cluster.machine(name), at_us,
            joined.get(name, NEVER), removed.get(name, trace.horizon_us), launched[name],
        )
        for name, at_us in ordered.items()
    ]  # fmt: skip


def _moves(trace: Trace) -> Iterable[tuple[int, str, str]]:
    """Yield (time, machine, what) of all that becomes of orders and of machines that join or are given back."""
    table = trace["nodes"]
    columns = (table[name] for name in ("at_us", "node", "state", "seen_by"))
    for at_us, name, state, seen_by in zip(*columns, strict=True):
        if seen_by == "world" and state in MOVES:
            yield at_us, name, state


def booted(trace: Trace, name: str) -> tuple[int, int]:
    """Return from when until when a machine booted in the course of a run; an empty interval if it did not."""
    moves = {what: at_us for at_us, known, what in _moves(trace) if known == name}
    began = moves.get("launched", moves.get("ordered", NEVER))
    return (began, moves["joined"]) if began != NEVER and "joined" in moves else (0, 0)


def changes(trace: Trace) -> list[tuple[int, str, int]]:
    """Return (time, machine, +1 or -1) of every machine that joined or was given back."""
    step = {"joined": 1, "removed": -1}
    return [(at_us, name, step[what]) for at_us, name, what in _moves(trace) if what in step]


def capacity_time(trace: Trace, scenario: Scenario, resource: str, start_us: int = 0, end_us: int | None = None) -> int:
    """Return how much of a resource there was between two instants, in its unit times microseconds."""
    until = trace.horizon_us if end_us is None else end_us
    return sum(
        one.node.capacity.get(resource, 0) * max(0, min(one.there[1], until) - max(one.there[0], start_us))
        for one in stays(trace, scenario)
    )


def paid_us(trace: Trace, scenario: Scenario) -> int:
    """Return for how long machines were paid for, summed over all of them, in microseconds."""
    return sum(one.paid_us for one in stays(trace, scenario))


def cost(trace: Trace, scenario: Scenario) -> float:
    """Return what machines cost: hours for which they are paid, each at the price of its pool; without one, 0."""
    prices = {pool.name: pool.cost for pool in scenario.cluster.pools}
    paid = [(one.node.pool, one.paid_us) for one in stays(trace, scenario)]
    return sum(us / HOUR_US * prices.get(pool, 0.0) for pool, us in paid)


def ever_there(traces: Iterable[Trace], scenario: Scenario) -> list[Node]:
    """Return every machine that was there in any of some runs: as they stand in a picture of several sides."""
    found: dict[str, Node] = {}
    for trace in traces:
        for one in stays(trace, scenario):
            if one.joined_us != NEVER:
                found.setdefault(one.node.name, one.node)
    return list(found.values())


def absent(trace: Trace, scenario: Scenario, at_us: int, names: Iterable[str]) -> set[str]:
    """Return which of some machines are not there at an instant: not yet, no longer, or never in this run."""
    there = {one.node.name for one in stays(trace, scenario) if one.there[0] <= at_us < one.there[1]}
    return {name for name in names if name not in there}
