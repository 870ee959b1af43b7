"""Which instances Marathon stops when there are too many, and how many it starts when there are too few.

Those sentenced by name go first, then those that the constraints can spare most, then the others in *kill order*:
unreachable ones, then staging, starting and running ones, then all the rest; of two alike the younger (or the older, by
`killSelection`). An instance that still waits for an offer counts among the rest: it is stopped after running ones.

Source: mesosphere/marathon core/deployment/ScalingProposition.scala, state/KillSelection.scala.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from workbench.engines.mesos.frameworks.run_spec import Condition

YOUNGEST_FIRST = "YOUNGEST_FIRST"
OLDEST_FIRST = "OLDEST_FIRST"


WEIGHTS = {Condition.UNREACHABLE: 1, Condition.STAGING: 2, Condition.STARTING: 3, Condition.RUNNING: 4}
"""The lower, the sooner it is stopped."""

OTHERS = 5
"""Weight of every other condition."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instance that may be stopped.

    Parameters
    ----------
    since_us : int
        When it came to be in its condition: staged, started; the larger, the younger.
    """

    number: int
    condition: Condition
    since_us: int


@dataclass(frozen=True, slots=True)
class Proposition:
    """The instances to stop, in order, and how many to start."""

    decommission: tuple[Candidate, ...]
    start: int


MeetConstraints = Callable[[Sequence[Candidate], int], Sequence[Candidate]]
"""(candidates, how many are to go) -> those that are best spared; may be fewer."""


def kill_rank(one: Candidate, kill_selection: str = YOUNGEST_FIRST) -> tuple[int, int]:
    """Return a sort key: what is stopped first comes first."""
    age = one.since_us if kill_selection == OLDEST_FIRST else -one.since_us
    return WEIGHTS.get(one.condition, OTHERS), age


def propose(
    instances: Sequence[Candidate],
    sentenced: Collection[int],
    meet_constraints: MeetConstraints,
    scale_to: int,
    kill_selection: str = YOUNGEST_FIRST,
) -> Proposition:
    """Return what brings an app to `scale_to` instances.

    Parameters
    ----------
    instances : sequence of Candidate
        Those that are meant to run.
    sentenced : collection of int
        Numbers of instances that are to go in any case, and be replaced if too few are left.
    """
    doomed = [one for one in instances if one.number in sentenced]
    others = [one for one in instances if one.number not in sentenced]
    count = max(len(instances) - scale_to, len(doomed))
    spared = list(meet_constraints(others, count - len(doomed)))
    numbers = {one.number for one in spared}
    rest = sorted((one for one in others if one.number not in numbers), key=lambda one: kill_rank(one, kill_selection))
    return Proposition(tuple([*doomed, *spared, *rest][:count]), scale_to - len(instances) + count)
