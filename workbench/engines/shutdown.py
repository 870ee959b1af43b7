"""Machines that are shut down in good order: whoever has an inhibitor lock is told first, and may hold it up a while.

Source: systemd, inhibitor locks (delay); who takes one, and for how long, is the agent's own matter.
"""

from __future__ import annotations

from collections.abc import Callable


class Shutdowns:
    """The shutdowns that are going on."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._off: dict[int, list[Callable[[], None]]] = {}

    def begin(self, node: int, announce: Callable[[], None], off: Callable[[], None]) -> None:
        """Announce a machine's shutdown, and call `off` once nobody holds it up any more.

        One that is asked for while another is held up is announced no more: both take place together.
        """
        if node not in self._held:
            announce()
        if node in self._held:
            self._off.setdefault(node, []).append(off)
        else:
            off()

    def hold(self, node: int) -> None:
        """Hold up a machine's shutdown that has been announced; whoever does has to let it go in time."""
        self._held.add(node)

    def let_go(self, node: int) -> None:
        """Let a machine go down, now; one that is down already has no shutdown to hold up."""
        self._held.discard(node)
        for off in self._off.pop(node, ()):
            off()
