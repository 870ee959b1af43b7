"""What triggers offers, to whom they go and how large they are, rule by rule.

The expected values follow upstream's own tests (src/tests/hierarchical_allocator_tests.cpp, named in the tests) and
its documentation; agents are taken in the order of their names, in both stages.
"""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import Script, amounts, plain, quota, reserved, to_whom

AGENT = {"cpus": 2.0, "mem": 1024.0}


def agent(cpus: float = 2, mem: float = 1024):
    return plain(cpus=cpus, mem=mem)


# -- when --------------------------------------------------------------------------------------------------------------


def test_a_framework_that_comes_is_offered_all_agents_and_an_agent_that_comes_only_itself():
    script = Script()
    assert script.agent("agent1", agent()) == []
    assert script.framework("a") == [("a", "a", "agent1", AGENT)]
    assert script.agent("agent2", agent()) == [("a", "a", "agent2", AGENT)]


def test_what_is_declined_waits_for_the_next_batch():
    script = Script()
    script.agent("agent1", agent())
    [offer] = script.framework("a")
    script.decline(offer, None)
    assert script.settle() == []
    assert script.batch() == [offer]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a: a.update_quota("b", quota(amounts(cpus=1))), id="a quota"),
        pytest.param(lambda a: a.update_weights({"a": 3.0}), id="a weight"),
        pytest.param(lambda a: a.update_framework("a", ["a"]), id="roles changed, even unsuppressed"),
        pytest.param(lambda a: a.update_whitelist(["agent1"]), id="a whitelist"),
        pytest.param(lambda a: a.deactivate_agent("agent2"), id="an agent deactivated"),
        pytest.param(lambda a: a.activate_agent("agent2"), id="an agent activated"),
        pytest.param(lambda a: a.suppress_offers("b"), id="a framework suppressed"),
        pytest.param(lambda a: a.deactivate_framework("b"), id="a framework deactivated"),
    ],
)
def test_what_triggers_no_run(change):
    script = Script()
    script.agent("agent1", agent())
    script.agent("agent2", agent())
    script.framework("b")
    script.framework("a", suppressed=("a",))
    runs = script.runs
    change(script.allocator)
    script.settle()
    assert script.runs == runs


def test_requests_of_one_instant_are_answered_by_one_run():
    script = Script()
    for name in ("agent1", "agent2", "agent3"):
        script.allocator.add_agent(name, agent())
    script.allocator.add_framework("a", ["a"])
    assert len(script.settle()) == 3
    assert script.runs == 1


def test_an_agent_that_was_looked_at_in_vain_is_looked_at_again_once_something_changes():
    script = Script()
    script.agent("agent1", agent())
    [offer] = script.framework("a")
    script.decline(offer, 3)
    assert [script.batch() for _ in range(2)] == [[], []]
    assert script.batch() == [offer]
    script.decline(offer, 100)
    script.batch()
    assert script.framework("b") == [("b", "b", "agent1", AGENT)]


def test_an_agent_that_shrinks_below_its_use_is_not_offered_until_enough_is_free():
    script = Script()
    script.agent("agent1", agent(cpus=4))
    script.framework("a")
    script.allocator.update_agent("agent1", agent(cpus=2))
    assert script.settle() == []
    script.recover("a", "agent1", "a", plain(cpus=1, mem=24), None)
    assert script.batch() == []
    script.recover("a", "agent1", "a", plain(cpus=2), None)
    assert script.batch() == [("a", "a", "agent1", {"cpus": 1.0, "mem": 24.0})]  # 1 of 2 cpus is still in use


# -- to whom -----------------------------------------------------------------------------------------------------------


def test_unallocated_drf():
    """UnallocatedDRF of upstream, shortened: each agent goes whole to the role with the smallest share."""
    script = Script()
    script.agent("agent1", agent(2, 1024))
    assert to_whom(script.framework("f1", "role1")) == [("f1", "agent1")]  # role1 1, role2 0
    script.framework("f2", "role2")
    assert to_whom(script.agent("agent2", agent(1, 512))) == [("f2", "agent2")]  # role1 .67, role2 .33
    assert to_whom(script.agent("agent3", agent(3, 2048))) == [("f2", "agent3")]  # role1 .33, role2 .71
    script.framework("f3", "role1")
    assert to_whom(script.agent("agent4", agent(4, 4096))) == [("f3", "agent4")]  # role1 .67, f1 .2, f3 .53


