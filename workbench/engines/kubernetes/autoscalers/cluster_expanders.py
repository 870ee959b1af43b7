"""Which group of nodes is made larger, when several would do?

Each rule returns all options that are equally good; further rules, and in the end chance, choose among them.

Source: kubernetes/autoscaler, cluster-autoscaler/expander, waste, leastnodes, mostpods and priority (version 1.36).
Left out: the price and grpc expanders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.model.resources import CPU

MEMORY = "memory"


class Option(NamedTuple):
    """A group that could be made larger.

    Parameters
    ----------
    capacity, requested : mapping
        What one node of the group has, and what all helped pods ask for together.
    pods : int
        How many pods are helped.
    """

    group: str
    nodes: int
    capacity: Mapping[str, int]
    requested: Mapping[str, int]
    pods: int = 0


def waste(option: Option) -> float:
    """Return the share of cpu plus the share of memory that would be left over."""
    return sum(1 - option.requested.get(one, 0) / (option.capacity[one] * option.nodes) for one in (CPU, MEMORY))


def least_waste(options: Sequence[Option]) -> list[Option]:
    """Return the options that leave the least over."""
    return _best(options, waste)


def least_nodes(options: Sequence[Option]) -> list[Option]:
    """Return the options with the fewest nodes; those without any are none."""
    return _best([one for one in options if one.nodes], lambda one: one.nodes)


def most_pods(options: Sequence[Option]) -> list[Option]:
    """Return the options that help the most pods."""
    return _best(options, lambda one: -one.pods)


def by_priority(options: Sequence[Option], priorities: Mapping[int, Sequence[str]]) -> list[Option]:
    """Return the options of the highest priority.

    Parameters
    ----------
    priorities : mapping
        Number -> patterns, found anywhere in a group's name. If no group matches any, all are as good.
    """

    def priority(option: Option) -> int | None:
        found = [
            number
            for number, patterns in priorities.items()
            if any(re.search(pattern, option.group) for pattern in patterns)
        ]
        return max(found, default=None)

    known = [(number, option) for option in options if (number := priority(option)) is not None]
    if not known:
        return list(options)
    highest = max(number for number, _ in known)
    return [option for number, option in known if number == highest]


def _best(options: Sequence[Option], cost: Callable[[Option], Any]) -> list[Option]:
    least = min(map(cost, options), default=None)
    return [one for one in options if cost(one) == least]
