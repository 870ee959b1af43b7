"""The pages that a visitor reads first show what the first command prints, in either language."""

from functools import cache
from pathlib import Path

import pytest

import workbench as wb
from workbench.views import sentences
from workbench.views.i18n import Texts
from workbench.views.report.page import line

ROOT = Path(__file__).parents[3]
PAGES = {"en": "README.md", "zh": "README.zh.md"}
ROWS = 3


@cache
def compared():
    return wb.compare("first-look")


def shown(language):
    """Return the quotation: question, answer, the first rows of the table, and what equal defaults make of it."""
    t, comparison = Texts(language), compared()
    sides = comparison.sides
    rows = [line(t, row, sides) for row in comparison.rows[:ROWS]]
    head = [t("Measure"), *(sentences.control_plane(t, side) for side in sides), t("How sure")]
    cells = [[row.title, *(cell.said(t) for cell in row.cells), row.sure] for row in rows]
    return "\n".join([
        f"> **{t.local(comparison.scenario.question)}**",
        f"> {sentences.short_answer(t, comparison)}",
        ">",
        *(f"> | {' | '.join(one)} |" for one in (head, ["---"] * len(head), *cells)),
        ">",
        f"> {sentences.equalised(t, comparison)}",
    ])  # fmt: skip


@pytest.mark.parametrize("language", PAGES)
def test_the_page_shows_what_the_first_look_gives(language):
    assert shown(language) in (ROOT / PAGES[language]).read_text(encoding="utf-8")
