"""Who stands in for whom: the places of an app, and since when each has been vacant.

A place (*slot*) of an app is filled by one task after another; each task's *incarnation* counts them. A task that was
lost or failed leaves a vacancy; the next task of the app takes it over, and with it the time since when somebody has
been waited for. No control plane has to say whom a new task replaces.

A place may have two holders: a task on a machine that was cut off runs on after it was given up, beside the one that
took its place. It left its vacancy when it was given up; its own end leaves no second one.

Where tasks come back with their machine, one that went down with it keeps its place for itself until somebody sees to
it that another is made: whoever is made before that, for whatever reason, does not stand in for it.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from workbench.model.clock import NEVER


class Place(NamedTuple):
    """A slot as a new task takes it. `since_us` is the loss it stands in for, `NEVER` if none."""

    slot: int
    since_us: int
    incarnation: int


class Slots:
    """The slots of all apps of a run."""

    def __init__(self) -> None:
        self._vacant: dict[str, deque[Place]] = {}
        self._next: dict[str, int] = {}
        self._incarnations: dict[tuple[str, int], int] = {}
        self.kept: dict[int, tuple[str, Place]] = {}
        """Task that may come back by itself -> its app, and the place that it has left."""

    def take(self, app: str, slot: int | None) -> Place:
        """Give out a slot: the one named, else the longest vacant one, else a new one."""
        if slot is not None:
            for task in [one for one, (name, place) in self.kept.items() if (name, place.slot) == (app, slot)]:
                self.settle(task)
        vacant = self._vacant.get(app, deque())
        if slot is None:
            if vacant:
                return vacant.popleft()
            slot = self._next.get(app, 0)
        for place in vacant:
            if place.slot == slot:
                vacant.remove(place)
                return place
        self._next[app] = max(slot + 1, self._next.get(app, 0))
        return Place(slot, NEVER, self._count(app, slot))

    def vacate(self, app: str, slot: int, since_us: int, kept_for: int | None = None) -> None:
        """Note that the task in a slot was lost or failed, and since when somebody is waited for there.

        With `kept_for`, that task, nobody takes the place before it is settled that the task does not come back.
        """
        place = Place(slot, since_us, self._count(app, slot))
        if kept_for is None:
            self._vacant.setdefault(app, deque()).append(place)
        else:
            self.kept[kept_for] = app, place

    def settle(self, task: int, *, awaited: bool = True) -> None:
        """Note that a task does not come back: the place that was kept for it may be taken, if anybody is awaited."""
        app, place = self.kept.pop(task)
        if awaited:
            vacant = self._vacant.setdefault(app, deque())
            vacant.insert(sum(one.since_us <= place.since_us for one in vacant), place)

    def resize(self, app: str, wanted: int, there: int) -> None:
        """Note that so many instances are wanted from now on, and so many are there or about to be.

        Vacancies that nobody will fill any more are forgotten, the latest first.
        """
        vacant = self._vacant.get(app, deque())
        kept = [task for task, (name, _) in self.kept.items() if name == app]
        while vacant and len(vacant) + len(kept) > max(0, wanted - there):
            vacant.pop()
        for task in kept[max(0, wanted - there) :]:
            del self.kept[task]

    def back(self, app: str, slot: int, task: int) -> None:
        """Note that the task of a slot runs again by itself: nobody needs to stand in for it."""
        if self.kept.pop(task, None) is not None:
            return
        vacant = self._vacant.get(app, deque())
        for place in vacant:
            if place.slot == slot:
                vacant.remove(place)
                return

    def _count(self, app: str, slot: int) -> int:
        incarnation = self._incarnations.get((app, slot), -1) + 1
        self._incarnations[app, slot] = incarnation
        return incarnation