def test_shares_move_after_every_offer_so_that_takers_alternate_within_one_run():
    script = Script()
    for name in ("f1", "f2"):
        script.framework(name)
    for number in range(4):
        script.allocator.add_agent(f"agent{number}", agent())
    assert to_whom(sorted(script.settle(), key=lambda seen: seen[2])) == [
        ("f1", "agent0"), ("f2", "agent1"), ("f1", "agent2"), ("f2", "agent3"),
    ]  # fmt: skip


def test_offered_resources_count_until_they_are_answered():
    script = Script()
    script.framework("a")
    script.framework("b")
    script.agent("agent1", agent())
    assert to_whom(script.agent("agent2", agent())) == [("b", "agent2")]


def test_a_weight_gives_a_role_its_multiple():
    script = Script()
    script.allocator.update_weights({"b": 2.0})
    script.framework("a")
    script.framework("b")
    for number in range(6):
        script.allocator.add_agent(f"agent{number}", agent())
    takers = [framework for framework, _ in to_whom(script.settle())]
    assert (takers.count("a"), takers.count("b")) == (2, 4)


def test_a_suppressed_framework_gets_nothing_until_it_revives():
    """SuppressAndReviveOffers."""
    script = Script()
    script.agent("agent1", agent())
    [offer] = script.framework("a")
    script.decline(offer, 600)
    script.allocator.suppress_offers("a")
    assert [script.batch() for _ in range(3)] == [[], [], []]
    script.allocator.revive_offers("a")
    assert script.settle() == [offer]  # filters are forgotten


def test_suppressing_keeps_filters_and_no_longer_being_suppressed_clears_them():
    script = Script()
    script.agent("agent1", agent())
    [offer] = script.framework("a")
    script.decline(offer, 600)
    script.allocator.suppress_offers("a")
    assert script.allocator.filters.count("a") == 1
    script.allocator.update_framework("a", ["a"])
    assert script.allocator.filters.count("a") == 0
    assert script.settle() == []
    assert script.batch() == [offer]


def test_reservations_go_to_their_role_and_those_below_it_only():
    script = Script()
    script.framework("f1", "a")
    script.framework("f2", "b")
    script.framework("f3", "a/x")
    seen = script.agent("agent1", reserved("a/x", cpus=1, mem=100) + reserved("b", cpus=2, mem=200))
    assert [(framework, offered) for framework, _, _, offered in seen] == [
        ("f3", {"cpus": 1.0, "mem": 100.0}), ("f2", {"cpus": 2.0, "mem": 200.0}),
    ]  # fmt: skip
    assert to_whom(script.agent("agent2", reserved("a", cpus=1, mem=100))) == [("f1", "agent2")]


def test_reserved_and_offered_resources_count_towards_the_share():
    """ReservedDRF: what a role holds of its own reservation makes it wait for unreserved resources."""
    script = Script()
    script.framework("f1", "role1")
    script.agent("agent1", plain(cpus=1) + reserved("role1", cpus=100, mem=512))
    script.framework("f2", "role2")
    assert to_whom(script.agent("agent2", agent(2, 512))) == [("f2", "agent2")]


def test_unallocated_reservations_do_not_count_towards_the_share():
    script = Script()
    script.agent("agent1", reserved("role1", cpus=100, mem=512))
    script.framework("f2", "role2")
    script.framework("f1", "role1", suppressed=("role1",))
    script.allocator.revive_offers("f1")
    script.allocator.suppress_offers("f1")
    assert script.allocator.role_sorter.share_of("role1") == 0.0
    assert to_whom(script.agent("agent2", agent())) == [("f2", "agent2")]


def test_a_removed_framework_frees_what_it_held_and_its_role():
    script = Script()
    script.agent("agent1", agent())
    script.framework("a")
    script.framework("b")
    script.allocator.remove_framework("a")
    assert script.batch() == [("b", "b", "agent1", AGENT)]
    assert not script.allocator.role_sorter.contains("a")


