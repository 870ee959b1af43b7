"""What a StatefulSet writes down: the numbers of its status, its revisions, who owns its claims.

Source: kubernetes, pkg/controller/statefulset/stateful_set_control.go, stateful_set_utils.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from workbench.engines.kubernetes.controllers.stateful_set_control import Member, Revisions

OwnerKind = Literal["StatefulSet", "Pod"]


class Status(NamedTuple):
    """How many members there are; ready; available; of the current and of the update revision (none that is going)."""

    replicas: int
    ready: int
    available: int
    current: int
    updated: int


def status_of(members: Iterable[Member], revisions: Revisions) -> Status:
    """Count members."""
    there = tuple(members)
    ready = [one for one in there if one.phase == "Running" and one.ready]
    staying = [one for one in there if not one.terminating]
    return Status(
        len(there),
        len(ready),
        sum(one.available for one in ready),
        sum(one.revision == revisions.current for one in staying),
        sum(one.revision == revisions.update for one in staying),
    )


def after_update_deletions(status: Status, deleted: int) -> Status:
    """Return the status once so many members of the current revision were deleted; calls that failed do not count."""
    return status._replace(current=status.current - deleted)


def completed(status: Status, revisions: Revisions, replicas: int, strategy: str) -> Revisions:
    """Return the revisions after a pass: a rolling update is over once all members are updated and ready."""
    done = status.updated == replicas == status.replicas == status.ready
    return Revisions(revisions.update, revisions.update) if done and strategy == "RollingUpdate" else revisions


class Revision(NamedTuple):
    """One entry of a set's history. `digest` stands for its template."""

    name: str
    number: int
    digest: str


def get_stateful_set_revisions(
    history: Sequence[Revision], wanted: str, current: str, set_name: str
) -> tuple[tuple[Revision, ...], Revisions]:
    """Return the history, oldest first, with the revision of the wanted template as its last, and who is who.

    A template that the history holds already is not added again: its revision gets the next number.

    Parameters
    ----------
    wanted : str
        Digest of the template that the set has now.
    current : str
        Name of the revision that the status calls current; one that is not known is replaced by the wanted one.
    """
    ordered = sorted(history, key=lambda one: one.number)
    number = ordered[-1].number + 1 if ordered else 1
    known = next((one for one in reversed(ordered) if one.digest == wanted), None)
    if known is None:
        known = Revision(f"{set_name}-{wanted}", number, wanted)
        ordered.append(known)
    elif known is not ordered[-1]:
        ordered.remove(known)
        known = known._replace(number=number)
        ordered.append(known)
    names = {one.name for one in ordered}
    return tuple(ordered), Revisions(current if current in names else known.name, known.name)


def truncate_history(history: Sequence[Revision], live: Iterable[str], limit: int) -> tuple[Revision, ...]:
    """Return the history without its oldest entries: beside those in use (`live`, by name) `limit` stay."""
    used = set(live)
    spare = [one for one in history if one.name not in used]
    gone = set(spare[: max(0, len(spare) - limit)])
    return tuple(one for one in history if one not in gone)


def claim_owners(when_scaled: str, when_deleted: str, *, condemned: bool) -> tuple[OwnerKind, ...]:
    """Return with whom a member's claim goes: nobody, its set, or, for a member too many, its pod."""
    if when_scaled == "Delete" and condemned:
        return ("Pod",)
    return ("StatefulSet",) if when_deleted == "Delete" else ()
