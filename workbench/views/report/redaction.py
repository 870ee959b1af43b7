"""What must never leave a user's machine is taken out of embedded files: secrets, environments, folders.

The files stay valid and run to the same numbers: what is removed, the model does not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath, PureWindowsPath
from typing import Any

import yaml

REMOVED = "removed"
REMOVED_BASE64 = "cmVtb3ZlZA=="
"""The same where Kubernetes expects base64."""

EMPTIED = ("env", "secrets", "cmd", "command", "args", "uris", "fetch", "httpHeaders", "dockerConfig", "parameters")
"""Keys of pods, containers and Marathon apps below which every value goes: environments, command lines, downloads."""

KEPT = ("name", "envVar", "fieldPath", "resource", "containerName", "key", "optional")
"""Keys that say what an entry is called, not what it holds: they stay, so that the file stays valid."""

EMPTIED_OF = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}
"""Kind of object -> keys below which every value goes. Pods read ConfigMaps as environment, too."""

COPIES = re.compile(r"last-applied-configuration$")
"""Annotations that hold the whole object once more."""

CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
"""Of a URL: user and password."""

FOLDERS = re.compile(r"(?:/(?:home|Users|root)(?:/[^\s\"':,;]*)?|[A-Za-z]:\\Users\\[^\s\"':,;]*)")
"""Folders that belong to a person."""

NAMES = re.compile(r"(^|[-_./])(pass(word|wd|phrase)?|secret|token|(api|access|private)[-_.]?key|credentials?)$", re.I)
"""Keys that announce a credential, wherever they stand."""


def file_text(name: str, text: str) -> str:
    """Return the text of a Kubernetes or Marathon file without what must not leave the user's machine.

    Comments go, too. A text that is neither JSON nor YAML comes back empty.
    """
    try:
        if name.lower().endswith(".json"):
            return json.dumps(redacted(json.loads(text)), ensure_ascii=False, indent=1) + "\n"
        documents = [redacted(document) for document in yaml.load_all(text, Loader=_Loader)]
        return yaml.dump_all(documents, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    except (ValueError, yaml.YAMLError, RecursionError):
        return ""


def file_name(name: str) -> str:
    """Return the name of a file without folders, unless they lie beside the scenario."""
    for kind in (PurePath, PureWindowsPath):
        path = kind(name)
        if path.is_absolute() or ".." in path.parts:
            return path.name
    return name


def redacted(value: Any) -> Any:
    """Return the plain values of a manifest or Marathon file without what must not leave the user's machine."""
    return _walk(value, "")


def redacted_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario file's plain values without credentials in URLs and without folders that belong to a person."""
    clean = {str(key): _without_places(value) for key, value in document.items()}
    for key in ("manifests", "marathon"):
        if key in clean:
            clean[key] = [file_name(str(name)) for name in document[key]]
    return clean


def _without_places(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_places(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_places(one) for one in value]
    return _cleaned(value) if isinstance(value, str) else value


def _walk(value: Any, kind: str) -> Any:
    if isinstance(value, Mapping):
        mine = str(value.get("kind", kind))
        return {key: _entry(str(key), one, mine) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(one, kind) for one in value]
    return _cleaned(value) if isinstance(value, str) else value


def _entry(key: str, value: Any, kind: str) -> Any:
    if key in EMPTIED_OF.get(kind, ()):
        return _emptied(value, REMOVED_BASE64 if key in ("data", "binaryData") and kind == "Secret" else REMOVED)
    if key in EMPTIED or COPIES.search(key) or (NAMES.search(key) and not isinstance(value, Mapping | list)):
        return _emptied(value, REMOVED)
    return _walk(value, kind)


def _emptied(value: Any, by: str) -> Any:
    """Return `value` with every text and number below it replaced, names of entries kept."""
    if isinstance(value, Mapping):
        return {key: one if key in KEPT and not isinstance(one, Mapping | list) else _emptied(one, by)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, list | tuple):
        return [_emptied(one, by) for one in value]
    return value if value is None or isinstance(value, bool) else by


def _cleaned(text: str) -> str:
    cleaned = FOLDERS.sub(REMOVED, CREDENTIALS.sub(REMOVED + "@", text))
    return text if cleaned == text else _like(text)(cleaned)


# -- YAML keeps how each value was written: 1e3, "0644" and 12:30 mean what they meant ------------------------


class _Written(str):
    """A scalar as it stands in the file, with what it takes to write it again."""

    tag: str
    style: str | None


def _like(text: str) -> Callable[[str], str]:
    if not isinstance(text, _Written):
        return str
    return lambda other: _written(other, text.tag, text.style)


def _written(text: str, tag: str, style: str | None) -> _Written:
    made = _Written(text)
    made.tag, made.style = tag, style
    return made


class _Loader(yaml.SafeLoader):
    """Reads every scalar as the text that stands in the file."""

    def construct_scalar_as_written(self, node: yaml.ScalarNode) -> Any:
        if node.tag == "tag:yaml.org,2002:null":
            return None
        return _written(node.value, node.tag, node.style)

    def construct_mapping_as_written(self, node: yaml.MappingNode) -> dict[Any, Any]:
        return {
            self.construct_object(key, deep=True): self.construct_object(value, deep=True) for key, value in node.value
        }  # type: ignore[no-untyped-call]

    def construct_sequence_as_written(self, node: yaml.SequenceNode) -> list[Any]:
        return [self.construct_object(one, deep=True) for one in node.value]  # type: ignore[no-untyped-call]


class _Dumper(yaml.SafeDumper):
    """Writes scalars as they were written."""

    def represent_as_written(self, data: _Written) -> yaml.ScalarNode:
        return yaml.ScalarNode(data.tag, str(data), style=data.style)


for _tag in ("str", "int", "float", "bool", "null", "timestamp", "binary", "merge", "value"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_scalar_as_written)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping_as_written)
_Loader.add_constructor("tag:yaml.org,2002:seq", _Loader.construct_sequence_as_written)
_Dumper.add_representer(_Written, _Dumper.represent_as_written)
