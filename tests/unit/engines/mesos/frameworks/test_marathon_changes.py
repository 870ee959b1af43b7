"""Marathon changes apps while they run: sizes, versions that serve and versions that do not, what stays and goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.make import GIB, app, node, nodes, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.native import marathon as native
from workbench.model.workload import Volume

LOCAL = Volume(20 * GIB, "local")
FORCE = {"mesos.marathon.force_deployments": True}


def change(at: float, kind: str, name: str = "web", **more) -> PlannedChange:
    return PlannedChange(seconds(at), kind, app=name, **more)  # type: ignore[arg-type]  # a plain text


def native_app(name: str = "web", replicas: int = 3, **fields):
    return app(name, replicas=replicas, native=native.App(id=f"/shop/{name}", instances=replicas, **fields))


def names(trace, **wanted) -> list[str]:
    return column(trace, "tasks", "task", **wanted)


def there(trace, at: float, name: str = "web", version: int | None = None) -> int:
    """Return how many tasks of an app run at a time, of one version or of all."""
    return sum(
        row["app"] == name
        and (version is None or row["version"] == version)
        and row["started_us"] is not None
        and row["started_us"] <= at < (row["ended_us"] if row["ended_us"] is not None else 1e9)
        for row in rows(trace, "tasks")
    )


def deployments(trace, name: str = "web") -> list[tuple[float, str]]:
    kinds = ("deployment-started", "deployment-finished", "deployment-cancelled", "deployment-refused")
    return [(row["at_us"], row["kind"][11:]) for row in rows(trace, "events", subject=name) if row["kind"] in kinds]


# -- another size ------------------------------------------------------------------------------------------------------


def test_more_instances_are_launched_on_the_next_offers():
    trace = traced(app(replicas=2), changes=[change(30, "scale", replicas=4)], horizon=60)
    assert names(trace, queued_us=30.0) == ["web.2", "web.3"]
    assert deployments(trace) == [(30.0, "started"), (32.05, "finished")]


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        pytest.param("YOUNGEST_FIRST", ["web.0", "web.1"], id="youngest first"),
        pytest.param("OLDEST_FIRST", ["web.2", "web.3"], id="oldest first"),
    ],
)
def test_fewer_instances_by_age(selection, left):
    made = native_app(replicas=2, kill_selection=selection)
    trace = traced(made, changes=[change(20, "scale", replicas=4), change(60, "scale", replicas=2)], horizon=90)
    assert names(trace, outcome="running") == left


def test_fewer_instances_by_spread():
    """Six on two racks, two of them to go: one on each rack, whatever their age."""
    racks = (node("a", labels={"rack": "1"}), node("b", labels={"rack": "2"}))
    spread = native.Constraint(field_name="rack", operator="GROUP_BY", value="2")
    trace = traced(
        native_app(replicas=6, constraints=(spread,)), machines=racks, changes=[change(60, "scale", replicas=4)],
        horizon=90,
    )  # fmt: skip
    assert sorted(column(trace, "tasks", "node", outcome="running")) == ["a", "a", "b", "b"]


def test_an_instance_that_waits_for_an_offer_is_kept_while_running_ones_go():
    """Upstream's order of stopping has waiting instances among the rest, after running ones."""
    trace = traced(
        app("web", replicas=4, max_per_node=1), machines=3, changes=[change(30, "scale", replicas=3)], settings=FORCE,
        horizon=60,
    )  # fmt: skip
    assert len(names(trace, outcome="killed", ended_us=30.0)) == 1
    assert len(names(trace, outcome="running")) == 3


