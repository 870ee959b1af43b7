"""Scripts of calls to a sorter, put to `workbench.engines.mesos.sorters`; and the shares and lots that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from workbench.engines.mesos.resources import NOTHING, Resources
from workbench.engines.mesos.sorters.drf import DRFSorter
from workbench.engines.mesos.sorters.ordered import OrderedDRFSorter
from workbench.engines.mesos.sorters.random import RandomSorter
from workbench.engines.mesos.values import fixed, passed_on
from workbench.fidelity.adapters import mesos_values as values
from workbench.fidelity.adapters.comparing import Unsupported, differences
from workbench.fidelity.records import Case

Given = Mapping[str, Any]

# -- scripts -----------------------------------------------------------------------------------------------------------


def difference(case: Case) -> str:
    """Return the first event at which the model answers differently, or an empty text."""
    script = Script()
    for number, event in enumerate(case.document["events"]):
        answer = script.play(event)
        if told := differences(event.get("expect", {}), answer):
            return f"event {number} ({event['sop']}): {told}"
    return ""


class Script:
    """The sorter that a script calls."""

    def __init__(self) -> None:
        self._sorter: DRFSorter = OrderedDRFSorter()  # the one that runs use; tests hold the plain one against it
        self._agents: dict[str, Resources] = {}

    def play(self, event: Given) -> Given:
        """Make the call that an event stands for, and return what it answers."""
        if event["sop"] == "new":
            self._sorter = OrderedDRFSorter(fairness_exclude=event.get("exclude", ()))
            return {}
        if event["sop"] in ("add_agent", "remove_agent"):
            self._total(event)
            return {}
        call = _CALLS.get(event["sop"])
        if call is None:
            raise Unsupported(f"no call {event['sop']!r}")
        return call(self._sorter, event) or {}

    def _total(self, event: Given) -> None:
        if event["sop"] == "add_agent":
            self._agents[event["agent"]] = values.resources(event["resources"])
            self._sorter.totals.add(self._agents[event["agent"]])
        else:
            self._sorter.totals.remove(self._agents.pop(event["agent"]))


def _held(event: Given, name: str = "resources") -> Resources:
    return values.resources(event[name])


_CALLS: Mapping[str, Callable[[DRFSorter, Given], Given | None]] = {
    "add": lambda sorter, event: sorter.add(event["client"]),
    "remove": lambda sorter, event: sorter.remove(event["client"]),
    "activate": lambda sorter, event: sorter.activate(event["client"]),
    "deactivate": lambda sorter, event: sorter.deactivate(event["client"]),
    "update_weight": lambda sorter, event: sorter.update_weight(event["path"], event["weight"]),
    "allocated": lambda sorter, event: sorter.allocated(event["client"], event["agent"], _held(event)),
    "unallocated": lambda sorter, event: sorter.unallocated(event["client"], event["agent"], _held(event)),
    "update": lambda sorter, event: sorter.update(
        event["client"], event["agent"], _held(event, "old"), _held(event, "new")
    ),
    "sort": lambda sorter, _: {"sorted": sorter.sort()},
    "count": lambda sorter, _: {"count": sorter.count()},
    "contains": lambda sorter, event: {"contains": sorter.contains(event["client"])},
}

# -- shares ------------------------------------------------------------------------------------------------------------


def progressive_filling(case: Case) -> str:
    """Return how tasks given one at a time to whoever is next come out differently, or an empty text."""
    given = case.document
    sorter = DRFSorter()
    total = _amounts(given["total"])
    sorter.totals.add(total)
    needs = {user: _amounts(amounts) for user, amounts in given["users"].items()}
    for user in needs:
        sorter.add(user)
        sorter.activate(user)
    held = dict.fromkeys(needs, NOTHING)
    tasks: Counter[str] = Counter()
    free = total
    while taker := next((user for user in sorter.sort() if free.contains(needs[user])), None):
        sorter.allocated(taker, "cluster", needs[taker])
        free, held[taker] = free - needs[taker], held[taker] + needs[taker]
        tasks[taker] += 1
    answer = {
        "tasks": dict(tasks),
        "allocation": {
            user: {name: passed_on(amount) for name, amount in one.quantities().items()} for user, one in held.items()
        },
        "dominant_share": {user: sorter.share_of(user) for user in needs},
    }
    return differences(given["expect"], answer)


def _amounts(given: Mapping[str, float]) -> Resources:
    return Resources({name: fixed(value) for name, value in given.items()})


# -- lots --------------------------------------------------------------------------------------------------------------


def probabilities(case: Case) -> str:
    """Return which client comes at a place more or less often than it should, or an empty text."""
    given = case.document
    sorter = RandomSorter(Random(case.id).random)
    for client in given["clients"]:
        sorter.add(client)
        sorter.activate(client)
    for path, weight in given["weights"].items():
        sorter.update_weight(path, weight)
    places = Counter((client, place) for _ in range(given["runs"]) for place, client in enumerate(sorter.sort()))
    told = []
    for client, chances in given["expect"]["position_probability"].items():
        for place, chance in enumerate(chances):
            seen = places[client, place] / given["runs"]
            if abs(seen - chance) > given["tolerance"]:
                told.append(f"{client} at place {place}: expected {chance}, the model does it in {seen}")
    return "; ".join(told)
