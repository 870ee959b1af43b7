"""Machines that come and go in a run: booting, joining, leaving, what goes with them, what each system makes of it."""

from __future__ import annotations

import pytest

from tests.unit.formats.test_scenario_yaml import codes, scenario
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments import machines
from workbench.experiments.metrics import measured
from workbench.experiments.run import run
from workbench.model.clock import NEVER, to_us

BASE = """
name: fleet
horizon: 900s
cluster:
  pools:
    - {{name: node, count: 3, capacity: {{cpu: 4, memory: 16Gi}}, boot: 60s, zones: [a, b]{pool}}}
apps:
  - {{name: web, replicas: 6, request: {{cpu: 500m, memory: 512Mi}}, start: 2s, ready: 3s, stop: 1s}}
  - {{name: agent, kind: daemon, request: {{cpu: 100m, memory: 64Mi}}}}
  - {{name: burst, kind: batch, replicas: 30, request: {{cpu: 1, memory: 1Gi}}, duration: 60s, at: 60s}}
{changes}
"""
GROWS = "changes: [{kind: add-machines, pool: node, count: 2, at: 60s}]"
COMES_AND_GOES = """
changes:
  - {kind: add-machines, pool: node, count: 2, at: 60s}
  - {kind: remove-machine, node: node-0, at: 300s}
  - {kind: remove-machine, hosting: web, at: 400s}
"""

every_control_plane = pytest.mark.parametrize("on", list(CONTROL_PLANES))


def posed(changes="", pool=""):
    return scenario(BASE.format(changes=changes, pool=pool))


def running(trace, app):
    tasks = trace["tasks"]
    columns = (tasks[name] for name in ("app", "node", "outcome"))
    return sorted(node for name, node, outcome in zip(*columns, strict=True) if (name, outcome) == (app, "running"))


@every_control_plane
def test_machines_that_are_ordered_boot_join_and_take_work(on):
    trace = run(posed(GROWS), on)
    stays = {one.node.name: one for one in machines.stays(trace, posed())}
    new = stays["node-3"]
    assert (new.ordered_us, new.joined_us, new.removed_us) == (to_us(60), to_us(120), to_us(900))
    assert [one.node.zone for one in stays.values()] == ["a", "b", "a", "b", "a"]
    first = min(at for at, node in zip(trace["tasks"]["decided_us"], trace["tasks"]["node"], strict=True)
                if node in ("node-3", "node-4"))  # fmt: skip
    assert to_us(120) <= first < to_us(125)


@every_control_plane
def test_every_machine_that_is_there_runs_one_instance_of_a_daemon(on):
    assert running(run(posed(GROWS), on), "agent") == [f"node-{number}" for number in range(5)]


@every_control_plane
def test_what_ran_on_a_machine_that_is_given_back_runs_elsewhere_afterwards(on):
    trace = run(posed(COMES_AND_GOES), on)
    stays = {one.node.name: one for one in machines.stays(trace, posed())}
    left = {name for name, one in stays.items() if one.removed_us == trace.horizon_us}
    assert len(left) == 3
    assert "node-0" not in left
    assert len(running(trace, "web")) == 6
    assert set(running(trace, "web")) <= left
    assert running(trace, "agent") == sorted(left)
    assert "lost" not in trace["tasks"]["outcome"]  # drained first
    for node, start, end in zip(*(trace["attempts"][name] for name in ("node", "started_us", "ended_us")), strict=True):
        joined, gone = stays[node].there
        assert joined <= start
        assert (trace.horizon_us if end == NEVER else end) <= gone


@every_control_plane
def test_a_machine_is_paid_for_from_its_order_until_it_is_given_back(on):
    grown, before = run(posed(GROWS), on), run(posed(), on)
    assert measured("machine_time", before, posed()) == 3 * 900
    assert measured("machine_time", grown, posed()) == 3 * 900 + 2 * 840
    whole = machines.capacity_time(grown, posed(), "cpu")
    assert whole == 4000 * to_us(3 * 900 + 2 * 780)
    assert 0 < measured("utilisation", grown, posed()) < measured("utilisation", before, posed())


@every_control_plane
def test_a_fixed_cluster_may_be_larger_where_nobody_orders_machines(on):
    trace = run(posed(pool=", autoscale: {least: 3, most: 6, fixed: 5}"), on)
    there = [one.node.name for one in machines.stays(trace, posed()) if one.joined_us == 0]
    assert len(there) == (3 if on == "kubernetes" else 5)
    assert running(trace, "agent") == there


def test_pods_that_found_no_room_are_tried_again_when_a_node_joins():
    late = run(posed("changes: [{kind: add-machines, pool: node, count: 6, at: 30s}]"), "kubernetes")
    waited = [row for row in late["tasks"].dicts() if row["app"] == "burst" and row["attempts"] > 1]
    assert waited
    assert all(to_us(90) <= row["decided_us"] < to_us(95) for row in waited)


def test_a_node_registers_not_ready_and_tainted_before_it_takes_pods():
    trace = run(posed(GROWS), "kubernetes")
    states = [(at, state) for at, node, state, by in trace["nodes"].rows() if (node, by) == ("node-3", "kubernetes")]
    assert [state for _, state in states] == ["not-ready", "ready"]
    assert to_us(120) < states[0][0] < states[1][0] < to_us(121)


