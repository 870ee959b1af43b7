"""A button that makes a file when it is clicked and saves it in the browser: no route on a server, nothing left behind.

The file goes to the page whose reader clicked, and to no other page on the same kernel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets

from workbench.views.widgets.browser import half


@dataclass(frozen=True, slots=True)
class File:
    """What a download saves.

    Parameters
    ----------
    name : str
        As the browser proposes it.
    mime : str
        Its kind, such as ``text/html``.
    content : bytes
        All of it.
    """

    name: str
    mime: str
    content: bytes


class Download(anywidget.AnyWidget):
    """A button that saves a file, with a place for what went wrong beside it.

    Parameters
    ----------
    build : callable
        Makes the file. It runs on the thread on which the click arrives, one click at a time.
    label, busy_label : str
        What stands on the button, usually and while it works.
    explain : callable, optional
        Turns what `build` raised into a sentence for the reader; the exception's own words when not given.
    traits
        `hint`, `disabled` and those of any widget but `tooltip`, with which anywidget's views cannot be made.
    """

    _esm = half("download.js")
    _css = half("download.css")

    label = traitlets.Unicode().tag(sync=True)
    busy_label = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    """What is said of the button to those who point at it."""

    def __init__(
        self,
        build: Callable[[], File],
        label: str,
        busy_label: str = "",
        explain: Callable[[Exception], str] = str,
        **traits: Any,
    ) -> None:
        self._build, self._explain = build, explain
        self._building = threading.Lock()
        super().__init__(label=label, busy_label=busy_label, **traits)
        self.on_msg(self._received)

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("kind") != "build":
            return
        ticket = content.get("ticket")
        try:
            with self._building:
                file = self._build()
        except Exception as error:  # whatever it is, the reader who clicked is told
            self.send({"ticket": ticket, "error": self._explain(error) or type(error).__name__})
            return
        self.send({"ticket": ticket, "name": file.name, "mime": file.mime}, buffers=[file.content])
