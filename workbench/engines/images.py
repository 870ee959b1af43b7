"""Container images: which machine has which, and how long it takes to fetch one.

A machine fetches at a given rate, unpacking included. Several fetches at once share that rate evenly; a control plane
whose agent fetches one image after another says so. Two tasks that need the same image on one machine wait for the
same fetch. Left out: layers shared between images, the registry's own limits, clean-up of old images.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbench.engines.agenda import Agenda, Order
from workbench.model.clock import SECOND_US
from workbench.model.parameters import param, parameters

MIB = 1024 * 1024


@parameters("world.images")
@dataclass(frozen=True)
class ImageParameters:
    """What is true of images for every control plane."""

    rate_mib_s: int = param(
        64, unit="MiB/s", low=1, high=10_000, help="how fast one machine fetches and unpacks images",
        source="assumption: about half of a 1 Gbit/s link, unpacking included", shown_in="first-look",
    )  # fmt: skip
    default_size_mib: int = param(
        256, unit="MiB", low=0, high=100_000, help="size of an image that the scenario does not list",
        source="assumption: a typical compressed application image", shown_in="shop-opens",
    )  # fmt: skip


@dataclass(slots=True)
class _Fetch:
    image: str
    left: int  # bytes x shares: see _Store.advance
    waiting: list[Callable[[], None]]


@dataclass(slots=True)
class _Store:
    """The images of one machine."""

    present: set[str] = field(default_factory=set)
    active: list[_Fetch] = field(default_factory=list)
    queued: deque[_Fetch] = field(default_factory=deque)
    touched_us: int = 0
    version: int = 0


class Images:
    """The images on all machines.

    Parameters
    ----------
    sizes : mapping
        Image -> bytes.
    """

    def __init__(self, agenda: Agenda, sizes: Mapping[str, int], params: ImageParameters, machines: int) -> None:
        self._agenda = agenda
        self._sizes = sizes
        self._rate = params.rate_mib_s * MIB
        self._default = params.default_size_mib * MIB
        self._stores = [_Store() for _ in range(machines)]

    def machine_added(self) -> None:
        """Take in one more machine, without any image."""
        self._stores.append(_Store())

    def size(self, image: str) -> int:
        """Return the size of `image` in bytes; a task without an image has nothing to fetch."""
        return self._sizes.get(image, self._default) if image else 0

    def present(self, node: int, image: str) -> bool:
        """Say whether a machine has an image."""
        return self.size(image) == 0 or image in self._stores[node].present

    def fetch(self, node: int, image: str, then: Callable[[], None], *, serial: bool) -> None:
        """Call `then` once `image` is on the machine: now, or when the fetch is over.

        `serial` puts the fetch behind those already queued on that machine instead of beside them.
        """
        store = self._stores[node]
        if self.present(node, image):
            then()
            return
        for going in (*store.active, *store.queued):
            if going.image == image:
                going.waiting.append(then)
                return
        fetch = _Fetch(image, self.size(image) * SECOND_US, [then])
        if serial and store.active:
            store.queued.append(fetch)
            return
        self._advance(store)
        store.active.append(fetch)
        self._plan(node)

    def lose(self, node: int) -> None:
        """Forget the fetches under way on a machine that stopped; images already there stay on its disk."""
        store = self._stores[node]
        store.active.clear()
        store.queued.clear()
        store.version += 1

    def _advance(self, store: _Store) -> None:
        """Bring what is left of each fetch up to date. `left` counts bytes x 1,000,000, so the sums stay whole."""
        now = self._agenda.now_us
        if store.active:
            done = (now - store.touched_us) * self._rate // len(store.active)
            for fetch in store.active:
                fetch.left -= done
        store.touched_us = now

    def _plan(self, node: int) -> None:
        store = self._stores[node]
        store.version += 1
        if store.active:
            least = min(fetch.left for fetch in store.active)
            delay = -(-max(least, 0) * len(store.active) // self._rate)
            self._agenda.after(delay, Order.PHYSICS, self._finish, node, store.version)

    def _finish(self, node: int, version: int) -> None:
        store = self._stores[node]
        if version != store.version:
            return
        self._advance(store)
        over = [fetch for fetch in store.active if fetch.left <= 0]
        store.active = [fetch for fetch in store.active if fetch.left > 0]
        if not store.active and store.queued:
            store.active.append(store.queued.popleft())
        self._plan(node)
        for fetch in over:
            store.present.add(fetch.image)
            for then in fetch.waiting:
                then()
