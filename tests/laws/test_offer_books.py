"""On Mesos no resource is in two outstanding offers, nor offered while a task has it: in every scenario."""

from __future__ import annotations

from tests.laws.conftest import traced
from workbench.experiments.machines import ever_there
from workbench.model.clock import NEVER
from workbench.model.resources import CPU, MEMORY


def test_what_is_offered_and_what_tasks_have_never_exceeds_a_machine(scenario):
    trace = traced(scenario.name, "mesos")
    changes: dict[str, list[tuple[int, int, int, int]]] = {node.name: [] for node in ever_there((trace,), scenario)}

    def held(row, since, until):
        end = trace.horizon_us if row[until] == NEVER else row[until]
        changes[row["node"]] += [
            (end, 0, -row["cpu"], -row["memory"]), (row[since], 1, row["cpu"], row["memory"])
        ]  # fmt: skip

    for row in trace["offers"].dicts():
        held(row, "made_us", "answered_us")
    for row in trace["tasks"].dicts():
        if row["node"]:
            held(row, "decided_us", "released_us")
    assert sum(map(len, changes.values())) >= 6
    for node in ever_there((trace,), scenario):
        cpu = memory = 0
        for at_us, _, more_cpu, more_memory in sorted(changes[node.name]):
            cpu, memory = cpu + more_cpu, memory + more_memory
            assert 0 <= cpu <= node.capacity[CPU], (node.name, at_us)
            assert 0 <= memory <= node.capacity[MEMORY], (node.name, at_us)
