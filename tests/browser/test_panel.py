"""The panel where it lives: the first notebook in JupyterLab and in Voilà, with a real kernel and a real browser."""

import json
import re
import shutil
from statistics import median

import pytest
from playwright.sync_api import expect

from tests.browser.servers import ROOT, Watched, jupyter_lab, notebook, voila

pytestmark = pytest.mark.browser

NOTEBOOK = "01-first-look.ipynb"
FRAME, DRAWN, BUSY = ".workbench-frame", ".workbench-frame .main-svg >> nth=0", ".workbench-stale"
TOLERATION = "Patience with an unreachable node"
WINDOW = {"width": 1366, "height": 768}
MOVES = 20
MOST_BYTES = 6_000_000

BIG = {
    "name": "big", "title": {"en": "Big", "zh": "大"}, "question": {"en": "Which?", "zh": "哪个？"},
    "horizon": "300s", "seed": 1,
    "cluster": {"pools": [{"name": "node", "count": 100, "capacity": {"cpu": 16, "memory": "64Gi"}}]},
    "apps": [
        *({"name": f"web-{number}", "kind": "service", "replicas": 50, "request": {"cpu": "500m", "memory": "1Gi"},
           "start": "1s", "ready": "1s"} for number in range(10)),
        {"name": "batch", "kind": "batch", "replicas": 500, "request": {"cpu": 1, "memory": "1Gi"},
         "duration": "60s"},
    ],
    "study": {
        "measures": ["longest_wait:batch"], "figure": "staircase", "replications": 5,
        "sliders": [{"path": "apps.batch.replicas", "label": {"en": "Batch tasks", "zh": "任务数"},
                     "low": 460, "high": 540, "step": 2}],
    },
}  # fmt: skip
"""100 machines, 1,000 pods. JSON is YAML too."""

