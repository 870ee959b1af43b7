"""Which nodes are hardly used, so that they might be removed?

What counts is what pods *ask for*, not what they use.

Source: kubernetes/autoscaler, cluster-autoscaler, core/scaledown/eligibility/eligibility.go and
simulator/utilization/info.go (version 1.36).
Left out: thresholds of single node groups, dynamic resources, pods that have long been terminating.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.model.clock import SECOND_US
from workbench.model.resources import CPU

MEMORY = "memory"
UTILIZATION_THRESHOLD = 0.5
DELETION_US = 300 * SECOND_US
"""For so long a node that is marked for deletion counts as being deleted."""


class UtilizationError(Exception):
    """The utilisation of a node cannot be told."""


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A pod on a node and what it asks for."""

    requests: Mapping[str, int]
    daemon: bool = False
    mirror: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node.

    Parameters
    ----------
    gpu : str
        The resource name of its kind of GPU, if it is of a group with GPUs.
    marked_us : int or None
        When it was marked for deletion.
    """

    name: str
    allocatable: Mapping[str, int]
    pods: Sequence[HeldBy] = field(default=())
    ready: bool = True
    scale_down_disabled: bool = False
    marked_us: int | None = None
    gpu: str = ""


def utilization(node: Candidate, *, skip_daemons: bool = False, skip_mirrors: bool = False) -> dict[str, float]:
    """Return the share of each resource that is asked for, of those resources that count.

    Pods that are skipped leave both sides. Of a node with GPUs only the GPU counts, and one whose GPU has not come up
    is idle.

    Raises
    ------
    UtilizationError
        The node has nothing of a resource.
    """
    if node.gpu:
        if not node.allocatable.get(node.gpu):
            return {node.gpu: 0.0}
        return {node.gpu: _share(node, node.gpu, skip_daemons, skip_mirrors)}
    return {one: _share(node, one, skip_daemons, skip_mirrors) for one in (CPU, MEMORY)}


def _share(node: Candidate, resource: str, skip_daemons: bool, skip_mirrors: bool) -> float:
    has = node.allocatable.get(resource, 0)
    if has == 0:
        raise UtilizationError(f"{resource} is 0 at {node.name}")
    asked = skipped = 0
    for pod in node.pods:
        amount = pod.requests.get(resource, 0)
        if (skip_daemons and pod.daemon) or (skip_mirrors and pod.mirror):
            skipped += amount
        else:
            asked += amount
    return asked / (has - skipped) if has > skipped else 0.0


def unremovable_reason(
    node: Candidate, now_us: int, *, threshold: float = UTILIZATION_THRESHOLD, skip_daemons: bool = False,
    skip_mirrors: bool = False, unready_too: bool = True,
) -> str:  # fmt: skip
    """Return why a node cannot be removed, in upstream's word, or an empty text."""
    if node.marked_us is not None and now_us - node.marked_us < DELETION_US:
        return "CurrentlyBeingDeleted"
    if node.scale_down_disabled:
        return "ScaleDownDisabledAnnotation"
    try:
        used = utilization(node, skip_daemons=skip_daemons, skip_mirrors=skip_mirrors)
    except UtilizationError:
        return "UnexpectedError"
    if not node.ready and not unready_too:
        return "ScaleDownUnreadyDisabled"
    return "NotUnderutilized" if max(used.values()) > threshold else ""


def filter_out_unremovable(reasons: Iterable[tuple[str, str]]) -> tuple[list[str], dict[str, str]]:
    """Return the names of the candidates, and of the others with the reason."""
    told = dict(reasons)
    return [name for name, why in told.items() if not why], {name: why for name, why in told.items() if why}
