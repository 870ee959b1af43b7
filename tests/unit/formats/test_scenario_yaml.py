"""Scenario files: what their keys mean, that they are written back the same, and the schema for editors."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engines.kubernetes.resources import effective_requests
from workbench.errors import ScenarioError
from workbench.formats.scenario_schema import schema, schema_text
from workbench.formats.scenario_yaml import build, dump, read_scenario, scenario_file
from workbench.formats.text import yaml_documents
from workbench.model.changes import PlannedChange
from workbench.model.cluster import Taint
from workbench.model.faults import Fault
from workbench.model.parameters import Settings
from workbench.model.scenario import LocalText
from workbench.model.workload import Arrivals, Duration, Team, Toleration, Volume

ROOT = Path(__file__).parents[3]
MIB, GIB = 2**20, 2**30

HEAD = """
name: small
cluster: {pools: [{name: node, count: 2, capacity: {cpu: 4, memory: 16Gi}}]}
"""
WEB = "apps: [{name: web, request: {cpu: 500m}}]\n"


def scenario(text, files=None):
    (document,) = yaml_documents(text, "s.yaml", limit_values=10_000)
    return build(scenario_file(document.value, files or {}, effective_requests, name="s.yaml", place=document.place))


def app(text):
    return scenario(f"{HEAD}apps:\n  - {text}\n").apps[0]


def codes(text, files=None):
    with pytest.raises(ScenarioError) as caught:
        scenario(text, files)
    return [problem.code for problem in caught.value.problems]


# -- what the keys mean -----------------------------------------------------------------------------------------------


def test_what_is_left_out_has_its_documented_default():
    made = scenario(HEAD + WEB)
    assert made.title == made.question == LocalText("small", "small")
    assert (made.horizon_us, made.seed) == (900_000_000, 1)
    (web,) = made.apps
    assert (web.kind, web.replicas, web.team, web.image) == ("service", 1, "default", "")
    assert (web.start_us, web.ready_us, web.at_us) == (0, 0, 0)
    assert made.study.control_planes == ("kubernetes", "mesos")
    assert made.study.replications == 20
    assert made.settings == Settings()


def test_a_service():
    made = app("{name: web, replicas: 6, request: {cpu: 500m, memory: 512Mi}, image: shop/web:1, start: 2s, at: 1min}")
    assert made.request == {"cpu": 500, "memory": 512 * MIB}
    assert (made.replicas, made.image, made.start_us, made.at_us) == (6, "shop/web:1", 2_000_000, 60_000_000)


def test_a_stateful_app():
    made = app("{name: db, kind: stateful, replicas: 3, request: {cpu: 1}, volume: {size: 20Gi}, ordered: no}")
    assert (made.volume, made.ordered) == (Volume(20 * GIB, "network"), False)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("60s", Duration(60_000_000, "constant"), id="bare, constant"),
        pytest.param("60", Duration(60_000_000, "constant"), id="a number of seconds"),
        pytest.param("{mean: 1min, shape: exponential}", Duration(60_000_000, "exponential"), id="with a shape"),
    ],
)
def test_how_long_a_task_runs(written, read):
    assert app(f"{{name: job, kind: batch, replicas: 40, request: {{cpu: 1}}, duration: {written}}}").duration == read


def test_tasks_that_arrive_count_for_themselves():
    made = app("{name: s, kind: batch, request: {cpu: 1}, duration: 1s, arrivals: {rate: 2, until: 90s}}")
    assert (made.replicas, made.arrivals) == (0, Arrivals(2, "poisson", 90_000_000))


def test_placement_rules():
    made = app(
        "{name: web, request: {cpu: 1}, priority: -5, node_selector: {disk: ssd}, max_per_node: 2, host_ports: [80],"
        " tolerations: [{key: gpu, operator: Exists, effect: NoExecute, for: 30s}]}"
    )
    assert (made.priority, made.node_selector, made.max_per_node, made.host_ports) == (-5, {"disk": "ssd"}, 2, (80,))
    assert made.tolerations == (Toleration("gpu", "Exists", "", "NoExecute", 30_000_000),)


def test_amounts_are_exact_and_round_up():
    # 0.1 cpu is 100 millicores, 100u is rounded up to one; half a byte is a byte
    assert app("{name: a, request: {cpu: 0.1}}").request == {"cpu": 100}
    assert app("{name: a, request: {cpu: 100u}}").request == {"cpu": 1}
    assert app("{name: a, request: {memory: 0.5}}").request == {"memory": 1}
    assert app("{name: a, request: {memory: 1.5Gi}}").request == {"memory": 3 * GIB // 2}


def test_machines_are_dealt_to_zones_in_turn_and_to_racks_within_a_zone():
    text = """
