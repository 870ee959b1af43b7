"""Inverse offers, what operators reserve, and the pause after a master's failover."""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import Script, amounts, plain, quota, reserved, to_whom
from workbench.engines.mesos.conversions import reserve
from workbench.engines.mesos.inverse_offers import Unavailability
from workbench.engines.mesos.metrics import metrics
from workbench.engines.mesos.offer_constraints import AgentInfo
from workbench.model.clock import SECOND_US

AGENT = plain(cpus=2, mem=1024)
AWAY = Unavailability(60 * SECOND_US, 3600 * SECOND_US)


# -- inverse offers ----------------------------------------------------------------------------------------------------


def leaving() -> Script:
    """Return an allocator whose framework ``a`` holds an agent that will be away."""
    script = Script()
    script.framework("a")
    script.framework("b")
    script.agent("agent1", AGENT)
    script.allocator.update_unavailability("agent1", AWAY)
    script.settle()
    return script


def asked(script: Script) -> list[tuple[str, str]]:
    seen, script.asked_to_leave = script.asked_to_leave, []
    return seen


def test_whoever_holds_something_there_is_asked_once():
    script = leaving()
    assert asked(script) == [("a", "agent1")]
    script.batch()
    assert asked(script) == []


@pytest.mark.parametrize(
    ("refuse", "batches"),
    [
        pytest.param(None, 0, id="it was taken back"),
        pytest.param(0, 0, id="answered without a filter"),
        pytest.param(2 * SECOND_US, 1, id="refused for two seconds"),
        pytest.param(-1, 4, id="refused for the default time"),
    ],
)
def test_an_answer_lets_it_be_asked_again_once_no_filter_is_left(refuse, batches):
    script = leaving()
    asked(script)
    script.allocator.update_inverse_offer("agent1", "a", refuse)
    for _ in range(batches):
        script.batch()
        assert asked(script) == []
    script.batch()
    assert asked(script) == [("a", "agent1")]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a: a.update_unavailability("agent1", AWAY), id="a new time"),
        pytest.param(lambda a: a.revive_offers("a"), id="revive"),
        pytest.param(lambda a: a.update_agent("agent1", info=AgentInfo("agent1", {"x": "y"})), id="new attributes"),
    ],
)
def test_what_ends_its_filters(change):
    script = leaving()
    asked(script)
    script.allocator.update_inverse_offer("agent1", "a", 600 * SECOND_US)
    change(script.allocator)
    script.settle()
    assert asked(script) == [("a", "agent1")]


def test_an_inactive_framework_is_not_asked_and_an_agent_that_stays_nobody_has_to_leave():
    script = Script()
    script.framework("a")
    script.agent("agent1", AGENT)
    script.allocator.deactivate_framework("a")
    script.allocator.update_unavailability("agent1", AWAY)
    script.batch()
    assert asked(script) == []
    script.allocator.update_unavailability("agent1", None)
    script.allocator.activate_framework("a")
    script.settle()
    assert asked(script) == []


def test_the_agent_is_offered_all_the_same():
    script = Script()
    script.framework("a")
    script.allocator.add_agent("agent1", AGENT, unavailability=AWAY)
    assert to_whom(script.settle()) == [("a", "agent1")]
    assert asked(script) == [("a", "agent1")]


# -- operators ---------------------------------------------------------------------------------------------------------


def test_an_operator_reserves_what_is_free_and_fails_while_it_is_offered():
    """UpdateAvailableSuccess, UpdateAvailableFail."""
    script = Script()
    script.agent("agent1", AGENT)
    [offer] = script.framework("a")
    change = (reserve(reserved("z", cpus=1)),)
    assert not script.allocator.update_available("agent1", change)
    script.decline(offer, None)
    assert script.allocator.update_available("agent1", change)
    assert script.settle() == []  # triggers no run
    assert [one[3] for one in script.batch()] == [{"cpus": 1.0, "mem": 1024.0}]


