"""A complete run of bare pods: everything from the user's call to the end of the last process, trace in memory.

Pods come one by one (Poisson), each from one of a few templates, and run for exponential times; kubelets take them
through all their phases. The rate is one that the scheduler's modelled client can keep up with, the mean duration such
that, once as many end as come, the machines are as full as asked for.
"""

from __future__ import annotations

import resource
import time
from typing import Any

from workbench.experiments.run import run
from workbench.model.clock import NEVER, to_us
from workbench.model.cluster import Cluster, Node
from workbench.model.scenario import LocalText, Scenario
from workbench.model.workload import App, Arrivals, Duration

GIB = 1024**3
CORES = 16
"""Of each machine; 4 GiB with each."""
SHARES = (50, 75, 100, 125, 150)
"""What a pod asks for, in hundredths of a core, in turn; a GiB per half core."""
PER_SECOND = 40
"""Pods that come; the client of kube-scheduler may make 50 calls a second."""


def bare_pods(pods: int, nodes: int, templates: int, full: float) -> Scenario:
    """Return a run of about so many pods, on machines that become `full` (0 to 1)."""
    machines = tuple(Node(f"node-{n:05}", {"cpu": 1000 * CORES, "memory": 4 * CORES * GIB}) for n in range(nodes))
    mean_s = full * nodes * CORES / PER_SECOND
    until_us = to_us(pods / PER_SECOND)
    arrivals = Arrivals(PER_SECOND / templates, "poisson", until_us)
    duration = Duration(to_us(mean_s), "exponential")
    apps = tuple(
        App(f"job-{number}", "batch", 0, _request(SHARES[number % len(SHARES)]), duration=duration, arrivals=arrivals)
        for number in range(templates)
    )
    name = LocalText("bare pods", "bare pods")
    return Scenario("bare-pods", name, name, until_us, 1, Cluster(machines), apps)


def _request(share: int) -> dict[str, int]:
    return {"cpu": 10 * share, "memory": share * GIB // 50}


def measure(pods: int, nodes: int, templates: int, full: float = 0.8) -> dict[str, Any]:
    """Return what was measured; `share_full_at_the_end` is of the cores, by requests of the pods that run then."""
    scenario = bare_pods(pods, nodes, templates, full)
    start = time.process_time()
    trace = run(scenario, "kubernetes")
    spent = time.process_time() - start
    tasks = trace["tasks"]
    running = sum(map(_runs, tasks["started_us"], tasks["ended_us"]))
    return {
        "nodes": nodes, "pods": len(tasks), "templates": templates, "placed": sum(map(_happened, tasks["decided_us"])),
        "simulated_seconds": scenario.horizon_us / 1e6, "share_full_at_the_end": running / (nodes * CORES),
        "cpu_seconds": spent, "cpu_us_per_pod": 1e6 * spent / len(tasks),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def _happened(time_us: int) -> bool:
    return time_us != NEVER


def _runs(started_us: int, ended_us: int) -> bool:
    return started_us != NEVER and ended_us == NEVER
