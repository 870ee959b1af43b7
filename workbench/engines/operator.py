"""The person on call: told of a machine that stays away, and after a while acting on it.

What acting means is the control plane's: each has its own way to be told that a machine will not come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.engines.agenda import Agenda, Order
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters


@parameters("world.operator")
@dataclass(frozen=True)
class OperatorParameters:
    """Whether anybody looks after the cluster, and how fast."""

    on_call: bool = param(
        False, help="whether somebody acts on machines that stay away",
        source="assumption: nobody does unless the scenario says so", shown_in="ensemble",
    )  # fmt: skip
    reaction_s: float = param(
        900.0, unit="s", low=0, high=86_400, help="from the loss of a machine to somebody acting on it",
        source="assumption: a page, a look, a decision: a quarter of an hour", shown_in="ensemble",
    )  # fmt: skip


class Operator:
    """Acts on each machine once it has been away for long enough.

    Parameters
    ----------
    away : callable
        Says whether a machine is away, and since when, in microseconds: the time, or `NEVER`.
    act : callable
        Does what is to be done about a machine.
    """

    def __init__(
        self, agenda: Agenda, params: OperatorParameters, away: Callable[[int], int], act: Callable[[int], None]
    ) -> None:
        self._agenda = agenda
        self._on_call = params.on_call
        self._reaction_us = to_us(params.reaction_s)
        self._away = away
        self._act = act

    def paged(self, node: int) -> None:
        """Take note that a machine has just stopped; it may have been out of sight before."""
        if self._on_call:
            self._agenda.after(self._reaction_us, Order.ARRIVAL, self._look, node, self._away(node))

    def _look(self, node: int, since_us: int) -> None:
        if self._away(node) == since_us:
            self._act(node)
