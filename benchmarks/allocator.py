"""How fast the Mesos allocator is: ``python -m benchmarks.allocator --agents A --frameworks F [--complete]``.

Without ``--complete``: one *full cycle*. A batch offers everything that is free on all agents (the same 30 cpus, 125
GiB and 2,000 GiB everywhere) to frameworks that hold nothing; once with all of them in one role, once with a role each.

With it: *closed loop*. The allocator and frameworks that answer 0.05 s after an offer, in 600 simulated seconds: agents
are as big as five tasks, each framework has its part of the tasks waiting from the start and launches as many as fit,
what it leaves it declines for 5 s, and it suppresses once nothing waits. Tasks run 60 to 180 s, evenly drawn. There are
no master, agents, World or trace in this loop: it measures the allocator.

Keys of the JSON: ``agents``, ``frameworks``, ``yardstick_ms`` (see `benchmarks/__main__.py`), ``python``; of a cycle,
by ``one role`` and ``a role each``: ``cpu_ms`` (median of the repeats), ``us_per_offer``, ``offers``, ``yardsticks``
(multiple of the yardstick); of the closed loop: ``cpu_s``, ``yardsticks``, ``runs``, ``offers``, ``launched``,
``finished``, ``declined``, ``us_per_task``; of both ``peak_mib`` of the process.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import resource
import time
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks.__main__ import cpu_ms, yardstick
from workbench.engines.mesos.allocation import Offerable
from workbench.engines.mesos.allocator import HierarchicalAllocator
from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.resources import Resources
from workbench.model.clock import SECOND_US

GIB = 1024**3
AGENT = Resources({"cpu": 30_000, "memory": 125 * GIB, "disk": 2000 * GIB})
MINIMUM = ({"cpu": 10}, {"memory": 32 * 1024**2})
TASK = Resources({name: amount // 5 for name, amount in AGENT.plain.items()})
"""Five fill an agent."""

ANSWER_US = SECOND_US // 20
REFUSE_US = 5 * SECOND_US
HORIZON_US = 600 * SECOND_US


def new_allocator(
    clock: Callable[[], int], dispatch: Callable[[Callable[[], None]], None], offer: Callable[[Offerable], None]
) -> Any:
    """Return an allocator as a run sets it up; agents come in random order."""
    return HierarchicalAllocator(Options(min_allocatable=MINIMUM), clock, dispatch, offer, Random(1).shuffle)


def cycle(agents: int, frameworks: int, *, role_each: bool) -> tuple[float, int]:
    """Return the CPU milliseconds of a batch that offers everything, and how many offers it made."""
    calls: list[Callable[[], None]] = []
    seen: list[Offerable] = []
    allocator = new_allocator(lambda: 0, calls.append, seen.append)
    allocator.rounds.pause()
    for number in range(frameworks):
        allocator.add_framework(f"{number:04}", (f"role-{number:04}" if role_each else "role",))
    for number in range(agents):
        allocator.add_agent(f"agent-{number:05}", AGENT)
    allocator.rounds.resume()
    gc.collect()
    gc.disable()
    start = time.process_time()
    allocator.rounds.batch()
    while calls:
        calls.pop()()
    spent = 1000 * (time.process_time() - start)
    gc.enable()
    offers = sum(len(places) for one in seen for by_role in one.values() for places in by_role.values())
    return spent, offers


class ClosedLoop:
    """Frameworks that launch what waits, and tasks that end, around an allocator."""

    def __init__(self, agents: int, frameworks: int, tasks: int) -> None:
        self.now_us = 0
        self.did: Counter[str] = Counter()
        self.finished = 0
        self._instants: list[int] = []
        self._events: dict[int, list[tuple[Callable[..., None], tuple[Any, ...]]]] = {}
        self._ends: dict[int, list[tuple[str, str]]] = {}  # framework and agent of each task, by instant
        self._calls: list[Callable[[], None]] = []
        random = Random(2)
        self._durations = [random.randrange(60, 181) * SECOND_US for _ in range(tasks)]
        self.allocator = new_allocator(lambda: self.now_us, self._calls.append, self._offered)
        names = [f"{number:04}" for number in range(frameworks)]
        self._waiting = dict.fromkeys(names, tasks // frameworks)
        for name in names:
            self.allocator.add_framework(name, ("role",))
        for number in range(agents):
            self.allocator.add_agent(f"agent-{number:05}", AGENT)

    def run(self) -> None:
        """Let 600 seconds go by."""
        self._settle()
        self._at(SECOND_US, self._batch)
        while self._instants and self._instants[0] <= HORIZON_US:
            self.now_us = heappop(self._instants)
            for framework, agent in self._ends.pop(self.now_us, ()):
                self.allocator.recover_resources(framework, agent, "role", TASK, None, is_allocated=True)
                self.finished += 1
            for call, args in self._events.pop(self.now_us, ()):
                call(*args)
                self._settle()

    def _at(self, at_us: int, call: Callable[..., None], *args: Any) -> None:
        if at_us not in self._events:
            self._events[at_us] = []
            heappush(self._instants, at_us)
        self._events[at_us].append((call, args))

    def _ends_at(self, at_us: int) -> list[tuple[str, str]]:
        """Return where to note tasks that end then: before all else of that instant, as they were started first."""
        ends = self._ends.get(at_us)
        if ends is None:
            ends = self._ends[at_us] = []
            heappush(self._instants, at_us)
        return ends

    def _settle(self) -> None:
        while self._calls:
            self._calls.pop(0)()

    def _batch(self) -> None:
        self._at(self.now_us + SECOND_US, self._batch)
        self.allocator.rounds.batch()

    def _offered(self, offerable: Offerable) -> None:
        for framework, by_role in offerable.items():
            for places in by_role.values():
                self.did["offers"] += len(places)
                self._at(self.now_us + ANSWER_US, self._answer, framework, places)

    def _answer(self, framework: str, places: dict[str, Resources]) -> None:
        """Fill the offers one by one; the rest of each is declined."""
        allocator, waiting = self.allocator, self._waiting[framework]
        for agent, rest in places.items():
            while waiting and rest.contains(TASK):
                waiting -= 1
                rest = rest - TASK
                allocator.transition_offered_to_allocated(agent, "role", TASK)
                self._ends_at(self.now_us + self._durations.pop()).append((framework, agent))
            if rest:
                self.did["declined"] += 1
                allocator.recover_resources(framework, agent, "role", rest, REFUSE_US)
        self.did["launched"] += self._waiting[framework] - waiting
        self._waiting[framework] = waiting
        if not waiting:
            allocator.suppress_offers(framework)


def closed_loop(agents: int, frameworks: int, tasks: int) -> dict[str, Any]:
    """Return what was measured over 600 simulated seconds."""
    loop = ClosedLoop(agents, frameworks, tasks)
    gc.collect()
    gc.freeze()
    gc.disable()
    start = time.process_time()
    loop.run()
    spent = time.process_time() - start
    gc.enable()
    return {
        "cpu_s": spent, "tasks": tasks, "runs": loop.allocator.rounds.count,
        **{name: loop.did[name] for name in ("offers", "launched", "declined")}, "finished": loop.finished,
        "us_per_task": 1_000_000 * spent / max(1, loop.did["launched"]),
    }  # fmt: skip


def measure(agents: int, frameworks: int, repeats: int, tasks: int | None) -> dict[str, Any]:
    """Return every figure; the closed loop's if `tasks` says how many."""
    unit = cpu_ms(yardstick, 5)
    found: dict[str, Any] = {
        "agents": agents, "frameworks": frameworks, "python": platform.python_version(), "yardstick_ms": unit,
    }  # fmt: skip
    if tasks is not None:
        found |= closed_loop(agents, frameworks, tasks)
        found["yardsticks"] = 1000 * found["cpu_s"] / unit
    else:
        for shape, role_each in (("one role", False), ("a role each", True)):
            runs = [cycle(agents, frameworks, role_each=role_each) for _ in range(repeats)]
            spent, offers = median(ms for ms, _ in runs), runs[0][1]
            found[shape] = {
                "cpu_ms": spent, "offers": offers, "us_per_offer": 1000 * spent / max(1, offers),
                "yardsticks": spent / unit,
            }  # fmt: skip
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.allocator", description=__doc__)
    parser.add_argument("--agents", type=int, help="10,000, or 50,000 in the closed loop")
    parser.add_argument("--frameworks", type=int, default=200)
    parser.add_argument("--complete", action="store_true", help="the closed loop")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="of the closed loop")
    parser.add_argument("--repeats", type=int, default=5, help="of the full cycle")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    agents = args.agents or (50_000 if args.complete else 10_000)
    found = measure(agents, args.frameworks, args.repeats, args.tasks if args.complete else None)
    for name, value in found.items():
        print(f"{name:14} {value}")
    if args.json is not None:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
