"""The parts of a scenario file, each read for itself: what one of them has at fault hides nothing of the others.

Nor do faults within the load, the scaling, the data or the disk of an app hide what else is wrong with these: as much
of them is read as can be, and a key that they cannot do without is None where it could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError, create_model

from workbench.formats.places import ValuePath
from workbench.formats.scenario_apps import AppPart, BehaviourPart
from workbench.formats.scenario_disks import DataPart, VolumePart
from workbench.formats.scenario_document import TeamPart
from workbench.formats.scenario_events import ChangePart, FaultPart
from workbench.formats.scenario_load import DemandPart, LoadPart, ScalingPart
from workbench.formats.scenario_machines import Pool
from workbench.formats.scenario_shape import model_at
from workbench.formats.scenario_study import StudyPart
from workbench.model.workload import App

M = TypeVar("M", bound=BaseModel)
Place = Callable[[ValuePath], str]
FILE_KEYS = ("manifests", "marathon")


class Spot(NamedTuple, Generic[M]):
    """A part of the file, if it could be read, with its path and the name it was given."""

    path: ValuePath
    name: str
    part: M | None


class Placed(NamedTuple):
    """An app of a companion file, and where it stands there."""

    app: App
    place: str


@dataclass(frozen=True)
class Parts:
    """The parts of a scenario file that could be read; whether it holds any work, and names files that might."""

    pools: Sequence[Spot[Pool]]
    teams: Sequence[Spot[TeamPart]]
    apps: Sequence[Spot[AppPart]]
    faults: Sequence[Spot[FaultPart]]
    changes: Sequence[Spot[ChangePart]]
    behaviour: Mapping[str, BehaviourPart | None]
    study: StudyPart | None
    has_work: bool
    names_files: bool

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> Parts:
        """Read each part for itself."""
        cluster = tree.get("cluster")
        pools = cluster.get("pools") if isinstance(cluster, dict) else None
        behaviour = tree.get("behaviour")
        return cls(
            tuple(_spots(Pool, pools, ("cluster", "pools"))),
            tuple(_spots(TeamPart, tree.get("teams"), ("teams",))),
            tuple(_spots(AppPart, tree.get("apps"), ("apps",))),
            tuple(_spots(FaultPart, tree.get("faults"), ("faults",))),
            tuple(_spots(ChangePart, tree.get("changes"), ("changes",))),
            {name: _part(BehaviourPart, one) for name, one in _mapping(behaviour).items()},
            _part(StudyPart, tree.get("study", {})),
            any(tree.get(key) for key in ("apps", *FILE_KEYS)),
            any(tree.get(key) for key in FILE_KEYS),
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _spots(model: type[M], raw: Any, path: ValuePath) -> Iterator[Spot[M]]:
    for index, one in enumerate(raw if isinstance(raw, list) else ()):
        name = _mapping(one).get("name", "")
        yield Spot((*path, index), name if isinstance(name, str) else "", _part(model, one))


def _part(model: type[M], raw: Any) -> M | None:
    """Return the part, without those of its keys that are at fault; None if it cannot do without them."""
    if not isinstance(raw, dict):
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        wrong = {one["loc"][0] for one in error.errors(include_url=False) if one["loc"]}
    inner = {str(key): _inner(model, str(key), raw.get(key)) for key in wrong}
    fine = {key: value for key, value in raw.items() if key not in wrong}
    try:
        return model.model_validate(fine | {key: part for key, part in inner.items() if part is not None})
    except ValidationError:
        return None


IN_PIECES: Mapping[type[BaseModel] | None, tuple[str, ...]] = {
    LoadPart: (), DemandPart: ("shape",), ScalingPart: (), DataPart: ("shape",), VolumePart: ("reach",),
}  # fmt: skip
"""Parts within parts that are read as far as they can be, and the keys without which the others say nothing."""


def whole(part: BaseModel) -> bool:
    """Say whether all of a part could be read."""
    return type(part) not in map(_in_pieces, filter(None, IN_PIECES))


def _inner(model: type[BaseModel], key: str, raw: Any) -> BaseModel | None:
    """Return what can be read of the part under a key."""
    inner = model_at(model, (key,))
    if inner is None or inner not in IN_PIECES:
        return None
    part = _part(_in_pieces(inner), raw)
    needed = IN_PIECES[inner]
    return None if part is None or any(one in raw and one not in part.model_fields_set for one in needed) else part


@cache
def _in_pieces(model: type[BaseModel]) -> type[BaseModel]:
    """Return the model with all of its keys optional."""
    fields = {name: copy(field) for name, field in model.model_fields.items() if field.is_required()}
    for field in fields.values():
        field.default = None
    optional: dict[str, Any] = {name: (field.annotation, field) for name, field in fields.items()}
    return create_model(model.__name__, __base__=model, **optional)