name: zones
cluster:
  pools:
    - {name: node, count: 5, capacity: {cpu: 4}, zones: [a, b], racks: [r1, r2], labels: {disk: ssd},
       taints: [{key: gpu, value: "yes", effect: NoExecute}]}
    - {name: big, capacity: {cpu: 8}}
"""
    nodes = scenario(text + WEB).cluster.nodes
    assert [(node.name, node.zone, node.rack) for node in nodes] == [
        ("node-0", "a", "a-r1"),
        ("node-1", "b", "b-r1"),
        ("node-2", "a", "a-r2"),
        ("node-3", "b", "b-r2"),
        ("node-4", "a", "a-r1"),
        ("big-0", "", ""),
    ]
    assert nodes[0].labels == {"disk": "ssd"}
    assert nodes[0].taints == (Taint("gpu", "yes", "NoExecute"),)
    assert [node.pool for node in nodes[-2:]] == ["node", "big"]


def pool(reserved):
    return f"name: s\ncluster:\n  pools:\n    - {{name: node, count: 3, capacity: {{cpu: 4}}, reserved: {reserved}}}\n"


def test_what_is_set_aside_for_a_team_stands_on_the_first_machines_or_on_all():
    nodes = scenario(
        pool("[{name: a, amounts: {cpu: 1}, machines: 1}, {name: b, amounts: {cpu: 2}}]") + WEB
    ).cluster.nodes
    assert [node.reserved for node in nodes] == [{"a": {"cpu": 1000}, "b": {"cpu": 2000}}, *2 * [{"b": {"cpu": 2000}}]]


@pytest.mark.parametrize(
    ("reserved", "expected"),
    [
        pytest.param("[{name: a, amounts: {cpu: 5}}]", ["over-reserved"], id="more than the machine has"),
        pytest.param("[{name: a, amounts: {cpu: 3}}, {name: b, amounts: {cpu: 2}}]", ["over-reserved"],
                     id="more than the others leave"),
        pytest.param("[{name: a, amounts: {gpu: 1}}]", ["over-reserved"], id="what the machine does not have"),
        pytest.param("[{name: a, amounts: {cpu: 5}, machines: 0}]", [], id="on no machine: nothing is set aside"),
        pytest.param("[{name: a, amounts: {cpu: 1}}, {name: a, amounts: {cpu: 1}}]", ["duplicate-name"],
                     id="a team twice"),
        pytest.param("[{name: a, amounts: {cpu: 1}, machines: -1}]", ["negative"], id="on fewer than no machine"),
    ],
)  # fmt: skip
def test_faults_of_what_is_set_aside(reserved, expected):
    if expected:
        with pytest.raises(ScenarioError) as caught:
            scenario(pool(reserved) + WEB)
        assert [problem.code for problem in caught.value.problems] == expected
    else:
        assert not any(node.reserved for node in scenario(pool(reserved) + WEB).cluster.nodes)


def test_images_teams_faults_and_changes():
    made = scenario(
        HEAD
        + WEB
        + """
images: {shop/web:1: 180Mi}
teams: [{name: shop, weight: 2, limit: {cpu: 10}, guarantee: {cpu: 500m}, quota_at: 5s}]
faults: [{at: 300s, hosting: web, back: 10min}, {at: 1s, node: node-1}]
changes:
  - {at: 300s, kind: scale, app: web, replicas: 5}
  - {at: 400s, kind: update, app: web, image: two, ready: 9s, broken: true}
  - {at: 500s, kind: drain, hosting: web}
parameters: {mesos.offers.refuse_s: 30, a.switch: true}
"""
    )
    assert made.images == {"shop/web:1": 180 * MIB}
    assert made.teams == (Team("shop", 2.0, {"cpu": 10_000}, {"cpu": 500}, 5_000_000),)
    assert made.changes == (
        PlannedChange(300_000_000, "scale", app="web", replicas=5),
        PlannedChange(400_000_000, "update", app="web", image="two", ready_us=9_000_000, broken=True),
        PlannedChange(500_000_000, "drain", hosting="web"),
    )
    assert made.faults == (Fault(300_000_000, hosting="web", back_us=600_000_000), Fault(1_000_000, node="node-1"))
    assert made.settings == Settings({"mesos.offers.refuse_s": 30, "a.switch": True})


def test_several_teams_alike_are_numbered_and_a_team_says_how_it_decides():
    made = scenario(
        HEAD + WEB + "teams: [{name: idle, count: 2, always_on: true}, {name: none, count: 0}, {name: s, decides: 3s}]"
    )
    assert made.teams == (
        Team("idle-0", always_on=True),
        Team("idle-1", always_on=True),
        Team("s", decides_us=3_000_000),
    )


def test_a_team_may_not_be_named_like_one_of_several_alike():
    with pytest.raises(ScenarioError) as raised:
        scenario(HEAD + WEB + "teams: [{name: idle, count: 2}, {name: idle-1}]")
    assert [problem.code for problem in raised.value.problems] == ["duplicate-name"]


def test_a_study():
    made = scenario(
        HEAD
        + WEB
        + """
