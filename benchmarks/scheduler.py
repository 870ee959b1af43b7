"""How fast the scheduler decides: ``python -m benchmarks.scheduler --nodes N --pods P --templates T [--json FILE]``.

A decision is one `NodeTable.choose` and the assumption of the pod on the node taken. Time is CPU time after the initial
load, which is told apart: the nodes are taken in, and each template looks at all of them once. Pods come from their
templates in turn. ``--simple``: plain templates only, else the ten of `MIXED`. ``--all-nodes``: every node is scored,
else as many as the real scheduler looks at by default.

``--growth``: the same for 1,000 to 20,000 nodes, with the slope of CPU time over nodes, both as logarithms.
``--complete``: a complete run of bare pods instead, see `complete_run.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from statistics import linear_regression
from typing import Any

from benchmarks import complete_run
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_table import NodeTable
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.formats.kubernetes_manifest import typed_object

ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
SIZES = ((4, 16), (8, 32), (16, 64), (32, 128))
"""Cores and GiB of the nodes, in turn."""

SHAPES = ((100, 128), (250, 256), (500, 512), (100, 512), (1000, 1024), (250, 1024), (500, 2048), (50, 64), (200, 256))
"""Millicores and MiB of the pods, in turn."""

MIXED = ("plain", "plain", "plain", "soft", "soft", "hard", "apart", "node", "service", "image")
IMAGE_BYTES = 400 * 1024 * 1024


def nodes(count: int) -> list[NodeInfo]:
    """Return nodes of four sizes in three zones, 110 pods each; every third has an image, every tenth a taint."""
    made = []
    for number in range(count):
        cores, gib = SIZES[number % len(SIZES)]
        name = f"node-{number:05}"
        labels = {ZONE: f"zone-{number % 3}", HOSTNAME: name, "disk": "ssd" if number % 2 else "hdd"}
        status: dict[str, Any] = {"allocatable": {"cpu": str(cores), "memory": f"{gib}Gi", "pods": "110"}}
        if number % 3 == 1:
            status["images"] = [{"names": ["shop:1"], "sizeBytes": IMAGE_BYTES}]
        taints = [{"key": "batch", "value": "yes", "effect": "NoSchedule"}] if number % 10 == 9 else []
        document = {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}, "status": status}
        made.append(NodeInfo(typed_object({"apiVersion": "v1", "kind": "Node", **document}, name), number))
    return made


def template(number: int, kind: str) -> PodInfo:
    """Return a template of one kind of `MIXED`."""
    cpu, memory = SHAPES[number % len(SHAPES)]
    app = f"app-{number}"
    container = {
        "name": "main", "image": "shop:1" if kind == "image" else "plain:1",
        "resources": {"requests": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}},
    }  # fmt: skip
    spec = {"containers": [container], **_wishes(kind, {"matchLabels": {"app": app}})}
    document = {"metadata": {"name": app, "namespace": "default", "labels": {"app": app}}, "spec": spec}
    info = PodInfo.of(typed_object({"apiVersion": "v1", "kind": "Pod", **document}, app))
    info.name = ""
    return info


def _wishes(kind: str, own: Mapping[str, Any]) -> Mapping[str, Any]:
    def spread(key: str, action: str) -> Mapping[str, Any]:
        return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": action, "labelSelector": own}

    match kind:
        case "soft":
            both = [spread(ZONE, "ScheduleAnyway"), spread(HOSTNAME, "ScheduleAnyway")]
            return {"topologySpreadConstraints": both}
        case "hard":
            return {"topologySpreadConstraints": [spread(ZONE, "DoNotSchedule")]}
        case "apart":
            wish = {"weight": 100, "podAffinityTerm": {"labelSelector": own, "topologyKey": HOSTNAME}}
            return {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}}
        case "node":
            term = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
            required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
            tolerations = [{"key": "batch", "operator": "Exists", "effect": "NoSchedule"}]
            return {"affinity": {"nodeAffinity": required}, "tolerations": tolerations}
    return {}


def table(count: int, kinds: Sequence[str], percentage: int) -> tuple[NodeTable, list[PodInfo]]:
    """Return the loaded table and the templates."""
    templates = [template(number, kind) for number, kind in enumerate(kinds)]
    listers = Listers()
    for number, kind in enumerate(kinds):
        if kind == "service":
            document = {
                "metadata": {"name": f"app-{number}", "namespace": "default"},
                "spec": {"selector": {"app": f"app-{number}"}},
            }
            listers.add(typed_object({"apiVersion": "v1", "kind": "Service", **document}, "service"))
    profile = replace(DEFAULT_PROFILE, percentage_of_nodes_to_score=percentage)
    return NodeTable(Cluster(nodes(count), listers=listers), profile), templates


def measure(count: int, pods: int, templates: int, *, simple: bool, all_nodes: bool, seed: int = 1) -> dict[str, Any]:
    """Return what was measured."""
    kinds = ["plain" if simple else MIXED[number % len(MIXED)] for number in range(templates)]
    clock = time.process_time
    made = clock()
    known, infos = table(count, kinds, 100 if all_nodes else 0)
    first = clock()
    for info in infos:
        known.view(info)
    ties, placed, start = random.Random(seed), 0, clock()
    for number in range(pods):
        info = infos[number % templates]
        best = known.choose(info).best
        if best:
            known.add_pod(best[ties.randrange(len(best))], info)
            placed += 1
    spent, looks = clock() - start, start - first
    return {
        "nodes": count, "pods": pods, "templates": templates, "simple": simple, "all_nodes": all_nodes,
        "placed": placed, "load_cpu_seconds": first - made, "first_looks_cpu_seconds": looks, "cpu_seconds": spent,
        "decisions_per_cpu_second": pods / spent, "decisions_per_cpu_second_with_first_looks": pods / (spent + looks),
        "fallback_share": known.plain_decisions / pods,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


GROWTH = (1000, 2000, 5000, 10_000, 20_000)
"""Nodes."""


def growth(pods: int, templates: int, *, simple: bool, all_nodes: bool) -> dict[str, Any]:
    """Return what was measured at each size, and the slope of the straight line that lies nearest."""
    sizes = [measure(count, pods, templates, simple=simple, all_nodes=all_nodes) for count in GROWTH]
    across = [log(one["nodes"]) for one in sizes]
    up = [log(one["cpu_seconds"]) for one in sizes]
    found = {"slope": linear_regression(across, up).slope}
    found |= {f"decisions_per_cpu_second_{one['nodes']}": one["decisions_per_cpu_second"] for one in sizes}
    return {"pods": pods, "templates": templates, "simple": simple, "all_nodes": all_nodes, **found, "sizes": sizes}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduler", description=__doc__)
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--templates", type=int, default=10)
    parser.add_argument("--simple", action="store_true")
    parser.add_argument("--all-nodes", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--complete", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.complete:
        found = complete_run.measure(args.pods, args.nodes, args.templates)
    elif args.growth:
        found = growth(args.pods, args.templates, simple=args.simple, all_nodes=args.all_nodes)
    else:
        found = measure(args.nodes, args.pods, args.templates, simple=args.simple, all_nodes=args.all_nodes)
    for name, value in found.items():
        if name != "sizes":
            print(f"{name:42} {value}")
    if args.json is not None:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
