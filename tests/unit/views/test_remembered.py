"""What is worked out of a run is worked out once for each name, and forgotten with the run."""

import gc
import weakref

from tests.make import Written
from workbench.views.figures.remembered import remembered


def test_a_run_is_looked_at_once_for_each_name():
    looked = []

    @remembered
    def work(trace, scenario, app=""):
        looked.append(app)
        return [app]

    first, second = Written("mesos", 10).trace, Written("mesos", 10).trace
    assert work(first, {}, "web") is work(first, {"another": 1}, app="web")
    assert work(first, {}, "db") == ["db"]
    assert work(second, {}, "web") == ["web"]
    assert looked == ["web", "db", "web"]


def test_what_was_found_goes_with_the_run():
    class Found:
        pass

    @remembered
    def work(trace):
        return Found()

    trace = Written("mesos", 10).trace
    found = weakref.ref(work(trace))
    assert found() is not None
    del trace
    gc.collect()
    assert found() is None