title: {en: Small, zh: 小}
question: Who wins?
study:
  measures: ["heal:web"]
  predictions: [one, {en: two, zh: 二}]
  answer: 1
  finding: {measure: "heal:web", lower: mesos, text: {en: so, zh: 如此}, close: about the same}
  equalised: {a.b: 30}
  levers: [{path: a.b, values: [1, 2.5]}]
  sliders: [{path: apps.web.replicas, label: {en: Web, zh: 网}, low: 1, high: 9}]
  cure: a.b
"""
    )
    study = made.study
    assert (made.title["zh"], made.question["zh"]) == ("小", "Who wins?")
    assert study.predictions == (LocalText("one", "one"), LocalText("two", "二"))
    assert (study.finding.lower, study.finding.close.zh, study.finding.reverse) == ("mesos", "about the same", None)
    assert study.levers[0].values == (1, 2.5)
    assert (study.sliders[0].low, study.sliders[0].high, study.sliders[0].step) == (1, 9, None)
    assert study.equalised == {"a.b": 30}


# -- the files beside it ----------------------------------------------------------------------------------------------

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
        - name: front
          image: shop/front:1
          env: [{name: PASSWORD, value: correct-horse}]
          resources: {requests: {cpu: 250m, memory: 128Mi}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: shop/migrate:1}]
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec: {selector: {app: front}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: shop}
spec: {hard: {requests.cpu: "8"}}
"""
MARATHON = '{"id": "/shop/checkout", "instances": 2, "cpus": 0.5, "mem": 64, "env": {"PASSWORD": "battery-staple"}}'
BESIDE = "manifests: [shop.yaml]\nmarathon: [checkout.json]\nbehaviour: {migrate: {duration: 25s}}\n"
FILES = {"shop.yaml": MANIFEST, "checkout.json": MARATHON}


def test_apps_come_from_manifests_and_marathon_files():
    made = scenario(HEAD + BESIDE + WEB, FILES)
    assert [(one.name, one.kind, one.replicas, one.team) for one in made.apps] == [
        ("web", "service", 1, "default"),
        ("front", "service", 3, "shop"),
        ("migrate", "batch", 1, "shop"),
        ("checkout", "service", 2, "shop"),
    ]
    assert made.apps[1].request == {"cpu": 250, "memory": 128 * MIB}
    assert [one.kind for one in made.objects] == ["Service", "ResourceQuota"]
    assert made.teams == (Team("shop", limit={"cpu": 8000}),)


def test_the_scenario_says_what_files_cannot():
    behaviour = (
        "behaviour: {front: {start: 2s, ready: 3s, at: 9s, image_size: 10Mi, team: t}, migrate: {duration: 1s}}\n"
    )
    made = scenario(HEAD + "manifests: [shop.yaml]\n" + behaviour, FILES)
    front, migrate = made.apps
    assert (front.start_us, front.ready_us, front.at_us, front.team) == (2_000_000, 3_000_000, 9_000_000, "t")
    assert migrate.duration == Duration(1_000_000)
    assert made.images == {"shop/front:1": 10 * MIB}


def test_a_quota_of_the_scenario_goes_before_one_of_a_manifest():
    made = scenario(HEAD + BESIDE + "teams: [{name: shop, limit: {cpu: 1}}]\n", FILES)
    assert made.teams == (Team("shop", limit={"cpu": 1000}),)


