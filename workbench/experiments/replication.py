"""Where the copies of an app's data were, and when writes could be acknowledged, over time."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from workbench.experiments.serving import Interval
from workbench.model.trace import Trace


class Stay(NamedTuple):
    """A time in which the copy of one member was in one state, in microseconds; `end` not included."""

    start: int
    end: int
    state: str
    node: str


def copies(trace: Trace, app: str) -> dict[int, list[Stay]]:
    """Return what happened to the copy of each member of `app`: member -> stays in the order of time."""
    table = trace["data_copies"]
    rows = zip(table["at_us"], table["app"], table["member"], table["node"], table["state"], strict=True)
    found: dict[int, list[Stay]] = {}
    for at_us, name, member, node, state in rows:
        if name != app:
            continue
        stays = found.setdefault(member, [])
        if stays:
            stays[-1] = stays[-1]._replace(end=at_us)
        stays.append(Stay(at_us, trace.horizon_us, state, node))
    return {member: [stay for stay in stays if stay.end > stay.start] for member, stays in sorted(found.items())}


def writable(trace: Trace, app: str) -> list[Interval]:
    """Return when every part of the data of `app` took writes."""
    spans: list[Interval] = []
    since: int | None = None
    for at_us, detail in _told(trace, app, "writable"):
        able, _, parts = detail.partition("/")
        if able == parts and since is None:
            since = at_us
        elif able != parts and since is not None:
            spans.append((since, at_us))
            since = None
    if since is not None:
        spans.append((since, trace.horizon_us))
    return spans


def refused(trace: Trace, app: str) -> list[Interval]:
    """Return when a part of the data of `app` took no writes, from the first time on that all did."""
    able = writable(trace, app)
    gaps = [(end, start) for (_, end), (start, _) in pairwise(able)]
    if able and able[-1][1] < trace.horizon_us:
        gaps.append((able[-1][1], trace.horizon_us))
    return gaps


def lost_bytes(trace: Trace, app: str) -> int:
    """Return how many acknowledged bytes no copy was left of when a leader had to be chosen."""
    return sum(int(detail) for _, detail in _told(trace, app, "data-lost"))


def _told(trace: Trace, app: str, kind: str) -> list[tuple[int, str]]:
    events = trace["events"]
    rows = zip(events["at_us"], events["kind"], events["subject"], events["detail"], strict=True)
    return [(at_us, detail) for at_us, what, subject, detail in rows if what == kind and subject == app]
