"""A manifest without what must not be passed on: for reports, saved scenarios, anything that leaves the machine.

Values of Secrets, ConfigMaps and environment variables, commands and their arguments, free annotations and what a
server wrote are taken out; everything that a model reads stays, so that the result is read to the same objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.formats.kubernetes_manifest import LIMIT_VALUES, plain_documents
from workbench.formats.kubernetes_rules import reads_annotation

BLANK = ""
"""What stands in place of a value that was taken out."""

_MAPS_OF_SECRETS = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}
_SERVER_WRITTEN = frozenset({"managedFields", "selfLink"})
_COMMANDS = frozenset({"command", "args"})


def redacted_manifest(text: str, name: str, *, limit_values: int = LIMIT_VALUES) -> str:
    """Return a manifest as JSON (a List), free of confidential values.

    Raises
    ------
    DocumentError
        When the text cannot be parsed.
    """
    items = [_object(value) for value in plain_documents(text, name, limit_values=limit_values)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, ensure_ascii=False, indent=1)


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = _clean(value)
    for key in _MAPS_OF_SECRETS.get(str(value.get("kind")), ()):
        if isinstance(cleaned.get(key), dict):
            cleaned[key] = dict.fromkeys(cleaned[key], BLANK)
    return cleaned


def _clean(value: Any) -> Any:
    """Return a copy without confidential values; documents are at most 200 levels deep."""
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _field(key, child) for key, child in value.items() if key not in _SERVER_WRITTEN}


def _field(key: str, child: Any) -> Any:
    if key in _COMMANDS and isinstance(child, list):
        return []
    if key == "env" and isinstance(child, list):
        return [_variable(item) for item in child]
    if key == "annotations" and isinstance(child, dict):
        return {name: _annotation(text) if reads_annotation(name) else BLANK for name, text in child.items()}
    return _clean(child)


def _annotation(text: Any) -> Any:
    """Return an annotation that is read; one that holds JSON may hold containers with their variables."""
    if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return json.dumps(_clean(json.loads(text)))
    except (ValueError, RecursionError):
        return BLANK


def _variable(item: Any) -> Any:
    if not isinstance(item, dict):
        return BLANK
    return {key: BLANK if key == "value" else _clean(child) for key, child in item.items()}
