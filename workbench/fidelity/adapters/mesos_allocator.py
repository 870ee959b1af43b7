"""Scripts of calls to the allocator, put to `workbench.engines.mesos.allocator`.

After each call the allocator does what it has to do at once; agents are taken in the order of their names' lengths and
their names. All offers that a call leads to are compared, inverse offers, metrics, and whether a call failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.allocator_state import InverseOfferable
from workbench.engines.mesos.capabilities import MULTI_ROLE
from workbench.engines.mesos.conversions import OPERATIONS
from workbench.engines.mesos.metrics import metrics
from workbench.engines.mesos.resources import Resources
from workbench.fidelity.adapters import mesos_values as values
from workbench.fidelity.adapters.comparing import Unsupported
from workbench.fidelity.records import Case

Given = Mapping[str, Any]

_OPTIONS = frozenset(
    {
        "allocation_interval", "min_allocatable_resources", "fairness_exclude", "filter_gpu_resources", "domain",
        "recovery_timeout", "agent_recovery_factor",
    }
)  # fmt: skip


def difference(case: Case) -> str:
    """Return the first event after which the model does something else, or an empty text."""
    replay = Replay(case.document.get("options") or {})
    for number, event in enumerate(case.document["events"]):
        replay.play(event)
        if told := replay.differs(event):
            return f"event {number} ({_brief(event)}): {told}"
    return ""


def _brief(event: Given) -> str:
    names = ("framework", "agent", "role", "seconds", "refuse_seconds")
    return " ".join([event["op"], *(str(event[name]) for name in names if event.get(name) is not None)])


class Replay:
    """An allocator, its clock, and what it did after the last event."""

    def __init__(self, options: Given) -> None:
        self._now_us = 0
        self._calls: list[Callable[[], None]] = []
        self._offers: dict[str, str] = {}
        self._inverse: list[str] = []
        self._failed: bool | None = None
        self.allocator = HierarchicalAllocator(
            _options(options),
            clock=lambda: self._now_us,
            dispatch=self._calls.append,
            offer=self._offered,
            arrange=lambda agents: agents.sort(key=lambda agent: (len(agent), agent)),
            inverse_offer=self._asked_to_leave,
        )

    def play(self, event: Given) -> None:
        """Make the call that an event stands for."""
        self._offers, self._inverse, self._failed = {}, [], None
        call = _CALLS.get(event["op"])
        if call is None:
            raise Unsupported(f"no call {event['op']!r}")
        answer = call(self.allocator, event)
        if isinstance(answer, bool):
            self._failed = not answer
        if event["op"] == "advance":
            self._advance(values.microseconds(event["seconds"]))
        while self._calls:
            self._calls.pop(0)()

    def _advance(self, by_us: int) -> None:
        self._now_us += by_us
        if self._now_us >= self.allocator.rounds.next_batch_us:
            self.allocator.rounds.batch()

    def _offered(self, offerable: Offerable) -> None:
        for framework, by_role in offerable.items():
            for role, by_agent in by_role.items():
                for agent, offered in by_agent.items():
                    self._offers[f"{framework} in {role} on {agent}"] = values.shown(offered)

    def _asked_to_leave(self, offerable: InverseOfferable) -> None:
        self._inverse += [f"{framework} on {agent}" for framework, agents in offerable.items() for agent in agents]

    # -- comparison -----------------------------------------------------------------------------------------

    def differs(self, event: Given) -> str:
        """Say what is other than expected after the event, in a few words."""
        expect = event.get("expect", {})
        wanted = {
            f"{one['framework']} in {one['role']} on {one['agent']}": values.shown(values.resources(one["resources"]))
            for one in expect.get("offers", ())
        }
        inverse = sorted(f"{one['framework']} on {one['agent']}" for one in expect.get("inverse_offers", ()))
        told = _differing("offer to", wanted, self._offers)
        if inverse != sorted(self._inverse):
            told.append(f"inverse offers: expected {inverse}, the model makes {sorted(self._inverse)}")
        if "failed" in expect and expect["failed"] is not self._failed:
            told.append(f"failed: expected {expect['failed']}, the model says {self._failed}")
        if "metrics" in expect:
            told += _differing("metric", expect["metrics"], metrics(self.allocator))
        return "; ".join(told[:_SHOWN]) + ("; ..." if len(told) > _SHOWN else "")


_SHOWN = 4
"""Differences told of one event."""


def _differing(what: str, expected: Mapping[str, Any], answered: Mapping[str, Any]) -> list[str]:
    return [
        f"{what} {name}: expected {expected.get(name, 'none')}, the model says {answered.get(name, 'none')}"
        for name in sorted(expected.keys() | answered.keys())
        if expected.get(name) != answered.get(name)
    ]


def _options(given: Given) -> Options:
    if unknown := given.keys() - _OPTIONS:
        raise Unsupported(f"not asked of the model: {', '.join(sorted(unknown))}")
    return Options(
        values.microseconds(given.get("allocation_interval", 1.0)),
        values.alternatives(given.get("min_allocatable_resources", ())),
        given.get("fairness_exclude", ()),
        filter_gpu_resources=given.get("filter_gpu_resources", True),
        domain=values.domain(given.get("domain")),
        agent_recovery_factor=given.get("agent_recovery_factor", 0.8),
        recovery_timeout_us=values.microseconds(given.get("recovery_timeout", 600)),
    )


# -- calls -------------------------------------------------------------------------------------------------------------


def _used(given: Given, other: str) -> dict[tuple[str, str], Resources]:
    """Read what is in use, by agent or framework and role; the role is empty where it is not known."""
    return {(one[other], one.get("role", "")): values.resources(one["resources"]) for one in given.get("used", ())}


def _framework(given: Given) -> dict[str, Any]:
    minimal = given.get("min_allocatable_resources", {})
    return {
        "min_allocatable": {role: values.alternatives(sets) for role, sets in minimal.items()},
        "capabilities": frozenset(given.get("capabilities", (MULTI_ROLE,))),
        "constraints": values.offer_constraints(given.get("offer_constraints")),
    }


def _add_agent(allocator: HierarchicalAllocator, event: Given) -> None:
    allocator.add_agent(
        event["agent"],
        values.resources(event["resources"]),
        _used(event, "framework"),
        info=values.agent_info(event),
        capabilities=values.agent_capabilities(event),
        unavailability=values.unavailability(event.get("unavailability")),
    )


def _update_agent(allocator: HierarchicalAllocator, event: Given) -> None:
    allocator.update_agent(
        event["agent"],
        values.resources(event["resources"]) if "resources" in event else None,
        info=values.agent_info(event),
        capabilities=values.agent_capabilities(event) if "capabilities" in event else None,
    )


def _add_resource_provider(allocator: HierarchicalAllocator, event: Given) -> None:
    allocator.add_resource_provider(event["agent"], values.resources(event["resources"]), _used(event, "framework"))


def _add_framework(allocator: HierarchicalAllocator, event: Given) -> None:
    allocator.add_framework(
        event["framework"],
        event["roles"],
        active=event.get("active", True),
        suppressed=event.get("suppressed_roles", ()),
        used=_used(event, "agent"),
        **_framework(event),
    )


def _update_framework(allocator: HierarchicalAllocator, event: Given) -> None:
    suppressed = event.get("suppressed_roles", ())
    allocator.update_framework(event["framework"], event["roles"], suppressed, **_framework(event))


def _recover_resources(allocator: HierarchicalAllocator, event: Given) -> None:
    refuse = event.get("refuse_seconds")
    allocator.recover_resources(
        event["framework"],
        event["agent"],
        event["role"],
        values.resources(event["resources"]),
        None if refuse is None else values.microseconds(refuse),
        is_allocated=event.get("is_allocated", False),
    )


def _update_allocation(allocator: HierarchicalAllocator, event: Given) -> None:
    conversions = [
        (values.resources(one["consumed"]), values.resources(one["converted"])) for one in event["conversions"]
    ]
    offered = values.resources(event["offered"])
    allocator.update_allocation(event["framework"], event["agent"], event["role"], offered, conversions)


def _update_available(allocator: HierarchicalAllocator, event: Given) -> bool:
    operations = [OPERATIONS[one["type"]](values.resources(one["resources"])) for one in event["operations"]]
    return allocator.update_available(event["agent"], operations)


def _recover_allocator(allocator: HierarchicalAllocator, event: Given) -> None:
    quotas = {role: values.quota(one) for role, one in event["quotas"].items()}
    allocator.recover(event["expected_agents"], quotas)


_CALLS: Mapping[str, Callable[[HierarchicalAllocator, Given], bool | None]] = {
    "add_agent": _add_agent,
    "remove_agent": lambda allocator, event: allocator.remove_agent(event["agent"]),
    "activate_agent": lambda allocator, event: allocator.activate_agent(event["agent"]),
    "deactivate_agent": lambda allocator, event: allocator.deactivate_agent(event["agent"]),
    "update_agent": _update_agent,
    "add_resource_provider": _add_resource_provider,
    "update_whitelist": lambda allocator, event: allocator.update_whitelist(event["hostnames"]),
    "add_framework": _add_framework,
    "update_framework": _update_framework,
    "remove_framework": lambda allocator, event: allocator.remove_framework(event["framework"]),
    "activate_framework": lambda allocator, event: allocator.activate_framework(event["framework"]),
    "deactivate_framework": lambda allocator, event: allocator.deactivate_framework(event["framework"]),
    "recover_resources": _recover_resources,
    "transition_offered_to_allocated": lambda allocator, event: allocator.transition_offered_to_allocated(
        event["agent"], event["role"], values.resources(event["resources"])
    ),
    "update_allocation": _update_allocation,
    "update_available": _update_available,
    "update_unavailability": lambda allocator, event: allocator.update_unavailability(
        event["agent"], values.unavailability(event.get("unavailability"))
    ),
    "suppress_offers": lambda allocator, event: allocator.suppress_offers(event["framework"], event["roles"]),
    "revive_offers": lambda allocator, event: allocator.revive_offers(event["framework"], event["roles"]),
    "update_quota": lambda allocator, event: allocator.update_quota(event["role"], values.quota(event)),
    "update_weights": lambda allocator, event: allocator.update_weights(event["weights"]),
    "recover_allocator": _recover_allocator,
    "pause": lambda allocator, _: allocator.rounds.pause(),
    "resume": lambda allocator, _: allocator.rounds.resume(),
    "advance": lambda _allocator, _event: None,
    "check_metrics": lambda _allocator, _event: None,
}
"""Name of an event -> the call that it stands for; what it returns says whether the call succeeded."""
