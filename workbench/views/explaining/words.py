"""Words that the explanations of both sides share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.experiments.explain import Facts
from workbench.model.clock import NEVER, to_seconds
from workbench.views.amounts import bytes_, cores, duration
from workbench.views.i18n import Texts


def clock(t: Texts, time_us: int) -> str:
    """Return an instant, counted from the start: ``5 min 50 s``."""
    return duration(t, to_seconds(time_us))


def amount(t: Texts, resource: str, number: int) -> str:
    """Return an amount of a resource: ``0.5 CPU``, ``4 GiB of memory``, ``2 of example.com/gpu``."""
    if resource == "cpu":
        return t("{amount} CPU", amount=cores(number))
    if resource == "memory":
        return t("{amount} of memory", amount=bytes_(number))
    return t("{amount} of {resource}", amount=f"{number:,}", resource=resource)


def amounts(t: Texts, given: Mapping[str, int]) -> str:
    """Return several amounts in a row."""
    return t.listed(*(amount(t, name, number) for name, number in given.items()))


def few(t: Texts, names: Sequence[str]) -> str:
    """Return up to three names, or the first of more and how many more there are."""
    if len(names) <= 3:
        return t.listed(*names)
    return t("{first} and {count} more", first=names[0], count=f"{len(names) - 1:,}")


def state_of(t: Texts, state: str) -> str:
    """Return how a task stands."""
    return {
        "absent": t("not there yet"),
        "waiting": t("waiting"),
        "starting": t("starting"),
        "running": t("running"),
        "ended": t("ended"),
    }[state]


def waited(t: Texts, facts: Facts) -> str:
    """Return for how long a task has waited for a machine by the instant."""
    decided = facts.row["decided_us"]
    return duration(t, to_seconds((facts.at_us + 1 if decided == NEVER else decided) - facts.since_us))
