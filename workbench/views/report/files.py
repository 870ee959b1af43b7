"""Writing a report: everything is made first, then each file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.errors import InputError, Problem, unknown_value
from workbench.views.i18n import Texts
from workbench.views.report.html import as_html
from workbench.views.report.markdown import as_markdown
from workbench.views.report.material import Material
from workbench.views.report.tables import as_csv, as_json

WRITERS: dict[str, Callable[[Material, str], str]] = {
    "html": as_html,
    "md": as_markdown,
    "csv": lambda material, _: as_csv(material),
    "json": lambda material, _: as_json(material),
}
"""Ending of a file -> what makes its text, given the language."""


def write(material: Material, folder: Path, formats: tuple[str, ...], language: str) -> list[Path]:
    """Write a report in each of `formats` and return the files.

    Raises
    ------
    InputError
        For an unknown format, or when the folder or a file cannot be written.
    """
    unknown = [unknown_value(one, WRITERS, "formats") for one in formats if one not in WRITERS]
    if unknown:
        raise InputError(unknown)
    Texts(language)
    made = {folder / f"{material.stem}.{ending}": WRITERS[ending](material, language) for ending in formats}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(made)
    except OSError as error:
        why = {"why": error.strerror or "-"}
        raise InputError(Problem("file-unwritable", folder.name, why)) from error
    return list(made)


def write_whole(made: Mapping[Path, str]) -> None:
    """Write every text beside its file, then put all in their places, each in one step."""
    beside: dict[Path, Path] = {}
    try:
        for path, text in made.items():
            beside[path] = _written(path, text)
        for path, temporary in beside.items():
            temporary.replace(path)
    finally:
        for temporary in beside.values():
            temporary.unlink(missing_ok=True)


def _written(path: Path, text: str) -> Path:
    """Write a text to a new file in the folder of `path` and return that file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(0o666 & ~_umask())
    except BaseException:
        temporary.unlink()
        raise
    return temporary


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
