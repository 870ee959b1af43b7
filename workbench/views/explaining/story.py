"""What happened to a pod or task, a line for each step, with its time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from workbench.experiments.explain import Facts
from workbench.views.explaining.words import clock
from workbench.views.i18n import Texts


def lines(t: Texts, facts: Facts) -> Iterator[str]:
    """Yield the story: steps of one moment in one line, refusals in a row likewise."""
    for when, steps in groupby(_steps(t, facts), key=lambda one: one[0]):
        yield f"{when}  {t.listed(*(what for _, what in steps))}"


def _steps(t: Texts, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield (time in words, step in words)."""
    for refused, group in groupby(facts.story, key=lambda one: one[1] == "refused"):
        steps = list(group)
        first, last = steps[0][0], steps[-1][0]
        if refused and len(steps) > 1:
            many = t("no machine would do, {count} times until {last}", count=f"{len(steps):,}", last=clock(t, last))
            yield clock(t, first), many
        else:
            yield from ((clock(t, at), step(t, what, detail)) for at, what, detail in steps)


def step(t: Texts, what: str, detail: str = "") -> str:
    """Return one step in words."""
    if what == "decided":
        return t("a machine is chosen: {node}", node=detail)
    if what == "ended":
        return {
            "finished": t("its work is done"),
            "killed": t("stopped"),
            "lost": t("lost with its machine"),
        }.get(detail, t("ended"))
    return {
        "submitted": t("asked for"),
        "queued": t("known to the control plane"),
        "bound": t("known on its machine"),
        "image": t("image there"),
        "volume": t("volumes mounted"),
        "started": t("process runs"),
        "ready": t("ready"),
        "refused": t("no machine would do"),
    }[what]
