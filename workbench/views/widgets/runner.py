"""Where runs happen, so that sliders stay live: one worker thread, and the newest request wins.

A request is a *job*: a function that gets two functions, ``cancelled`` and ``progress``. A newer request asks the job
before it to stop, as `close` and `cancel` do; what a job that was asked to stop returns or raises reaches nobody.

Requests come from any thread: JupyterLab answers sliders on other threads than the main one. All answers come from the
worker, one after the other, in the order of the requests; the job may hand over parts of its result itself, from the
same thread. The worker leaves when it has had nothing to do for a while, so that no thread outlives a panel that nobody
closed. Where threads cannot be had, as in a Python that runs inside the browser, the job runs inside `submit`.

Widgets may be changed from the worker, with one exception: a widget that the reader is moving at that moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Cancelled = Callable[[], bool]
"""Says whether the job has been asked to stop; a job asks often, then raises `workbench.errors.CancelledError`."""
Progress = Callable[[float], None]
"""Takes how much of the job is done, from 0 to 1."""
Job = Callable[[Cancelled, Progress], T]

PROGRESS_AFTER_S = 0.3
"""Jobs shorter than this show no progress, in s."""
PROGRESS_EVERY_S = 0.1
"""Progress is passed on no more often than this, in s."""
LINGER_S = 5.0
"""How long a worker without work stays, in s."""
CLOSE_S = 10.0
"""How long closing waits for a job that has been asked to stop, in s."""


@dataclass(eq=False, slots=True)
class _Request:
    job: Job[Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    progress: Progress | None
    context: Context
    stopped: bool = False


class LatestRunner:
    """Runs one job at a time in a thread of its own; of those that wait, only the newest.

    Parameters
    ----------
    threads : bool
        Whether a thread may be started; found out at the first request where it is not known.
    clock : callable
        Seconds from anywhere, only ever rising; paces the progress.

    Examples
    --------
    >>> runner = LatestRunner()
    >>> runner.submit(lambda cancelled, progress: 6 * 7, done=print, failed=print)
    True
    >>> runner.wait()
    42
    True
    >>> runner.close()
    True
    """

    def __init__(self, *, threads: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads, self._clock = threads, clock
        self._changed = threading.Condition()
        self._waiting: _Request | None = None
        self._running: _Request | None = None
        self._working = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(
        self,
        job: Job[T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None],
        progress: Progress | None = None,
    ) -> bool:
        """Ask for a job; the one that runs is asked to stop, one that waits is forgotten.

        Parameters
        ----------
        done : callable
            Gets what the job returns.
        failed : callable
            Gets what the job, `done` or `progress` raised.
        progress : callable, optional
            Gets how far a job is that takes longer than `PROGRESS_AFTER_S`, every `PROGRESS_EVERY_S` at most.

        Returns
        -------
        bool
            False, and nothing happens, once the runner is closed.
        """
        request = _Request(job, done, failed, progress, copy_context())
        with self._changed:
            if self._closed:
                return False
            self._stop()
            self._waiting = request
            self._changed.notify_all()
            if self._working:
                return True
            self._working = True
            started = self._started()
        if not started:
            self._work()
        return True

    def cancel(self) -> None:
        """Ask the job that runs to stop, and forget the one that waits."""
        with self._changed:
            self._stop()
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs or waits; return whether that came about within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.busy, timeout)

    def close(self, timeout: float | None = CLOSE_S) -> bool:
        """Ask everything to stop, take no more requests, and wait for the thread to end.

        Must not be called with a lock held that an answer needs.

        Returns
        -------
        bool
            Whether the thread has ended within `timeout` seconds; False also when called by the worker itself.
        """
        with self._changed:
            self._closed = True
            self._stop()
            self._changed.notify_all()
            thread = self._thread
        if thread is None:
            return True
        if thread is threading.current_thread():
            return False
        thread.join(timeout)
        return not thread.is_alive()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running is not None or self._waiting is not None

    def _stop(self) -> None:
        for request in (self._running, self._waiting):
            if request is not None:
                request.stopped = True
        self._waiting = None

    def _started(self) -> bool:
        """Start the worker; return False where there are no threads."""
        if self._threads:
            self._thread = threading.Thread(target=self._work, name="workbench-runner", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # "can't start new thread": a Python inside a browser, or a machine at its limit
                self._threads, self._thread = False, None
        return self._threads

    def _work(self) -> None:
        while (request := self._next()) is not None:
            request.context.run(self._serve, request)

    def _next(self) -> _Request | None:
        """Return the request to serve now; None, after a while without one, ends the work."""
        with self._changed:
            self._running = None
            self._changed.notify_all()
            linger = LINGER_S if self._threads else 0
            self._changed.wait_for(lambda: self._closed or self._waiting is not None, linger)
            self._running, self._waiting = self._waiting, None
            self._working = self._running is not None
            return self._running

    def _serve(self, request: _Request) -> None:
        try:
            result = request.job(lambda: request.stopped, self._paced(request))
            if not request.stopped:
                request.done(result)
        except BaseException as error:  # a worker that died of one request would leave the next without an answer
            self._fail(request, error)

    def _fail(self, request: _Request, error: BaseException) -> None:
        if request.stopped:
            return
        try:
            request.failed(error)
        except BaseException as worse:
            about = (type(worse), worse, worse.__traceback__, threading.current_thread())
            threading.excepthook(threading.ExceptHookArgs(about))

    def _paced(self, request: _Request) -> Progress:
        due = self._clock() + PROGRESS_AFTER_S

        def progress(part: float) -> None:
            nonlocal due
            if request.progress is None or request.stopped or (now := self._clock()) < due:
                return
            due = now + PROGRESS_EVERY_S
            request.progress(part)

        return progress
