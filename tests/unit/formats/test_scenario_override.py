"""One value of a scenario changed by a dotted path."""

import copy

import pytest

from workbench.errors import ScenarioError
from workbench.formats.scenario_override import overridden, parse_change, value_at

TREE = {
    "name": "small",
    "cluster": {"pools": [{"name": "node", "count": 2, "capacity": {"cpu": 4}}]},
    "images": {"shop/web:1.2": "180Mi"},
    "apps": [
        {"name": "web", "request": {"cpu": 1}},
        {"name": "a.b", "request": {"cpu": 1}},
        {"name": "job", "kind": "batch", "request": {"cpu": 1}, "duration": "60s"},
    ],
    "faults": [{"at": "300s", "hosting": "web"}],
    "changes": [{"at": "400s", "kind": "scale", "app": "web", "replicas": 5}],
}
PARAMETERS = ("mesos.offers.refuse_s", "kubernetes.queue.backoff_s")


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        pytest.param("apps.web.replicas=8", "apps.web.replicas", 8, id="a number"),
        pytest.param(" horizon = 600s ", "horizon", "600s", id="text, spaces left off"),
        pytest.param("a.b=true", "a.b", True, id="a switch"),
        pytest.param("a.b=[1, 2]", "a.b", [1, 2], id="a list"),
        pytest.param("a.b='12'", "a.b", "12", id="a quoted number"),
        pytest.param("a.b=x=y", "a.b", "x=y", id="only the first sign counts"),
    ],
)
def test_a_change_is_path_and_value(text, path, value):
    assert parse_change(text) == (path, value)


@pytest.mark.parametrize("text", ["", "a.b", "=3", "a.b=", "a=" + "x" * 20_000], ids=lambda text: text[:9])
def test_what_is_no_change_says_so(text):
    with pytest.raises(ScenarioError) as caught:
        parse_change(text)
    assert caught.value.problems[0].code == "override-form"


def test_a_value_that_yaml_misreads_asks_for_quotes():
    with pytest.raises(ScenarioError, match="put it in quotes"):
        parse_change("name=2024-01-01")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        pytest.param("horizon", lambda tree: tree["horizon"], id="a key that was left out"),
        pytest.param("apps.web.replicas", lambda tree: tree["apps"][0]["replicas"], id="an element by name"),
        pytest.param("apps.0.replicas", lambda tree: tree["apps"][0]["replicas"], id="an element by position"),
        pytest.param("apps.a.b.replicas", lambda tree: tree["apps"][1]["replicas"], id="a name with a dot"),
        pytest.param("faults.0.at", lambda tree: tree["faults"][0]["at"], id="an element without a name"),
        pytest.param("changes.0.replicas", lambda tree: tree["changes"][0]["replicas"], id="the size after a change"),
        pytest.param("cluster.pools.node.count", lambda tree: tree["cluster"]["pools"][0]["count"], id="deep inside"),
        pytest.param("apps.web.request.nvidia.com/gpu", lambda tree: tree["apps"][0]["request"]["nvidia.com/gpu"],
                     id="a new key with a dot"),
        pytest.param("images.shop/web:1.2", lambda tree: tree["images"]["shop/web:1.2"], id="a known key with a dot"),
        pytest.param("study.replications", lambda tree: tree["study"]["replications"], id="in a part left out"),
        pytest.param("behaviour.front.start", lambda tree: tree["behaviour"]["front"]["start"], id="a new open key"),
        pytest.param("behaviour.a.b.duration.mean", lambda tree: tree["behaviour"]["a.b"]["duration"]["mean"],
                     id="a new open key with a dot"),
        pytest.param("mesos.offers.refuse_s", lambda tree: tree["parameters"]["mesos.offers.refuse_s"],
                     id="a declared parameter"),
        pytest.param("parameters.x.y", lambda tree: tree["parameters"]["x.y"], id="a parameter in full"),
    ],
)  # fmt: skip
def test_a_path_leads_to(path, where):
    before = copy.deepcopy(TREE)
    made = overridden(TREE, {path: 77}, PARAMETERS)
    assert where(made) == 77
    assert value_at(made, path, PARAMETERS) == 77
    assert before == TREE


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("apps.wbe.replicas", "'wbe' does not exist among elements; did you mean 'web'?", id="no such app"),
        pytest.param("apps.web.replica", "did you mean 'apps.web.replicas'", id="no such key"),
        pytest.param("horizons", "did you mean 'horizon'", id="no such key at the top"),
        pytest.param("mesos.offers.refuse", "did you mean 'mesos.offers.refuse_s'", id="no such parameter"),
        pytest.param("horizon.seconds", "there is no setting 'horizon.seconds'", id="below a value"),
        pytest.param("faults.3.at", "'3' does not exist among elements", id="no such position"),
        pytest.param("teams.shop.weight", "there is no setting", id="in a list that was left out"),
        pytest.param("apps.job.duration.shape", "'60s' is not a mapping", id="below a bare value"),
        pytest.param("", "there is no setting ''", id="nothing"),
    ],
)
def test_a_path_that_leads_nowhere_says_so(path, message):
    with pytest.raises(ScenarioError) as caught:
        overridden(TREE, {path: 77}, PARAMETERS)
    assert message in str(caught.value)


def test_every_path_that_leads_nowhere_is_named_at_once():
    with pytest.raises(ScenarioError) as caught:
        overridden(TREE, {"horizons": 1, "apps.web.replicas": 2, "sed": 3}, PARAMETERS)
    assert len(caught.value.problems) == 2


def test_a_value_that_was_left_out_is_none():
    assert value_at(TREE, "apps.web.replicas") is None
    assert value_at(TREE, "study.replications") is None
