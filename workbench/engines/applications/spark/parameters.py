"""What can be set about Spark, on whatever it runs. Names are those of Spark's own settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App

MIB = 1024**2

NO_LIMIT = 10_000
"""Cores that stand for as many as there are."""

OVERHEAD_LEAST = 384 * MIB
OVERHEAD_PART = 0.10
"""What an executor needs beside its heap: a tenth of it, 384 MiB at least (spark docs/configuration.md)."""


@parameters("spark")
@dataclass(frozen=True)
class SparkParameters:
    """How Spark applications behave. Defaults are those of Spark 2.4."""

    locality_wait_s: float = param(
        3.0, unit="s", low=0, high=60,
        help="how long Spark waits for a place nearer to a task's data before it takes one farther away",
        source="spark docs/configuration.md, spark.locality.wait", shown_in="spark-waits",
    )  # fmt: skip
    cores_max: int = param(
        NO_LIMIT, unit="cores", low=1, high=NO_LIMIT,
        help="cores that one application holds at most; the default stands for as many as it gets",
        source="spark docs/running-on-mesos.md, spark.cores.max: none by default", shown_in="spark-waits",
    )  # fmt: skip
    executor_cores: int = param(
        0, unit="cores", low=0, high=128,
        help="cores of one executor; 0: all of an offer on Mesos, one on Kubernetes",
        source="spark docs/configuration.md, spark.executor.cores: 1 on Kubernetes, all on Mesos in coarse mode",
        shown_in="spark-waits",
    )  # fmt: skip
    dynamic_allocation: bool = param(
        False, help="whether the number of executors follows the tasks that wait; needs coarse mode on Mesos",
        source="spark docs/configuration.md, spark.dynamicAllocation.enabled", shown_in="spark-waits",
    )  # fmt: skip
    executor_idle_timeout_s: float = param(
        60.0, unit="s", low=1, high=3600, help="how long an executor may be idle under dynamic allocation",
        source="spark docs/configuration.md, spark.dynamicAllocation.executorIdleTimeout", shown_in="spark-waits",
    )  # fmt: skip
    backlog_timeout_s: float = param(
        1.0, unit="s", low=0.1, high=600,
        help="how long tasks may wait before more executors are asked for; each time after as long, twice as many",
        source="spark docs/configuration.md, spark.dynamicAllocation.schedulerBacklogTimeout", shown_in="spark-waits",
    )  # fmt: skip


def executor_memory(app: App) -> int:
    """Return what an executor takes, in bytes: the heap that the app asks for, and the overhead."""
    heap = app.request.get(MEMORY, 0)
    return heap + max(OVERHEAD_LEAST, round(OVERHEAD_PART * heap))


def task_cores(app: App) -> int:
    """Return the cores of one task (spark.task.cpus), at least one."""
    return max(1, -(-app.request.get(CPU, 0) // 1000))


def executor_app(app: App, cores: int) -> App:
    """Return an executor of so many cores as an app of its own: a process without an end of its own."""
    request = {CPU: cores * 1000, MEMORY: executor_memory(app)}
    return replace(app, name=f"{app.name}-exec", replicas=0, request=request, duration=None, input=None, framework="")


def task_app(app: App, *, starts: bool = False) -> App:
    """Return a task in an executor: it takes nothing of its own, and starts at once unless its executor does first."""
    return replace(app, request={}, image="", start_us=app.start_us if starts else 0)
