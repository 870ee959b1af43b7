"""What must hold of the requests to an app, and of the size that follows them, beyond the form of each value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from workbench.errors import Problem
from workbench.formats.durations import not_after
from workbench.formats.places import ValuePath
from workbench.formats.scenario_apps import AppPart
from workbench.formats.scenario_load import DemandPart, LoadPart, ScalingPart
from workbench.formats.scenario_parts import Parts, Place, Placed, whole
from workbench.formats.scenario_types import MOST_TASKS
from workbench.model.resources import CPU

SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "constant": (("rate",), ()),
    "step": (("rate", "to", "start"), ()),
    "ramp": (("rate", "to", "start", "rise"), ()),
    "flash-crowd": (("rate", "to", "start", "hold"), ("rise", "fall")),
    "diurnal": (("rate", "swing"), ("period", "peak_at")),
    "recorded": ((), ("points", "file")),
}
"""Shape of a demand -> keys that it needs, and keys that it may have besides."""


def check_loads(
    parts: Parts, companions: Sequence[Placed], *, companions_read: bool, place: Place
) -> Iterator[Problem]:
    """Yield every fault of loads and scaling; parameters as for `scenario_checks.check`."""
    del companions_read
    for path, _, app in parts.apps:
        if app is not None:
            yield from _app(app, path, place)
    for one in companions:
        said = parts.behaviour.get(one.app.name)
        if said is not None and said.load is not None and one.app.kind == "service":
            cpu = bool(one.app.request.get(CPU))
            yield from _load(said.load, ("behaviour", one.app.name, "load"), place, asks_for_cpu=cpu)


def _app(app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    for key in ("load", "scaling", "vertical"):
        if getattr(app, key) is not None and app.kind != "service":
            yield Problem("not-for-kind", place((*path, key)), {"key": key, "kind": app.kind, "right": "service"})
    if app.load is not None:
        yield from _load(app.load, (*path, "load"), place, asks_for_cpu=bool(app.request.get("cpu")))
    if app.scaling is not None:
        yield from _scaling(app.scaling, app, (*path, "scaling"), place)


def _load(load: LoadPart, path: ValuePath, place: Place, *, asks_for_cpu: bool) -> Iterator[Problem]:
    if load.demand is not None:
        yield from _demand(load.demand, (*path, "demand"), place)
    if load.cap is not None and not load.cap:
        yield Problem("not-positive", place((*path, "cap")), {"value": "0"})
    if load.cap is None and not asks_for_cpu and whole(load):
        yield Problem("only-with", place(path), {"key": "load", "other": "request: {cpu: ...}"})


def _demand(demand: DemandPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield keys that are missing, and those that say nothing for a demand of this shape."""
    needed, allowed = SHAPES[demand.shape]
    given = demand.model_fields_set - {"shape"}
    for key in needed:
        if key not in given:
            yield Problem("missing-key", place(path), {"key": key})
    for key in DemandPart.model_fields:
        if key in given and key not in (*needed, *allowed):
            yield Problem("not-for-shape", place((*path, key)), {"key": key, "shape": demand.shape})
    if demand.shape == "recorded" and len(given & {"points", "file"}) != 1:
        yield Problem("one-of", place(path), {"key": "points", "other": "file"})
    if demand.shape == "recorded" and "points" in given and not demand.points:
        yield Problem("too-few", place((*path, "points")), {"value": 0, "what": "entries", "least": 1})
    times = [point.at for point in demand.points]
    for number, (one, later) in enumerate(pairwise(times), start=1):
        if later <= one:
            yield not_after("at", later, f"points[{number - 1}].at", one, place((*path, "points", number, "at")))


def _scaling(scaling: ScalingPart, app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    if app.load is None:
        yield Problem("only-with", place(path), {"key": "scaling", "other": "load"})
    elif app.load.cap is not None and scaling.requests is None and not app.request.get("cpu"):
        # without a cap the load has said so already
        yield Problem("only-with", place(path), {"key": "scaling", "other": "request: {cpu: ...}"})
    if {"target", "requests"} <= scaling.model_fields_set:
        yield Problem("one-of", place(path), {"key": "target", "other": "requests"})
    if scaling.most is None:
        return
    if scaling.most < scaling.least:
        args = {"value": scaling.most, "low": scaling.least, "high": MOST_TASKS, "unit": ""}
        yield Problem("out-of-range", place((*path, "most")), args)
    elif app.replicas is not None and not scaling.least <= app.replicas <= scaling.most:
        args = {"value": app.replicas, "low": scaling.least, "high": scaling.most, "unit": ""}
        yield Problem("out-of-range", place((*path[:-1], "replicas")), args)
