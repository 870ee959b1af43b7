"""One job at a time, the newest wins, nothing is lost and no thread stays."""

import contextvars
import subprocess
import sys
import threading
import time

import pytest

from workbench.errors import CancelledError
from workbench.views.widgets import runner as module
from workbench.views.widgets.runner import LatestRunner

SOON = 10
"""Seconds within which everything here happens, on a busy machine too."""


class Answers:
    """What came back, in order, with the threads it came on."""

    def __init__(self):
        self.done, self.failed, self.parts, self.threads = [], [], [], set()

    def submit(self, runner, job):
        return runner.submit(job, self._done, self._failed, self.parts.append)

    def _done(self, result):
        self.threads.add(threading.current_thread())
        self.done.append(result)

    def _failed(self, error):
        self.threads.add(threading.current_thread())
        self.failed.append(error)


class Held:
    """A job that runs until it is let go or asked to stop."""

    def __init__(self, result=None):
        self.result = result
        self.began, self.go, self.asked = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, cancelled, progress):
        self.began.set()
        while not self.go.wait(0.001):
            if cancelled():
                self.asked.set()
                raise CancelledError("stopped on request")
        return self.result


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def runner():
    runner = LatestRunner()
    yield runner
    assert runner.close(SOON)
    assert not alive()


def alive():
    return [thread for thread in threading.enumerate() if thread.name == "workbench-runner"]


def returns(value):
    return lambda cancelled, progress: value


def raises(error):
    def job(cancelled, progress):
        raise error

    return job


class TestAnswers:
    def test_a_result_comes_on_the_worker(self, runner, answers):
        assert answers.submit(runner, returns(42))
        assert runner.wait(SOON)
        assert answers.done == [42]
        assert [thread.name for thread in answers.threads] == ["workbench-runner"]

    def test_an_error_comes_as_it_was_raised_and_the_next_job_runs(self, runner, answers):
        error = ValueError("no such thing")
        answers.submit(runner, raises(error))
        assert runner.wait(SOON)
        answers.submit(runner, returns(1))
        assert runner.wait(SOON)
        assert (answers.failed, answers.done) == ([error], [1])

    def test_even_what_would_end_a_thread_is_an_answer(self, runner, answers):
        answers.submit(runner, raises(SystemExit(3)))
        assert runner.wait(SOON)
        assert [type(error) for error in answers.failed] == [SystemExit]

    def test_stopping_without_having_been_asked_is_an_error(self, runner, answers):
        answers.submit(runner, raises(CancelledError("stopped")))
        assert runner.wait(SOON)
        assert [type(error) for error in answers.failed] == [CancelledError]

    def test_an_error_in_the_answer_is_told_too(self, runner, answers):
        error = RuntimeError("cannot be shown")
        runner.submit(returns(1), lambda result: raises(error)(None, None), answers.failed.append)
        assert runner.wait(SOON)
        assert answers.failed == [error]

    def test_an_error_while_telling_an_error_ends_nothing(self, runner, answers, monkeypatch):
        seen = []
        monkeypatch.setattr(threading, "excepthook", seen.append)
        runner.submit(raises(ValueError("first")), answers.done.append, lambda error: raises(KeyError("second"))(0, 0))
        assert runner.wait(SOON)
        answers.submit(runner, returns(1))
        assert runner.wait(SOON)
        assert [one.exc_type for one in seen] == [KeyError]
        assert answers.done == [1]

    def test_a_job_sees_the_context_of_its_request(self, runner, answers):
        cell = contextvars.ContextVar("cell", default="none")
        cell.set("the cell that asked")
        answers.submit(runner, lambda cancelled, progress: cell.get())
        cell.set("a later cell")
        assert runner.wait(SOON)
        assert answers.done == ["the cell that asked"]


