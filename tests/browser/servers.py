"""Real servers and a real browser for the tests: on loopback, with settings of their own, gone when the test is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
"""Of Chromium: nothing but this machine can be reached."""
START_S, STOP_S = 60, 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def environment(home: Path) -> dict[str, str]:
    """The environment of a server that knows no user: no settings, no history, no workspaces but those in `home`."""
    own = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
    }
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**inherited, **{name: str(folder) for name, folder in own.items()}, "PYTHONPATH": paths}


@contextmanager
def jupyter_lab(folder: Path, home: Path) -> Iterator[str]:
    """A JupyterLab over `folder`, with the settings that Binder gets; yields its address."""
    shipped = home / "shipped"
    shipped.mkdir(parents=True)
    shutil.copy(ROOT / "binder" / "overrides.json", shipped)
    port = free_port()
    options = {
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": "True",
        "LabApp.extension_manager": "readonly",
        "LabServerApp.app_settings_dir": str(shipped),
        "ServerApp.allow_root": "True",
        "ServerApp.disable_check_xsrf": "True",
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.open_browser": "False",
        "ServerApp.port": str(port),
        "ServerApp.port_retries": "0",
        "ServerApp.root_dir": str(folder),
    }
    with running("jupyterlab", [], options, home, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def voila(path: Path, home: Path) -> Iterator[str]:
    """Voilà with one notebook; yields its address."""
    port = free_port()
    options = {"Voila.ip": "127.0.0.1", "Voila.open_browser": "False", "Voila.port": str(port)}
    with running("voila", [str(path)], options, home, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running(module: str, arguments: list[str], options: Mapping[str, str], home: Path, port: int) -> Iterator[None]:
    """A server as a process of its own; it and everything it started is gone afterwards."""
    command = [sys.executable, "-m", module, *arguments, *(f"--{name}={value}" for name, value in options.items())]
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command, cwd=home, env=environment(home), stdout=log, stderr=log, start_new_session=True
        )
        try:
            _await_answer(process, port, home / "log.txt")
            yield
        finally:
            _end(process)
    assert not listening(port)


def _await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/static/favicon.ico", timeout=2):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"no answer from the server:\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop, which ends its kernels; what is left of its group after that is killed."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def notebook(path: Path, cells: Iterable[str]) -> None:
    """Write a notebook of code cells."""
    path.write_text(
        json.dumps(
            {
                "cells": [
                    {"cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [], "execution_count": None,
                     "source": source}
                    for number, source in enumerate(cells)
                ],
                "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        )
    )  # fmt: skip


class Watched:
    """A page with what it complains about, what it asks from elsewhere, and its traffic with the kernel.

    `received` counts bytes, `sent` messages.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.received = self.sent = 0
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{error.name}: {error.message}\n{error.stack}"))
        page.on("request", self._request)
        page.on("websocket", self._websocket)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "blob:", "data:")):
            self.elsewhere.append(request.url)

    def _websocket(self, socket: Any) -> None:
        socket.on("framereceived", self._received)
        socket.on("framesent", self._sent)

    def _sent(self, _: str | bytes) -> None:
        self.sent += 1

    def _received(self, payload: str | bytes) -> None:
        self.received += len(payload.encode() if isinstance(payload, str) else payload)

    def open_notebook(self, address: str, name: str) -> None:
        """Open a notebook in JupyterLab and wait until its kernel answers."""
        self.page.goto(f"{address}/lab/tree/{name}")
        self.page.wait_for_function("() => globalThis.jupyterapp", timeout=START_S * 1000)
        self.page.evaluate(READY)

    def run_all(self) -> None:
        """Run all cells of the notebook that is open."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)")

    def save(self) -> None:
        """Save the notebook that is open: what a page shows that opens it later."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")


READY = """async () => {
  await jupyterapp.restored;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const kernel = () => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
  while (kernel()?.status !== "idle") await pause();
}"""
