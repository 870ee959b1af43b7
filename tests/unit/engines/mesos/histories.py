"""Random histories of an allocator, in which every kind of resource and every kind of call occurs.

A history counts what was done in it; `CountingRun` counts which rules of a run were at work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.unit.engines.mesos.scripted import Script, amounts, plain, quota, reserved
from workbench.engines.mesos.allocation import AllocationRun
from workbench.engines.mesos.books import Slave
from workbench.engines.mesos.capabilities import OF_AGENTS, OF_FRAMEWORKS, strip
from workbench.engines.mesos.conversions import create, reserve, scalar
from workbench.engines.mesos.inverse_offers import Unavailability
from workbench.engines.mesos.kinds import Disk, Kind, Reservation, reserved_kind, volume_kind
from workbench.engines.mesos.offer_constraints import AgentInfo, AttributeConstraint, excluded
from workbench.engines.mesos.resources import NOTHING, Resources
from workbench.engines.mesos.sorters.drf import DRFSorter
from workbench.engines.mesos.values import Ranges

ROLES = ("a", "a/x", "a/x/y", "b", "b/z", "c")

MOUNT = scalar(Kind("disk", disk=Disk(source="MOUNT")), 50_000)
PORTS = Resources(discrete={Kind("ports"): Ranges([(31000, 31009)])})
LENT = Resources(special={Kind("cpus", revocable=True): 2000})
REFINED = Resources(special={Kind("mem", (Reservation("a", "STATIC"), Reservation("a/x"))): 100_000})
TWO = (amounts(cpus=2),)
HALF = plain(cpus=0.5)
KINDS = (MOUNT, PORTS, LENT, REFINED, reserved("a", cpus=1, disk=20), reserved("b", cpus=1), plain(gpus=1), NOTHING)


class History:
    """Agents and frameworks that come, go and do things at random; `did` counts what happened."""

    def __init__(self, seed: int, *, with_quota: bool = True, **options: Any) -> None:
        self.random = Random(seed)
        self.script = Script(**options)
        self.allocator = self.script.allocator
        self.with_quota = with_quota
        self.held: list[tuple[str, str, str, Resources]] = []
        self._asked: list[tuple[str, str]] = []
        self.did: Counter[str] = Counter()
        self._agents = self._frameworks = 0
        if with_quota and self.random.random() < 0.2:
            self.allocator.recover(8, {"a": quota(amounts(cpus=2), amounts(cpus=3))})
        for _ in range(4):
            self.agent_comes()
        for _ in range(3):
            self.framework_comes()

    def go(self, steps: int) -> list[object]:
        """Let so many things happen; return all that was offered."""
        seen: list[object] = []
        actions = (*self.OFTEN, *self.OFTEN, *self.SELDOM)
        for _ in range(steps):
            action = self.random.choice(actions)
            self.did[action.__name__] += 1
            action(self)
            self._note(self.script.settle(), seen)
            if self.random.random() < 0.4:
                self.did["batch while recovering"] += self.allocator.rounds.paused
                self._note(self.script.batch(), seen)
        return seen

    def _note(self, offers: list, seen: list[object]) -> None:
        asked, self.script.asked_to_leave = self.script.asked_to_leave, []
        seen.append((offers, asked))
        self.did["inverse offer"] += len(asked)
        self._asked += asked
        self.held += self.script.last
        self.did["offer"] += len(offers)

    def _one(self, of) -> str:
        return self.random.choice(list(of))

    # -- what happens -----------------------------------------------------------------------------------------

    def agent_comes(self) -> None:
        name = f"agent{self._agents}"
        self._agents += 1
        total = plain(cpus=self.random.choice([1, 4, 0.3]), mem=512, disk=100) + self.random.choice(KINDS)
        info = AgentInfo(name, {"rack": self.random.choice(["r1", "r2"])})
        capabilities = OF_AGENTS if self.random.random() < 0.8 else self.random.choice([frozenset(), OF_AGENTS])
        self.allocator.add_agent(name, total, info=info, capabilities=capabilities)

    def agent_goes(self) -> None:
        if len(self.allocator.slaves) > 2:
            name = self._one(self.allocator.slaves)
            self.allocator.remove_agent(name)
            self.held = [one for one in self.held if one[2] != name]
            self._asked = [one for one in self._asked if one[1] != name]

    def agent_changes(self) -> None:
        slave = self.allocator.slaves[self._one(self.allocator.slaves)]
        if self.random.random() < 0.5:
            self.allocator.update_agent(slave.id, self.random.choice([slave.total + HALF, slave.total - HALF]))
        else:
            self.allocator.update_agent(slave.id, info=AgentInfo(slave.id, {"rack": "r3"}))

    def agent_switched(self) -> None:
        allocator = self.allocator
        self.random.choice([allocator.deactivate_agent, allocator.activate_agent])(self._one(allocator.slaves))

    def framework_comes(self) -> None:
        roles = self.random.sample(ROLES, self.random.choice([1, 1, 2]))
        capabilities = frozenset(one for one in sorted(OF_FRAMEWORKS) if self.random.random() < 0.7)
        constraints = {roles[0]: [[AttributeConstraint("rack", "text_not_equals", "r1")]]}
        self.allocator.add_framework(
            f"f{self._frameworks}", roles, capabilities=capabilities,
            constraints=constraints if self.random.random() < 0.2 else None,
            min_allocatable={roles[0]: self.random.choice([(), TWO])} if self.random.random() < 0.2 else None,
            suppressed=roles[1:] if self.random.random() < 0.2 else (), active=self.random.random() < 0.9,
        )  # fmt: skip
        self._frameworks += 1

    def framework_goes(self) -> None:
        if len(self.allocator.frameworks) > 2:
            name = self._one(self.allocator.frameworks)
            self.allocator.remove_framework(name)
            self.held = [one for one in self.held if one[0] != name]

    def framework_disconnects(self) -> None:
        name = self._one(self.allocator.frameworks)
        if self.allocator.frameworks[name].active:
            self.allocator.deactivate_framework(name)
        else:
            self.allocator.activate_framework(name)

    def framework_changes_roles(self) -> None:
        name = self._one(self.allocator.frameworks)
        if self.allocator.frameworks[name].active:
            self.allocator.update_framework(name, self.random.sample(ROLES, 2))

    def suppressed(self) -> None:
        name = self._one(self.allocator.frameworks)
        roles = list(self.allocator.frameworks[name].roles)
        self.allocator.suppress_offers(name, self.random.choice([(), roles[:1]]))

    def revived(self) -> None:
        name = self._one(self.allocator.frameworks)
        if self.allocator.frameworks[name].active:
            self.allocator.revive_offers(name)

    def given_back(self) -> None:
        if self.held:
            framework, role, agent, resources = self.held.pop(self.random.randrange(len(self.held)))
            part = {name: amount // 2 for name, amount in resources.plain.items() if amount > 1}
            kept = Resources(part) if self.random.random() < 0.5 else NOTHING
            self.script.recover(framework, agent, role, resources - kept, self.random.choice([None, 0, 1, 2, 5, -1]))
            if kept:
                self.held.append((framework, role, agent, kept))

    def task_ran(self) -> None:
        if self.held:
            framework, role, agent, resources = self.held.pop(self.random.randrange(len(self.held)))
            self.allocator.transition_offered_to_allocated(agent, role, resources)
            self.allocator.recover_resources(framework, agent, role, resources, None, is_allocated=True)

    def made_into_a_volume(self) -> None:
        for place, (framework, role, agent, resources) in enumerate(self.held):
            disk = reserved_kind("disk", "a")
            if resources.special.get(disk, 0) >= 5000:
                shared = self.random.random() < 0.5
                volume = volume_kind(disk, f"v{self.did['offer']}", 5000)._replace(shared=shared)
                change = create(Resources(special={volume: 1}))
                self.allocator.update_allocation(framework, agent, role, resources, (change,))
                self.held[place] = (framework, role, agent, resources - change[0] + change[1])
                self.did["volume"] += 1
                return

    def operator_reserves(self) -> None:
        change = reserve(reserved(self._one("abc"), cpus=0.25))
        self.did["reserved"] += self.allocator.update_available(self._one(self.allocator.slaves), (change,))

    def quota_set(self) -> None:
        if self.with_quota:
            limit = self.random.choice([2, 6])
            guarantee = self.random.randrange(limit)
            self.allocator.update_quota(self._one("abc"), quota(amounts(cpus=guarantee), amounts(cpus=limit)))

    def quota_removed(self) -> None:
        if self.with_quota:
            self.allocator.update_quota(self._one("abc"), quota())

    def weight_set(self) -> None:
        role, sorter = self._one(ROLES), self.allocator.role_sorter
        self.did["weight of an inner role"] += sorter._find(role) is not None and not sorter.contains(role)
        self.allocator.update_weights({role: self.random.choice([0.5, 1.0, 3.0])})

    def maintenance(self) -> None:
        self.allocator.update_unavailability(self._one(self.allocator.slaves), Unavailability(self.script.now_us))

    def inverse_answered(self) -> None:
        if self._asked:
            framework, agent = self._asked.pop()
            if agent in self.allocator.inverse_offers._outstanding:
                self.allocator.update_inverse_offer(agent, framework, self.random.choice([None, 2_000_000]))

    def provider_comes(self) -> None:
        self.allocator.add_resource_provider(self._one(self.allocator.slaves), plain(disk=50))

    def whitelist_set(self) -> None:
        names = list(self.allocator.slaves)
        self.allocator.update_whitelist(self.random.choice([None, None, names[:3]]))

    OFTEN = (given_back, given_back, given_back, made_into_a_volume, agent_comes, revived, framework_comes)
    SELDOM = (
        agent_goes, agent_changes, agent_switched, framework_goes, framework_disconnects, framework_changes_roles,
        suppressed, operator_reserves, quota_set, quota_removed, weight_set, maintenance, inverse_answered,
        whitelist_set, task_ran, provider_comes,
    )  # fmt: skip


class CountingRun(AllocationRun):
    """The plain run, counting the rules that make a difference into `did` of its allocator's history."""

    did: Counter[str]

    def offer_guarantees(self, agents) -> None:
        self.did["first stage"] += 1
        super().offer_guarantees(agents)

    def offer_fair_share(self, agents) -> None:
        allocator = self._allocator
        if allocator.whitelist is not None:
            names = allocator.whitelist
            self.did["not on the whitelist"] += sum(one.info.hostname not in names for one in allocator.slaves.values())
        self.did["deactivated agent"] += sum(not one.activated for one in allocator.slaves.values())
        self.did["agent over its total"] += sum(one.over for one in allocator.slaves.values())
        super().offer_fair_share(agents)
        for agent in allocator.slaves:
            takers = sum(agent in places for by_role in self.offerable.values() for places in by_role.values())
            self.did["several takers of an agent"] += takers > 1

    def _roles(self) -> Iterator[str]:
        return self._counted(self._allocator.role_sorter)

    def _frameworks(self, role: str) -> Iterator[str]:
        return self._counted(self._allocator.framework_sorters[role])

    def _counted(self, sorter: DRFSorter) -> Iterator[str]:
        order = sorter.sort()
        first = [(node.share, node.count) for node in sorter._sortable(sorter._root)][:2]
        self.did["a tie decided by the path"] += len(first) == 2 and first[0] == first[1]
        return iter(order)

    def _offer_guarantee(self, slave: Slave, role: str) -> None:
        before = self.consumed[role]
        super()._offer_guarantee(slave, role)
        self.did["guarantee served"] += self.consumed[role] != before

    def _extra(self, role, extra, guaranteed):
        result = super()._extra(role, extra, guaranteed)
        self.did["goes out with a guarantee"] += bool(result)
        return result

    def _offer_share(self, slave: Slave, role: str) -> None:
        for name in self._frameworks(role):
            framework = self._allocator.frameworks[name]
            available = self._available(slave, role)
            self.did["too little"] += not self._allocator.allocatable(available, role, framework)
            if framework.constraints:
                self.did["offer constraint"] += excluded(framework.constraints, role, slave.info)
            elif slave.selective:
                self.did["lacks a capability"] += not slave.may_be_offered(framework, role)
            self.did["stripped"] += strip(available, framework.capabilities) != available
        super()._offer_share(slave, role)

    def _within(self, role, quota, available):
        result = super()._within(role, quota, available)
        if result != available:
            self.did["cut by headroom" if self.required_headroom else "cut by a limit"] += 1
        return result

    def _make(self, slave, role, framework, offer) -> bool:
        made = super()._make(slave, role, framework, offer)
        if not made:
            self.did["refused lately"] += 1
            return False
        kinds = (*offer.special, *offer.discrete)
        self.did["offer in a nested role"] += "/" in role
        self.did["revocable"] += any(kind.revocable for kind in kinds)
        self.did["shared"] += any(kind.shared for kind in kinds)
        self.did["discrete"] += bool(offer.discrete)
        self.did["whole piece"] += any(kind.size > 0 or (kind.disk is not None and kind.disk.whole) for kind in kinds)
        self.did["own reservation"] += any(kind.role == role for kind in kinds)
        self.did["reservation of a role above"] += any(kind.role not in ("", role) for kind in kinds)
        self.did["plain"] += not kinds
        return True


def counting(history: History) -> History:
    """Have the rules counted that are at work in a history of the plain form."""
    allocator, did = history.allocator, history.did
    allocator._form = type("Counting", (CountingRun,), {"did": did})
    end = allocator.filters._end

    def ended(*args: Any) -> None:
        did["filter ended by itself"] += 1
        end(*args)

    allocator.filters._end = ended
    return history


RULES = (
    "first stage", "not on the whitelist", "deactivated agent", "several takers of an agent", "guarantee served",
    "goes out with a guarantee", "too little", "offer constraint", "lacks a capability", "stripped",
    "cut by headroom", "cut by a limit", "refused lately", "offer in a nested role", "revocable", "shared", "discrete",
    "whole piece", "own reservation", "reservation of a role above", "plain", "inverse offer",
    "batch while recovering", "filter ended by itself", "a tie decided by the path", "weight of an inner role",
    "agent over its total",
    *(action.__name__ for action in (*History.OFTEN, *History.SELDOM)),
)  # fmt: skip
"""Everything that a set of histories has to have exercised."""
