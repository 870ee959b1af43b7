"""B: where the wait went, every measure, the same with equal defaults and along the levers, further figures."""

from __future__ import annotations

from workbench.experiments import phases
from workbench.experiments.compare import Comparison, Row, Turn
from workbench.views import sentences
from workbench.views.amounts import control_plane, duration
from workbench.views.figures import figures_for, provenance
from workbench.views.i18n import Texts
from workbench.views.report.blocks import Grid, Section, grid
from workbench.views.report.material import Material
from workbench.views.report.page import line


def measures(t: Texts, material: Material) -> Section:
    """Return where the wait went, every measure, and the further figures."""
    comparison = material.comparison
    further = tuple(name for name in figures_for(comparison) if name != material.scenario.study.figure)
    return Section(
        "B",
        t("Placement, waiting, and everything measured"),
        (provenance(comparison, t),) if further else (),
        grids=(
            _phases(t, comparison),
            _measures(t, comparison, t("Every measure"), equalised=False),
            _measures(t, comparison, t("The same with equal defaults"), equalised=True),
            *(_lever(t, comparison, turn) for turn in comparison.turns),
        ),
        figures=further,
    )


def _phases(t: Texts, comparison: Comparison) -> Grid:
    spent = {side: phases.mean(comparison.traces[side]) for side in comparison.sides}
    rows = []
    for name, said in phases.PHASES.items():
        times = [spent[side].get(name, 0.0) for side in comparison.sides]
        if any(time >= 0.0005 for time in times):
            rows.append((t(said), *(duration(t, time) for time in times)))
    if rows:
        rows.append((t("in all"), *(duration(t, sum(spent[side].values())) for side in comparison.sides)))
    caption = t(
        "Where the time from submission to ready went, mean over the tasks of the first repeat that became ready"
    )
    return grid(caption, (t("Phase"), *_names(t, comparison)), rows, numbers=tuple(range(1, 9)))


def _names(t: Texts, comparison: Comparison) -> tuple[str, ...]:
    return tuple(control_plane(t, side) for side in comparison.sides)


def _measures(t: Texts, comparison: Comparison, caption: str, *, equalised: bool) -> Grid:
    rows = []
    for row in comparison.equalised if equalised else comparison.rows:
        said = line(t, row, comparison.sides)
        apart = (said.difference.said(t), said.sure) if len(comparison.sides) < 3 else ()
        cells = tuple(cell.said(t) for cell in said.cells)
        rows.append((said.title, *cells, *apart, "" if equalised else said.meaning))
    between = (t("Difference"), t("How sure")) if len(comparison.sides) < 3 else ()
    head = (t("Measure"), *_names(t, comparison), *between, t("Meaning"))
    return grid(caption, head, rows)


def _lever(t: Texts, comparison: Comparison, turn: Turn) -> Grid:
    row = comparison.rows[0]
    rows = []
    for chosen, apart in zip(turn.values, turn.differences, strict=True):
        at = Row(row.measure, row.values, apart)
        between, _ = sentences.gap(t, at, comparison.sides)
        count = t("{agree} of {repeats} repeats", agree=sentences.agreeing(apart), repeats=len(apart.pairs))
        rows.append((sentences.setting(t, turn.path, chosen), between, count))
    setting = sentences.label(t, comparison.scenario, turn.path)
    caption = t("{measure}, when one setting is varied: {setting}", measure=sentences.title(t, row), setting=setting)
    return grid(caption, (t("Value"), t("Difference"), t("How sure")), rows)
