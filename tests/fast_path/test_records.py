"""Long recorded sequences through the fast path: the scheduler's own table decides as the real kube-scheduler did.

The plain path faces the records in `tests/conformance`, and the sequences under ``perf/`` in ``make study``: that takes
its time with 5,000 nodes asked about one by one, so these lie apart (where from: `tests/conformance/README.md`). Here
each decision is put to one `NodeTable` that remembers, as in a run: same feasible nodes and refusals, same equally good
nodes. Totals are the plain path's to show. Then the pod goes where the record put it.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from workbench.engines.kubernetes.node_table import NodeTable
from workbench.fidelity.adapters.kube_scheduler_cluster import Replayed

HERE = Path(__file__).parent
PERF = sorted((HERE / "perf").glob("*.json.gz"))
ADAPTIVE = sorted((HERE.parent / "conformance" / "kube-scheduler").glob("adaptive-*.json.gz"))
"""Both looked at in part, in the order of zones; from where the search before ended."""


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def key_of(pod):
    return f"{pod['metadata'].get('namespace', 'default')}/{pod['metadata']['name']}"


class Templates:
    """Pods that differ in nothing but their names, as one object: what the fast path remembers by."""

    def __init__(self, case):
        self._of = {key_of(pod): pod for pod in case["pods"]}
        self._known = {}

    def key(self, name):
        pod = self._of[name]
        about = {key: value for key, value in pod["metadata"].items() if key not in ("name", "uid")}
        return json.dumps([about, pod["spec"]], sort_keys=True)

    def first(self, name):
        return self._known.setdefault(self.key(name), name)


def refused(choice):
    found = {}
    for (plugin, status), number in choice.refusals._refused:
        if number and status.reasons:
            found[plugin] = found.get(plugin, 0) + number
    return found


def replayed(path):
    """Replay one sequence; return the first differences, how many decisions there were and how many were not fast."""
    document = read(path)
    case, templates = document["case"], Templates(document["case"])
    keys = {templates.first(entry["pod"]) for entry in document["result"]["decisions"]}
    kept = [pod for pod in case["pods"] if key_of(pod) in keys]
    percentage = int((case.get("options") or {}).get("percentageOfNodesToScore", 100))
    cluster = Replayed({**case, "pods": kept}, percentage)
    snapshot = cluster.snapshot()
    for place, node in enumerate(snapshot.nodes):
        node.index = place
    table = NodeTable(snapshot, cluster.profile)
    at = {node.name: node.index for node in snapshot.nodes}
    differences = []
    for entry in document["result"]["decisions"]:
        pod = cluster.pod(templates.first(entry["pod"]))
        choice = table.choose(pod)
        best = [snapshot.nodes[place].name for place in choice.best]
        said = (choice.feasible, len(best), refused(choice), entry["chosen"] in best)
        expected = (entry["n"], entry["nTies"], entry.get("rej", {}), True)
        if said != expected or (entry.get("ties") and sorted(best) != sorted(entry["ties"])):
            differences.append((entry["pod"], expected, said))
        table.add_pod(at[entry["chosen"]], pod)
    return differences, table.decisions, table.plain_decisions


@pytest.mark.parametrize("path", [*PERF, *ADAPTIVE], ids=lambda path: path.name.partition(".")[0])
def test_the_fast_path_decides_as_the_real_scheduler_did(path):
    differences, decisions, plain = replayed(path)
    assert differences[:3] == []
    assert decisions >= 80
    assert plain == 0


def test_all_sequences_are_here():
    assert (len(PERF), len(ADAPTIVE)) == (6, 2)
