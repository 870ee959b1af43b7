"""StatefulSet: pods with a number and disks of their own, one after another, never two with one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from workbench.engines.kubernetes.claim_quota import put_claim
from workbench.engines.kubernetes.controllers.claims import PodClaims
from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.controllers.stateful_set_control import (
    Member,
    Pass,
    Revisions,
    ordinals,
    update_stateful_set,
)
from workbench.engines.kubernetes.controllers.stateful_set_status import (
    Revision,
    Status,
    after_update_deletions,
    claim_owners,
    completed,
    get_stateful_set_revisions,
    status_of,
    truncate_history,
)
from workbench.engines.kubernetes.names import template_hash
from workbench.engines.kubernetes.objects import NOWHERE, ApiObject, PodDraft, PodObject, uid
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.native.kubernetes.apps import StatefulSet
from workbench.model.native.kubernetes.meta import ObjectMeta
from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.native.kubernetes.storage import PersistentVolumeClaim
from workbench.model.native.kubernetes.volumes import PersistentVolumeClaimVolumeSource, Volume
from workbench.model.parameters import param, parameters
from workbench.model.workload import App

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"
REVISION_LABEL = "controller-revision-hash"
CLAIM = "PersistentVolumeClaim"


@parameters("kubernetes.statefulset")
@dataclass(frozen=True)
class StatefulSetParameters:
    """How members start."""

    force_parallel: bool = param(
        False, help="start all members at once, whatever podManagementPolicy says",
        source="kubernetes 1.34, apps/v1: podManagementPolicy decides, default OrderedReady", shown_in="shop-opens",
    )  # fmt: skip


def ordinal_of(pod: PodObject, owner: str) -> int:
    """Return the number of a member, from its name ``<set>-<ordinal>``; -1 if it is none (getOrdinal, isMemberOf)."""
    parent, _, number = pod.name.rpartition("-")
    return int(number) if parent == owner and number.isascii() and number.isdigit() else -1


def claims(stateful_set: StatefulSet, ordinal: int) -> list[PersistentVolumeClaim]:
    """Return the claims of a member: ``<template>-<set>-<ordinal>``."""
    name, namespace = stateful_set.metadata.name, stateful_set.metadata.namespace
    return [
        replace(one, metadata=ObjectMeta(name=f"{one.metadata.name}-{name}-{ordinal}", namespace=namespace))
        for one in stateful_set.spec.volume_claim_templates
    ]


def member_spec(stateful_set: StatefulSet, ordinal: int) -> PodSpec:
    """Return the spec of a member: its host name, its subdomain and its own claims as volumes."""
    spec, name = stateful_set.spec.template.spec, stateful_set.metadata.name
    own = {
        one.metadata.name: Volume(
            name=one.metadata.name,
            persistent_volume_claim=PersistentVolumeClaimVolumeSource(
                claim_name=f"{one.metadata.name}-{name}-{ordinal}"
            ),
        )
        for one in stateful_set.spec.volume_claim_templates
    }
    kept = tuple(volume for volume in spec.volumes if volume.name not in own)
    return replace(
        spec,
        hostname=f"{name}-{ordinal}",
        subdomain=stateful_set.spec.service_name,
        volumes=(*own.values(), *kept),
    )


@dataclass
class History:
    """The revisions of one set, oldest first, and what members of each are made from."""

    entries: tuple[Revision, ...] = ()
    who: Revisions = field(default_factory=lambda: Revisions("", ""))
    sources: dict[str, tuple[StatefulSet, App]] = field(default_factory=dict)

    def note(self, owner: ApiObject, in_use: Iterable[str]) -> None:
        """Take note of the template that the set has now; forget revisions beyond the limit that no member has."""
        assert owner.app is not None
        wanted = template_hash(owner.native.spec.template)
        self.entries, self.who = get_stateful_set_revisions(self.entries, wanted, self.who.current, owner.name)
        live = {*in_use, *self.who}
        self.entries = truncate_history(self.entries, live, owner.native.spec.revision_history_limit)
        kept = {one.name for one in self.entries}
        self.sources = {name: source for name, source in self.sources.items() if name in kept}
        self.sources[self.who.update] = owner.native, owner.app


class StatefulSetController(Controller):
    """Makes the passes of `stateful_set_control` happen: members with their claims, one after another or all at once.

    A number is free again only when its pod is gone. So a member on a lost node is not replaced: its pod stays, being
    deleted, until the node answers or is given up.

    Source: kubernetes, pkg/controller/statefulset (version 1.34).
    """

    name = "statefulset-controller"

    def watch(self) -> None:
        """StatefulSets and their pods."""
        self._expected: dict[str, int] = {}
        self._doomed: dict[str, set[int]] = {}
        self._reported: dict[str, Status] = {}
        self._histories: dict[str, History] = {}
        self._force_parallel = self.world.settings.of(StatefulSetParameters).force_parallel
        self._claims = PodClaims(self, self.queue.add, lambda pod, one: ordinal_of(pod, one.name) >= 0)
        self.api.watch("StatefulSet", self._on_set)
        self.api.watch("Pod", self._on_pod, owner="StatefulSet")

    def _on_set(self, old: ApiObject | None, new: ApiObject | None) -> None:
        self._claims.on_set(old, new)
        if new is not None:
            self.queue.add(new.uid)
        elif old is not None:
            self._histories.pop(old.uid, None)
            self._reported.pop(old.uid, None)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if not pod.owner.startswith("StatefulSet/"):
            return
        if old is None:
            self._expected[pod.owner] = self._expected.get(pod.owner, 0) - 1
        elif new is not None and new.deleting and not old.deleting:
            self._say_if_stuck(new)
        if new is None or new.deleting:
            self._doomed.get(pod.owner, set()).discard(pod.uid)
        self.queue.add(pod.owner)

    def _say_if_stuck(self, pod: PodObject) -> None:
        """Write why a member will not be replaced: nobody can say whether it still runs."""
        if pod.node != NOWHERE and self.api.nodes[pod.node].ready != "True":
            self.world.event("MemberTerminating", pod.name, "number-taken", self.world.node_names[pod.node])

    def sync(self, key: str) -> Sync:
        """Make one pass, then report."""
        if self._expected.get(key, 0) > 0 or self._doomed.get(key):
            return ""
        owner = yield from self._claims.settled(key)
        if owner is None:
            return ""
        spec = owner.native.spec
        pods = {ordinal_of(pod, owner.name): pod for pod in self.informer.owned_by(key).values()}
        members = {ordinal: self._member(ordinal, pod, spec.min_ready_seconds) for ordinal, pod in pods.items()}
        history = self._histories.setdefault(key, History())
        history.note(owner, (one.revision for one in members.values()))
        parallel = self._force_parallel or spec.pod_management_policy == "Parallel"
        made = update_stateful_set(spec, members, history.who, parallel=parallel)
        yield from self._own_claims(owner, pods)
        error = ""
        yield from self._delete(owner, pods, made.ended, "member-ended")
        if made.create:
            error = yield from self._create(key, owner, history, made.create[:BURST_REPLICAS])
        yield from self._delete(owner, pods, made.condemned[:BURST_REPLICAS], "scaled-down")
        yield from self._delete(owner, pods, made.outdated, "member-outdated")
        if not made.ended:
            yield from self._report(key, owner, members, history, made)
        self._look_again(key, pods, members, spec.min_ready_seconds)
        return error

    def _member(self, ordinal: int, pod: PodObject, min_ready_s: int) -> Member:
        since_us = self.world.now_us - pod.ready_us
        available = pod.ready and pod.ready_us != NEVER and since_us >= min_ready_s * SECOND_US
        revision = pod.info.labels.get(REVISION_LABEL, "")
        return Member(ordinal, revision, pod.phase, pod.ready, available, pod.deleting)

    def _look_again(
        self, key: str, pods: Mapping[int, PodObject], members: Mapping[int, Member], min_ready_s: int
    ) -> None:
        """Come back when a member that has just become ready will count as available."""
        for ordinal, member in members.items():
            if member.ready and not member.available and not member.terminating:
                due_us = pods[ordinal].ready_us + min_ready_s * SECOND_US
                self.queue.add_after(key, max(0, due_us - self.world.now_us))

    def _report(self, key: str, owner: ApiObject, members: Mapping[int, Member], history: History, made: Pass) -> Sync:
        """Write the numbers where they have changed; a rolling update whose members are all there is over."""
        status = status_of(members.values(), history.who)
        status = after_update_deletions(status, len(made.outdated))
        spec = owner.native.spec
        before = history.who
        history.who = completed(status, before, spec.replicas, spec.update_strategy.type)
        if history.who != before:
            self.world.event("StatefulSetUpdated", owner.name, "rollout-complete")
        if status != self._reported.get(key):
            self._reported[key] = status
            yield from self.answered([self.client.spend()])
        return ""

    def _delete(self, owner: ApiObject, pods: Mapping[int, PodObject], gone: Iterable[int], why: str) -> Sync:
        doomed = [pods[ordinal] for ordinal in gone]
        if doomed:
            self._doomed.setdefault(owner.uid, set()).update(pod.uid for pod in doomed)
            yield from self.delete_pods(owner.name, doomed, why)
        return ""

    def _create(self, key: str, owner: ApiObject, history: History, due: tuple[tuple[int, str], ...]) -> Sync:
        error = yield from self._claim(owner, [ordinal for ordinal, _ in due])
        if error:  # members below the first that has no claim are made all the same: the batch goes on up to there
            lacking = (place for place, (ordinal, _) in enumerate(due) if not self._has_claims(owner, ordinal))
            yield from self._create(key, owner, history, due[:least]) if (least := next(lacking, 0)) else ()
            return error
        names = (f"{owner.name}-{ordinal}" for ordinal, _ in due)
        taken = next((place for place, name in enumerate(names) if self.api.has_pod(owner.namespace, name)), len(due))
        if taken < len(due):
            name = f"{owner.name}-{due[taken][0]}"
            self.world.event("FailedCreate", owner.name, "name-taken", name)
            yield from self._create(key, owner, history, due[:taken]) if taken else ()
            return f'pods "{name}" already exists'
        self._expected[key] = self._expected.get(key, 0) + len(due)

        def draft(number: int) -> PodDraft:
            ordinal, revision = due[number]
            native, app = history.sources[revision]
            name = f"{owner.name}-{ordinal}"
            identity = {POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal), REVISION_LABEL: revision}
            labels = {**native.spec.template.metadata.labels, **identity}
            return PodDraft(name, owner.namespace, labels, member_spec(native, ordinal), app, key, ordinal)

        def refused(_: int) -> None:
            self._expected[key] -= 1

        error = yield from self.create_pods(owner.name, len(due), draft, refused)
        return error

    # -- claims -------------------------------------------------------------------------------------------------

    def _claim(self, owner: ApiObject, due: list[int]) -> Sync:
        """Create the claims of the members that have none yet."""
        calls = []
        for ordinal in due:
            for claim in claims(owner.native, ordinal):
                made = ApiObject(
                    kind=CLAIM,
                    namespace=owner.namespace,
                    name=claim.metadata.name,
                    native=claim,
                    app=owner.app,
                    owner=self._claim_owner(owner, ordinal),
                )
                if made.uid not in self.api.objects:
                    calls.append(self.client.send(put_claim, self.api, made))
        error = yield from self.answered(calls)
        return error

    def _has_claims(self, owner: ApiObject, ordinal: int) -> bool:
        names = (claim.metadata.name for claim in claims(owner.native, ordinal))
        return all(uid(CLAIM, owner.namespace, name) in self.api.objects for name in names)

    def _own_claims(self, owner: ApiObject, pods: Mapping[int, PodObject]) -> Sync:
        """Have claims go with whom the set's retention policy says; nothing to do where they stay."""
        policy = owner.native.spec.persistent_volume_claim_retention_policy
        if "Delete" not in (policy.when_deleted, policy.when_scaled):
            return ""
        calls = []
        for ordinal in pods:
            wanted = self._claim_owner(owner, ordinal)
            for claim in claims(owner.native, ordinal):
                there = self.api.objects.get(uid(CLAIM, owner.namespace, claim.metadata.name))
                if there is not None and there.owner != wanted:
                    calls.append(self.client.send(self.api.patch, there.uid, {"owner": wanted}))
        yield from self.answered(calls)
        return ""

    def _claim_owner(self, owner: ApiObject, ordinal: int) -> str:
        policy = owner.native.spec.persistent_volume_claim_retention_policy
        condemned = ordinal not in ordinals(owner.native.spec)
        kinds = claim_owners(policy.when_scaled, policy.when_deleted, condemned=condemned)
        if not kinds:
            return ""
        return owner.uid if kinds == ("StatefulSet",) else uid("Pod", owner.namespace, f"{owner.name}-{ordinal}")
