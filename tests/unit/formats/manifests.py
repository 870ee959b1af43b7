"""Small manifests for tests: a test writes only what it is about."""

from __future__ import annotations

import json
from typing import Any

from workbench.errors import DocumentError
from workbench.formats.kubernetes_manifest import Manifest, read_manifest


def pod_spec(**more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", "image": "app:1"}], **more}


def container(**more: Any) -> dict[str, Any]:
    return {"name": "main", "image": "app:1", **more}


def pod(name: str = "a", metadata: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **(metadata or {})}, "spec": pod_spec(**spec),
    }  # fmt: skip


def workload(
    kind: str = "Deployment",
    name: str = "web",
    version: str = "apps/v1",
    template: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Return a workload; `template` is the spec of its pods."""
    labels = {"app": name}
    selector = {} if kind == "Job" else {"selector": {"matchLabels": labels}}
    body = {**selector, "template": {"metadata": {"labels": labels}, "spec": template or pod_spec()}, **spec}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **(metadata or {})}, "spec": body}


def job(
    name: str = "batch", restart: str = "Never", template: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    inside = {**pod_spec(restartPolicy=restart), **(template or {})}
    return workload("Job", name, "batch/v1", inside, **spec)


def thing(kind: str, version: str = "v1", name: str = "x", **body: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **body}


def read(*objects: dict[str, Any]) -> Manifest:
    """Read objects as one List."""
    return read_manifest(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), "f.json")


def one(document: dict[str, Any]) -> Any:
    """Read a single object."""
    (found,) = read_manifest(json.dumps(document), "f.json").objects
    return found


def faults(text: str | dict[str, Any], name: str = "f.yaml") -> list[tuple[str, str]]:
    """Return code and place of every fault of a text."""
    return [(problem.code, problem.place) for problem in problems(text, name)]


def problems(text: str | dict[str, Any], name: str = "f.yaml") -> list[Any]:
    if isinstance(text, dict):
        text, name = json.dumps(text), "f.json"
    try:
        read_manifest(text, name)
    except DocumentError as error:
        return list(error.problems)
    return []


def fates(manifest: Manifest) -> dict[str, str]:
    """Return what the format itself says about fields, by key."""
    return {
        presence.key: f"{presence.fate.status}: {presence.fate.text()}".rstrip(": ")
        for presence in manifest.presences
        if presence.fate is not None
    }


def counts(manifest: Manifest) -> dict[str, int]:
    return {presence.key: presence.count for presence in manifest.presences}
