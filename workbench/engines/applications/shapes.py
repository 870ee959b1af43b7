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
    copies = copies_wanted(replication, members)
    parts = 1 if everywhere(replication) else members
    return tuple(
        layout(replication, tuple((first + step) % members for step in range(copies))) for first in range(parts)
    )


def layout(replication: Replication, holders: tuple[int, ...]) -> Layout:
    """Return what a part needs whose copies lie with these members, one at least."""
    copies = len(holders)
    match replication.shape:
        case "primary":
            return Layout(holders, 1, 1, True)
        case "log":
            return Layout(holders, 1, max(1, copies - 1), True)
        case _:
            return Layout(holders, majority(copies), majority(copies), False)


def everywhere(replication: Replication) -> bool:
    """Say whether every member holds all the data."""
    return replication.shape in ("ensemble", "primary")


def copies_wanted(replication: Replication, members: int) -> int:
    """Return how many copies each part is to have with so many members."""
    return members if everywhere(replication) else min(replication.copies or 3, members)


def majority(members: int) -> int:
    """Return the smallest number of which no two can exist side by side."""
    return members // 2 + 1
