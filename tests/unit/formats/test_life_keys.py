"""The keys that say how instances live: what they mean, what they may not say, and how manifests are honoured."""

from __future__ import annotations

import pytest

from tests.make import seconds
from tests.unit.engines.kubernetes.builders import at, simulate, tasks
from tests.unit.formats.test_scenario_yaml import HEAD, app, codes, scenario
from workbench.engines.kubernetes.treatments import TREATMENTS
from workbench.formats.kubernetes_manifest import read_manifest
from workbench.formats.receipt import compose
from workbench.model.lives import Check, DiskUse, MemoryUse, Trouble

MIB = 1024**2


def _app(text):
    return app(f"{{name: web, request: {{cpu: 500m, memory: 64Mi}}, {text}}}")


def test_memory_is_constant_or_a_leak():
    assert _app("memory_use: 200Mi").memory_use == MemoryUse(200 * MIB)
    leak = _app("memory_use: {start: 200Mi, grows: 1Mi, most: 1Gi}").memory_use
    assert leak == MemoryUse(200 * MIB, MIB, 1024 * MIB)


def test_a_check_leaves_open_what_it_does_not_say():
    assert _app("check: {}").check == Check()
    assert _app("check: {every: 5s, timeout: 2s, failures: 2, grace: 1min, restarts: false}").check == Check(
        seconds(5), seconds(2), 2, seconds(60), restarts=False
    )


def test_trouble_and_hooks():
    made = _app("trouble: {hangs: 60s, hangs_for: 10s, crashes: 5min}, pre_stop: 5s, limit: {memory: 128Mi}")
    assert made.trouble == Trouble(seconds(60), seconds(10), seconds(300))
    assert made.pre_stop_us == seconds(5)
    assert made.limit == {"memory": 128 * MIB}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("kind: batch, duration: 5s, check: {every: 5s}", ["not-for-kind"], id="a batch is not checked"),
        pytest.param("trouble: {hangs_for: 5s}", ["only-with"], id="how long it hangs, without when"),
        pytest.param("limit: {memory: 32Mi}", ["limit-below-request"], id="a limit below the request"),
        pytest.param(
            "memory_use: {start: 3Mi, most: 1Mi}", ["out-of-range"], id="memory stops to grow below where it starts"
        ),
        pytest.param("kind: batch, duration: 5s, errors: 0.5", ["not-for-kind"], id="nobody asks a batch anything"),
        pytest.param("memory_use: 99Gi", ["cannot-fit"], id="more memory than any machine has"),
        pytest.param(
            "limit: {memory: 1Mi}, trouble: {hangs_for: 5s}", ["only-with", "limit-below-request"], id="all at once"
        ),
    ],
)
def test_what_does_not_go_together(text, expected):
    found = codes(f"{HEAD}apps:\n  - {{name: web, request: {{cpu: 500m, memory: 64Mi}}, {text}}}\n")
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "{kind: node-loss, at: 5s, node: node-0, grace: 60s}", ["only-with"], id="nobody is told of a loss"
        ),
        pytest.param(
            "{kind: node-shutdown, at: 5s, node: node-0, grace: 1s, critical: 5s}",
            ["out-of-range"],
            id="the last part is longer than the whole",
        ),
        pytest.param("{kind: node-shutdown, at: 5s}", ["one-of"], id="of which machine"),
    ],
)
def test_machines_that_are_shut_down(text, expected):
    assert codes(f"{HEAD}apps:\n  - {{name: web, request: {{cpu: 500m}}}}\nfaults:\n  - {text}\n") == expected


def test_a_shutdown_says_how_long_it_may_be_held_up():
    text = "{kind: node-shutdown, at: 5s, node: node-0, grace: 60s, critical: 20s}"
    (fault,) = scenario(f"{HEAD}apps:\n  - {{name: web, request: {{cpu: 500m}}}}\nfaults:\n  - {text}\n").faults
    assert (fault.kind, fault.grace_us, fault.critical_us) == ("node-shutdown", seconds(60), seconds(20))


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
"""

MANIFEST = (
    DEPLOYMENT
    + """\
      initContainers:
        - {name: migrate, image: shop/migrate}
        - name: proxy
          image: shop/proxy
          restartPolicy: Always
          startupProbe: {httpGet: {port: 80}, periodSeconds: 1}
      containers:
        - name: web
          image: shop/web
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
          livenessProbe: {httpGet: {port: 80}, failureThreshold: 2, periodSeconds: 5}
          lifecycle: {preStop: {sleep: {seconds: 7}}}
