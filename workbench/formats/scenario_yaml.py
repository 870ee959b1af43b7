"""Scenario files: one YAML document, and the manifests beside it, to a `Scenario` and back.

    read_scenario(path)  ->  ScenarioFile  ->  build  ->  Scenario
          overridden(tree, changes) |  ^
                                    v  | scenario_file(tree, files)
                                 plain values   ->  dump  ->  YAML

| A reader asks | and opens |
|---|---|
| What may stand in the file? | `scenario_document.py` |
| What must hold between its parts? | `scenario_checks.py` |
| What becomes of it? | `scenario_build.py` |
| What are `manifests` and `marathon`? | `companions.py` |
| How does `apps.web.replicas=8` reach it? | `scenario_override.py` |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from workbench.errors import InputError, Problem, ScenarioError
from workbench.formats.change_checks import check_changes
from workbench.formats.companions import Companions, Source, among, beside, read_companions
from workbench.formats.front_checks import check_fronts
from workbench.formats.kubernetes_apps import EffectiveRequests
from workbench.formats.kubernetes_autoscalers import scaled
from workbench.formats.load_checks import check_loads
from workbench.formats.places import Document, Said, place_of, said
from workbench.formats.pool_checks import check_pools
from workbench.formats.scenario_build import (
    app_of,
    behaving,
    change_of,
    cluster_of,
    fault_of,
    fronted,
    images_of,
    local_text,
    study_of,
    teams_of,
)
from workbench.formats.scenario_checks import check
from workbench.formats.scenario_document import ScenarioDocument
from workbench.formats.scenario_parts import Parts, Place, Placed
from workbench.formats.scenario_problems import Known, problems_of, told_already, unread
from workbench.formats.scenario_study import LocalText as Title
from workbench.formats.scenario_study import Texts
from workbench.formats.text import read_text, yaml_documents
from workbench.formats.yaml_events import MAX_PROBLEMS
from workbench.formats.yaml_scalars import plain
from workbench.model.parameters import Settings
from workbench.model.scenario import LocalText, Scenario

LIMIT_BYTES = 4_000_000
"""Bytes of a scenario file."""

LIMIT_VALUES = 100_000
"""Values (keys too) of a scenario file after alias expansion; the largest shipped one has some 500."""


MoreChecks = Callable[[Mapping[str, Any], Sequence[Placed], Place], Iterable[Problem]]
"""Yields the faults in a tree that formats cannot know of, given the apps of the files beside it."""


def no_more(_tree: Mapping[str, Any], _apps: Sequence[Placed], _place: Place) -> Iterable[Problem]:
    """Find nothing."""
    return ()


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file that has passed every check formats can make.

    Parameters
    ----------
    name : str
        The file, without folders.
    document : ScenarioDocument
        Its values, typed; `parameters` and the paths in `study` are for those to check who know them.
    tree : mapping
        Its values, plain.
    place : callable
        Path of a value -> where it stands.
    companions : Companions
        The files beside it, read.
    """

    name: str
    document: ScenarioDocument
    tree: Mapping[str, Any]
    place: Place
    companions: Companions


def read_scenario(path: Path, effective_requests: EffectiveRequests, more: MoreChecks = no_more) -> ScenarioFile:
    """Read a scenario file and the files beside it that it names.

    Parameters
    ----------
    effective_requests : callable
        What a pod of a spec asks for: `workbench.engines.kubernetes.resources.effective_requests`.
    more : callable
        Further checks, whose faults are reported together with those found here.

    Raises
    ------
    ScenarioError
        With every fault of all these files.
    """
    problems: list[Problem] = []
    document = _read(path, problems)
    return _checked(document, path.name, beside(path.parent), effective_requests, problems, more)


def read_title(path: Path) -> LocalText | None:
    """Return the title of a scenario file, for a list of many: nothing else about it is checked. None: it has none."""
    try:
        return local_text(_TITLE.validate_python(_read(path, []).value.get("title")))
    except (InputError, ValidationError):
        return None


_TITLE: TypeAdapter[Texts | None] = TypeAdapter(Title | None)


def _read(path: Path, problems: list[Problem]) -> Document:
    """Return the one document of a file, with what is wrong in its YAML added to `problems`."""
    try:
        text = read_text(path, limit=LIMIT_BYTES)
        documents = yaml_documents(text, path.name, limit_values=LIMIT_VALUES, problems=problems)
        return _only(documents, path.name)
    except InputError as error:
        raise ScenarioError(error.problems) from error


