"""The keys ``load`` and ``scaling`` of an app: what they mean, and every fault of theirs at once."""

from __future__ import annotations

import pytest

from tests.make import seconds
from tests.unit.formats.test_scenario_yaml import HEAD, app, codes, scenario
from workbench.errors import ScenarioError
from workbench.model.load import Diurnal, Load, Points, Scaling, constant, flash_crowd, ramp, replay, step


def _load(text):
    return app(f"{{name: web, request: {{cpu: 500m}}, load: {{cpu: 20ms, {text}}}}}").load


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        pytest.param("demand: 50.0", constant(50), id="a bare number is a constant rate"),
        pytest.param("demand: {rate: 50}", constant(50), id="constant is the shape if none is given"),
        pytest.param(
            "demand: {shape: step, rate: 50, to: 90, start: 2min}", step(50, 90, seconds(120)), id="a step"
        ),
        pytest.param(
            "demand: {shape: ramp, rate: 50, to: 90, start: 2min, rise: 1min}",
            ramp(50, 90, seconds(120), seconds(180)), id="a ramp",
        ),
        pytest.param(
            "demand: {shape: flash-crowd, rate: 50, to: 250, start: 2min, rise: 5s, hold: 5min, fall: 1min}",
            flash_crowd(50, 250, seconds(120), seconds(5), seconds(300), seconds(60)), id="a flash crowd",
        ),
        pytest.param(
            "demand: {shape: diurnal, rate: 50, swing: 0.5, peak_at: 12h}",
            Diurnal(50, 0.5, seconds(86_400), seconds(43_200)), id="a day",
        ),
        pytest.param(
            "demand: {shape: recorded, points: [{at: 0s, rate: 5}, {at: 1min, rate: 7}]}",
            replay([(0, 5), (seconds(60), 7)]), id="a recording",
        ),
    ],
)  # fmt: skip
def test_shapes_of_demand(text, demand):
    assert _load(text).demand == demand


def test_what_is_left_out_has_its_documented_default():
    assert _load("demand: 1.0") == Load(Points(((0, 1.0),)), cpu_us=20_000, cap=None, queue=100, late_us=seconds(1))


def test_every_key_is_read():
    made = _load("demand: 1.0, cap: 1500m, queue: 7, late: 300ms, from: 1min")
    assert (made.cap, made.queue, made.late_us, made.from_us) == (1500, 7, 300_000, seconds(60))
    web = app("{name: web, request: {cpu: 1}, load: {demand: 1.0, cpu: 1ms}, scaling: {target: 70, least: 1, most: 9}}")
    assert web.scaling == Scaling(70, 1, 9)
    assert _load("demand: 1.0, metrics: {rps: requests, queued: waiting}").metrics == {
        "rps": "requests", "queued": "waiting",
    }  # fmt: skip


def test_a_size_may_follow_requests_instead_of_cpu_which_need_not_be_asked_for_then():
    web = app(
        "{name: web, request: {memory: 1Mi}, load: {demand: 1.0, cpu: 1ms, cap: 1}, scaling: {requests: 15, most: 9}}"
    )
    assert web.scaling == Scaling(60, 1, 9, requests=15.0)


def test_one_size_follows_one_thing():
    text = "{name: web, request: {cpu: 1}, load: {demand: 1.0, cpu: 1ms}, scaling: {requests: 15, target: 50, most: 9}}"
    with pytest.raises(ScenarioError) as caught:
        app(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.args) == ("one-of", {"key": "target", "other": "requests"})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("demand: {shape: step, rate: 50, start: 2min}", "missing-key", id="a step to nowhere"),
        pytest.param("demand: {rate: 50, hold: 2min}", "not-for-shape", id="a constant rate does not hold"),
        pytest.param("demand: {shape: steps, rate: 50}", "not-allowed-near", id="no such shape"),
        pytest.param("demand: -1.0", "negative", id="fewer than no requests"),
        pytest.param("demand: {shape: diurnal, rate: 5, swing: 1.5}", "out-of-range", id="swings below nothing"),
        pytest.param("demand: {shape: recorded, points: []}", "too-few", id="a recording without points"),
        pytest.param(
            "demand: {shape: recorded, points: [{at: 5s, rate: 5}, {at: 5s, rate: 7}]}", "not-after", id="still times"
        ),
        pytest.param("demand: {shape: recorded}", "one-of", id="a recording of nothing"),
        pytest.param("demand: {shape: recorded, file: a.csv}", "file-missing", id="no such file"),
        pytest.param("demand: 1.0, cap: 0", "not-positive", id="a cap of nothing"),
        pytest.param("demand: 1.0, caps: 1", "unknown-key", id="a slip of the pen"),
    ],
)  # fmt: skip
def test_one_fault(text, code):
    assert codes(f"{HEAD}apps:\n  - {{name: web, request: {{cpu: 500m}}, load: {{cpu: 20ms, {text}}}}}\n") == [code]


