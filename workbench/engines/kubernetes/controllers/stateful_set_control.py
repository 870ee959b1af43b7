"""What a StatefulSet does in one pass: which members it makes, which it deletes, what it waits for.

Scaling comes before updating. In order (OrderedReady) the first member that is missing, ended, going, or not yet
available holds up all that follows; at once (Parallel) nothing waits for anything, but a number is free again only
when its pod is gone.

Source: kubernetes, pkg/controller/statefulset/stateful_set_control.go and stateful_set_utils.go (version 1.34; with
`max_unavailable` given, the rule of the feature MaxUnavailableStatefulSet, which is on by default since 1.35).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from workbench.engines.kubernetes.controllers.deployment_rolling import scaled_value
from workbench.engines.kubernetes.objects import Phase
from workbench.model.native.kubernetes.apps import StatefulSetSpec


class Member(NamedTuple):
    """One pod of a set as a pass sees it. `available`: ready for minReadySeconds at least."""

    ordinal: int
    revision: str
    phase: Phase = "Pending"
    ready: bool = False
    available: bool = False
    terminating: bool = False

    @property
    def unavailable(self) -> bool:
        """Whether the set cannot count on it."""
        return self.terminating or self.phase != "Running" or not (self.ready and self.available)


class Pass(NamedTuple):
    """What one pass does.

    Parameters
    ----------
    create : tuple
        (ordinal, revision) of the members to make, lowest first.
    ended, condemned, outdated : tuple of int
        Ordinals to delete: those that have ended, those too many, those of an old revision.
    waits_for : int
        The member that holds up all that follows, -1 for none.
    """

    create: tuple[tuple[int, str], ...] = ()
    ended: tuple[int, ...] = ()
    condemned: tuple[int, ...] = ()
    outdated: tuple[int, ...] = ()
    waits_for: int = -1

    @property
    def delete(self) -> tuple[int, ...]:
        """All ordinals to delete."""
        return self.ended + self.condemned + self.outdated


class Revisions(NamedTuple):
    """Names of the revision a set comes from and of the one it goes to; equal unless an update is under way."""

    current: str
    update: str


def ordinals(spec: StatefulSetSpec) -> range:
    """Return the numbers of the members."""
    return range(spec.ordinals.start, spec.ordinals.start + spec.replicas)


def max_unavailable(spec: StatefulSetSpec) -> int | None:
    """Return how many members an update may take away at once, None where the set does not say; 1 at least.

    Percentages of the size are rounded up.
    """
    given = spec.update_strategy.rolling_update.max_unavailable
    return None if given is None else max(1, scaled_value(given, spec.replicas, round_up=True))


def revision_for(spec: StatefulSetSpec, revisions: Revisions, ordinal: int) -> str:
    """Return the revision of a member that is made now: below the partition of a rolling update the current one."""
    below = ordinal < spec.ordinals.start + spec.update_strategy.rolling_update.partition
    return revisions.current if spec.update_strategy.type == "RollingUpdate" and below else revisions.update


def update_stateful_set(
    spec: StatefulSetSpec, members: Mapping[int, Member], revisions: Revisions, *, parallel: bool
) -> Pass:
    """Return what a pass does for a set with these members, by ordinal."""
    wanted = ordinals(spec)
    made = _walk(spec, wanted, members, revisions, parallel=parallel)
    if made.waits_for >= 0 or (made.create and not parallel):
        return made
    condemned = [members[ordinal] for ordinal in sorted(members, reverse=True) if ordinal not in wanted]
    gone = condemned_to_delete(condemned, [members[one] for one in wanted if one in members], parallel=parallel)
    if gone.condemned or gone.waits_for >= 0:
        return gone._replace(create=made.create)
    if spec.update_strategy.type == "OnDelete":
        return made
    return made._replace(outdated=outdated_to_delete(spec, members, made.create, revisions.update))


def _walk(
    spec: StatefulSetSpec, wanted: range, members: Mapping[int, Member], revisions: Revisions, *, parallel: bool
) -> Pass:
    """Go through the wanted ordinals, lowest first: delete what has ended, make what is missing, wait for the rest."""
    create: list[tuple[int, str]] = []
    ended: list[int] = []
    waits_for = -1
    for ordinal in wanted:
        member = members.get(ordinal)
        if member is None:
            create.append((ordinal, revision_for(spec, revisions, ordinal)))
        elif member.phase in ("Failed", "Succeeded"):
            waits_for = ordinal
            if not member.terminating:
                ended.append(ordinal)
        elif member.unavailable and not parallel:
            waits_for = ordinal
        if not parallel and (member is None or waits_for >= 0):
            break
    return Pass(tuple(create), tuple(ended), waits_for=waits_for)


def condemned_to_delete(condemned: Sequence[Member], staying: Sequence[Member], *, parallel: bool) -> Pass:
    """Return which members too many go now.

    In order: one, the highest, unless it is going already; while it is not available, only if no lower one is ill too.

    Parameters
    ----------
    condemned : sequence of Member
        Highest ordinal first.
    """
    if parallel:
        return Pass(condemned=tuple(one.ordinal for one in condemned if not one.terminating))
    if not condemned:
        return Pass()
    target = condemned[0]
    first_ill = next((one for one in (*staying, *reversed(condemned)) if one.unavailable), None)
    if target.terminating or (target.unavailable and target is not first_ill):
        return Pass(waits_for=target.ordinal)
    return Pass(condemned=(target.ordinal,))


def outdated_to_delete(
    spec: StatefulSetSpec, members: Mapping[int, Member], created: Iterable[tuple[int, str]], update: str
) -> tuple[int, ...]:
    """Return which members of an old revision go now, for a rolling update, highest first down to the partition.

    Where the set says how many may be missing, all that are unavailable count, also those below the partition.
    Otherwise one goes, and the next only once all above it are back.
    """
    wanted = ordinals(spec)
    fresh = {ordinal for ordinal, _ in created}
    least = wanted.start + spec.update_strategy.rolling_update.partition
    targets = [ordinal for ordinal in reversed(wanted) if ordinal >= least]

    def is_outdated(ordinal: int) -> bool:
        member = members.get(ordinal)
        return ordinal not in fresh and member is not None and member.revision != update and not member.terminating

    most = max_unavailable(spec)
    if most is not None:
        missing = sum(1 for one in wanted if one not in members or members[one].unavailable)
        return tuple([one for one in targets if is_outdated(one)][: max(0, most - missing)])
    for ordinal in targets:
        if is_outdated(ordinal):
            return (ordinal,)
        if ordinal not in members or members[ordinal].unavailable:
            return ()
    return ()