def scenario_file(
    tree: Mapping[str, Any],
    files: Mapping[str, str],
    effective_requests: EffectiveRequests,
    *,
    name: str = "scenario",
    place: Place | None = None,
    more: MoreChecks = no_more,
) -> ScenarioFile:
    """Check plain values as `read_scenario` checks a file; `files` are the texts of the companion files by name.

    For a scenario with overrides, one from a report, or one that was made by hand.
    """
    where = place if place is not None else lambda path: place_of(name, None, path)
    return _checked(Document(dict(tree), where), name, among(files), effective_requests, [], more)


def _only(documents: list[Document], name: str) -> Document:
    if not documents:
        raise ScenarioError(Problem("file-empty", name))
    if len(documents) > 1:
        raise ScenarioError(Problem("yaml-many-documents", name, {"count": len(documents)}))
    if not isinstance(documents[0].value, dict):
        raise ScenarioError(Problem("not-a-mapping", name, {"value": Said(repr(said(documents[0].value)))}))
    return documents[0]


def _checked(
    read: Document,
    name: str,
    source: Source,
    effective_requests: EffectiveRequests,
    problems: list[Problem],
    more: MoreChecks,
) -> ScenarioFile:
    """Make every check and raise with every fault; `problems` are those of the YAML itself."""
    tree, place = read
    known = {problem.place for problem in problems}
    document, found, unusable = _document(tree, place)
    companions, theirs = read_companions(tree, source, effective_requests, place)
    found += theirs
    parts = Parts.of(tree)
    faults = (
        one
        for part in (check, check_changes, check_fronts, check_loads, check_pools)
        for one in part(parts, companions.apps, companions_read=not theirs, place=place)
        if not told_already(one, unusable)
    )
    found += islice(faults, MAX_PROBLEMS + 1)
    places = {problem.place for problem in found}
    found += (problem for problem in more(tree, companions.apps, place) if problem.place not in places)
    problems += [problem for problem in found if problem.place not in known]
    problems.sort(key=lambda problem: _line(problem, name))
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [Problem("and-more", name, {"limit": MAX_PROBLEMS})]
    if problems or document is None:
        raise ScenarioError(problems)
    return ScenarioFile(name, document, tree, place, companions)


def _line(problem: Problem, name: str) -> float:
    """Return the line of the scenario file that a problem is about; those of other files come last."""
    found = re.match(rf"{re.escape(name)}:(\d+)", problem.place)
    return int(found[1]) if found else float("inf")


def _document(tree: Mapping[str, Any], place: Place) -> tuple[ScenarioDocument | None, list[Problem], Known]:
    """Return the typed values, or what is wrong with them and which keys are therefore not to be called missing."""
    try:
        return ScenarioDocument.model_validate(tree), [], set()
    except ValidationError as error:
        return None, problems_of(error, ScenarioDocument, tree, place), unread(error, tree, place)


def build(file: ScenarioFile, settings: Settings | None = None) -> Scenario:
    """Return the scenario that a file describes.

    Parameters
    ----------
    settings : Settings or None
        The file's `parameters`, checked and typed by whoever knows them; None takes them as they are.
    """
    document, companions = file.document, file.companions
    title = local_text(document.title) or LocalText(document.name, document.name)
    recordings = companions.recordings
    behaved = (behaving(one.app, document.behaviour.get(one.app.name), recordings) for one in companions.apps)
    theirs = tuple(scaled(app, companions.objects) for app in behaved)
    teams = tuple(team for one in document.teams for team in teams_of(one))
    described = {team.name for team in teams}
    return Scenario(
        name=document.name,
        title=title,
        question=local_text(document.question) or title,
        horizon_us=document.horizon,
        seed=document.seed,
        cluster=cluster_of(document.cluster.pools),
        apps=fronted((*(app_of(one, recordings) for one in document.apps), *theirs)),
        images=images_of(document, theirs),
        teams=(*teams, *(team for team in companions.teams if team.name not in described)),
        faults=tuple(fault_of(one) for one in document.faults),
        changes=tuple(change_of(one) for one in document.changes),
        objects=companions.objects,
        settings=settings if settings is not None else Settings(document.parameters),
        study=study_of(document.study),
        document=file.tree,
        files=companions.texts,
    )


# -- back to text ---------------------------------------------------------------------------------------------------


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # C or Python, same interface
    """Writes plain values; quotes every text that would not be read back as that text."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write a value that occurs twice, twice."""
        return True


def _text(dumper: Any, text: str) -> Any:
    plainly = type(plain(text)) is str and text != "<<"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plainly else '"')


_Dumper.add_representer(str, _text)


def dump(tree: Mapping[str, Any]) -> str:
    """Return plain values as YAML that reads back to the same values."""
    return yaml.dump(dict(tree), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
