"""What Binder installs, exactly, in an environment that holds nothing else: the first notebook runs there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
WANTED = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
RUN = """
import sys
import nbformat
from nbclient import NotebookClient

book = nbformat.read(sys.argv[1], as_version=4)
book.cells.append(nbformat.v4.new_code_cell("panel.wait(60), len(panel.comparison.seeds)"))
NotebookClient(book, timeout=120).execute()
print(book.cells[-1].outputs[-1]["data"]["text/plain"])
"""


def interpreter():
    """Return a Python of the version that Binder runs; the one of these tests where there is none."""
    managed = sorted(Path.home().glob(f".pyenv/versions/{WANTED}.*/bin/python"))
    candidates = [f"python{WANTED}", *map(str, managed), sys.executable]
    return next(one for one in candidates if usable(one))


def usable(program):
    asked = [program, "-c", "import ensurepip, venv"]
    return shutil.which(program) is not None and subprocess.run(asked, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The pins and the package, as postBuild installs it; returns the folder and how a program there is called."""
    root = tmp_path_factory.mktemp("pinned")
    checkout = root / "checkout"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", "*_cache", ".hypothesis", "__pycache__", "conformance", "out", "*.mo"
    )
    shutil.copytree(ROOT, checkout, ignore=left_out)
    made = root / "env"
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    surroundings |= {"PATH": f"{made / 'bin'}:{os.environ['PATH']}", "NB_PYTHON_PREFIX": str(made)}

    def call(*words, at=checkout):
        done = subprocess.run(words, cwd=at, env=surroundings, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    call(interpreter(), "-m", "venv", str(made))
    pip = (str(made / "bin" / "pip"), "--disable-pip-version-check", "--quiet")
    call(*pip, "install", "--requirement", str(BINDER / "requirements.txt"))
    call(str(checkout / "binder" / "postBuild"))
    return checkout, call


def test_the_pins_agree_with_each_other(environment):
    _, call = environment
    assert "No broken requirements" in call("pip", "--disable-pip-version-check", "check")


def test_the_first_notebook_runs_there_to_its_last_repeat(environment):
    checkout, call = environment
    answer = call("python", "-c", RUN, "01-first-look.ipynb", at=checkout / "notebooks")
    assert answer.strip().splitlines()[-1] == "(True, 20)"


def test_the_package_that_runs_there_is_the_installed_one(environment):
    checkout, call = environment
    where = call("python", "-c", "import workbench; print(workbench.__file__)", at=checkout / "notebooks")
    assert "site-packages" in where