def test_a_resource_provider_adds_to_an_agent_and_may_bring_more_in_use_than_there_is():
    """AddResourceProvider, AddResourceProviderOverallocated."""
    script = Script()
    script.framework("f1", "a", active=False)
    script.agent("agent1", AGENT)
    script.allocator.add_resource_provider("agent1", AGENT, {("f1", "a"): AGENT})
    assert script.framework("f2", "b") == [("f2", "b", "agent1", {"cpus": 2.0, "mem": 1024.0})]
    script.allocator.add_resource_provider("agent1", plain(), {("f1", "a"): AGENT})
    assert script.allocator.slaves["agent1"].over
    assert script.batch() == []


def test_the_whitelist_has_host_names():
    script = Script()
    script.allocator.update_whitelist(["host"])
    script.framework("a")
    script.allocator.add_agent("agent1", AGENT, info=AgentInfo("host"))
    assert to_whom(script.settle()) == [("a", "agent1")]
    assert script.agent("agent2", AGENT) == []


# -- recovery ----------------------------------------------------------------------------------------------------------

QUOTA = {"q": quota(amounts(cpus=1), amounts(cpus=1))}


def test_nothing_is_offered_until_four_fifths_of_the_agents_are_back():
    script = Script()
    script.allocator.recover(5, QUOTA)
    script.framework("a")
    for number in range(3):
        assert script.agent(f"agent{number}", AGENT) == []
    assert to_whom(script.agent("agent3", AGENT)) == [("a", "agent3")]  # that one alone
    assert len(script.batch()) == 3


@pytest.mark.parametrize(
    ("agents", "quotas"),
    [pytest.param(5, {}, id="no quota to keep"), pytest.param(1, QUOTA, id="no agent to wait for: 0.8 is none")],
)
def test_there_is_nothing_to_wait_for(agents, quotas):
    script = Script()
    script.allocator.recover(agents, quotas)
    assert not script.allocator.rounds.paused


def test_after_the_timeout_offers_begin_with_the_next_batch():
    script = Script(recovery_timeout_us=3 * SECOND_US)
    script.allocator.recover(10, QUOTA)
    script.framework("a")
    script.agent("agent1", AGENT)
    assert [len(script.batch()) for _ in range(3)] == [0, 0, 1]


def test_what_runs_on_an_agent_occupies_it_before_its_framework_is_known_but_has_no_share():
    script = Script()
    script.framework("b")
    script.allocator.add_agent("agent1", AGENT + AGENT, {("a", ""): AGENT})
    assert [one[3] for one in script.settle()] == [{"cpus": 2.0, "mem": 1024.0}]
    assert script.framework("a", used={("agent1", "a"): AGENT}) == []
    assert script.allocator.role_sorter.share_of("a") == 0.5
    script.allocator.recover_resources("a", "agent1", "a", AGENT, None, is_allocated=True)
    assert to_whom(script.batch()) == [("a", "agent1")]


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_metrics_tell_offered_from_used():
    script = Script()
    script.allocator.update_quota("a", quota(amounts(cpus=1), amounts(cpus=2)))
    script.framework("a")
    script.agent("agent1", AGENT)
    script.allocator.transition_offered_to_allocated("agent1", "a", plain(cpus=1))
    told = metrics(script.allocator)
    assert told["quota/roles/a/resources/cpus/consumed"] == 1.0
    assert told["quota/roles/a/resources/cpus/offered_or_allocated"] == 2.0
    assert told["resources/mem/offered_or_allocated"] == 1024.0
    assert told["roles/a/shares/dominant"] == 1.0
    script.allocator.recover_resources("a", "agent1", "a", plain(cpus=1), None, is_allocated=True)
    assert "quota/roles/a/resources/cpus/consumed" not in metrics(script.allocator)
    script.allocator.remove_agent("agent1")
    assert metrics(script.allocator)["resources/cpus/total"] == 0.0
