"""What holds in every run: the books balance, nobody is forgotten, time runs forward."""

from __future__ import annotations

from itertools import pairwise

from tests.laws.accounts import doubles, unknown_doubles
from workbench.experiments.machines import ever_there
from workbench.experiments.phases import STEPS, of_task
from workbench.experiments.requests import intervals, total
from workbench.model.clock import NEVER, to_seconds
from workbench.model.reasons import REASONS
from workbench.model.resources import CPU, MEMORY


def test_no_machine_ever_runs_more_than_it_holds(scenario, trace):
    tasks = trace["tasks"]
    size = dict(zip(tasks["task"], zip(tasks["cpu"], tasks["memory"], strict=True), strict=True))
    nodes = ever_there((trace,), scenario)
    changes: dict[str, list[tuple[int, int, int, int]]] = {node.name: [] for node in nodes}
    for row in trace["attempts"].dicts():
        cpu, memory = size[row["task"]]
        end = trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"]
        changes[row["node"]] += [(end, 0, -cpu, -memory), (row["started_us"], 1, cpu, memory)]
    for node in nodes:
        cpu = memory = 0
        for _, _, more_cpu, more_memory in sorted(changes[node.name]):
            cpu, memory = cpu + more_cpu, memory + more_memory
            assert cpu <= node.capacity[CPU]
            assert memory <= node.capacity[MEMORY]


def test_every_task_is_accounted_for(trace):
    for row in trace["tasks"].dicts():
        assert row["outcome"] in ("waiting", "running", "finished", "failed", "killed", "lost"), row
        assert (row["node"] != "") == (row["decided_us"] != NEVER), row
        if row["outcome"] == "running":
            assert row["started_us"] != NEVER, row
            assert row["ended_us"] == NEVER, row
        if row["outcome"] == "finished":
            assert row["started_us"] <= row["ended_us"], row


def test_every_wanted_instance_has_a_task(scenario, trace):
    tasks = trace["tasks"]
    for app in scenario.apps:
        if app.kind == "daemon" or app.arrivals is not None or app.schedule is not None:
            continue
        if app.at_us >= trace.horizon_us:
            continue
        slots = {slot for slot, name in zip(tasks["slot"], tasks["app"], strict=True) if name == app.name}
        one_by_one = app.parallelism is not None or (app.kind == "stateful" and app.ordered)
        excused = one_by_one or bool(scenario.team(app.team).limit)
        if any(change.app == app.name for change in scenario.changes):  # a new version may stand beside the old one
            assert set(range(app.replicas)) <= slots
            continue
        steps = [(before, after) for _, name, before, after, _ in trace["scaling"].rows() if name == app.name]
        most = max([app.replicas, *(after for _, after in steps)])
        again = 0  # one that comes after others have gone stands in for none of them
        if any(after < before for before, after in steps):
            again = app.replicas + sum(max(0, after - before) for before, after in steps) - most
        assert slots <= set(range(most + again))
        assert excused or slots >= set(range(most))


def test_every_request_is_answered_lost_or_waiting(scenario, trace):
    for app in scenario.apps:
        found = list(intervals(trace, app.name))
        if not found:
            assert app.load is None
            continue
        waiting = [one for name, one in zip(trace["traffic"]["app"], trace["traffic"]["waiting"], strict=True)
                   if name == app.name][-1]  # fmt: skip
        offered, served, lost = (total(trace, app.name, column) for column in ("offered", "served", "lost"))
        assert abs(offered - served - lost - waiting) < 0.01
        assert all(min(one.offered, one.served, one.lost, one.late, one.capacity) >= 0 for one in found)


def test_nothing_runs_twice_unknown_to_the_books(trace):
    """Whoever starts another in the place of one that may still run has given that one up before."""
    assert unknown_doubles(trace) == []


def test_what_has_an_identity_or_a_disk_of_its_own_never_runs_twice(scenario, trace):
    stateful = {app.name for app in scenario.apps if app.kind == "stateful"}
    if trace.control_plane == "kubernetes":
        assert [place for place, *_ in doubles(trace) if place[0] in stateful] == []


def test_a_name_is_handed_on_but_never_shared(trace):
    """The member of a StatefulSet that takes the place of a lost one has its name; at no time have two."""
    tasks = trace["tasks"]
    names = list(zip(tasks["task"], tasks["incarnation"], strict=True))
    assert len(set(names)) == len(names)
    bearers: dict[str, list[tuple[int, int]]] = {}
    for row in trace["tasks"].dicts():
        end = trace.horizon_us if row["ended_us"] == NEVER else row["ended_us"]
        if row["started_us"] != NEVER:
            bearers.setdefault(row["task"], []).append((row["started_us"], end))
    for spans in bearers.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(spans)))


def test_steps_come_one_after_another(trace):
    for row in trace["tasks"].dicts():
        order = [row["submitted_us"], row["queued_us"], row["considered_us"], row["decided_us"], row["bound_us"]]
        reached = [time for time in order if time != NEVER]
        assert reached == sorted(reached), row
        if row["started_us"] != NEVER:
            assert row["bound_us"] <= row["started_us"], row
            assert row["started_us"] <= row["ready_us"] or row["ready_us"] == NEVER, row


def test_phases_add_up_to_the_time_from_submission_to_the_last_step(trace):
    for row in trace["tasks"].dicts():
        reached = [row[column] for column, _ in STEPS if row[column] != NEVER]
        total = sum(of_task(row).values())
        assert abs(total - to_seconds(max(reached) - row["submitted_us"])) < 1e-6


def test_every_reason_of_an_event_has_words(trace):
    assert {reason for reason in trace["events"]["reason"] if reason} <= REASONS.keys()


def test_no_time_lies_beyond_the_end(trace):
    for table in trace.tables.values():
        for column in table.columns:
            if column.dtype == "time":
                assert all(NEVER <= time < trace.horizon_us for time in table[column.name]), (table.name, column.name)


def test_clients_are_added_before_they_are_removed(trace):
    listed: set[str] = set()
    for row in trace["endpoints"].dicts():
        if row["change"] == "added":
            assert row["task"] not in listed, row
            listed.add(row["task"])
        else:
            assert row["task"] in listed, row
            listed.discard(row["task"])


def test_decisions_and_placements_agree(trace):
    placed = {(row["task"], row["node"]) for row in trace["decisions"].dicts() if row["node"]}
    for row in trace["tasks"].dicts():
        if row["node"]:
            assert (row["task"], row["node"]) in placed
