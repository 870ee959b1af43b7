"""Loading, overriding, recognising files, composing receipts."""

from __future__ import annotations

import pytest

from workbench.errors import ScenarioError
from workbench.experiments.check import check, load, parse_overrides, with_values


def test_a_shipped_scenario_is_found_by_name_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load("first-look").name == "first-look"


def test_settings_and_document_values_can_be_changed_together():
    made = load("first-look", {"mesos.offers.refuse_s": 30, "apps.web.replicas": 2})
    assert made.settings.values["mesos.offers.refuse_s"] == 30
    assert next(app for app in made.apps if app.name == "web").replicas == 2
    assert made.document["parameters"] == {"mesos.offers.refuse_s": 30}


def test_a_setting_alone_leaves_the_rest_as_it_is():
    before = load("idle-quota")
    after = with_values(before, {"mesos.roles.quota_enabled": True})
    assert after.apps == before.apps
    assert after.settings.values["mesos.roles.quota_enabled"] is True
    assert before.settings.values["mesos.roles.quota_enabled"] is False


def test_a_whole_number_serves_where_a_fraction_is_asked():
    value = load("first-look", {"mesos.offers.refuse_s": 30}).settings.values["mesos.offers.refuse_s"]
    assert isinstance(value, float)


def test_every_fault_of_the_overrides_is_reported_at_once():
    with pytest.raises(ScenarioError) as caught:
        load("first-look", {"mesos.offers.refuse_s": -1, "mesos.offers.refuses": 3, "apps.wep.replicas": 1})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        pytest.param("a.b=3", "a.b", 3, id="whole number"),
        pytest.param("a.b = 0.5", "a.b", 0.5, id="fraction, spaces"),
        pytest.param("a.b=true", "a.b", True, id="switch"),
        pytest.param("a.b=90s", "a.b", "90s", id="text"),
        pytest.param("a.b=x=y", "a.b", "x=y", id="text with an equals sign"),
    ],
)
def test_overrides_are_read_as_yaml_reads_plain_values(text, path, value):
    assert parse_overrides([text]) == {path: value}
    assert type(parse_overrides([text])[path]) is type(value)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("scenarios/first-look.yaml", "scenario"),
        ("scenarios/shop-opens/shop.yaml", "kubernetes"),
        ("scenarios/who-heals-first/checkout.json", "marathon"),
    ],
)
def test_a_file_is_recognised_by_what_it_holds(file, kind):
    assert check(file).kind == kind


def test_a_study_is_checked_against_what_there_is(tmp_path):
    text = """
name: s
horizon: 10s
cluster: {pools: [{name: n, capacity: {cpu: 1, memory: 1Gi}}]}
apps: [{name: web, kind: service, request: {cpu: 100m}}]
study:
  control_planes: [kubernetes, meso]
  measures: ["heal:wep", "hael:web"]
  finding: {measure: "heal:web", lower: nobody, text: {en: a, zh: b}}
  equalised: {mesos.offers.refuse_s: 9999}
  levers: [{path: mesos.offers.refus_s, values: [1]}]
  sliders: [{path: apps.wob.replicas, label: {en: a, zh: b}}]
"""
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(file)
    said = str(caught.value)
    for part in ("'meso'", "'wep'", "'hael'", "'nobody'", "9999", "'mesos.offers.refus_s'", "'wob'"):
        assert part in said, part
    assert "s.yaml:7" in said


@pytest.mark.parametrize(
    ("slider", "fault"),
    [
        pytest.param("{path: apps.web.name, label: a}", "'web' is not accepted: a slider moves a number", id="a name"),
        pytest.param("{path: apps, label: a}", "a list is not accepted: a slider moves a number", id="a list"),
        pytest.param("{path: apps.web.start, label: a, low: soon}", "'soon' is not accepted", id="an end of the range"),
        pytest.param("{path: apps.web.request.cpu, label: a, high: 2}", "", id="an amount"),
        pytest.param("{path: apps.web.start, label: a, low: 0, high: 1min}", "", id="a duration that is left out"),
    ],
)
def test_a_slider_needs_a_value_with_a_more_and_a_less(slider, fault, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        "name: s\nhorizon: 10s\ncluster: {pools: [{name: n, capacity: {cpu: 1, memory: 1Gi}}]}\n"
        "apps: [{name: web, kind: service, request: {cpu: 100m}}]\n"
        f"study: {{sliders: [{slider}]}}\n"
    )
    if not fault:
        assert load(file).study.sliders
        return
    with pytest.raises(ScenarioError, match=fault):
        load(file)
