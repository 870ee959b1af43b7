"""Several schedulers, configured by a genuine KubeSchedulerConfiguration."""

from __future__ import annotations

import pytest

from tests.unit.engines.kubernetes.builders import simulate, tasks
from tests.unit.formats.test_scenario_yaml import codes, scenario
from workbench.engines.kubernetes.treatments import TREATMENTS
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.formats.receipt import compose
from workbench.views.explaining import explain
from workbench.views.i18n import Texts

HEAD = """
name: small
horizon: 60s
cluster: {pools: [{name: node, count: 4, capacity: {cpu: 4, memory: 16Gi}}]}
manifests: [scheduler.yaml, pods.yaml]
"""
PACKING = """
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
- schedulerName: packing
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated}}
  plugins:
    score: {disabled: [{name: NodeResourcesBalancedAllocation}, {name: PodTopologySpread}]}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 4
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      schedulerName: {scheduler}
      containers: [{{name: c, image: i, resources: {{requests: {{cpu: 500m, memory: 512Mi}}}}}}]
---
"""


def posed(*pods, configuration=PACKING):
    made = "".join(DEPLOYMENT.format(name=name, scheduler=scheduler) for name, scheduler in pods)
    return scenario(HEAD, {"scheduler.yaml": configuration, "pods.yaml": made})


def run(*pods, configuration=PACKING):
    return simulate(posed(*pods, configuration=configuration))


def nodes_of(trace, app):
    return {row["node"] for row in tasks(trace) if row["app"].endswith(app)}


def test_each_pod_is_decided_by_the_scheduler_that_it_names():
    trace = run(("dense", "packing"), ("wide", "default-scheduler"))
    assert len(nodes_of(trace, "dense")) == 1
    assert len(nodes_of(trace, "wide")) > 1


def test_schedulers_of_one_process_see_each_others_pods():
    trace = run(("dense", "packing"), ("more", "packing"), ("wide", "default-scheduler"), ("last", "default-scheduler"))
    used: dict[str, int] = {}
    for row in tasks(trace):
        used[row["node"]] = used.get(row["node"], 0) + row["cpu"]
    assert sum(used.values()) == 8000
    assert max(used.values()) <= 4000


def test_a_pod_whose_scheduler_nobody_runs_waits_and_says_so():
    trace = run(("lost", "volcano"), ("wide", "default-scheduler"))
    rows = [row for row in tasks(trace) if row["app"].endswith("lost")]
    assert {(row["outcome"], row["why"], row["attempts"]) for row in rows} == {("waiting", "no-scheduler", 0)}
    events = [row for row in trace["events"].dicts() if row["kind"] == "NoScheduler"]
    assert {(row["reason"], row["detail"]) for row in events} == {("no-scheduler", "volcano")}
    assert len(events) == 4


def test_a_configuration_without_the_default_scheduler_leaves_its_pods_alone():
    only = PACKING.replace("- schedulerName: default-scheduler\n", "")
    trace = run(("dense", "packing"), ("wide", "default-scheduler"), configuration=only)
    assert nodes_of(trace, "wide") == {""}
    assert len(nodes_of(trace, "dense") - {""}) == 1


@pytest.mark.parametrize(
    ("configuration", "wanted"),
    [
        pytest.param(PACKING.replace("packing", "default-scheduler"), "duplicate-name", id="two profiles of one name"),
        pytest.param(PACKING.replace("io/v1", "io/v1beta3"), "not-allowed", id="a version that is no longer served"),
        pytest.param(PACKING.replace("MostAllocated", "Most"), "not-allowed", id="a strategy that does not exist"),
        pytest.param(PACKING.replace("pluginConfig", "pluginsConfig"), "unknown-key", id="a key that does not exist"),
        pytest.param(PACKING + "---\n" + PACKING, "duplicate-name", id="two configurations in one file"),
    ],
)
def test_faults_of_a_configuration_are_told_with_those_of_the_scenario(configuration, wanted):
    made = DEPLOYMENT.format(name="web", scheduler="packing")
    found = codes(HEAD, {"scheduler.yaml": configuration, "pods.yaml": made})
    assert wanted in found or any(code.startswith(wanted) for code in found)


def test_two_processes_may_not_share_names():
    text = HEAD.replace("pods.yaml", "pods.yaml, second.yaml")
    made = DEPLOYMENT.format(name="web", scheduler="packing")
    assert codes(text, {"scheduler.yaml": PACKING, "pods.yaml": made, "second.yaml": PACKING}) == ["duplicate-name"] * 2


