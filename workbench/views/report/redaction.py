"""What must never leave a user's machine is taken out of what a report embeds: secrets, environments, folders.

The formats take out what their documents call confidential; here goes what may stand anywhere: credentials in URLs
and headers, keys that announce a credential, folders that belong to a person. What is removed, no engine reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePath, PureWindowsPath
from typing import Any

from workbench.formats import marathon_json
from workbench.formats.kubernetes_redaction import redacted_manifest
from workbench.model.scenario import Scenario

REMOVED = "removed"

HEADERS = ("httpHeaders", "headers", "uris", "fetch")
"""Keys below which every value goes: what is sent to a probe, and from where something is downloaded."""

URL_CREDENTIALS = re.compile(r"(?<=://)[^/\s@\"]+@")
"""User and password in a URL."""

FOLDERS = re.compile(r"/(?:home|Users|root)(?:/[^\s\"':,;]*)?(?![\w-])|[A-Za-z]:\\Users\\[^\s\"':,;]*")
"""Folders that belong to a person."""

CREDENTIAL = re.compile(
    r"(^|[-_./])(pass(word|wd|phrase)?|secret|token|(api|access|private)[-_.]?key|credentials?)$", re.I
)
"""Keys that announce a credential."""


def document(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario file as plain values, ready to be passed on."""
    clean: dict[str, Any] = _places(scenario.document)
    for key in ("manifests", "marathon"):
        if key in clean:
            clean[key] = [file_name(str(name)) for name in scenario.document[key]]
    return clean


def files(scenario: Scenario) -> dict[str, str]:
    """Return the texts of the files beside the scenario, ready to be passed on, all as JSON."""
    marathon = scenario.document.get("marathon", ())
    return {
        file_name(name): _file(
            marathon_json.redacted_marathon(text, name) if name in marathon else redacted_manifest(text, name)
        )
        for name, text in scenario.files.items()
    }


def file_name(name: str) -> str:
    """Return the name of a file without folders, unless they lie beside the scenario."""
    for kind in (PurePath, PureWindowsPath):
        path = kind(name)
        if path.is_absolute() or ".." in path.parts:
            return path.name
    return name


def _file(text: str) -> str:
    return json.dumps(_places(json.loads(text)), ensure_ascii=False, indent=1) + "\n"


def _places(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_text(key): _removed(one) if _is_credential(key, one) else _places(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_places(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: object) -> str:
    return FOLDERS.sub(REMOVED, URL_CREDENTIALS.sub(REMOVED + "@", str(text)))


def _is_credential(key: object, value: Any) -> bool:
    return key in HEADERS or (isinstance(value, str) and CREDENTIAL.search(str(key)) is not None)


def _removed(value: Any) -> Any:
    """Return `value` with every text below it replaced; names stay, so that the file stays valid."""
    if isinstance(value, Mapping):
        return {key: one if key == "name" else _removed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_removed(one) for one in value]
    return REMOVED if isinstance(value, str) else value
