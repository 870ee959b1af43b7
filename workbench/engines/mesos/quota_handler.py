"""What the master does when an operator sets a quota.

A guarantee that the cluster could not cover together with the others is refused, unless it is forced. What counts as
the cluster's differs by release: once what is reserved by configuration was left out, later it was reckoned in. Then
a guarantee passes that can never be reached, since what is reserved to others is not offered to the role.

The allocator gets the new quota, which acts from its next run on. For a guarantee, offers that are out with other
frameworks are taken back, so that there is something to give: agent by agent, until what was taken back covers the
guarantee and at least as many agents had offers as there are frameworks in the role.

Source: mesos src/master/quota_handler.cpp (update, overcommitCheck, rescindOffers; 1.12.0-dev); docs/quota.md of 0.27,
Capacity Heuristic Check: total resources - statically reserved >= total quota + quota request.
Left out: quota of roles below the top; the refusal of a limit below what the role has already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.mesos.resources import Quantities, minus, plus
from workbench.engines.mesos.roles import Quota, RoleParameters

if TYPE_CHECKING:
    from workbench.engines.mesos.master import Master


def set_quota(master: Master, role: str, quota: Quota) -> None:
    """An operator sets a quota: it is stored if it passes. One that a scenario begins with has been there before."""
    if not master.world.now_us:
        update_quota(master, role, quota)
    elif overcommits(master, role, quota.guarantees):
        master.world.event("quota-not-set", role, "quota-overcommits")
    else:
        master.registrar.store(update_quota, master, role, quota)


def overcommits(master: Master, role: str, guarantees: Quantities) -> Quantities:
    """Return what all guarantees, this one among them, exceed the cluster by; nothing if they may be set."""
    counts = master.world.settings.of(RoleParameters).quota_capacity
    if counts == "force":
        return {}
    capacity: Quantities = {}
    for agent in master.allocator.slaves.values():  # those registered, connected or not
        lasting = agent.total.filtered(lambda kind: not (kind.revocable or (kind.static and counts == "unreserved")))
        capacity = plus(capacity, lasting.with_plain(agent.total.plain).quantities())
    promised = guarantees
    for other, quota in master.registry.quotas.items():
        if other != role:
            promised = plus(promised, quota.guarantees)
    return minus(promised, capacity)


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
