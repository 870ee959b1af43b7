"""Leaving agents out that nobody can have changes no offer: random histories, with and without."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.mesos.scripted import Script, amounts, plain, quota, reserved
from workbench.engines.mesos.candidates import Candidates

FRAMEWORKS = {"f1": "a", "f2": "b", "f3": "a/x", "f4": "c"}


class Everything(Candidates):
    """Looks at every agent that it is asked for."""

    def take(self, slaves, whitelist):
        self.all_changed()
        return super().take(slaves, whitelist)


def play(seed: int, candidates: Candidates, *, with_quota: bool) -> list[object]:
    """Return everything that is offered in a random history."""
    random = Random(seed)
    script = Script()
    script.allocator._candidates = candidates
    allocator = script.allocator
    held: list[tuple[str, str, str, object]] = []
    seen: list[object] = []
    for number in range(5):
        extra = reserved("a", cpus=1) if number == 2 else plain(disk=100)
        allocator.add_agent(f"agent{number}", plain(cpus=4, mem=512) + extra)
    for name, role in FRAMEWORKS.items():
        allocator.add_framework(name, [role])
    for _ in range(60):
        act(script, random, held, with_quota=with_quota)
        seen.append(script.settle())
        held += script.last
        if random.random() < 0.4:
            seen.append(script.batch())
            held += script.last
    return seen


def act(script: Script, random: Random, held: list, *, with_quota: bool) -> None:
    allocator = script.allocator
    name, what = random.choice(list(FRAMEWORKS)), random.random()
    if what < 0.5 and held:
        framework, role, agent, resources = held.pop(random.randrange(len(held)))
        half = plain(**{name: amount // 2 / 1000 for name, amount in resources.plain.items()})
        used = half if random.random() < 0.5 else plain()
        script.recover(framework, agent, role, resources - used, random.choice([None, 0, 1, 2, 5, 60]))
        if used:
            held.append((framework, role, agent, used))
    elif what < 0.6:
        allocator.suppress_offers(name)
    elif what < 0.7:
        allocator.revive_offers(name)
    elif what < 0.8 and with_quota:
        allocator.update_quota(random.choice("abc"), quota(amounts(cpus=random.randrange(4)), amounts(cpus=6)))
    elif what < 0.9:
        agent = f"agent{random.randrange(5)}"
        random.choice([allocator.deactivate_agent, allocator.activate_agent])(agent)


@given(seed=st.integers(0, 10**6), with_quota=st.booleans())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_same_offers_are_made(seed, with_quota):
    assert play(seed, Candidates(), with_quota=with_quota) == play(seed, Everything(), with_quota=with_quota)


def test_an_agent_without_news_is_not_looked_at():
    script = Script()
    script.agent("agent1", plain(cpus=1))
    script.framework("a", suppressed=("a",))
    script.batch()
    assert script.allocator._candidates.take(script.allocator.slaves, None) == []
