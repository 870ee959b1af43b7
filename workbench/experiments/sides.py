"""Which sides a scenario can be run on: control planes, their variants, and policies that were registered with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.volumes.registry import OwnKind
from workbench.errors import Problem, ScenarioError, no_such
from workbench.experiments.variants import base
from workbench.model.scenario import Scenario, Study
from workbench.model.workload import App

EXPLAINED = ("kubernetes", "mesos")
"""The control planes whose decisions can be explained; so can those of any policy, and of any variant of them."""


def known(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of all sides on which the scenario can be run."""
    return (*CONTROL_PLANES, *scenario.study.variants, *scenario.policies)


def explained(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of the sides whose decisions can be explained."""
    return tuple(side for side in known(scenario) if base(scenario, side) in EXPLAINED)


def written(scenario: Scenario) -> tuple[str, ...]:
    """Return the sides that the scenario's file compares, whichever were chosen since."""
    study = scenario.document.get("study")
    return tuple((study if isinstance(study, dict) else {}).get("control_planes", Study().control_planes))


def with_sides(scenario: Scenario, sides: Sequence[str]) -> Scenario:
    """Return a scenario with other sides to compare; without any, as it is.

    What its author expects stays if the first two are still there, first and second; it is about those.

    Raises
    ------
    ScenarioError
        For sides that are not known, all at once, and for one that is named twice.
    """
    if not sides:
        return scenario
    faults = [no_such(side, known(scenario), "the sides", "sides") for side in sides if side not in known(scenario)]
    faults += [Problem("duplicate-side", "sides", {"name": side}) for side in sorted({*sides}) if sides.count(side) > 1]
    if faults:
        raise ScenarioError(faults)
    study = scenario.study
    if tuple(sides[:2]) == study.control_planes[:2]:
        return replace(scenario, study=replace(study, control_planes=tuple(sides)))
    finding = (study.finding.measure,) if study.finding is not None else ()
    asked = replace(
        study, control_planes=tuple(sides), measures=tuple(dict.fromkeys((*finding, *study.measures))), finding=None,
        why=None, predictions=(), answer=0, equalised={}, levers=(), cure="",
    )  # fmt: skip
    return replace(scenario, study=asked)


def carrying(scenario: Scenario, policies: Mapping[str, object]) -> Scenario:
    """Return a scenario that compares the default scheduler of Kubernetes, on the left, with some policies.

    What its author wrote about other sides goes; what is measured stays.
    """
    if not policies:
        return scenario
    study = scenario.study
    finding = (study.finding.measure,) if study.finding is not None else ()
    asked = replace(
        study, control_planes=("kubernetes", *policies), measures=(*finding, *study.measures), finding=None, why=None,
        predictions=(), answer=0, equalised={}, levers=(), cure="",
    )  # fmt: skip
    return replace(scenario, policies=dict(policies), study=asked)


def keeping_kinds(scenario: Scenario, built: Scenario) -> Scenario:
    """Return a scenario that was built anew from its document, with the kinds of its own that its apps had."""
    if not scenario.volume_kinds:
        return built
    known = {one.name for one in scenario.volume_kinds if isinstance(one, OwnKind)}
    had = {app.name: app.volume.kind for app in scenario.apps if app.volume is not None and app.volume.kind in known}
    apps = tuple(of_kind(app, had.get(app.name, ""), had) for app in built.apps)
    return replace(built, apps=apps, volume_kinds=scenario.volume_kinds)


def of_kind(app: App, kind: str, wanted: Iterable[str]) -> App:
    """Return an app with its disk being of a kind of the scenario's own, if the app is among those wanted."""
    if app.volume is None or app.name not in wanted:
        return app
    return replace(app, volume=replace(app.volume, kind=kind, reach="network"))