def test_a_disk_on_a_machine_that_is_given_back_is_lost_and_a_network_disk_follows_its_pod():
    text = """
name: disks
horizon: 900s
cluster: {pools: [{name: node, count: 2, capacity: {cpu: 4, memory: 16Gi}}]}
apps:
  - {name: db, kind: stateful, replicas: 1, request: {cpu: 1, memory: 1Gi}, volume: {size: 1Gi, reach: REACH}}
changes: [{kind: remove-machine, hosting: db, at: 300s}]
"""
    for on in ("kubernetes", "mesos"):
        trace = run(scenario(text.replace("REACH", "network")), on)
        assert len(running(trace, "db")) == 1
        assert "lost" not in trace["volumes"]["state"]
        back = [row["ready_us"] for row in trace["tasks"].dicts() if row["outcome"] == "running"]
        assert back[0] < to_us(330)  # the provider takes the disk off with the machine; nobody waits six minutes
        assert "lost" in run(scenario(text.replace("REACH", "local")), on)["volumes"]["state"]


def test_a_machine_that_is_lost_and_then_given_back_never_returns():
    text = BASE.format(pool="", changes="""
changes: [{kind: remove-machine, node: node-0, at: 100s}]
faults: [{kind: node-loss, node: node-1, at: 50s, back: 200s}, {kind: node-loss, node: node-0, at: 300s, back: 310s}]
""")  # fmt: skip
    for on in CONTROL_PLANES:
        trace = run(scenario(text), on)
        states = [state for _, node, state, by in trace["nodes"].rows() if (node, by) == ("node-0", "world")]
        assert states == ["removed"]


def test_a_master_that_is_lost_meanwhile_learns_of_the_new_agents():
    more = GROWS.replace("\n", "") + "\nfaults: [{kind: control-plane-loss, at: 119s, back: 400s}]"
    trace = run(posed(more), "mesos")
    assert len(running(trace, "agent")) == 5
    assert ("agent-registered", "node-3") in set(zip(trace["events"]["kind"], trace["events"]["subject"], strict=True))


def test_nodes_that_join_while_etcd_has_no_quorum_register_afterwards():
    more = GROWS + "\nfaults: [{kind: quorum-loss, at: 100s, back: 400s}]"
    trace = run(posed(more), "kubernetes")
    ready = [at for at, node, state, _ in trace["nodes"].rows() if (node, state) == ("node-4", "ready")]
    assert ready
    assert to_us(400) < ready[0] < to_us(420)
    assert len(running(trace, "agent")) == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param("{kind: add-machines, at: 1s}", "missing-key", id="more machines need a pool"),
        pytest.param(
            "{kind: add-machines, pool: nod, at: 1s}", "reference-to-nothing-near", id="the pool has to be there"
        ),
        pytest.param("{kind: add-machines, pool: node, app: web, at: 1s}", "not-for-change", id="it is about no app"),
        pytest.param("{kind: remove-machine, node: node-3, at: 1s}", "reference-to-nothing-near", id="it has to exist"),
        pytest.param("{kind: remove-machine, at: 1s}", "one-of", id="which machine goes has to be said"),
        pytest.param("{kind: drain, node: node-0, count: 2, at: 1s}", "not-for-change", id="one machine at a time"),
    ],
)
def test_a_change_of_the_fleet_says_what_is_wrong_with_it(change, code):
    text = BASE.format(pool="", changes=f"changes: [{change}]")
    assert code in codes(text)


def test_a_machine_that_was_ordered_in_time_can_be_given_back_by_name():
    more = "changes: [{kind: add-machines, pool: node, at: 60s}, {kind: remove-machine, node: node-3, at: AT}]"
    assert codes(BASE.format(pool="", changes=more.replace("AT", "119s"))) == ["reference-to-nothing-near"]
    stays = machines.stays(run(posed(more.replace("AT", "300s")), "kubernetes"), posed())
    assert to_us(300) < stays[3].removed_us < to_us(310)


@pytest.mark.parametrize(
    ("autoscale", "code"),
    [
        pytest.param("{least: 7, most: 6}", "out-of-range", id="the least is not more than the most"),
        pytest.param("{least: 0, most: 2}", "out-of-range", id="there are not more at the start than at most"),
    ],
)
def test_the_bounds_of_a_pool_make_sense(autoscale, code):
    assert codes(BASE.format(pool=f", autoscale: {autoscale}", changes="")) == [code]


@every_control_plane
@pytest.mark.parametrize("back", [pytest.param(", back: 400s", id="that comes back"), pytest.param("", id="for good")])
def test_machines_that_came_while_the_control_plane_was_away_may_be_given_back(on, back):
    changes = GROWS[:-1] + ", {kind: remove-machines, pool: node, count: 1, at: 200s}]"
    trace = run(posed(f"{changes}\nfaults: [{{kind: quorum-loss, at: 80s{back}}}]"), on)
    stays = {one.node.name: one for one in machines.stays(trace, posed())}
    gone = [name for name, one in stays.items() if one.removed_us < trace.horizon_us]
    assert gone == (["node-4"] if back else [])
    if back:
        assert stays["node-4"].removed_us >= to_us(400)
        assert running(trace, "agent") == ["node-0", "node-1", "node-2", "node-3"]