class TestNewestWins:
    def test_the_running_job_is_asked_to_stop(self, runner, answers):
        first = Held("first")
        answers.submit(runner, first)
        assert first.began.wait(SOON)
        answers.submit(runner, returns("second"))
        assert runner.wait(SOON)
        assert first.asked.is_set()
        assert (answers.done, answers.failed) == (["second"], [])

    def test_of_two_that_wait_only_the_newest_runs(self, runner, answers):
        stubborn, go = threading.Event(), threading.Event()

        def deaf(cancelled, progress):
            stubborn.set()
            go.wait(SOON)
            return "deaf"

        answers.submit(runner, deaf)
        assert stubborn.wait(SOON)
        ran = []
        for name in ("second", "third", "fourth"):
            answers.submit(runner, lambda cancelled, progress, name=name: ran.append(name) or name)
        go.set()
        assert runner.wait(SOON)
        assert ran == ["fourth"]
        assert answers.done == ["fourth"], "what a job that was asked to stop returns all the same reaches nobody"

    def test_an_error_after_the_wish_to_stop_reaches_nobody(self, runner, answers):
        job, go = threading.Event(), threading.Event()

        def breaks(cancelled, progress):
            job.set()
            go.wait(SOON)
            raise ZeroDivisionError

        answers.submit(runner, breaks)
        assert job.wait(SOON)
        runner.cancel()
        go.set()
        assert runner.wait(SOON)
        assert (answers.done, answers.failed) == ([], [])

    def test_cancelling_leaves_nothing_and_the_next_request_runs(self, runner, answers):
        held = Held()
        answers.submit(runner, held)
        assert held.began.wait(SOON)
        runner.cancel()
        assert runner.wait(SOON)
        assert not runner.busy
        answers.submit(runner, returns(7))
        assert runner.wait(SOON)
        assert answers.done == [7]

    def test_requests_from_many_threads_end_with_the_last_and_never_overlap(self, runner, answers):
        asking, numbers, inside, most = threading.Lock(), iter(range(10**6)), [], []
        last = []

        def ask():
            for _ in range(100):
                with asking:
                    number = next(numbers)
                    last[:] = [number]
                    answers.submit(runner, lambda cancelled, progress, number=number: work(number))

        def work(number):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            return number

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert runner.wait(SOON)
        assert answers.done[-1] == last[0] == 799
        assert answers.done == sorted(answers.done)
        assert set(most) == {1}
        assert len(alive()) == 1

    def test_an_answer_may_ask_again(self, runner, answers):
        runner.submit(returns(1), lambda result: answers.submit(runner, returns(result + 1)), answers.failed.append)
        assert runner.wait(SOON)
        assert answers.done == [2]


class Clock:
    """Shows the times given, one after the other, in s."""

    def __init__(self, *times):
        self.times = iter(times)

    def __call__(self):
        return next(self.times)


class TestProgress:
    @pytest.mark.parametrize(
        ("times", "heard"),
        [
            pytest.param([0.0, 0.1, 0.29], [], id="a short job shows none"),
            pytest.param([0.31], [1], id="a longer one does"),
            pytest.param([0.31, 0.35, 0.40], [1], id="not too often"),
            pytest.param([0.31, 0.42, 0.43, 0.60], [1, 2, 4], id="but again and again"),
        ],
    )
    def test_progress_is_for_long_jobs_and_paced(self, times, heard):
        runner, answers = LatestRunner(clock=Clock(0.0, *times)), Answers()
        answers.submit(runner, lambda cancelled, progress: [progress(number) for number, _ in enumerate(times, 1)])
        assert runner.wait(SOON)
        assert runner.close(SOON)
        assert answers.parts == heard

    def test_a_stopped_job_reports_no_more(self):
        runner, answers = LatestRunner(clock=Clock(0.0, *map(float, range(1, 9)))), Answers()

        def job(cancelled, progress):
            progress(1)
            runner.cancel()
            progress(2)

        answers.submit(runner, job)
        assert runner.wait(SOON)
        assert runner.close(SOON)
        assert answers.parts == [1]

    def test_nobody_has_to_listen(self, runner, answers):
        runner.submit(lambda cancelled, progress: progress(0.5), answers.done.append, answers.failed.append)
        assert runner.wait(SOON)
        assert (answers.done, answers.failed) == ([None], [])


