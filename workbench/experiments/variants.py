"""A control plane compared with itself: sides that are the same control plane under settings of their own.

A variant is run in the same World with the same seeds and streams of chance as any other side. It may set what belongs
to its control plane and nothing else: what concerns the World concerns every side alike, or the sides would not be
compared by their decisions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS, concerned_by, owner_of
from workbench.errors import Problem, no_such
from workbench.formats.places import ValuePath
from workbench.formats.scenario_parts import Place
from workbench.model.parameters import Settings, Value
from workbench.model.scenario import Scenario

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""A name serves on the command line and, with underscores, as a placeholder in the text of a finding."""
RESERVED = ("difference", "agree", "repeats")
"""Placeholders that a finding has besides the sides."""
LONGEST_LABEL = 24
"""Characters of a label, which stands over columns and beside lines."""


def base(scenario: Scenario, side: str) -> str:
    """Return the control plane that a side is: itself, that of a variant, or Kubernetes for a policy."""
    if side in scenario.study.variants:
        return scenario.study.variants[side].of
    return "kubernetes" if side in scenario.policies else side


def settled(scenario: Scenario, side: str) -> Scenario:
    """Return the scenario with the settings that a side has for itself."""
    variant = scenario.study.variants.get(side)
    if variant is None:
        return scenario
    own = PARAMETERS.settings(variant.parameters).values
    return replace(scenario, settings=Settings({**scenario.settings.values, **own}))


def follows(scenario: Scenario, side: str, path: str) -> bool:
    """Say whether a setting of the scenario reaches a side: not if it is another's, or the variant has its own value.

    What is no setting but a value of the scenario reaches every side.
    """
    variant = scenario.study.variants.get(side)
    if variant is not None and path in variant.parameters:
        return False
    return owner_of(path) in {"", *concerned_by((base(scenario, side),))}


@dataclass(frozen=True, slots=True)
class Differing:
    """A setting in which the sides differ: what each of those has that it concerns."""

    path: str
    values: Mapping[str, Value]


def differing(scenario: Scenario, sides: Sequence[str]) -> tuple[Differing, ...]:
    """Return the settings that make variants what they are, in the order in which they are written."""
    variants = scenario.study.variants
    paths = dict.fromkeys(path for side in sides if side in variants for path in variants[side].parameters)
    found = []
    for path in paths:
        values = {
            side: settled(scenario, side).settings.values.get(path, PARAMETERS[path].default)
            for side in sides
            if owner_of(path) in concerned_by((base(scenario, side),))
        }
        if len(values) == 1 or len(set(values.values())) > 1:
            found.append(Differing(path, values))
    return tuple(found)


def problems(study: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    """Yield what is wrong with the variants of a study of which only the YAML is known to hold."""
    variants = study.get("variants")
    for name, one in variants.items() if isinstance(variants, dict) else ():
        path: ValuePath = ("study", "variants", name)
        if name in CONTROL_PLANES:
            yield Problem("variant-taken", place(path), {"name": name})
        elif not isinstance(name, str) or not NAME.fullmatch(name) or name in RESERVED:
            yield Problem("variant-name", place(path), {"name": str(name)[:70], "reserved": ", ".join(RESERVED)})
        if isinstance(one, dict):
            yield from _label(one.get("label"), place((*path, "label")))
            yield from _settings(one, path, place)


def _label(label: object, where: str) -> Iterator[Problem]:
    said = label.values() if isinstance(label, dict) else (label,)
    for text in said:
        if isinstance(text, str) and (not text.strip() or len(text) > LONGEST_LABEL or re.search(r"[<>&]", text)):
            yield Problem("variant-label", where, {"label": text[:70], "most": LONGEST_LABEL})
            return


def _settings(one: Mapping[str, Any], path: ValuePath, place: Place) -> Iterator[Problem]:
    of, parameters = one.get("of"), one.get("parameters")
    given = parameters if isinstance(parameters, dict) else {}
    where = place((*path, "parameters"))
    yield from PARAMETERS.problems(given, where)
    if not isinstance(of, str):
        return
    if of not in CONTROL_PLANES:
        yield no_such(of, CONTROL_PLANES, "the control planes", place((*path, "of")))
        return
    for setting in given:
        if setting in PARAMETERS and owner_of(setting) not in concerned_by((of,)):
            yield Problem("variant-foreign", where, {"path": setting, "of": of})
