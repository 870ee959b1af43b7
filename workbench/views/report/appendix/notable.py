"""E: which refusals were most frequent, who waited longest, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.experiments.phases import PHASES
from workbench.views.amounts import control_plane, duration
from workbench.views.i18n import Texts
from workbench.views.report import decisions
from workbench.views.report.blocks import Section, grid
from workbench.views.report.material import Material

if TYPE_CHECKING:
    from workbench.views.explaining import Card

STORY = "story-"
"""What the figure of an explanation is called, before its number."""


def notable(t: Texts, material: Material) -> Section:
    """Return why machines were refused most often, and who waited longest and why."""
    comparison = material.comparison
    refusals = [
        (control_plane(t, side), rule, decisions.said(t, reason), f"{count:,}", f"{tasks:,}")
        for side in comparison.sides
        for rule, reason, count, tasks in decisions.refusals(comparison.traces[side])
    ]
    waits = [
        (
            control_plane(t, side),
            one.task,
            duration(t, one.wait_s),
            f"{one.attempts:,}",
            t.template(PHASES.get(one.phase, "")),
            decisions.said(t, one.why),
            one.node,
        )
        for side in comparison.sides
        for one in decisions.longest(comparison.traces[side])
    ]
    return Section(
        "E",
        t("Notable decisions"),
        tuple(_told(t, one.card(t)) for one in material.explained),
        grids=(
            grid(
                t("Why machines were refused most often (first repeat)"),
                (t("Side"), t("Rule"), t("Reason"), t("Machines refused"), t("Tasks")),
                refusals,
                numbers=(3, 4),
                codes=(1,),
            ),
            grid(
                t("Who waited longest for a machine (first repeat)"),
                (
                    t("Side"),
                    t("Task"),
                    t("Waited"),
                    t("Decisions"),
                    t("Longest part"),
                    t("Most frequent refusal"),
                    t("Went to"),
                ),
                waits,
                numbers=(2, 3),
                codes=(1, 6),
            ),
        ),
        figures=tuple(f"{STORY}{number}" for number in range(len(material.explained))),
    )


def _told(t: Texts, card: Card) -> str:
    """Return both sentences about who waited longest, the moment in front."""
    return t.joined(t("{title}.", title=card.title), card.because, card.cure)
