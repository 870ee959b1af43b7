"""What a scheduler configuration makes of the plugins."""

import pytest

from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.profiles import profile_of
from workbench.formats.scheduler_configuration import typed_profile


def made(**plugins):
    return profile_of(typed_profile({"plugins": plugins}))


def filters(profile):
    return [plugin.name for plugin in profile.filters]


def weights(profile):
    return {plugin.name: weight for plugin, weight in profile.scores}


def test_an_empty_profile_is_the_default_one():
    assert filters(made()) == filters(DEFAULT_PROFILE)
    assert weights(made()) == weights(DEFAULT_PROFILE)
    assert made().preempts


def test_a_score_can_be_given_another_weight():
    found = made(score={"enabled": [{"name": "NodeResourcesFit", "weight": 9}]})
    assert weights(found)["NodeResourcesFit"] == 9
    assert len(found.scores) == len(DEFAULT_PROFILE.scores)


@pytest.mark.parametrize("point", ["score", "multiPoint"])
def test_a_score_named_without_a_weight_weighs_1_whatever_it_weighs_by_default(point):
    found = made(**{point: {"enabled": [{"name": "TaintToleration"}]}})
    assert weights(found)["TaintToleration"] == 1
    assert weights(found)["NodeAffinity"] == weights(DEFAULT_PROFILE)["NodeAffinity"] == 2


@pytest.mark.parametrize(
    ("points", "first", "last"),
    [
        pytest.param(
            {"filter": {"enabled": [{"name": "NodeResourcesFit"}, {"name": "NodeName"}]}},
            ["NodeResourcesFit", "NodeName", "NodeUnschedulable"], "DynamicResources",
            id="named at the extension point: first, in the order there",
        ),
        pytest.param(
            {"multiPoint": {"enabled": [{"name": "NodeResourcesFit"}]}},
            ["NodeUnschedulable", "NodeName"], "DynamicResources",
            id="named for all points: where it was",
        ),
        pytest.param(
            {"multiPoint": {"disabled": [{"name": "NodeName"}], "enabled": [{"name": "NodeName"}]}},
            ["NodeUnschedulable", "TaintToleration"], "NodeName",
            id="taken away for all points and named again: last",
        ),
        pytest.param(
            {"filter": {"disabled": [{"name": "NodeName"}], "enabled": [{"name": "NodeName"}]}},
            ["NodeUnschedulable", "TaintToleration"], "NodeName",
            id="taken away at the extension point and named again: last",
        ),
    ],
)  # fmt: skip
def test_filters_are_asked_in_upstreams_order(points, first, last):
    found = filters(made(**points))
    assert found[: len(first)] == first
    assert found[-1] == last
    assert sorted(found) == sorted(filters(DEFAULT_PROFILE))


@pytest.mark.parametrize("point", ["score", "multiPoint"])
def test_a_score_can_be_taken_away(point):
    found = made(**{point: {"disabled": [{"name": "ImageLocality"}]}})
    assert "ImageLocality" not in weights(found)


def test_all_scores_but_one():
    found = made(score={"disabled": [{"name": "*"}], "enabled": [{"name": "ImageLocality", "weight": 3}]})
    assert weights(found) == {"ImageLocality": 3}
    assert filters(found) == filters(DEFAULT_PROFILE)


def test_a_plugin_taken_away_everywhere():
    found = made(multiPoint={"disabled": [{"name": "TaintToleration"}]})
    assert "TaintToleration" not in filters(found)
    assert "TaintToleration" not in weights(found)


def test_preemption_can_be_switched_off():
    assert not made(postFilter={"disabled": [{"name": "DefaultPreemption"}]}).preempts
