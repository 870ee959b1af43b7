"""What happened to a pod or task, a line for each step, with its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from workbench.model.reasons import REASONS
from workbench.views.explaining.words import clock
from workbench.views.i18n import Texts

Story = Iterable[tuple[int, str, str]]
"""(time in microseconds, what happened, detail), as `experiments.explain.story_of` has it."""


def steps(t: Texts, story: Story) -> Iterator[tuple[str, str]]:
    """Yield (time, what happened then) in words: what is of one moment together, refusals in a row likewise."""
    for when, together in groupby(_steps(t, story), key=lambda one: one[0]):
        yield when, t.listed(*(what for _, what in together))


def _steps(t: Texts, story: Story) -> Iterator[tuple[str, str]]:
    """Yield (time in words, step in words)."""
    for refused, group in groupby(story, key=lambda one: one[1] == "refused"):
        found = list(group)
        first, last = found[0][0], found[-1][0]
        if refused and len(found) > 1:
            many = t("no machine would do, {count} times until {last}", count=f"{len(found):,}", last=clock(t, last))
            yield clock(t, first), many
        else:
            yield from ((clock(t, at), step(t, what, detail)) for at, what, detail in found)


def step(t: Texts, what: str, detail: str = "") -> str:
    """Return one step in words."""
    if what == "decided":
        return t("a machine is chosen: {node}", node=detail)
    if what == "waits":
        reason, _, about = detail.partition("|")
        return t("{reason} ({about})", reason=t(REASONS[reason]), about=about)
    if what == "ended":
        return {
            "finished": t("its work is done"),
            "killed": t("stopped"),
            "lost": t("lost with its machine"),
            "failed": t("its process failed"),
        }.get(detail, t("ended"))
    return {
        "submitted": t("asked for"),
        "queued": t("known to the control plane"),
        "bound": t("known on its machine"),
        "image": t("image there"),
        "volume": t("volumes mounted"),
        "init": t("init containers done"),
        "started": t("process runs"),
        "ready": t("ready"),
        "refused": t("no machine would do"),
    }[what]
