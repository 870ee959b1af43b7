"""What operations on resources consume, and what they make of it: RESERVE, UNRESERVE, CREATE, DESTROY.

An operation names the resources as they are afterwards (RESERVE, CREATE) or before (UNRESERVE, DESTROY). A reservation
is put on top of those that are there, or taken off again; a volume is made of disk and becomes disk again.

Source: mesos src/common/resources.cpp (Resources::apply, pushReservation, popReservation), 1.12.0-dev.
Left out: GROW_VOLUME, SHRINK_VOLUME, CREATE_DISK, DESTROY_DISK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from workbench.engines.mesos.kinds import Disk, Kind
from workbench.engines.mesos.resources import Discrete, Resources

Conversion = tuple[Resources, Resources]
"""What an operation such as RESERVE or CREATE consumes, and what it makes of it."""


def reserve(resources: Resources) -> Conversion:
    """Return the conversion into `resources`, whose last reservation is new."""
    return _mapped(resources, _unreserved), resources


def unreserve(resources: Resources) -> Conversion:
    """Return the conversion that takes the last reservation off `resources`."""
    return resources, _mapped(resources, _unreserved)


def create(volumes: Resources) -> Conversion:
    """Return the conversion of disk into `volumes`."""
    return _mapped(volumes, _disk_only), volumes


def destroy(volumes: Resources) -> Conversion:
    """Return the conversion of `volumes` into disk."""
    return volumes, _mapped(volumes, _disk_only)


OPERATIONS: Mapping[str, Callable[[Resources], Conversion]] = {
    "RESERVE": reserve, "UNRESERVE": unreserve, "CREATE": create, "DESTROY": destroy,
}  # fmt: skip
"""Name -> the conversion that it stands for."""


def applied(resources: Resources, conversions: Iterable[Conversion]) -> Resources | None:
    """Return what becomes of `resources`, or None if something that is consumed is not there."""
    for consumed, converted in conversions:
        if not resources.contains(consumed):
            return None
        resources = resources - consumed + converted
    return resources


def _unreserved(kind: Kind) -> Kind:
    return kind._replace(reservations=kind.reservations[:-1])


def _disk_only(kind: Kind) -> Kind:
    disk = (kind.disk or Disk())._replace(persistence="", container_path="", mode="")
    return kind._replace(disk=disk if disk.source else None, shared=False)


def _mapped(resources: Resources, change: Callable[[Kind], Kind]) -> Resources:
    """Return the resources with every kind changed."""
    mapped = Resources(resources.plain)
    for kind, amount in resources.special.items():
        mapped = mapped + scalar(change(kind._replace(size=0)), kind.quantity(amount))
    discrete: dict[Kind, Discrete] = {change(kind): value for kind, value in resources.discrete.items()}
    return mapped + Resources(discrete=discrete)


def scalar(kind: Kind, amount: int) -> Resources:
    """Return an amount of some kind: plain, a share of it, or one piece if it cannot be split."""
    if amount <= 0:
        return Resources()
    if kind.is_plain:
        return Resources({kind.name: amount})
    if kind.shared or (kind.disk is not None and kind.disk.whole):
        return Resources(special={kind._replace(size=amount): 1})
    return Resources(special={kind: amount})
