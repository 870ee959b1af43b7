"""Is a file all right, and what of it counts? The only place that puts formats and engines together.

Formats know documents and no engine; engines know settings and no document. Here overrides are checked against the
declared settings, studies against the measures and control planes there are, and receipts are composed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from workbench.engines import counterparts
from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS
from workbench.engines.kubernetes.resources import effective_requests
from workbench.errors import InputError, Problem, ScenarioError, no_such
from workbench.experiments import metrics, variants
from workbench.experiments.sides import carrying, keeping_kinds, with_sides, written
from workbench.formats import batch_receipt, kubernetes_apps, marathon_json
from workbench.formats.durations import parse_duration
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.formats.places import ValuePath, said
from workbench.formats.quantities import parse_quantity
from workbench.formats.receipt import Presence, Receipt, compose
from workbench.formats.scenario_override import overridden, parse_change, value_at
from workbench.formats.scenario_parts import Place, Placed
from workbench.formats.scenario_yaml import ScenarioFile, build, read_scenario, scenario_file
from workbench.formats.text import read_text
from workbench.model.parameters import Settings, Treatments
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
        With every fault of the file and of the files it names; then with every fault of the overrides.
    """
    scenario = _built(read_scenario(_find(name), effective_requests, _more_checks))
    return with_values(scenario, values) if values else scenario


def as_scenario(scenario: Scenario | str | Path) -> Scenario:
    """Return a scenario as it is; load one that is named."""
    return scenario if isinstance(scenario, Scenario) else load(scenario)


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return the scenario with settings or values of its document changed, checked as on loading.

    Raises
    ------
    ScenarioError
        With every fault: unknown paths, wrong types, values out of range, a scenario that no longer fits together.
    """
    settings = {path: value for path, value in values.items() if path in PARAMETERS}
    problems = PARAMETERS.problems(settings)
    try:
        document = overridden(scenario.document, values, PARAMETERS)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from error
    if problems:
        raise ScenarioError(problems)
    if len(settings) == len(values):
        merged = {**scenario.settings.values, **PARAMETERS.settings(settings).values}
        return replace(scenario, settings=Settings(merged), document=document)
    name = f"{scenario.name}.yaml"
    built = _built(scenario_file(document, scenario.files, effective_requests, name=name, more=_more_checks))
    made = carrying(keeping_kinds(scenario, built), scenario.policies)
    return with_sides(made, scenario.study.control_planes) if _chosen(scenario, values) else made


def _chosen(scenario: Scenario, values: Mapping[str, Any]) -> bool:
    """Say whether the sides were chosen by hand, as the document does not know, and are not chosen anew."""
    return (
        not scenario.policies
        and written(scenario) != scenario.study.control_planes
        and "study.control_planes" not in values
    )


def parse_overrides(texts: Iterable[str]) -> dict[str, Any]:
    """Return ``PATH=VALUE`` texts as a mapping; values are read as YAML reads them.

    Raises
    ------
    ScenarioError
        With every text that has another form.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            path, value = parse_change(text)
            values[path] = value
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return values


def shipped() -> dict[str, Path]:
    """Return the scenarios that come with a checkout, from its root or from its notebooks: name -> file."""
    folders = (Path("scenarios"), Path("..", "scenarios"), Path(__file__).resolve().parents[2] / "scenarios")
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
    return build(file, PARAMETERS.settings(file.document.parameters))


# -- a scenario against what there is -----------------------------------------------------------------------


def _more_checks(tree: Mapping[str, Any], companions: Sequence[Placed], place: Place) -> Iterator[Problem]:
    """Yield the faults in settings, measures and control planes, in a tree of which only the YAML is known to hold."""
    parameters = _mapping(tree.get("parameters"))
    yield from PARAMETERS.problems(parameters, place(("parameters",)))
    study = _mapping(tree.get("study"))
    apps = {one.app.name: one.app.team for one in companions}
    apps |= {str(app.get("name")): str(app.get("team", "default")) for app in map(_mapping, _list(tree.get("apps")))}
    there = {*CONTROL_PLANES, *map(str, _mapping(study.get("variants")))}
    yield from variants.problems(study, place)
    for index, name in enumerate(_list(study.get("control_planes"))):
        if isinstance(name, str) and name not in there:
            yield no_such(name, there, "the control planes", place(("study", "control_planes", index)))
    for path, measure in _measures(study):
        if isinstance(measure, str):
            yield from _one(metrics.problem(measure, apps, place(path)))
    for path, setting, values in _settings_of(study):
        problems = list(_setting_problems(tree, setting, values, place(path)))
        yield from problems
        if path[:2] == ("study", "sliders") and not problems:
            yield from _slider_problems(tree, setting, values, place(path))


