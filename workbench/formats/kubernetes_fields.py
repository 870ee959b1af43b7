"""Plain values to Kubernetes types, strictly: every fault with its place, every field counted for the receipt.

One reader is made per type and path, when it is first needed, from the type's own fields; so a new field is declared
once, in `workbench.model.native.kubernetes`. Types say what a field holds; `Rules` say what types cannot: allowed
words and ranges, older spellings, what must hold between fields.

Unknown fields do not stop a file: they are counted as ignored, with the nearest known spelling. Wrong types, words
and amounts do, all at once. Values of Secrets, ConfigMaps and environment variables are dropped here, and never
quoted.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from workbench.errors import Problem, nearest, unknown_value
from workbench.formats.kubernetes_reading import FAILED, At, Hidden, Reader, Reading, Rules, Spot
from workbench.formats.places import shown
from workbench.formats.quantities import quantity_or_problem
from workbench.model.native.kubernetes.meta import KubeStruct
from workbench.model.native.kubernetes.quantity import Quantity
from workbench.model.parameters import HONOURED, Treatment, ignored

UNMODELLED = ignored("changes nothing in any model")
SERVER_MADE = ignored("filled in by a server")
UNKNOWN = ignored("unknown field")
UNKNOWN_NEAR = "unknown field; did you mean {near}?"

READ_AS = "an older spelling, read as {new}"

NOTES: tuple[str, ...] = (UNMODELLED.note, SERVER_MADE.note, UNKNOWN.note, UNKNOWN_NEAR, READ_AS)
"""What receipts say about fields on behalf of this module, in English."""


_NEVER_COUNTED = frozenset({"apiVersion", "kind"})
_ALWAYS_READ = frozenset({"metadata.name", "metadata.namespace"})


class Field(NamedTuple):
    """A field of a type: attribute, reader, its path in receipts, whether it is counted there itself."""

    attribute: str
    read: Reader
    path: str
    counted: bool
    fate: Treatment | None


def object_reader(cls: type[KubeStruct], rules: Rules) -> Reader:
    """Return the reader of a whole object."""
    return _Struct(cls, "", rules, counted=True)


class _Struct:
    """Reads mappings into one type."""

    def __init__(self, cls: type[KubeStruct], path: str, rules: Rules, *, counted: bool) -> None:
        self.cls = cls
        self.path = path
        self.rules = rules
        self.counted = counted and not cls.ONE_FIELD
        self.before = rules.before.get(cls)
        self.after = rules.after.get(cls)
        self.renamed = rules.renamed.get(cls, {})
        self.required = [field for field in msgspec.structs.fields(cls) if field.required]
        self._fields: dict[str, Field] | None = None

    @property
    def fields(self) -> dict[str, Field]:
        """The type's fields by JSON name, made when first asked for."""
        if self._fields is None:
            infos = msgspec.structs.fields(self.cls)
            self._fields = {info.encode_name: self._field(info) for info in infos}
        return self._fields

    def _field(self, info: msgspec.structs.FieldInfo) -> Field:
        name = info.encode_name
        path = f"{self.path}.{name}" if self.path else name
        fate = HONOURED if path in _ALWAYS_READ else SERVER_MADE if name in self.cls.SERVER_MADE else None
        below = self.counted and fate is None
        hidden = name in self.cls.KEYS_ONLY
        read, counts_itself = _reader(info.type, self.cls, name, path, self.rules, below, hidden)
        counted = self.counted and not (counts_itself and below) and path not in _NEVER_COUNTED
        return Field(info.name, read, path, counted, fate)

    def __call__(self, value: Any, at: At | None, reading: Reading) -> Any:
        if type(value) is not dict:
            return reading.wrong(at, value, "mapping")
        faults = len(reading.problems)
        raw: Mapping[str, Any] = value
        if self.before is not None:
            raw = self.before(raw, Spot(reading, at, self.path))
        made = self._read_fields(raw, at, reading)
        for info in self.required:
            if info.name not in made:
                if raw.get(info.encode_name) is None:
                    reading.problem("missing-key", at, key=info.encode_name)
                return FAILED
        result = self.cls(**made)
        if self.after is not None and len(reading.problems) == faults:
            return self.after(result, raw, Spot(reading, at, self.path))
        return result

    def _read_fields(self, raw: Mapping[str, Any], at: At | None, reading: Reading) -> dict[str, Any]:
        made: dict[str, Any] = {}
        fields = self.fields
        for key, child in raw.items():
            if child is None:
                continue
            field = fields.get(key)
            if field is None:
                field = self._other(key, raw, reading)
                if field is None:
                    continue
            if field.counted or (self.counted and not child and type(child) in (dict, list)):
                reading.count(field.path, field.fate)
            result = field.read(child, At(at, key), reading)
            if result is not FAILED:
                made[field.attribute] = result
        return made

    def _other(self, key: str, raw: Mapping[str, Any], reading: Reading) -> Field | None:
        """Return the field that an old spelling stands for; count anything else as ignored and return None."""
        new = self.renamed.get(key)
        path = f"{self.path}.{shown(key)}" if self.path else shown(key)
        if new is not None:
            reading.count(path, Treatment("honoured", READ_AS, (("new", new),)))
            return None if raw.get(new) is not None else self.fields[new]._replace(counted=False)
        if key in self.cls.UNMODELLED:
            fate = UNMODELLED
        elif key in self.cls.SERVER_MADE:
            fate = SERVER_MADE
        else:
            fate = _unknown(self.cls, key)
        if self.counted or fate is not UNMODELLED:
            reading.count(path, fate)
        return None


