"""The fast form of the allocator makes the same offers as the plain form, in every history; nothing else may differ."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.mesos.histories import RULES, History, counting
from tests.unit.engines.mesos.scripted import Script, plain
from workbench.engines.mesos.fast_allocation import FastRun
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.sorters.drf import DRFSorter
from workbench.engines.mesos.sorters.ordered import OrderedDRFSorter

STEPS = 80


@given(seed=st.integers(0, 10**6), with_quota=st.booleans(), quirk=st.booleans())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_both_forms_make_the_same_offers_in_the_same_order(seed, with_quota, quirk):
    histories = [
        History(seed, with_quota=with_quota, weight_cache_quirk=quirk, arrange=Random(seed).shuffle, plain=plainly)
        for plainly in (False, True)
    ]
    fast, spelled_out = (history.go(STEPS) for history in histories)
    assert fast == spelled_out


def test_the_histories_exercise_every_rule():
    """A rule that no history needs would be compared by nobody."""
    did: Counter[str] = Counter()
    for seed in range(60):
        history = counting(History(seed, plain=True))
        history.go(STEPS)
        did += history.did
    assert {rule: did[rule] for rule in RULES if did[rule] < 10} == {}


def test_an_allocator_runs_in_the_fast_form_unless_lots_are_drawn():
    assert Script().allocator._form is FastRun
    assert Script(framework_sorter="random").allocator._form is not FastRun


CLIENTS = ("a", "a/x", "a/x/y", "b", "b/z", "c", "d")


def play(seed: int, sorter: DRFSorter) -> list[list[str]]:
    """Return the orders that a random history of one sorter goes through."""
    random, orders = Random(seed), []
    held: list[tuple[str, str, Resources]] = []
    sorter.totals.add(plain(cpus=20, mem=30))
    for _ in range(100):
        client = random.choice(CLIENTS)
        known = sorter.contains(client)
        what = random.choice(
            ("come", "come", "go", "on", "on", "off", "weight", "more", *5 * ("take",), *3 * ("back",))
        )
        if what == "come" and not known:
            sorter.add(client)
            if random.random() < 0.8:
                sorter.activate(client)
        elif what == "go" and known:
            sorter.remove(client)
            held = [one for one in held if one[0] != client]
        elif what in ("on", "off") and known:
            (sorter.activate if what == "on" else sorter.deactivate)(client)
        elif what == "weight":
            sorter.update_weight(client, random.choice((0.5, 1.0, 2.0)))
        elif what == "more":
            sorter.totals.add(plain(cpus=random.choice((1, 3)), mem=random.choice((1, 3))))
        elif what == "take" and known:
            resources = plain(cpus=random.choice((1, 2, 0.1)), mem=random.choice((1, 2)))
            held.append((client, random.choice("12"), resources))
            sorter.allocated(*held[-1])
        elif what == "back" and held:
            sorter.unallocated(*held.pop(random.randrange(len(held))))
        if random.random() < 0.5:
            orders.append(sorter.sort())
    return orders


@given(seed=st.integers(0, 10**6), quirk=st.booleans())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_both_sorters_have_the_same_order(seed, quirk):
    plainly, fast = DRFSorter(weight_cache_quirk=quirk), OrderedDRFSorter(weight_cache_quirk=quirk)
    assert play(seed, fast) == play(seed, plainly)


def test_the_quirk_makes_a_difference_in_some_history():
    """Else the test above would not notice a sorter that does not have it."""
    orders = [[play(one, OrderedDRFSorter(weight_cache_quirk=quirk)) for one in range(100)] for quirk in (True, False)]
    assert orders[0] != orders[1]
