"""Who can receive what: capabilities of frameworks and agents, and the checks that follow from them.

| Without the framework's | it is not offered |
|---|---|
| GPU_RESOURCES | agents with GPUs, whole (unless the master's flag turns this off) |
| REGION_AWARE | agents in another region than the master's |
| SHARED_RESOURCES, REVOCABLE_RESOURCES, RESERVATION_REFINEMENT | such resources; the rest of the agent is |

An agent without MULTI_ROLE is not offered to frameworks that have it, one without HIERARCHICAL_ROLE not to roles
with a slash.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (isCapableOfReceivingAgent, stripIncapableResources,
isFiltered), 1.12.0-dev.
"""

from __future__ import annotations

from workbench.engines.mesos.kinds import Kind
from workbench.engines.mesos.resources import Resources

MULTI_ROLE = "MULTI_ROLE"
HIERARCHICAL_ROLE = "HIERARCHICAL_ROLE"
GPU_RESOURCES = "GPU_RESOURCES"
REGION_AWARE = "REGION_AWARE"
SHARED_RESOURCES = "SHARED_RESOURCES"
REVOCABLE_RESOURCES = "REVOCABLE_RESOURCES"
RESERVATION_REFINEMENT = "RESERVATION_REFINEMENT"

OF_FRAMEWORKS = frozenset(
    {MULTI_ROLE, GPU_RESOURCES, REGION_AWARE, SHARED_RESOURCES, REVOCABLE_RESOURCES, RESERVATION_REFINEMENT}
)
"""All that matter here."""

OF_AGENTS = frozenset({MULTI_ROLE, HIERARCHICAL_ROLE, RESERVATION_REFINEMENT})
"""All that matter here; a modern agent has them."""


def strip(resources: Resources, capabilities: frozenset[str]) -> Resources:
    """Return what of an offer a framework can understand."""
    if not (resources.special or resources.discrete) or capabilities >= OF_FRAMEWORKS:
        return resources

    def understood(kind: Kind) -> bool:
        return not (
            (kind.shared and SHARED_RESOURCES not in capabilities)
            or (kind.revocable and REVOCABLE_RESOURCES not in capabilities)
            or (kind.refined and RESERVATION_REFINEMENT not in capabilities)
        )

    return resources.filtered(understood).with_plain(resources.plain)


def may_receive(framework: frozenset[str], agent: frozenset[str], role: str, *, gpus: bool, remote: bool) -> bool:
    """Say whether an agent may be offered at all.

    Parameters
    ----------
    framework, agent : frozenset of str
        Their capabilities.
    gpus, remote : bool
        Whether the agent has GPUs that are kept for those who know of them, and whether it is in another region.
    """
    if (gpus and GPU_RESOURCES not in framework) or (remote and REGION_AWARE not in framework):
        return False
    if MULTI_ROLE in framework and MULTI_ROLE not in agent:
        return False
    return HIERARCHICAL_ROLE in agent or "/" not in role
