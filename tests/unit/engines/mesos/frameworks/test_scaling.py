"""Frameworks with data of their own, scaled while the change before is under way: what was asked for last counts."""

from __future__ import annotations

import pytest

from tests.make import seconds
from tests.unit.engines.mesos.frameworks.clusters import KAFKA, SERVICE, change, cluster, running
from tests.unit.engines.mesos.runs import column, rows


@pytest.mark.parametrize(
    ("under", "shape"), [pytest.param(SERVICE, "ring", id="dcos-commons"), pytest.param(KAFKA, "log", id="kafka")]
)
@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        pytest.param((2, 3), 3, id="up again while the last one is stopping"),
        pytest.param((1, 2), 2, id="partly up again"),
        pytest.param((2, 1), 1, id="down twice"),
        pytest.param((1, 4), 4, id="down, and up to more than before"),
    ],
)
def test_it_ends_with_what_was_asked_for_last(under, shape, sizes, left):
    changes = [change(300 + number, "scale", replicas=size) for number, size in enumerate(sizes)]
    trace = running(under, cluster(shape, stop_us=seconds(20)), changes=changes, horizon=900)
    assert sorted(row["task"].split(".")[0] for row in rows(trace, "tasks", outcome="running")) == [
        f"db-{number}" for number in range(left)
    ]
    assert "waiting" not in column(trace, "tasks", "outcome")
