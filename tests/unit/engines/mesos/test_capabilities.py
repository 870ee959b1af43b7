"""Who is not offered what: capabilities and offer constraints, by the real allocator's checks."""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import Script, amounts, plain, quota, reserved, to_whom
from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.capabilities import OF_AGENTS, OF_FRAMEWORKS
from workbench.engines.mesos.conversions import create
from workbench.engines.mesos.kinds import Kind, Reservation, reserved_kind, volume_kind
from workbench.engines.mesos.offer_constraints import AgentInfo, AttributeConstraint, Domain, excluded
from workbench.engines.mesos.resources import Resources

HERE, THERE = Domain("eu", "z1"), Domain("us", "z1")
PLAIN = plain(cpus=1, mem=128)
LENT = Resources(special={Kind("cpus", revocable=True): 2000})
REFINED = Resources(special={Kind("cpus", (Reservation("a", "STATIC"), Reservation("a/x"))): 1000})


def without(*names: str) -> frozenset[str]:
    return OF_FRAMEWORKS - {*names}


@pytest.mark.parametrize(
    ("lacks", "role", "total", "agent", "offered"),
    [
        pytest.param((), "a", plain(cpus=1, mem=128, gpus=1), {}, True, id="GPUs, to one that knows of them"),
        pytest.param(("GPU_RESOURCES",), "a", plain(cpus=1, mem=128, gpus=1), {}, False, id="GPUs: the whole agent"),
        pytest.param(("GPU_RESOURCES",), "a", PLAIN, {}, True, id="no GPUs"),
        pytest.param(("REGION_AWARE",), "a", PLAIN, {"domain": THERE}, False, id="another region"),
        pytest.param(("REGION_AWARE",), "a", PLAIN, {"domain": HERE}, True, id="the master's region"),
        pytest.param(("REGION_AWARE",), "a", PLAIN, {}, True, id="an agent without a region"),
        pytest.param((), "a", PLAIN, {"lacks": "MULTI_ROLE"}, False, id="agent without, framework with MULTI_ROLE"),
        pytest.param(("MULTI_ROLE",), "a", PLAIN, {"lacks": "MULTI_ROLE"}, True, id="both without MULTI_ROLE"),
        pytest.param((), "a/x", PLAIN, {"lacks": "HIERARCHICAL_ROLE"}, False, id="a role below another"),
        pytest.param((), "a", PLAIN, {"lacks": "HIERARCHICAL_ROLE"}, True, id="a role at the top"),
    ],
)
def test_whole_agents(lacks, role, total, agent, offered):
    script = Script(domain=HERE)
    script.framework("f", role, capabilities=without(*lacks))
    info = AgentInfo("agent1", domain=agent.get("domain"))
    script.allocator.add_agent("agent1", total, info=info, capabilities=OF_AGENTS - {agent.get("lacks")})
    assert bool(script.settle()) is offered


def test_the_master_s_flag_offers_agents_with_gpus_to_everybody():
    script = Script(filter_gpu_resources=False)
    script.framework("f", capabilities=without("GPU_RESOURCES"))
    assert to_whom(script.agent("agent1", plain(cpus=1, gpus=1))) == [("f", "agent1")]


@pytest.mark.parametrize(
    ("lacks", "special"),
    [
        pytest.param("REVOCABLE_RESOURCES", LENT, id="revocable"),
        pytest.param("RESERVATION_REFINEMENT", REFINED, id="refined"),
    ],
)
def test_parts_of_agents_go_on_to_the_next_framework(lacks, special):
    """OversubscribedNotAllocated, and MESOS-9554: what one does not understand is left to the next in line."""
    script = Script()
    script.framework("f1", "a/x", capabilities=without(lacks))
    script.framework("f2", "a/x")
    script.agent("agent1", PLAIN + special)
    assert {one[0]: one[3] for one in script.last} == {"f1": PLAIN, "f2": special}


def test_revocable_resources_know_neither_limit_nor_headroom_but_count_in_the_share():
    script = Script()
    script.allocator.update_quota("f1", quota(limit=amounts(cpus=1)))
    script.framework("f1")
    script.agent("agent1", plain(cpus=4) + LENT)
    assert script.last[0][3] == plain(cpus=1) + LENT
    assert script.allocator.role_sorter.share_of("f1") == 0.5  # 3 of 6


