"""The files beside a scenario: Kubernetes manifests and Marathon documents with their apps, recorded demands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import InputError, Problem
from workbench.formats import marathon_apps
from workbench.formats.demand_csv import Point, read_recording
from workbench.formats.kubernetes_apps import EffectiveRequests, neutral_apps, neutral_teams
from workbench.formats.kubernetes_manifest import Manifest, read_manifest
from workbench.formats.kubernetes_redaction import redacted_manifest
from workbench.formats.marathon_json import MarathonApp, MarathonDocument, read_marathon, redacted_marathon
from workbench.formats.places import ValuePath, shown
from workbench.formats.scenario_parts import Placed
from workbench.formats.text import read_text
from workbench.model.native.kubernetes import KubeObject
from workbench.model.native.kubernetes.scheduler_configuration import KubeSchedulerConfiguration
from workbench.model.workload import Team

LIMIT_BYTES = 64_000_000
"""Bytes of one companion file; a genuine export of a large cluster has some 50 MB."""

T = TypeVar("T")

Source = Callable[[str], str]
"""Returns the text of the companion file with this name; raises `InputError`."""


@dataclass(frozen=True)
class Companions:
    """What the files beside a scenario hold.

    Parameters
    ----------
    texts : mapping
        File name as the scenario has it -> its text, without confidential values; it reads to the same apps.
    manifests, marathon : tuple
        What was read, in the order of the scenario.
    apps : tuple of Placed
        Every app, with where it stands.
    objects : tuple
        Kubernetes objects that are no apps.
    teams : tuple of Team
        Namespaces with a quota.
    recordings : mapping
        File name as the scenario has it -> the demand recorded there.
    """

    texts: Mapping[str, str]
    manifests: tuple[Manifest, ...] = ()
    marathon: tuple[MarathonDocument, ...] = ()
    apps: tuple[Placed, ...] = ()
    objects: tuple[KubeObject, ...] = ()
    teams: tuple[Team, ...] = ()
    recordings: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)


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
    reader = _Reader(tree, source, place, texts, problems)
    manifests = tuple(reader.files("manifests", read_manifest, redacted_manifest))
    marathon = tuple(reader.files("marathon", read_marathon, redacted_marathon))
    recordings = reader.recordings()
    objects = [(manifest.name, one) for manifest in manifests for one in manifest.objects]
    problems.extend(_second_configurations(objects))
    apps = [*_kubernetes_apps(objects, effective), *_marathon_apps(marathon)]
    natives = {id(one.app.native) for one in apps}
    others = tuple(one for _, one in objects if id(one) not in natives)
    teams = tuple(neutral_teams(others))
    return Companions(texts, manifests, marathon, tuple(apps), others, teams, recordings), problems


@dataclass(frozen=True)
class _Reader:
    """Reads the files of a scenario; fills `texts` and `problems`."""

    tree: Mapping[str, Any]
    source: Source
    place: Callable[[ValuePath], str]
    texts: dict[str, str]
    problems: list[Problem]

    def files(self, key: str, read: Callable[[str, str], T], redacted: Callable[[str, str], str]) -> Iterator[T]:
        """Yield what each file listed under `key` holds; note what cannot be read."""
        names = self.tree.get(key)
        known = names if isinstance(names, list) else []
        for index, name in enumerate(known):
            where = self.place((key, index))
            if not isinstance(name, str):
                continue
            if name in known[:index]:
                first = self.place((key, known.index(name)))
                self.problems.append(Problem("duplicate-name", where, {"name": shown(name), "first": first}))
                continue
            try:
                text = self.source(name)
                yield read(text, name)
                self.texts[name] = redacted(text, name)
            except InputError as error:
                self.problems.extend(_at(problem, where) for problem in error.problems)

    def recordings(self) -> dict[str, tuple[Point, ...]]:
        """Return the demands recorded in files that apps name; two apps may share one."""
        found: dict[str, tuple[Point, ...]] = {}
        apps, behaviour = self.tree.get("apps"), self.tree.get("behaviour")
        holders: list[tuple[str, Any, Any]] = [
            ("apps", *one) for one in enumerate(apps if isinstance(apps, list) else ())
        ]
        holders += [("behaviour", *one) for one in (behaviour.items() if isinstance(behaviour, dict) else ())]
        for section, key, holder in holders:
            path = (section, key, "load", "demand", "file")
            name = _inside(holder, *path[2:])
            if not isinstance(name, str) or name in found:
                continue
            try:
                text = self.source(name)
                found[name] = read_recording(text, name)
                self.texts[name] = text
            except InputError as error:
                self.problems.extend(_at(problem, self.place(path)) for problem in error.problems)
        return found


def _inside(value: Any, *keys: str) -> Any:
    """Return what stands below some keys in turn; None where a mapping or a key is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _second_configurations(objects: Iterable[tuple[str, KubeObject]]) -> Iterator[Problem]:
    """Yield a problem for every name of a scheduler that a second configuration gives: each is a process of its own."""
    first: dict[str, str] = {}
    for file, one in objects:
        if isinstance(one, KubeSchedulerConfiguration):
            for name in [profile.scheduler_name for profile in one.profiles] or ["default-scheduler"]:
                if name in first:
                    yield Problem("duplicate-name", file, {"name": name, "first": first[name]})
                first.setdefault(name, file)


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


def _marathon_apps(documents: Iterable[MarathonDocument]) -> Iterator[Placed]:
    known = tuple(documents)
    files = [document.name for document in known for _ in document.apps]
    for name, app in zip(files, marathon_apps.neutral_apps(*known), strict=True):
        assert isinstance(app.native, MarathonApp)
        yield Placed(app, f"{name}: {app.native.id}")