def _measures(study: Mapping[str, Any]) -> Iterator[tuple[ValuePath, Any]]:
    """Yield every measure that a study names, with where."""
    yield from ((("study", "measures", index), one) for index, one in enumerate(_list(study.get("measures"))))
    yield ("study", "finding", "measure"), _mapping(study.get("finding")).get("measure")


def _settings_of(study: Mapping[str, Any]) -> Iterator[tuple[ValuePath, Any, Sequence[Any]]]:
    """Yield every path of a setting that a study names, with where, and the values it would be given."""
    for path, value in _mapping(study.get("equalised")).items():
        yield ("study", "equalised", path), path, (value,)
    for index, lever in enumerate(map(_mapping, _list(study.get("levers")))):
        yield ("study", "levers", index), lever.get("path"), _list(lever.get("values"))
    for index, slider in enumerate(map(_mapping, _list(study.get("sliders")))):
        ends = [slider[end] for end in ("low", "high") if slider.get(end) is not None]
        yield ("study", "sliders", index), slider.get("path"), ends
    yield ("study", "cure"), study.get("cure"), ()


def _setting_problems(tree: Mapping[str, Any], path: Any, values: Sequence[Any], place: str) -> Iterator[Problem]:
    """Yield what is wrong with giving `values` to a setting; a path into the scenario only has to lead somewhere."""
    if not isinstance(path, str) or not path:
        return
    if path in PARAMETERS:
        for value in values:
            yield from _one(PARAMETERS[path].problem(value, place))
        return
    try:
        value_at(tree, path, PARAMETERS)
    except ScenarioError as error:
        yield from (Problem(one.code, place, one.args) for one in error.problems)


def _slider_problems(tree: Mapping[str, Any], path: Any, ends: Sequence[Any], place: str) -> Iterator[Problem]:
    """Yield what of a value of the scenario, or of an end of its range, has no more and no less to be moved by."""
    if not isinstance(path, str) or not path or path in PARAMETERS:
        return
    for value in (value_at(tree, path, PARAMETERS), *ends):
        if not _slides(value):
            args = {"value": said(value), "why": "a slider moves a number, a switch, a duration or an amount"}
            yield Problem("bad-value", place, args)


def _slides(value: Any) -> bool:
    if not isinstance(value, str):
        return value is None or isinstance(value, int | float)
    for read in (parse_duration, parse_quantity):
        try:
            read(value)
        except InputError:
            continue
        return True
    return False


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


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
    text = read_text(path, limit=LIMIT_BYTES)
    if _KUBERNETES.search(text):
        return Checked(path.name, "kubernetes", None, (_kubernetes_receipt(text, path.name, progress),))
    if text.lstrip()[:1] in ("{", "[") and path.suffix == ".json":
        return Checked(path.name, "marathon", None, (_marathon_receipt(text, path.name),))
    scenario = load(path)
    return Checked(path.name, "scenario", scenario, receipts(scenario))


def receipts(scenario: Scenario) -> tuple[Receipt, ...]:
    """Return the receipts of a scenario's own batch apps, of its files, and of apps with a framework of their own."""
    document = scenario.document
    own = tuple(batch_receipt.presences(scenario.apps))
    tables = {name: entry.treatments for name, entry in CONTROL_PLANES.items()}
    return (
        *((compose(own, tables, f"{scenario.name}.yaml"),) if own else ()),
        *(_kubernetes_receipt(scenario.files[name], name) for name in document.get("manifests", ())),
        *(_marathon_receipt(scenario.files[name], name) for name in document.get("marathon", ())),
        *(
            compose(
                [Presence(kind, path) for kind, path in fields], counterparts.COUNTERPARTS, f"{app.name} ({framework})"
            )
            for app, framework, fields in counterparts.fields(scenario)
        ),
    )


def _kubernetes_receipt(text: str, name: str, progress: Progress | None = None) -> Receipt:
    manifest = read_manifest(text, name, progress=progress)
    return compose(manifest.presences, _tables("kubernetes", kubernetes_apps.CARRIED), name)


def _marathon_receipt(text: str, name: str) -> Receipt:
    document = marathon_json.read_marathon(text, name)
    return compose(document.presences, _tables("mesos", marathon_json.CARRIED), name)


def _tables(native: str, carried: Treatments) -> dict[str, Treatments]:
    """Return the table of each control plane.

    The one that speaks the format has its own. The others get neutral apps: what these carry counts, except where the
    control plane says that it makes less of it.
    """
    return {
        name: entry.treatments if name == native else {**carried, **entry.treatments}
        for name, entry in CONTROL_PLANES.items()
    }
