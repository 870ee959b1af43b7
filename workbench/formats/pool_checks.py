"""What must hold of a pool of machines whose size follows what waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.errors import Problem
from workbench.formats.places import said
from workbench.formats.scenario_parts import Parts, Place, Placed


def check_pools(
    parts: Parts, _companions: Sequence[Placed], *, companions_read: bool, place: Place
) -> Iterator[Problem]:
    """Yield bounds that leave no size, and more machines at the start than there may be; whatever other files hold."""
    del companions_read
    for path, _, pool in parts.pools:
        if pool is None or pool.autoscale is None:
            continue
        most = pool.autoscale.most
        bounded = ((("autoscale", "least"), pool.autoscale.least), (("count",), pool.count))
        for keys, value in bounded:
            if value > most:
                args = {"value": said(value), "low": 0, "high": most, "unit": ""}
                yield Problem("out-of-range", place((*path, *keys)), args)
