"""Delay scheduling: the tasks of one stage that wait, and how far from its data each may be launched by now.

Levels are, from near to far: in a process that has read the block (PROCESS_LOCAL), on a machine with a copy
(NODE_LOCAL), anywhere (ANY). A level counts if an executor is known where some task of the stage would have it. When no
task was launched for `wait`, the next level is allowed too; every launch begins the wait anew, at the level of the task
that was launched. Whether the tasks that still wait have such an executor is not asked: that is why Spark can wait in
vain.

Source: spark core/src/main/scala/org/apache/spark/scheduler/TaskSetManager.scala (2.4: getAllowedLocalityLevel,
dequeueTask, computeValidLocalityLevels); M. Zaharia et al., Delay scheduling, EuroSys 2010.
Left out: racks, speculation, blacklists; the rule of 3.1, where a wait begins anew only if no resource was refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

PROCESS, NODE, ANY = range(3)
NAMES = ("process", "node", "any")


@dataclass(slots=True)
class Place:
    """An executor, or a machine that is offered: whose free cores tasks may take.

    Parameters
    ----------
    number : int
        Of the executor.
    node : int
        Its machine.
    cores : int
        Free ones.
    kept : set
        The blocks its process has read and kept.
    """

    number: int
    node: int
    cores: int
    kept: AbstractSet[int] = field(default_factory=frozenset)


class TaskSet:
    """The waiting tasks of a stage.

    Parameters
    ----------
    tasks : mapping
        Task -> (its block, the machines with a copy of it), in the order in which they are launched.
    now_us : int
        When the stage begins.
    wait_us : int
        How long each level is waited for.
    """

    def __init__(self, tasks: Mapping[int, tuple[int, AbstractSet[int]]], now_us: int, wait_us: int) -> None:
        self._wait_us = wait_us
        self._since_us = now_us
        self._level = PROCESS
        self._levels = [ANY]
        self._tasks: dict[int, tuple[int, AbstractSet[int]]] = {}
        self._by_block: dict[int, dict[int, None]] = {}
        self._by_node: dict[int, dict[int, None]] = {}
        self._kept: set[int] = set()
        self._with_homes = 0
        for task, (block, homes) in tasks.items():
            self.add(task, block, homes)

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def first(self) -> int:
        """The task that has waited longest."""
        return next(iter(self._tasks))

    def add(self, task: int, block: int, homes: AbstractSet[int]) -> None:
        """Let one more task wait."""
        self._tasks[task] = (block, homes)
        self._with_homes += bool(homes)
        self._by_block.setdefault(block, {})[task] = None
        for node in homes:
            self._by_node.setdefault(node, {})[task] = None

    def nodes(self) -> set[int]:
        """Return the machines that hold a copy of what some waiting task reads."""
        return {node for node, tasks in self._by_node.items() if tasks}

    def known(self, places: Iterable[Place]) -> None:
        """Take note of the executors there are: which levels are worth a wait."""
        found = list(places)
        self._kept = {block for place in found for block in place.kept}
        self._levels = [
            *([PROCESS] if self._kept & self._by_block.keys() else []),
            *([NODE] if any(place.node in self._by_node for place in found) else []),
            ANY,
        ]

    def _more(self, level: int) -> bool:
        """Say whether a task waits that could be nearer than the next level; where it could be may not be free."""
        if level == PROCESS:
            return any(self._by_block.get(block) for block in self._kept)
        return self._with_homes > 0

    def allowed(self, now_us: int) -> int:
        """Return the farthest level that is allowed now."""
        index = next(number for number, level in enumerate(self._levels) if level >= self._level)
        while self._levels[index] != ANY:
            if not self._more(self._levels[index]):
                self._since_us = now_us
            elif now_us - self._since_us >= self._wait_us:
                self._since_us += self._wait_us
            else:
                break
            index += 1
        self._level = self._levels[index]
        return self._level

    def next_us(self, now_us: int) -> int | None:
        """Return when a farther level will be allowed; None if all are."""
        return None if self.allowed(now_us) == ANY else self._since_us + self._wait_us

    def take(self, place: Place, farthest: int, now_us: int) -> tuple[int, int] | None:
        """Return (task, its level) for a free core of a place, none farther than `farthest` or than is allowed."""
        farthest = min(farthest, self.allowed(now_us))
        task = next((one for block in place.kept for one in self._by_block.get(block, ())), None)
        level = PROCESS
        if task is None and farthest >= NODE:
            task, level = next(iter(self._by_node.get(place.node, ())), None), NODE
        if task is None and farthest >= ANY:
            task, level = next(iter(self._tasks), None), ANY
        if task is None:
            return None
        self._remove(task)
        self._level, self._since_us = level, now_us
        return task, level

    def _remove(self, task: int) -> None:
        block, homes = self._tasks.pop(task)
        self._with_homes -= bool(homes)
        del self._by_block[block][task]
        for node in homes:
            del self._by_node[node][task]
