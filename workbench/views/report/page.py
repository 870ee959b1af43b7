"""The first page: question, answer, five measures, one figure, what would change it, what it cannot tell, how to rerun.

Everything here is plain text in one language; how it is marked up is up to the writer of each format.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from workbench.experiments.compare import Comparison, Row
from workbench.model.clock import to_seconds
from workbench.model.resources import CPU, MEMORY
from workbench.model.scenario import LocalText, Scenario
from workbench.views import changes, faults, sentences
from workbench.views.against import Against, against, method
from workbench.views.amounts import beside, control_plane, duration, measured, with_range
from workbench.views.differences import differences
from workbench.views.i18n import Texts
from workbench.views.report.material import Material

MOST_ROWS = 5
MOST_APPS = 6
CANNOT_TELL = 3
NOTHING = "\N{EM DASH}"
"""In the table where there is no difference to speak of."""
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the table in words: the typical value, the interval around it (may be empty).

    Of more than two sides each but the first has what it is against the first, too.
    """

    main: str
    interval: str = ""
    against: Against | None = None

    def said(self, t: Texts) -> str:
        """Return all of it in one."""
        said = t("{middle} ({range})", middle=self.main, range=self.interval) if self.interval else self.main
        return said if self.against is None else t("; ").join((said, self.against.brief(t)))


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of the table, in words; `row` holds its numbers.

    `difference` and `sure` are about two sides; of more, each cell says it.
    """

    row: Row
    title: str
    meaning: str
    cells: tuple[Cell, ...]
    difference: Cell
    sure: str


@dataclass(frozen=True, slots=True)
class Page:
    """The first page in one language.

    Parameters
    ----------
    differ : str
        In which settings the sides differ, where a control plane is compared with itself; else empty.
    figure : str
        Name of the one figure; empty if the scenario names none.
    """

    title: str
    question: str
    setting: str
    differ: str
    answer: str
    lines: tuple[Line, ...]
    basis: str
    why: str
    figure: str
    changes: tuple[str, ...]
    cannot_tell: tuple[str, ...]
    command: str
    version: str
    fingerprint: str


def first_page(t: Texts, material: Material) -> Page:
    """Return the first page of a report in the language of `t`."""
    comparison, study = material.comparison, material.scenario.study
    return Page(
        title=t.local(material.scenario.title),
        question=t.local(material.scenario.question),
        setting=setting(t, material.scenario),
        differ=differences(t, material.scenario, comparison.sides),
        answer=sentences.short_answer(t, comparison),
        lines=tuple(line(t, row, comparison.sides) for row in comparison.rows[:MOST_ROWS]),
        basis=basis(t, comparison),
        why=t.local(study.why) if study.why else "",
        figure=study.figure,
        changes=tuple(sentences.would_change(t, comparison)),
        cannot_tell=cannot_tell(t, study.cannot_tell),
        command=material.command,
        version=material.version,
        fingerprint=material.fingerprint[:12],
    )


def setting(t: Texts, scenario: Scenario) -> str:
    """Return the scenario in one line: cluster, apps, length, faults."""
    return "\N{NO-BREAK SPACE}· ".join(_setting(t, scenario))


def _setting(t: Texts, scenario: Scenario) -> Iterator[str]:
    yield _machines(t, scenario)
    apps = [_app_in_short(t, scenario, index) for index in range(len(scenario.apps))]
    if len(apps) > MOST_APPS:
        apps[MOST_APPS:] = [t("and {count} more", count=len(apps) - MOST_APPS)]
    yield t.listed(*apps)
    yield t("simulated for {time}", time=duration(t, to_seconds(scenario.horizon_us)))
    for fault in scenario.faults[:2]:
        time = duration(t, to_seconds(fault.at_us))
        yield faults.told(t, fault, time)
    for change in scenario.changes[:2]:
        yield t("{change} at {time}", change=changes.named(t, change), time=changes.at(t, change))


def _machines(t: Texts, scenario: Scenario) -> str:
    """Return how large the cluster is, or how large it may become."""
    capacity, pools = scenario.cluster.capacity, scenario.cluster.pools
    if any(pool.most is not None for pool in pools):
        fixed = sum(pool.count if pool.fixed is None else pool.fixed for pool in pools)
        return t(
            "{least}–{most} machines, {fixed} where nobody orders any",
            least=f"{sum(pool.count if pool.least is None else pool.least for pool in pools):,}",
            most=f"{sum(pool.count if pool.most is None else pool.most for pool in pools):,}",
            fixed=f"{fixed:,}",
        )
    return t(
        "{machines} machines, {cores} cores, {memory} GiB",
        machines=f"{len(scenario.cluster.nodes):,}",
        cores=f"{capacity.get(CPU, 0) / 1000:,.6g}",
        memory=f"{capacity.get(MEMORY, 0) / GIB:,.4g}",
    )


def _app_in_short(t: Texts, scenario: Scenario, index: int) -> str:
    app = scenario.apps[index]
    if app.arrivals is not None:
        if app.arrivals.rate == 1:
            return t("{app} with a task a second", app=app.name)
        return t("{app} with {rate} tasks/s", app=app.name, rate=f"{app.arrivals.rate:g}")
    if app.schedule is not None:
        return t("{app} every {time}", app=app.name, time=duration(t, to_seconds(app.schedule.period_us)))
    count = len(scenario.cluster.nodes) if app.kind == "daemon" else app.replicas
    return t("{count} × {app}", count=f"{count:,}", app=app.name)


def line(t: Texts, row: Row, sides: tuple[str, ...]) -> Line:
    """Return a measure as a line of the table."""
    apart, around = sentences.gap(t, row, sides) if row.difference.verdict != "close" else (NOTHING, "")
    others = {one.side: one for one in against(t, row, sides)}
    return Line(
        row=row,
        title=sentences.title(t, row),
        meaning=t(row.metric.meaning),
        cells=tuple(replace(_cell(t, row, side), against=others.get(side)) for side in sides),
        difference=Cell(apart, around),
        sure=sentences.sureness(t, row, sides),
    )


def _cell(t: Texts, row: Row, side: str) -> Cell:
    values = row.values[side]
    if not all(map(math.isfinite, values)):
        return Cell(measured(t, beside(row.metric, row.values), values))
    return Cell(*with_range(t, beside(row.metric, row.values), values, brief=True))


def basis(t: Texts, comparison: Comparison) -> str:
    """Return what the numbers of the table rest on."""
    if len(comparison.seeds) == 1:
        return t("One simulated run per side, no measurement of real clusters.")
    means = t("Means of {repeats} simulated repeats with their 95 % confidence ranges.", repeats=len(comparison.seeds))
    return t.joined(means, method(t, comparison)) if len(comparison.sides) > 2 else means


def dots(t: Texts, comparison: Comparison) -> str:
    """Return how to read the strips of dots."""
    first, second = (control_plane(t, side) for side in comparison.sides[:2])
    if len(comparison.sides) > 2:
        return t("Dots are repeats: left, {first} is lower.", first=first)
    return t("Dots are repeats: left of the line {first} is lower, right of it {second}.", first=first, second=second)


def cannot_tell(t: Texts, own: tuple[LocalText, ...]) -> tuple[str, ...]:
    """Return three limits of the answer: those of the scenario's author first, then general ones."""
    general = (
        t("What your own applications do while they start or fail; times here are the scenario's."),
        t("What a slow disk or a lossy network does; here a machine works, is cut off, lacks its agent, or is gone."),
        t("What is not in the scenario: other load, people, money."),
    )
    return tuple([*(t.local(one) for one in own), *general][:CANNOT_TELL])
