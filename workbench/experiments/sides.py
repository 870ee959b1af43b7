"""Which sides a scenario can be run on: the control planes there are, and the policies that were registered with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.model.scenario import Scenario

EXPLAINED = ("kubernetes", "mesos")
"""The control planes whose decisions can be explained; so can those of any policy."""


def known(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of all sides on which the scenario can be run."""
    return (*CONTROL_PLANES, *scenario.policies)


def explained(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of the sides whose decisions can be explained."""
    return (*EXPLAINED, *scenario.policies)


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