ASK_KERNEL = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false, silent: false });
  let text = "";
  future.onIOPub = (message) => { text += message.content.text ?? message.content.evalue ?? ""; };
  await future.done;
  return text;
}"""
TIME_MOVES = """() => {
  document.addEventListener("keydown", () => { window.pressed = performance.now(); window.drawn = 0; }, true);
  document.querySelector(".js-plotly-plot").on("plotly_afterplot", () => { window.drawn = performance.now(); });
}"""
SIDES = """() => ["xy", "x2y2"].map((axes) =>
  Array.from(document.querySelectorAll(`.subplot.${axes} path`), (path) => path.getAttribute("d")).join())"""
OVERFLOWING = """frame => {
  const within = frame.getBoundingClientRect();
  return Array.from(frame.querySelectorAll("*")).filter((one) => {
    const box = one.getBoundingClientRect();
    const elsewhere = one.closest("svg, .workbench-unseen, .workbench-tasks-body, option");
    const seen = one.checkVisibility() && box.width && box.height && !elsewhere;
    return seen && (box.right > within.right + 1 || box.bottom > within.bottom + 1 || box.left < within.left - 1);
  }).map((one) => one.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkout as far as a notebook sees one."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    shutil.copytree(ROOT / "scenarios", root / "scenarios")
    (root / "scenarios" / "big.yaml").write_text(json.dumps(BIG), encoding="utf-8")
    notebook(root / "notebooks" / "big.ipynb", ["import workbench as wb\npanel = wb.panel('big')\npanel"])
    return root / "notebooks"


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    with jupyter_lab(folder, tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def lab(browser, address):
    """The first notebook as the tests of this module, one after the other, leave it."""
    watched = Watched(browser.new_page(viewport=WINDOW))
    watched.open_notebook(address, NOTEBOOK)
    before_s = float(watched.page.evaluate(ASK_KERNEL, "import time; print(time.process_time())"))
    watched.run_all()
    painted(watched.page)
    spent_s = float(watched.page.evaluate(ASK_KERNEL, "print(time.process_time())")) - before_s
    print(f"\n{spent_s:.2f} s of CPU from the first cell to the first picture, all repeats included")
    watched.save()
    yield watched
    watched.page.close()


def painted(page):
    """Wait until a figure is drawn and all repeats are in."""
    page.locator(DRAWN).wait_for(timeout=30_000)
    expect(page.locator(BUSY)).to_have_count(0, timeout=30_000)


def slide(page, label, *keys):
    page.get_by_role("slider", name=label, exact=True).first.focus()
    for key in keys:
        page.keyboard.press(key)


def tab(page, name):
    page.locator(".workbench-tabs").get_by_role("button", name=name).click()


def finding(page):
    return page.locator(".workbench-sentence")


def test_it_opens_on_a_run_paused_before_the_decisive_moment(lab):
    expect(finding(lab.page)).to_contain_text("Paused at 4 min 51 s")
    expect(lab.page.locator(".workbench-time")).to_have_text("4:51 / 15:00")
    assert all(lab.page.evaluate(SIDES))
    expect(lab.page.locator(".workbench-table")).to_have_count(0)


def test_it_fits_into_the_room_there_is(lab):
    assert lab.page.locator(FRAME).bounding_box()["height"] == 600
    assert lab.page.locator(FRAME).evaluate(OVERFLOWING) == []


def test_a_prediction_reveals_the_finding_the_table_and_the_figures(lab):
    lab.page.get_by_role("button", name="Mesos with Marathon, by minutes").click()
    expect(finding(lab.page)).to_contain_text("As predicted: Mesos with Marathon has the shop back")
    expect(lab.page.locator(".workbench-table tbody tr")).to_have_count(5)
    expect(lab.page.locator(".workbench-table tbody tr >> nth=0").locator("rect, circle")).to_have_count(20)
    expect(lab.page.locator(".workbench-hand").first).to_be_visible()
    assert lab.page.locator(FRAME).evaluate(OVERFLOWING) == []


def test_every_tab_draws_a_figure_and_all_of_it_takes_few_bytes(lab):
    for name in lab.page.locator(".workbench-tabs button").all_inner_texts():
        tab(lab.page, name)
        expect(lab.page.locator(".workbench-title")).not_to_have_text("")
        lab.page.wait_for_timeout(100)
        assert lab.page.locator(FRAME).evaluate(OVERFLOWING) == []
    print(f"\n{lab.received:,} bytes from the kernel from opening to the last chart")
    assert lab.received < MOST_BYTES


def test_a_slider_changes_both_sides(lab):
    tab(lab.page, "Who serves")
    lab.page.wait_for_timeout(200)
    before = lab.page.evaluate(SIDES)
    slide(lab.page, "Web instances", "ArrowRight")
    lab.page.wait_for_timeout(100)  # by then the sides are busy, if they were not at once
    painted(lab.page)  # moves that come while the kernel is busy reach it as one, and so are one step to undo
    slide(lab.page, "Web instances", "ArrowRight")
    lab.page.wait_for_function(f"before => ({SIDES})().every((side, place) => side !== before[place])", arg=before)
    expect(lab.page.locator("output").filter(has_text=re.compile("^8$")).first).to_be_visible()
    painted(lab.page)


def test_the_map_follows_the_clock(lab):
    tab(lab.page, "Cluster")
    line = lab.page.get_by_role("slider", name="Time")
    line.focus()
    lab.page.keyboard.press("PageDown")
    expect(lab.page.locator(".workbench-title")).to_contain_text("At 5 min")
    expect(lab.page.locator(".workbench-frame .legendtext", has_text="machine lost")).to_be_visible()
    tab(lab.page, "Who serves")


def test_a_click_on_a_task_tells_why_and_escape_brings_the_table_back(lab):
    tab(lab.page, "Task list")
    rows = lab.page.locator(".workbench-tasks tbody tr")
    expect(rows.first).to_contain_text("5 min")
    assert lab.page.locator(FRAME).evaluate(OVERFLOWING) == []
    lab.page.get_by_role("searchbox", name="search tasks").fill("web")
    rows.locator("visible=true").first.click()
    expect(lab.page.locator(".workbench-why")).to_contain_text("is to replace")
    expect(lab.page.locator(".workbench-table")).to_be_hidden()
    lab.page.keyboard.press("Escape")
    expect(lab.page.locator(".workbench-table")).to_be_visible()
    tab(lab.page, "Who serves")


def test_undo_takes_a_drag_back_and_equal_defaults_change_the_finding(lab):
    lab.page.get_by_role("button", name="undo").click()
    expect(lab.page.get_by_role("slider", name="Web instances").first).to_have_attribute("aria-valuetext", "7")
    lab.page.get_by_role("button", name="make defaults equal").click()
    painted(lab.page)
    expect(lab.page.get_by_role("slider", name=TOLERATION).first).to_have_attribute("aria-valuetext", "35 s")
    lab.page.get_by_role("button", name="reset", exact=True).click()
    expect(lab.page.get_by_role("button", name="reset", exact=True)).to_be_disabled()
    painted(lab.page)


def test_the_drawer_finds_a_setting_by_its_words_or_its_path(lab):
    lab.page.get_by_role("button", name="all settings").click()
    search = lab.page.get_by_role("searchbox", name="search settings")
    expect(search).to_be_focused()
    shown = lab.page.locator(".workbench-drawer .workbench-setting:visible")
    for words in ("pings missed", "max_agent_ping"):
        search.fill(words)
        expect(shown).to_have_count(1)
        expect(shown).to_have_attribute("title", re.compile("mesos.master.max_agent_ping_timeouts\n"))
    search.fill("nothing like this")
    expect(lab.page.get_by_text("no setting has these words")).to_be_visible()
    lab.page.keyboard.press("Escape")
    expect(search).to_be_hidden()


def test_the_language_of_everything_that_lives_can_be_switched(lab):
    lab.page.get_by_role("button", name="中文").click()
    expect(finding(lab.page)).to_contain_text("Mesos 加 Marathon")
    expect(lab.page.get_by_role("slider", name="Web 实例数").first).to_be_visible()
    expect(lab.page.locator(".workbench-tabs button").first).to_have_text("谁在服务")
    assert lab.page.locator(FRAME).evaluate(OVERFLOWING) == []
    lab.page.get_by_role("button", name="EN", exact=True).click()
    expect(finding(lab.page)).to_contain_text("Mesos with Marathon")


def test_the_export_is_a_whole_report(lab, browser, folder):
    with lab.page.expect_download(timeout=30_000) as saved:
        lab.page.get_by_role("button", name="Export").click()
    assert saved.value.suggested_filename == "first-look.html"
    report = Watched(browser.new_page())
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    report.page.goto(path.as_uri())
    expect(report.page.locator("h1:visible")).to_contain_text("Who has the shop back at full strength first?")
    assert json.loads(report.page.locator("#provenance").text_content())["seeds"] == list(range(1, 21))
    assert report.complaints == []
    report.page.close()


def test_a_page_loaded_again_shows_what_the_kernel_knows(lab, address):
    slide(lab.page, "Web instances", "ArrowRight", "ArrowRight", "ArrowRight")
    expect(finding(lab.page)).not_to_contain_text("As predicted")
    painted(lab.page)
    before = finding(lab.page).inner_text()
    lab.open_notebook(address, NOTEBOOK)
    painted(lab.page)
    expect(finding(lab.page)).to_have_text(before)
    expect(lab.page.get_by_role("slider", name="Web instances").first).to_have_attribute("aria-valuetext", "9")
    assert all(lab.page.evaluate(SIDES))


def test_running_the_cells_again_leaves_one_panel_and_one_thread(lab):
    lab.page.evaluate(ASK_KERNEL, "former = panel")
    lab.run_all()
    expect(finding(lab.page)).to_contain_text("Paused at 4 min 51 s", timeout=20_000)
    painted(lab.page)
    lab.save()
    expect(lab.page.locator(FRAME)).to_have_count(1)
    threads = "import threading; print([one.name for one in threading.enumerate()].count('workbench-runner'))"
    assert int(lab.page.evaluate(ASK_KERNEL, threads)) <= 1
    assert lab.page.evaluate(ASK_KERNEL, "print(former._closed, panel._closed)").strip() == "True False"


def test_a_page_closed_in_the_middle_of_a_run_leaves_no_thread_for_long(lab, browser, address):
    other = Watched(browser.new_page(viewport=WINDOW))
    other.open_notebook(address, NOTEBOOK)
    painted(other.page)
    slide(other.page, "Batch tasks at 1:00", *["ArrowRight"] * 3)
    assert other.complaints == []
    other.page.close()
    lab.page.evaluate(ASK_KERNEL, "panel.wait(30); time.sleep(6)")
    threads = "print([one.name for one in threading.enumerate() if one.name.startswith('workbench')])"
    assert lab.page.evaluate(ASK_KERNEL, threads).strip() == "[]"


def test_moves_at_a_hundred_machines_and_a_thousand_pods_feel_live(browser, address):
    watched = Watched(browser.new_page(viewport=WINDOW))
    watched.open_notebook(address, "big.ipynb?reset")
    watched.run_all()
    page = watched.page
    page.get_by_role("button", name="show me").click(timeout=30_000)
    expect(page.locator(".workbench-tabs button").first).to_have_text("Staircase", timeout=30_000)
    page.wait_for_timeout(500)
    page.evaluate(TIME_MOVES)
    page.get_by_role("slider", name="Batch tasks").first.focus()
    took = []
    for number in range(MOVES):
        page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
        page.wait_for_function("() => window.drawn > window.pressed", timeout=20_000)
        took.append(page.evaluate("() => window.drawn - window.pressed"))
    print(f"\nmedian of {MOVES} moves: {median(took):.0f} ms from the key to the figure, {max(took):.0f} ms at most")
    assert watched.complaints == []
    page.close()


def test_voila_shows_it_and_two_readers_do_not_disturb_each_other(browser, folder, tmp_path_factory):
    with voila(folder / NOTEBOOK, tmp_path_factory.mktemp("home")) as address:
        pages = [Watched(browser.new_page(viewport=WINDOW)) for _ in range(2)]
        for watched in pages:
            watched.page.goto(address)
        for watched in pages:
            painted(watched.page)
        first, second = (watched.page for watched in pages)
        first.get_by_role("button", name="show me").click()
        before = first.evaluate(SIDES)
        slide(first, "Web instances", "ArrowRight")
        first.wait_for_function(f"before => ({SIDES})().every((side, place) => side !== before[place])", arg=before)
        expect(finding(second)).to_contain_text("Paused at 4 min 51 s")
        expect(second.get_by_role("slider", name="Web instances").first).to_have_attribute("aria-valuetext", "6")
        for watched in pages:
            ours = [text for text in watched.complaints if not re.search("font-awesome|fontawesome", text)]
            assert ours == []
            watched.page.close()
