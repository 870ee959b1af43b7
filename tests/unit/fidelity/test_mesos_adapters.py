"""What the adapters for Mesos say when the model does something else, or cannot be asked."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from workbench.fidelity.adapters import judged, mesos_values
from workbench.fidelity.records import recognised

CPUS, MEM = {"name": "cpus", "scalar": 2.0}, {"name": "mem", "scalar": 512.0}

SCRIPT: dict[str, Any] = {
    "id": "one-offer",
    "kind": "allocator",
    "source": "made up",
    "options": {"allocation_interval": 1.0},
    "events": [
        {"op": "add_agent", "agent": "agent1", "resources": [CPUS, MEM], "expect": {"offers": []}},
        {
            "op": "add_framework", "framework": "f1", "roles": ["a"],
            "expect": {"offers": [{"framework": "f1", "role": "a", "agent": "agent1", "resources": [MEM, CPUS]}]},
        },
    ],
}  # fmt: skip


def verdict(document):
    record = recognised(document, "file.json")
    assert record is not None
    [found] = judged(record)
    return found


def changed(**expect):
    document = copy.deepcopy(SCRIPT)
    document["events"][1]["expect"].update(expect)
    return document


def test_a_script_that_agrees_whatever_the_order_of_resources():
    assert verdict(SCRIPT).status == "agree"


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        pytest.param(
            {"offers": []},
            "event 1 (add_framework f1): offer to f1 in a on agent1: expected none, the model says cpus:2; mem:512",
            id="an offer too many",
        ),
        pytest.param(
            {"inverse_offers": [{"framework": "f1", "agent": "agent1"}]},
            "event 1 (add_framework f1): inverse offers: expected ['f1 on agent1'], the model makes []",
            id="an inverse offer",
        ),
        pytest.param(
            {"metrics": {"allocation_runs": 9.0}},
            "metric allocation_runs: expected 9.0, the model says 2.0",
            id="a metric",
        ),
    ],
)
def test_the_first_event_that_differs_is_told(expect, told):
    found = verdict(changed(**expect))
    assert found.status == "differ"
    assert told in found.detail


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"events": [{"op": "dance", "expect": {}}]}, id="an unknown call"),
        pytest.param({"options": {"colour": "red"}}, id="an unknown option"),
    ],
)
def test_what_the_model_cannot_be_asked_is_unsupported(change):
    assert verdict({**SCRIPT, **change}).status == "unsupported"


def test_a_sorter_s_answer_is_told_too():
    events = [{"op": "sorter", "sop": "add", "client": "a"}, {"op": "sorter", "sop": "count", "expect": {"count": 2}}]
    found = verdict({"id": "x", "kind": "sorter", "source": "made up", "events": events})
    assert found.detail == "event 1 (count): count: expected 2, the model says 1"


def test_resources_are_shown_with_all_that_sets_them_apart():
    given = [
        {"name": "cpus", "scalar": 1.0, "revocable": True},
        {"name": "cpus", "scalar": 1.0004},
        {
            "name": "disk", "scalar": 5, "shared": True, "disk": {"persistence": {"id": "v"}},
            "reservations": [{"type": "STATIC", "role": "a"}, {"type": "DYNAMIC", "role": "a/b", "principal": "p"}],
        },
        {"name": "ports", "ranges": [[31000, 31005]]},
        {"name": "zones", "set": ["b", "a"]},
    ]  # fmt: skip
    assert mesos_values.shown(mesos_values.resources(given)) == (
        "cpus:1.0004; cpus{REV}:1; disk(STATIC,a)(DYNAMIC,a/b,p)[v]{SHARED}:1 of 5; ports:[31000-31005]; zones:[a,b]"
    )
