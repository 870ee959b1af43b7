"""Maintenance that is announced: the operator says when a machine will be away, takes it down, and brings it back.

The announcement goes to the control plane at once (`MaintainNode`); what it does about it until then is its own affair.
At the beginning of the window the operator says so (`BeginMaintenance`) and switches the machine off, with whatever
runs there by then. Its disks stay. Once the window is over the machine is switched on (`EndMaintenance`); one that was
down before stays so until then at least, and one that is down for another reason for as long as that takes.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Agenda, Order
from workbench.engines.protocol import BeginMaintenance, Change, EndMaintenance, MaintainNode


class Maintenance:
    """The windows of one run.

    Parameters
    ----------
    switch_off, switch_on : callable
        Do so to a machine, by its index; the first returns what the second takes besides.
    """

    def __init__(
        self, agenda: Agenda, switch_off: Callable[[int], object], switch_on: Callable[[int, object], None]
    ) -> None:
        self._agenda = agenda
        self._switch_off = switch_off
        self._switch_on = switch_on

    def announce(self, node: int, begins_us: int, ends_us: int, apply: Callable[[Change], None]) -> None:
        """Tell the control plane of a window, and plan its beginning and its end."""
        apply(MaintainNode(node, begins_us, ends_us))
        self._agenda.at(max(begins_us, self._agenda.now_us), Order.ARRIVAL, self._begin, node, ends_us, apply)

    def _begin(self, node: int, ends_us: int, apply: Callable[[Change], None]) -> None:
        apply(BeginMaintenance(node))
        window = self._switch_off(node)
        self._agenda.at(ends_us, Order.ARRIVAL, self._end, node, window, apply)

    def _end(self, node: int, window: object, apply: Callable[[Change], None]) -> None:
        apply(EndMaintenance(node))
        self._switch_on(node, window)
