"""When the allocator runs, and over which agents: batches, runs that were asked for, pauses.

An allocation runs over all agents every `allocation_interval` (a *batch*), and whenever somebody asks for one. Requests
made at one instant are answered by one run.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (batch, generateOffers, pause, resume, recover) (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.candidates import Candidates
from workbench.engines.mesos.offers import OfferFilters, Timer
from workbench.engines.mesos.recovery import Recovery


class Rounds:
    """The timing of runs.

    Parameters
    ----------
    options : Options
        Of the allocator.
    filters : OfferFilters
        Those whose time is up end at the beginning of a run.
    clock : callable
        Returns the time in microseconds.
    dispatch : callable
        Has a function called at this instant, after what is under way.
    run : callable
        One run over the candidates.

    Attributes
    ----------
    count : int
        How many runs there were.
    next_batch_us : int
        When the next batch is due.
    """

    def __init__(
        self,
        options: Options,
        filters: OfferFilters,
        clock: Callable[[], int],
        dispatch: Callable[[Callable[[], None]], None],
        run: Callable[[], None],
    ) -> None:
        self.count = 0
        self.next_batch_us = clock() + options.allocation_interval_us
        self.candidates = Candidates()
        self._options = options
        self._filters = filters
        self._clock, self._dispatch, self._run = clock, dispatch, run
        self._recovery = Recovery()
        self._pending = False
        self._batch_armed = 0
        self._batch: Timer | None = None  # the timer of the batch that is under way

    @property
    def paused(self) -> bool:
        """Whether no offers are made at present."""
        return self._recovery.paused

    def pause(self) -> None:
        """Make no offers; requests for runs are forgotten."""
        self._recovery.paused = True

    def resume(self) -> None:
        """Make offers again; this alone triggers no run."""
        self._recovery.paused = False

    def recover(self, expected_agents: int) -> None:
        """Make no offers until enough of so many agents are back, or until the time for that is up."""
        enough = int(expected_agents * self._options.agent_recovery_factor)
        if enough:
            self._recovery.begin(enough, self._clock() + self._options.recovery_timeout_us, self._filters.arm())

    def agent_added(self, count: int) -> None:
        """Take note that there are so many agents now."""
        self._recovery.agent_added(count)

    def batch(self) -> None:
        """Run over all agents: called when `next_batch_us` has come, once in every allocation interval."""
        now_us = self._clock()
        self._batch = (min(self.next_batch_us, now_us), self._batch_armed)
        self.ask_all()
        if not self._pending:
            self._end_batch()

    def ask(self, agents: Iterable[str]) -> None:
        """Ask for a run over `agents`; what is asked for at one instant is one run."""
        if self._may_run():
            self.candidates.ask(agents)
            self._request()

    def ask_all(self) -> None:
        """Ask for a run over all agents."""
        if self._may_run():
            self.candidates.ask_all()
            self._request()

    def _may_run(self) -> bool:
        self._recovery.timed_out(self._clock(), self._batch)
        return not self.paused

    def _request(self) -> None:
        if not self._pending:
            self._pending = True
            self._dispatch(self._begin)

    def _begin(self) -> None:
        self._pending = False
        if not self.paused:
            self.count += 1
            self._filters.expire(self._clock(), self._batch)
            self._run()
        self._end_batch()

    def _end_batch(self) -> None:
        """Arm the timer of the next batch: filters armed from now on outlive it if they end at its instant."""
        if self._batch is not None:
            self._batch = None
            self._batch_armed = self._filters.arm()
            self.next_batch_us = self._clock() + self._options.allocation_interval_us
