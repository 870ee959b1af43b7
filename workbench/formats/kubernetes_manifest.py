"""Kubernetes manifests: YAML or JSON, several documents, Lists, exports of whole clusters -> typed objects.

Every object of a file is read, or named in the receipt as ignored; what an API server checks is checked, all at once.
Confidential values are dropped on the way in: of Secrets, ConfigMaps and environment variables only the names remain.

| A reader asks | and opens |
|---|---|
| How is a field read, counted, refused? | `kubernetes_fields.py` |
| What is checked and filled in beyond types? | `kubernetes_rules.py` |
| What becomes of documents of earlier years? | `kubernetes_old.py` |
| What do other control planes get of it? | `kubernetes_apps.py` |
| How is a file kept without its secrets? | `kubernetes_redaction.py` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from msgspec.structs import replace

from workbench.errors import DocumentError, Problem
from workbench.formats import kubernetes_fields, kubernetes_rules, scheduler_configuration
from workbench.formats import kubernetes_old as old
from workbench.formats.kubernetes_fields import object_reader
from workbench.formats.kubernetes_reading import FAILED, WANTED, Reader, Reading
from workbench.formats.kubernetes_rules import RULES
from workbench.formats.places import Document, ValuePath, place_of, shown
from workbench.formats.receipt import Presence
from workbench.formats.text import json_document, yaml_documents
from workbench.model.native.kubernetes import CLUSTER_SCOPED, KINDS, KubeObject
from workbench.model.parameters import Treatment, ignored

LIMIT_VALUES = 20_000_000
"""Values (keys too) that a manifest may hold after alias expansion; an export of 50 MB has about 3 million."""

UNKNOWN_KIND = ignored("this kind of object is not modelled")
UNKNOWN_VERSION = ignored("this version of the kind is not known")
OWNED = ignored("made by a controller that is in the same file; the controller makes it again")
ENDED = ignored("has ended already; a run does not begin it again")

NOTES = (UNKNOWN_KIND.note, UNKNOWN_VERSION.note, OWNED.note, ENDED.note)
"""What receipts say about whole objects, in English."""

MESSAGES: tuple[str, ...] = (
    *NOTES, *kubernetes_fields.NOTES, *old.NOTES, *kubernetes_rules.NOTES, *WANTED.values(), old.UNREADABLE,
)  # fmt: skip
"""Every English text that reading a manifest can put before a reader, errors' own sentences aside."""

Progress = Callable[[float], None]
"""Called now and then with the share of the work that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file holds.

    Parameters
    ----------
    name : str
        The file, without folders.
    objects : tuple of KubeObject
        In the order of the file, defaults filled in, namespaces too.
    presences : tuple of Presence
        Which fields are there, for the receipt.
    """

    name: str
    objects: tuple[KubeObject, ...]
    presences: tuple[Presence, ...]


class _Plain(NamedTuple):
    """An object before it is typed: its mapping, the document it is in, and where in that document."""

    value: Mapping[str, Any]
    document: Document
    base: ValuePath


def read_manifest(
    text: str, name: str, *, limit_values: int = LIMIT_VALUES, progress: Progress | None = None
) -> Manifest:
    """Return the objects of a manifest.

    Parameters
    ----------
    name : str
        The file, for places and for telling JSON from YAML.
    limit_values : int
        Values that the text may hold after alias expansion.

    Raises
    ------
    DocumentError
        With every fault of the file.
    """
    reading = Reading(RULES)
    documents = _documents(text, name, limit_values, reading.problems, progress)
    plain = [one for document in documents for one in _objects(document, reading)]
    if not plain and not reading.problems:
        reading.add(Problem("no-objects", name))
    objects = list(_typed(plain, reading, progress))
    if reading.problems:
        raise DocumentError(reading.problems)
    return Manifest(name, tuple(objects), reading.presences(alias))


