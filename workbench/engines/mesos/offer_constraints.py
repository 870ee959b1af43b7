"""Offer constraints: a framework says beforehand, role by role, which agents it wants to hear of.

For a role there are groups of constraints; an agent is offered if all constraints of one group hold. A constraint
asks for an attribute of the agent, or for its host name, region or zone, to exist, to be a text or to match a regular
expression as a whole, or not. An attribute that is no text passes every question about texts: the framework decides.

Source: mesos src/master/allocator/mesos/offer_constraints_filter.cpp (1.12.0-dev), include/mesos/scheduler.
Left out: RE2's own syntax, where it differs from Python's, and its limits on the size of an expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

PREDICATES = ("exists", "not_exists", "text_equals", "text_not_equals", "text_matches", "text_not_matches")

PSEUDOATTRIBUTES = ("HOSTNAME", "REGION", "ZONE")


class Domain(NamedTuple):
    """Where an agent or the master stands."""

    region: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """What an agent says of itself.

    Parameters
    ----------
    attributes : mapping
        Texts, or numbers.
    """

    hostname: str
    attributes: Mapping[str, str | float] = field(default_factory=dict)
    domain: Domain | None = None


class AttributeConstraint(NamedTuple):
    """One question about an agent.

    Parameters
    ----------
    attribute : str
        Name of an attribute, or one of `PSEUDOATTRIBUTES` if `pseudo`.
    predicate : str
        One of `PREDICATES`.
    text : str
        The text or expression that it compares with.
    """

    attribute: str
    predicate: str
    text: str = ""
    pseudo: bool = False

    def holds(self, info: AgentInfo) -> bool:
        """Say whether the agent answers as wanted."""
        value = _pseudo(info, self.attribute) if self.pseudo else info.attributes.get(self.attribute)
        if value is None or self.predicate in ("exists", "not_exists"):
            negated = "not_" in self.predicate
            return negated if value is None else not negated
        if not isinstance(value, str):
            return True
        same = _expression(self.text).fullmatch(value) if "matches" in self.predicate else value == self.text
        return bool(same) != ("not_" in self.predicate)


OfferConstraints = Mapping[str, Sequence[Sequence[AttributeConstraint]]]
"""Role -> groups, of which one must hold; a group's constraints must all hold. A role that is absent wants all."""


def excluded(constraints: OfferConstraints, role: str, info: AgentInfo) -> bool:
    """Say whether an agent is not to be offered for a role."""
    groups = constraints.get(role)
    return groups is not None and not any(all(one.holds(info) for one in group) for group in groups)


def _pseudo(info: AgentInfo, name: str) -> str | None:
    if name == "HOSTNAME":
        return info.hostname
    if info.domain is None:
        return None
    return info.domain.region if name == "REGION" else info.domain.zone


@cache
def _expression(text: str) -> re.Pattern[str]:
    return re.compile(text)
