"""Complete runs of Kubernetes on Mesos: pods are tasks, one an offer, under the timers of both."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.make import GIB, app, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.kubernetes_on_mesos import KubernetesOnMesos
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.workload import Replication, Volume

BESIDE = {"kubernetes_on_mesos.beside": "frameworks"}


def run(*apps, **more):
    return traced(*apps, control_plane=KubernetesOnMesos(), **more)


def service(replicas=4, **more):
    return app("web", "service", replicas, cpu=500, **more)


def accepted(trace):
    return rows(trace, "offers", answer="accepted")


def test_each_pod_takes_an_offer_of_its_own_and_the_rest_is_refused_for_five_seconds():
    """Upstream: no attempt is made to pack several pods into one offer."""
    trace = run(service(8), machines=1, horizon=120)
    assert column(trace, "tasks", "outcome") == ["running"] * 8
    assert len(accepted(trace)) == 8
    gaps = [later["answered_us"] - one["answered_us"] for one, later in pairwise(accepted(trace))]
    assert min(gaps) >= 5
    assert {row["refuse_s"] for row in accepted(trace)} == {5.0}


def test_pods_of_several_machines_start_side_by_side():
    trace = run(service(8), machines=8, horizon=120)
    assert max(column(trace, "tasks", "decided_us")) < 8


def test_an_offer_that_nobody_needs_is_kept_for_its_time_and_then_refused():
    trace = run(service(1), machines=2, horizon=60)
    idle = [row for row in rows(trace, "offers", answer="declined") if row["answered_us"] < 50]
    assert {round(row["answered_us"] - row["made_us"], 3) for row in idle} == {5.0}
    assert {row["refuse_s"] for row in idle} == {5.0}


@pytest.mark.parametrize("ttl", [0.5, 20])
def test_how_long_offers_are_kept_can_be_set(ttl):
    trace = run(service(1), machines=2, horizon=60, settings={"kubernetes_on_mesos.offer_ttl_s": ttl})
    kept = {round(row["answered_us"] - row["made_us"], 3) for row in rows(trace, "offers", answer="declined")}
    assert kept == {ttl}


def test_a_pod_without_an_offer_backs_off_and_doubles():
    """Nothing on the machine is ever large enough: attempts lie 1, 2, 4 ... s apart, 60 s at most."""
    trace = run(app("web", "service", 1, cpu=9000), machines=1, horizon=400)
    attempts = [row["at_us"] for row in rows(trace, "decisions")]
    gaps = [round(later - one) for one, later in pairwise(attempts)]
    assert gaps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_offers_that_fit_cut_the_wait_of_a_pod_short():
    """The machine is full until 100 s; the pod, which by then waits up to 60 s, starts with the next offers."""
    first = app("first", "batch", 1, cpu=4000, memory=GIB, runs=95)
    trace = run(first, service(1, at=20), machines=1, horizon=300)
    freed = rows(trace, "tasks", app="first")[0]["ended_us"]
    started = rows(trace, "tasks", app="web")[0]["decided_us"]
    assert freed < started < freed + 12


def test_affinity_between_pods_is_not_looked_at():
    """kube-scheduler keeps them apart; here all land where offers come first."""
    trace = run(service(3, max_per_node=1), machines=1, horizon=120)
    assert column(trace, "tasks", "node") == ["node-0"] * 3


def test_a_pod_that_names_a_port_outside_the_offered_range_is_never_launched():
    trace = run(service(1, host_ports=(80,)), machines=2, horizon=120)
    assert column(trace, "tasks", "why") == ["port-not-offered"]
    assert run(service(1, host_ports=(31_080,)), horizon=60)["tasks"]["outcome"] == ["running"]


def test_a_lost_machine_is_noticed_by_mesos_but_mended_by_kubernetes():
    """Mesos gives the agent up after 75 s and frees its room; Kubernetes evicts its pods after 40 and 300 s."""
    trace = run(service(4), machines=4, horizon=900, faults=[Fault(seconds(100), node="node-0")])
    lost = [row for row in rows(trace, "tasks") if row["outcome"] == "lost"]
    assert lost
    gone = column(trace, "events", "at_us", kind="agent-unreachable")[0]
    assert gone == pytest.approx(175, abs=16)
    again = [row for row in rows(trace, "tasks") if row["incarnation"] == 1]
    assert len(again) == len(lost)
    assert all(100 + 340 <= row["decided_us"] <= 100 + 365 for row in again)


def test_pods_that_were_cut_off_for_long_are_killed_when_their_agent_is_back():
    """It is not partition-aware: Mesos has given them up, whatever Kubernetes thinks."""
    fault = Fault(seconds(100), "network-partition", "node-0", back_us=seconds(250))
    trace = run(service(4), machines=4, horizon=600, faults=[fault])
    killed = [row for row in rows(trace, "tasks") if row["outcome"] == "killed"]
    assert killed
    assert all(250 <= row["ended_us"] <= 310 for row in killed)
    assert column(trace, "tasks", "outcome").count("running") == 4


def test_a_machine_that_is_back_soon_starts_no_pod_by_itself():
    """A kubelet of its own would; the executor went down with the machine, and Mesos says that its tasks are gone."""
    trace = run(service(4), machines=4, horizon=600, faults=[Fault(seconds(100), node="node-0", back_us=seconds(130))])
    assert column(trace, "tasks", "outcome").count("running") == 4
    assert column(trace, "events", "kind").count("RoguePodDeleted") >= 1
    names = column(trace, "tasks", "task")
    assert len(set(names)) == len(names)


def test_containers_that_fail_are_started_again_within_their_task():
    """Mesos hears nothing of it: the pod runs on."""
    job = app("job", "batch", 2, runs=20)
    trace = run(job, horizon=120)
    assert column(trace, "tasks", "outcome") == ["finished"] * 2


def test_batch_work_and_data_may_run_beside_it_on_the_same_pool():
    jobs = app("jobs", "batch", 3, cpu=1000, runs=50)
    log = app("log", "stateful", 2, replication=Replication(GIB, "log"), volume=Volume(GIB, "local"))
    settings = {**BESIDE, "mesos.workloads.brokers_by": "kafka"}
    trace = run(service(2), jobs, log, machines=4, horizon=200, settings=settings)
    by = {row["framework"] for row in accepted(trace)}
    assert by == {"kubernetes", "batch-default", "kafka-log"}
    assert {row["framework"] for row in accepted(run(service(2), jobs, log, machines=4, horizon=200))} == {"kubernetes"}


def test_what_runs_goes_on_while_its_scheduler_is_lost():
    lost = Fault(seconds(50), "scheduler-loss", hosting="web", back_us=seconds(150))
    trace = run(service(2), app("late", "service", 1, at=60), machines=3, horizon=300, faults=[lost])
    assert set(column(trace, "tasks", "outcome")) == {"running"}
    assert 150 <= rows(trace, "tasks", app="late")[0]["decided_us"] <= 160


def test_a_job_of_kubernetes_gives_back_its_room_when_its_pod_ends():
    first, second = app("a", "batch", 1, cpu=4000, runs=30), app("b", "batch", 1, cpu=4000, runs=30)
    trace = run(first, second, machines=1, horizon=200)
    assert column(trace, "tasks", "outcome") == ["finished"] * 2


def test_a_machine_is_given_back_when_both_have_left_it():
    """Its node is drained first, with its budgets; then Mesos stops what other frameworks run there."""
    db = app("db", "stateful", 2, volume=Volume(GIB, "local"), replication=Replication(GIB), max_per_node=1)
    settings = BESIDE | {"mesos.workloads.members_by": "dcos-commons", "mesos.registry.store_s": 1.0}
    gone = PlannedChange(seconds(100), "remove-machine", node="node-0")
    trace = run(db, service(4), machines=2, horizon=600, changes=[gone], settings=settings)
    [at] = column(trace, "events", "at_us", kind="machine-removed")
    left = rows(trace, "tasks", node="node-0")
    assert {row["app"] for row in left} == {"db", "web"}
    assert {(row["outcome"], row["ended_us"] < at) for row in left} == {("killed", True)}
    assert len(rows(trace, "events", kind="agent-gone", reason="drained")) == 1
    assert max(row["ended_us"] for row in left if row["app"] == "web") < min(
        row["ended_us"] for row in left if row["app"] == "db"
    )
