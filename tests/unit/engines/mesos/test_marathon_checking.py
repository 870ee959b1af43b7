"""Health checks that fail after they have passed: clients leave at once, the instance is stopped later."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from workbench.engines.mesos import Mesos
from workbench.engines.mesos.frameworks.marathon_checking import Record
from workbench.engines.mesos.frameworks.run_spec import HealthCheck
from workbench.engines.world import World
from workbench.model.clock import SECOND_US
from workbench.model.lives import Check, Trouble
from workbench.model.load import Load, constant


@pytest.mark.parametrize(
    ("results", "by_executor", "in_grace", "expected"),
    [
        pytest.param("---", False, False, False, id="Marathon counts before it looks: three are not enough"),
        pytest.param("----", False, False, True, id="the fourth is"),
        pytest.param("---", True, False, True, id="the executor stops it at the third"),
        pytest.param("--+---", False, False, False, id="a success in between begins a new count"),
        pytest.param("-----", False, True, False, id="in its grace period nothing counts"),
        pytest.param("+----", False, True, True, id="unless it has been healthy once"),
    ],
)
def test_failures_in_a_row(results, by_executor, in_grace, expected):
    record, found = Record(), False
    check = HealthCheck(by_executor=by_executor)
    for one in results:
        if one == "+":
            record.passes()
        else:
            found = record.fails(check, in_grace=in_grace)
    assert found == expected


def test_zero_failures_allowed_means_that_it_is_never_stopped():
    record = Record()
    assert not any(record.fails(HealthCheck(most_failures=0), in_grace=False) for _ in range(50))


def run(check=None, trouble=None, **more):
    one = app("web", replicas=1, trouble=trouble, check=check, **more)
    return World(scenario(one, machines=2, horizon=900), Mesos(), 1).run()


def starts(trace):
    return [row["started_us"] / SECOND_US for row in trace["attempts"].dicts()]


def test_clients_leave_at_the_first_failure_and_it_is_stopped_at_the_fourth():
    trace = run(Check(every_us=seconds(10)), Trouble(hangs_us=seconds(100)))
    left = next(row["at_us"] for row in trace["endpoints"].dicts() if row["change"] == "removed")
    stopped = next(row["at_us"] for row in trace["events"].dicts() if row["kind"] == "instance-unhealthy")
    assert (stopped - left) / SECOND_US == pytest.approx(30, abs=2)
    assert len(starts(trace)) > 1


def test_an_instance_that_recovers_in_time_gets_its_clients_back():
    trace = run(Check(every_us=seconds(10)), Trouble(hangs_us=seconds(100), hangs_for_us=seconds(15)))
    changes = [row["change"] for row in trace["endpoints"].dicts()]
    assert changes[:3] == ["added", "removed", "added"]
    assert len(starts(trace)) == 1


def test_with_marathons_own_check_every_minute_it_takes_longer():
    quick = run(Check(every_us=seconds(10)), Trouble(hangs_us=seconds(100)))
    plain = run(None, Trouble(hangs_us=seconds(100)))
    assert starts(quick)[1] + 60 < starts(plain)[1]


def test_or_never_without_restarts():
    assert len(starts(run(Check(restarts=False), Trouble(hangs_us=seconds(100))))) == 1


def test_a_check_is_more_patient_than_kubernetes_unless_told():
    load = Load(constant(51.0), seconds(0.02), cap=1000, queue=1000)  # 50 requests/s can be answered
    assert "removed" not in run(Check(), load=load)["endpoints"]["change"]
    impatient = run(Check(timeout_us=seconds(1)), load=load)
    assert "removed" in impatient["endpoints"]["change"]


def test_what_crashes_is_started_elsewhere_with_marathons_back_off():
    found = starts(run(None, Trouble(crashes_us=seconds(20))))
    assert len(found) > 5
