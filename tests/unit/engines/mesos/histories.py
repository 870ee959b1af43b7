"""Random histories of an allocator, in which every kind of resource and every kind of call occurs."""

from __future__ import annotations

from collections import Counter
from random import Random

from tests.unit.engines.mesos.scripted import Script, amounts, plain, quota, reserved
from workbench.engines.mesos.capabilities import OF_AGENTS, OF_FRAMEWORKS
from workbench.engines.mesos.conversions import create, reserve, scalar
from workbench.engines.mesos.inverse_offers import Unavailability
from workbench.engines.mesos.kinds import Disk, Kind, Reservation, reserved_kind, volume_kind
from workbench.engines.mesos.offer_constraints import AgentInfo, AttributeConstraint
from workbench.engines.mesos.resources import NOTHING, Resources
from workbench.engines.mesos.values import Ranges

ROLES = ("a", "a/x", "a/x/y", "b", "b/z", "c")

MOUNT = scalar(Kind("disk", disk=Disk(source="MOUNT")), 50_000)
PORTS = Resources(discrete={Kind("ports"): Ranges([(31000, 31009)])})
LENT = Resources(special={Kind("cpus", revocable=True): 2000})
REFINED = Resources(special={Kind("mem", (Reservation("a", "STATIC"), Reservation("a/x"))): 100_000})
KINDS = (MOUNT, PORTS, LENT, REFINED, reserved("a", cpus=1, disk=20), reserved("b", cpus=1), plain(gpus=1), NOTHING)


class History:
    """Agents and frameworks that come, go and do things at random; `did` counts what happened."""

    def __init__(self, seed: int, *, with_quota: bool = True) -> None:
        self.random = Random(seed)
        self.script = Script()
        self.allocator = self.script.allocator
        self.with_quota = with_quota
        self.held: list[tuple[str, str, str, Resources]] = []
        self.did: Counter[str] = Counter()
        self._agents = self._frameworks = 0
        for _ in range(4):
            self.agent_comes()
        for _ in range(3):
            self.framework_comes()

    def go(self, steps: int) -> list[object]:
        """Let so many things happen; return all that was offered."""
        seen: list[object] = []
        actions = (*self.OFTEN, *self.OFTEN, *self.SELDOM)
        for _ in range(steps):
            self.random.choice(actions)(self)
            self._note(self.script.settle(), seen)
            if self.random.random() < 0.4:
                self._note(self.script.batch(), seen)
        return seen

    def _note(self, offers: list, seen: list[object]) -> None:
        seen.append(offers)
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

    def agent_changes(self) -> None:
        slave = self.allocator.slaves[self._one(self.allocator.slaves)]
        if self.random.random() < 0.5:
            self.allocator.update_agent(slave.id, slave.total + plain(cpus=0.5))
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
        self.allocator.suppress_offers(self._one(self.allocator.frameworks))

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

    def weight_set(self) -> None:
        self.allocator.update_weights({self._one(ROLES): self.random.choice([0.5, 1.0, 3.0])})

    def maintenance(self) -> None:
        self.allocator.update_unavailability(self._one(self.allocator.slaves), Unavailability(self.script.now_us))

    def whitelist_set(self) -> None:
        names = list(self.allocator.slaves)
        self.allocator.update_whitelist(self.random.choice([None, None, names[:3]]))

    OFTEN = (given_back, given_back, given_back, made_into_a_volume, agent_comes, revived, framework_comes)
    SELDOM = (
        agent_goes, agent_changes, agent_switched, framework_goes, framework_disconnects, framework_changes_roles,
        suppressed, operator_reserves, quota_set, weight_set, maintenance, whitelist_set,
    )  # fmt: skip
