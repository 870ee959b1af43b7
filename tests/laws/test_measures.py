"""Every measure of every run lies in the range that it declares; intervals in reports are cut to that range."""

from __future__ import annotations

from workbench.experiments.metrics import METRICS, measured

ROUNDING = 1e-9
"""Sums of parts may miss the whole by so much."""


def test_every_measure_lies_in_the_range_that_it_declares(scenario, control_plane, trace):
    about = {"": [""], "app": [app.name for app in scenario.apps], "team": sorted({app.team for app in scenario.apps})}
    outside = []
    for name, metric in METRICS.items():
        least, most = metric.possible
        for subject in about[metric.about]:
            value = measured(f"{name}:{subject}", trace, scenario)
            if not least - ROUNDING <= value <= most + ROUNDING:
                outside.append((name, subject, value))
    assert not outside
