"""The scenario *who comes back by itself* shows what its text says, on both sides."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from workbench.experiments.metrics import measured
from workbench.experiments.run import run

ACTS_S = 1800


@pytest.mark.parametrize("side", ["kubernetes", "mesos"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shop_comes_back_alone_and_the_database_waits_for_a_person(side, seed):
    scenario = loaded("who-comes-back")
    trace = run(scenario, side, seed=seed)
    assert 0 < measured("heal:web", trace, scenario) < ACTS_S  # the machine held some of it
    assert ACTS_S < measured("heal:db", trace, scenario) < scenario.horizon_us / 1e6