@pytest.mark.parametrize(
    ("stop", "grace", "takes"),
    [
        pytest.param(2, None, 2, id="it stops by itself in time"),
        pytest.param(20, None, 3, id="the executor lets it have 3 s"),
        pytest.param(20, 8.0, 8, id="as long as the app says"),
        pytest.param(0, 8.0, 0, id="no longer than it needs"),
    ],
)
def test_how_long_a_killed_task_may_take_and_holds_what_it_has_until_then(stop, grace, takes):
    made = replace(native_app(replicas=1, task_kill_grace_period_seconds=grace), stop_us=seconds(stop))
    trace = traced(made, changes=[change(30, "scale", replicas=0)], horizon=90)
    [row] = rows(trace, "tasks")
    assert (row["outcome"], row["ended_us"], row["released_us"]) == ("killed", 30 + takes, 30 + takes)
    assert column(trace, "endpoints", "at_us", change="removed") == [30 + takes + 1]


# -- another version ---------------------------------------------------------------------------------------------------


def test_by_default_all_new_instances_come_first_and_each_lets_an_old_one_go():
    trace = traced(app(replicas=10, start=2, ready=3), changes=[change(60, "update")], machines=4, horizon=120)
    assert (there(trace, 63, version=0), there(trace, 63, version=1)) == (10, 10)
    assert (there(trace, 70, version=0), there(trace, 70, version=1)) == (0, 10)
    assert column(trace, "tasks", "ended_us", version=0) == [65.05] * 10


@pytest.mark.parametrize(
    ("least", "over", "fewest", "most"),
    [
        pytest.param(1.0, 1.0, 10, 20, id="double room"),
        pytest.param(1.0, 0.0, 10, 11, id="no room: one more all the same"),
        pytest.param(0.75, 0.25, 8, 12, id="a quarter either way, rounded to the safe side"),
        pytest.param(0.5, 0.0, 5, 10, id="half may go, none too many"),
        pytest.param(0.0, 0.0, 0, 10, id="all at once"),
    ],
)
def test_both_bounds_hold_at_every_instant(least, over, fewest, most):
    settings = {"mesos.marathon.minimum_health_capacity": least, "mesos.marathon.maximum_over_capacity": over}
    trace = traced(
        app(replicas=10, start=2, ready=3, stop_us=seconds(1)), changes=[change(60, "update")], machines=8,
        settings=settings, horizon=400,
    )  # fmt: skip
    ready, held = [], []
    for at in [60 + tick / 20 for tick in range(20 * 300)]:
        tasks = rows(trace, "tasks")
        alive = [row for row in tasks if row["ended_us"] is None or at < row["ended_us"]]
        ready.append(sum(row["ready_us"] is not None and row["ready_us"] <= at for row in alive))
        held.append(sum(row["queued_us"] <= at for row in alive))
        if deployments(trace)[-1][0] < at:
            break
    assert (min(ready), max(held)) == (fewest, most)
    assert deployments(trace)[-1][1] == "finished"
    assert there(trace, 399, version=1) == 10


def test_with_some_room_the_new_ones_come_in_batches():
    """Eight fit on a machine: ten old ones leave six places on two."""
    trace = traced(app(replicas=10), changes=[change(60, "update")], machines=2, horizon=600)
    assert [there(trace, at, version=1) for at in (61.5, 599)] == [6, 10]
    assert deployments(trace)[-1][1] == "finished"


def test_without_any_room_the_deployment_waits_for_offers_for_ever_and_the_old_version_serves_on():
    trace = traced(app(replicas=8), changes=[change(60, "update")], machines=1, horizon=600)
    assert (there(trace, 599, version=0), there(trace, 599, version=1)) == (8, 0)
    assert deployments(trace) == [(60.0, "started")]
    assert set(column(trace, "tasks", "why", version=1)) <= {"too-small", ""}


def test_a_broken_version_stands_beside_the_old_one_and_is_started_again_and_again():
    """300 s of grace, then the first failed check after three in a row; checks come every 60 s from 5 s on."""
    trace = traced(app(replicas=3), changes=[change(60, "update", broken=True)], horizon=1200)
    for at in (100, 500, 1100):
        assert (there(trace, at, version=0), there(trace, at, version=1)) == (3, 3)
    first = 65 + 8 * 60  # runs from 61 s on; the first check that counts is the one at 365 s
    second = 65 + 17 * 60  # runs from 546 s on: the check at 845 s comes a moment too early to count
    assert sorted(set(column(trace, "tasks", "ended_us", version=1, outcome="killed"))) == [first, second]
    assert deployments(trace) == [(60.0, "started")]
    again = rows(trace, "tasks", version=1, incarnation=1)
    assert {row["submitted_us"] for row in again} == {first}


