"""The figure of a wait for nearby data says what its curve holds."""

import pytest

from workbench.experiments.locality import Waited
from workbench.views.figures import locality
from workbench.views.i18n import Texts

CURVE = [Waited(0.0, 0.73, 30.2), Waited(1.0, 0.88, 26.6), Waited(3.0, 0.954, 21.2), Waited(10.0, 0.996, 16.9)]


def test_the_title_is_about_the_shortest_wait_with_which_nearly_all_is_near():
    said = locality.finding(CURVE, Texts("en"))
    assert said == "3 s of waiting: 95 % of reads are near, not 73 %, and a job takes 21 s, not 30 s."
    assert "从 73% 升到 95%" in locality.finding(CURVE, Texts("zh"))


def test_where_no_wait_is_long_enough_it_is_about_the_longest():
    assert locality.finding(CURVE[:2], Texts("en")).startswith("1 s of waiting: 88 %")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_point_for_each_wait_in_both_panels(language):
    drawn = locality.draw(CURVE, Texts(language))
    near, job = drawn.data
    assert list(near.x) == list(job.x) == [0.0, 1.0, 3.0, 10.0]
    assert near.y[2] == pytest.approx(95.4)
    assert job.y[0] == pytest.approx(30.2)
    assert {near.xaxis, job.xaxis} == {"x", "x2"}
