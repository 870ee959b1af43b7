"""Labels as a team's own files have them: two Deployments behind one Service, one selector for another."""

from __future__ import annotations

import pytest

from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.errors import ScenarioError
from workbench.experiments.check import load

DEPLOYMENT = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: shop, track: {track}}}}}
  template:
    metadata: {{labels: {{app: shop, track: {track}}}}}
    spec:
      containers: [{{name: web, image: "shop:{track}", resources: {{requests: {{cpu: 100m}}}}}}]
"""
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
"""
SCENARIO = """
name: native-labels
horizon: 200s
cluster: {pools: [{name: node, count: 3, capacity: {cpu: 4, memory: 8Gi}}]}
manifests: [shop.yaml]
behaviour:
  stable: {load: {demand: 100, cpu: 1ms}, start: 1s}
  canary: {behind: stable, errors: 1.0, start: 1s}
"""


def ran(folder, changes: str = "") -> World:
    stable = DEPLOYMENT.format(name="stable", replicas=3, track="stable")
    canary = DEPLOYMENT.format(name="canary", replicas=1, track="canary")
    (folder / "shop.yaml").write_text(stable + canary + SERVICE, encoding="utf-8")
    (folder / "native-labels.yaml").write_text(SCENARIO + changes, encoding="utf-8")
    world = World(load(folder / "native-labels.yaml"), Kubernetes(), 1)
    world.run()
    return world


def lost(world: World) -> float:
    rows = [row for row in world.trace["traffic"].dicts() if row["at_us"] >= 150_000_000]
    return sum(row["lost"] for row in rows) / sum(row["offered"] for row in rows)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param("", 0.25, id="one pod in four is of the bad version"),
        pytest.param("changes: [{at: 60s, kind: route, app: stable, to: stable}]", 0.0, id="it asks for more"),
        pytest.param("changes: [{at: 60s, kind: route, app: stable, to: canary}]", 1.0, id="or for the other track"),
        pytest.param(
            "changes: [{at: 60s, kind: route, app: stable, to: canary}, {at: 90s, kind: route, app: stable}]", 0.25,
            id="and back to what the file says",
        ),
        pytest.param("changes: [{at: 60s, kind: scale, app: canary, replicas: 3}]", 0.5, id="three in six"),
        pytest.param(
            "changes: [{at: 60s, kind: relabel, app: canary, labels: {app: ''}}]", 0.25,
            id="relabelled out of service, and replaced: as bad as before",
        ),
    ],
)  # fmt: skip
def test_a_service_sends_to_whatever_its_selector_finds(tmp_path, changes, expected):
    assert lost(ran(tmp_path, changes)) == pytest.approx(expected)


def test_whoever_stands_behind_nobody_is_told_so(tmp_path):
    with pytest.raises(ScenarioError, match="did you mean 'stable'"):
        ran(tmp_path, "changes: [{at: 60s, kind: route, app: stable, to: stabel}]")