def test_without_a_health_check_a_broken_version_takes_over():
    trace = traced(native_app(), changes=[change(60, "update", broken=True)], horizon=600)
    assert (there(trace, 599, version=0), there(trace, 599, version=1)) == (0, 3)
    assert deployments(trace)[-1][1] == "finished"


@pytest.mark.parametrize(
    ("check", "known"),
    [
        pytest.param(native.HealthCheck(), 65, id="Marathon checks every minute, 5 s after the version came at first"),
        pytest.param(native.HealthCheck(interval_seconds=2), 64, id="or sooner, where the app says so"),
        pytest.param(
            native.HealthCheck(protocol="MESOS_HTTP", delay_seconds=15), 76, id="the executor, 15 s after the start"
        ),
    ],
)
def test_an_upgrade_goes_on_when_a_check_finds_out_that_instances_serve(check, known):
    """They run from 61 s on and serve from 62 s on."""
    trace = traced(native_app(health_checks=(check,)), changes=[change(60, "update")], horizon=200)
    assert {round(at) for at in column(trace, "tasks", "ended_us", version=0)} == {known}


def test_an_upgrade_goes_on_when_readiness_is_asked_for_next():
    made = native_app(readiness_checks=(native.ReadinessCheck(interval_seconds=10),))
    trace = traced(made, changes=[change(60, "update")], horizon=200)
    assert {round(at) for at in column(trace, "tasks", "ended_us", version=0)} == {71}


def test_a_readiness_check_alone_holds_it_up():
    made = native_app(readiness_checks=(native.ReadinessCheck(),))
    trace = traced(made, changes=[change(60, "update", broken=True)], horizon=900)
    assert (there(trace, 899, version=0), there(trace, 899, version=1)) == (3, 3)
    assert names(trace, outcome="killed") == []


# -- one deployment after another --------------------------------------------------------------------------------------

BROKEN = change(60, "update", broken=True)


def test_an_app_that_is_being_deployed_is_locked():
    trace = traced(app(replicas=3), changes=[BROKEN, change(120, "update")], horizon=600)
    assert deployments(trace) == [(60.0, "started"), (120.0, "refused")]
    assert there(trace, 599, version=2) == 0


def test_a_forced_change_gives_the_first_deployment_up_and_replaces_whatever_is_there():
    trace = traced(app(replicas=3), changes=[BROKEN, change(120, "update")], settings=FORCE, horizon=600)
    assert [kind for _, kind in deployments(trace)] == ["started", "cancelled", "started", "finished"]
    assert [there(trace, 599, version=version) for version in (0, 1, 2)] == [0, 0, 3]


def test_a_rollback_is_another_upgrade_the_old_instances_are_replaced_too():
    trace = traced(app(replicas=3), changes=[BROKEN, change(120, "rollback")], horizon=600)
    assert [kind for _, kind in deployments(trace)] == ["started", "cancelled", "started", "finished"]
    assert names(trace, outcome="running") == ["web.6", "web.7", "web.8"]
    assert set(column(trace, "tasks", "version", outcome="running")) == {0}
    # the broken ones go at once, the old ones one by one as those that take their place serve
    assert set(column(trace, "tasks", "ended_us", version=1)) == {120.0}
    assert min(column(trace, "tasks", "ended_us", version=0, outcome="killed")) > 122


def test_a_new_size_forced_upon_a_half_done_upgrade_leaves_both_versions():
    trace = traced(app(replicas=3), changes=[BROKEN, change(120, "scale", replicas=4)], settings=FORCE, horizon=300)
    assert there(trace, 299) == 4
    assert there(trace, 299, version=0) > 0


