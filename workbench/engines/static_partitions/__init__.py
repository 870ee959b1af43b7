"""Static partitions: every team has machines of its own. The oldest way to share a cluster, and a measure for others.

| A reader asks | and opens |
|---|---|
| How are the machines divided? | `division.py` |
| How does one partition place its tasks? | `partition.py` |
| How does Spark use the machines of its team? | `spark.py` |
| When is a lost machine noticed, and what happens then? | `control_plane.py` |
"""

from __future__ import annotations

from typing import Any

from workbench.engines.static_partitions.control_plane import PartitionParameters, StaticPartitions
from workbench.model.parameters import HONOURED, Treatments, approximated, ignored

PARAMETERS: tuple[type[Any], ...] = (PartitionParameters,)
"""The classes that declare the adjustable numbers of this control plane."""

TREATMENTS: Treatments = {
    "batch app: framework.batch": HONOURED,
    "batch app: framework.spark": approximated("a standalone cluster of Spark on the machines of its team"),
    "batch app: framework.hadoop": approximated(
        "a process for each task, in as many slots as its machine has room for, maps and reduces in one queue"
    ),
    "batch app: framework.mpi": approximated("processes on the machines of the team, placed one by one"),
    "batch app: framework.chronos": approximated("cron and the queue of the team; retried without a limit"),
    "batch app: input": approximated(
        "tasks of Spark and Hadoop go near it if their team has the machine; others read from where it lies"
    ),
    "batch app: after": ignored("an app waits for no other: it starts at the time that is written down"),
    "batch app: schedule": HONOURED,
}
"""No document speaks of partitions: every app is run from its neutral form."""

__all__ = ["PARAMETERS", "TREATMENTS", "PartitionParameters", "StaticPartitions"]
