"""The cliff and the playground as widgets."""

import json

import pytest

from workbench.experiments.check import load
from workbench.views.figures import cliff as figure
from workbench.views.widgets.cliff import Cliff
from workbench.views.widgets.playground import Playground

SHORT = {"horizon": "60s", "apps.work.arrivals.until": "60s"}


def title(chart):
    return json.loads(chart.spec)["layout"]["title"]["text"]


class Noting:
    """Stands in for a panel: writes down what is set."""

    def __init__(self):
        self.values = {}

    def set(self, path, value):
        self.values[path] = value


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_playground_begins_with_the_example_of_the_paper_and_follows_the_sliders(language):
    place = Playground(language)
    assert place.tasks == {"A": 3, "B": 2}
    before = title(place.chart)
    place.sliders["b_cpu"].value = 2
    assert place.tasks == {"A": 3, "B": 3}
    assert title(place.chart) != before
    assert place.chart.alt
    place.close()


@pytest.mark.parametrize("name", ["a_weight", "b_weight", "pool_cpu", "pool_memory", "a_memory", "b_memory", "a_cpu"])
def test_every_slider_of_the_playground_changes_the_figure_at_both_of_its_ends(name):
    place = Playground()
    slider = place.sliders[name]
    seen = {place.chart.spec}
    for value in (slider.min, slider.max):
        slider.value = value
        seen.add(place.chart.spec)
    assert len(seen) >= 2
    place.close()


def test_the_cliff_is_drawn_as_runs_are_made_and_a_click_opens_the_run():
    panel = Noting()
    shown = Cliff(load("offer-starvation", SHORT), panel, grid={figure.REFUSAL: (5.0,), figure.NEIGHBOURS: (0, 6)})
    assert shown.wait(60)
    assert shown.sweep.complete
    assert [len(line["x"]) for line in json.loads(shown.chart.spec)["data"]] == [2, 2]
    assert shown.words.value.startswith("The jump comes")
    shown.chart.click({figure.REFUSAL: 5.0, figure.NEIGHBOURS: 6})
    assert panel.values == {figure.REFUSAL: 5.0, figure.NEIGHBOURS: 6}
    shown.close()


def test_the_cliff_says_what_is_wrong_instead_of_failing_silently():
    shown = Cliff(load("first-look"), grid={figure.REFUSAL: (5.0,), figure.NEIGHBOURS: (0,)})
    assert shown.wait(60)
    assert "idle" in shown.words.value
    shown.close()
