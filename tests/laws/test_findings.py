"""Every scenario shows what it says: the direction of its surprise holds over 20 seeds, and every setting matters."""

from __future__ import annotations

import pytest

from tests.laws.conftest import SCENARIOS, loaded, traced
from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS
from workbench.errors import OverPlacementError
from workbench.experiments.check import with_values
from workbench.experiments.compare import compare
from workbench.experiments.run import run
from workbench.model.parameters import Parameter

SEEDS = 20


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_surprise_holds_over_twenty_seeds(name):
    made = loaded(name)
    finding = made.study.finding
    row = compare(made, replications=SEEDS, deeper=False).row(finding.measure)
    first = made.study.control_planes[0]
    agree = row.difference.first_lower if finding.lower == first else row.difference.second_lower
    assert agree == SEEDS, row


@pytest.mark.parametrize("name", SCENARIOS)
def test_equalised_defaults_change_the_answer(name):
    made = loaded(name)
    finding = made.study.finding
    equal = with_values(made, made.study.equalised)
    row = compare(equal, replications=SEEDS, deeper=False).row(finding.measure)
    first, second = made.study.control_planes[:2]
    assert {"first": first, "second": second, "close": ""}[row.difference.verdict] != finding.lower, row


def ends(one: Parameter, now: object) -> list[object]:
    """Return the extreme values of a setting, the one it has now left out."""
    if one.choices:
        values: list[object] = list(one.choices)
    elif isinstance(one.default, bool):
        values = [True, False]
    else:
        values = [one.low, one.high]
    return [value for value in values if value is not None and value != now]


@pytest.mark.parametrize("path", list(PARAMETERS))
def test_no_setting_is_dead(path):
    """Moving a setting to an end of its range changes what happens in the scenario it names."""
    one = PARAMETERS[path]
    assert one.shown_in in SCENARIOS, f"{path} names no shipped scenario"
    made = loaded(one.shown_in)
    sides = (*CONTROL_PLANES, *made.study.variants)
    before = {side: traced(one.shown_in, side).digest() for side in sides}
    changed = False
    for value in ends(one, made.settings.values.get(path, one.default)):
        moved = with_values(made, {path: value})
        for side in sides:
            try:
                changed = changed or run(moved, side).digest() != before[side]
            except OverPlacementError as error:
                pytest.fail(f"{path} = {value} on {side}: {error}")
    assert changed, f"{path} changes nothing in {one.shown_in}"
