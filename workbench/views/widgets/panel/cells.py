"""One panel for each cell: when a cell is run again, what it showed before is closed, its thread with it."""

from __future__ import annotations

import threading
from typing import Any, Protocol


class Closable(Protocol):
    """Anything that can be closed."""

    def close(self) -> None:
        """Let go of everything."""


_lock = threading.Lock()
_shown: dict[str, tuple[str, list[Closable]]] = {}
"""Cell -> (the run of it, what that run has shown)."""


def replace(panel: Closable, where: tuple[str, str] | None = None) -> None:
    """Take note that the cell that runs shows `panel`; close what an earlier run of the same cell has shown.

    Parameters
    ----------
    where : tuple of str, optional
        The cell, and which run of it; found out from the kernel when not given.
    """
    where = where or _here()
    if where is None:
        return
    cell, run = where
    with _lock:
        before, shown = _shown.get(cell, (run, []))
        former = [] if before == run else shown
        _shown[cell] = (run, [panel] if former or before != run else [*shown, panel])
    for one in former:
        one.close()


def _here() -> tuple[str, str] | None:
    """Return the cell that runs and its run; None outside a kernel, or where the page does not name its cells."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell: Any = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = (parent or {}).get("metadata", {}).get("cellId")
    return (str(cell), str(parent["header"]["msg_id"])) if cell else None
