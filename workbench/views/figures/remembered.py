"""What takes a look at a whole run is worked out once: title, caption and picture share it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from workbench.model.trace import Trace

P = ParamSpec("P")
T = TypeVar("T")


def remembered(work: Callable[Concatenate[Trace, P], T]) -> Callable[Concatenate[Trace, P], T]:
    """Return `work` as a function that looks at a finished run once, and forgets what it found with the run.

    Names that `work` is given besides tell one thing to find from another; all else has to follow from the run, as its
    scenario does, and is not looked at a second time.
    """
    known: WeakKeyDictionary[Trace, dict[tuple[str, ...], T]] = WeakKeyDictionary()

    @wraps(work)
    def found(trace: Trace, /, *args: P.args, **kwargs: P.kwargs) -> T:
        of_run = known.setdefault(trace, {})
        names = tuple(one for one in (*args, *kwargs.values()) if isinstance(one, str))
        if names not in of_run:
            of_run[names] = work(trace, *args, **kwargs)
        return of_run[names]

    return found
