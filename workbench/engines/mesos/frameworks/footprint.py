"""What one instance has reserved on an agent, and how a framework finds it again: reservations with a label, a volume.

Source: mesos docs/reservation.md, docs/persistent-volume.md (a volume lies on reserved disk; RESERVE and CREATE convert
what was offered, DESTROY and UNRESERVE convert it back).
"""

from __future__ import annotations

from workbench.engines.mesos.kinds import reserved_kind, volume_kind
from workbench.engines.mesos.operations import Convert
from workbench.engines.mesos.resources import Resources
from workbench.model.resources import DISK


def reserve(plain: Resources, role: str, label: str, *, disk: int = 0, volume: str = "") -> tuple[Convert, ...]:
    """Return the operations that reserve `plain` to a role, under a label, and make a volume of `disk` of it.

    Parameters
    ----------
    disk : int
        Bytes of `plain` that become the volume; 0 where disk is not accounted for.
    """
    reserved = _reserved(plain, role, label)
    made: list[Convert] = [Convert(Resources(plain.plain), reserved)]
    if disk:
        kind = reserved_kind(DISK, role, label)
        consumed, volumes = Resources(special={kind: disk}), Resources(special={volume_kind(kind, volume, disk): 1})
        made.append(Convert(consumed, volumes))
    return tuple(made)


def bundle(plain: Resources, operations: tuple[Convert, ...]) -> Resources:
    """Return what is there once the operations that reserve `plain` have been carried out."""
    rest = Resources(plain.plain)
    for one in operations:
        rest = rest - one.consumed + one.converted
    return rest


def free(reserved: Resources) -> Convert:
    """Return the operation that gives a reservation back, its volume destroyed (DESTROY, UNRESERVE)."""
    return Convert(reserved, Resources(reserved.quantities()))


def labelled(resources: Resources, label: str) -> Resources:
    """Return what of these resources belongs to one reservation."""
    return resources.filtered(lambda kind: kind.label == label)


def labels(resources: Resources) -> list[str]:
    """Return the labels of the reservations among resources, in order."""
    return list(dict.fromkeys(kind.label for kind in resources.special if kind.label))


def _reserved(plain: Resources, role: str, label: str) -> Resources:
    return Resources(special={reserved_kind(name, role, label): amount for name, amount in plain.plain.items()})
