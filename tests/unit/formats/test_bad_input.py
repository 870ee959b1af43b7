"""Whatever a user hands over: one clear message per fault, all at once, with its line, and no traceback.

The files are in `tests/bad_input`; each row names a file and what is wrong on which of its lines.
"""

import contextlib
import json
import re
import time
from pathlib import Path

import pytest

from workbench.engines.kubernetes.resources import effective_requests
from workbench.errors import InputError, ScenarioError
from workbench.formats.marathon_apps import neutral_apps
from workbench.formats.marathon_json import read_marathon
from workbench.formats.scenario_yaml import build, read_scenario, scenario_file
from workbench.formats.text import yaml_documents

FOLDER = Path(__file__).parents[2] / "bad_input"

FAULTS = {
    "alias-bomb.yaml": ["6 yaml-too-many"],
    "binary.yaml": ["file-binary"],
    "companions-outside.yaml": [
        "3 wrong-type", "3 bad-path", "3 bad-path", "3 file-missing",
        "broken.json:1 wrong-type", "broken.json:1 negative", "broken.json:2 not-allowed-near",
        "broken.json:2 missing-key", "broken.json:2 wrong-type", "broken.json:1 bad-marathon-id",
        "binary.json file-binary",
    ],
    "dates.yaml": [
        "1 yaml-not-string", "1 no-apps", "2 yaml-not-string", "3 yaml-not-string", "4 yaml-not-string",
        "4 yaml-not-string", "4 bad-quantity", "5 yaml-not-string", "6 yaml-not-string", "7 yaml-not-string",
    ],
    "duplicate-keys.yaml": ["1 no-apps", "4 yaml-duplicate-key", "5 yaml-duplicate-key"],
    "duplicate-names.yaml": [
        "5 duplicate-name", "6 duplicate-name", "9 duplicate-name", "13 duplicate-name", "checkout.json duplicate-name",
    ],
    "empty.yaml": ["file-empty"],
    "everything-at-once.yaml": [
        "1 bad-name", "2 not-positive", "3 unknown-key", "6 negative", "6 bad-quantity", "7 duplicate-name",
        "9 not-allowed-near", "9 wrong-type", "9 negative", "10 unknown-key", "10 duplicate-name", "11 missing-key",
        "13 reference-to-nothing-near", "14 wrong-type",
    ],
    "impossible-amounts.yaml": [
        "2 negative", "6 out-of-range", "7 negative", "7 bad-quantity", "7 out-of-range", "7 bad-quantity",
        "9 negative", "9 bad-quantity", "9 bad-duration", "9 out-of-range", "9 out-of-range",
    ],
    "faults.yaml": [
        "5 one-of", "6 not-after", "6 reference-to-nothing-near", "7 only-with", "8 only-with", "8 only-with",
        "9 not-allowed",
    ],
    "indentation.yaml": ["4 yaml-syntax"],
    "latin1.yaml": ["file-binary"],
    "list.yaml": ["not-a-mapping"],
    "merge-bomb.yaml": ["6 yaml-too-many"],
    "no-sense.yaml": [
        "7 cannot-fit", "8 cannot-fit", "9 not-in-pools", "10 missing-key", "11 missing-key", "12 not-for-kind",
        "12 not-for-kind", "13 not-for-kind", "14 not-together", "14 not-after", "15 not-positive",
        "16 too-few-members", "18 one-of", "19 one-of", "20 only-with", "20 not-after",
    ],
    "nothing-to-run.yaml": ["1 no-apps"],
    "only-comments.yaml": ["file-empty"],
    "open-bracket.yaml": ["1 yaml-syntax"],
    "open-quote.yaml": ["1 yaml-syntax"],
    "own-alias.yaml": ["1 missing-key", "1 no-apps", "2 yaml-alias", "2 unknown-key-known", "3 yaml-alias"],
    "references-to-nothing.yaml": [
        "9 reference-to-nothing-near", "10 behaviour-of-app", "12 reference-to-nothing-near",
        "13 reference-to-nothing-near", "13 reference-to-nothing", "16 out-of-range", "17 reference-to-nothing-near",
    ],
    "behind.yaml": [
        "5 reference-to-nothing-near", "7 behind-nobody", "8 not-for-kind", "9 behind-nobody", "10 negative",
        "10 not-for-kind",
    ],
    "changes.yaml": [
        "5 not-for-kind", "7 missing-key", "8 missing-key", "8 missing-key", "9 reference-to-nothing-near",
        "10 not-for-change", "10 not-after", "11 not-for-change", "11 not-for-kind", "12 not-for-change", "13 one-of",
        "14 reference-to-nothing-near", "15 not-for-change", "16 not-allowed-near", "16 negative",
        "17 missing-key", "17 not-for-change", "18 not-for-change", "18 reference-to-nothing-near", "19 not-for-kind",
        "20 out-of-range", "21 not-positive", "21 not-for-change", "22 not-for-change",
        "23 not-for-kind", "24 not-for-change",
        "25 missing-key", "26 not-positive", "26 not-for-kind", "27 not-for-change",
    ],
    "scheduler-loss.yaml": ["5 missing-key", "6 only-with", "6 only-with", "7 not-after"],
    "tabs.yaml": ["3 yaml-tab", "4 yaml-tab"],
    "tags.yaml": ["1 yaml-tag", "1 no-apps", "2 yaml-tag", "2 yaml-tag"],
    "template-line.yaml": ["1 yaml-template"],
    "template.yaml": ["1 yaml-key", "1 missing-key", "1 no-apps"],
    "text.yaml": ["not-a-mapping"],
    "two-colons.yaml": ["1 yaml-syntax"],
    "two-documents.yaml": ["yaml-many-documents"],
    "unknown-keys.yaml": [
        "2 unknown-key", "5 unknown-key", "7 unknown-key", "7 unknown-key", "9 unknown-key", "11 unknown-key-comma",
    ],
    "utf16.yaml": ["file-encoding"],
    "zones.yaml": [
        "5 reference-to-nothing-near", "6 not-together", "6 not-together", "7 only-with", "8 only-with",
        "9 only-with",
    ],
    "wrong-types.yaml": [
        "1 wrong-type", "2 bad-duration", "3 wrong-type", "4 wrong-type", "5 wrong-type", "7 wrong-type",
        "9 wrong-type", "10 wrong-type", "11 wrong-type",
    ],
}  # fmt: skip


