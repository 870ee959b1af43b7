"""How long a pod stays: upstream's taint eviction rows."""

from __future__ import annotations

import pytest

from tests.unit.engines.kubernetes.builders import taint, tolerates
from workbench.engines.kubernetes.controllers.taint_eviction import FOREVER, no_execute, toleration_seconds

ONE = taint("testTaint1", "NoExecute", "test1")
TWO = taint("testTaint2", "NoExecute", "test2")


def bears(seconds=None, key="testTaint1", value="test1"):
    return tolerates(key, "NoExecute", value, seconds=seconds)


@pytest.mark.parametrize(
    ("taints", "tolerations", "expected"),
    [
        pytest.param([], [], FOREVER, id="untainted node"),
        pytest.param([ONE], [], 0, id="tainted, not tolerated"),
        pytest.param([ONE], [bears(100)], 100, id="finite toleration"),
        pytest.param([ONE], [bears()], FOREVER, id="infinite toleration"),
        pytest.param([ONE, TWO], [bears(100)], 0, id="only one of two taints tolerated: evict now"),
        pytest.param([ONE], [bears(100), bears(1)], 1, id="the shortest of several counts"),
        pytest.param([ONE], [bears(), bears(1)], 1, id="a bounded one beside an unbounded one"),
        pytest.param([ONE], [bears(-5)], 0, id="below zero is zero"),
        pytest.param([ONE], [tolerates("testTaint1", "NoSchedule", "test1")], 0, id="toleration of another effect"),
    ],
)
def test_how_long_a_pod_stays(taints, tolerations, expected):
    assert toleration_seconds(taints, tolerations) == expected


def test_only_no_execute_evicts():
    assert no_execute([taint("a"), ONE, taint("b", "PreferNoSchedule")]) == (ONE,)
