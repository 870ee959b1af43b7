"""What must hold of apps that stand behind the name of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workbench.errors import Problem, no_such
from workbench.formats.places import ValuePath, shown
from workbench.formats.scenario_names import few
from workbench.formats.scenario_parts import Parts, Place, Placed


class _One(NamedTuple):
    """An app as far as its name is concerned; `path` leads to where its keys are."""

    kind: str
    behind: str
    path: ValuePath


def check_fronts(
    parts: Parts, companions: Sequence[Placed], *, companions_read: bool, place: Place
) -> Iterator[Problem]:
    """Yield every fault; parameters as for `scenario_checks.check`."""
    apps = {
        spot.name: _One(spot.part.kind, spot.part.behind, spot.path) for spot in parts.apps if spot.part is not None
    }
    for spot in parts.apps:
        if spot.part is not None and spot.part.errors and spot.part.kind != "service":
            args = {"key": "errors", "kind": spot.part.kind, "right": "service"}
            yield Problem("not-for-kind", place((*spot.path, "errors")), args)
    for one in companions:
        said = parts.behaviour.get(one.app.name)
        behind = "" if said is None else said.behind
        apps[one.app.name] = _One(one.app.kind, behind, ("behaviour", one.app.name))
        if said is not None and said.load is not None and one.app.kind != "service":
            args = {"key": "load", "kind": one.app.kind, "right": "service"}
            yield Problem("not-for-kind", place(("behaviour", one.app.name, "load")), args)
    for name, app in apps.items():
        if app.behind:
            yield from _stands(name, app, apps, companions_read, place((*app.path, "behind")))


def _stands(name: str, app: _One, apps: dict[str, _One], all_known: bool, where: str) -> Iterator[Problem]:
    if app.kind != "service":
        yield Problem("not-for-kind", where, {"key": "behind", "kind": app.kind, "right": "service"})
    front = apps.get(app.behind)
    if front is None:
        if all_known:
            yield no_such(shown(app.behind), few(app.behind, (one for one in apps if one != name)), "apps", where)
    elif front.kind != "service":
        yield Problem("not-for-kind", where, {"key": "behind", "kind": front.kind, "right": "service"})
    elif app.behind == name or front.behind:
        yield Problem("behind-nobody", where, {"name": app.behind})
