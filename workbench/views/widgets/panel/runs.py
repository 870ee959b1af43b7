"""What runs for a panel: the repeats of its scenario, and the run again that finds reasons; what is out of date goes.

Runs end on the worker's thread while the reader goes on: what they bring is let in under the panel's lock, and only as
long as nobody has asked for something else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from workbench.errors import CancelledError
from workbench.experiments.compare import Comparison, repeats
from workbench.model.scenario import Scenario
from workbench.views.explaining import Explanation, explain
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress


class Runs:
    """The two workers of a panel.

    Parameters
    ----------
    lock : RLock
        The panel's own: held while anything below is called.
    arrived, done, failed, progress : callable
        Get the comparison after each repeat; nothing after the last; what a run raised; how far the repeats are.
    """

    def __init__(
        self,
        lock: threading.RLock,
        *,
        arrived: Callable[[Comparison], None],
        done: Callable[[], None],
        failed: Callable[[BaseException], None],
        progress: Progress,
    ) -> None:
        self._lock = lock
        self._answers = arrived, done, failed
        self._progress = progress
        self._request: object = None
        self._repeats, self._reasons = LatestRunner(), LatestRunner()

    def start(self, scenario: Scenario, count: int) -> None:
        """Run a scenario so many times on each side; whatever ran before is out of date."""
        request = self._request = object()
        arrived, done, failed = (self._while_wanted(request, answer) for answer in self._answers)

        def job(cancelled: Cancelled, progress: Progress) -> None:
            for comparison in repeats(scenario, replications=count, cancelled=cancelled, progress=progress):
                if cancelled():
                    raise CancelledError("stopped on request")
                arrived(comparison)

        self._repeats.submit(job, lambda _: done(), failed, self._progress)

    def stop(self) -> None:
        """Let nothing in that still runs."""
        self._request = None
        self._repeats.cancel()

    def find_reasons(
        self,
        comparison: Comparison,
        side: str,
        task: str,
        done: Callable[[Explanation], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run the first repeat of a comparison again for the reasons of one task; the trace has the rest."""
        scenario, seed = comparison.scenario, comparison.seeds[0]
        self._reasons.submit(
            lambda *_: explain(scenario, on=side, name=task, seed=seed), self._locked(done), self._locked(failed)
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs any more; return whether that came about within `timeout` seconds."""
        return self._repeats.wait(timeout) and self._reasons.wait(timeout)

    def close(self) -> None:
        """End both workers. Must not be called with the lock held, which their last answers need."""
        self._request = None
        self._repeats.close()
        self._reasons.close()

    def _while_wanted(self, request: object, answer: Callable[..., None]) -> Callable[..., None]:
        return self._locked(lambda *args: answer(*args) if request is self._request else None)

    def _locked(self, answer: Callable[..., None]) -> Callable[..., None]:
        def within(*args: Any) -> None:
            with self._lock:
                answer(*args)

        return within
