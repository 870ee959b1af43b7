"""How news of a task gets through: an agent sends it again until a framework has acknowledged it.

Updates of one task keep their order: while the first of them is not acknowledged, the others wait behind it. It is
sent again after 10 s, then after twice as long each time, up to 10 min; and at once when the agent has registered
again. An update that gets through is not modelled with its acknowledgement, only one that does not stays here.

Source: mesos src/slave/task_status_update_manager.cpp, src/slave/constants.hpp (STATUS_UPDATE_RETRY_INTERVAL_*).
Left out: updates that arrive twice because their acknowledgement was lost (frameworks have to take them as one).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.engines.agenda import Agenda, Order
from workbench.engines.mesos.operations import StatusUpdate
from workbench.model.clock import SECOND_US

RETRY_FIRST_US = 10 * SECOND_US
RETRY_LAST_US = 600 * SECOND_US

Send = Callable[[str, Sequence[StatusUpdate]], bool]
"""Sends updates of one task of a framework on their way, in order; False when no message leaves the machine."""


@dataclass
class Stream:
    """Updates of one task that nobody has acknowledged, oldest first, and how long the next repetition waits.

    One without updates has just sent them, and is remembered until they can no longer come back.
    """

    framework: str
    updates: list[StatusUpdate] = field(default_factory=list)
    wait_us: int = RETRY_FIRST_US
    armed: int = 0


class StatusUpdates:
    """The updates of one agent that have not got through."""

    def __init__(self, agenda: Agenda, send: Send) -> None:
        self._agenda = agenda
        self._send = send
        self._streams: dict[int, Stream] = {}

    def __contains__(self, task: int) -> bool:
        return task in self._streams

    def tasks(self) -> list[int]:
        """Return the tasks of which something has yet to be told."""
        return list(self._streams)

    def add(self, framework: str, update: StatusUpdate) -> None:
        """There is news of a task: send it, or let it wait its turn."""
        stream = self._streams.get(update.task)
        if stream is not None and stream.updates:
            stream.updates.append(update)
        elif not self._send(framework, (update,)):
            self._keep(framework, (update,))

    def returned(self, framework: str, updates: Sequence[StatusUpdate]) -> None:
        """What was sent met nobody who would acknowledge it."""
        self._keep(framework, updates)

    def _keep(self, framework: str, updates: Sequence[StatusUpdate]) -> None:
        task = updates[0].task
        stream = self._streams.setdefault(task, Stream(framework))
        stream.updates[:0] = updates
        self._arm(task, stream)

    def _arm(self, task: int, stream: Stream) -> None:
        stream.armed += 1
        self._agenda.after(stream.wait_us, Order.AGENT, self._again, task, stream, stream.armed)
        stream.wait_us = min(2 * stream.wait_us, RETRY_LAST_US)

    def _again(self, task: int, stream: Stream, armed: int) -> None:
        if self._streams.get(task) is stream and stream.armed == armed:
            self._try(task, stream)

    def _try(self, task: int, stream: Stream) -> None:
        """Send what waits; should it be returned, it is kept with the patience it has come to."""
        if not stream.updates:
            return
        updates, stream.updates = tuple(stream.updates), []
        if self._send(stream.framework, updates):
            self._agenda.after(RETRY_FIRST_US - 1, Order.AGENT, self._settle, task, stream)
        else:
            stream.updates = list(updates)
            self._arm(task, stream)

    def _settle(self, task: int, stream: Stream) -> None:
        """Forget a stream whose updates have not been returned: they were acknowledged."""
        if self._streams.get(task) is stream and not stream.updates:
            del self._streams[task]

    def resume(self) -> None:
        """The agent has registered again: send everything that waits at once."""
        for task, stream in list(self._streams.items()):
            stream.wait_us = RETRY_FIRST_US
            self._try(task, stream)

    def lose(self, framework: str) -> None:
        """The agent's process has stopped, and nothing of a framework was on its disk."""
        for task in [task for task, stream in self._streams.items() if stream.framework == framework]:
            del self._streams[task]

    def forget(self) -> None:
        """The machine has started again: nothing of this was kept."""
        self._streams.clear()
