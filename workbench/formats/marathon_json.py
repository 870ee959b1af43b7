"""Marathon JSON: apps, lists of apps, nested groups and pods -> typed apps.

Ids become whole paths, dependencies of groups those of their apps. Unknown fields are counted as ignored, older
spellings read and noted; wrong types, amounts and ids stop the file, all at once. Values of environment variables,
secrets, labels and commands are dropped on the way in.

| A reader asks | and opens |
|---|---|
| What is checked and filled in beyond types? | `marathon_rules.py` |
| What do other control planes get of it? | `marathon_apps.py`, `marathon_carried.py` |

Left out: storing and versioning of definitions, artifacts, what a network hands out, and all that the model does not
name as a field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from msgspec.structs import replace

from workbench.errors import DocumentError, Problem
from workbench.formats.kubernetes_fields import object_reader
from workbench.formats.kubernetes_reading import At, Reader, Reading, quotable
from workbench.formats.marathon_carried import CARRIED
from workbench.formats.marathon_rules import RULES
from workbench.formats.places import ValuePath, shown
from workbench.formats.receipt import Presence
from workbench.formats.text import json_document
from workbench.model.native.marathon import App, PodDefinition
from workbench.model.parameters import ignored

__all__ = ["CARRIED", "LIMIT_VALUES", "MarathonApp", "MarathonDocument", "read_marathon", "redacted_marathon"]

LIMIT_VALUES = 5_000_000
"""Values that a document may hold."""

MARATHON_KINDS = {App: "App", PodDefinition: "PodDefinition"}
"""Type -> what receipts and tables of treatments call it."""

_GROUP_KEYS = ("apps", "pods", "groups")
_GROUP_UNMODELLED = ("version", "scaleBy", "enforceRole")
_GROUP_FATE = ignored("says how Marathon handles the group, not what runs")
_UNKNOWN = ignored("unknown field")
_NAMES_NOTHING = ignored("some of it names nothing in this file")

NOTES = (_GROUP_FATE.note, _NAMES_NOTHING.note)
"""What receipts say about fields on behalf of this module, in English."""

_SEGMENT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")

MarathonApp = App | PodDefinition


@dataclass(frozen=True, slots=True)
class MarathonDocument:
    """What a file holds.

    Parameters
    ----------
    name : str
        The file.
    apps : tuple
        Apps and pods in the order of the file, with whole ids and defaults filled in.
    presences : tuple of Presence
        Which fields are there, for the receipt.
    """

    name: str
    apps: tuple[MarathonApp, ...]
    presences: tuple[Presence, ...]


def read_marathon(text: str, name: str, *, limit_values: int = LIMIT_VALUES) -> MarathonDocument:
    """Return the apps of a Marathon document.

    Raises
    ------
    DocumentError
        With every fault of the file.
    """
    reading = Reading(RULES)
    document = json_document(text, name, limit_values=limit_values, problems=reading.problems)
    walk = _Walk(reading, document.place)
    walk.top(document.value, name)
    apps = walk.linked()
    if not apps and not reading.problems:
        reading.add(Problem("no-marathon-apps", name))
    if reading.problems:
        raise DocumentError(reading.problems)
    return MarathonDocument(name, apps, reading.presences(lambda _kind, _path: ""))


def whole_id(text: str, group: str) -> str | None:
    """Return an id as the path from the root; `group` is the whole path of the group it stands in. None if it is none.

    A leading ``/`` starts at the root, ``..`` goes up one group.
    """
    parts = [] if text.startswith("/") else [part for part in group.split("/") if part]
    for part in text.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif _SEGMENT.fullmatch(part):
            parts.append(part)
        elif part not in ("", "."):
            return None
    return "/" + "/".join(parts)


@cache
def _reader_of(kind: type[MarathonApp]) -> Reader:
    return object_reader(kind, RULES)


class _Walk:
    """Goes through a document, group by group."""

    def __init__(self, reading: Reading, place: Any) -> None:
        self.reading = reading
        self.place = place
        self.apps: list[tuple[MarathonApp, ValuePath, str]] = []
        self.groups: set[str] = set()

    def top(self, value: Any, name: str) -> None:
        """Take the whole document: an app, a pod, a group, a list of them, or what the API wraps around them."""
        if isinstance(value, list):
            for index, one in enumerate(value):
                self._one(one, (index,), "/", ())
            return
        if isinstance(value, dict) and isinstance(value.get("app"), dict) and "id" not in value:
            self._one(value["app"], ("app",), "/", ())
            return
        if isinstance(value, dict) and "apiVersion" in value and "kind" in value:
            self.reading.add(Problem("kubernetes-not-marathon", name))
            return
        self._one(value, (), "/", ())

    def _one(self, value: Any, path: ValuePath, group: str, needs: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            self._begin("App", path)
            self.reading.wrong(None, value, "a mapping: an app, a group or a pod")
        elif any(key in value for key in _GROUP_KEYS):
            self._group(value, path, group, needs)
        else:
            self._app(PodDefinition if "containers" in value else App, value, path, group, needs)

    def _begin(self, kind: str, path: ValuePath) -> None:
        self.reading.begin(kind, "", self.place, path)

    def _group(self, value: Mapping[str, Any], path: ValuePath, group: str, needs: tuple[str, ...]) -> None:
        self._begin("Group", path)
        here = self._id(value.get("id", "/" if not path else None), group)
        needs = (*needs, *self._dependencies(value.get("dependencies"), group))
        for key, child in value.items():
            self._begin("Group", path)
            if key not in ("id", "dependencies", *_GROUP_KEYS):
                self.reading.count(shown(key), _GROUP_FATE if key in _GROUP_UNMODELLED else _UNKNOWN)
                continue
            if child is None or (key in _GROUP_KEYS and not child):
                continue
            self.reading.count(key)
            if key in _GROUP_KEYS and not isinstance(child, list):
                self.reading.wrong(At(None, key), child, "a list")
        if here is None:
            return
        self.groups.add(here)
        for key in _GROUP_KEYS:
            children = value.get(key)
            for index, child in enumerate(children if isinstance(children, list) else ()):
                self._in_group(key, child, (*path, key, index), here, needs)

    def _in_group(self, key: str, child: Any, path: ValuePath, group: str, needs: tuple[str, ...]) -> None:
        if not isinstance(child, dict):
            self._one(child, path, group, needs)
        elif key == "groups":
            self._group(child, path, group, needs)
        elif key == "apps":
            self._app(App, child, path, group, needs)
        elif isinstance(child.get("spec"), dict):  # the status of a pod, as the API lists it
            self._app(PodDefinition, child["spec"], (*path, "spec"), group, needs)
        else:
            self._app(PodDefinition, child, path, group, needs)

    def _app(
        self, kind: type[MarathonApp], value: Mapping[str, Any], path: ValuePath, group: str, needs: tuple[str, ...]
    ) -> None:
        self._begin(MARATHON_KINDS[kind], path)
        made = _reader_of(kind)(value, None, self.reading)
        if not isinstance(made, App | PodDefinition):
            return
        whole = self._id(made.id, group)
        if whole == "/":
            self.reading.problem("bad-marathon-id", At(None, "id"), id=whole)
        if whole is None or whole == "/":
            return
        own = self._dependencies(list(made.dependencies), whole.rpartition("/")[0])
        made = replace(made, id=whole, dependencies=tuple(dict.fromkeys((*needs, *own))))
        self.apps.append((made, path, self.place((*path, "id"))))

    def _id(self, said: Any, group: str) -> str | None:
        """Return the whole id; None with a problem if it is missing or none."""
        if said is None:
            self.reading.problem("missing-key", None, key="id")
            return None
        whole = whole_id(said, group) if isinstance(said, str) and said else None
        if whole is None:
            self.reading.problem("bad-marathon-id", At(None, "id"), id=quotable(said))
        return whole

    def _dependencies(self, said: Any, group: str) -> tuple[str, ...]:
        if said is not None and not isinstance(said, list):
            self.reading.wrong(At(None, "dependencies"), said, "a list")
            return ()
        found = []
        for index, one in enumerate(said or ()):
            whole = whole_id(one, group) if isinstance(one, str) and one else None
            if whole is None:
                at = At(At(None, "dependencies"), index)
                self.reading.problem("bad-marathon-id", at, id=quotable(one))
            else:
                found.append(whole)
        return tuple(found)

    # -- across the document

    def linked(self) -> tuple[MarathonApp, ...]:
        """Return all apps, ids checked to differ, dependencies to exist and to go one way."""
        first: dict[str, str] = {}
        for app, _, where in self.apps:
            if app.id in first:
                self.reading.add(Problem("duplicate-name", where, {"name": app.id, "first": first[app.id]}))
            first.setdefault(app.id, where)
        members = self._members()
        needs = {app.id: [one for need in app.dependencies for one in members.get(need, ())] for app, _, _ in self.apps}
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            cycle = error.args[1]
            self.reading.add(Problem("dependency-cycle", first[cycle[0]], {"cycle": " -> ".join(reversed(cycle))}))
        for app, path, _ in self.apps:
            if any(need not in members for need in app.dependencies):
                self._begin(MARATHON_KINDS[type(app)], path)
                self.reading.count("dependencies", _NAMES_NOTHING)
        return tuple(app for app, _, _ in self.apps)

    def _members(self) -> dict[str, list[str]]:
        """Return for each app and group the ids of the apps that it is or holds."""
        members: dict[str, list[str]] = {group: [] for group in self.groups}
        for app, _, _ in self.apps:
            members.setdefault(app.id, []).append(app.id)
            above = app.id.rpartition("/")[0]
            while above:
                if above in self.groups:
                    members[above].append(app.id)
                above = above.rpartition("/")[0]
        return members


# -- without what is confidential -----------------------------------------------------------------------------------

_HIDDEN = frozenset(
    {
        "env", "environment", "secrets", "labels", "cmd", "args", "uris", "uri", "command", "exec", "parameters",
        "credential", "pullConfig", "path", "hostPath", "storeUrls", "options", "config",
    }
)  # fmt: skip
"""Fields whose texts are left out of what is kept and shown; no model reads them."""


def redacted_marathon(text: str, name: str, *, limit_values: int = LIMIT_VALUES) -> str:
    """Return a Marathon document that reads to the same apps, free of confidential values.

    Raises
    ------
    DocumentError
        When the text cannot be parsed.
    """
    value = json_document(text, name, limit_values=limit_values).value
    return json.dumps(_without(value), indent=1, ensure_ascii=False)


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _blank(one) if key in _HIDDEN else _without(one) for key, one in value.items()}


def _blank(value: Any) -> Any:
    """Return a value of the same shape, with every text empty."""
    if isinstance(value, dict):
        return {key: _blank(one) for key, one in value.items()}
    if isinstance(value, list):
        return [{**_blank(one), "name": one["name"]} if _is_named(one) else _blank(one) for one in value]
    return "" if isinstance(value, str) else value


def _is_named(value: Any) -> bool:
    """Say whether a value is a variable or label in the form of Marathon 1.4: a mapping with name and value."""
    return isinstance(value, dict) and "name" in value
