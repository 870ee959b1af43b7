"""The Kafka framework: brokers stick to their host for a while, then begin elsewhere with nothing."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.frameworks.clusters import KAFKA, away, change, cluster, running
from tests.unit.engines.mesos.runs import column, rows
from workbench.engines.mesos.frameworks.kafka_broker import Broker, Failover, Stickiness
from workbench.model.clock import NEVER

LOST_S = 75


def log(**more):
    return cluster("log", **more)


@pytest.mark.parametrize(
    ("now", "host", "allowed"),
    [
        pytest.param(599, "host-1", False, id="another host, within the period"),
        pytest.param(599, "host-0", True, id="its own host"),
        pytest.param(600, "host-1", True, id="another host, after the period"),
    ],
)
def test_stickiness(now, host, allowed):
    one = Stickiness(600)
    assert one.allows(host, now)  # it never ran
    one.host = "host-0"
    assert one.allows(host, now)  # it has not stopped
    one.stopped_us = 0
    assert one.allows(host, now) is allowed


def test_failures_in_a_row_wait_longer_each_time_up_to_a_limit():
    one = Failover(60, 600)
    waits = []
    for _ in range(6):
        one.failed(0)
        waits.append(one.delay_us)
    assert waits == [60, 120, 240, 480, 600, 600]
    one.reset()
    assert (one.delay_us, one.until_us, one.failed_us) == (0, 0, NEVER)


def test_a_broker_is_given_up_after_so_many_failures_in_a_row():
    broker = Broker(Stickiness(600), Failover(60, 600, most=2))
    broker.stopped(0, failed=True)
    assert broker.active
    broker.started("host-0")
    broker.stopped(10, failed=True)
    assert broker.active  # it had run in between
    broker.stopped(20, failed=True)
    assert not broker.active


def test_the_stickiness_period_counts_from_the_first_of_several_failures():
    broker = Broker(Stickiness(600), Failover(60, 600))
    broker.started("host-0")
    broker.stopped(100, failed=True)
    broker.stopped(500, failed=True)
    assert broker.why_not("host-1", 699) == ("sticks-to-host", 1)
    assert broker.why_not("host-1", 700) == ("", 0)
    assert broker.why_not("host-0", 610) == ("failover-delay", 10)


def test_all_brokers_start_at_once_one_an_offer():
    trace = running(KAFKA, log(max_per_node=None), machines=3)
    assert column(trace, "tasks", "decided_us") == [0.05] * 3
    assert len(set(column(trace, "tasks", "node"))) == 3


def test_a_broker_whose_machine_is_back_in_time_finds_its_log():
    trace = running(KAFKA, log(), faults=[away(600, 900)])
    again = rows(trace, "tasks", task="db-0.1")[0]
    assert again["node"] == rows(trace, "tasks", task="db-0")[0]["node"]
    assert 900 <= again["decided_us"] <= 903
    assert set(column(trace, "events", "reason", kind="resync-begins")) == {"missed-writes"}


def test_a_broker_moves_after_the_stickiness_period_and_begins_with_nothing():
    trace = running(KAFKA, log(), faults=[away(600)])
    again = rows(trace, "tasks", task="db-0.1")[0]
    assert again["node"] != "node-0"
    assert again["decided_us"] == pytest.approx(600 + LOST_S + 600, abs=17)
    assert set(column(trace, "events", "reason", kind="resync-begins")) == {"beyond-the-log"}


def test_after_a_failure_it_waits_even_if_its_host_is_there():
    trace = running(
        KAFKA, log(), faults=[away(600, 690)], settings={"mesos.kafka.failover_delay_s": 300.0}
    )  # fmt: skip
    lost = column(trace, "events", "at_us", kind="task-lost")[0]
    assert rows(trace, "tasks", task="db-0.1")[0]["decided_us"] == pytest.approx(lost + 300, abs=1.2)


def test_nothing_is_reserved_for_a_broker_that_is_away():
    """A neighbour may take its room meanwhile; then it waits, or goes elsewhere in the end."""
    hungry = app("hungry", "batch", 20, cpu=2000, memory=GIB, at=650, runs=5000)
    trace = running(KAFKA, log(cpu=3000), hungry, machines=3, faults=[away(600, 640)])
    home = rows(trace, "tasks", task="db-0")[0]["node"]
    assert home in column(trace, "tasks", "node", app="hungry")


def test_a_refusal_lasts_as_long_as_the_reason_for_it():
    trace = running(KAFKA, log(), faults=[away(600)])
    waiting = [row for row in rows(trace, "offers", answer="declined") if row["refuse_s"] < 3600]
    assert waiting
    lost = column(trace, "events", "at_us", kind="task-lost")[0]
    for row in waiting:
        assert row["answered_us"] + row["refuse_s"] == pytest.approx(lost + 600, abs=0.1)


def test_an_operator_may_let_a_broker_go_before_its_time():
    trace = running(
        KAFKA, log(), faults=[away(600)],
        settings={"world.operator.on_call": True, "world.operator.reaction_s": 200.0},
    )  # fmt: skip
    assert rows(trace, "tasks", task="db-0.1")[0]["decided_us"] == pytest.approx(800.05)


def test_brokers_are_restarted_one_after_another_where_they_are():
    trace = running(KAFKA, log(), changes=[change(300, "update")])
    brokers = rows(trace, "tasks")
    before, after = brokers[:3], sorted(brokers[3:], key=lambda row: row["slot"])
    assert [row["node"] for row in after] == [row["node"] for row in before]
    for one, following in zip(after[:-1], before[1:], strict=True):
        assert following["ended_us"] >= one["ready_us"]


@pytest.mark.parametrize("at", range(310, 400, 10))
def test_a_restart_goes_on_whichever_broker_is_removed_meanwhile_and_so_does_the_one_after_it(at):
    changes = [change(300, "update"), change(at, "scale", replicas=3), change(800, "update")]
    trace = running(KAFKA, log(members=4, stop_us=seconds(20)), changes=changes, horizon=1500)
    assert [row["version"] for row in rows(trace, "tasks", outcome="running")] == [2] * 3


def test_the_next_broker_is_restarted_when_the_one_before_serves_not_when_another_does():
    """Broker 3 is added shortly before all are restarted, and serves while broker 0 is on its way back."""
    changes = [change(250, "scale", replicas=4), change(300, "update")]
    trace = running(KAFKA, log(ready=200), changes=changes, horizon=1500)
    added, again = rows(trace, "tasks", task="db-3")[0], rows(trace, "tasks", task="db-0.1")[0]
    assert 300 < added["ready_us"] < again["ready_us"] <= rows(trace, "tasks", task="db-1")[0]["ended_us"]


def test_a_broker_that_waits_while_all_are_restarted_starts_with_the_new_version():
    trace = running(KAFKA, log(), changes=[change(800, "update")], faults=[away(600, 1100)])
    assert [row["version"] for row in rows(trace, "tasks", outcome="running")] == [1, 1, 1]


@pytest.mark.parametrize(("wanted", "running_"), [(1, 1), (5, 5)])
def test_brokers_are_added_and_removed(wanted, running_):
    trace = running(KAFKA, log(), changes=[change(300, "scale", replicas=wanted)])
    assert column(trace, "tasks", "outcome").count("running") == running_


def test_only_logs_are_run_by_it():
    trace = running(KAFKA, cluster("ring"))
    assert set(column(trace, "offers", "framework")) == {"marathon-default"}


def test_brokers_that_are_to_go_go_while_one_between_them_has_gone_already():
    """Broker 2 waits for its host, so it is forgotten at once; broker 3 only once it has stopped."""
    host = rows(running(KAFKA, log(members=4)), "tasks", task="db-2")[0]["node"]
    changes = [change(300, "scale", replicas=2), change(301, "scale", replicas=1)]
    db = log(members=4, stop_us=seconds(20))
    trace = running(KAFKA, db, changes=changes, faults=[away(100, node=host)], horizon=900)
    assert [row["task"] for row in rows(trace, "tasks", outcome="running")] == ["db-0"]
