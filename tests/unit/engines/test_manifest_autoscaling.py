"""HorizontalPodAutoscalers of a team's own files, in whole runs: every type of metric, rules, what does not answer."""

from __future__ import annotations

from itertools import pairwise

import pytest

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.engines.world import World
from workbench.experiments.check import load

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: shop, resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {memory: 2Gi}}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: sized}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  minReplicas: 4
  maxReplicas: 30
"""
SCENARIO = """
name: own-autoscaler
horizon: 590s
cluster: {pools: [{name: node, count: 8, capacity: {cpu: 4, memory: 16Gi}}]}
manifests: [web.yaml]
"""
LOAD = """
behaviour:
  web:
    start: 2s
    load:
      {cpu: 20ms, cap: 2, queue: 50, from: 60s, demand: {shape: step, rate: 60, to: 300, start: 120s},
       metrics: {rps: requests, queued: waiting}}
"""
FULL = LOAD.replace("cap: 2,", "cap: 500m,")
"""Pods that may use no more than they ask for."""
GROWING = "behaviour: {web: {memory_use: {start: 200Mi, grows: 60Mi, most: 1Gi}}}"


def metric(kind, field, name, target):
    inner = f"name: {name}" if "esource" in kind else f"metric: {{name: {name}}}"
    more = ", container: web" if kind == "ContainerResource" else ""
    return f"{{type: {kind}, {field}: {{{inner}{more}, target: {target}}}}}"


CPU = metric("Resource", "resource", "cpu", "{type: Utilization, averageUtilization: 60}")
CONTAINER = metric("ContainerResource", "containerResource", "cpu", "{type: Utilization, averageUtilization: 60}")
AMOUNT = metric("Resource", "resource", "cpu", "{type: AverageValue, averageValue: 300m}")
PODS = metric("Pods", "pods", "rps", '{type: AverageValue, averageValue: "15"}')
EXTERNAL = metric("External", "external", "rps", '{type: AverageValue, averageValue: "15"}')
VALUE = metric("External", "external", "rps", '{type: Value, value: "60"}')
OBJECT = metric("Object", "object", "queued", '{type: AverageValue, averageValue: "2"}')
UNKNOWN = metric("External", "external", "nobody-shows-this", '{type: Value, value: "60"}')
MEMORY = metric("Resource", "resource", "memory", "{type: AverageValue, averageValue: 300Mi}")


def run(folder, metrics, behaviour=LOAD, rules="", on="kubernetes", settings="", seed=1):
    listed = f"  metrics: [{', '.join(metrics)}]\n" if metrics else ""
    (folder / "web.yaml").write_text(MANIFEST + listed + rules, encoding="utf-8")
    text = SCENARIO + behaviour + (f"\nparameters: {{{settings}}}\n" if settings else "")
    (folder / "own-autoscaler.yaml").write_text(text, encoding="utf-8")
    return World(load(folder / "own-autoscaler.yaml"), CONTROL_PLANES[on].make(), seed).run()


def sizes(trace):
    rows = list(trace["scaling"].rows())
    return [rows[0][2], *(row[3] for row in rows)] if rows else []


def failures(trace):
    return [kind for kind in trace["events"]["kind"] if kind.startswith("FailedGet")]


@pytest.mark.parametrize(
    ("metrics", "at_rest"),
    [
        pytest.param([CPU], range(18, 23), id="use of cpu, within the tolerance"),
        pytest.param([], range(14, 17), id="no metric: 80 % of the requested cpu"),
        pytest.param([CONTAINER], range(18, 23), id="use of cpu of the one container there is"),
        pytest.param([AMOUNT], range(18, 23), id="an amount of cpu per pod"),
        pytest.param([PODS], range(18, 23), id="what pods answer"),
        pytest.param([EXTERNAL], range(18, 23), id="what comes in, shared among the pods"),
        pytest.param([VALUE], range(20, 31), id="one value: five times as much, so five times as many ready pods"),
        pytest.param([CPU, VALUE, AMOUNT], range(20, 31), id="of several metrics the largest answer counts"),
    ],
)
def test_a_metric_of_every_type_leads_to_the_size_it_asks_for(tmp_path, metrics, at_rest):
    trace = run(tmp_path, metrics)
    assert sizes(trace)[-1] in at_rest
    assert sum(one == "running" for one in trace["tasks"]["outcome"]) == sizes(trace)[-1]


def test_what_comes_in_is_known_at_once_though_pods_can_say_no_more_than_full(tmp_path):
    often = "kubernetes.custom_metrics.interval_s: 5"
    by_cpu, at_the_door = (run(tmp_path, [one], behaviour=FULL, settings=often) for one in (CPU, EXTERNAL))
    assert sizes(at_the_door)[:3] == [4, 8, 16], "only the rule of twice as many holds it back"
    assert sum(at_the_door["traffic"]["lost"]) < 0.6 * sum(by_cpu["traffic"]["lost"])


def test_requests_that_wait_make_it_grow(tmp_path):
    trace = run(tmp_path, [OBJECT], behaviour=FULL)
    assert sizes(trace)[-1] > 8


def test_memory_makes_it_grow_only_as_far_as_more_pods_use_less(tmp_path):
    """What each pod uses does not depend on their number here, so it grows to the end."""
    assert sizes(run(tmp_path, [MEMORY], behaviour=GROWING))[-1] == 30


def test_a_metric_that_nobody_shows_is_said_once_and_changes_nothing(tmp_path):
    trace = run(tmp_path, [UNKNOWN])
    assert sizes(trace) == []
    assert failures(trace) == ["FailedGetExternalMetric"]


def test_beside_one_that_answers_it_can_still_grow_but_not_shrink(tmp_path):
    falling = LOAD.replace("rate: 60, to: 300", "rate: 300, to: 10")
    assert sizes(run(tmp_path, [CPU, UNKNOWN]))[-1] in range(18, 23)
    down = run(tmp_path, [CPU, UNKNOWN], behaviour=falling)
    assert all(later > one for one, later in pairwise(sizes(down)))


def test_without_a_load_nothing_is_measured_and_sizes_stay(tmp_path):
    trace = run(tmp_path, [CPU], behaviour="behaviour: {web: {start: 2s}}")
    assert sizes(trace) == failures(trace) == []


@pytest.mark.parametrize(
    ("rules", "first"),
    [
        pytest.param("  behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}", 5, id="one pod"),
        pytest.param(
            "  behavior: {scaleUp: {policies: [{type: Percent, value: 900, periodSeconds: 15}]}}", 20, id="all at once"
        ),
        pytest.param("  behavior: {scaleUp: {selectPolicy: Disabled}}", None, id="none"),
        pytest.param("  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}", 8, id="defaults for what is not said"),
    ],
)
def test_its_rules_say_how_fast_it_may_grow(tmp_path, rules, first):
    trace = run(tmp_path, [EXTERNAL], rules=rules, settings="kubernetes.custom_metrics.interval_s: 5")
    assert (sizes(trace)[1] if sizes(trace) else None) == first


def test_its_rules_say_how_soon_it_shrinks(tmp_path):
    falling = LOAD.replace("rate: 60, to: 300", "rate: 60, to: 10")
    rules = "  minReplicas: 1\n  behavior: {scaleDown: {stabilizationWindowSeconds: 30}}"
    text = MANIFEST.replace("  minReplicas: 4\n", "")
    (tmp_path / "web.yaml").write_text(text + f"  metrics: [{EXTERNAL}]\n" + rules, encoding="utf-8")
    (tmp_path / "own-autoscaler.yaml").write_text(SCENARIO + falling, encoding="utf-8")
    trace = World(load(tmp_path / "own-autoscaler.yaml"), CONTROL_PLANES["kubernetes"].make(), 1).run()
    assert sizes(trace)[-1] == 1
    assert trace["scaling"]["at_us"][0] < 250_000_000, "and not five minutes later"


def test_a_script_beside_marathon_follows_the_requests_of_the_same_object(tmp_path):
    quick = "mesos.marathon_lb_autoscale.interval_s: 5, mesos.marathon_lb_autoscale.samples: 3"
    trace = run(tmp_path, [CPU, EXTERNAL], on="mesos", settings=quick)
    assert sizes(trace)[-1] == 20
    assert set(trace["scaling"]["reason"]) == {"requests-above-range"}


def test_another_follows_the_use_of_cpu_where_that_is_all_the_object_says(tmp_path):
    trace = run(tmp_path, [CPU], on="mesos")
    assert set(trace["scaling"]["reason"]) == {"cpu-above-range"}


# -- how fresh metrics are -------------------------------------------------------------------------------------------


def first_us(folder, settings):
    return sum(run(folder, [CPU], settings=settings, seed=seed)["scaling"]["at_us"][0] for seed in range(5))


def test_heapster_is_slower_than_the_metrics_server_and_rare_housekeeping_slower_than_none(tmp_path):
    heapster = first_us(tmp_path, "kubernetes.pod_metrics.pipeline: heapster")
    asked = first_us(tmp_path, "kubernetes.pod_metrics.housekeeping_s: 0")
    usual = first_us(tmp_path, "kubernetes.pod_metrics.housekeeping_s: 10")
    rare = first_us(tmp_path, "kubernetes.pod_metrics.housekeeping_s: 60")
    assert asked <= usual < rare
    assert usual < heapster


@pytest.mark.parametrize(("delay", "apart"), [(0, 15), (180, 180)])
def test_earlier_versions_waited_between_two_changes(tmp_path, delay, apart):
    often = f"kubernetes.custom_metrics.interval_s: 5, kubernetes.horizontal.upscale_delay_s: {delay}"
    times = run(tmp_path, [EXTERNAL], settings=often)["scaling"]["at_us"]
    assert (times[1] - times[0]) // 1_000_000 == apart


def test_and_before_anything_was_taken_away(tmp_path):
    falling = LOAD.replace("shape: step, rate: 60, to: 300, start: 120s", "shape: recorded, points: "
                           "[{at: 0s, rate: 60}, {at: 120s, rate: 300}, {at: 240s, rate: 60}]")  # fmt: skip
    now = "kubernetes.horizontal.downscale_stabilization_s: 0, kubernetes.custom_metrics.interval_s: 5"
    soon, late = (
        run(
            tmp_path, [EXTERNAL], behaviour=falling, settings=f"{now}, kubernetes.horizontal.downscale_delay_s: {delay}"
        )
        for delay in (0, 200)
    )
    up, down = (next(n for n, row in enumerate(late["scaling"].rows()) if (row[3] < row[2]) == want) for want in (0, 1))
    assert up < down
    times = late["scaling"]["at_us"]
    assert times[down] - times[down - 1] >= 200_000_000
    assert soon["scaling"]["at_us"][down] < times[down]


DAEMONS = MANIFEST.replace("kind: Deployment", "kind: DaemonSet").replace("  replicas: 4\n", "")


@pytest.mark.parametrize("behaviour", [GROWING, "behaviour: {web: {start: 2s}}"], ids=["measured", "not measured"])
@pytest.mark.parametrize(
    ("manifest", "pods"),
    [
        pytest.param(DAEMONS, 8, id="a DaemonSet has no size"),
        pytest.param(MANIFEST.replace("name: web}\n  min", "name: wbe}\n  min"), 4, id="a name that nothing has"),
    ],
)
def test_an_object_whose_target_cannot_be_scaled_says_so_once_and_leaves_everything_alone(
    tmp_path, manifest, pods, behaviour
):
    (tmp_path / "web.yaml").write_text(manifest, encoding="utf-8")
    (tmp_path / "own-autoscaler.yaml").write_text(SCENARIO + behaviour, encoding="utf-8")
    trace = World(load(tmp_path / "own-autoscaler.yaml"), CONTROL_PLANES["kubernetes"].make(), 1).run()
    said = [row[2:4] for row in trace["events"].rows() if row[1] == "FailedGetScale"]
    assert said == [("sized", "no-scale")]
    assert sizes(trace) == []
    assert sum(one == "running" for one in trace["tasks"]["outcome"]) == pods
