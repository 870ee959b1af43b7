"""Every notebook runs on a clean kernel, is short, and asks a question that there is."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.experiments.check import shipped

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LAST_CELL = "panel.wait(110), panel.comparison is not None, len(panel.comparison.seeds)"
OWN = {"03-stateful", "11-your-own-policy"}
"""Their readers write a class with a method or two."""
VIEW = "application/vnd.jupyter.widget-view+json"

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])


def read(path):
    return nbformat.read(path, as_version=4)


def test_runs_on_a_clean_kernel_from_its_own_folder(path):
    book = read(path)
    book.cells.append(nbformat.v4.new_code_cell(LAST_CELL))
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any(VIEW in output.get("data", {}) for output in outputs)
    assert [output for output in outputs if output.output_type in ("error", "stream")] == []
    assert outputs[-1]["data"]["text/plain"] == "(True, True, 20)"


def test_is_short_defines_nothing_and_holds_no_output(path):
    book = read(path)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert 5 <= len(book.cells) <= 8
    defined = re.findall(r"^\s*(?:def|class|lambda) \w+", "\n".join(cell.source for cell in code), re.MULTILINE)
    assert defined == [] or (path.stem in OWN and 2 <= len(defined) <= 3)
    assert all(len(cell.source.splitlines()) <= 20 for cell in code)
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_names_only_scenarios_that_exist_and_says_everything_in_both_languages(path):
    book = read(path)
    text = "\n".join(cell.source for cell in book.cells)
    named = set(re.findall(r'wb\.(?:load|panel)\("([\w-]+)"', text)) | set(re.findall(r"^\| `([\w-]+)`", text, re.M))
    assert named <= set(shipped())
    assert all(re.search("[\u4e00-\u9fff]", cell.source) for cell in book.cells if cell.cell_type == "markdown")
