"""The signposts that a reader follows, in package docstrings and in the overview, lead to files that are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workbench"
PACKAGES = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))
NAMED = re.compile(r"`([\w./*-]+?(?:\.py|/))`")
"""A file or a folder; what has neither ending is no signpost."""


def named(folder):
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return NAMED.findall(said)


def there(base, name):
    return any(base.glob(name.rstrip("/"))) if "*" in name else (base / name).exists()


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_package_names_files_that_it_has(folder):
    assert [name for name in named(folder) if not there(folder, name) and not there(PACKAGE, name)] == []


def test_the_overview_names_files_that_are_there():
    said = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = dict.fromkeys(name.rstrip("/") for name in NAMED.findall(said))
    assert [name for name in names if not (ROOT / name).exists() and not any(PACKAGE.rglob(name))] == []


@pytest.mark.parametrize("top", ["views", "experiments"])
def test_every_file_is_named_in_the_table_of_its_package(top):
    lost = [
        path.relative_to(PACKAGE).as_posix()
        for folder in PACKAGES
        if folder.is_relative_to(PACKAGE / top) and folder != PACKAGE / "experiments" / "metrics"
        for path in sorted(folder.glob("*.py"))
        if path.name != "__init__.py" and path.name not in named(folder)
    ]
    assert lost == []