@lru_cache(maxsize=4096)
def _unknown(cls: type[KubeStruct], key: str) -> Treatment:
    known = [info.encode_name for info in msgspec.structs.fields(cls)]
    near = nearest(key, [*known, *sorted(cls.UNMODELLED)])
    return UNKNOWN if near is None else Treatment("ignored", UNKNOWN_NEAR, (("near", near),))


def _reader(
    kind: Any, cls: type[KubeStruct], name: str, path: str, rules: Rules, counted: bool, hidden: bool
) -> tuple[Reader, bool]:
    """Return the reader of a field's type, and whether that counts the field itself, below its path."""
    kind = _without_none(kind)
    origin = typing.get_origin(kind)
    if origin is tuple:
        item = typing.get_args(kind)[0]
        read, counts_itself = _reader(item, cls, name, f"{path}[]", rules, counted, hidden)
        return _list(read), counts_itself
    if origin is not None and issubclass(origin, Mapping):
        if typing.get_args(kind)[1] is Quantity:
            return _quantities(path, counted), counted
        return _texts(rules.annotations if name == "annotations" else None, hidden), False
    if isinstance(kind, type) and issubclass(kind, KubeStruct):
        struct = _Struct(kind, path, rules, counted=counted)
        return struct, struct.counted
    return _scalar(kind, rules, cls, name, hidden), False


def _without_none(kind: Any) -> Any:
    """Return the type without None; a number or a percentage is `int`'s marker, see `_scalar`."""
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        parts = [part for part in typing.get_args(kind) if part is not types.NoneType]
        return parts[0] if len(parts) == 1 else tuple(parts)
    return kind


def _scalar(kind: Any, rules: Rules, cls: type[KubeStruct], name: str, hidden: bool) -> Reader:
    if kind is str:
        return _text(rules.words.get((cls, name)), hidden)
    if kind is int:
        return _whole(*rules.ranges.get(name, (0, 2**31 - 1)))
    if kind is bool:
        return _truth
    if kind is Quantity:
        return _quantity
    if isinstance(kind, tuple):
        return _number_or_text
    return _anything


# -- one reader per sort of value ---------------------------------------------------------------------------------


def _text(words: tuple[str, ...] | None, hidden: bool) -> Reader:
    def read(value: Any, at: At | None, reading: Reading) -> Any:
        if type(value) is not str:
            return reading.wrong(at, value, "text", hidden=hidden)
        if words is not None and not value:
            return FAILED  # an empty word is an unset one: the default stands
        if words is not None and value not in words:
            reading.add(unknown_value(shown(value), words, reading.where(at)))
            return FAILED
        return "" if hidden else value

    return read


def _whole(low: int, high: int) -> Reader:
    def read(value: Any, at: At | None, reading: Reading) -> Any:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            return reading.wrong(at, value, "whole")
        if not low <= value <= high:
            if low == 0 and value < 0:
                reading.problem("negative", at, value=value)
            else:
                reading.problem("out-of-range", at, value=shown(str(value)), low=low, high=high, unit="")
            return FAILED
        return value

    return read


def _truth(value: Any, at: At | None, reading: Reading) -> Any:
    return value if type(value) is bool else reading.wrong(at, value, "truth")


def _quantity(value: Any, at: At | None, reading: Reading) -> Any:
    quantity = quantity_or_problem(value.strip() if type(value) is str else value, "")
    if isinstance(quantity, Problem):
        args = quantity.args if type(value) is not dict else {"value": Hidden("a mapping")}
        reading.problem(quantity.code, at, **args)
        return FAILED
    return quantity


def _number_or_text(value: Any, at: At | None, reading: Reading) -> Any:
    if type(value) is int and value < 0:
        reading.problem("negative", at, value=value)
        return FAILED
    return value if type(value) in (int, str) else reading.wrong(at, value, "number or text")


def _anything(value: Any, _at: At | None, _reading: Reading) -> Any:
    return value


def _list(item: Reader) -> Reader:
    def read(value: Any, at: At | None, reading: Reading) -> Any:
        if type(value) is not list:
            return reading.wrong(at, value, "list")
        made = [item(child, At(at, number), reading) for number, child in enumerate(value)]
        return tuple(one for one in made if one is not FAILED)

    return read


def _texts(kept: Callable[[str], bool] | None, hidden: bool) -> Reader:
    """Read a mapping of texts; values are dropped where they are hidden, or not kept."""

    def read(value: Any, at: At | None, reading: Reading) -> Any:
        if type(value) is not dict:
            return reading.wrong(at, value, "mapping", hidden=hidden)
        made = {}
        for key, text in value.items():
            if text is not None and type(text) is not str:
                quiet = hidden or kept is not None
                reading.wrong(At(at, key), text, "text", hidden=quiet)
            made[key] = "" if hidden or text is None or (kept is not None and not kept(key)) else text
        return made

    return read


def _quantities(path: str, counted: bool) -> Reader:
    """Read a mapping of amounts; each name is counted as a field."""

    def read(value: Any, at: At | None, reading: Reading) -> Any:
        if type(value) is not dict:
            return reading.wrong(at, value, "amounts")
        made = {}
        for name, amount in value.items():
            if amount is None:
                continue
            if counted:
                reading.count(f"{path}.{shown(name)}")
            quantity = _quantity(amount, At(at, name), reading)
            if quantity is not FAILED:
                made[name] = quantity
        return made

    return read
