"""The keys of a scenario file that say how instances live: checks, trouble, memory, disk, and what runs beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from workbench.errors import Problem
from workbench.formats.places import ValuePath
from workbench.formats.quantities import format_quantity
from workbench.formats.scenario_types import (
    Amount,
    Duration,
    Part,
    PositiveDuration,
    Switch,
    Text,
    Whole,
    Within,
    wrapped,
)
from workbench.model.lives import Check, ContainerTimes, DiskUse, MemoryUse, Trouble
from workbench.model.native.kubernetes.quantity import Quantity

Place = Callable[[ValuePath], str]


class ContainerPart(Part):
    """An init container or sidecar of a manifest: what takes how long."""

    start: Duration = Field("0s", validate_default=True, description="from its image present to its process running")
    runs: Duration = Field("0s", validate_default=True, description="init container: from there to its end")
    ready: Duration = Field(
        "0s", validate_default=True, description="sidecar: from running to answering its startup probe"
    )
    stop: Duration = Field(
        "0s", validate_default=True, description="sidecar: from being asked to stop to having stopped"
    )


class CheckPart(Part):
    """How instances are checked over HTTP; what is left out each control plane has its own default for."""

    every: PositiveDuration | None = Field(None, description="how often; Kubernetes: 10s, Marathon: 60s")
    timeout: PositiveDuration | None = Field(
        None, description="an answer that takes longer is a failure; Kubernetes: 1s, Marathon: 20s"
    )
    failures: Annotated[Whole, Within(1, 1000)] | None = Field(
        None, description="so many failures in a row count; 3 on both sides"
    )
    grace: Duration | None = Field(
        None, description="since the start of the process, until failures count; Kubernetes: 0s, Marathon: 300s"
    )
    restarts: Switch = Field(
        True, description="whether an instance that fails is started again, or just gets no requests"
    )


class TroublePart(Part):
    """What goes wrong in a process by itself, each time that it starts."""

    hangs: PositiveDuration | None = Field(
        None, description="so long after it became ready it answers nothing any more, and does not stop when asked to"
    )
    hangs_for: PositiveDuration | None = Field(None, description="so long it hangs; until it is stopped if left out")
    crashes: PositiveDuration | None = Field(None, description="so long after its start it ends, amiss")


class MemoryPart(Part):
    """How much memory an instance uses."""

    start: Amount = Field(description="bytes when its process starts, e.g. 200Mi")
    grows: Amount = Field("0", validate_default=True, description="bytes more each second, e.g. 1Mi: a leak")
    most: Amount | None = Field(None, description="bytes at which it stops to grow; never if left out")


MemoryOf = Annotated[MemoryPart, BeforeValidator(wrapped("start"), json_schema_input_type=MemoryPart | Amount)]
"""How much memory an instance uses; a bare amount does not change."""


class DiskPart(Part):
    """How much an instance writes to its machine's own disk, anew each time that its process starts."""

    start: Amount = Field("0", validate_default=True, description="bytes when its process starts, e.g. 1Gi")
    grows: Amount = Field("0", validate_default=True, description="bytes more each second, e.g. 2Mi: a log")
    most: Amount | None = Field(None, description="bytes at which it stops to write; never if left out")
    volume: Text = Field(
        "", description="manifests: the emptyDir of its pod that it writes to; beside all volumes if left out"
    )


DiskOf = Annotated[DiskPart, BeforeValidator(wrapped("start"), json_schema_input_type=DiskPart | Amount)]
"""How much an instance writes; a bare amount does not change."""


def life_problems(
    kind: str, check: CheckPart | None, trouble: TroublePart | None, path: ValuePath, place: Place
) -> Iterator[Problem]:
    """Yield what does not go together in how the instances of an app of a kind live."""
    if check is not None and kind == "batch":
        args = {"key": "check", "kind": kind, "right": "service / stateful / daemon"}
        yield Problem("not-for-kind", place((*path, "check")), args)
    if trouble is not None:
        yield from trouble_problems(trouble, path, place)


def limit_problems(
    request: Mapping[str, Quantity], limit: Mapping[str, Quantity], path: ValuePath, place: Place
) -> Iterator[Problem]:
    """Yield limits below what an instance asks for."""
    for name, most in limit.items():
        asked = request.get(name)
        if asked is not None and most < asked:
            args = {"limit": format_quantity(most), "asked": format_quantity(asked)}
            yield Problem("limit-below-request", place((*path, "limit", name)), args)


def use_problems(memory: MemoryPart | None, disk: DiskPart | None, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield a size at which something stops to grow that is below the one it starts with."""
    for key, use in (("memory_use", memory), ("disk_use", disk)):
        if use is not None and use.most is not None and use.most < use.start:
            args = {"value": format_quantity(use.most), "low": format_quantity(use.start), "high": "8Pi", "unit": ""}
            yield Problem("out-of-range", place((*path, key, "most")), args)


def trouble_problems(trouble: TroublePart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what does not go together in trouble."""
    if trouble.hangs_for is not None and trouble.hangs is None:
        where = place((*path, "trouble", "hangs_for"))
        yield Problem("only-with", where, {"key": "hangs_for", "other": "hangs"})


def check_of(part: CheckPart | None) -> Check | None:
    """Return how an app is checked."""
    return None if part is None else Check(part.every, part.timeout, part.failures, part.grace, part.restarts)


def trouble_of(part: TroublePart | None) -> Trouble | None:
    """Return what goes wrong in an app's processes."""
    return None if part is None else Trouble(part.hangs, part.hangs_for, part.crashes)


def memory_of(part: MemoryPart | None) -> MemoryUse | None:
    """Return how much memory an instance uses."""
    if part is None:
        return None
    return MemoryUse(part.start.units(), part.grows.units(), None if part.most is None else part.most.units())


def disk_of(part: DiskPart | None) -> DiskUse | None:
    """Return how much an instance writes."""
    if part is None:
        return None
    most = None if part.most is None else part.most.units()
    return DiskUse(part.start.units(), part.grows.units(), most, part.volume)


def containers_of(parts: Mapping[str, ContainerPart]) -> Mapping[str, ContainerTimes]:
    """Return what takes how long in the containers beside an app's own process."""
    return {name: ContainerTimes(one.start, one.runs, one.ready, one.stop) for name, one in parts.items()}
