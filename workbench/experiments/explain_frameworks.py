"""What a batch framework itself waits for: reasons that no look at the allocator shows.

A framework writes down why the first of its waiting tasks goes onto none of the places it was shown. If the latest such
word about the task's app is one of its own, that is what stops the task, whatever offers there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.experiments.explain import Cause, Facts
from workbench.model.changes import as_wanted

OWN = ("locality-wait", "executors-busy", "no-executor", "cores-max", "gang-incomplete", "slots-busy", "slowstart")
"""Reasons of frameworks for which a task waits though it might be placed."""


def own_reason(facts: Facts) -> tuple[Cause, Cause] | None:
    """Return what the task's own framework waits for, and what would change that; None if it waits for nothing."""
    app = next((one for one in facts.scenario.apps if one.name == facts.row["app"]), None)
    if app is not None and app.kind == "batch" and as_wanted(app, facts.scenario.changes, facts.at_us).suspended:
        return Cause("suspended"), Cause("resume")
    if app is None or app.framework in ("", "batch"):
        return None
    if app.framework == "chronos" and app.after and not _begun(facts):
        open_parents = [one for one in app.after if not _done(facts, one)]
        if open_parents:
            args = {"parents": open_parents, "count": len(app.after)}
            return Cause("parents-not-done", args), Cause("parents", args)
    last = max(_said(facts), default=None)
    if last is None:
        return None
    at_us, reason, count = last
    args = {"said_us": at_us, "count": count, "ranks": app.replicas, "parents": list(app.after)}
    return Cause(reason, args), Cause(f"cure-{reason}", args)


def _said(facts: Facts) -> Iterator[tuple[int, str, int]]:
    """Yield (time, reason, how many places) of what the framework said of the task's app while the task waited."""
    tasks = facts.trace["tasks"]
    app_of = dict(zip(tasks["task"], tasks["app"], strict=True))
    table = facts.trace["decisions"]
    columns = (table[name] for name in ("at_us", "task", "node", "rejected"))
    for at_us, task, node, rejected in zip(*columns, strict=True):
        if node or app_of.get(task) != facts.row["app"] or not facts.row["queued_us"] <= at_us <= facts.at_us:
            continue
        for part in filter(None, rejected.split("; ")):
            what, _, count = part.rpartition("=")
            reason = what.partition("/")[2]
            if reason in OWN:
                yield at_us, reason, int(count)


def _begun(facts: Facts) -> bool:
    """Say whether some task of the app has been placed by now: its parents are done then."""
    tasks = facts.trace["tasks"]
    return any(
        app == facts.row["app"] and 0 <= decided <= facts.at_us
        for app, decided in zip(tasks["app"], tasks["decided_us"], strict=True)
    )


def _done(facts: Facts, parent: str) -> bool:
    """Say whether all tasks of a job had finished by the instant."""
    wanted = next((max(1, app.replicas) for app in facts.scenario.apps if app.name == parent), 1)
    tasks = facts.trace["tasks"]
    columns = (tasks[name] for name in ("app", "ended_us", "outcome"))
    rows = zip(*columns, strict=True)
    done = [end for app, end, outcome in rows if app == parent and outcome == "finished" and 0 <= end <= facts.at_us]
    return len(done) >= wanted
