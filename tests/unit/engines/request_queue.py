"""A queue of single requests on SimPy, against which fluid traffic is held; and the closed form for the queue itself.

Poisson arrivals at a rate that may change, exponential service, `servers` of one speed, first come first served, at
most `room` requests at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import factorial
from random import Random

import simpy


def erlang_c(servers: int, busy: float) -> float:
    """Return the probability that a request has to wait in M/M/c; `busy` is the utilisation, < 1."""
    offered = servers * busy
    waiting = offered**servers / factorial(servers) / (1 - busy)
    return waiting / (sum(offered**number / factorial(number) for number in range(servers)) + waiting)


def mean_held(servers: int, busy: float) -> float:
    """Return the mean number of requests in M/M/c."""
    return servers * busy + erlang_c(servers, busy) * busy / (1 - busy)


@dataclass
class RequestQueue:
    """What happened to the requests of one simulation; times in seconds."""

    rates: list[tuple[float, float]]
    service_rate: float
    servers: int = 1
    room: float = float("inf")
    late_s: float = 1.0
    seed: int = 1
    offered: int = 0
    refused: int = 0
    answered: int = 0
    late: int = 0
    held: int = 0
    area: float = 0.0
    counted_from: float = 0.0
    snapshots: list[tuple[float, int]] = field(default_factory=list)

    def run(self, until: float, warm_up: float = 0.0, look_every: float = 0.0) -> RequestQueue:
        self._random, self._waiting, self._busy = Random(self.seed), deque(), 0
        self._env, self._last, self.counted_from = simpy.Environment(), 0.0, warm_up
        self._env.process(self._arrivals())
        if look_every:
            self._env.process(self._look(look_every))
        self._env.run(until)
        self._count()
        return self

    def mean_held(self) -> float:
        return self.area / (self._env.now - self.counted_from)

    def _rate(self) -> float:
        return [rate for start, rate in self.rates if start <= self._env.now][-1]

    def _arrivals(self):
        highest = max(rate for _, rate in self.rates)
        while True:  # thinning: arrivals at the highest rate, of which the present rate's share is kept
            yield self._env.timeout(self._random.expovariate(highest))
            if len(self.rates) == 1 or self._random.random() * highest < self._rate():
                self._arrive()

    def _look(self, every):
        while True:
            self.snapshots.append((self._env.now, self.held))
            yield self._env.timeout(every)

    def _count(self):
        start = max(self._last, self.counted_from)
        self.area += self.held * max(0.0, self._env.now - start)
        self._last = self._env.now

    def _arrive(self):
        self._count()
        self.offered += 1
        if self.held >= self.room:
            self.refused += 1
            return
        self.held += 1
        self._waiting.append(self._env.now)
        self._serve()

    def _serve(self):
        if self._busy < self.servers and self._waiting:
            self._busy += 1
            came = self._waiting.popleft()
            done = self._env.timeout(self._random.expovariate(self.service_rate))
            done.callbacks.append(lambda _: self._answer(came))

    def _answer(self, came):
        self._count()
        self._busy -= 1
        self.held -= 1
        if self._env.now >= self.counted_from:
            self.answered += 1
            self.late += self._env.now - came > self.late_s
        self._serve()
