"""When an agent tries to register, and what it may turn out not to have when it does.

Source: mesos src/slave/slave.cpp (doReliableRegistration), src/slave/constants.hpp (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.mesos.resources import Resources
from workbench.model.clock import SECOND_US

BACKOFF_FIRST_US = SECOND_US
BACKOFF_LAST_US = 60 * SECOND_US
"""An agent waits a random time up to this before it registers (--registration_backoff_factor), and up to twice as
long before each further attempt, up to a minute (REGISTER_RETRY_INTERVAL_MAX)."""


def attempt_us(began_us: int, earliest_us: int, below: Callable[[int], int]) -> int:
    """Return the first attempt to register that is not before `earliest_us`.

    Parameters
    ----------
    began_us : int
        When the agent took its master for lost.
    below : callable
        Draws a number from 0 up to, not including, its argument.
    """
    at, most = began_us + below(BACKOFF_FIRST_US), BACKOFF_FIRST_US
    while at < earliest_us:
        most = min(2 * most, BACKOFF_LAST_US)
        at += below(most)
    return at


def labels_lost(promised: Resources, there: Resources) -> list[tuple[str, str]]:
    """Return the roles and labels of the reservations that were promised on an agent and never got there."""
    found = {(kind.role, kind.label) for kind in there.special}
    wanted = dict.fromkeys((kind.role, kind.label) for kind in promised.special if kind.label)
    return [one for one in wanted if one not in found]
