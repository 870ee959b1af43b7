"""What a pod that has its node waits for, where that is a volume."""

from __future__ import annotations

from workbench.experiments.explain import WAITS_FOR, Cause, Facts
from workbench.model.clock import NEVER


def waits_for_volume(facts: Facts) -> tuple[Cause, Cause] | None:
    """Return which volume a pod waits for on its node, and what would bring it; None if it waits for none."""
    if facts.state != "starting" or facts.row["volume_us"] != NEVER:
        return None
    events = facts.trace["events"]
    columns = (events[name] for name in ("at_us", "kind", "subject", "detail"))
    told = [
        (kind, detail)
        for at_us, kind, subject, detail in zip(*columns, strict=True)
        if subject == facts.name and kind in WAITS_FOR and facts.row["decided_us"] <= at_us <= facts.at_us
    ]
    if not told:
        return None
    kind, other = told[-1]
    if kind == "FailedAttachVolume":
        return Cause("disk-elsewhere", {"node": facts.row["node"], "other": other}), Cause("disk-let-go")
    if facts.row["bound_us"] != NEVER:
        return None
    return Cause("volumes-made", {"node": facts.row["node"]}), Cause("made-faster")
