"""Rows about StatefulSets, put to `controllers.stateful_set_control` and `controllers.stateful_set_status`.

A row that tells a story is played by the model's own passes; this module does only what a row says that kubelets and
the API server do: pods that are deleted disappear, pods become ready or end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.kubernetes.controllers import stateful_set_control as control
from workbench.engines.kubernetes.controllers import stateful_set_status as status
from workbench.engines.kubernetes.controllers.stateful_set_control import Member, Revisions
from workbench.fidelity.adapters.comparing import Unsupported, differences, known_only
from workbench.fidelity.records import Case
from workbench.model.native.kubernetes.apps import (
    RollingUpdateStatefulSetStrategy,
    StatefulSetOrdinals,
    StatefulSetSpec,
    StatefulSetUpdateStrategy,
)

Given = Mapping[str, Any]

OLD, NEW = "old", "new"
PASSES = 100
"""More passes than any row needs to come to rest."""

_SPEC = frozenset({"podManagementPolicy", "replicas", "partition", "maxUnavailable", "updateStrategy", "ordinalsStart"})


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    return differences(case.document["expect"], answer(case.document["input"]))


def _spec(given: Given) -> StatefulSetSpec:
    strategy = RollingUpdateStatefulSetStrategy(
        partition=given.get("partition", 0), max_unavailable=given.get("maxUnavailable")
    )
    return StatefulSetSpec(
        replicas=given["replicas"],
        ordinals=StatefulSetOrdinals(start=given.get("ordinalsStart", 0)),
        pod_management_policy=given.get("podManagementPolicy", "OrderedReady"),
        update_strategy=StatefulSetUpdateStrategy(
            type=given.get("updateStrategy", "RollingUpdate"), rolling_update=strategy
        ),
    )


class _Story:
    """A set and its pods, pass by pass."""

    def __init__(self, spec: StatefulSetSpec, revisions: Revisions) -> None:
        self.spec = spec
        self.revisions = revisions
        self.members: dict[int, Member] = {}
        self.creates = self.deletes = 0

    def start_ready(self, count: int) -> None:
        """Have so many members that run and are ready, of the current revision."""
        for ordinal in range(count):
            self.members[ordinal] = _ready(ordinal, self.revisions.current)

    def sync(self) -> bool:
        """Make one pass; say whether it did anything."""
        parallel = self.spec.pod_management_policy == "Parallel"
        made = control.update_stateful_set(self.spec, self.members, self.revisions, parallel=parallel)
        for ordinal, revision in made.create:
            self.members[ordinal] = Member(ordinal, revision)
        for ordinal in made.delete:
            del self.members[ordinal]
        self.creates += len(made.create)
        self.deletes += len(made.delete)
        counts = status.status_of(self.members.values(), self.revisions)
        self.revisions = status.completed(counts, self.revisions, self.spec.replicas, self.spec.update_strategy.type)
        return bool(made.create or made.delete)

    def set_ready(self, ordinal: int) -> None:
        """Have a member run and be ready."""
        self.members[ordinal] = _ready(ordinal, self.members[ordinal].revision)

    def settle(self) -> None:
        """Make passes until nothing happens any more; pods are ready as soon as they are made."""
        for _ in range(PASSES):
            acted = self.sync()
            for ordinal in self.members:
                self.set_ready(ordinal)
            if not acted:
                return
        raise RuntimeError("never at rest")

    def by_ordinal(self) -> list[str]:
        """Return the revisions in order."""
        return [self.members[ordinal].revision for ordinal in sorted(self.members)]


def _ready(ordinal: int, revision: str) -> Member:
    return Member(ordinal, revision, "Running", ready=True, available=True)


def _steps(given: Given) -> Given:
    known_only(given, _SPEC | {"start", "steps"})
    story = _Story(_spec(given), Revisions(OLD, NEW))
    story.start_ready(given["replicas"])
    seen = []
    for step in given["steps"]:
        if step["step"] == "sync":
            story.sync()
            seen.append(sorted(story.members))
        elif step["step"] == "setReady":
            story.set_ready(step["ordinal"])
        else:
            raise Unsupported(f"no step {step['step']!r}")
    return {"podOrdinalsAfterEachSync": seen}


def _more_deletions(given: Given) -> Given:
    known_only(given, _SPEC | {"terminatingOrdinals"})
    spec = _spec(given)
    members = {ordinal: _ready(ordinal, OLD) for ordinal in control.ordinals(spec)}
    for ordinal in given["terminatingOrdinals"]:
        members[ordinal] = members[ordinal]._replace(terminating=True)
    gone = control.outdated_to_delete(spec, members, (), NEW)
    return {"additionalPodsDeleted": len(gone), "podsLeft": len(members) - len(gone)}


def _end_state(given: Given) -> Given:
    known_only(given, _SPEC | {"initialReplicas", "templateChanged"})
    story = _Story(_spec(given), Revisions(OLD, NEW if given["templateChanged"] else OLD))
    story.start_ready(given["initialReplicas"])
    story.settle()
    first, spec = story.by_ordinal(), story.spec
    for replicas in (0, given["replicas"]):
        story.spec = _spec({**given, "replicas": replicas})
        story.settle()
    assert story.spec == spec
    return {"revisionByOrdinal": first, "revisionByOrdinalAfterScaleToZeroAndBack": story.by_ordinal()}


def _recreates(given: Given) -> Given:
    known_only(given, _SPEC | {"phaseOfFirstPod"})
    story = _Story(_spec(given), Revisions(OLD, OLD))
    story.sync()
    first = min(story.members)
    story.members[first] = story.members[first]._replace(phase=given["phaseOfFirstPod"])
    story.sync()
    story.sync()
    return {"creates": story.creates, "deletes": story.deletes}


def _range(given: Given) -> Given:
    known_only(given, _SPEC)
    return {"ordinals": list(control.ordinals(_spec(given)))}


def _owners(given: Given) -> Given:
    known_only(given, frozenset({"whenScaled", "whenDeleted", "podInOrdinalRange", "podRunningAndReady"}))
    scaled, deleted = given["whenScaled"] or "Retain", given["whenDeleted"] or "Retain"
    owners = status.claim_owners(scaled, deleted, condemned=not given["podInOrdinalRange"])
    return {"pvcOwnerKinds": list(owners)}


def _failed_deletion(given: Given) -> Given:
    known_only(given, frozenset({"replicas", "templateChanged", "deleteFails"}))
    spec, revisions = _spec(given), Revisions(OLD, NEW if given["templateChanged"] else OLD)
    members = {ordinal: _ready(ordinal, OLD) for ordinal in control.ordinals(spec)}
    made = control.update_stateful_set(spec, members, revisions, parallel=False)
    worked = 0 if given["deleteFails"] else len(made.outdated)
    counts = status.after_update_deletions(status.status_of(members.values(), revisions), worked)
    return {"currentReplicas": counts.current}


def _history(given: Given) -> Given:
    known = {"existingRevisionCount", "currentTemplateEqualsRevision", "wantTemplateEqualsRevision"}
    known_only(given, frozenset(known))
    places = {"oldest": 0, "second": 1}
    before = [status.Revision(f"set-{n}", n + 1, f"template-{n}") for n in range(given["existingRevisionCount"])]
    current = before[places[given["currentTemplateEqualsRevision"]]].name
    wanted = before[places[given["wantTemplateEqualsRevision"]]].digest
    after, who = status.get_stateful_set_revisions(before, wanted, current, "set")
    number = next(one.number for one in after if one.name == who.update)
    return {"revisionCount": len(after), "updateRevisionNumber": number}


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "UpdateStatefulSet (rolling update, MaxUnavailableStatefulSet gate on)": _steps,
    "updateStatefulSetAfterInvariantEstablished": _more_deletions,
    "rolling update end state": _end_state,
    "OnDelete end state": _end_state,
    "rolling update with partition, end state": _end_state,
    "recreatesPod": _recreates,
    "ordinals.start": _range,
    "checkClaimInvariants (PVC retention policy)": _owners,
    "NewRevisionDeletePodFailure": _failed_deletion,
    "getStatefulSetRevisions": _history,
}
"""Function of upstream -> what answers in its place."""
