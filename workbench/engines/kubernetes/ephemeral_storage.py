"""The disk of a machine under Kubernetes' name, and back: the model's ``disk`` is ``ephemeral-storage`` here."""

from __future__ import annotations

from workbench.model.resources import DISK, EPHEMERAL_STORAGE, Resources, renamed


def in_kubernetes(amounts: Resources) -> Resources:
    """Return amounts as Kubernetes names them."""
    return renamed(amounts, DISK, EPHEMERAL_STORAGE) if DISK in amounts else amounts


def on_machines(requests: dict[str, int]) -> dict[str, int]:
    """Return what a pod asks for as machines name it; the same mapping where that makes no difference."""
    return renamed(requests, EPHEMERAL_STORAGE, DISK) if EPHEMERAL_STORAGE in requests else requests
