"""The files beside a scenario: Kubernetes manifests and Marathon documents, and the apps in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError, Problem
from workbench.formats.kubernetes_apps import EffectiveRequests, neutral_apps, neutral_teams
from workbench.formats.kubernetes_manifest import Manifest, read_manifest
from workbench.formats.marathon_json import MarathonDocument, read_marathon
from workbench.formats.marathon_json import neutral_apps as marathon_apps
from workbench.formats.places import ValuePath, shown
from workbench.formats.scenario_checks import Placed
from workbench.formats.text import read_text
from workbench.model.native.kubernetes import KubeObject
from workbench.model.workload import Team

LIMIT_BYTES = 64_000_000
"""Bytes of one companion file; a genuine export of a large cluster has some 50 MB."""

Source = Callable[[str], str]
"""Returns the text of the companion file with this name; raises `InputError`."""


@dataclass(frozen=True)
class Companions:
    """What the files beside a scenario hold.

    Parameters
    ----------
    texts : mapping
        File name as the scenario has it -> text.
    manifests, marathon : tuple
        What was read, in the order of the scenario.
    apps : tuple of Placed
        Every app, with where it stands.
    objects : tuple
        Kubernetes objects that are no apps.
    teams : tuple of Team
        Namespaces with a quota.
    """

    texts: Mapping[str, str]
    manifests: tuple[Manifest, ...] = ()
    marathon: tuple[MarathonDocument, ...] = ()
    apps: tuple[Placed, ...] = ()
    objects: tuple[KubeObject, ...] = ()
    teams: tuple[Team, ...] = ()


def beside(folder: Path) -> Source:
    """Return a source of texts that reads files in `folder` or below, and nowhere else."""

    def text(name: str) -> str:
        path = folder / name
        outside = ".." in Path(name).parts or Path(name).is_absolute() or "\\" in name or "\0" in name
        if not name or outside or not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(Problem("bad-path", "", {"path": shown(name)}))
        return read_text(path, limit=LIMIT_BYTES, name=name)

    return text


def among(texts: Mapping[str, str]) -> Source:
    """Return a source of texts that were read before."""

    def text(name: str) -> str:
        if name not in texts:
            raise InputError(Problem("file-missing", shown(name)))
        return texts[name]

    return text


def read_companions(
    tree: Mapping[str, Any], source: Source, effective: EffectiveRequests, place: Callable[[ValuePath], str]
) -> tuple[Companions, list[Problem]]:
    """Return what the files named in a scenario's tree hold, and what is wrong with them.

    Parameters
    ----------
    effective : callable
        What a pod of a spec asks for: the Kubernetes engine's arithmetic, which formats do not know.
    """
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    manifests = tuple(_read(tree, "manifests", read_manifest, source, texts, problems, place))
    marathon = tuple(_read(tree, "marathon", read_marathon, source, texts, problems, place))
    objects = [(manifest.name, one) for manifest in manifests for one in manifest.objects]
    apps = [*_kubernetes_apps(objects, effective), *(app for one in marathon for app in _marathon_apps(one))]
    natives = {id(one.app.native) for one in apps}
    others = tuple(one for _, one in objects if id(one) not in natives)
    teams = tuple(neutral_teams(others))
    return Companions(texts, manifests, marathon, tuple(apps), others, teams), problems


def _read(
    tree: Mapping[str, Any],
    key: str,
    read: Callable[[str, str], Any],
    source: Source,
    texts: dict[str, str],
    problems: list[Problem],
    place: Callable[[ValuePath], str],
) -> Iterator[Any]:
    """Yield what each file listed under `key` holds; note what cannot be read."""
    names = tree.get(key)
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str):
            continue
        where = place((key, index))
        if name in texts:
            problems.append(Problem("duplicate-name", where, {"name": shown(name), "first": key}))
            continue
        try:
            texts[name] = source(name)
            yield read(texts[name], name)
        except InputError as error:
            problems.extend(_at(problem, where) for problem in error.problems)


def _at(problem: Problem, where: str) -> Problem:
    """Return a problem with the line of the scenario that names the file, if it has no place of its own."""
    if problem.code in ("bad-path", "file-missing"):
        return Problem(problem.code, where if problem.code == "bad-path" else f"{where}: {problem.place}", problem.args)
    return problem


def _kubernetes_apps(objects: Iterable[tuple[str, KubeObject]], effective: EffectiveRequests) -> Iterator[Placed]:
    known = list(objects)
    files = {id(one): name for name, one in known}
    for app in neutral_apps([one for _, one in known], effective):
        native = app.native
        assert isinstance(native, KubeObject)
        yield Placed(app, f"{files[id(native)]}: {native.kind} {native.name}")


def _marathon_apps(document: MarathonDocument) -> Iterator[Placed]:
    for app in marathon_apps(document):
        yield Placed(app, f"{document.name}: {app.name}")