def test_apps_changed_at_once_follow_their_dependencies():
    """The one that depends on the other is replaced after it."""
    often = (native.HealthCheck(interval_seconds=5),)
    back = native_app("back", health_checks=often)
    front = native_app("front", dependencies=("/shop/back",), health_checks=often)
    changes = [change(60, "update", "front"), change(60, "update", "back")]
    trace = traced(back, front, changes=changes, horizon=200)
    done = [at for at, kind in deployments(trace, "back") if kind == "finished"]
    assert min(column(trace, "tasks", "queued_us", app="front", version=1)) == max(
        column(trace, "tasks", "ended_us", app="back", version=0)
    )
    assert done == [at for at, kind in deployments(trace, "front") if kind == "finished"]


def test_an_old_instance_that_is_lost_during_an_upgrade_is_not_started_again():
    trace = traced(
        app(replicas=3, max_per_node=1), machines=4, changes=[BROKEN], horizon=400,
        faults=[Fault(seconds(100), node=f"node-{number}") for number in range(3)],
    )  # fmt: skip
    assert names(trace, version=0) == ["web.0", "web.1", "web.2"]


# -- resident apps -----------------------------------------------------------------------------------------------------


def db(replicas: int = 3, **more):
    return app("db", "stateful", replicas=replicas, cpu=1000, volume=LOCAL, max_per_node=1, **more)


def test_a_resident_app_is_upgraded_where_its_volumes_are_half_of_it_at_a_time():
    trace = traced(db(4), machines=4, changes=[change(100, "update", "db")], horizon=300)
    before = {row["slot"]: row["node"] for row in rows(trace, "tasks", version=0)}
    after = {row["slot"]: row["node"] for row in rows(trace, "tasks", version=1)}
    assert before == after
    assert column(trace, "volumes", "state").count("created") == 4
    first = min(column(trace, "tasks", "ready_us", version=1))
    assert sum(row["ended_us"] < first for row in rows(trace, "tasks", version=0)) == 2
    assert deployments(trace, "db")[-1][1] == "finished"


def test_scaling_a_resident_app_down_keeps_reservations_and_up_uses_them_again():
    changes = [change(100, "scale", "db", replicas=1), change(200, "scale", "db", replicas=3)]
    greedy = app("jobs", "batch", replicas=20, cpu=1000, memory=GIB, runs=1000, at=110, team="other")
    trace = traced(db(3), greedy, machines=3, changes=changes, horizon=300)
    assert column(trace, "tasks", "outcome", app="jobs").count("running") == 9  # three cpus of each machine, not four
    again = {row["slot"]: row["node"] for row in rows(trace, "tasks", app="db", outcome="running")}
    assert again == {row["slot"]: row["node"] for row in rows(trace, "tasks", app="db", incarnation=0)}


def test_deleting_a_resident_app_frees_its_reservations():
    greedy = app("jobs", "batch", replicas=20, cpu=1000, memory=GIB, runs=1000, at=110, team="other")
    trace = traced(db(3), greedy, machines=3, changes=[change(100, "delete", "db")], horizon=400)
    assert set(column(trace, "tasks", "outcome", app="db")) == {"killed"}
    assert column(trace, "tasks", "outcome", app="jobs").count("running") == 12


# -- gone --------------------------------------------------------------------------------------------------------------


def test_a_deleted_app_is_gone():
    trace = traced(app(replicas=3, stop_us=seconds(2)), changes=[change(60, "delete")], horizon=100)
    assert column(trace, "tasks", "ended_us") == [62.0] * 3
    assert column(trace, "endpoints", "change") == ["added"] * 3 + ["removed"] * 3
    assert deployments(trace) == [(60.0, "started"), (62.0, "finished")]


