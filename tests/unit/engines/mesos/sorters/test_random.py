"""Lots. How often whom comes first follows upstream's WeightedShuffleTest and RandomSorterTest."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.unit.engines.mesos.scripted import Script, plain
from workbench.engines.mesos.sorters.random import RandomSorter


def made(weights: dict[str, float], *clients: str) -> RandomSorter:
    sorter = RandomSorter(Random(7).random)
    for client in clients:
        sorter.add(client)
        sorter.activate(client)
    for path, weight in weights.items():
        sorter.update_weight(path, weight)
    return sorter


@pytest.mark.parametrize(
    ("weights", "first"),
    [
        pytest.param({}, {"a": 0.5, "b": 0.5}, id="equal"),
        pytest.param({"b": 3.0}, {"a": 0.25, "b": 0.75}, id="three times the weight, three times as often"),
        pytest.param({"c": 2.0}, {"a": 0.25, "b": 0.25, "c/d": 0.25, "c/e": 0.25}, id="a weight holds for a subtree"),
        pytest.param({"c": 2.0, "c/e": 3.0}, {"a": 0.25, "b": 0.25, "c/d": 0.125, "c/e": 0.375}, id="and within it"),
    ],
)
def test_who_comes_first(weights, first):
    sorter = made(weights, *first)
    firsts = Counter(sorter.sort()[0] for _ in range(4000))
    assert {client: pytest.approx(firsts[client] / 4000, abs=0.03) for client in first} == first


def test_inactive_clients_neither_appear_nor_weigh_and_all_others_appear_once():
    sorter = made({"c": 5.0}, "a", "c/d", "c/e")
    sorter.deactivate("c/d")
    assert sorted(sorter.sort()) == ["a", "c/e"]
    sorter.deactivate("c/e")
    assert sorter.sort() == ["a"]


def test_a_client_with_roles_below_it_draws_beside_them():
    assert sorted(made({}, "a", "a/b").sort()) == ["a", "a/b"]


def test_an_allocator_may_draw_lots():
    script = Script(role_sorter="random", framework_sorter="random")
    for name in "abcd":
        script.framework(name, "one" if name < "c" else "two")
    takers = Counter()
    for number in range(40):
        takers.update(framework for framework, *_ in script.agent(f"agent{number}", plain(cpus=1)))
    assert set(takers) == set("abcd")
    assert takers.total() == 40
