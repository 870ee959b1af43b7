"""Resources, quantities and agents as records of Mesos write them, read into the engine's own values and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.engines.mesos.capabilities import OF_AGENTS
from workbench.engines.mesos.conversions import scalar
from workbench.engines.mesos.inverse_offers import Unavailability
from workbench.engines.mesos.kinds import Disk, Kind, Reservation
from workbench.engines.mesos.offer_constraints import AgentInfo, AttributeConstraint, Domain, OfferConstraints
from workbench.engines.mesos.resources import NOTHING, Quantities, Resources
from workbench.engines.mesos.roles import Quota
from workbench.engines.mesos.values import Ranges, fixed, passed_on
from workbench.model.clock import SECOND_US

Given = Mapping[str, Any]

# -- resources ---------------------------------------------------------------------------------------------------------


def resources(given: Iterable[Given]) -> Resources:
    """Read a list of resource objects."""
    found = NOTHING
    for one in given:
        found = found + _resource(one)
    return found


def _resource(given: Given) -> Resources:
    kind = Kind(
        given["name"],
        tuple(_reservation(one) for one in given.get("reservations", ())),
        _disk(given["disk"]) if "disk" in given else None,
        bool(given.get("revocable")),
        bool(given.get("shared")),
        str(given.get("provider_id", "")),
    )
    if "ranges" in given:
        value = Ranges((int(begin), int(end)) for begin, end in given["ranges"])
        return Resources(discrete={kind: value}) if value else NOTHING
    if "set" in given:
        return Resources(discrete={kind: frozenset(given["set"])}) if given["set"] else NOTHING
    return scalar(kind, fixed(given["scalar"]))


def _reservation(given: Given) -> Reservation:
    labels = tuple(sorted(labels_of(given.get("labels", ()))))
    return Reservation(given["role"], given["type"], given.get("principal", ""), labels)


def labels_of(given: Any) -> list[tuple[str, str]]:
    """Read labels, written as a mapping or as a list of keys and values."""
    if isinstance(given, Mapping):
        given = given.get("labels", [{"key": key, "value": value} for key, value in given.items()])
    return [(one["key"], one.get("value", "")) for one in given]


def _disk(given: Given) -> Disk:
    volume, source = given.get("volume", {}), given.get("source", {})
    return Disk(
        given.get("persistence", {}).get("id", ""),
        volume.get("container_path", ""),
        volume.get("mode", ""),
        source.get("type", ""),
        source.get("id", ""),
        source.get("profile", ""),
        source.get("root", ""),
    )


def shown(of: Resources) -> str:
    """Return resources as a short text, each in an order of its own, so that equal ones have equal texts."""
    parts = [f"{name}:{passed_on(amount):.12g}" for name, amount in of.plain.items()]
    for kind, amount in of.special.items():
        size = f"{amount} of {passed_on(kind.size):.12g}" if kind.size else f"{passed_on(amount):.12g}"
        parts.append(f"{_kind(kind)}:{size}")
    for kind, value in of.discrete.items():
        pieces = [f"{low}-{high}" for low, high in value.pairs] if isinstance(value, Ranges) else sorted(value)
        parts.append(f"{_kind(kind)}:[{','.join(pieces)}]")
    return "; ".join(sorted(parts)) or "nothing"


def _kind(kind: Kind) -> str:
    stack = "".join(
        f"({_words(one.type, one.role, one.principal, *map('='.join, one.labels))})" for one in kind.reservations
    )
    disk = f"[{_words(*kind.disk)}]" if kind.disk is not None else ""
    flags = "".join(f"{{{name}}}" for name, on in (("REV", kind.revocable), ("SHARED", kind.shared)) if on)
    return f"{kind.name}{stack}{disk}{flags}{kind.provider_id}"


def _words(*words: str) -> str:
    return ",".join(filter(None, words))


def quantities(given: Mapping[str, float]) -> Quantities:
    """Read amounts by name; there are no zeros among quantities."""
    return {name: fixed(value) for name, value in given.items() if fixed(value) > 0}


def limits(given: Mapping[str, float]) -> Quantities:
    """Read limits by name; a limit of zero is one."""
    return {name: fixed(value) for name, value in given.items()}


def quota(given: Given) -> Quota:
    """Read guarantees and limits."""
    return Quota(quantities(given.get("guarantees", {})), limits(given.get("limits", {})))


def alternatives(given: Iterable[Mapping[str, float]]) -> tuple[Quantities, ...]:
    """Read minimal amounts, of which one must be there."""
    return tuple(quantities(one) for one in given)


# -- agents and frameworks ---------------------------------------------------------------------------------------------


def microseconds(seconds: float) -> int:
    """Return a time in the model's unit."""
    return round(seconds * SECOND_US)


def domain(given: Given | None) -> Domain | None:
    """Read where an agent stands."""
    return Domain(given["region"], given.get("zone", "")) if given else None


def agent_info(given: Given) -> AgentInfo:
    """Read what an agent says of itself."""
    return AgentInfo(given.get("hostname", given["agent"]), given.get("attributes", {}), domain(given.get("domain")))


def agent_capabilities(given: Given) -> frozenset[str]:
    """Read an agent's capabilities that matter to the allocator; all when they are not written down."""
    return OF_AGENTS & frozenset(given.get("capabilities", OF_AGENTS))


def unavailability(given: Given | None) -> Unavailability | None:
    """Read when an agent will be away."""
    if not given:
        return None
    duration = given.get("duration")
    return Unavailability(microseconds(given["start"]), None if duration is None else microseconds(duration))


def offer_constraints(given: Given | None) -> OfferConstraints:
    """Read offer constraints as frameworks write them."""
    roles = (given or {}).get("role_constraints", {})
    return {role: [_group(group) for group in one["groups"]] for role, one in roles.items()}


def _group(given: Given) -> Sequence[AttributeConstraint]:
    return [_constraint(one) for one in given["attribute_constraints"]]


def _constraint(given: Given) -> AttributeConstraint:
    selector = given["selector"]
    [(predicate, argument)] = given["predicate"].items()
    text = argument.get("value", argument.get("regex", ""))
    pseudo = selector.get("pseudoattribute_type")
    return AttributeConstraint(pseudo or selector["attribute_name"], predicate, text, pseudo=pseudo is not None)
