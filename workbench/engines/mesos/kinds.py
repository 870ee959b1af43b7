"""What sets a resource apart from others of the same name: reservations, disk, whether it is revocable or shared.

Source: mesos include/mesos/mesos.proto (Resource), src/common/resources.cpp (addable, subtractable), 1.12.0-dev.
Left out: the secret, metadata and vendor of a disk; that upstream takes volumes for equal that differ only in where
they are mounted.
"""

from __future__ import annotations

from typing import NamedTuple

STATIC, DYNAMIC = "STATIC", "DYNAMIC"

WHOLE_SOURCES = ("MOUNT", "BLOCK")
"""Types of disk that cannot be split."""


class Reservation(NamedTuple):
    """One reservation: by the agent's configuration (STATIC), or made while it runs (DYNAMIC)."""

    role: str
    type: str = DYNAMIC
    principal: str = ""
    labels: tuple[tuple[str, str], ...] = ()


class Disk(NamedTuple):
    """What is known of a disk.

    Parameters
    ----------
    persistence : str
        Id of the persistent volume made of it.
    container_path, mode : str
        Where and how the volume is mounted.
    source : str
        PATH, MOUNT, BLOCK or RAW; empty for the agent's own disk.
    source_id, profile, root : str
        Of that source.
    """

    persistence: str = ""
    container_path: str = ""
    mode: str = ""
    source: str = ""
    source_id: str = ""
    profile: str = ""
    root: str = ""

    @property
    def whole(self) -> bool:
        """Say whether the disk is handed out whole or not at all."""
        named_raw = self.source == "RAW" and bool(self.source_id)
        return bool(self.persistence) or self.source in WHOLE_SOURCES or named_raw


class Kind(NamedTuple):
    """What is the same in all resources that may be added up.

    Parameters
    ----------
    reservations : tuple of Reservation
        The outermost first; each further one refines the one before. Empty: unreserved.
    revocable : bool
        Lent, and may be taken back at any time (oversubscription).
    shared : bool
        Several tasks, of several frameworks, may use it at a time.
    size : int
        For a piece that is whole or nothing, what it amounts to; amounts of this kind then are numbers of pieces.
    """

    name: str
    reservations: tuple[Reservation, ...] = ()
    disk: Disk | None = None
    revocable: bool = False
    shared: bool = False
    provider_id: str = ""
    size: int = 0

    @property
    def role(self) -> str:
        """The role it is reserved to; empty when unreserved."""
        return self.reservations[-1].role if self.reservations else ""

    @property
    def label(self) -> str:
        """The value of the reservation's first label, by which a framework knows its own again."""
        labels = self.reservations[-1].labels if self.reservations else ()
        return labels[0][1] if labels else ""

    @property
    def static(self) -> bool:
        """Say whether it is reserved by the agent's configuration."""
        return bool(self.reservations) and self.reservations[-1].type == STATIC

    @property
    def refined(self) -> bool:
        """Say whether a reservation refines another."""
        return len(self.reservations) > 1

    @property
    def chargeable(self) -> bool:
        """Say whether handing it out counts against a quota: unreserved and not revocable."""
        return not self.reservations and not self.revocable

    @property
    def is_plain(self) -> bool:
        """Say whether nothing but the name is known of it."""
        return self == (self.name, (), None, False, False, "", 0)

    def quantity(self, amount: int) -> int:
        """Return what an amount of this kind comes to: a shared piece counts once, whatever the number of copies."""
        if not self.size:
            return amount
        return self.size if self.shared else self.size * amount


def reserved_kind(name: str, role: str, label: str = "") -> Kind:
    """Return the kind of what a framework reserves to `role`; reservations with different labels do not merge."""
    return Kind(name, (Reservation(role, labels=(("id", label),) if label else ()),))


def volume_kind(of: Kind, persistence: str, size: int) -> Kind:
    """Return the kind of the persistent volume that is made of `size` of a disk."""
    disk = (of.disk or Disk())._replace(persistence=persistence)
    return of._replace(disk=disk, size=size)
