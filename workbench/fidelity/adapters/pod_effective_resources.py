"""Rows about what a pod asks for as a whole, put to `workbench.engines.kubernetes.resources`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.resources import PodResourcesOptions, pod_limits, pod_requests
from workbench.fidelity.adapters.comparing import amounts_of, differences, known_only, texts_of
from workbench.fidelity.records import Case
from workbench.model.native.kubernetes.meta import Condition
from workbench.model.native.kubernetes.pods import (
    Container,
    ContainerStatus,
    PodSpec,
    PodStatus,
    ResourceRequirements,
)

Given = Mapping[str, Any]

_INPUT = frozenset(
    {
        "containers", "initContainers", "overhead", "options", "podResources", "containerStatuses",
        "initContainerStatuses", "resizeConditions",
    }
)  # fmt: skip
_OPTIONS = frozenset({"excludeOverhead", "useStatusResources", "skipPodLevelResources"})


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    known_only(given, _INPUT)
    spec, status, options = pod_spec(given), _status(given), _options(given.get("options") or {})
    answered = {
        "requests": texts_of(pod_requests(spec, status, options)),
        "limits": texts_of(pod_limits(spec, status, options)),
    }
    wanted = {name: texts_of(amounts_of(texts)) for name, texts in expected.items()}
    return differences(wanted, answered)


def pod_spec(given: Given, priority: int | None = None) -> PodSpec:
    """Return the pod that a row describes."""
    whole = given.get("podResources")
    return PodSpec(
        containers=tuple(_container(one) for one in given.get("containers", ())),
        init_containers=tuple(_container(one) for one in given.get("initContainers", ())),
        overhead=amounts_of(given.get("overhead")),
        priority=priority,
        resources=None if whole is None else _requirements(whole),
    )


def _requirements(given: Given) -> ResourceRequirements:
    return ResourceRequirements(requests=amounts_of(given.get("requests")), limits=amounts_of(given.get("limits")))


def _container(given: Given) -> Container:
    return Container(
        name=given.get("name", ""),
        restart_policy=given.get("restartPolicy"),
        resources=_requirements(given),
    )


def _options(given: Given) -> PodResourcesOptions:
    known_only(given, _OPTIONS)
    return PodResourcesOptions(
        use_status_resources=given.get("useStatusResources", False),
        exclude_overhead=given.get("excludeOverhead", False),
        skip_pod_level_resources=given.get("skipPodLevelResources", False),
    )


def _status(given: Given) -> PodStatus:
    return PodStatus(
        container_statuses=tuple(_container_status(one) for one in given.get("containerStatuses", ())),
        init_container_statuses=tuple(_container_status(one) for one in given.get("initContainerStatuses", ())),
        conditions=tuple(
            Condition(type=one["type"], status=one["status"], reason=one.get("reason", ""))
            for one in given.get("resizeConditions", ())
        ),
    )


def _container_status(given: Given) -> ContainerStatus:
    in_force = ResourceRequirements(
        requests=amounts_of(given.get("actuatedRequests")), limits=amounts_of(given.get("actuatedLimits"))
    )
    return ContainerStatus(
        name=given["name"], allocated_resources=amounts_of(given.get("allocated")), resources=in_force
    )
