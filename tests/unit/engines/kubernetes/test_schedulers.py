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


def test_one_process_has_one_configuration():
    text = HEAD.replace("pods.yaml", "pods.yaml, second.yaml")
    made = DEPLOYMENT.format(name="web", scheduler="packing")
    assert codes(text, {"scheduler.yaml": PACKING, "pods.yaml": made, "second.yaml": PACKING}) == ["duplicate-name"]


def test_the_receipt_says_what_is_done_with_each_field():
    manifest = read_manifest("podMaxBackoffSeconds: 20\n" + PACKING.lstrip(), "scheduler.yaml")
    lines = {line.path: line for line in compose(manifest.presences, {"kubernetes": TREATMENTS}).lines}
    status = {path: line.treatments["kubernetes"].status for path, line in lines.items()}
    assert status["profiles[].schedulerName"] == "honoured"
    assert status["podMaxBackoffSeconds"] == "ignored"


def test_why_it_waits_is_told():
    made = posed(("lost", "volcano"))
    name = next(row["task"] for row in tasks(simulate(made)) if row["why"] == "no-scheduler")
    card = explain(made, on="kubernetes", name=name).card(Texts("en"))
    assert card.because == f"{name} waits: no scheduler of the name that it gives is running."
    assert "schedulerName" in card.cure
