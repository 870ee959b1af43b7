"""How an app comes back after the loss of a machine, rung by rung.

| rung | reached when |
|---|---|
| detected | the control plane says that the machine does not answer |
| traffic | clients are sent to none of the lost instances any more |
| person | somebody acts on the machine |
| replaced | each lost instance has a successor that has been given a machine, or its own machine is back |
| detached | the disks that were attached there are free to be attached elsewhere |
| in service | clients are sent to all successors, or to the instances themselves, started again on the spot |

A rung that is not reached within the run is never reached. Disks that lie on the lost machine itself are never
detached; that rung is left out then, as it is for apps without disks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from workbench.model.clock import NEVER
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

Rung = Literal["detected", "traffic", "person", "replaced", "detached", "in-service"]
RUNGS: tuple[Rung, ...] = ("detected", "traffic", "person", "replaced", "detached", "in-service")
STRUCK = {"node-loss": "down", "network-partition": "cut-off"}
"""Fault -> the state of a machine that it strikes."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The way back of one app.

    Parameters
    ----------
    app, node : str
        What came back, and the machine that was lost.
    fault_us : int
        When it was lost.
    lost : tuple of str
        The instances that were there.
    rungs : dict
        Rung -> microseconds since the loss, `NEVER` for never; without the rungs that do not apply.
    """

    app: str
    node: str
    fault_us: int
    lost: tuple[str, ...]
    rungs: dict[Rung, int]

    @property
    def alone(self) -> bool:
        """Say whether it came back without anybody's help."""
        back, person = self.rungs["replaced"], self.rungs.get("person", NEVER)
        return self.rungs["in-service"] != NEVER and (person == NEVER or back < person)

    @property
    def needs_somebody(self) -> bool:
        """Say whether it came back only after somebody had acted, or not at all."""
        return not self.alone


def ladder(trace: Trace, scenario: Scenario, app: str) -> Ladder | None:
    """Return how an app came back after the first fault that struck a machine; None if no instance was there."""
    fault = min((one for one in scenario.faults if one.kind in STRUCK), key=lambda one: one.at_us, default=None)
    if fault is None:
        return None
    struck = [
        node
        for at_us, node, state, seen_by in trace["nodes"].rows()
        if at_us == fault.at_us and state == STRUCK[fault.kind] and seen_by == "world"
    ]
    tasks = [row for row in trace["tasks"].dicts() if row["app"] == app]
    lost = [row for row in tasks if row["node"] in struck and _there(row, fault.at_us)]
    if not lost:
        return None
    node = lost[0]["node"]
    lost = [row for row in lost if row["node"] == node]
    names = tuple(row["task"] for row in lost)
    heirs = [_successor(row, tasks, fault.at_us) for row in lost]
    at: dict[Rung, int] = {
        "detected": _first(
            at_us
            for at_us, name, _, seen_by in trace["nodes"].rows()
            if name == node and seen_by != "world" and at_us > fault.at_us
        ),
        "traffic": _all(_moved(trace, app, name, fault.at_us) for name in names),
        "replaced": _all(
            _up_again(trace, app, row, fault.at_us) if heir is None else heir["decided_us"]
            for row, heir in zip(lost, heirs, strict=True)
        ),
        "in-service": _all(
            _added(trace, app, row["task"], fault.at_us) if heir is None else _listed(trace, app, heir)
            for row, heir in zip(lost, heirs, strict=True)
        ),
    }
    acts = _first(
        at_us
        for at_us, kind, subject, *_ in trace["events"].rows()
        if kind == "operator-acts" and subject == node and at_us >= fault.at_us
    )
    if acts != NEVER:
        at["person"] = acts
    disks = _disks(trace, app, node, fault.at_us)
    if disks:
        at["detached"] = _all(disks)
    since = {rung: at_us if at_us == NEVER else at_us - fault.at_us for rung, at_us in at.items()}
    return Ladder(app, node, fault.at_us, names, {rung: since[rung] for rung in RUNGS if rung in since})


def _there(row: dict[str, Any], at_us: int) -> bool:
    """Say whether a task was ready, and not over, when the machine was lost."""
    return (
        row["ready_us"] not in (NEVER,)
        and row["ready_us"] <= at_us
        and (row["ended_us"] == NEVER or row["ended_us"] >= at_us)
    )


def _successor(lost: dict[str, Any], tasks: list[dict[str, Any]], at_us: int) -> dict[str, Any] | None:
    """Return the first task that took the place of a lost one."""
    return next(
        (row for row in tasks if row["slot"] == lost["slot"] and row["queued_us"] > at_us and row is not lost), None
    )


def _moved(trace: Trace, app: str, task: str, since_us: int) -> int:
    return _first(
        at_us
        for at_us, name, who, change, _ in trace["endpoints"].rows()
        if name == app and who == task and change == "removed" and at_us >= since_us
    )


def _listed(trace: Trace, app: str, heir: dict[str, Any]) -> int:
    """Return when clients were first sent to a successor, which may bear the name of the one before it."""
    return NEVER if heir["ready_us"] == NEVER else _added(trace, app, heir["task"], heir["ready_us"])


def _added(trace: Trace, app: str, task: str, since_us: int) -> int:
    return _first(
        at_us
        for at_us, name, who, change, _ in trace["endpoints"].rows()
        if name == app and who == task and change == "added" and at_us >= since_us
    )


def _up_again(trace: Trace, app: str, lost: dict[str, Any], since_us: int) -> int:
    """Return when the machine of an instance was back that was started again there, and serves; it has no successor."""
    if _added(trace, app, lost["task"], since_us) == NEVER:
        return NEVER
    return _first(
        at_us
        for at_us, name, state, seen_by in trace["nodes"].rows()
        if name == lost["node"] and state == "up" and seen_by == "world" and at_us > since_us
    )


def _disks(trace: Trace, app: str, node: str, at_us: int) -> list[int]:
    """Return when each disk that was attached to the machine was free, if it can be attached elsewhere at all."""
    attached: dict[str, bool] = {}
    free: dict[str, int] = {}
    for time, volume, owner, where, state, _ in trace["volumes"].rows():
        if owner != app or where != node or state == "grown":
            continue
        if time < at_us:
            attached[volume] = state == "attached"
        elif state in ("lost", "unreachable"):
            attached[volume] = False
        elif state == "detached":
            free.setdefault(volume, time)
    return [free.get(volume, NEVER) for volume, there in attached.items() if there]


def _first(times: Iterable[int]) -> int:
    return min(times, default=NEVER)


def _all(times: Iterable[int]) -> int:
    """Return the last of some times; `NEVER` if one of them is."""
    found = list(times)
    return NEVER if NEVER in found else max(found, default=NEVER)
