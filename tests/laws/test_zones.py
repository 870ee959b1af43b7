"""Part of a zone falls silent, all of it, every zone: who is evicted, and what it costs, in every repeat."""

from __future__ import annotations

import pytest

from tests.laws.conftest import loaded
from workbench.experiments import metrics
from workbench.experiments.check import with_values
from workbench.experiments.run import run
from workbench.model.trace import Trace

SEEDS = range(1, 21)
MACHINES = "faults.0.machines"
ZONE = 6


def went_silent(plane: str, machines: int, seed: int) -> Trace:
    made = loaded("zone-goes-silent")
    return run(with_values(made, {MACHINES: machines}) if machines != ZONE else made, plane, seed=seed)


def evicted(trace: Trace) -> int:
    return list(trace["events"]["kind"]).count("TaintManagerEviction")


def states(trace: Trace) -> list[str]:
    return [row["detail"] for row in trace["events"].dicts() if row["kind"] == "ZoneState"]


def cut_off(trace: Trace) -> set[str]:
    return {row["node"] for row in trace["nodes"].dicts() if row["state"] == "cut-off"}


def on_silent_machines(trace: Trace) -> int:
    """Return how many instances are on machines that are cut off, when that happens."""
    tasks = trace["tasks"].dicts()
    return sum(row["node"] in cut_off(trace) and 0 < row["started_us"] < 60_000_000 for row in tasks)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_silent_nodes_can_mean_fewer_evictions(seed):
    few, part, zone, all_ = (went_silent("kubernetes", machines, seed) for machines in (3, 5, ZONE, 18))
    assert evicted(few) == on_silent_machines(few)
    assert evicted(part) <= 1 < on_silent_machines(part), "a small zone partly silent: only who was noticed first goes"
    assert evicted(zone) == on_silent_machines(zone) > 0, "a zone that is silent as a whole is emptied"
    assert evicted(all_) == 0, "when every zone is silent nobody is evicted"
    assert states(part)[0] == "PartialDisruption"
    assert "FullDisruption" in states(zone)
    assert "all-nodes-silent" in all_["events"]["reason"]


@pytest.mark.parametrize("seed", SEEDS)
def test_mesos_knows_no_zones_and_replaces_what_it_can(seed):
    for machines in (3, 5, ZONE):
        trace = went_silent("mesos", machines, seed)
        names = {row["task"] for row in trace["tasks"].dicts() if row["node"] in cut_off(trace)}
        given_up = {row["subject"] for row in trace["events"].dicts() if row["kind"] == "given-up"}
        assert given_up <= names
        assert len(given_up) == on_silent_machines(trace)


@pytest.mark.parametrize("seed", SEEDS)
def test_part_of_a_zone_costs_kubernetes_as_many_requests_as_all_of_it(seed):
    made = loaded("zone-goes-silent")
    for machines in (5, ZONE):
        lost = [
            metrics.measured("lost_requests:web", went_silent(plane, machines, seed), made)
            for plane in ("kubernetes", "mesos")
        ]
        assert lost[0] > 4000 + lost[1]
