"""What happened to a pod or task, a line for each step, with its time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from workbench.experiments.explain import Facts
from workbench.views.explaining.words import clock
from workbench.views.i18n import Texts


def lines(t: Texts, facts: Facts) -> Iterator[str]:
    """Yield the story; refusals in a row are one line."""
    for refused, group in groupby(facts.story, key=lambda one: one[1] == "refused"):
        steps = list(group)
        if refused and len(steps) > 1:
            first, last = steps[0][0], steps[-1][0]
            yield t(
                "{time}  refused {count} times, the last time at {last}",
                time=clock(t, first), count=len(steps), last=clock(t, last),
            )  # fmt: skip
        else:
            yield from (f"{clock(t, at)}  {step(t, what, detail)}" for at, what, detail in steps)


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
        "submitted": t("wanted"),
        "queued": t("known to the control plane"),
        "bound": t("known on its machine"),
        "image": t("image there"),
        "volume": t("volumes mounted"),
        "started": t("process runs"),
        "ready": t("ready"),
        "refused": t("no machine would do"),
    }[what]
