"""The panel by keys alone: what is reached in which order, what a screen reader is told, and the lecturer's mode."""

import pytest
from playwright.sync_api import expect

from tests.browser.servers import Watched, jupyter_lab, notebook

pytestmark = pytest.mark.browser

WINDOW = {"width": 1366, "height": 768}
CONTROLS = {"button", "slider", "combobox", "searchbox", "checkbox", "textbox", "spinbutton"}
FOCUSED = "() => document.activeElement.closest('.workbench-frame') ? document.activeElement.outerHTML : ''"
PLACE = """() => ["strip", "rail", "stage", "clock", "bottom"].find(
  (name) => document.activeElement.closest(`.workbench-${name}`)) ?? ''"""
RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""
SCALE = "frame => frame.getBoundingClientRect().width / frame.offsetWidth"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    notebook(folder / "keys.ipynb", ["import workbench as wb\npanel = wb.panel('first-look')\npanel"])
    with jupyter_lab(folder, tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def lab(browser, address):
    """The panel as the tests of this module, one after the other, leave it."""
    watched = Watched(browser.new_page(viewport=WINDOW))
    watched.open_notebook(address, "keys.ipynb")
    watched.run_all()
    watched.page.locator(".workbench-frame .main-svg >> nth=0").wait_for(timeout=60_000)
    expect(watched.page.locator(".workbench-stale")).to_have_count(0, timeout=60_000)
    yield watched
    watched.page.close()


def finding(page):
    return page.locator(".workbench-sentence")


def pressed(page):
    return page.locator(".workbench-tabs button.mod-active")


def nameless(page):
    """The roles of controls inside the panel that a screen reader has no name for."""
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    frame = session.send("DOM.querySelector", {"nodeId": root, "selector": ".workbench-frame"})["nodeId"]
    inside = session.send("Accessibility.queryAXTree", {"nodeId": frame})["nodes"]
    session.detach()
    controls = [node for node in inside if not node["ignored"] and node["role"]["value"] in CONTROLS]
    assert len(controls) > 10
    return [node["role"]["value"] for node in controls if not node.get("name", {}).get("value", "").strip()]


def test_every_control_has_a_name_before_the_prediction(lab):
    assert nameless(lab.page) == []


def test_tab_goes_from_the_strip_over_the_rail_to_the_answers_and_every_stop_is_seen(lab):
    page = lab.page
    page.locator(".workbench-strip select").focus()
    places = []
    for _ in range(40):
        where = page.evaluate(PLACE)
        if not where:
            break
        assert page.evaluate(RING), page.evaluate(FOCUSED)[:200]
        if not places or places[-1] != where:
            places.append(where)
        page.keyboard.press("Tab")
    assert places == ["strip", "rail", "stage", "clock", "bottom"]


def test_an_answer_by_key_leaves_the_focus_in_the_panel(lab):
    page = lab.page
    page.get_by_role("button", name="Mesos with Marathon, by minutes").focus()
    page.keyboard.press("Enter")
    expect(finding(page)).to_contain_text("As predicted")
    expect(page.get_by_role("button", name="Why")).to_be_focused()
    assert nameless(page) == []


def test_why_is_on_until_it_is_pressed_again(lab):
    page = lab.page
    page.keyboard.press("Enter")
    expect(page.locator(".workbench-why")).to_contain_text("Why is that so?")
    expect(page.locator(".workbench-table")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".workbench-table")).to_be_visible()


def test_undo_by_key_takes_a_move_back(lab):
    page = lab.page
    slider = page.get_by_role("slider", name="Web instances").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "7")
    expect(page.get_by_role("button", name="undo")).to_be_enabled()
    page.keyboard.press("Control+z")
    expect(slider).to_have_attribute("aria-valuetext", "6")
    expect(page.locator(".workbench-stale")).to_have_count(0, timeout=60_000)


def test_a_lecture_is_large_and_begins_with_the_question(lab):
    page = lab.page
    page.get_by_role("button", name="Lecture").click()
    expect(page.locator(".workbench-answers")).to_be_visible()
    expect(finding(page)).to_contain_text("What happens then?")
    expect(page.locator(".workbench-rail")).to_be_hidden()
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.wait_for_timeout(300)
    frame = page.locator(".workbench-frame")
    assert frame.evaluate(SCALE) > 1.2
    box = frame.bounding_box()
    for low, size in (("x", "width"), ("y", "height")):
        assert box[low] >= 0
        assert box[low] + box[size] <= WINDOW[size]


def test_keys_answer_step_and_go_back_and_the_notebook_does_not_hear_them(lab):
    page = lab.page
    page.keyboard.press("ArrowRight")
    expect(finding(page)).to_contain_text("Predict first")
    page.keyboard.press("2")
    expect(finding(page)).to_contain_text("As predicted")
    first = pressed(page).inner_text()
    page.keyboard.press("ArrowRight")
    expect(pressed(page)).not_to_have_text(first)
    page.keyboard.press("PageUp")
    expect(pressed(page)).to_have_text(first)
    page.keyboard.press("w")
    expect(page.locator(".workbench-why")).to_contain_text("Why is that so?")
    page.keyboard.press("w")
    expect(page.locator(".workbench-table")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".workbench-rail")).to_be_visible()
    assert page.locator(".jp-Cell").count() == 1


def test_leaving_puts_everything_back(lab):
    page = lab.page
    page.get_by_role("button", name="Leave").click()
    page.wait_for_function("() => document.fullscreenElement === null")
    expect(page.locator(".workbench-rail")).to_be_visible()
    frame = page.locator(".workbench-frame")
    assert frame.evaluate(SCALE) == pytest.approx(1.0)
    assert frame.evaluate("frame => frame.offsetHeight") == 600