def problems_of(path):
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path, effective_requests)
    return caught.value.problems


def short(problem, name):
    """Return line and code of a problem; for another file than `name` with the file."""
    where = re.match(r"(?:companions/)?([\w.-]+?)(?::(\d+))?(?::|$)", problem.place)
    file = "" if where[1] == name else f"{where[1]}:" if where[2] else where[1]
    return f"{file}{where[2] or ''} {problem.code}".strip()


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_of_a_file_is_named_at_once(name):
    start = time.process_time()
    problems = problems_of(FOLDER / name)
    assert [short(problem, name) for problem in problems] == FAULTS[name]
    assert time.process_time() - start < 2


def test_every_bad_file_has_its_row():
    assert sorted(path.name for path in FOLDER.glob("*.yaml")) == sorted(FAULTS)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_messages_speak_to_users(name):
    for problem in problems_of(FOLDER / name):
        said = problem.text()
        assert not re.search(r"pydantic|Input should|validation error|Traceback|<class|None\b|\{\w*\}", said), said
        assert str(FOLDER) not in said
        assert len(said) < 400


SENTENCES = {
    "everything-at-once.yaml": [
        "everything-at-once.yaml:9: apps[0].kind: 'servce' is not known; did you mean 'service'?",
        "everything-at-once.yaml:3: seeds: unknown key 'seeds'; did you mean 'seed'?",
        "everything-at-once.yaml:11: apps[2]: the key 'duration' is missing; it is required",
    ],
    "no-sense.yaml": [
        "no-sense.yaml:7: apps[0].request: 'huge' asks for 16 cpu but the largest node has 8 cpu; "
        "it could never be placed",
        "no-sense.yaml:14: apps[7].arrivals.until: 'until' (1min) is not after 'at' (1min)",
    ],
    "dates.yaml": ["dates.yaml:1: name: '2024-01-01' is read by YAML 1.1 as a date; put it in quotes to keep the text"],
    "companions-outside.yaml": [
        "companions-outside.yaml:3: manifests[1]: '/etc/passwd' is not a file beside the scenario; "
        "write a relative path without '..'"
    ],
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_message_names_place_value_and_cure(name):
    said = [problem.text() for problem in problems_of(FOLDER / name)]
    for sentence in SENTENCES[name]:
        assert sentence in said


HEAD = "name: big\ncluster: {pools: [{name: node, count: 1, capacity: {cpu: 1}}]}\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(HEAD + "# " + "x" * 4_000_000, "file-too-large", id="more than 4 MB"),
        pytest.param(HEAD + "images:\n" + "".join(f"  i{n}: 1\n" for n in range(60_000)), "yaml-too-many", id="values"),
        pytest.param(HEAD.replace("count: 1", "count: 100001"), "out-of-range", id="machines in one pool"),
        pytest.param(
            "name: big\ncluster:\n  pools:\n"
            + "".join(f"    - {{name: p{n}, count: 1000, capacity: {{cpu: 1}}}}\n" for n in range(101)),
            "too-many",
            id="machines in all pools",
        ),
        pytest.param(HEAD + "images:\n" + "".join(f"  i{n}: x\n" for n in range(40_000)), "and-more", id="faults"),
        pytest.param(
            HEAD + "apps:\n" + "".join(f"  - {{name: a, request: {{cpu: {n}}}}}\n" for n in range(9_000)),
            "and-more",
            id="apps with one name",
        ),
        pytest.param(
            HEAD + "behaviour:\n" + "".join(f"  b{n}: {{start: 1s}}\n" for n in range(15_000)),
            "and-more",
            id="references",
        ),
        pytest.param(HEAD + "apps:\n  - {name: a, replicas: 6000000, request: {}}\n", "out-of-range", id="instances"),
        pytest.param(
            HEAD
            + "apps:\n  - {name: a, kind: batch, duration: 1s, request: {}, arrivals: {rate: 1000000, until: 9h}}\n",
            "too-many",
            id="tasks that arrive",
        ),
    ],
)
def test_more_than_the_limit_is_refused_within_two_seconds(tmp_path, text, code):
    path = tmp_path / "big.yaml"
    path.write_text(text, encoding="utf-8")
    start = time.process_time()
    problems = problems_of(path)
    assert time.process_time() - start < 2
    assert code in [problem.code for problem in problems]
    assert len(problems) <= 101


