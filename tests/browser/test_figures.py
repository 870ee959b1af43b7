"""Figures as a browser draws them: no message, nothing cut off, no words on words."""

import pytest
from playwright.sync_api import sync_playwright

from tests.unit.views.test_figures import MADE
from workbench.views.figures import FIGURES, PAGE_CSS, figures_for
from workbench.views.i18n import LANGUAGES, Texts

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = (640, 960)
EVERY = [(made, name) for made in MADE for name in figures_for(MADE[made]())]

WORDS = """() => {
  const plot = document.querySelector(".js-plotly-plot").getBoundingClientRect();
  const found = [];
  for (const text of document.querySelectorAll(".main-svg text")) {
    if (!text.textContent.trim() || text.closest(".hoverlayer") || text.closest(".bartext")) continue;
    const box = text.getBoundingClientRect();
    if (!box.width) continue;
    found.push({text: text.textContent, left: box.left - plot.left, right: box.right - plot.left,
                top: box.top - plot.top, bottom: box.bottom - plot.top});
  }
  return {words: found, width: plot.width, height: plot.height};
}"""
"""The letters in a figure with their boxes, in pixels; those inside bars belong there."""

SLACK = 1.5
"""Pixels by which boxes may touch: letters do not fill theirs."""


PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #ffffff; color: #1b1b1b; }} body.dark {{ background: #14171c; color: #e6e6e6; }} {css}
</style><div id="plot"></div><script src="{script}"></script>"""

DRAW = """async ([text, dark]) => {
  document.body.classList.toggle("dark", dark);
  const figure = JSON.parse(text);
  Plotly.purge("plot");
  await Plotly.newPlot("plot", figure.data, figure.layout, {displayModeBar: false, responsive: true});
  await document.fonts.ready;
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with plotly in it, and what the browser complains about as `said`."""
    from plotly.offline import get_plotlyjs

    folder = tmp_path_factory.mktemp("figures")
    (folder / "plotly.js").write_text(get_plotlyjs(), encoding="utf-8")
    (folder / "page.html").write_text(PAGE.format(css=PAGE_CSS, script="plotly.js"), encoding="utf-8")
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto((folder / "page.html").as_uri())
        yield page
        chromium.close()


def shown(page, figure, path, *, width, dark):
    """Draw a figure, keep its screenshot, and return where its words stand."""
    page.set_viewport_size({"width": width, "height": int(figure.layout.height) + 10})
    page.evaluate(DRAW, [figure.to_json(), dark])
    measured = page.evaluate(WORDS)
    page.screenshot(path=str(path))
    return measured


def on_each_other(words):
    return [
        (one["text"], other["text"])
        for place, one in enumerate(words)
        for other in words[place + 1 :]
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > SLACK
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > SLACK
    ]


def cut_off(measured):
    wide, high = measured["width"], measured["height"]
    return [
        word["text"]
        for word in measured["words"]
        if word["left"] < -1 or word["top"] < -1 or word["right"] > wide + 1 or word["bottom"] > high + 1
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("made", "name"), EVERY)
def test_a_figure_is_drawn_in_full_with_no_words_on_words(page, tmp_path, made, name, language):
    figure = FIGURES[name].draw(MADE[made](), Texts(language))
    for width in WIDTHS:
        path = tmp_path / f"{made}-{name}-{language}-{width}.png"
        measured = shown(page, figure, path, width=width, dark=width == WIDTHS[0])
        assert len(measured["words"]) > 5
        assert on_each_other(measured["words"]) == [], f"{width} pixels wide"
        assert cut_off(measured) == [], f"{width} pixels wide"
    assert page.said == []
