"""How the cluster is used."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean

from workbench.experiments import machines
from workbench.experiments.metrics.intervals import cpu_time, node_spans, runs, task_runs, union
from workbench.experiments.metrics.registry import PART, metric
from workbench.experiments.metrics.rows import rows_of, submission_us
from workbench.model.clock import NEVER, to_seconds
from workbench.model.resources import CPU
from workbench.model.scenario import Scenario
from workbench.model.trace import Trace


@metric("cpu in use", unit="fraction", lower_is_better=False, grain=0.005, possible=PART)
def utilisation(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Requested cpu of running tasks as a fraction of the cluster's cpu, mean over the run."""
    whole = machines.capacity_time(trace, scenario, CPU)
    return cpu_time(trace) / whole if whole else 0.0


@metric("cores in use while {about} waits", unit="cores", about="app", lower_is_better=None, grain=0.1)
def busy_while_waiting(trace: Trace, scenario: Scenario, app: str) -> float:
    """Mean cores of running tasks between the submission of the app and the placement of its last task."""
    start = submission_us(scenario, app)
    ends = [trace.horizon_us if end == NEVER else end for (end,) in rows_of(trace, app, "decided_us")]
    end = max(ends, default=trace.horizon_us)
    return cpu_time(trace, start, end) / (end - start) / 1000 if end > start else 0.0


@metric("cores idle before {about} arrives", unit="cores", about="app", grain=0.1)
def idle_before(trace: Trace, scenario: Scenario, app: str) -> float:
    """Mean cores that no task runs on, over the second half of the time before the app is submitted."""
    end = submission_us(scenario, app)
    start = end // 2
    if end <= start:
        return 0.0
    whole = machines.capacity_time(trace, scenario, CPU, start, end)
    return (whole - cpu_time(trace, start, end)) / (end - start) / 1000


@metric("cpu offered and not yet answered", unit="fraction", grain=0.005, possible=PART)
def held(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Cpu in outstanding offers as a fraction of the cluster's cpu, mean over the run."""
    offers, whole = trace["offers"], machines.capacity_time(trace, scenario, CPU)
    total = 0
    for made, answered, cpu in zip(offers["made_us"], offers["answered_us"], offers["cpu"], strict=True):
        total += cpu * ((trace.horizon_us if answered == NEVER else answered) - made)
    return total / whole if whole else 0.0


@metric("machines paid for", unit="machine-s", grain=60.0)
def machine_time(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Time from when a machine begins to boot, or the start, until it is given back, summed over all machines."""
    return to_seconds(machines.paid_us(trace, scenario))


@metric("cost of machines", unit="", grain=0.5)
def machine_cost(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Hours for which machines are paid, each at the price of its kind: as much as it has cores where none is given."""
    return machines.cost(trace, scenario)


@metric("machines in use", unit="machines", lower_is_better=None, grain=0.05)
def machines_used(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Machines with at least one running task, mean over the run: the packing."""
    total = sum(end - start for spans in node_spans(trace).values() for start, end in union(spans))
    return total / trace.horizon_us


@metric("spread of load between machines", unit="fraction", grain=0.005, possible=PART)
def imbalance(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Standard deviation over the machines of their mean cpu use while they are there, as a fraction of their cpu."""
    stays = [one for one in machines.stays(trace, scenario) if one.there[0] < one.there[1]]
    used = dict.fromkeys((one.node.name for one in stays), 0)
    for node, cpu, start, end in runs(trace):
        used[node] += cpu * (end - start)
    loads = [
        used[one.node.name] / max(1, one.node.capacity.get(CPU, 0) * (one.there[1] - one.there[0])) for one in stays
    ]
    centre = fmean(loads)
    return math.sqrt(fmean([(load - centre) ** 2 for load in loads]))


@metric("cpu wanted but not there", unit="fraction", grain=0.005, possible=PART)
def cpu_short(trace: Trace, scenario: Scenario, subject: str) -> float:
    """Cpu that processes want beyond what their machine has, as a fraction of all they want, over the whole run."""
    wanted = {app.name: app.wanted_cpu for app in scenario.apps}
    app_of = dict(zip(trace["tasks"]["task"], trace["tasks"]["app"], strict=True))
    changes: dict[str, list[tuple[int, int]]] = {}
    nodes = trace["attempts"]["node"]
    for node, (task, asked, start, end) in zip(nodes, task_runs(trace), strict=True):
        cpu = wanted.get(app_of[task], asked)
        changes.setdefault(node, []).extend(((start, cpu), (end, -cpu)))
    total = short = 0
    for machine in machines.ever_there((trace,), scenario):
        whole, used = machine.capacity.get(CPU, 0), 0
        for (at_us, change), (until_us, _) in pairwise([*sorted(changes.get(machine.name, ())), (trace.horizon_us, 0)]):
            used += change
            total += used * (until_us - at_us)
            short += max(0, used - whole) * (until_us - at_us)
    return short / total if total else 0.0
