"""Decisions of the real kube-scheduler, replayed: every decision is put to the plugins as the record found the cluster.

After each decision the model follows the record: the pod goes where the record put it, so that one difference does
not spoil the next decision. What a case needs of an API server is done by the engine's own admission; only what stood
in for the volume provisioner in the record does so here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.engines.kubernetes.plugins.default_preemption import cleared_nominations, preempt
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.schedule_one import Verdict, schedule
from workbench.fidelity.adapters.kube_scheduler_cluster import Replayed
from workbench.fidelity.adapters.kube_scheduler_difference import cycle_difference, preemption_difference
from workbench.fidelity.records import Case, Record
from workbench.fidelity.verdicts import Status
from workbench.fidelity.verdicts import Verdict as Judged

Document = Mapping[str, Any]


def judge(record: Record, cases: Sequence[Case]) -> Iterator[Judged]:
    """Yield the verdict about each decision, in order."""
    wanted = {id(case.document): case for case in cases}
    for document, detail in _Replay(record.document).decisions():
        case = wanted.get(id(document))
        if case is not None:
            status: Status = "differ" if detail else "agree"
            yield Judged(record.system, record.family, case.id, status, case.name, detail)


class _Replay:
    """One file, decision by decision."""

    def __init__(self, document: Document) -> None:
        self._case = document["case"]
        self._result = document["result"]
        options = self._case.get("options") or {}
        self._mode = options.get("preemptionMode", "immediate")
        self._compact = options.get("detail") == "compact"
        self._cluster = Replayed(self._case, int(options.get("percentageOfNodesToScore", 100)))
        self._start = 0
        self._steps = iter([one for one in self._case.get("steps") or () if one["op"] != "schedule"])

    def decisions(self) -> Iterator[tuple[Document, str]]:
        """Yield each entry of the record that is a decision, and what differs."""
        for entry in self._result["decisions"]:
            if "op" in entry:
                self._cluster.step(next(self._steps), entry)
            elif "error" not in entry:
                yield entry, self._decision(entry)

    def _decision(self, entry: Document) -> str:
        try:
            return self._compared(entry)
        except Exception as error:  # a fault of the model in one decision must not hide the others
            return f"the model failed: {type(error).__name__}: {error}"
        finally:
            self._follow(entry)

    def _compared(self, entry: Document) -> str:
        replayed = self._cluster
        pod = replayed.pod(entry["pod"])
        promised = replayed.promised.get(entry["pod"], "")
        if promised != entry.get("nominatedNode", ""):
            return f"nominatedNode: expected {entry.get('nominatedNode', '')!r}, the model says {promised!r}"
        cluster, profile, nominated = replayed.snapshot(), replayed.profile, replayed.nominated()
        verdict = schedule(profile, pod, cluster, nominated=nominated, nominated_node=promised, start=self._start)
        if cluster.nodes:
            self._start = (self._start + verdict.evaluated) % len(cluster.nodes)
        self._verdict = verdict
        detail = cycle_difference(entry, verdict, profile, compact=self._compact)
        if verdict.feasible or self._mode == "none":
            return detail or self._volumes_difference(entry, verdict)
        found = preempt(profile, pod, cluster, verdict, nominated=nominated, nominated_node=promised)
        if found.clears_nomination:
            replayed.promised.pop(entry["pod"], None)
        cleared = self._cleared(pod, entry)
        return detail or preemption_difference(entry, found, cleared, compact=self._compact)

    def _cleared(self, pod: PodInfo, entry: Document) -> list[str]:
        """Return the pods that lose their promised node to this one."""
        nominated = (entry.get("preemption") or {}).get("nominated")
        if not nominated:
            return []
        others = self._cluster.nominated().get(nominated, ())
        return sorted(other.key for other in cleared_nominations(pod, [one for one in others if one is not pod]))

    def _volumes_difference(self, entry: Document, verdict: Verdict) -> str:
        node = next((one for one in verdict.feasible if one.name == entry["chosen"]), None)
        if node is None:
            return ""
        answered = self._cluster.bind_volumes(verdict, node)
        expected = entry.get("volumes") or {}
        known = {claim: name for claim, name in answered.items() if claim in expected or name}
        return "" if known == expected else f"volumes: expected {expected!r}, the model says {known!r}"

    def _follow(self, entry: Document) -> None:
        """Do to the cluster what the record says was done."""
        replayed, key = self._cluster, entry["pod"]
        if entry.get("chosen"):
            replayed.place(key, entry["chosen"])
        found = entry.get("preemption") or {}
        if found.get("nominated"):
            for other in found.get("clearedNominations") or ():
                replayed.promised.pop(other, None)
            replayed.promised[key] = found["nominated"]
            for victim in found["victims"]:
                replayed.evict(victim, at_once=self._mode == "immediate")
