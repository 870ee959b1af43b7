"""Roles: the tree of those who share the cluster, with quota, reservations and what each holds.

Team names are role names here. A role exists while it has a quota, a weight, frameworks, reservations, or a role
below it that has one of these.

*Guarantee*: the allocator holds back enough of the whole cluster's free, unreserved resources to reach it.
*Limit*: the role is not offered more. Both belong to top-level roles only. What counts against them is everything
reserved to the role's subtree, in use or not, plus the unreserved resources that the subtree holds or is offered.

Source: mesos src/master/allocator/mesos/hierarchical.hpp (RoleTree), docs/quota.md, docs/roles.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from workbench.engines.mesos.kinds import Kind
from workbench.engines.mesos.resources import Quantities, Resources, minus, plus
from workbench.model.parameters import param, parameters


@parameters("mesos.roles")
@dataclass(frozen=True)
class RoleParameters:
    """Whether roles have what operators may give them."""

    quota_enabled: bool = param(
        True, help="whether limits and guarantees of teams become quotas; without quotas only fair sharing decides",
        source="mesos docs/quota.md: a role has a quota only if an operator sets one", shown_in="idle-quota",
    )  # fmt: skip
    quota_capacity: str = param(
        "total", choices=("total", "unreserved", "force"),
        help="what guarantees may not exceed when one is set: the whole cluster, or what is not reserved by "
        "configuration; by force, anything goes",
        source="mesos src/master/quota_handler.cpp (1.12): the whole cluster; docs/quota.md of 0.27: what is not "
        "statically reserved; force of the call",
        shown_in="promise-kept-back",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quota:
    """What a top-level role is promised and how much it may have.

    Parameters
    ----------
    guarantees : Quantities
        An absent name is zero.
    limits : Quantities
        An absent name is unlimited.
    """

    guarantees: Quantities = field(default_factory=dict)
    limits: Quantities = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.guarantees or self.limits)


DEFAULT_QUOTA = Quota()
DEFAULT_WEIGHT = 1.0


class Role:
    """A node of the tree. Amounts include those of the roles below it.

    ``reservations`` counts what is reserved, in use or not; ``held_reserved`` what of it is offered or in use;
    ``held_revocable`` what is offered or in use of revocable resources.
    """

    __slots__ = (
        "children", "frameworks", "held_reserved", "held_revocable", "parent", "path", "quota", "reservations",
        "weight",
    )  # fmt: skip

    def __init__(self, path: str, parent: Role | None) -> None:
        self.path = path
        self.parent = parent
        self.children: dict[str, Role] = {}
        self.frameworks: dict[str, None] = {}
        self.quota = DEFAULT_QUOTA
        self.weight = DEFAULT_WEIGHT
        self.reservations: Quantities = {}
        self.held_reserved: Quantities = {}
        self.held_revocable: Quantities = {}

    @property
    def idle(self) -> bool:
        """Say whether nothing keeps this node in the tree."""
        special = self.quota or self.weight != DEFAULT_WEIGHT
        return not (special or self.children or self.frameworks or self.reservations)

    def lineage(self) -> Iterator[Role]:
        """Yield the role and those above it, the root included."""
        role: Role | None = self
        while role is not None:
            yield role
            role = role.parent


class RoleTree:
    """All roles."""

    def __init__(self) -> None:
        self.root = Role("", None)
        self._all: dict[str, Role] = {}
        self._shared: Counter[tuple[str, str, Kind]] = Counter()
        self.with_quota: dict[str, Role] = {}

    def __iter__(self) -> Iterator[Role]:
        """Iterate over all roles but the root."""
        return iter(self._all.values())

    def get(self, path: str) -> Role | None:
        """Return the role, or None when nothing is known of it."""
        return self._all.get(path)

    def quota(self, path: str) -> Quota:
        """Return the quota of a role."""
        role = self._all.get(path)
        return role.quota if role is not None else DEFAULT_QUOTA

    def _make(self, path: str) -> Role:
        role = self._all.get(path)
        if role is None:
            above, _, _ = path.rpartition("/")
            parent = self._make(above) if above else self.root
            role = self._all[path] = parent.children[path] = Role(path, parent)
        return role

    def _prune(self, role: Role) -> None:
        while role.parent is not None and role.idle:
            del role.parent.children[role.path], self._all[role.path]
            role = role.parent

    # -- what is set by operators ---------------------------------------------------------------------------

    def update_quota(self, path: str, quota: Quota) -> None:
        """Set a top-level role's quota; an empty one removes it."""
        role = self._make(path)
        role.quota = quota
        if quota:
            self.with_quota[path] = role
        else:
            self.with_quota.pop(path, None)
            self._prune(role)

    def update_weight(self, path: str, weight: float) -> None:
        """Set a role's weight."""
        role = self._make(path)
        role.weight = weight
        self._prune(role)

    # -- what the allocator keeps track of ------------------------------------------------------------------

    def track_framework(self, framework: str, path: str) -> None:
        """Note that a framework subscribes to a role or holds something there."""
        self._make(path).frameworks[framework] = None

    def untrack_framework(self, framework: str, path: str) -> None:
        """Undo `track_framework`."""
        role = self._all[path]
        del role.frameworks[framework]
        self._prune(role)

    def track_reservations(self, reservations: Mapping[str, Quantities]) -> None:
        """Count what an agent has reserved, by role."""
        for path, amounts in reservations.items():
            for role in self._make(path).lineage():
                role.reservations = plus(role.reservations, amounts)

    def untrack_reservations(self, reservations: Mapping[str, Quantities]) -> None:
        """Undo `track_reservations`."""
        for path, amounts in reservations.items():
            role = self._all[path]
            for one in role.lineage():
                one.reservations = minus(one.reservations, amounts)
            self._prune(role)

    def track_held(self, agent: str, path: str, resources: Resources) -> None:
        """Count the reserved and the revocable part of what is offered to a role on an agent."""
        self._held(path, self._anew(agent, path, resources), plus)

    def untrack_held(self, agent: str, path: str, resources: Resources) -> None:
        """Undo `track_held`."""
        self._held(path, self._gone(agent, path, resources), minus)

    def _held(
        self, path: str, resources: Resources, change: Callable[[Quantities, Quantities], dict[str, int]]
    ) -> None:
        reserved = resources.reserved().quantities()
        revocable = resources.revocable().quantities()
        for role in self._all[path].lineage():
            role.held_reserved = change(role.held_reserved, reserved)
            role.held_revocable = change(role.held_revocable, revocable)

    def _anew(self, agent: str, path: str, resources: Resources) -> Resources:
        """Return what is to be counted: a shared resource once, when the role gets the first copy on an agent."""
        again = {}
        for kind, copies in resources.special.items():
            if kind.shared:
                if self._shared[agent, path, kind]:
                    again[kind] = copies
                self._shared[agent, path, kind] += copies
        return resources - Resources(special=again) if again else resources

    def _gone(self, agent: str, path: str, resources: Resources) -> Resources:
        """Undo `_anew`."""
        still = {}
        for kind, copies in resources.special.items():
            if kind.shared:
                self._shared[agent, path, kind] -= copies
                if self._shared[agent, path, kind] > 0:
                    still[kind] = copies
        return resources - Resources(special=still) if still else resources
