"""Marathon apps and pods as neutral apps: what a control plane gets that does not speak Marathon.

What becomes of each field on this way stands in `marathon_carried.py`. The app itself travels along as `App.native`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from workbench.formats.marathon_json import MarathonApp, MarathonDocument
from workbench.model.native import marathon
from workbench.model.workload import App, Volume

MIB = 2**20
"""Bytes in what Marathon and Mesos call a MB (mesos, 3rdparty/stout/include/stout/bytes.hpp)."""

GIB = 2**30
GPU = "nvidia.com/gpu"
HOSTNAME = "kubernetes.io/hostname"
DEFAULT_TEAM = "default"


def neutral_apps(*documents: MarathonDocument) -> list[App]:
    """Return an app for every Marathon app and pod of the documents, in order.

    Names: the last part of the id where that is unique among all documents, else the id without its first ``/``.
    Team: the role; without one the first part of an id of several, the group; else ``default``.
    """
    apps = [app for document in documents for app in document.apps]
    times = Counter(last_part(app.id) for app in apps)
    return [neutral_app(app, last_part(app.id) if times[last_part(app.id)] == 1 else app.id[1:]) for app in apps]


def last_part(whole_id: str) -> str:
    """Return what an app is called within its group."""
    return whole_id.rpartition("/")[2]


def neutral_app(native: MarathonApp, name: str) -> App:
    """Return a service, or with volumes a stateful app whose instances start all at once."""
    volume = _volume(native)
    resources: list[marathon.App | marathon.PodResources]
    if isinstance(native, marathon.App):
        resources, replicas, rules = [native], native.instances, native.constraints
        container = native.container
        image = container.docker.image if container is not None and container.docker is not None else ""
    else:
        resources = [native.executor_resources, *(one.resources for one in native.containers)]
        replicas, rules = native.scaling.instances, native.scheduling.placement.constraints
        image = next((one.image.id for one in native.containers if one.image is not None), "")
    return App(
        name=name,
        kind="service" if volume is None else "stateful",
        replicas=replicas,
        request=_request(resources),
        team=_team(native),
        image=image,
        volume=volume,
        ordered=False,
        node_selector=dict(_selected(rules)),
        max_per_node=_most_per_node(rules),
        host_ports=tuple(dict.fromkeys(_host_ports(native))),
        native=native,
    )


def _request(parts: Iterable[marathon.App | marathon.PodResources]) -> dict[str, int]:
    """Return the sum of what all parts ask for: millicores and bytes, rounded up once."""
    known = tuple(parts)
    amounts = {
        "cpu": _rounded_up(sum(_exact(one.cpus) for one in known) * 1000),
        "memory": _rounded_up(sum(_exact(one.mem) for one in known) * MIB),
        "disk": _rounded_up(sum(_exact(one.disk) for one in known) * MIB),
        GPU: sum(one.gpus for one in known),
    }
    return {name: amount for name, amount in amounts.items() if amount or name in ("cpu", "memory")}


def _exact(value: float) -> Decimal:
    """Return the number as it was written: 0.1 is a tenth, not the nearest binary fraction."""
    return Decimal(repr(value))


def _rounded_up(value: Decimal | int) -> int:
    return int(Decimal(value).to_integral_value(ROUND_CEILING))


def _team(native: MarathonApp) -> str:
    group, separator, _ = native.id[1:].partition("/")
    return native.role or (group if separator else DEFAULT_TEAM)


def _volume(native: MarathonApp) -> Volume | None:
    """Return one disk with the size of all volumes; a persistent one stays on its machine, an external one does not."""
    if native.resident:
        return Volume(sum(one.size for one in native.persistent_volumes) * MIB, "local")
    if isinstance(native, marathon.App) and native.external_volumes:
        return Volume(sum(one.size or 0 for one in native.external_volumes) * GIB, "network")
    return None


def _selected(rules: Iterable[marathon.Constraint]) -> Iterable[tuple[str, str]]:
    """Yield the attributes that a machine must have with exactly one value."""
    for rule in rules:
        exact = rule.operator in ("CLUSTER", "IS") or (rule.operator == "LIKE" and _is_literal(rule.value or ""))
        if exact and rule.value:
            yield HOSTNAME if rule.by_host else rule.field_name, rule.value


def _is_literal(expression: str) -> bool:
    return re.escape(expression).replace(r"\-", "-") == expression


def _most_per_node(rules: Iterable[marathon.Constraint]) -> int | None:
    """Return how many instances a machine may have."""
    bounds = [
        1 if rule.operator == "UNIQUE" else int(rule.value or 0)
        for rule in rules
        if rule.by_host and rule.operator in ("UNIQUE", "MAX_PER")
    ]
    return min(bounds, default=None)


def _host_ports(native: MarathonApp) -> Iterable[int]:
    """Yield the ports of the machine that an instance cannot do without."""
    if isinstance(native, marathon.PodDefinition):
        ports = [one.host_port for container in native.containers for one in container.endpoints]
        yield from (port for port in ports if port)
        return
    if native.require_ports:
        yield from (one.port for one in native.port_definitions if one.port)
    if native.container is not None:
        yield from (one.host_port for one in native.container.port_mappings if one.host_port)
