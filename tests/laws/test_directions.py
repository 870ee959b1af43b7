"""Every slider of scaling moves the outcome in the direction that docs/scaling.md states."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

from tests.laws.conftest import loaded
from workbench.experiments.check import parse_overrides, with_values
from workbench.experiments.metrics import measured
from workbench.experiments.run import run

SEEDS = range(1, 6)
LINES = [
    tuple(cell.strip() for cell in line.strip("|\n").split("|"))
    for line in Path("docs/scaling.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and line.rstrip("|").rstrip().endswith(("rises", "falls"))
]


def test_the_table_names_every_kind_of_slider():
    named = " ".join(line[2] for line in LINES)
    kinds = (
        "scaling.target", "stabilization", "interval_s", "boot",
        "images.shop", "refuse", "consolidate", "cooldown", "min_instances",
    )  # fmt: skip
    assert all(kind in named for kind in kinds)


@pytest.mark.parametrize(
    ("name", "side", "path", "values", "measure", "it"), LINES, ids=[f"{one[2]} {one[1]} {one[4]}" for one in LINES]
)
def test_direction(name, side, path, values, measure, it):
    means = []
    for value in values.split(", "):
        scenario = with_values(loaded(name), parse_overrides([f"{path}={value}"]))
        means.append(fmean(measured(measure, run(scenario, side, seed=seed), scenario) for seed in SEEDS))
    assert all(before < after if it == "rises" else before > after for before, after in pairwise(means)), means