def test_a_removed_agent_takes_its_share_along_but_not_the_number_of_offers():
    script = Script()
    script.framework("a")
    script.agent("agent1", agent())
    script.framework("b")
    script.allocator.remove_agent("agent1")
    assert script.allocator.role_sorter.share_of("a") == 0.0
    assert to_whom(script.agent("agent2", agent())) == [("b", "agent2")]


# -- how much ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "offered"),
    [
        pytest.param(plain(cpus=0.01), True, id="cpu alone is enough"),
        pytest.param(plain(mem=32), True, id="memory alone is enough"),
        pytest.param(plain(cpus=0.009, mem=31), False, id="too little of both"),
        pytest.param(plain(disk=1000), False, id="neither"),
        pytest.param(plain(mem=20) + reserved("a", mem=12), True, id="reserved and unreserved are added up"),
    ],
)
def test_min_allocatable_resources(free, offered):
    """Allocatable, with the default cpus:0.01|mem:32."""
    script = Script()
    script.framework("a")
    assert bool(script.agent("agent1", free)) is offered


def test_a_framework_s_own_minimum_replaces_the_general_one():
    """FrameworkMinAllocatable: an empty set means anything."""
    script = Script()
    script.framework("a", min_allocatable={"a": [amounts(cpus=4)]})
    script.framework("b", min_allocatable={"b": []})
    assert to_whom(script.agent("agent1", plain(disk=1))) == [("b", "agent1")]
    assert to_whom(script.agent("agent2", agent(cpus=4))) == [("a", "agent2")]


def test_a_limit_cuts_an_offer():
    """QuotaProvidesLimit in short; names without a limit are not cut."""
    script = Script()
    script.allocator.update_quota("a", quota(limit=amounts(cpus=1)))
    script.framework("a")
    assert script.agent("agent1", agent(cpus=4)) == [("a", "a", "agent1", {"cpus": 1.0, "mem": 1024.0})]
    assert script.agent("agent2", agent(cpus=4)) == [("a", "a", "agent2", {"mem": 1024.0})]


def test_a_guarantee_is_served_first_and_held_back_from_others():
    """QuotaProvidesGuarantee in short: the other role gets an agent only once the guarantee is covered."""
    script = Script()
    script.allocator.update_quota("role1", quota(amounts(cpus=2, mem=1024), amounts(cpus=2, mem=1024)))
    script.framework("f1", "role1")
    script.framework("f2", "role2")
    assert script.agent("agent1", agent(1, 512)) == [("f1", "role1", "agent1", {"cpus": 1.0, "mem": 512.0})]
    assert script.agent("agent2", agent(1, 512)) == [("f1", "role1", "agent2", {"cpus": 1.0, "mem": 512.0})]
    [offer] = script.agent("agent3", agent(3, 2048))
    assert offer == ("f2", "role2", "agent3", {"cpus": 3.0, "mem": 2048.0})


def test_a_guarantee_without_any_framework_is_held_back_too_as_a_sum_over_the_cluster():
    """MultiQuotaAbsentFrameworks, QuotaAbsentFramework: the headroom is counted, agents are cut to it."""
    script = Script()
    script.allocator.update_quota("absent", quota(amounts(cpus=2, mem=1024)))
    script.framework("f2", "role2")
    assert script.agent("agent1", agent(2, 1024)) == []
    assert script.agent("agent2", agent(1, 512)) == [("f2", "role2", "agent2", {"cpus": 1.0, "mem": 512.0})]


def test_names_without_a_guarantee_flow_while_others_are_held_back():
    script = Script()
    script.allocator.update_quota("absent", quota(amounts(cpus=100)))
    script.framework("f2", "role2")
    assert script.agent("agent1", agent()) == [("f2", "role2", "agent1", {"mem": 1024.0})]


