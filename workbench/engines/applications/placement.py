"""Which member is to hold a copy of which part, when members come and go: even, and with as little copying as can be.

What a part holds already stays where it is unless its holder goes or holds too much.

Source: Apache Kafka, Expanding your cluster (kafka-reassign-partitions: copies move one by one to where there are
fewer); Apache Cassandra with virtual nodes (a new node takes a share of the ranges of all others).
"""

from __future__ import annotations

from collections.abc import Sequence


def assigned(holders: Sequence[tuple[int, ...]], members: Sequence[int], copies: int) -> list[tuple[int, ...]]:
    """Return for each part who is to hold it.

    Parameters
    ----------
    holders : sequence
        For each part the places that hold it now.
    members : sequence of int
        The places there are to hold anything.
    copies : int
        How many copies each part is to have; fewer where there are fewer members.
    """
    wanted = min(copies, len(members))
    plan = [[slot for slot in part if slot in members][:wanted] for part in holders]
    load = {slot: sum(slot in part for part in plan) for slot in sorted(members)}

    def give(part: list[int], slot: int) -> None:
        part.append(slot)
        load[slot] += 1

    for part in plan:
        while len(part) < wanted:
            give(part, min((slot for slot in load if slot not in part), key=lambda slot: (load[slot], slot)))
    while load:
        most = max(load, key=lambda slot: (load[slot], -slot))
        least = min(load, key=lambda slot: (load[slot], slot))
        if load[most] - load[least] <= 1:
            break
        part = next(part for part in plan if most in part and least not in part)
        part.remove(most)
        load[most] -= 1
        give(part, least)
    return [tuple(part) for part in plan]
