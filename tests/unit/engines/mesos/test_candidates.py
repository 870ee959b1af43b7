"""Leaving agents out that nobody can have changes no offer: random histories, with and without."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.mesos.histories import History
from tests.unit.engines.mesos.scripted import Script, plain
from workbench.engines.mesos.candidates import Candidates


class Everything(Candidates):
    """Looks at every agent that it is asked for."""

    def take(self, slaves, whitelist):
        self.all_changed()
        return super().take(slaves, whitelist)


def play(seed: int, candidates: type[Candidates], *, with_quota: bool) -> list[object]:
    """Return everything that is offered in a random history."""
    history = History(seed, with_quota=with_quota)
    history.allocator.rounds.candidates = candidates()
    history.allocator.rounds.ask_all()
    return history.go(60)


@given(seed=st.integers(0, 10**6), with_quota=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_same_offers_are_made(seed, with_quota):
    assert play(seed, Candidates, with_quota=with_quota) == play(seed, Everything, with_quota=with_quota)


def test_an_agent_without_news_is_not_looked_at():
    script = Script()
    script.agent("agent1", plain(cpus=1))
    script.framework("a", suppressed=("a",))
    script.batch()
    assert script.allocator.rounds.candidates.take(script.allocator.slaves, None) == []
