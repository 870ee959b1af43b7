"""A Mesos whose books are looked at while it runs: what is offered, used and free against what agents have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes_on_mesos import KubernetesOnMesos
from workbench.engines.mesos import Mesos
from workbench.engines.mesos.frameworks.base import Framework
from workbench.engines.mesos.master import Master
from workbench.engines.mesos.operations import Answer, Convert, LaunchGroup, Operation
from workbench.engines.mesos.resources import NOTHING, Resources
from workbench.engines.world import World
from workbench.model.clock import SECOND_US

Held = dict[tuple[str, str], Resources]
"""Framework and role -> what it holds on an agent."""


def held_by(master: Master, agent: str) -> Held:
    """Return what offers and tasks that the master knows of hold on an agent: the sum, not the allocator's books."""
    held: Held = {}
    for offer in master.offers._offers.values():
        if offer.agent == agent:
            held[offer.framework, offer.role] = held.get((offer.framework, offer.role), NOTHING) + offer.resources
    for task in master.tasks.on(agent):
        held[task.framework, task.role] = held.get((task.framework, task.role), NOTHING) + task.resources
    return {key: resources for key, resources in held.items() if resources}


def unreserved(resources: Resources) -> Counter[str]:
    return Counter(dict(resources.chargeable().quantities()))


class Auditor:
    """Looks at the books of a master every second, at the limits with every offer; counts what was asked of it."""

    def __init__(self, world: World, master: Master) -> None:
        self._world, self._master = world, master
        self.seen: Counter[str] = Counter()
        make, answer = master.offers.make, master.answer

        def offered(offerable: Any) -> None:
            make(offerable)
            self.limits(offerable)

        def answered(framework: Framework, answers: Sequence[Answer]) -> None:
            for one in answers:
                out = one.offer.number in master.offers._offers
                self.seen["answer" if out else "answer to an offer that is none any more"] += 1
                for operation in one.operations if out else ():
                    self._count(operation, one.offer.agent)
            answer(framework, answers)
            self.balance()

        master.offers.make, master.answer = offered, answered  # type: ignore[method-assign]  # to look, and go on
        world.agenda.process(self._every_second())

    def _count(self, operation: Operation, agent: str) -> None:
        if isinstance(operation, Convert):
            before, after = operation.consumed.special, operation.converted.special
            volume = any(kind.disk and kind.disk.persistence for kind in {*before, *after})
            made = "CREATE" if volume else "RESERVE"
            name = made if after else "DESTROY and UNRESERVE" if volume else "UNRESERVE"
            self.seen[name] += 1
            self.seen[f"{name} in vain"] += not self._master.agent(agent).listening
        else:
            self.seen["LAUNCH_GROUP" if isinstance(operation, LaunchGroup) else "LAUNCH"] += 1

    def _every_second(self) -> Process:
        while True:
            yield self._world.agenda.sleep(SECOND_US, Order.SCHEDULER)
            self.balance()

    def balance(self) -> None:
        """Offered + used + free = total, on every agent, by framework and role; nothing anywhere else."""
        master = self._master
        if not master.leading:
            return
        now = self._world.now_us
        for name, slave in master.allocator.slaves.items():
            assert slave.holders == held_by(master, name), (now, name)
            assert not slave.over, (now, name)
            assert slave.available + slave.held() == slave.total, (now, name)
        for name in (agent.id for agent in master.agents if agent.id not in master.allocator.slaves):
            assert held_by(master, name) == {}, (now, name)

    def limits(self, offerable: Any) -> None:
        """No offer takes a role's unreserved scalars past its limit: counted over offers and tasks, absent or not."""
        master = self._master
        for role, quota in master.registry.quotas.items():
            new: Counter[str] = Counter()
            for by_role in offerable.values():
                for resources in by_role.get(role, {}).values():
                    new += unreserved(resources)
            whole: Counter[str] = Counter()
            for name, slave in master.allocator.slaves.items():
                whole += Counter(slave.total.reservations().get(role, {}))
                for (_, holder), resources in held_by(master, name).items():
                    if holder == role:
                        whole += unreserved(resources)
            for name, limit in quota.limits.items():
                self.seen["offers under a limit"] += new[name] > 0
                assert not new[name] or whole[name] <= limit, (self._world.now_us, role, name, whole[name])


class AuditedMesos(Mesos):
    """Mesos with an auditor."""

    def start(self, world: World) -> None:
        super().start(world)
        self.master = self._master
        self.auditor = Auditor(world, self._master)


class AuditedPool(KubernetesOnMesos):
    """Kubernetes on Mesos with an auditor."""

    def start(self, world: World) -> None:
        super().start(world)
        self.master = self._pool._master
        self.auditor = Auditor(world, self.master)