def plain_documents(text: str, name: str, *, limit_values: int = LIMIT_VALUES) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a manifest as plain mappings, Lists taken apart; nothing is checked or left out."""
    reading = Reading(RULES)
    for document in _documents(text, name, limit_values, reading.problems, None):
        yield from (one.value for one in _objects(document, reading))
    if reading.problems:
        raise DocumentError(reading.problems)


def typed_object(value: Mapping[str, Any], name: str = "") -> KubeObject:
    """Return one object from plain values, for records of real systems: defaults are filled in as ever.

    What a real server had accepted is not checked again: objects may lack what a record had no need of.

    Raises
    ------
    DocumentError
        With every fault, or when the kind is not known.
    """
    document = Document(value, lambda path: place_of(name, None, path))
    reading = Reading(RULES, checking=False)
    objects = list(_typed(list(_objects(document, reading)), reading, None, whole=False))
    if reading.problems:
        raise DocumentError(reading.problems)
    if not objects:
        why = f"{value.get('apiVersion')} {value.get('kind')}"
        raise DocumentError(Problem("not-an-object", name, {"why": why}))
    return objects[0]


# -- from text to plain objects -----------------------------------------------------------------------------------

_PARSING = 0.8
"""Share of the time that goes into parsing the text."""


def _documents(text: str, name: str, limit: int, problems: list[Problem], progress: Progress | None) -> list[Document]:
    def parsing(done: int, of: int) -> None:
        if progress is not None:
            progress(_PARSING * done / max(of, 1))

    if name.lower().endswith(".json"):
        return [json_document(text, name, limit_values=limit, problems=problems)]
    if text.lstrip()[:1] == "{":
        try:
            return [json_document(text, name, limit_values=limit)]
        except DocumentError:  # perhaps YAML in braces; its reader says what is wrong
            pass
    return yaml_documents(text, name, limit_values=limit, progress=parsing, problems=problems)


def _objects(document: Document, reading: Reading) -> Iterator[_Plain]:
    """Yield the objects of a document; a List gives those inside it."""
    todo: list[tuple[Any, ValuePath]] = [(document.value, ())]
    while todo:
        value, base = todo.pop()
        if value is None:
            continue
        if not isinstance(value, dict):
            shape = "a list" if isinstance(value, list) else repr(shown(str(value)))
            reading.add(Problem("not-a-mapping", document.place(base), {"value": shape}))
            continue
        said = value.get("kind")
        if isinstance(said, str) and said.endswith("List") and isinstance(value.get("items", []), list):
            items = value.get("items") or []
            inner = said.removesuffix("List")
            version = value.get("apiVersion") if inner else None
            todo.extend(
                (_with_type(item, inner, version), (*base, "items", number))
                for number, item in reversed(list(enumerate(items)))
            )
            continue
        yield _Plain(value, document, base)


def _with_type(item: Any, kind: str, version: Any) -> Any:
    """Return an item of, say, a PodList with the kind and version that such items leave out."""
    if not isinstance(item, dict) or not kind or "kind" in item:
        return item
    return {"apiVersion": version, "kind": kind, **item}


# -- from plain objects to typed ones -----------------------------------------------------------------------------

_STEP = 256
"""Objects between two reports of progress."""


def _typed(
    plain: list[_Plain], reading: Reading, progress: Progress | None, *, whole: bool = True
) -> Iterator[KubeObject]:
    """Yield the typed objects; `whole` files leave out what their controllers make and what has ended."""
    present = {_identity(one.value) for one in plain} if whole else set()
    seen: dict[tuple[str, str, str], _Plain] = {}
    for number, one in enumerate(plain):
        if progress is not None and number % _STEP == 0:
            progress(_PARSING + (1 - _PARSING) * number / len(plain))
        read = _read_one(one, reading, present, number)
        if read is not None:
            _note_twice(read, one, reading, seen)
            yield read
    if progress is not None:
        progress(1.0)


def _read_one(one: _Plain, reading: Reading, present: set[tuple[str, str, str]], number: int) -> KubeObject | None:
    reading.begin("", "", one.document.place, one.base)
    kind, version = _kind_and_version(one, reading)
    if not kind or not version:
        return None
    if kind == scheduler_configuration.KIND:
        reading.begin(kind, version, one.document.place, one.base)
        return scheduler_configuration.configuration_object(one.value, one.document, one.base, reading)
    fate = _fate(kind, version, one.value) or _left_out(one.value, present)
    kind = old.KINDS.get(kind, kind)
    reading.begin(kind, version, one.document.place, one.base)
    if fate is not None:
        reading.count("", fate)
        return None
    _note_version(str(one.value["kind"]), kind, version, reading)
    today = {**one.value, "kind": kind, "apiVersion": old.VERSIONS[kind].now}
    made = _reader_of(kind)(today, None, reading)
    return None if made is FAILED else _named(cast(KubeObject, made), kind, reading, number)


def _kind_and_version(one: _Plain, reading: Reading) -> tuple[str, str]:
    """Return both, or empty texts with the fault noted."""
    found = []
    for key in ("kind", "apiVersion"):
        value = one.value.get(key)
        if value is None:
            reading.problem("missing-key", None, key=key)
        elif not isinstance(value, str) or not value:
            reading.wrong(None, value, "word")
        found.append(value if isinstance(value, str) else "")
    return found[0], found[1]


def _fate(kind: str, version: str, value: Mapping[str, Any]) -> Treatment | None:
    """Return why a kind of object is ignored, or None."""
    if version in ("v1beta1", "v1beta2") and ("desiredState" in value or "id" in value):
        return old.TOO_OLD
    known = old.VERSIONS.get(old.KINDS.get(kind, kind))
    if known is None:
        return UNKNOWN_KIND
    if version == known.now or version in known.older:
        return None
    groups = {one.rpartition("/")[0] for one in (known.now, *known.older)}
    return UNKNOWN_VERSION if version.rpartition("/")[0] in groups else UNKNOWN_KIND


def _note_version(said: str, kind: str, version: str, reading: Reading) -> None:
    if said != kind:
        reading.count("kind", old.read_as(kind, old.OLD_KIND))
    known = old.VERSIONS[kind]
    if version != known.now and version not in old.STILL_SERVED:
        reading.count("apiVersion", old.read_as(known.now, old.OLD_VERSION))


def _named(made: KubeObject, kind: str, reading: Reading, number: int) -> KubeObject:
    """Return the object with a name and, where it lives in one, a namespace."""
    metadata = made.metadata
    if not metadata.name and not metadata.generate_name:
        reading.problem("missing-key", None, key="metadata.name")
    name = metadata.name or f"{metadata.generate_name}{number}"
    namespace = "" if kind in CLUSTER_SCOPED else metadata.namespace or "default"
    if (name, namespace) == (metadata.name, metadata.namespace):
        return made
    return replace(made, metadata=replace(metadata, name=name, namespace=namespace))


def _note_twice(made: KubeObject, one: _Plain, reading: Reading, seen: dict[tuple[str, str, str], _Plain]) -> None:
    first = seen.setdefault((made.kind, made.namespace, made.name), one)
    if first is not one:
        name = f"{made.kind} {made.name}"
        reading.add(Problem("duplicate-name", _name_place(one), {"name": name, "first": _name_place(first)}))


def _name_place(one: _Plain) -> str:
    return one.document.place((*one.base, "metadata", "name"))


_READERS: dict[str, Reader] = {}


def _reader_of(kind: str) -> Reader:
    if kind not in _READERS:
        _READERS[kind] = object_reader(KINDS[kind], RULES)
    return _READERS[kind]


# -- what an export holds besides what a team wrote ---------------------------------------------------------------


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _identity(value: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return kind, namespace and name, as far as they are there."""
    metadata = _mapping(value.get("metadata"))
    kind = str(value.get("kind"))
    namespace = "" if kind in CLUSTER_SCOPED else str(metadata.get("namespace") or "default")
    return kind, namespace, str(metadata.get("name"))


