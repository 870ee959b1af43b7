"""StatefulSet: pods with a number and disks of their own, one after another, never two with one number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from workbench.engines.kubernetes.controllers.controller import BURST_REPLICAS, Controller, Sync
from workbench.engines.kubernetes.objects import ApiObject, PodDraft, PodObject, uid
from workbench.model.native.kubernetes.apps import StatefulSet
from workbench.model.native.kubernetes.meta import ObjectMeta
from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.native.kubernetes.storage import PersistentVolumeClaim
from workbench.model.native.kubernetes.volumes import PersistentVolumeClaimVolumeSource, Volume
from workbench.model.parameters import param, parameters

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"


@parameters("kubernetes.statefulset")
@dataclass(frozen=True)
class StatefulSetParameters:
    """How members start."""

    force_parallel: bool = param(
        False, help="start all members at once, whatever podManagementPolicy says",
        source="kubernetes 1.34, apps/v1: podManagementPolicy decides, default OrderedReady", shown_in="shop-opens",
    )  # fmt: skip


def ordinals(stateful_set: StatefulSet) -> range:
    """Return the numbers of the members."""
    start = stateful_set.spec.ordinals.start
    return range(start, start + stateful_set.spec.replicas)


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


def to_create(wanted: Iterable[int], pods: dict[int, PodObject], *, parallel: bool) -> list[int]:
    """Return the numbers of the members to create in this pass.

    Ordered: the first that is missing, and only if all before it run, are ready and are not being deleted.
    Parallel: all that are missing.
    """
    missing = []
    for ordinal in wanted:
        pod = pods.get(ordinal)
        if pod is None:
            missing.append(ordinal)
            if not parallel:
                break
        elif not parallel and (pod.phase != "Running" or not pod.ready or pod.deleting):
            break
    return missing


def to_delete(wanted: Iterable[int], pods: dict[int, PodObject], *, parallel: bool) -> list[int]:
    """Return the numbers of the members too many that are to be deleted in this pass, highest first.

    Ordered: one, and only once all that stay run and are ready, and nothing is being deleted; a member that is not
    ready waits for the lower ones that are not. Parallel: all of them.
    """
    wanted = set(wanted)
    condemned = sorted((ordinal for ordinal in pods if ordinal not in wanted), reverse=True)
    if parallel:
        return [ordinal for ordinal in condemned if not pods[ordinal].deleting]
    if not condemned or any(ordinal not in pods for ordinal in wanted):
        return []
    ill = sorted(ordinal for ordinal, pod in pods.items() if pod.phase != "Running" or not pod.ready or pod.deleting)
    highest = condemned[0]
    stay_ill = [ordinal for ordinal in ill if ordinal in wanted]
    if stay_ill or pods[highest].deleting or (highest in ill and ill[0] != highest):
        return []
    return [highest]


class StatefulSetController(Controller):
    """Creates members in order, each with its claims, and deletes them in the opposite order; claims stay.

    A number is free again only when its pod is gone.

    So a member on a lost node is not replaced: its pod stays, being deleted, until the node answers or is removed.

    Source: kubernetes, pkg/controller/statefulset/stateful_set_control.go (version 1.34).
    Left out: updates, minReadySeconds, retention of claims.
    """

    name = "statefulset-controller"

    def watch(self) -> None:
        """StatefulSets and their pods."""
        self._expected: dict[str, int] = {}
        self._reported: dict[str, tuple[int, int]] = {}
        self._force_parallel = self.world.settings.of(StatefulSetParameters).force_parallel
        self.api.watch("StatefulSet", self._on_set)
        self.api.watch("Pod", self._on_pod)

    def _on_set(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None:
            self.queue.add(new.uid)

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        pod = new or old
        assert pod is not None
        if not pod.owner.startswith("StatefulSet/"):
            return
        if old is None:
            self._expected[pod.owner] = self._expected.get(pod.owner, 0) - 1
        self.queue.add(pod.owner)

    def sync(self, key: str) -> Sync:
        """Delete members that have ended, create those that are due, then report."""
        if self._expected.get(key, 0) > 0:
            return ""
        owner = self.api.objects.get(key)
        if owner is None:
            return ""
        pods = {pod.index: pod for pod in self.informer.owned_by(key).values()}
        ended = [pod for pod in pods.values() if pod.terminal]
        if ended:
            calls = [self.client.send(self.api.delete_pod, pod.uid) for pod in ended]
            yield from self.answered(calls)
            return ""
        parallel = self._force_parallel or owner.native.spec.pod_management_policy == "Parallel"
        due = to_create(ordinals(owner.native), pods, parallel=parallel)[:BURST_REPLICAS]
        error = ""
        if due:
            error = yield from self._create(key, owner, due)
        else:
            gone = to_delete(ordinals(owner.native), pods, parallel=parallel)[:BURST_REPLICAS]
            yield from self.delete_pods(owner.name, [pods[ordinal] for ordinal in gone])
        yield from self._report(key, pods)
        return error

    def _report(self, key: str, pods: dict[int, PodObject]) -> Sync:
        status = (len(pods), sum(pod.ready for pod in pods.values()))
        if status != self._reported.get(key):
            self._reported[key] = status
            yield from self.answered([self.client.spend()])
        return ""

    def _create(self, key: str, owner: ApiObject, due: list[int]) -> Sync:
        yield from self._claim(owner, due)
        self._expected[key] = self._expected.get(key, 0) + len(due)
        template, app = owner.native.spec.template, owner.app
        assert app is not None

        def draft(number: int) -> PodDraft:
            ordinal = due[number]
            name = f"{owner.name}-{ordinal}"
            labels = {**template.metadata.labels, POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal)}
            return PodDraft(name, owner.namespace, labels, member_spec(owner.native, ordinal), app, key, ordinal)

        def refused(_: int) -> None:
            self._expected[key] -= 1

        error = yield from self.create_pods(owner.name, len(due), draft, refused)
        return error

    def _claim(self, owner: ApiObject, due: list[int]) -> Sync:
        """Create the claims of the members that have none yet."""
        calls = []
        for ordinal in due:
            for claim in claims(owner.native, ordinal):
                made = ApiObject(
                    kind="PersistentVolumeClaim",
                    namespace=owner.namespace,
                    name=claim.metadata.name,
                    native=claim,
                    app=owner.app,
                )
                if uid(made.kind, made.namespace, made.name) not in self.api.objects:
                    calls.append(self.client.send(self.api.put, made))
        yield from self.answered(calls)
        return ""
