"""The halves of the widgets that run in the browser: the files of `static/`."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def half(*names: str) -> str:
    """Return the files of `static/` with these names, one after the other."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)
