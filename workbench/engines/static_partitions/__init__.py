"""Static partitions: every team has machines of its own. The oldest way to share a cluster, and a measure for others.

| A reader asks | and opens |
|---|---|
| How are the machines divided? | `division.py` |
| How does one partition place its tasks? | `partition.py` |
| When is a lost machine noticed, and what happens then? | `control_plane.py` |
"""

from __future__ import annotations

from typing import Any

from workbench.engines.static_partitions.control_plane import PartitionParameters, StaticPartitions
from workbench.model.parameters import HONOURED, Treatments, approximated, ignored

PARAMETERS: tuple[type[Any], ...] = (PartitionParameters,)
"""The classes that declare the adjustable numbers of this control plane."""

TREATMENTS: Treatments = {
    "batch app: framework": ignored("every task is a process of its own, on the machines of its team"),
    "batch app: framework: batch": HONOURED,
    "batch app: input": approximated("read from where it lies; no task is placed by it"),
    "batch app: after": ignored("an app waits for no other: it starts at the time that is written down"),
    "batch app: schedule": ignored("nothing starts by the clock again and again"),
}
"""No document speaks of partitions: every app is run from its neutral form."""

__all__ = ["PARAMETERS", "TREATMENTS", "PartitionParameters", "StaticPartitions"]
