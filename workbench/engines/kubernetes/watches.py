"""Who is told of which changes: watches, each with what its watcher could do something with.

A watcher that has nothing to do in most runs sleeps until there is something; one that cares for the end of objects, or
for the pods of one kind of owner, is told of nothing else. So whatever a scenario does not use costs it nothing.

Source: kubernetes, client-go/tools/cache, FilteringResourceEventHandler (version 1.34).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Literal

Handler = Callable[[Any, Any], None]
"""Told (old, new): old is None when an object is new to the watcher, new when it is gone."""

Change = Literal["new", "changed", "gone"]
"""What became of an object."""

EVERY: tuple[Change, ...] = ("new", "changed", "gone")
GONE: tuple[Change, ...] = ("gone",)


class Watch:
    """One watcher's wish to be told.

    Parameters
    ----------
    changes : collection of Change
        Of which changes it wants to hear.
    owner : str
        Pods: the kind of owner whose pods matter; empty for all pods.
    changed : callable
        Called when it wakes.
    """

    def __init__(self, handler: Handler, changes: Collection[Change], owner: str, changed: Callable[[], None]) -> None:
        self.handler = handler
        self._changes = changes
        self._owner = owner
        self._changed = changed
        self.awake = True

    def concerns(self, change: Change, owner: str) -> bool:
        """Say whether the watcher wants to hear of such a change."""
        return self.awake and change in self._changes and self._owner in ("", owner)

    def sleep(self) -> Watch:
        """Tell the watcher of nothing until it is woken: it would have nothing to do."""
        self.awake = False
        self._changed()
        return self

    def wake(self) -> None:
        """Tell the watcher from now on."""
        if not self.awake:
            self.awake = True
            self._changed()


class Watches:
    """All watches of a run."""

    def __init__(self) -> None:
        self._watches: dict[str, list[Watch]] = {}
        self._told: dict[tuple[str, Change, str], tuple[Handler, ...]] = {}

    def add(self, kind: str, handler: Handler, changes: Collection[Change], owner: str) -> Watch:
        """Tell `handler` of changes of objects of a kind, after those who watch it already."""
        watch = Watch(handler, changes, owner, self._told.clear)
        self._watches.setdefault(kind, []).append(watch)
        self._told.clear()
        return watch

    def deliver(self, kind: str, old: Any, new: Any) -> None:
        """Tell everybody whom a change concerns."""
        change: Change = "new" if old is None else "gone" if new is None else "changed"
        owner = (new or old).owner.partition("/")[0] if kind == "Pod" else ""
        key = (kind, change, owner)
        told = self._told.get(key)
        if told is None:
            watches = self._watches.get(kind, ())
            told = self._told[key] = tuple(one.handler for one in watches if one.concerns(change, owner))
        for handler in told:
            handler(old, new)
