"""What claims charge against quotas: their number, and the bytes they ask for, in all and by class.

A claim is charged when it is created, and for the difference when it grows. It is counted anew at each such moment from
the claims that are stored, so that one that is gone is free at once.

Source: kubernetes, pkg/quota/v1/evaluator/core/persistent_volume_claims.go (version 1.34).
Left out: scopes (a quota that has any counts no claims here); the time until the quota controller has seen a deletion.
"""

from __future__ import annotations

from workbench.engines.kubernetes import resource_lists as lists
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import ApiObject
from workbench.engines.kubernetes.plugins.volume_claims import class_of, requested_bytes
from workbench.engines.kubernetes.quota import Book
from workbench.model.native.kubernetes import PersistentVolumeClaim
from workbench.model.native.kubernetes.quantity import Quantity

CLAIM = "PersistentVolumeClaim"
OF_CLASS = ".storageclass.storage.k8s.io/"


def claim_usage(claim: PersistentVolumeClaim) -> dict[str, Quantity]:
    """Return what a claim charges, by the names that a quota uses."""
    one, size = Quantity.of(1), Quantity.of(requested_bytes(claim), "BinarySI")
    usage = {"persistentvolumeclaims": one, "count/persistentvolumeclaims": one, "requests.storage": size}
    name = class_of(claim)
    if name:
        usage |= {f"{name}{OF_CLASS}persistentvolumeclaims": one, f"{name}{OF_CLASS}requests.storage": size}
    return usage


def claim_refused(api: ApiServer, made: ApiObject) -> str:
    """Return why a claim may not be stored as it is, as upstream words it; empty if it may."""
    before = api.objects.get(made.uid)
    asked = claim_usage(made.native)
    if before is not None:
        asked = lists.subtract(asked, claim_usage(before.native))
    for name, spec in api.quotas.unscoped(made.namespace):
        used: dict[str, Quantity] = {}
        for one in api.objects.values():
            if one.kind == CLAIM and one.namespace == made.namespace:
                used = lists.add(used, lists.mask(claim_usage(one.native), spec.hard))
        if said := Book(name, spec, used).refusal(asked):
            return f'persistentvolumeclaims "{made.name}" is forbidden: {said}'
    return ""


def put_claim(api: ApiServer, made: ApiObject) -> str:
    """Store a new claim, unless a quota forbids it."""
    if api.quotas.concerns(made.namespace) and (said := claim_refused(api, made)):
        api.world.event("FailedCreate", f"{made.namespace}/{made.name}", "exceeded-quota", said)
        return said
    return api.put(made)