def test_a_guarantee_brings_a_whole_agent_along_up_to_the_limit():
    """QuotaAllocationGranularity: what is beyond the guarantee is not split off."""
    script = Script()
    script.allocator.update_quota("a", quota(amounts(cpus=1, mem=512), amounts(cpus=3)))
    script.framework("a")
    assert script.agent("agent1", agent(4, 2048)) == [("a", "a", "agent1", {"cpus": 3.0, "mem": 2048.0})]


def test_guarantees_are_served_even_where_more_was_promised_than_there_is():
    script = Script()
    for role in ("a", "b"):
        script.allocator.update_quota(role, quota(amounts(cpus=100, mem=100_000)))
        script.framework(role)
    assert to_whom(script.agent("agent1", agent())) == [("a", "agent1")]


def test_unallocated_reservations_count_against_a_quota():
    """ReservationUnallocated: a role whose reservation covers its guarantee holds nothing back."""
    script = Script()
    script.framework("f2", "role2")
    script.allocator.update_quota("role1", quota(amounts(cpus=1, mem=512), amounts(cpus=1, mem=512)))
    assert script.agent("agent1", reserved("role1", cpus=1, mem=512)) == []
    assert script.agent("agent2", agent(1, 512)) == [("f2", "role2", "agent2", {"cpus": 1.0, "mem": 512.0})]


def test_what_a_child_role_holds_is_charged_to_its_parent_afterwards():
    """QuotaWithNestedRoleAllocation: the child is not bound by the limit, the parent is from the next run on."""
    script = Script()
    script.allocator.update_quota("a", quota(limit=amounts(cpus=2, mem=1024)))
    script.framework("child", "a/b")
    assert script.agent("agent1", agent(4, 4096)) == [("child", "a/b", "agent1", {"cpus": 4.0, "mem": 4096.0})]
    script.allocator.suppress_offers("child")
    script.framework("parent", "a")
    assert script.agent("agent2", agent()) == []


# -- operations --------------------------------------------------------------------------------------------------------


def test_a_reservation_made_of_an_offer_stays_with_the_role_when_it_is_given_back():
    script = Script()
    script.framework("a")
    script.framework("b")
    [offer] = script.agent("agent1", agent())
    assert offer[0] == "a"
    kept = reserved("a", "mine", cpus=1, mem=512)
    change = (plain(cpus=1, mem=512), kept)
    script.allocator.update_allocation("a", "agent1", "a", agent(), (change,))
    script.recover("a", "agent1", "a", plain(cpus=1, mem=512), None)
    script.recover("a", "agent1", "a", kept, None)
    assert [(framework, offered) for framework, _, _, offered in script.batch()] == [
        ("b", {"cpus": 1.0, "mem": 512.0}), ("a", {"cpus": 1.0, "mem": 512.0}),
    ]  # fmt: skip
    assert script.last[1][3] == kept


# -- the paper ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agents", "tasks"),
    [
        pytest.param(1, {"A": 3, "B": 2}, id="one machine of 9 cpus and 18 GB"),
        pytest.param(10, {"A": 30, "B": 20}, id="ten such machines"),
    ],
)
def test_drf_s_own_example_when_each_takes_one_task_an_offer(agents, tasks):
    """A asks for <1 cpu, 4 GB> a task, B for <3 cpus, 1 GB>: equal shares of 2/3 (Ghodsi et al., section 4)."""
    needs = {"A": plain(cpus=1, mem=4), "B": plain(cpus=3, mem=1)}
    script = Script(min_allocatable=())
    for number in range(agents):
        script.allocator.add_agent(f"agent{number}", plain(cpus=9, mem=18))
    for name in needs:
        script.allocator.add_framework(name, [name])
    running = dict.fromkeys(needs, 0)
    offers = script.settle()
    for _ in range(40 * agents):
        for framework, role, agent_id, _ in offers:
            resources = next(one[3] for one in script.last if one[:3] == (framework, role, agent_id))
            takes = resources.contains(needs[framework])
            running[framework] += takes
            rest = resources - needs[framework] if takes else resources
            script.recover(framework, agent_id, role, rest, 5)
        offers = script.batch()
    for offer in offers:
        script.decline(offer, 5)
    assert running == tasks
    assert [script.allocator.role_sorter.share_of(name) for name in needs] == [2 / 3, 2 / 3]