"""
)


def test_a_manifest_is_honoured_with_the_times_that_the_scenario_gives():
    behaviour = "{start: 1s, containers: {migrate: {runs: 20s}, proxy: {start: 2s, ready: 3s}}, trouble: {hangs: 60s}}"
    text = f"{HEAD}manifests: [m.yaml]\nbehaviour: {{web: {behaviour}}}\nparameters: {{world.tasks.start_jitter: 0}}\n"
    made = scenario(text, {"m.yaml": MANIFEST})
    trace = simulate(made)
    (row,) = tasks(trace)
    pulls = 2 * at(row["image_us"] - row["init_us"])  # an image of unknown size takes as long for each container
    assert 25 <= at(row["init_us"] - row["volume_us"]) - pulls <= 28  # 20 s and 5 s, and a look after each
    assert "liveness-failed" in trace["events"]["reason"]
    starts = [at(one) for one in trace["attempts"]["started_us"]]
    assert starts[1] - starts[0] >= 60 + 7 + 30  # it hangs, the hook takes 7 s of the grace period of 30 s
    receipt = compose(read_manifest(MANIFEST, "m.yaml").presences, {"kubernetes": TREATMENTS}, "m.yaml")
    said = {line.path.rpartition("spec.")[2]: line.treatments["kubernetes"].status for line in receipt.lines}
    assert said["containers[].lifecycle.preStop.sleep.seconds"] == "honoured"
    assert said["containers[].livenessProbe.failureThreshold"] == "honoured"
    assert said["initContainers[].image"] == "honoured"
    assert said["initContainers[].restartPolicy"] == "approximated"


# -- the own disk of machines -------------------------------------------------------------------------------------

WITH_DISK = HEAD.replace("memory: ", "disk: 10Gi, memory: ", 1)


def _writing(text, head=WITH_DISK):
    return f"{head}apps:\n  - {{name: web, request: {{cpu: 500m, memory: 64Mi, disk: 1Gi}}, {text}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("disk_use: 200Mi", DiskUse(200 * MIB), id="an amount, written at the start"),
        pytest.param(
            "disk_use: {start: 2Mi, grows: 1Mi, most: 1Gi}", DiskUse(2 * MIB, MIB, 1024 * MIB), id="or more and more"
        ),
    ],
)
def test_what_is_written_to_the_disk_of_the_machine(text, expected):
    (made,) = scenario(_writing(text)).apps
    assert made.disk_use == expected


@pytest.mark.parametrize("name", ["disk", "ephemeral-storage"])
def test_the_disk_of_a_machine_has_two_names_and_means_one_thing(name):
    text = _writing(f"disk_use: 1Mi, limit: {{{name}: 2Gi}}", WITH_DISK.replace("disk: 10Gi", f"{name}: 10Gi"))
    made = scenario(text)
    assert made.cluster.nodes[0].capacity["disk"] == 10 * 1024 * MIB
    assert made.apps[0].limit == {"disk": 2 * 1024 * MIB}


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        pytest.param("limit: {disk: 1Mi}", WITH_DISK, ["limit-below-request"], id="a limit below the request"),
        pytest.param("disk_use: {start: 3Mi, most: 1Mi}", WITH_DISK, ["out-of-range"], id="less in the end"),
        pytest.param("disk_use: 99Gi", WITH_DISK, ["cannot-fit"], id="more than any disk holds"),
        pytest.param("disk_use: {grows: 1Mi}", HEAD, ["missing-key"], id="nobody says how much disk machines have"),
        pytest.param("disk_use: {volume: data}", WITH_DISK, ["only-with"], id="the short form has no such volumes"),
        pytest.param(
            "limit: {disk: 2Gi, ephemeral-storage: 2Gi}", WITH_DISK, ["not-together"], id="one amount under two names"
        ),
    ],
)
def test_what_cannot_be_written(text, head, expected):
    assert codes(_writing(text, head)) == expected


SCRATCH = (
    DEPLOYMENT
    + """\
      containers:
        - name: web
          image: shop/web
          resources: {requests: {ephemeral-storage: 1Gi}, limits: {ephemeral-storage: 4Gi}}
      volumes:
        - {name: cache, emptyDir: {sizeLimit: 1Gi}}
        - {name: quick, emptyDir: {medium: Memory}}
"""
)


def test_a_manifest_is_held_to_its_limits_where_the_scenario_says_what_is_written():
    text = f"{WITH_DISK}manifests: [m.yaml]\nbehaviour: {{web: {{disk_use: {{grows: 20Mi, volume: cache}}}}}}\n"
    made = scenario(text, {"m.yaml": SCRATCH})
    assert made.apps[0].request["disk"] == 1024 * MIB
    assert "over-volume-limit" in simulate(made)["events"]["reason"]
    receipt = compose(read_manifest(SCRATCH, "m.yaml").presences, {"kubernetes": TREATMENTS}, "m.yaml")
    said = {line.path.rpartition("spec.")[2]: line.treatments["kubernetes"] for line in receipt.lines}
    assert "disk" in said["containers[].resources.limits.ephemeral-storage"].note
    assert "disk_use" in said["volumes[].emptyDir.sizeLimit"].note


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        pytest.param("cach", ["reference-to-nothing-near"], id="a slip"),
        pytest.param("quick", ["reference-to-nothing"], id="one in memory takes no disk"),
    ],
)
def test_what_a_pod_writes_to_has_to_be_one_of_its_emptydirs(volume, expected):
    text = f"{WITH_DISK}manifests: [m.yaml]\nbehaviour: {{web: {{disk_use: {{volume: {volume}}}}}}}\n"
    assert codes(text, {"m.yaml": SCRATCH}) == expected