def test_a_shared_volume_stays_on_offer_while_it_is_in_use_once_a_run_and_is_charged_once():
    """AllocateSharedResources, shortened."""
    script = Script()
    script.framework("f1", "a")
    disk = reserved_kind("disk", "a")
    volume = Resources(special={volume_kind(disk, "v", 5000)._replace(shared=True): 1})
    total = PLAIN + reserved("a", disk=5)
    script.agent("agent1", total)
    script.allocator.update_allocation("f1", "agent1", "a", total, (create(volume),))
    script.recover("f1", "agent1", "a", PLAIN, None)
    script.framework("f2", "a")
    assert [(one[0], one[3]) for one in script.last] == [("f2", PLAIN + volume)]  # f1 still has its copy
    script.framework("f3", "a", capabilities=without("SHARED_RESOURCES"))
    assert script.last == []
    assert script.allocator.slaves["agent1"].available == volume
    assert script.allocator.role_sorter.allocation_quantities("a") == {"cpus": 1000, "mem": 128_000, "disk": 5000}


# -- constraints -------------------------------------------------------------------------------------------------------

INFO = AgentInfo("web-1", {"rack": "r1", "cores": 4.0}, Domain("eu", "z1"))


@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        pytest.param(AttributeConstraint("rack", "exists"), True, id="there is such an attribute"),
        pytest.param(AttributeConstraint("row", "exists"), False, id="there is none"),
        pytest.param(AttributeConstraint("row", "not_exists"), True, id="none, as wanted"),
        pytest.param(AttributeConstraint("rack", "text_equals", "r1"), True, id="the text"),
        pytest.param(AttributeConstraint("rack", "text_not_equals", "r1"), False, id="any other text"),
        pytest.param(AttributeConstraint("row", "text_equals", "r1"), False, id="nothing is no text"),
        pytest.param(AttributeConstraint("row", "text_not_equals", "r1"), True, id="nothing is another text"),
        pytest.param(AttributeConstraint("rack", "text_matches", "r[12]"), True, id="an expression"),
        pytest.param(AttributeConstraint("rack", "text_matches", "r"), False, id="matches as a whole"),
        pytest.param(AttributeConstraint("rack", "text_not_matches", "r"), True, id="does not match as a whole"),
        pytest.param(AttributeConstraint("cores", "text_equals", "5"), True, id="a number passes what is about texts"),
        pytest.param(AttributeConstraint("cores", "text_not_matches", ".*"), True, id="negated or not"),
        pytest.param(AttributeConstraint("HOSTNAME", "text_matches", "web-.*", pseudo=True), True, id="host name"),
        pytest.param(AttributeConstraint("REGION", "text_equals", "eu", pseudo=True), True, id="region"),
        pytest.param(AttributeConstraint("ZONE", "text_equals", "z2", pseudo=True), False, id="zone"),
        pytest.param(AttributeConstraint("HOSTNAME", "exists"), False, id="an attribute that has the name of none"),
    ],
)
def test_offer_constraints(constraint, holds):
    assert constraint.holds(INFO) is holds


def test_one_group_has_to_hold_as_a_whole_and_other_roles_are_free():
    yes, no = AttributeConstraint("rack", "exists"), AttributeConstraint("rack", "not_exists")
    assert not excluded({"a": [[yes, no], [yes]]}, "a", INFO)
    assert excluded({"a": [[yes, no], [no]]}, "a", INFO)
    assert not excluded({"a": [[no]]}, "b", INFO)


def test_an_excluded_agent_is_offered_once_the_framework_asks_otherwise():
    script = Script()
    no = AttributeConstraint("rack", "exists")
    script.framework("a", constraints={"a": [[no]]})
    assert script.agent("agent1", PLAIN) == []
    script.allocator.update_framework("a", ["a"])
    assert script.settle() == []  # waits for the next batch
    assert to_whom(script.batch()) == [("a", "agent1")]


def test_defaults_are_the_master_s():
    assert Options().filter_gpu_resources
    assert (Options().agent_recovery_factor, Options().recovery_timeout_us) == (0.8, 600_000_000)
