"""Is a file all right, and what of it counts? The only place that puts formats and engines together.

Formats know documents and no engine; engines know settings and no document. Here overrides are checked against the
declared settings, studies against the measures and control planes there are, and receipts are composed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS
from workbench.engines.kubernetes.resources import effective_requests
from workbench.errors import InputError, Problem, ScenarioError, nearest, no_such
from workbench.experiments import metrics
from workbench.formats import kubernetes_apps, marathon_json
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.formats.receipt import Receipt, compose
from workbench.formats.scenario_override import overridden
from workbench.formats.scenario_yaml import ScenarioFile, build, read_scenario, scenario_file
from workbench.formats.text import read_text
from workbench.formats.yaml_scalars import plain
from workbench.model.parameters import Settings, Treatments, Value
from workbench.model.scenario import Scenario

Progress = Callable[[float], None]

LIMIT_BYTES = 64_000_000
"""Bytes of a file given to `check`."""

_KUBERNETES = re.compile(r"^(apiVersion|kind)\s*:|\"(apiVersion|kind)\"\s*:", re.MULTILINE)


# -- loading ------------------------------------------------------------------------------------------------


def load(name: str | Path, values: Mapping[str, Any] | None = None) -> Scenario:
    """Read a scenario, by file or by the name of a shipped one, and check everything about it.

    Parameters
    ----------
    values : mapping, optional
        Overrides: dotted path of a setting, or of a value in the scenario file -> value.

    Raises
    ------
    ScenarioError
        With every fault of the file, of the files it names and of the overrides.
    """
    scenario = _built(read_scenario(_find(name), effective_requests))
    return with_values(scenario, values) if values else scenario


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return the scenario with settings or values of its document changed, checked as on loading.

    Raises
    ------
    ScenarioError
        With every fault: unknown paths, wrong types, values out of range, a scenario that no longer fits together.
    """
    settings = {path: value for path, value in values.items() if path in PARAMETERS}
    others = {path: value for path, value in values.items() if path not in PARAMETERS}
    if problems := PARAMETERS.problems(settings) + list(_not_there(scenario, others)):
        raise ScenarioError(problems)
    if not others:
        merged = {**scenario.settings.values, **PARAMETERS.settings(settings).values}
        document = {**scenario.document, "parameters": {**scenario.document.get("parameters", {}), **settings}}
        return replace(scenario, settings=Settings(merged), document=document)
    changed = overridden(scenario.document, others)
    changed["parameters"] = {**changed.get("parameters", {}), **settings}
    return _built(scenario_file(changed, scenario.files, effective_requests, name=f"{scenario.name}.yaml"))


def parse_overrides(texts: Iterable[str]) -> dict[str, Any]:
    """Return ``PATH=VALUE`` texts as a mapping; values are read as YAML reads plain values.

    Raises
    ------
    ScenarioError
        With every text that has another form.
    """
    values: dict[str, Any] = {}
    problems = []
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            problems.append(Problem("override-form", "--set", {"text": text}))
        else:
            read = plain(value.strip())
            values[path.strip()] = value.strip() if isinstance(read, str) else read
    if problems:
        raise ScenarioError(problems)
    return values


def shipped() -> dict[str, Path]:
    """Return the scenarios that come with a checkout: name -> file."""
    folders = (Path("scenarios"), Path(__file__).resolve().parents[2] / "scenarios")
    return {path.stem: path for folder in reversed(folders) for path in sorted(folder.glob("*.yaml"))}


