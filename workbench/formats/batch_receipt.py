"""Which keys of a scenario's own batch apps other control planes may not be able to carry: for the receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.formats.receipt import Presence
from workbench.model.workload import App

KIND = "batch app"


def presences(apps: Iterable[App]) -> Iterator[Presence]:
    """Yield the keys that batch apps use to say who runs them, what they read and what they wait for."""
    for app in apps:
        if app.framework:
            yield Presence(KIND, f"framework: {app.framework}")
        if app.input is not None:
            yield Presence(KIND, "input")
        if app.after:
            yield Presence(KIND, "after")
        if app.schedule is not None:
            yield Presence(KIND, "schedule")
