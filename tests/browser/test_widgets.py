"""The widgets where they live: a real JupyterLab, a real kernel, a real browser."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.servers import Watched, jupyter_lab, notebook, voila

pytestmark = pytest.mark.browser

CELL = "from tests.browser.tiny_panel import TinyPanel\npanel = TinyPanel()\npanel.view"
SMALL = 100_000
"""Bytes; more than this and plotly.js was sent again."""

INK = "element => getComputedStyle(element).fill"
PAPER = "element => getComputedStyle(element).backgroundColor"
LETTERS, SHEET = ".workbench-chart .gtitle", ".workbench-chart"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    notebook(folder / "tiny.ipynb", [CELL])
    with jupyter_lab(folder, tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def lab(browser, address):
    """The notebook as the tests of this module, one after the other, leave it."""
    watched = Watched(browser.new_page(viewport={"width": 1366, "height": 900}))
    watched.open_notebook(address, "tiny.ipynb")
    opened = watched.received
    watched.run_all()
    title(watched.page, 3)
    print(f"\n{watched.received - opened:,} bytes from the kernel until the first chart is painted")
    assert watched.received - opened < 2_000_000
    watched.save()
    yield watched
    watched.page.close()


def title(page, replicas):
    expect(page.locator(LETTERS).first).to_have_text(f"replicas={replicas}", timeout=20_000)


def slide(page, *keys):
    page.locator(".noUi-handle").focus()
    for key in keys:
        page.keyboard.press(key)


def heard(page, text):
    expect(page.locator(".widget-label", has_text=text)).to_be_visible()


def click(page, number):
    """Click on a point of the figure as a hand does: get there first, wherever it has moved meanwhile."""
    point = page.locator(".workbench-chart .points path").nth(number)
    for _ in range(20):
        page.mouse.move(0, 0)
        point.hover(force=True)
        if f"pod-{number}" in page.locator(".workbench-chart .hoverlayer").text_content():
            break
        page.wait_for_timeout(100)
    point.click(force=True)
    heard(page, f"clicked pod-{number}")


def test_the_first_screen_shows_no_pop_up(lab):
    expect(lab.page.locator(".Toastify__toast")).to_have_count(0)
    expect(lab.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_slider_redraws_the_chart_and_the_dots(lab):
    began = time.perf_counter()
    slide(lab.page, "ArrowRight")
    title(lab.page, 4)
    print(f"\n{time.perf_counter() - began:.2f} s from the key to the figure, {lab.received:,} bytes so far")
    expect(lab.page.locator(".workbench-dots circle")).to_have_count(4)
    expect(lab.page.get_by_role("img", name="4 repeats")).to_be_visible()


def test_many_moves_end_with_the_last_one(lab):
    slide(lab.page, *["ArrowRight"] * 6, "ArrowLeft")
    title(lab.page, 9)


def test_the_figure_is_read_aloud_and_can_be_reached_by_keys(lab):
    chart = lab.page.get_by_role("application", name="9 replicas")
    chart.focus()
    expect(chart).to_be_focused()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
        lab.page.keyboard.press(key)
    expect(lab.page.locator(".workbench-chart [aria-live]")).to_have_text("pod-1")
    lab.page.keyboard.press("Enter")
    heard(lab.page, "clicked pod-1")
    lab.page.keyboard.press("Escape")
    expect(lab.page.locator(".workbench-chart [aria-live]")).to_have_text("")


def test_a_click_on_a_point_reaches_the_kernel_and_so_does_the_same_click_again(lab):
    for number in (3, 5, 3):
        click(lab.page, number)


def test_the_hand_follows_the_clock_without_the_kernel(lab):
    hand, line = lab.page.locator(".workbench-hand"), lab.page.get_by_role("slider", name="Time")
    left = hand.bounding_box()["x"]
    before = lab.sent
    line.evaluate("element => { element.value = 500; element.dispatchEvent(new Event('input')); }")
    assert hand.bounding_box()["x"] > left + 100
    assert lab.sent == before
    line.evaluate("element => element.dispatchEvent(new Event('change'))")
    heard(lab.page, "at 500.0 s")


def test_the_keys_go_from_fault_to_fault(lab):
    line = lab.page.get_by_role("slider", name="Time")
    line.focus()
    lab.page.keyboard.press("PageUp")
    heard(lab.page, "at 300.0 s")
    expect(line).to_have_attribute("aria-valuetext", "5:00")
    lab.page.keyboard.press("ArrowRight")
    heard(lab.page, "at 306.0 s")


def test_time_runs_to_its_end_and_stops_there(lab):
    lab.page.get_by_role("combobox", name="Speed").select_option("×1000")
    lab.page.get_by_role("button", name="Play").click()
    heard(lab.page, "at 600.0 s")
    expect(lab.page.get_by_role("button", name="Play")).to_be_visible()


def test_a_file_is_saved_as_it_was_made(lab):
    with lab.page.expect_download() as saved:
        lab.page.get_by_role("button", name="Export").click()
    assert saved.value.suggested_filename == "试船.txt"
    with open(saved.value.path(), "rb") as file:
        assert file.read() == b"replicas=9"
    expect(lab.page.get_by_role("status").filter(has_text="试船.txt")).to_be_visible()


def test_what_went_wrong_stands_beside_the_button(lab):
    slide(lab.page, *["ArrowRight"] * 4)
    title(lab.page, 13)
    lab.page.get_by_role("button", name="Export").click()
    expect(lab.page.get_by_role("status").filter(has_text="thirteen is unlucky")).to_be_visible()
    expect(lab.page.get_by_role("button", name="Export")).to_be_enabled()


def test_letters_and_paper_follow_the_theme_without_the_kernel(lab):
    letters, sheet = lab.page.locator(LETTERS), lab.page.locator(SHEET)
    light = letters.evaluate(INK), sheet.evaluate(PAPER)
    before = lab.sent
    lab.page.emulate_media(color_scheme="dark")
    expect(sheet).not_to_have_css("background-color", light[1])
    dark = letters.evaluate(INK), sheet.evaluate(PAPER)
    assert dark[0] != light[0]
    assert lab.sent == before
    expect(lab.page.locator("#jupyterlab-splash")).to_have_count(0)  # JupyterLab stumbles over a second switch
    lab.page.emulate_media(color_scheme="light")
    expect(sheet).to_have_css("background-color", light[1])
    assert letters.evaluate(INK) == light[0]


def test_a_chart_is_as_wide_as_there_is_room(lab):
    drawn = lab.page.locator(".workbench-chart .main-svg").first
    wide = drawn.bounding_box()["width"]
    lab.page.set_viewport_size({"width": 1000, "height": 900})
    lab.page.wait_for_function(
        "wide => document.querySelector('.workbench-chart .main-svg').clientWidth < wide - 200", arg=wide
    )
    click(lab.page, 2)


def test_six_more_charts_cost_little_and_leave_nothing_behind(lab):
    before = lab.received
    lab.page.get_by_role("button", name="Six charts").click()
    expect(lab.page.locator(LETTERS)).to_have_count(7)
    assert lab.received - before < SMALL
    drawn = lab.page.locator(".js-plotly-plot").nth(3).element_handle()
    assert drawn.evaluate("plot => Boolean(plot._fullLayout)")
    lab.page.get_by_role("button", name="Six charts").click()
    expect(lab.page.locator(LETTERS)).to_have_count(1)
    assert not drawn.evaluate("plot => Boolean(plot._fullLayout)")


def test_a_second_page_shows_the_same_and_saves_nothing(lab, browser, address):
    other = Watched(browser.new_page())
    saved = []
    other.page.on("download", lambda download: saved.append(download))
    other.open_notebook(address, "tiny.ipynb")
    slide(lab.page, "ArrowRight")
    title(lab.page, 14)
    title(other.page, 14)
    with lab.page.expect_download():
        lab.page.get_by_role("button", name="Export").click()
    expect(other.page.get_by_role("button", name="Export")).to_be_enabled()
    assert saved == []
    assert other.complaints == []
    other.page.close()


def test_a_page_loaded_again_shows_what_the_kernel_knows(lab, address):
    lab.open_notebook(address, "tiny.ipynb")
    title(lab.page, 14)
    expect(lab.page.locator(".widget-readout")).to_have_text("14")
    expect(lab.page.locator(".workbench-dots circle")).to_have_count(14)
    expect(lab.page.locator(".workbench-time")).to_have_text("10:00 / 10:00")
    slide(lab.page, "ArrowRight")
    title(lab.page, 15)


def test_voila_shows_it_too(browser, tmp_path_factory):
    path = tmp_path_factory.mktemp("voila") / "tiny.ipynb"
    notebook(path, [CELL])
    with voila(path, tmp_path_factory.mktemp("home")) as address:
        watched = Watched(browser.new_page())
        watched.page.goto(address)
        title(watched.page, 3)
        slide(watched.page, "ArrowRight")
        title(watched.page, 4)
        click(watched.page, 1)
        print(f"\n{watched.received:,} bytes from the kernel in Voilà")
        ours = [text for text in watched.complaints if not re.search("font-awesome|fontawesome", text)]
        assert ours == []
        watched.page.close()
