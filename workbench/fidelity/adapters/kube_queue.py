"""Scripts of the real scheduling queue, replayed step by step on the engine's own queue and event handlers.

A script agrees only if every step does: who is popped, what time moves, which events there are, what the plugins say to
them, and all pools. What a script does not state, such as an empty list, must be empty in the model too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engines.kubernetes.framework import ClusterEvent
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.queueing import WILDCARD, QueueingHints, Strategy
from workbench.fidelity.adapters.comparing import Unsupported, by_row
from workbench.fidelity.adapters.kube_queue_cluster import Watched
from workbench.fidelity.adapters.kube_queue_state import Flush, RecordedQueue, state_of
from workbench.fidelity.records import Case

Document = Mapping[str, Any]


class RecordedHints(QueueingHints):
    """Writes down what every plugin that is asked answers; the queue itself stops at the first that suffices."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.said: list[dict[str, str]] = []

    def worth(
        self, event: ClusterEvent, info: PodInfo, refused_by: tuple[str, ...], pending: tuple[str, ...]
    ) -> Strategy:
        """Ask all, then answer as ever."""
        if event.resource != WILDCARD:
            for plugin, helps in self.answers(event, info, dict.fromkeys((*refused_by, *pending))):
                hint = "Queue" if helps else "QueueSkip"
                self.said.append({"pod": info.key, "event": event.label, "plugin": plugin, "hint": hint})
        return super().worth(event, info, refused_by, pending)


def difference(case: Case) -> str:
    """Return the first step at which the model does something else, and what."""
    replay = _Replay()
    for number, (event, expected) in enumerate(zip(case.document["events"], case.document["expected"], strict=True)):
        answered = replay.step(event)
        for name in ("popped", "flushed", "fired", "hints", "state"):
            wanted, found = _plain(name, expected.get(name)), _plain(name, answered.get(name))
            if wanted != found:
                return f"step {number} ({event['op']}), {name}: {_shown(wanted, found)}"
    return ""


judge = by_row(difference)


def _shown(wanted: Any, found: Any) -> str:
    """Return what differs; of a state only the pools that do."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        return "; ".join(f"{name}: expected {wanted.get(name)!r}, the model has {found.get(name)!r}" for name in names)
    return f"expected {wanted!r}, the model says {found!r}"


def _plain(name: str, value: Any) -> Any:
    """Return a value without empty parts, lists that have no order of their own sorted."""
    if name == "hints":
        return sorted(tuple(sorted(one.items())) for one in value or ())
    if name == "flushed":
        return sorted(tuple(sorted(one.items())) for one in value or ())
    if name == "state":
        return {key: part for key, part in value.items() if part}
    return value or None


class _Replay:
    """One script."""

    def __init__(self) -> None:
        self._queue = RecordedQueue(RecordedHints)
        self._watched = Watched(self._queue)

    def step(self, event: Document) -> dict[str, Any]:
        """Let time pass up to an event, do it, and return what came of it."""
        queue = self._queue
        hints = queue.hints
        assert isinstance(hints, RecordedHints)
        flushed: list[Flush] = queue.let_time_pass(event["at"])
        hints.said = []
        queue.fired = []
        answered: dict[str, Any] = {"popped": self._do(event)} if event["op"] == "pop" else {}
        if event["op"] != "pop":
            self._do(event)
        answered |= {"flushed": flushed, "fired": queue.fired, "hints": hints.said}
        answered["state"] = state_of(queue)
        return answered

    def _do(self, event: Document) -> Any:
        watched = self._watched
        match event["op"]:
            case "add" | "update":
                watched.put(event["kind"], event["object"])
            case "delete":
                watched.delete(event["kind"], event["name"])
            case "pop":
                return self._queue.popped()
            case "fail":
                watched.fail(event)
            case "bind":
                watched.bind(event["pod"], event["node"])
            case "activate":
                self._queue.activate(watched.uids(event["pods"]))
            case "advance":
                pass
            case other:
                raise Unsupported(f"no such operation: {other}")
        return None