def _find(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix or path.exists():
        return path
    known = shipped()
    if str(name) not in known:
        raise ScenarioError(no_such(str(name), known, "the shipped scenarios", ""))
    return known[str(name)]


def _built(file: ScenarioFile) -> Scenario:
    """Return the scenario of a file, its settings and its study checked against what there is."""
    parameters = file.document.parameters
    problems = PARAMETERS.problems(parameters, file.place(("parameters",)))
    settings = Settings() if problems else PARAMETERS.settings(parameters)
    scenario = build(file, settings)
    problems += _study_problems(scenario, file)
    if problems:
        raise ScenarioError(problems)
    return scenario


# -- a study against what there is --------------------------------------------------------------------------


def _study_problems(scenario: Scenario, file: ScenarioFile) -> Iterator[Problem]:
    study = scenario.study

    def place(*path: str | int) -> str:
        return file.place(("study", *path))

    for index, name in enumerate(study.control_planes):
        if name not in CONTROL_PLANES:
            yield no_such(name, CONTROL_PLANES, "the control planes", place("control_planes", index))
    for index, measure in enumerate(study.measures):
        yield from _one(metrics.problem(measure, scenario, place("measures", index)))
    if study.finding is not None:
        yield from _one(metrics.problem(study.finding.measure, scenario, place("finding", "measure")))
        if study.finding.lower not in study.control_planes:
            yield no_such(study.finding.lower, study.control_planes, "the study's sides", place("finding", "lower"))
    yield from _path_problems(scenario, place)


def _path_problems(scenario: Scenario, place: Callable[..., str]) -> Iterator[Problem]:
    """Yield the faults in the values that a study would set: equalised defaults, levers, sliders."""
    study = scenario.study
    for path, value in study.equalised.items():
        yield from _value_problems(scenario, path, value, place("equalised", path))
    for index, lever in enumerate(study.levers):
        for value in lever.values:
            yield from _value_problems(scenario, lever.path, value, place("levers", index))
    for index, slider in enumerate(study.sliders):
        if slider.path not in PARAMETERS:
            yield from _not_there(scenario, {slider.path: slider.low}, place("sliders", index))
    if study.cure and study.cure not in PARAMETERS:
        yield from _not_there(scenario, {study.cure: None}, place("cure"))


def _value_problems(scenario: Scenario, path: str, value: Value, place: str) -> Iterator[Problem]:
    if path in PARAMETERS:
        yield from _one(PARAMETERS[path].problem(value, place))
    else:
        yield from _not_there(scenario, {path: value}, place)


def _not_there(scenario: Scenario, values: Mapping[str, Any], place: str = "") -> Iterator[Problem]:
    """Yield a problem for each path that is neither a setting nor a value of the document."""
    for path, value in values.items():
        try:
            overridden(scenario.document, {path: value})
        except InputError as error:
            near = nearest(path, PARAMETERS)
            known = path.partition(".")[0] in scenario.document
            if known or near is None:
                yield from (Problem(one.code, place or one.place, one.args) for one in error.problems)
            else:
                yield Problem("override-unknown", place, {"path": path, "near": near})


def _one(problem: Problem | None) -> Iterator[Problem]:
    if problem is not None:
        yield problem


# -- receipts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that is all right.

    Parameters
    ----------
    scenario : Scenario or None
        Set when the file is a scenario.
    receipts : tuple of Receipt
        One per manifest or Marathon document: the file itself, or those beside the scenario.
    """

    file: str
    kind: Literal["scenario", "kubernetes", "marathon"]
    scenario: Scenario | None
    receipts: tuple[Receipt, ...]


def check(path: str | Path, progress: Progress | None = None) -> Checked:
    """Say what a file is and what of it counts.

    Parameters
    ----------
    progress : callable, optional
        Told the fraction read, from 0 to 1; a large export takes a while.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    path = Path(path)
    if path.is_dir():
        raise ScenarioError(Problem("file-unreadable", path.name, {"why": "it is a folder"}))
    text = read_text(path, limit=LIMIT_BYTES)
    if _KUBERNETES.search(text):
        return Checked(path.name, "kubernetes", None, (_kubernetes_receipt(text, path.name, progress),))
    if text.lstrip()[:1] in ("{", "[") and path.suffix == ".json":
        return Checked(path.name, "marathon", None, (_marathon_receipt(text, path.name),))
    scenario = load(path)
    return Checked(path.name, "scenario", scenario, receipts(scenario))


def receipts(scenario: Scenario) -> tuple[Receipt, ...]:
    """Return the receipts of the files that a scenario names, in order."""
    document = scenario.document
    return (
        *(_kubernetes_receipt(scenario.files[name], name) for name in document.get("manifests", ())),
        *(_marathon_receipt(scenario.files[name], name) for name in document.get("marathon", ())),
    )


def _kubernetes_receipt(text: str, name: str, progress: Progress | None = None) -> Receipt:
    manifest = read_manifest(text, name, progress=progress)
    return compose(manifest.presences, _tables("kubernetes", kubernetes_apps.CARRIED), name)


def _marathon_receipt(text: str, name: str) -> Receipt:
    document = marathon_json.read_marathon(text, name)
    return compose(document.presences, _tables("mesos", marathon_json.CARRIED), name)


def _tables(native: str, carried: Treatments) -> dict[str, Treatments]:
    """Return the table of each control plane: its own for the one that speaks the format, the way there for others."""
    return {name: entry.treatments if name == native else carried for name, entry in CONTROL_PLANES.items()}
