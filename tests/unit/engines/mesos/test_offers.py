"""How long a refusal hides an agent, and from whom.

Times follow upstream's tests OfferFilter and SmallOfferFilterTimeout and short histories recorded from the real
allocator; batches come every second.
"""

from __future__ import annotations

import pytest

from tests.unit.engines.mesos.scripted import Script, plain, to_whom
from workbench.engines.mesos.offer_constraints import AgentInfo


def offered() -> tuple[Script, tuple[str, str, str, dict[str, float]]]:
    """Return an allocator that has just offered its one agent to its one framework, at second 0."""
    script = Script()
    script.agent("agent1", plain(cpus=2, mem=1024))
    [offer] = script.framework("a")
    return script, offer


def hidden_for(script: Script, at_most: int = 20) -> int:
    """Return how many batches pass without an offer."""
    for batches in range(at_most):
        if script.batch():
            return batches
    return at_most


@pytest.mark.parametrize(
    ("refuse", "batches"),
    [
        pytest.param(None, 0, id="no filter, as when a task ends or an offer is taken back"),
        pytest.param(0, 0, id="zero seconds install none"),
        pytest.param(0.1, 1, id="less than the interval lasts through the next batch"),
        pytest.param(1, 1, id="exactly the interval: armed after the batch's timer, so it outlives that batch"),
        pytest.param(2, 1, id="armed before the timer of the batch at its end: gone by then"),
        pytest.param(2.5, 2, id="in the middle between two batches"),
        pytest.param(5, 4, id="the default time"),
        pytest.param(-1, 4, id="a negative time is the default"),
    ],
)
def test_a_refusal_of_everything(refuse, batches):
    script, offer = offered()
    script.decline(offer, refuse)
    assert hidden_for(script) == batches


def test_a_refusal_in_the_middle_of_an_interval_counts_from_there():
    script, offer = offered()
    script.now_us += 500_000
    script.decline(offer, 1)
    assert script.batch(0.5) == []
    assert script.batch() == [offer]


def test_more_than_was_refused_is_offered_less_or_as_much_is_not():
    script, (_, _, _, _) = offered()
    script.recover("a", "agent1", "a", plain(cpus=1, mem=512), 600)
    assert script.batch() == []
    script.recover("a", "agent1", "a", plain(cpus=1), None)  # a task ended there
    assert script.batch() == [("a", "a", "agent1", {"cpus": 2.0, "mem": 512.0})]


def test_a_part_of_what_was_refused_stays_hidden():
    script, offer = offered()
    script.decline(offer, 600)
    script.allocator.update_agent("agent1", plain(cpus=1, mem=1024))
    assert script.settle() == []


def test_a_filter_is_its_framework_s_and_its_role_s_own():
    script = Script()
    script.agent("agent1", plain(cpus=2, mem=1024))
    [first] = script.framework("f1", "a", "b")
    script.decline(first, 600)
    [second] = script.batch()
    assert (first[1], second[1]) == ("a", "b")  # the same framework, for its other role
    script.decline(second, 600)
    assert script.batch() == []
    assert to_whom(script.framework("f2", "a")) == [("f2", "agent1")]


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(lambda a: a.revive_offers("a"), id="revive"),
        pytest.param(lambda a: (a.deactivate_framework("a"), a.activate_framework("a")), id="reconnecting"),
        pytest.param(
            lambda a: a.update_agent("agent1", info=AgentInfo("agent1", {"rack": "r1"})),
            id="other attributes of the agent",
        ),
        pytest.param(
            lambda a: (a.remove_agent("agent1"), a.add_agent("agent1", plain(cpus=2, mem=1024))), id="a new agent"
        ),
    ],
)
def test_what_clears_filters(how):
    script, offer = offered()
    script.decline(offer, 600)
    script.batch()
    how(script.allocator)
    assert script.settle() == [offer]


def test_nothing_lasts_longer_than_a_year():
    script, offer = offered()
    script.decline(offer, 1e9)
    assert script.batch(365 * 24 * 3600 - 1) == []
    assert script.batch() == [offer]