class TestClosing:
    def test_closing_stops_the_job_and_ends_the_thread(self, answers):
        runner, held = LatestRunner(), Held()
        answers.submit(runner, held)
        assert held.began.wait(SOON)
        assert runner.close(SOON)
        assert not alive()
        assert (answers.done, answers.failed) == ([], [])

    def test_a_closed_runner_takes_nothing(self, answers):
        runner = LatestRunner()
        assert runner.close()
        assert not answers.submit(runner, returns(1))
        assert not alive()
        assert answers.done == []

    def test_closing_twice_is_closing_once(self, answers):
        runner = LatestRunner()
        answers.submit(runner, returns(1))
        assert runner.close(SOON)
        assert runner.close(SOON)

    def test_a_job_that_does_not_listen_is_reported(self, answers):
        runner, began, go = LatestRunner(), threading.Event(), threading.Event()
        answers.submit(runner, lambda cancelled, progress: began.set() or go.wait(SOON))
        assert began.wait(SOON)
        assert not runner.close(0.01)
        go.set()
        assert runner.close(SOON)

    def test_the_worker_can_close_without_waiting_for_itself(self, answers):
        runner, closed = LatestRunner(), []
        runner.submit(returns(1), lambda result: closed.append(runner.close()), answers.failed.append)
        assert runner.wait(SOON)
        assert closed == [False]
        assert runner.close(SOON)
        assert not alive()

    def test_a_worker_without_work_leaves_and_comes_back(self, answers, monkeypatch):
        monkeypatch.setattr(module, "LINGER_S", 0.01)
        runner = LatestRunner()
        for round_ in (1, 2):
            answers.submit(runner, returns(round_))
            assert runner.wait(SOON)
            deadline = time.monotonic() + SOON
            while alive() and time.monotonic() < deadline:
                time.sleep(0.005)
            assert not alive()
        assert answers.done == [1, 2]
        assert runner.close()

    def test_python_ends_although_a_job_runs(self):
        script = (
            "from workbench.views.widgets.runner import LatestRunner; import time\n"
            "LatestRunner().submit(lambda cancelled, progress: time.sleep(600), print, print)"
        )
        assert subprocess.run([sys.executable, "-c", script], timeout=SOON * 3).returncode == 0


class TestWithoutThreads:
    @pytest.fixture
    def bare(self, monkeypatch):
        """A Python in which no thread can be started."""

        def refuse(self):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)

    @pytest.mark.usefixtures("bare")
    def test_the_job_runs_inside_the_request(self, answers):
        runner = LatestRunner()
        assert answers.submit(runner, returns(5))
        assert answers.done == [5]
        assert answers.threads == {threading.current_thread()}
        assert not runner.busy
        assert runner.close()

    @pytest.mark.usefixtures("bare")
    def test_a_request_from_inside_a_job_comes_after_it_and_wins(self, answers):
        runner = LatestRunner()

        def first(cancelled, progress):
            answers.submit(runner, returns("second"))
            return "first"

        answers.submit(runner, first)
        assert answers.done == ["second"]

    def test_threads_can_be_declined(self, answers):
        runner = LatestRunner(threads=False)
        answers.submit(runner, returns(1))
        answers.submit(runner, returns(2))
        assert answers.done == [1, 2]
        assert not alive()


def test_neither_the_package_nor_the_runner_needs_the_notebooks_packages():
    script = (
        "import sys, workbench, workbench.views.widgets, workbench.views.widgets.runner\n"
        "sys.exit(bool({'ipywidgets', 'anywidget', 'IPython', 'plotly'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
