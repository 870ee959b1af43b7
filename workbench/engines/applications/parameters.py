"""What is true of replicated data under every control plane, as numbers that may be changed."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.parameters import param, parameters


@parameters("world.replication")
@dataclass(frozen=True)
class ReplicationParameters:
    """What is true of replicated data under every control plane."""

    rate_mb_s: float = param(
        50.0, unit="MB/s", low=1, high=10_000, help="how fast one member can send or receive data to copy",
        source="assumption: less than half of a 1 Gbit/s link, the rest is the service's own traffic",
        shown_in="ensemble",
    )  # fmt: skip
    disk_mb_s: float = param(
        125.0, unit="MB/s", low=1, high=10_000, help="how fast one member's disk reads and writes data to copy, in all",
        source="assumption: a general-purpose network disk, 125 MB/s", shown_in="back-to-three",
    )  # fmt: skip
    join_s: float = param(
        10.0, unit="s", low=0, high=3600, help="how long a new member takes to find the others by their names and to "
        "be introduced to them, before it gets any data",
        source="assumption: an init step that looks up the others and registers the new one", shown_in="back-to-three",
    )  # fmt: skip
    election_s: float = param(
        0.2, unit="s", low=0, high=600, help="how long it takes to choose a new leader",
        source="ZooKeeper overview: less than 200 ms", shown_in="ensemble",
    )  # fmt: skip
    silence_s: float = param(
        10.0, unit="s", low=0, high=3600, help="how long members wait for one that has fallen silent",
        source="ZooKeeper sample configuration: syncLimit 5 x tickTime 2 s", shown_in="ensemble",
    )  # fmt: skip
    log_fraction: float = param(
        0.33, low=0, high=1, help="how much of the data's size the log of past writes may be behind before "
        "everything is copied",
        source="ZooKeeper: zookeeper.snapshotSizeFactor 0.33", shown_in="ensemble",
    )  # fmt: skip
