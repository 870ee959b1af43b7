"""How the members of a replicated app share out the copies of its data, and how many copies a write needs.

| shape | known from | parts of the data | a write needs | who may lead |
|---|---|---|---|---|
| ensemble | ZooKeeper, etcd | one, on every member | a majority of the members | newest of a majority |
| ring | Cassandra with QUORUM | one per member and its successors | a majority of the copies | newest of a majority |
| log | Kafka | one per member and its successors | all copies but one | who misses nothing |
| primary | a SQL primary with standbys | one, on every member | the primary | who misses nothing |

Sources: ZooKeeper Administrator's Guide (majority of the ensemble); Apache Cassandra documentation, Dynamo (QUORUM is
n/2 + 1 of the replicas of a token range); Apache Kafka documentation, Replication (min.insync.replicas, leaders only
from the in-sync replicas unless unclean.leader.election.enable); PostgreSQL documentation, Warm Standby (asynchronous
by default).
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.workload import Replication


@dataclass(frozen=True, slots=True)
class Layout:
    """One part of the data.

    Parameters
    ----------
    members : tuple of int
        The members that hold a copy of it.
    voters : int
        So many of them have to run, and see each other, before one may lead.
    acks : int
        So many up-to-date copies take a write before it is acknowledged.
    clean : bool
        Only a copy that misses no acknowledged write may lead.
    """

    members: tuple[int, ...]
    voters: int
    acks: int
    clean: bool


def layouts(replication: Replication, members: int) -> tuple[Layout, ...]:
    """Return the parts of the data of an app with so many members, > 0."""
    if replication.shape in ("ensemble", "primary"):
        everyone = tuple(range(members))
        if replication.shape == "primary":
            return (Layout(everyone, 1, 1, True),)
        return (Layout(everyone, majority(members), majority(members), False),)
    copies = min(replication.copies or 3, members)
    parts = (tuple((first + step) % members for step in range(copies)) for first in range(members))
    if replication.shape == "ring":
        return tuple(Layout(part, majority(copies), majority(copies), False) for part in parts)
    return tuple(Layout(part, 1, max(1, copies - 1), True) for part in parts)


def majority(members: int) -> int:
    """Return the smallest number of which no two can exist side by side."""
    return members // 2 + 1