def test_the_receipt_says_what_is_done_with_each_field():
    manifest = read_manifest("podMaxBackoffSeconds: 20\n" + PACKING.lstrip(), "scheduler.yaml")
    lines = {line.path: line for line in compose(manifest.presences, {"kubernetes": TREATMENTS}).lines}
    status = {path: line.treatments["kubernetes"].status for path, line in lines.items()}
    assert status["profiles[].schedulerName"] == "honoured"
    assert status["podMaxBackoffSeconds"] == "honoured"


def test_why_it_waits_is_told():
    made = posed(("lost", "volcano"))
    name = next(row["task"] for row in tasks(simulate(made)) if row["why"] == "no-scheduler")
    card = explain(made, on="kubernetes", name=name).card(Texts("en"))
    assert card.because == f"{name} waits: no scheduler of the name that it gives is running."
    assert "schedulerName" in card.cure


# -- how many nodes are looked at, and how long failed pods are left alone --------------------------------------------

LARGE = """
name: large
horizon: 60s
cluster:
  pools:
  - {name: north, count: 150, capacity: {cpu: 4, memory: 16Gi}, zones: [north]}
  - {name: south, count: 50, capacity: {cpu: 4, memory: 16Gi}, zones: [south]}
manifests: [pods.yaml, scheduler.yaml]
"""
EMPTY = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"


def feasible(configuration):
    made = DEPLOYMENT.format(name="web", scheduler="default-scheduler")
    trace = simulate(scenario(LARGE, {"scheduler.yaml": configuration, "pods.yaml": made}))
    return trace, set(trace["decisions"]["feasible"])


@pytest.mark.parametrize(
    ("lines", "looked_at"),
    [
        pytest.param("", 100, id="by default 50 - 200 / 125 per cent, and at least 100"),
        pytest.param("percentageOfNodesToScore: 80\n", 160, id="as the configuration says"),
        pytest.param("percentageOfNodesToScore: 100\n", 200, id="all"),
        pytest.param(
            "percentageOfNodesToScore: 80\n"
            "profiles: [{schedulerName: default-scheduler, percentageOfNodesToScore: 60}]\n",
            120, id="a profile's own percentage comes first",
        ),
    ],
)  # fmt: skip
def test_the_search_ends_when_enough_nodes_would_do(lines, looked_at):
    _, found = feasible(EMPTY + lines)
    assert found == {looked_at}


def test_a_decision_costs_what_it_looks_at():
    def cost(lines):
        row = tasks(feasible(EMPTY + lines)[0])[0]
        return row["decided_us"] - row["considered_us"]

    assert cost("percentageOfNodesToScore: 100\n") == 100 + 200 * 1.6
    assert cost("") == 100 + 100 * 1.6


def test_zones_are_looked_at_in_turn():
    """The first hundred nodes are fifty of each zone; by number they would all be in the north."""
    made = DEPLOYMENT.format(name="web", scheduler="default-scheduler").replace("replicas: 4", "replicas: 60")
    trace = simulate(scenario(LARGE, {"scheduler.yaml": EMPTY, "pods.yaml": made}))
    zones = [row["node"].partition("-")[0] for row in tasks(trace)]
    assert 15 <= zones.count("south") <= 45  # each search sees about as many of either zone


@pytest.mark.parametrize(
    ("lines", "seconds"), [("", 8), ("podInitialBackoffSeconds: 30\npodMaxBackoffSeconds: 60\n", 31)]
)
def test_a_pod_that_failed_is_left_alone_as_long_as_the_configuration_says(lines, seconds):
    head = """
name: small
horizon: 60s
cluster: {pools: [{name: node, count: 1, capacity: {cpu: 1, memory: 16Gi}}]}
manifests: [scheduler.yaml]
parameters: {kubernetes.queue.pop_from_backoff: false, world.tasks.start_jitter: 0}
apps:
- {name: first, kind: batch, replicas: 1, request: {cpu: 1}, duration: 8s}
- {name: second, kind: batch, replicas: 1, request: {cpu: 1}, duration: 8s, at: 1s}
"""
    trace = simulate(scenario(head, {"scheduler.yaml": EMPTY + lines}))
    second = next(row for row in tasks(trace) if row["app"] == "second")
    assert second["attempts"] == 2
    assert second["decided_us"] // 1_000_000 == pytest.approx(seconds, abs=1)