def _left_out(value: Mapping[str, Any], present: set[tuple[str, str, str]]) -> Treatment | None:
    """Return why an object of an export is not run: its controller will make it again, or it is over."""
    _, namespace, _ = _identity(value)
    owners = _mapping(value.get("metadata")).get("ownerReferences")
    for owner in owners if isinstance(owners, list) else ():
        named = _mapping(owner)
        kind = str(named.get("kind"))
        where = "" if kind in CLUSTER_SCOPED else namespace
        if named.get("controller") is True and (kind, where, str(named.get("name"))) in present:
            return OWNED
    return ENDED if present and _has_ended(value) else None


def _has_ended(value: Mapping[str, Any]) -> bool:
    status = _mapping(value.get("status"))
    if value.get("kind") == "Pod":
        return status.get("phase") in ("Succeeded", "Failed")
    if value.get("kind") != "Job":
        return False
    conditions = status.get("conditions")
    return any(
        _mapping(one).get("type") in ("Complete", "Failed") and _mapping(one).get("status") == "True"
        for one in (conditions if isinstance(conditions, list) else ())
    )


# -- the same field seen from inside ------------------------------------------------------------------------------

_INSIDE: Mapping[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "ReplicationController", "DaemonSet", "Job"), (("spec.template.", "Pod"),)
    ),
    "StatefulSet": (("spec.template.", "Pod"), ("spec.volumeClaimTemplates[].", "PersistentVolumeClaim")),
    "CronJob": (("spec.jobTemplate.spec.template.", "Pod"), ("spec.jobTemplate.", "Job")),
}
"""Kind -> beginnings of paths that lead into another kind of object."""


def alias(kind: str, path: str) -> str:
    """Return the name that a field has in the object inside: of a Deployment's template, ``Pod: ...``."""
    for beginning, inside in _INSIDE.get(kind, ()):
        if path.startswith(beginning):
            return f"{inside}: {path.removeprefix(beginning)}"
    return ""
