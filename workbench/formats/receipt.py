"""Receipts: field by field, what each control plane does with a user's file.

A reader of a format says which fields are *present*; each control plane says, in a table, how it *treats* fields; here
both are put together. Nothing is dropped silently: a field that no table covers is ignored, and the receipt says so.
Neutral as to the format: Kubernetes manifests and Marathon documents alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from workbench.model.parameters import Status, Treatment, Treatments, ignored

NOT_MODELLED = ignored("not modelled")
"""The treatment of a field that no table of the control plane covers."""

SUMMARY = "{honoured} fields honoured, {approximated} approximated, {ignored} ignored"

STATUSES: tuple[Status, ...] = ("honoured", "approximated", "ignored")


@dataclass(frozen=True, slots=True)
class Presence:
    """A field that a file holds.

    Parameters
    ----------
    kind : str
        Of which kind of object, e.g. ``Deployment``.
    path : str
        Where in it, list positions left out: ``spec.template.spec.containers[].image``. Empty for the object as a
        whole.
    count : int
        How often.
    alias : str
        The same field seen from an object inside: ``Pod: spec.containers[].image``.
    fate : Treatment or None
        Set where the format itself decides, for every control plane: unknown fields, old spellings, what a server
        fills in.
    """

    kind: str
    path: str
    count: int = 1
    alias: str = ""
    fate: Treatment | None = None

    @property
    def key(self) -> str:
        """The field as tables of treatments name it, ``Kind: path``."""
        return f"{self.kind}: {self.path}" if self.path else self.kind


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One field of a file, and how each control plane treats it."""

    kind: str
    path: str
    count: int
    treatments: Mapping[str, Treatment]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many fields a control plane treats in each way."""

    honoured: int
    approximated: int
    ignored: int

    def text(self, template: str | None = None) -> str:
        """Return the sentence, in English or from a translated `template`."""
        return (template or SUMMARY).format(**asdict(self))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file.

    Parameters
    ----------
    file : str
        Its name, without folders.
    control_planes : tuple of str
        For which the lines hold treatments, in order.
    lines : tuple of ReceiptLine
        In the order in which the fields first occur in the file.
    """

    file: str
    control_planes: tuple[str, ...]
    lines: tuple[ReceiptLine, ...]

    def summary(self, control_plane: str) -> Summary:
        """Count the fields by what `control_plane` does with them; a field counts once, however often it occurs."""
        counts = Counter(line.treatments[control_plane].status for line in self.lines)
        return Summary(*(counts[status] for status in STATUSES))

    def summaries(self) -> dict[str, Summary]:
        """Return the counts of every control plane."""
        return {name: self.summary(name) for name in self.control_planes}

    def differing(self) -> Iterator[ReceiptLine]:
        """Yield the lines that some control plane does not simply honour."""
        return (line for line in self.lines if any(how.status != "honoured" for how in line.treatments.values()))

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat row per field and control plane, for tables and files."""
        return [
            {
                "file": self.file, "kind": line.kind, "field": line.path, "count": line.count,
                "control_plane": name, "status": how.status, "note": how.note, "args": dict(how.args),
            }
            for line in self.lines
            for name, how in line.treatments.items()
        ]  # fmt: skip


def compose(presences: Iterable[Presence], treatments: Mapping[str, Treatments], file: str = "") -> Receipt:
    """Return the receipt of a file.

    Parameters
    ----------
    presences : iterable of Presence
        The fields of the file. The same field given twice is counted together.
    treatments : mapping
        Control plane -> its table. A key ``Kind: path`` covers what lies below the path, ``Kind`` all of an object,
        ``*: path`` the path in every other kind; the longest key that fits decides, the field's own kind before its
        alias. An object ignored as a whole is ignored with what is inside.
    """
    merged: dict[tuple[str, str, Treatment | None], Presence] = {}
    for one in presences:
        same = merged.get((one.kind, one.path, one.fate))
        count = one.count if same is None else one.count + same.count
        merged[one.kind, one.path, one.fate] = replace(one, count=count)
    lines = tuple(
        ReceiptLine(one.kind, one.path, one.count, {name: _treated(one, table) for name, table in treatments.items()})
        for one in merged.values()
    )
    return Receipt(file, tuple(treatments), lines)


_NO_FIT = 1 << 30
"""More than any key that fits leaves over."""


def _treated(presence: Presence, table: Treatments) -> Treatment:
    """Return the treatment by the longest key that fits; what is left of a path after the key measures the fit."""
    if presence.fate is not None:
        return presence.fate
    whole = table.get(presence.kind)
    fits = [_longest(presence.kind, presence.path, table)]
    if presence.alias and (whole is None or whole.status != "ignored"):
        kind, _, path = presence.alias.partition(": ")
        fits.append(_longest(kind, path, table, whole=False))
    if whole is None:
        fits.append(_longest("*", presence.path, table, whole=False))
    return min(fits, key=lambda fit: fit[0])[1]


def _longest(kind: str, path: str, table: Treatments, *, whole: bool = True) -> tuple[int, Treatment]:
    """Return the treatment whose key covers most of `path`, with the number of characters that it leaves over.

    A key for the `whole` of a kind is about objects that stand alone, not about what is inside others.
    """
    for end in _ends(path):
        found = table.get(f"{kind}: {path[:end]}" if end else kind)
        if found is not None and (end or whole):
            return len(path) - end, found
    return _NO_FIT, NOT_MODELLED


def _ends(path: str) -> Iterator[int]:
    """Yield where a key that covers `path` may end, the longest first."""
    yield len(path)
    yield from (at for at in range(len(path) - 1, 0, -1) if path[at] in ".[")
    if path:
        yield 0
