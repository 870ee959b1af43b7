"""Histories drawn by lot, theme by theme: what the laws of `test_histories.py` are held against.

A theme is a kind of workload and what happens to it. Beside that each history has faults of all kinds, any of which may
strike at the same moment as another; all of them are over by 1,000 s. Everything goes through a scenario document, so
that nothing happens here that a scenario could not say.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import yaml

from workbench.engines.kubernetes.resources import effective_requests
from workbench.formats.scenario_yaml import build, scenario_file
from workbench.model.parameters import Settings
from workbench.model.scenario import Scenario

MACHINES = 6
HORIZON = 3000
Doc = dict[str, Any]
SCHEDULES = {"Forbid": "* * * * *", "Replace": "* * * * *", "Allow": "*/4 * * * *"}


def pods(name: str, lots: random.Random, **more: Any) -> Doc:
    """Return a template of pods that are ready when they say so."""
    own = {
        "name": "main",
        "resources": {"requests": {"cpu": lots.choice(["100m", "500m"]), "memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": lots.choice([1, 5])},
    }
    grace = {"terminationGracePeriodSeconds": lots.choice([1, 30])}
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [own], **grace, **more}}


def workload(kind: str, name: str, replicas: int, template: Doc, **spec: Any) -> Doc:
    """Return an object that makes pods."""
    selector = {"app": name} if kind == "ReplicationController" else {"matchLabels": {"app": name}}
    whole = {"selector": selector, "template": template, **spec}
    if kind != "DaemonSet":
        whole["replicas"] = replicas
    if kind == "StatefulSet":
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        whole |= {"serviceName": name, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}]}
    return {
        "apiVersion": "v1" if kind == "ReplicationController" else "apps/v1",
        "kind": kind, "metadata": {"name": name}, "spec": whole,
    }  # fmt: skip


def budget(name: str, lots: random.Random) -> Doc:
    amount = lots.choice([{"maxUnavailable": 1}, {"minAvailable": "50%"}, {"maxUnavailable": "30%"}])
    spec = {"selector": {"matchLabels": {"app": name}}, **amount}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


class History:
    """A scenario in the making."""

    def __init__(self, seed: int) -> None:
        self.lots = random.Random(seed)
        self.objects: list[Doc] = []
        self.apps: list[Doc] = []
        self.behaviour: Doc = {}
        self.faults: list[Doc] = []
        self.changes: list[Doc] = []
        self.settings: Doc = {}
        self.focus = [self.lots.uniform(110, 600) for _ in range(2)]

    def at(self) -> float:
        """Return a time; every other one is near those of others."""
        near = self.lots.choice(self.focus) + self.lots.choice([0, 0.001, 0.5, 5, 50])
        return round(near if self.lots.random() < 0.5 else self.lots.uniform(101, 700), 3)

    def fault(self, kind: str, away: tuple[float, ...] = (0.5, 5, 48, 60, 300), **more: Any) -> None:
        at = self.at()
        self.faults.append({"kind": kind, "at": f"{at}s", "back": f"{round(at + self.lots.choice(away), 3)}s", **more})

    def change(self, kind: str, **more: Any) -> None:
        self.changes.append({"kind": kind, "at": f"{self.at()}s", **more})

    def node(self) -> str:
        return f"node-{self.lots.randrange(MACHINES)}"

    def add(self, kind: str, name: str, replicas: int, stop: int = 2, ready: int = 3, **spec: Any) -> None:
        template = spec.pop("template", None) or pods(name, self.lots)
        self.objects.append(workload(kind, name, replicas, template, **spec))
        self.behaviour[name] = {"start": "1s", "ready": f"{ready}s", "stop": f"{stop}s"}

    def scenario(self, zones: int = 3) -> Scenario:
        """Return what has come together."""
        pool = {
            "name": "node",
            "count": MACHINES,
            "capacity": {"cpu": 4, "memory": "4Gi"},
            "zones": list("abc")[:zones],
        }
        document = {
            "name": "history", "horizon": f"{HORIZON}s", "cluster": {"pools": [pool]}, "apps": self.apps,
            "manifests": ["all.yaml"] if self.objects else [], "behaviour": self.behaviour,
            "faults": self.faults, "changes": self.changes,
        }  # fmt: skip
        files = {"all.yaml": yaml.safe_dump_all(self.objects)}
        made = scenario_file(document, files, effective_requests, name="history.yaml")
        return build(made, Settings(self.settings))


# -- what befalls every one of them --------------------------------------------------------------------------------

OTHERS: tuple[Callable[[History], None], ...] = (
    lambda one: one.fault("node-loss", node=one.node()),
    lambda one: one.fault("network-partition", node=one.node()),
    lambda one: one.fault("agent-restart", node=one.node()),
    lambda one: one.fault("control-plane-loss"),
    lambda one: one.fault("node-shutdown", node=one.node(), grace="20s"),
)


# -- the themes ----------------------------------------------------------------------------------------------------


def shut_down_and_back_at_once(one: History) -> None:
    """Machines that start again while, or just after, their pods are stopped."""
    one.add("Deployment", "web", 4, stop=one.lots.choice([0, 8, 40]))
    one.add("StatefulSet", "db", 3, stop=one.lots.choice([0, 8]))
    for _ in range(3):
        one.fault("node-shutdown", away=(0.5, 2, 15), node=one.node(), grace=f"{one.lots.choice([5, 30])}s")


def members_in_stages(one: History) -> None:
    """Sets of both kinds, with a partition, or with several that may be missing, while new versions come."""
    for name, how in (("db", "OrderedReady"), ("cache", "Parallel")):
        rolling = {"partition": one.lots.choice([0, 0, 2])}
        if one.lots.random() < 0.6:
            rolling["maxUnavailable"] = one.lots.choice([1, 2, "50%"])
        strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
        one.add("StatefulSet", name, 4, podManagementPolicy=how, updateStrategy=strategy)
        one.change("update", app=name, partition=one.lots.choice([0, 1, 3]))
        one.change("update", app=name)
        one.change("resume", app=name)
        one.change("scale", app=name, replicas=one.lots.randint(2, 6))


def drained_while_it_grows(one: History) -> None:
    """A size that follows the load, and machines that are emptied under a budget."""
    demand = {"shape": "flash-crowd", "rate": 40, "to": 200, "start": "150s", "hold": "300s", "fall": "30s"}
    one.apps.append(
        {
            "name": "web", "replicas": 3, "request": {"cpu": "500m", "memory": "128Mi"}, "start": "1s", "ready": "3s",
            "load": {"demand": demand, "cpu": "20ms", "from": "30s"}, "may_miss": one.lots.choice([0, 1, 2]),
            "scaling": {"target": 60, "least": 2, "most": 12},
        }
    )  # fmt: skip
    for _ in range(3):
        one.change("drain", node=one.node())
    one.change("uncordon", node=one.node())


def relabelled_and_set_free(one: History) -> None:
    """Pods that change hands while machines are away."""
    one.add("Deployment", "web", 3)
    one.add("ReplicationController", "api", 2)
    one.add("StatefulSet", "db", 3)
    one.add("DaemonSet", "logs", 0)
    for _ in range(5):
        name = one.lots.choice(["web", "api", "db", "logs"])
        one.change("relabel", app=name, labels={"app": one.lots.choice(["api", "api", "db", "x"])}, instances=2)
    one.change("delete", app="web", cascade=one.lots.choice(["orphan", "foreground", "background"]))


def short_of_quota(one: History) -> None:
    """A namespace in which a rollout has no room to surge."""
    one.add("Deployment", "web", 4, strategy={"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}})
    hard = {"pods": one.lots.choice(["4", "5"])}
    one.objects.append({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}})
    one.change("update", app="web")
    one.change("scale", app="web", replicas=8)
    one.change("scale", app="web", replicas=3)


def displaced(one: History) -> None:
    """Whoever is more important needs the room of those that have a budget."""
    one.objects.append(
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000}
    )
    one.add("Deployment", "low", 8, template=_of_cores("low", one.lots, "2"))
    one.objects.append(budget("low", one.lots))
    one.add("Deployment", "high", 2, template=_of_cores("high", one.lots, "3", priorityClassName="high"))
    one.change("scale", app="high", replicas=one.lots.randint(3, 5))
    one.change("drain", node=one.node())


def by_the_clock(one: History) -> None:
    """CronJobs whose runs overlap, while nobody leads."""
    for policy, schedule in SCHEDULES.items():
        name = policy.lower()
        own = {"name": "main", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}
        spec = {"containers": [own], "restartPolicy": one.lots.choice(["Never", "OnFailure"])}
        job = {"template": {"metadata": {"labels": {"app": name}}, "spec": spec}}
        whole = {"schedule": schedule, "concurrencyPolicy": policy, "jobTemplate": {"spec": job}}
        one.objects.append({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": whole})
        one.behaviour[name] = {"start": "1s", "duration": f"{one.lots.choice([20, 100])}s"}
    one.fault("control-plane-loss", away=(5, 120))
    one.fault("quorum-loss", away=(60, 200))


def brought_in_from_outside(one: History) -> None:
    """kubectl rolling-update, whose client may be stopped, and which may be turned round."""
    one.add("ReplicationController", "web", 3)
    client = {"client": f"{one.lots.choice([20, 100])}s"} if one.lots.random() < 0.5 else {}
    one.change("rolling-update", app="web", period="10s", **client)
    one.change("rolling-update", app="web", period="1s")
    one.change("rollback", app="web")


def kubelets_that_restart(one: History) -> None:
    one.add("Deployment", "web", 4, stop=one.lots.choice([0, 20]))
    one.add("DaemonSet", "logs", 0)
    for _ in range(4):
        one.fault("agent-restart", away=(0.5, 5, 70, 400), node=one.node())
    one.change("update", app="web")
    one.change("update", app="logs")


def nodes_that_flap(one: History) -> None:
    one.add("Deployment", "web", 4)
    one.add("StatefulSet", "db", 2)
    node, kind = one.node(), one.lots.choice(["node-loss", "network-partition"])
    for turn in range(6):
        at = 120 + 110 * turn
        one.faults.append(
            {"kind": kind, "at": f"{at}s", "node": node, "back": f"{at + one.lots.choice([49, 56, 70])}s"}
        )


def all_zones_fail(one: History) -> None:
    one.add("Deployment", "web", 4)
    one.add("StatefulSet", "db", 3, podManagementPolicy="Parallel")
    one.faults += [
        {"kind": "network-partition", "at": f"{at}s", "zone": zone, "back": f"{one.lots.choice([500, 800])}s"}
        for zone, at in (("a", 120), ("b", one.lots.choice([120, 175])), ("c", one.lots.choice([130, 240])))
    ]
    one.change("update", app="db")


def memory_and_crashes(one: History) -> None:
    """Pods that leak until their node evicts them, beside others that crash."""
    one.add("Deployment", "leak", 4)
    one.behaviour["leak"] |= {"memory_use": {"start": "200Mi", "grows": "8Mi"}}
    one.add("StatefulSet", "db", 3)
    one.behaviour["db"] |= {"trouble": {"crashes": f"{one.lots.choice([20, 100])}s"}}
    one.add("DaemonSet", "logs", 0)
    one.behaviour["logs"] |= {"memory_use": {"start": "100Mi", "grows": "2Mi", "most": "1Gi"}}


def _of_cores(name: str, lots: random.Random, cores: str, **more: Any) -> Doc:
    template = pods(name, lots, **more)
    template["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cores
    return template


THEMES: dict[Callable[[History], None], set[tuple[str, str]]] = {
    shut_down_and_back_at_once: {("Terminated", "node-stopping"), ("node-back", "")},
    members_in_stages: {("SuccessfulDelete", "member-outdated"), ("SuccessfulDelete", "scaled-down")},
    drained_while_it_grows: {("Evicted", "drained"), ("EvictionRefused", "budget-exhausted")},
    relabelled_and_set_free: {
        ("Released", "labels-differ"),
        ("Adopted", "labels-match"),
        ("FailedCreate", "name-taken"),
    },
    short_of_quota: {("FailedCreate", "exceeded-quota"), ("ScalingReplicaSet", "rollout-grows")},
    displaced: {("Preempted", "makes-room"), ("Evicted", "drained")},
    by_the_clock: {
        ("JobAlreadyActive", "still-active"),
        ("SuccessfulDelete", "replaced"),
        ("api-server-silent", "etcd-no-quorum"),
    },
    brought_in_from_outside: {("RollingUpdate", "rollout-grows"), ("RollingUpdateStopped", "client-stopped")},
    kubelets_that_restart: {("agent-restart", ""), ("agent-back", ""), ("SuccessfulDelete", "pod-outdated")},
    nodes_that_flap: {("NodeNotReady", "node-silent"), ("NodeReady", "node-heard")},
    all_zones_fail: {("FullDisruption", "all-nodes-silent"), ("ZoneState", "zone-normal")},
    memory_and_crashes: {
        ("Evicted", "short-of-memory"),
        ("MemoryPressure", "short-of-memory"),
        ("process-failed", "process-crashed"),
    },
}
"""Theme -> events that its histories have to come across, one or the other of them."""


def history(theme: Callable[[History], None], seed: int) -> Scenario:
    """Return a history of a theme."""
    one = History(seed)
    theme(one)
    for _ in range(one.lots.randint(0, 3)):
        one.lots.choice(OTHERS)(one)
    return one.scenario()
