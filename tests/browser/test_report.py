"""The report in a real browser without a network: no errors, figures drawn, both languages, one sheet on paper."""

import pytest

from tests import make
from workbench.experiments.check import load
from workbench.experiments.compare import compare
from workbench.views.report import report

pytestmark = pytest.mark.browser

WIDTHS = {"desk": 1000, "phone": 390}
LETTER_PX = (279.4 - 20) / 25.4 * 96
"""Height of the printed area on the shorter of the two papers."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    comparison = compare(load("first-look"), replications=2)
    (written,) = report(comparison, tmp_path_factory.mktemp("report"), formats=["html"])
    return written


@pytest.fixture
def visit(browser, file):
    """Open the report offline; whatever the browser complains about or asks for fails the test."""
    opened = []

    def go(fragment="", width="desk", scheme="light", path=None, drawn="main:not([hidden]) .plot .main-svg"):
        context = browser.new_context(viewport={"width": WIDTHS[width], "height": 800}, color_scheme=scheme)
        context.set_offline(True)
        page = context.new_page()
        complaints = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
        page.on("dialog", lambda dialog: (complaints.append("a dialog"), dialog.dismiss()))
        page.goto((path or file).as_uri() + fragment)
        opened.append((context, complaints))
        page.wait_for_selector(drawn)
        return page

    yield go
    for context, complaints in opened:
        context.close()
        assert not complaints


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_in_each_language_scheme_and_width(visit, tmp_path, language, scheme, width):
    page = visit(f"#{language}", width, scheme)
    assert page.locator("main:not([hidden])").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    page.screenshot(path=tmp_path / f"{language}-{scheme}-{width}.png", full_page=True)


def test_the_language_is_switched_and_remembered(visit):
    page = visit()
    assert page.inner_text("main:not([hidden]) h1").startswith("A machine dies")
    page.click("text=中文")
    page.wait_for_selector("main[lang=zh]:not([hidden]) .plot .main-svg")
    assert page.evaluate("location.hash") == "#zh"
    assert "恢复满员" in page.title()
    assert page.evaluate("document.documentElement.lang") == "zh"
    page.reload()
    assert page.locator("main:not([hidden])").get_attribute("lang") == "zh"


def test_both_sides_stand_side_by_side_kubernetes_left(visit):
    page = visit()
    left = page.locator("main:not([hidden]) .measures thead th", has_text="Kubernetes").bounding_box()
    right = page.locator("main:not([hidden]) .measures thead th", has_text="Mesos").bounding_box()
    assert left["x"] < right["x"]
    assert left["y"] == right["y"]


def test_every_folded_figure_is_drawn_when_it_is_unfolded(visit):
    page = visit()
    page.evaluate("document.querySelectorAll('main:not([hidden]) details').forEach((one) => { one.open = true; })")
    page.wait_for_function(
        "[...document.querySelectorAll('main:not([hidden]) .plot')].every((one) => one.querySelector('.main-svg'))"
    )
    assert page.locator("main:not([hidden]) .plot").count() > 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_page_fits_on_one_sheet_and_only_one_language_is_printed(visit, language):
    page = visit(f"#{language}")
    page.set_viewport_size({"width": 690, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    first = page.locator("main:not([hidden]) .first").bounding_box()
    assert first["y"] + first["height"] <= LETTER_PX
    assert page.locator("main:visible").count() == 1
    assert page.locator("nav.languages").is_hidden()


def test_names_from_a_users_file_run_nothing(visit, tmp_path):
    evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    of = make.scenario(make.app(evil, replicas=2, ready=3), make.app("b", "batch", 3, team=evil))
    hostile = make.comparison(of, make.row(f"opening:{evil}", [3.0, 4.0], [5.0, 6.0]))
    (path,) = report(hostile, tmp_path, formats=["html"])
    page = visit(path=path, drawn="main:not([hidden])")
    page.evaluate("document.querySelectorAll('main:not([hidden]) details').forEach((one) => { one.open = true; })")
    page.wait_for_function("document.querySelectorAll('main:not([hidden]) .main-svg').length > 0")
    assert evil in page.inner_text("main:not([hidden])")
