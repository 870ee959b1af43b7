"""How an allocator is set up: what a user may change, and what event scripts and records set.

Source: mesos docs/configuration/master.md, include/mesos/allocator/allocator.hpp (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbench.engines.mesos.offer_constraints import Domain
from workbench.engines.mesos.resources import Quantities
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters


@parameters("mesos.allocator")
@dataclass(frozen=True)
class AllocatorParameters:
    """When and how resources are offered."""

    allocation_interval_s: float = param(
        1.0, unit="s", low=0.1, high=60, help="time between two rounds of offers over all agents",
        source="mesos docs/configuration/master.md, --allocation_interval", shown_in="first-look",
    )  # fmt: skip
    agent_order: str = param(
        "random", choices=("random", "sorted"), help="order in which the agents of a round are offered",
        source="mesos hierarchical.cpp: std::random_shuffle; sorted is for comparing runs", shown_in="first-look",
    )  # fmt: skip
    role_sorter: str = param(
        "drf", choices=("drf", "random"), help="who is next among roles: the smallest dominant share, or by lot",
        source="mesos docs/configuration/master.md, --role_sorter", shown_in="idle-quota",
    )  # fmt: skip
    framework_sorter: str = param(
        "drf", choices=("drf", "random"),
        help="who is next among the frameworks of a role: the smallest dominant share, or by lot",
        source="mesos docs/configuration/master.md, --framework_sorter", shown_in="shop-opens",
    )  # fmt: skip
    min_allocatable_resources: str = param(
        "cpus:0.01|mem:32", choices=("cpus:0.01|mem:32", "cpus:0.01;mem:32", "cpus:1;mem:1024"),
        help="what an agent must have free to be offered: one of the sets between bars, mem in MiB",
        source="mesos docs/configuration/master.md, --min_allocatable_resources", shown_in="first-look",
    )  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How an allocator is set up.

    Parameters
    ----------
    min_allocatable : sequence of Quantities
        An offer must contain one of these; an empty sequence means anything.
    fairness_exclude : collection of str
        Resources that do not count towards shares.
    filter_gpu_resources : bool
        Whether agents with GPUs are kept for frameworks that know of GPUs.
    domain : Domain or None
        Where the master stands.
    agent_recovery_factor : float
        After a failover, which part of the agents must be back before offers are made, if there are quotas.
    recovery_timeout_us : int
        When offers are made at the latest.
    weight_cache_quirk : bool
        Whether a new weight of a role without frameworks of its own has no effect, as upstream (see `DRFSorter`).
    role_sorter, framework_sorter : str
        ``drf`` or ``random``.
    plain : bool
        Whether to run in the plain form, which is the specification, and not in the fast one, which makes the same
        offers.
    """

    allocation_interval_us: int = SECOND_US
    min_allocatable: Sequence[Quantities] = ()
    fairness_exclude: Collection[str] = ()
    filter_gpu_resources: bool = True
    domain: Domain | None = None
    agent_recovery_factor: float = 0.8
    recovery_timeout_us: int = 600 * SECOND_US
    weight_cache_quirk: bool = True
    role_sorter: str = "drf"
    framework_sorter: str = "drf"
    plain: bool = False

    @property
    def fast(self) -> bool:
        """Whether runs take the fast form."""
        return not self.plain and self.role_sorter == self.framework_sorter == "drf"
