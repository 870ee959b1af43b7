"""Random draws: one stream per named quantity and seed, the same for every control plane.

One more draw in one engine never shifts a draw in another: whoever needs chance asks for a stream by name. A draw
that belongs to a task is keyed by the task's app, slot and incarnation, never by the order in which a control plane
comes to it.
"""

from __future__ import annotations

import hashlib
from random import Random


class Streams:
    """The random streams of one run.

    Parameters
    ----------
    seed : int
        The run's seed.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def stream(self, name: str) -> Random:
        """Return a generator that depends on the seed and `name` only (SHA-256 of ``seed/name``)."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return Random(int.from_bytes(digest, "big"))