def test_a_deleted_batch_app_is_gone_too():
    jobs = app("jobs", "batch", replicas=10, cpu=2000, runs=100)
    trace = traced(jobs, machines=2, changes=[change(30, "delete", "jobs")], horizon=100)
    assert column(trace, "tasks", "outcome") == ["killed"] * 10
    assert column(trace, "tasks", "ended_us")[:4] == [30.0] * 4


def test_what_marathon_has_no_word_for_is_said():
    trace = traced(app(replicas=3), changes=[change(60, "pause"), change(90, "resume")], machines=nodes(2), horizon=100)
    assert column(trace, "events", "detail", kind="NoCounterpart") == ["pause", "resume"]


# -- kills that nobody hears -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(seconds(30), "control-plane-loss"), id="there is no master"),
        pytest.param(
            Fault(seconds(30), "network-partition", node="node-0", back_us=seconds(60)), id="the agent is cut off"
        ),
    ],
)
def test_a_kill_that_nobody_heard_is_asked_for_again(fault):
    trace = traced(app(replicas=2), machines=2, faults=[fault], changes=[change(35, "scale", replicas=1)], horizon=150)
    assert sorted(column(trace, "tasks", "outcome")) == ["killed", "running"]
    assert [kind for _, kind in deployments(trace)] == ["started", "finished"]
    assert not rows(trace, "events", kind="task-lost"), "and no more once it has ended"


@pytest.mark.parametrize("kind", ["scale", "delete"])
def test_a_resident_instance_that_was_to_go_while_its_agent_was_away_is_stopped_when_it_is_back(kind):
    db = app("db", "stateful", cpu=1000, volume=LOCAL)
    wanted = {"replicas": 0} if kind == "scale" else {}
    trace = traced(
        db, machines=2, faults=[Fault(seconds(30), "network-partition", hosting="db", back_us=seconds(250))],
        changes=[change(200, kind, "db", **wanted)], horizon=400,
    )  # fmt: skip
    assert column(trace, "tasks", "outcome") == ["killed"]
    assert [kind for _, kind in deployments(trace, "db")] == ["started", "finished"]


# -- tasks that were never placed --------------------------------------------------------------------------------------


def test_what_was_being_launched_on_an_offer_that_is_void_waits_no_more_once_its_app_is_gone():
    """Offers are taken back after 5 s; the launch is on its way at 5.9 s, when the app is deleted."""
    slow = {"mesos.master.message_s": 0.5, "mesos.offers.timeout_s": 5.0, "mesos.frameworks.answer_s": 4.8}
    trace = traced(app(replicas=2), machines=2, settings={**slow, **FORCE}, changes=[change(5.9, "delete")], horizon=60)
    assert column(trace, "offers", "answer")[:2] == ["rescinded"] * 2
    assert column(trace, "tasks", "outcome") == ["killed"] * 2


def test_what_waits_for_a_machine_that_somebody_gives_up_waits_no_more():
    """Drained, then lost: the instance waits for its reservation until the operator wipes it, and begins elsewhere."""
    db = app("db", "stateful", cpu=1000, volume=LOCAL)
    [where] = column(traced(db, machines=3, horizon=20), "tasks", "node")
    trace = traced(
        db, machines=3, settings={"world.operator.on_call": True, "world.operator.reaction_s": 60.0},
        changes=[PlannedChange(seconds(60), "drain", node=where)], faults=[Fault(seconds(70), node=where)], horizon=300,
    )  # fmt: skip
    assert column(trace, "tasks", "outcome") == ["killed", "killed", "running"]


def test_the_last_instance_of_an_older_version_that_stays_is_replaced_when_it_ends():
    """The upgrade was given up before anything new served; the instance that is left is lost to a drain later on."""
    asks = [change(60, "update"), change(62, "scale", replicas=1), PlannedChange(seconds(100), "drain", hosting="web")]
    trace = traced(app(replicas=3, ready=10), machines=3, changes=asks, settings=FORCE, horizon=200)
    assert there(trace, 90, version=0) == 1
    assert there(trace, 150) == 1
    assert "waiting" not in column(trace, "tasks", "outcome")
