"""The registry takes time to write and to read; what is being written goes with the master that writes it."""

from __future__ import annotations

import pytest

from tests.make import app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.agenda import Agenda, Order
from workbench.engines.mesos.registry import Registrar
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault

SLOW = {"mesos.registry.store_s": 3.0, "mesos.registry.fetch_s": 7.0}


def stored(store_us, *asked_us, lost_us=None):
    """Return what was stored when: (time, number of the request)."""
    agenda, done = Agenda(), []
    registrar = Registrar(agenda, store_us)
    for number, at_us in enumerate(asked_us):
        agenda.at(at_us, Order.ARRIVAL, registrar.store, lambda number: done.append((agenda.now_us, number)), number)
    if lost_us is not None:
        agenda.at(lost_us, Order.FAULT, registrar.lose)
    agenda.run(1000)
    return done


@pytest.mark.parametrize(
    ("store_us", "asked_us", "expected"),
    [
        pytest.param(
            0, (5, 5, 6), [(5, 0), (5, 1), (6, 2)], id="with no delay a change is stored when it is asked for"
        ),
        pytest.param(10, (5,), [(15, 0)], id="a change is stored a write later"),
        pytest.param(10, (5, 6, 7), [(15, 0), (25, 1), (25, 2)], id="what gathers meanwhile goes with the next write"),
        pytest.param(10, (5, 50), [(15, 0), (60, 1)], id="nothing is written while nothing is asked for"),
    ],
)
def test_writes(store_us, asked_us, expected):
    assert stored(store_us, *asked_us) == expected


def test_what_is_being_written_and_what_waits_is_lost_with_the_leader():
    assert stored(10, 5, 6, 30, lost_us=12) == [(40, 2)]


def test_a_silent_agent_is_given_up_once_that_is_stored():
    fault = Fault(seconds(100), "node-loss", hosting="web")
    [quick], [slow] = (
        column(traced(app(), faults=[fault], settings=settings), "events", "at_us", kind="agent-unreachable")
        for settings in ({}, SLOW)
    )
    assert slow == pytest.approx(quick + 3)


def test_an_agent_that_was_given_up_is_taken_in_once_that_is_stored():
    fault = Fault(seconds(100), "network-partition", hosting="web", back_us=seconds(300))
    [quick], [slow] = (
        column(traced(app(), faults=[fault], settings=settings), "events", "at_us", kind="agent-reregistered")
        for settings in ({}, SLOW)
    )
    assert slow == pytest.approx(quick + 3)


def test_an_agent_that_registers_while_it_is_being_given_up_has_to_try_again():
    silent = Fault(seconds(100), "node-loss", hosting="web")
    [given_up] = column(traced(app(), faults=[silent]), "events", "at_us", kind="agent-unreachable")
    back = Fault(seconds(100), "agent-restart", hosting="web", back_us=seconds(given_up + 0.2))
    settings = {"mesos.registry.store_s": 5.0, "mesos.agent.executor_reregister_s": 0.0}
    trace = traced(app(), faults=[back], settings=settings, horizon=400)
    kinds = column(trace, "events", "kind")
    assert kinds.index("agent-unreachable") < kinds.index("agent-reregistered")
    assert column(trace, "tasks", "outcome") == ["killed", "running"]  # given up, replaced, stopped when heard again


def test_draining_begins_once_it_is_stored():
    change = PlannedChange(seconds(100), "drain", hosting="web")
    trace = traced(app(), changes=[change], settings=SLOW)
    first, _ = rows(trace, "tasks")
    assert first["ended_us"] == pytest.approx(103)
    [drained] = column(trace, "events", "at_us", kind="agent-drained")
    assert drained == pytest.approx(106, abs=0.1)  # that is stored, too


def test_a_new_leader_reads_the_registry_before_anybody_registers():
    trace = traced(app(), faults=[Fault(seconds(50), "control-plane-loss")], settings=SLOW)
    assert column(trace, "events", "at_us", kind="leader-elected") == [60.0]
    assert column(trace, "events", "at_us", kind="framework-reregistered") == [67.0]
    assert all(67 <= at < 68 for at in column(trace, "events", "at_us", kind="agent-reregistered"))
