"""Every shipped scenario under every control plane, run once and shared by the laws."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments.check import load
from workbench.experiments.run import run
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace

SCENARIOS = sorted(path.stem for path in Path("scenarios").glob("*.yaml"))


@cache
def loaded(name: str) -> Scenario:
    return load(name)


@cache
def traced(name: str, control_plane: str) -> Trace:
    return run(loaded(name), control_plane)


@pytest.fixture(params=SCENARIOS)
def scenario(request) -> Scenario:
    return loaded(request.param)


@pytest.fixture(params=list(CONTROL_PLANES))
def control_plane(request) -> str:
    return request.param


@pytest.fixture
def trace(scenario, control_plane) -> Trace:
    return traced(scenario.name, control_plane)
