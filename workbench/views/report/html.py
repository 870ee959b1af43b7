"""The report as one HTML file that needs nothing else: both languages, figures, data, and no network.

Names from a user's file reach the page only through Jinja's escaping or as JSON in which no ``<`` is left. A policy in
the page forbids the browser to fetch anything.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from workbench.experiments.compare import Row
from workbench.experiments.explain import Facts
from workbench.views import sentences
from workbench.views.amounts import control_plane
from workbench.views.figures import FIGURES, story
from workbench.views.figures.style import PAGE_CSS, look
from workbench.views.i18n import LANGUAGES, Texts
from workbench.views.report import dots
from workbench.views.report.appendix import appendix
from workbench.views.report.appendix.notable import STORY
from workbench.views.report.blocks import Section
from workbench.views.report.material import Material
from workbench.views.report.page import Line, Page, first_page
from workbench.views.report.page import dots as how_to_read
from workbench.views.report.provenance import provenance

LONG_CODE = 28
"""Letters from which on a path may be broken into lines."""

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure in one language: its data for plotly, its caption, and what it shows in words."""

    name: str
    data: Markup
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class Side:
    """A control plane as the page names and marks it."""

    name: str
    mark: str
    colour: str


@dataclass(frozen=True)
class View:
    """The whole report in one language."""

    language: str
    t: Texts
    page: Page
    basis: str
    sides: tuple[Side, ...]
    sections: tuple[Section, ...]
    pictures: dict[str, Picture]
    strips: dict[str, Markup]
    against: dict[str, dict[str, Markup]]


def as_html(material: Material, language: str) -> str:
    """Return the report; `language` is shown first."""
    return _environment().get_template("report.html").render(
        views=[view(material, one) for one in LANGUAGES],
        initial=language,
        version=material.version,
        css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8") + PAGE_CSS),
        js=Markup((TEMPLATES / "report.js").read_text(encoding="utf-8")),
        plotly_js=Markup(_plotly_js()),
        provenance=embedded(provenance(material)),
    )  # fmt: skip


def view(material: Material, language: str) -> View:
    """Return everything that the page shows in one language."""
    t = Texts(language).about(material.scenario)
    comparison = material.comparison
    page, sections = first_page(t, material), tuple(appendix(t, material))
    wanted = dict.fromkeys([page.figure, *(name for section in sections for name in section.figures)])
    pictures = {name: picture for name in wanted if (picture := _picture(t, material, name)) is not None}
    sides = tuple(Side(control_plane(t, side), look(t, side).mark, look(t, side).colour) for side in comparison.sides)
    strips = {line.row.measure: _strip(t, line.row, comparison.sides) for line in page.lines}
    basis = t.joined(page.basis, how_to_read(t, comparison))
    others = {line.row.measure: _against(t, line, comparison.sides[0]) for line in page.lines}
    return View(language, t, page, basis, sides, sections, pictures, strips, others)


def _picture(t: Texts, material: Material, name: str) -> Picture | None:
    if name.startswith(STORY):
        facts = material.explained[int(name.removeprefix(STORY))].facts
        assert isinstance(facts, Facts)
        said = story.alt(facts, t)
        return Picture(name, embedded(json.loads(story.draw(facts, t).to_json())), said, said)
    shown, comparison = FIGURES.get(name), material.comparison
    if shown is None or not shown.has_content(comparison):
        return None
    data = json.loads(shown.draw(comparison, t).to_json())
    caption = shown.caption(comparison, t)
    if name == material.scenario.study.figure:
        caption = t.joined(caption, t("Shown: seed {seed}.", seed=comparison.seeds[0]))
    return Picture(name, embedded(data), caption, shown.alt(comparison, t))


def _against(t: Texts, line: Line, first: str) -> dict[str, Markup]:
    """Return the strips of all sides against the first, where there are more than two."""
    shown = [cell.against for cell in line.cells if cell.against is not None]
    return {one.side: Markup(dots.strip(t, one.apart, (first, one.side), escape(one.brief(t)))) for one in shown}


def _strip(t: Texts, row: Row, sides: tuple[str, ...]) -> Markup:
    first, second = (control_plane(t, side) for side in sides[:2])
    said = t(
        "{first} lower in {first_lower} of {repeats} repeats, {second} in {second_lower}: {sure}",
        first=first,
        second=second,
        first_lower=row.difference.first_lower,
        second_lower=row.difference.second_lower,
        repeats=len(row.difference.pairs),
        sure=sentences.sureness(t, row, sides),
    )
    return Markup(dots.strip(t, row.difference, sides, escape(said)))


def embedded(value: Any) -> Markup:
    """Return plain values as JSON that may stand inside a ``script`` element: no ``<``, ``>``, ``&`` is in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


AMOUNT = re.compile(r"\d (?:min|s|h|d|%|GiB|MiB|核|秒|分|分钟|小时|天|次)(?: \d+ (?:min|s|h|秒|分|小时))?(?!\w)")
"""A number with its unit; a line does not break inside."""


def tied(value: Any) -> Any:
    """Return a text in which numbers stay with their units; anything else as it is."""
    if type(value) is not str:
        return value
    return AMOUNT.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), value)


def breakable(code: str) -> Markup:
    """Return a path or name that may break after its dots, dashes and slashes if it is long, and nowhere else."""
    if len(code) <= LONG_CODE:
        return escape(code)
    return Markup("<wbr>").join(re.split(r"(?<=[._/-])", code))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=tied,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    return environment


@cache
def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
