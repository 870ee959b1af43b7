import threading

import pytest

from workbench.errors import WorkbenchError
from workbench.views.widgets.download import Download, File

FILE = File("first-look.html", "text/html", b"<!doctype html>")


def answer(button, ticket="1-2"):
    """Click as the browser does, and return what it gets: (message, buffers)."""
    sent = []
    button.send = lambda content, buffers=None: sent.append((content, buffers))
    button._handle_custom_msg({"kind": "build", "ticket": ticket}, [])
    (only,) = sent
    return only


def test_the_file_is_made_when_it_is_asked_for():
    made = []
    button = Download(lambda: made.append(1) or FILE, "Export")
    assert made == []
    content, buffers = answer(button)
    assert content == {"ticket": "1-2", "name": "first-look.html", "mime": "text/html"}
    assert buffers == [b"<!doctype html>"]
    answer(button)
    assert made == [1, 1]


def test_the_answer_names_the_page_that_asked():
    assert answer(Download(lambda: FILE, "Export"), "7-7")[0]["ticket"] == "7-7"


def broken(error):
    def build():
        raise error

    return build


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(WorkbenchError("the run is not finished"), "the run is not finished", id="an error of ours"),
        pytest.param(OSError(28, "No space left on device"), "[Errno 28] No space left on device", id="any error"),
        pytest.param(MemoryError(), "MemoryError", id="an error without words"),
    ],
)
def test_an_error_is_said_beside_the_button(error, said):
    content, buffers = answer(Download(broken(error), "Export"))
    assert content == {"ticket": "1-2", "error": said}
    assert buffers is None


def test_an_error_is_said_in_the_readers_language():
    button = Download(broken(WorkbenchError("no")), "导出", explain=lambda error: f"导出失败:{error}")
    assert answer(button)[0]["error"] == "导出失败:no"


def test_other_messages_make_nothing():
    made = []
    button = Download(lambda: made.append(1) or FILE, "Export")
    button._handle_custom_msg({"kind": "other"}, [])
    assert made == []


def test_labels_can_be_changed_on_a_living_button():
    button = Download(lambda: FILE, "Export", "Working", hint="Saves the report")
    button.label, button.busy_label = "导出", "正在生成"
    state = button.get_state()
    assert (state["label"], state["busy_label"], state["hint"]) == ("导出", "正在生成", "Saves the report")


def test_clicks_from_two_threads_are_served_one_after_the_other():
    inside, most = [], []

    def build():
        inside.append(1)
        most.append(len(inside))
        inside.pop()
        return FILE

    button = Download(build, "Export")
    button.send = lambda content, buffers=None: None
    ask = [
        threading.Thread(target=lambda: button._handle_custom_msg({"kind": "build", "ticket": "x"}, []))
        for _ in range(8)
    ]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()
    assert most == [1] * 8
