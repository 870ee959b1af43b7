"""Numbers that change in steps: made from intervals, added up, cut to a window, thinned until they fit a picture.

Steps are pairs ``(time in microseconds, value from then on)`` in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Step = tuple[int, float]
Steps = list[Step]

MOST_POINTS = 2000
"""Points of one line: beyond, several would share a pixel."""
MOST_COLUMNS = 400
"""Columns of a stack of areas: about one a pixel of a panel."""


def counted(changes: Iterable[tuple[int, float]]) -> Steps:
    """Return the running sum of changes ``(time, by how much)``, one step per time."""
    at: dict[int, float] = {}
    for time, change in changes:
        at[time] = at.get(time, 0) + change
    steps, total = [], 0.0
    for time in sorted(at):
        total += at[time]
        steps.append((time, total))
    return steps


def amounts(intervals: Iterable[tuple[int, int, float]]) -> Steps:
    """Return the sum over intervals ``(from, to, amount)`` that have begun and not ended, from time zero."""
    changes = [change for start, end, size in intervals if end > start for change in ((start, size), (end, -size))]
    return counted([(0, 0.0), *changes])


def level(steps: Sequence[Step], at_us: int) -> float:
    """Return the value at a time; 0 before the first step."""
    value = 0.0
    for time, number in steps:
        if time > at_us:
            break
        value = number
    return value


def window(steps: Sequence[Step], low_us: int, high_us: int) -> Steps:
    """Return the steps between two times, both ends filled in, so that a line spans the whole picture.

    What happens at the very end of the window is no longer in it.
    """
    inside = [(time, value) for time, value in steps if low_us < time < high_us]
    return [(low_us, level(steps, low_us)), *inside, (high_us, level(steps, high_us - 1))]


def thinned(steps: Steps, most: int = MOST_POINTS) -> Steps:
    """Return at most about `most` steps that look the same.

    Of each narrow column of time the first, the lowest, the highest and the last value stay: what a line paints there.
    """
    if len(steps) <= most:
        return steps
    low, high = steps[0][0], steps[-1][0]
    columns = most // 4
    kept: list[Step] = []
    column: list[Step] = []
    number = 0
    for step in steps:
        mine = min(columns - 1, (step[0] - low) * columns // max(1, high - low))
        if mine != number and column:
            kept.extend(_outline(column))
            column = []
        number = mine
        column.append(step)
    return [*kept, *_outline(column)]


def _outline(column: list[Step]) -> Steps:
    indices = range(len(column))
    by_value = [column[index][1] for index in indices]
    chosen = {0, by_value.index(min(by_value)), by_value.index(max(by_value)), len(column) - 1}
    return [column[index] for index in sorted(chosen)]


def mean(steps: Sequence[Step], low_us: int, high_us: int) -> float:
    """Return the mean over time between two times."""
    if high_us <= low_us:
        return level(steps, low_us)
    total = sum(value * (end - start) for (start, value), (end, _) in pairwise(window(steps, low_us, high_us)))
    return total / (high_us - low_us)


def common_times(layers: Iterable[Sequence[Step]], low_us: int, high_us: int) -> list[int]:
    """Return the times at which any layer changes, both ends of the window included, in order."""
    times = {time for steps in layers for time, _ in steps if low_us < time < high_us}
    return [low_us, *sorted(times), high_us]


def stacked(layers: Sequence[Sequence[Step]], low_us: int, high_us: int) -> tuple[list[int], list[list[float]]]:
    """Return common times and, for each layer, its value from each of them on.

    More than `MOST_COLUMNS` changes are drawn as the mean of each column of time: sums over layers stay exact.
    """
    times = common_times(layers, low_us, high_us)
    if len(times) <= MOST_COLUMNS:
        return times, [sampled(steps, times) for steps in layers]
    edges = [low_us + (high_us - low_us) * column // MOST_COLUMNS for column in range(MOST_COLUMNS + 1)]
    means = [_means(steps, edges) for steps in layers]
    return edges, [[*values, values[-1]] for values in means]


def sampled(steps: Sequence[Step], times: Sequence[int]) -> list[float]:
    """Return the value at each of some times, which have to be in order; 0 before the first step."""
    values, index, value = [], 0, 0.0
    for time in times:
        while index < len(steps) and steps[index][0] <= time:
            value = steps[index][1]
            index += 1
        values.append(value)
    return values


def _means(steps: Sequence[Step], edges: Sequence[int]) -> list[float]:
    """Return the mean over time in each column between neighbouring edges."""
    times = sorted({*edges, *(time for time, _ in steps if edges[0] < time < edges[-1])})
    values = sampled(steps, times)
    means, total, column = [], 0.0, 0
    for (start, end), value in zip(pairwise(times), values, strict=False):
        total += value * (end - start)
        if end == edges[column + 1]:
            means.append(total / (end - edges[column]))
            total, column = 0.0, column + 1
    return means