def test_all_faults_come_at_once_each_with_its_place():
    text = f"""{HEAD}
apps:
  - {{name: job, kind: batch, duration: 5s, request: {{cpu: 1}}, load: {{demand: 1.0, cpu: 1ms}}}}
  - {{name: odd, request: {{memory: 1Gi}}, load: {{demand: {{shape: ramp, rate: 1, fall: 1s}}, cpu: 1ms}}}}
  - {{name: web, replicas: 9, request: {{cpu: 1}}, scaling: {{least: 4, most: 2}}}}
  - {{name: api, replicas: 9, request: {{cpu: 1}}, load: {{demand: 1.0, cpu: 1ms}}, scaling: {{least: 1, most: 4}}}}
"""
    with pytest.raises(ScenarioError) as caught:
        scenario(text)
    found = [(problem.code, problem.place.rpartition(": ")[2]) for problem in caught.value.problems]
    assert found == [
        ("not-for-kind", "apps[0].load"),
        ("missing-key", "apps[1].load.demand"),
        ("missing-key", "apps[1].load.demand"),
        ("missing-key", "apps[1].load.demand"),
        ("not-for-shape", "apps[1].load.demand.fall"),
        ("only-with", "apps[1].load"),
        ("only-with", "apps[2].scaling"),
        ("out-of-range", "apps[2].scaling.most"),
        ("out-of-range", "apps[3].replicas"),
    ]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param(
            "load: {demand: {shape: step, rate: 5}, cpu: soon}",
            [("bad-duration", "load.cpu"), ("missing-key", "load.demand"), ("missing-key", "load.demand")],
            id="cpu that cannot be read hides no keys that the demand lacks",
        ),
        pytest.param(
            "load: {demand: {rate: -1, hold: 5s}, cpu: 1ms, cap: 0}",
            [("negative", "load.demand.rate"), ("not-for-shape", "load.demand.hold"), ("not-positive", "load.cap")],
            id="nor does a rate hide other keys of the demand, or the cap",
        ),
        pytest.param(
            "load: {demand: {shape: steps, to: 5, hold: 5s}, cpu: 1ms}",
            [("not-allowed-near", "load.demand.shape")],
            id="which keys a demand of no known shape may have nobody knows",
        ),
        pytest.param(
            "load: {demand: 1.0, cpu: 1ms}, replicas: 9, scaling: {least: many, most: 4}",
            [("wrong-type", "scaling.least"), ("out-of-range", "replicas")],
            id="one bound that cannot be read does not hide the other",
        ),
        pytest.param(
            "scaling: {most: many}",
            [("wrong-type", "scaling.most"), ("only-with", "scaling")],
            id="a bound that cannot be read does not hide that there is no load",
        ),
        pytest.param(
            "kind: stateful, volume: {size: 1Gi}, data: {size: much, copies: 3}",
            [("bad-quantity", "data.size"), ("only-with", "data.copies")],
            id="a size of data does not hide copies that the shape does not have",
        ),
        pytest.param(
            "kind: stateful, volume: {size: much, reach: local, zonal: true}, data: {size: 1Gi}",
            [("bad-quantity", "volume.size"), ("only-with", "volume.zonal")],
            id="nor a size of a disk what else is wrong with it",
        ),
        pytest.param(
            "kind: stateful, volume: {size: 1Gi, reach: near, zonal: true}",
            [("not-allowed", "volume.reach")],
            id="what goes with a reach that cannot be read nobody knows",
        ),
    ],
)
def test_a_fault_hides_no_other_of_its_key(keys, found):
    with pytest.raises(ScenarioError) as caught:
        scenario(f"{HEAD}apps:\n  - {{name: web, request: {{cpu: 1}}, {keys}}}\n")
    places = [(problem.code, problem.place.rpartition("apps[0].")[2]) for problem in caught.value.problems]
    assert sorted(places) == sorted(found)


def test_a_cap_that_cannot_be_read_is_not_called_missing():
    text = f"{HEAD}apps:\n  - {{name: web, request: {{memory: 1Mi}}, load: {{demand: 1.0, cpu: 1ms, cap: lots}}}}\n"
    assert codes(text) == ["bad-quantity"]


def test_a_share_of_no_cpu_cannot_be_aimed_at():
    text = f"""{HEAD}
apps:
  - {{name: web, request: {{memory: 1Mi}}, load: {{demand: 1.0, cpu: 1ms, cap: 1}}, scaling: {{most: 9}}}}
"""
    with pytest.raises(ScenarioError) as caught:
        scenario(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.args["key"]) == ("only-with", "scaling")
    assert problem.place.endswith("apps[0].scaling")


RECORDED = "demand: {shape: recorded, file: visits.csv}"
RECORDED_APP = f"{HEAD}apps:\n  - {{name: web, request: {{cpu: 500m}}, load: {{cpu: 20ms, {RECORDED}}}}}\n"


def test_a_demand_is_read_from_a_table_beside_the_scenario_and_travels_with_it():
    table = "at, host, rate\n0,a,5\n1min30s,b,7.5\n120,c,0\n"
    made = scenario(RECORDED_APP, {"visits.csv": table})
    assert made.apps[0].load.demand == replay([(0, 5), (seconds(90), 7.5), (seconds(120), 0)])
    assert made.files == {"visits.csv": table}


@pytest.mark.parametrize(
    ("table", "found"),
    [
        pytest.param("time,rate\n0,1\n", [("csv-column", "visits.csv:1")], id="a column is missing"),
        pytest.param("at,rate\n", [("too-few", "visits.csv")], id="headings only"),
        pytest.param(
            "at,rate\nsoon,1\n0,-1\n5,1\n5,2\n9,\n10,nan\n11\n",
            [("bad-duration", "visits.csv:2: at"), ("out-of-range", "visits.csv:3: rate"),
             ("not-after", "visits.csv:5: at"), ("out-of-range", "visits.csv:6: rate"),
             ("out-of-range", "visits.csv:7: rate"), ("out-of-range", "visits.csv:8: rate")],
            id="every row that makes no sense, with its line",
        ),
    ],
)  # fmt: skip
def test_faults_of_a_table(table, found):
    with pytest.raises(ScenarioError) as caught:
        scenario(RECORDED_APP, {"visits.csv": table})
    assert [(problem.code, problem.place) for problem in caught.value.problems] == found