FULL = """
name: full
title: {en: Full, zh: 全}
horizon: 900s
cluster:
  pools: [{name: node, count: 2, capacity: {cpu: 4, memory: 1Gi}, labels: {a: b}, taints: [{key: a}], zones: [a]}]
images: {web: 1Mi}
teams: [{name: shop, weight: 2, limit: {cpu: 10}, quota_at: 5s}]
apps:
  - {name: web, request: {cpu: 1}, replicas: 2, tolerations: [{key: a, for: 1s}], host_ports: [80], max_per_node: 1}
  - {name: db, kind: stateful, request: {cpu: 1}, volume: {size: 1Gi}}
  - {name: job, kind: batch, request: {cpu: 1}, duration: {mean: 1s}, arrivals: {rate: 1, until: 9s}}
marathon: [app.json]
behaviour: {x: {start: 1s, image_size: 1Mi}}
faults: [{at: 1s, hosting: web, sparing: db, back: 2s}, {at: 1s, node: node-1}]
changes:
  - {at: 1s, kind: scale, app: web, replicas: 3}
  - {at: 2s, kind: update, app: web, image: web, start: 1s, ready: 1s, stop: 1s, broken: true}
  - {at: 3s, kind: drain, hosting: web}
parameters: {a.b: 1}
study:
  measures: [heal]
  predictions: [{en: a, zh: a}]
  finding: {measure: heal, lower: mesos, text: so}
  equalised: {a.b: 1}
  levers: [{path: a.b, values: [1, 2]}]
  sliders: [{path: a.b, label: a, low: 1}]
"""
APP = {
    "id": "/shop", "dependencies": ["/b"],
    "apps": [{
        "id": "web", "instances": 2, "cpus": 0.5, "constraints": [["hostname", "UNIQUE"]], "env": {"A": "b"},
        "container": {
            "docker": {"image": "a", "network": "BRIDGE", "portMappings": [{"containerPort": 80}]},
            "volumes": [{"containerPath": "d", "persistent": {"size": 10}}],
        },
        "ipAddress": {"networkName": "x"}, "uris": ["http://x"], "ports": [0], "unreachableStrategy": "disabled",
        "upgradeStrategy": {"maximumOverCapacity": 0}, "healthChecks": [{"protocol": "TCP"}],
    }],
    "groups": [{"id": "g", "pods": [{
        "id": "p", "containers": [{"name": "a", "resources": {"cpus": 1}, "endpoints": [{"hostPort": 80}]}],
        "scaling": {"fixed": {"instances": 2}}, "scheduling": {"placement": {"constraints": []}},
    }]}],
}  # fmt: skip
JUNK = [
    None,
    True,
    -1,
    1.5,
    2**70,
    1e300,
    "",
    "x",
    "-5s",
    "\0",
    "é" * 400,
    [],
    {},
    [1],
    [None],
    {"a": 1},
    {"name": [1]},
]


def replaced(value, junk):
    """Yield the value with each of its parts in turn replaced by each junk value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        for other in (*junk, *replaced(child, junk)):
            copy = value.copy()
            copy[key] = other
            yield copy


def test_whatever_stands_anywhere_in_a_scenario_only_our_errors_come():
    (document,) = yaml_documents(FULL, "full.yaml", limit_values=1000)
    files = {"app.json": '{"id": "x"}'}
    assert build(scenario_file(document.value, files, effective_requests)).name == "full"
    for tree in replaced(document.value, JUNK):
        with contextlib.suppress(InputError):
            build(scenario_file(tree, files, effective_requests))


def test_whatever_stands_anywhere_in_a_marathon_document_only_our_errors_come():
    assert len(read_marathon(json.dumps(APP), "app.json").apps) == 2
    for value in replaced(APP, JUNK):
        with contextlib.suppress(InputError):
            neutral_apps(read_marathon(json.dumps(value), "app.json"))


def test_a_scenario_that_is_no_file_says_so(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: no such file"):
        read_scenario(tmp_path / "none.yaml", effective_requests)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.yaml").symlink_to(outside)
    (inside / "s.yaml").write_text(HEAD + "manifests: [link.yaml]\n")
    assert [problem.code for problem in problems_of(inside / "s.yaml")] == ["bad-path"]