def test_values_of_variables_are_not_kept():
    made = scenario(HEAD + BESIDE, FILES)
    kept = repr(made)
    assert "correct-horse" not in kept
    assert "battery-staple" not in kept
    assert "PASSWORD" in kept
    assert set(made.files) == set(FILES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("manifests: [shop.yaml]\n", ["no-duration"], id="a Job without a duration"),
        pytest.param("manifests: [none.yaml]\n", ["file-missing"], id="a file that is not there"),
        pytest.param("marathon: [checkout.json, checkout.json]\n", ["duplicate-name"], id="a file twice"),
        pytest.param(
            "marathon: [checkout.json]\nbehaviour: {checkout: {duration: 1s}}\n",
            ["not-for-kind"],
            id="a duration for a service",
        ),
        pytest.param(
            BESIDE + "apps: [{name: front, request: {cpu: 1}}]\n", ["duplicate-name"], id="a name in both places"
        ),
        pytest.param(
            "apps:\n- {name: db, kind: stateful, replicas: 0, request: {cpu: 1}, volume: {size: 1Gi}, "
            "data: {size: 1M}}\n",
            ["only-with"],
            id="data that no member holds",
        ),
        pytest.param(
            "marathon: [big.json]\n", ["cannot-fit"], id="an app of a file that fits nowhere"
        ),
        pytest.param("marathon: [logs.json]\n", ["not-in-pools"], id="what no machine is said to have"),
        pytest.param("manifests: [empty.yaml]\n", ["no-apps"], id="files without apps"),
        pytest.param("manifests: [bad.yaml]\nfaults: [{at: 1s, hosting: gone}]\n", ["negative"],
                     id="names of apps in a file that could not be read are not missed"),
    ],
)  # fmt: skip
def test_faults_of_the_files_beside_it(text, expected):
    files = FILES | {
        "big.json": '{"id": "big", "cpus": 99, "mem": 1}',
        "logs.json": '{"id": "logs", "cpus": 1, "mem": 1, "disk": 100}',
        "empty.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
        "bad.yaml": MANIFEST.replace("replicas: 3", "replicas: -3"),
    }
    assert codes(HEAD + text, files) == expected


# -- there and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_scenario_is_written_back_the_same(path):
    file = read_scenario(path, effective_requests)
    first = build(file)
    (document,) = yaml_documents(dump(first.document), "again.yaml", limit_values=100_000)
    second = build(scenario_file(document.value, first.files, effective_requests))
    for field in dataclasses.fields(first):
        assert getattr(first, field.name) == getattr(second, field.name), field.name


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
traps = st.sampled_from(
    ["yes", "1e3", "08", "0o7", "2024-01-01", "12:30", "1_0", "~", "", "<<", "=", "null", "- a", "#"]
)
scalars = texts | traps | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts | traps, inner), max_leaves=12)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(texts | traps, trees, min_size=1))
def test_what_is_dumped_is_read_back(tree):
    (document,) = yaml_documents(dump(tree), "x", limit_values=10_000)
    assert document.value == tree


# -- the schema -------------------------------------------------------------------------------------------------------


def test_the_exported_schema_is_current():
    kept = (ROOT / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8")
    assert kept == schema_text(), "run: python -m workbench.formats.scenario_schema > scenarios/scenario.schema.json"


def test_every_key_is_documented_and_no_other_is_allowed():
    parts = {"Scenario": schema(), **schema()["$defs"]}
    for name, part in parts.items():
        assert part["additionalProperties"] is False, name
        assert part["description"], name
        for key, about in part["properties"].items():
            assert about.get("description"), f"{name}.{key}"
    assert json.loads(schema_text())["required"] == ["name", "cluster"]


SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: REPLICAS
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: db, resources: {requests: {cpu: 1}}}]}
  volumeClaimTemplates: [{metadata: {name: d}, spec: {resources: {requests: {storage: 1Gi}}}}]
"""


@pytest.mark.parametrize(
    ("replicas", "size", "expected"),
    [
        pytest.param(3, "2Gi", ["data-too-large"], id="more than a claim holds"),
        pytest.param(0, "1Gi", ["only-with"], id="no member holds it"),
        pytest.param(0, "2Gi", ["data-too-large", "only-with"], id="both at once"),
    ],
)
def test_data_that_a_set_of_a_manifest_cannot_hold(replicas, size, expected):
    files = {"set.yaml": SET.replace("REPLICAS", str(replicas))}
    assert codes(f"{HEAD}manifests: [set.yaml]\nbehaviour: {{db: {{data: {{size: {size}}}}}}}\n", files) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"{WEB}changes: [{{kind: maintenance, at: 1s, node: node-0, begins: 5s, lasts: -5s}}]", ["negative"],
            id="a time below zero",
        ),
        pytest.param(
            f"{WEB}changes: [{{kind: maintenance, at: 1s, node: node-0, begins: -5s}}]", ["negative", "missing-key"],
            id="the other key is missing all the same",
        ),
        pytest.param(f"{WEB}changes: [{{kind: scale, at: 1s, app: web, replicas: -1}}]", ["negative"], id="a size"),
        pytest.param(f"{WEB}faults: [{{at: 1s, node: 5}}]", ["wrong-type"], id="one of two keys"),
        pytest.param(
            "apps: [{name: db, kind: stateful, request: {cpu: 1}, volume: {size: 1Gi, binding: now}}]", ["not-allowed"],
            id="a value deeper inside",
        ),
    ],
)  # fmt: skip
def test_a_key_with_a_bad_value_is_not_called_missing_as_well(text, expected):
    assert codes(f"{HEAD}{text}\n") == expected
