"""What the master does when an operator sets a quota.

The allocator gets the new quota, which acts from its next run on. For a guarantee, offers that are out with other
frameworks are taken back, so that there is something to give: agent by agent, until what was taken back covers the
guarantee and at least as many agents had offers as there are frameworks in the role.

Source: mesos src/master/quota_handler.cpp (rescindOffers).
Left out so far: the check that the cluster can cover the guarantee, quota of roles below the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.mesos.resources import Quantities, minus, plus
from workbench.engines.mesos.roles import Quota

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


def update_quota(master: Master, role: str, quota: Quota) -> None:
    """Set a role's quota, and make room for its guarantee among outstanding offers."""
    master.registry.quotas[role] = quota
    master.allocator.update_quota(role, quota)
    master.world.event("quota-set", role)
    if quota.guarantees:
        rescind_offers(master, role, quota.guarantees)


def rescind_offers(master: Master, role: str, guarantees: Quantities) -> None:
    """Take offers back until they cover the guarantees and reach enough agents."""
    frameworks = master.frameworks_in(role)
    rescinded: Quantities = {}
    visited = 0
    for agent in master.agents:
        if visited >= frameworks and not minus(guarantees, rescinded):
            return
        taken_back = master.offers.rescind_all_on(agent.id)
        rescinded = plus(rescinded, taken_back)
        visited += bool(taken_back)
