"""The first page as Markdown, for a pull request, a chat or a wiki."""

from __future__ import annotations

import re

from workbench.views.amounts import control_plane
from workbench.views.figures import FIGURES
from workbench.views.i18n import Texts
from workbench.views.report.blocks import Grid, grid
from workbench.views.report.material import Material
from workbench.views.report.page import Page, first_page

SIGNS = re.compile(r"([\\`*_\[\]<>|#~&!])")
"""Letters with a meaning in Markdown or HTML."""


def as_markdown(material: Material, language: str) -> str:
    """Return the first page in one language."""
    t = Texts(language).about(material.scenario)
    page = first_page(t, material)
    parts = [
        f"# {escaped(page.question)}",
        escaped(page.setting),
        escaped(page.differ),
        f"**{escaped(t('Short answer'))}**: {escaped(page.answer)}",
        _section(t("What we measured"), table(_measures(t, material, page)), escaped(page.basis)),
        _why(t, material, page),
        _section(t("What would change the answer"), _list(page.changes)) if page.changes else "",
        _section(t("What this cannot tell you"), _list(page.cannot_tell)),
        _section(t("Run it again"), f"```sh\n{page.command}\n```", escaped(_version(t, page))),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {escaped(title)}", *filter(None, parts)])


def _why(t: Texts, material: Material, page: Page) -> str:
    shown = FIGURES.get(page.figure)
    said = shown.alt(material.comparison, t) if shown and shown.has_content(material.comparison) else ""
    return _section(t("Why"), escaped(page.why), escaped(said)) if page.why or said else ""


def _measures(t: Texts, material: Material, page: Page) -> Grid:
    names = (control_plane(t, side) for side in material.comparison.sides)
    if len(material.comparison.sides) > 2:
        told = [(line.title, *(cell.said(t) for cell in line.cells)) for line in page.lines]
        return grid("", (t("Measure"), *names), told)
    head = (t("Measure"), *names, t("Difference"), t("How sure"))
    rows = [(line.title, *(cell.said(t) for cell in (*line.cells, line.difference)), line.sure) for line in page.lines]
    return grid("", head, rows)


def _version(t: Texts, page: Page) -> str:
    return t("version {version}, fingerprint {fingerprint}", version=page.version, fingerprint=page.fingerprint)


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {escaped(line)}" for line in lines)


def table(shown: Grid) -> str:
    """Return a table in Markdown."""
    rows = ["| " + " | ".join(map(escaped, cells)) + " |" for cells in (shown.head, *shown.rows)]
    return "\n".join([rows[0], "|" + " --- |" * len(shown.head), *rows[1:]])


def escaped(text: str) -> str:
    """Return a text that stands in Markdown for itself: no markup, no HTML, one line."""
    return (
        SIGNS.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
    )
