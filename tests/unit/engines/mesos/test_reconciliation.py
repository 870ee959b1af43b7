"""What a framework hears when it asks how a task stands."""

from __future__ import annotations

import pytest

from workbench.engines.mesos.operations import StatusUpdate, TaskState
from workbench.engines.mesos.reconciliation import standing

RUNNING, FINISHED = StatusUpdate(7, TaskState.RUNNING), StatusUpdate(7, TaskState.FINISHED)


@pytest.mark.parametrize(
    ("latest", "unheard", "unreachable", "aware", "state"),
    [
        pytest.param(RUNNING, None, False, True, TaskState.RUNNING, id="known: the latest state"),
        pytest.param(None, FINISHED, False, True, TaskState.FINISHED, id="ended, and not heard: its end"),
        pytest.param(None, None, False, True, TaskState.GONE, id="unknown on a registered agent: gone"),
        pytest.param(None, None, True, True, TaskState.UNREACHABLE, id="its agent is unreachable"),
        pytest.param(None, None, False, False, TaskState.LOST, id="unknown, to one that is not partition-aware: lost"),
        pytest.param(None, None, True, False, TaskState.LOST, id="unreachable, to the same: lost"),
    ],
)
def test_the_answer(latest, unheard, unreachable, aware, state):
    assert standing(7, latest, unheard, "launch-lost", unreachable=unreachable, partition_aware=aware).state is state
