"""The VerticalPodAutoscaler in whole runs: pods come to ask for what they use, a few at a time."""

from __future__ import annotations

import pytest

from tests.unit.formats.test_scenario_yaml import codes, scenario
from workbench.experiments.run import run
from workbench.experiments.serving import strength
from workbench.model.clock import NEVER, to_us

TEXT = """
name: vertical
horizon: 1800s
cluster: {{pools: [{{name: node, count: 3, capacity: {{cpu: 4, memory: 16Gi}}}}]}}
apps:
  - {{name: web, replicas: {replicas}, request: {{cpu: {cpu}, memory: 512Mi}}, cpu_use: {use}, stop: 1s,
     vertical: {mode}{more}}}
{changes}
"""


def posed(mode="auto", replicas=4, cpu="100m", use=3, more="", changes=""):
    return scenario(TEXT.format(mode=mode, replicas=replicas, cpu=cpu, use=use, more=more, changes=changes))


def asked(trace, outcome="running"):
    return sorted(row["cpu"] for row in trace["tasks"].dicts() if row["outcome"] == outcome)


def evictions(trace):
    columns = (trace["events"][name] for name in ("at_us", "kind"))
    return [at for at, kind in zip(*columns, strict=True) if kind == "EvictedByVPA"]


def test_pods_that_ask_for_too_little_come_back_with_what_they_use_and_a_margin():
    trace = run(posed(), "kubernetes")
    sizes = asked(trace)
    assert len(sizes) == 4
    # 300 millicores lie in a bucket that is at most a twentieth wider, and 15 % are added
    assert all(300 * 1.15 <= size <= 300 * 1.05 * 1.15 + 10 for size in sizes)
    assert asked(trace, "killed") == [100] * 4


def test_at_most_half_of_the_pods_go_at_once():
    trace = run(posed(), "kubernetes")
    at = evictions(trace)
    assert len(at) == 4
    assert at[1] == at[0]
    assert at[2] >= at[0] + to_us(60)  # the next look
    since = next(time for time, number in strength(trace, "web") if number == 4)
    assert min(number for time, number in strength(trace, "web") if time > since) >= 2


def test_pods_that_ask_for_too_much_are_within_their_bounds_as_long_as_history_is_short():
    assert evictions(run(posed(cpu="2", use=0.1), "kubernetes")) == []


def test_a_single_pod_is_never_evicted():
    trace = run(posed(replicas=1), "kubernetes")
    assert (evictions(trace), asked(trace)) == ([], [100])


def test_initial_sizes_only_pods_that_are_new():
    trace = run(posed("initial", changes="changes: [{kind: scale, app: web, replicas: 5, at: 900s}]"), "kubernetes")
    assert evictions(trace) == []
    assert asked(trace)[:4] == [100] * 4
    assert asked(trace)[4] > 300


def test_a_disruption_budget_holds_for_it_too():
    trace = run(posed(more=", may_miss: 0"), "kubernetes")
    assert (evictions(trace), asked(trace)) == ([], [100] * 4)


def test_memory_follows_too_where_its_use_is_modelled():
    def memory(use):
        trace = run(posed(more=use), "kubernetes")
        return {row["memory"] for row in trace["tasks"].dicts() if row["outcome"] == "running"}

    assert memory("") == {512 << 20}
    (found,) = memory(", memory_use: 1Gi")
    assert (1 << 30) * 1.15 <= found <= (1 << 30) * 1.05 * 1.05 * 1.15


@pytest.mark.parametrize("on", ["mesos", "static-partitions"])
def test_where_nobody_does_that_an_event_says_so(on):
    trace = run(posed(), on)
    assert "no-vertical" in trace["events"]["reason"]
    assert asked(trace) == [100] * 4


def test_only_services_are_sized():
    text = TEXT.format(mode="auto", replicas=1, cpu="1", use=1, more=", kind: batch, duration: 60s", changes="")
    assert codes(text) == ["not-for-kind"]


def test_nothing_changes_where_nobody_asks_for_it():
    text = TEXT.format(mode="auto", replicas=4, cpu="100m", use=3, more="", changes="").replace(
        "\n     vertical: auto", ""
    )
    trace = run(scenario(text), "kubernetes")
    assert asked(trace) == [100] * 4
    assert all(row["ended_us"] == NEVER for row in trace["tasks"].dicts())
