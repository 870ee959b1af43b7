"""Which sides are compared can be chosen: another pair, or a third beside the usual two."""

from __future__ import annotations

import pytest

from workbench.errors import ScenarioError
from workbench.experiments.check import load
from workbench.experiments.compare import compare
from workbench.experiments.sides import with_sides

THREE = ("kubernetes", "mesos", "kubernetes-on-mesos")


def test_a_third_side_leaves_what_is_expected_of_the_first_two():
    made = load("who-heals-first")
    asked = with_sides(made, THREE)
    assert asked.study.control_planes == THREE
    assert asked.study.finding == made.study.finding
    assert compare(asked, replications=2, deeper=False).sides == THREE


def test_another_pair_keeps_what_is_measured_and_drops_what_was_expected():
    made = load("who-heals-first")
    asked = with_sides(made, ("mesos", "kubernetes-on-mesos"))
    assert asked.study.finding is None
    assert made.study.finding.measure in asked.study.measures


def test_without_any_it_is_as_its_author_has_it():
    made = load("who-heals-first")
    assert with_sides(made, ()) is made


def test_every_wrong_side_is_told_at_once():
    with pytest.raises(ScenarioError) as caught:
        with_sides(load("who-heals-first"), ("kubernets", "nomad", "mesos", "mesos"))
    assert [one.code for one in caught.value.problems][-1] == "duplicate-side"
    assert len(caught.value.problems) == 3
