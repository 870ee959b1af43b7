"""Charges: rows of upstream's podEvaluator tests (amounts in whole units, cpu in millicores)."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import container, happened, pod, simulate, tasks
from workbench.engines.kubernetes.quota import Quotas, team_hard
from workbench.engines.kubernetes.quota_evaluator import missing_values, pod_usage
from workbench.formats.quantities import parse_resources
from workbench.model.faults import Fault
from workbench.model.native.kubernetes import ObjectMeta, PodSpec, ResourceQuota
from workbench.model.native.kubernetes.core import ResourceQuotaSpec
from workbench.model.native.kubernetes.pods import Container, ResourceRequirements
from workbench.model.workload import Duration, Team


def limited(name: str, **amounts: str) -> Container:
    requests = {key: value for key, value in amounts.items() if not key.startswith("limit_")}
    limits = {key.removeprefix("limit_"): value for key, value in amounts.items() if key.startswith("limit_")}
    resources = ResourceRequirements(requests=parse_resources(requests), limits=parse_resources(limits))
    return Container(name=name, resources=resources)


@pytest.mark.parametrize(
    ("containers", "init", "expected"),
    [
        pytest.param(
            [],
            [limited("i", cpu="1m", limit_cpu="2m")],
            {"pods": 1, "count/pods": 1, "requests.cpu": 1, "cpu": 1, "limits.cpu": 2},
            id="init container cpu",
        ),
        pytest.param(
            [limited("c", cpu="1m", limit_cpu="2m")],
            [],
            {"pods": 1, "count/pods": 1, "requests.cpu": 1, "cpu": 1, "limits.cpu": 2},
            id="container cpu",
        ),
        pytest.param(
            [limited("c", **{"ephemeral-storage": "32Mi", "limit_ephemeral-storage": "64Mi"})],
            [],
            {
                "pods": 1, "count/pods": 1, "ephemeral-storage": 32 << 20, "requests.ephemeral-storage": 32 << 20,
                "limits.ephemeral-storage": 64 << 20,
            },
            id="container local ephemeral storage",
        ),
        pytest.param(
            [],
            [limited("i", **{"example.com/dongle": "3", "limit_example.com/dongle": "3"})],
            {"pods": 1, "count/pods": 1, "requests.example.com/dongle": 3},
            id="extended resources: only requests.* is charged",
        ),
    ],
)  # fmt: skip
def test_what_a_pod_charges(containers, init, expected):
    usage = pod_usage(PodSpec(containers=tuple(containers), init_containers=tuple(init)))
    assert {name: amount.milli() if name.endswith("cpu") else amount.units() for name, amount in usage.items()} == (
        expected
    )


@pytest.mark.parametrize(
    ("required", "containers", "init", "expected"),
    [
        pytest.param(
            ["memory"],
            [],
            [limited("foo", cpu="1m"), limited("bar", cpu="1m")],
            "must specify memory for: bar,foo",
            id="multiple init containers, resource missing",
        ),
        pytest.param(["memory"], [limited("dummy", cpu="1m")], [], "must specify memory for: dummy", id="missing"),
        pytest.param(
            ["memory", "cpu"],
            [limited("foo"), limited("bar")],
            [],
            "must specify cpu for: bar,foo; memory for: bar,foo",
            id="several missing",
        ),
        pytest.param(["limits.cpu"], [limited("c", cpu="1")], [], "must specify limits.cpu for: c", id="limit missing"),
        pytest.param(["requests.cpu"], [limited("c", cpu="1")], [], "", id="there"),
        pytest.param(["pods"], [limited("c")], [], "", id="numbers of pods demand nothing of containers"),
    ],
)
def test_a_quota_makes_values_mandatory(required, containers, init, expected):
    assert missing_values(required, PodSpec(containers=tuple(containers), init_containers=tuple(init))) == expected


def test_amounts_for_the_pod_as_a_whole_need_no_values_per_container():
    whole = ResourceRequirements(requests=parse_resources({"cpu": "1m"}))
    assert missing_values(["memory", "cpu"], PodSpec(containers=(limited("foo"),), resources=whole)) == ""


def quotas(**hard: str) -> Quotas:
    made = Quotas()
    spec = ResourceQuotaSpec(hard=parse_resources({name.replace("_", "."): value for name, value in hard.items()}))
    made.put(ResourceQuota(metadata=ObjectMeta(name="compute", namespace="default"), spec=spec), {})
    return made


def test_the_refusal_is_worded_as_upstream_does():
    made, one = quotas(requests_cpu="1", requests_memory="2Gi"), pod(container("600m", "2Gi"))
    assert made.refusal("web-1", one) == ""
    made.charge(1, one)
    assert made.refusal("web-2", one) == (
        'pods "web-2" is forbidden: exceeded quota: compute, requested: requests.cpu=600m,requests.memory=2Gi, '
        "used: requests.cpu=600m,requests.memory=2Gi, limited: requests.cpu=1,requests.memory=2Gi"
    )


def test_a_pod_that_has_ended_is_free_but_for_its_object():
    made, one = quotas(pods="1", **{"count/pods": "1"}), pod(container("1"))
    made.charge(1, one)
    made.free(1, gone=False)
    assert "count/pods" in made.refusal("b", one)
    assert "pods=" not in made.refusal("b", one).replace("count/pods=", "")
    made.free(1, gone=True)
    assert made.refusal("b", one) == ""


def test_a_quota_set_later_counts_what_is_there():
    made, one = Quotas(), pod(container("1"))
    spec = ResourceQuotaSpec(hard=parse_resources({"requests.cpu": "1"}))
    made.put(ResourceQuota(metadata=ObjectMeta(name="late", namespace="default"), spec=spec), {1: one})
    assert "exceeded quota: late" in made.refusal("b", one)


def test_a_teams_limit_is_on_requests():
    assert {name: str(amount.nano) for name, amount in team_hard({"cpu": 1500, "memory": 2, "pods": 3}).items()} == {
        "requests.cpu": "1500000000", "requests.memory": "2000000000", "pods": "3000000000",
    }  # fmt: skip


# -- in a run -----------------------------------------------------------------------------------------------


def crunch(**more):
    return app("crunch", "batch", 6, cpu=1000, ready=0, team="a", duration=Duration(seconds(60)), **more)


def test_no_more_than_the_limit_is_created_and_the_rest_follows_as_pods_end():
    trace = simulate(scenario(crunch(), machines=4, horizon=300, teams=[Team("a", limit={"cpu": 2000})]))
    created = sorted(row["queued_us"] for row in tasks(trace))
    assert len(created) == 6
    assert created[1] < seconds(1)
    # pods 3 and 4 follow those that ended after about 62 s: seen within a second by the kubelet, and the Job
    # controller gathers changes for a second
    assert seconds(61) < created[2] <= created[3] < seconds(66)
    assert len(happened(trace, "events", kind="FailedCreate", subject="crunch")) > 0


def test_a_guarantee_has_no_counterpart():
    trace = simulate(scenario(crunch(), horizon=10, teams=[Team("a", guarantee={"cpu": 2000})]))
    assert happened(trace, "events", kind="NoCounterpart", subject="a", reason="no-guarantee") == [0.0]


def test_a_pod_stuck_in_deletion_is_free_at_the_first_full_count_after_its_grace_period():
    # node lost at 100 s; marked for deletion about 450 s later than that at most; deletion time stamp and grace
    # period make another 60 s, and the quota controller counts everything anew at 300, 600, 900 ... s
    web = app("web", replicas=1, cpu=1000, memory=GIB, team="a")
    limited_team = [Team("a", limit={"cpu": 1000})]
    trace = simulate(scenario(web, horizon=1500, teams=limited_team, faults=[Fault(seconds(100), hosting="web")]))
    evicted = happened(trace, "events", kind="TaintManagerEviction")[0]
    created = [row["queued_us"] / 1e6 for row in tasks(trace, "web")]
    assert 440 < evicted < 456
    assert len(created) == 2
    assert 600 <= created[1] < 600 + 1000  # and then whenever the ReplicaSet controller next tries


# -- scopes -------------------------------------------------------------------------------------------------


def scoped(*scopes: str, pods: str = "1") -> ResourceQuota:
    spec = ResourceQuotaSpec(hard=parse_resources({"pods": pods}), scopes=scopes)
    return ResourceQuota(metadata=ObjectMeta(name="some", namespace="a"), spec=spec)


@pytest.mark.parametrize(
    ("scope", "made"),
    [
        pytest.param("NotBestEffort", 2, id="pods that ask for cpu are counted"),
        pytest.param("BestEffort", 6, id="others are not"),
        pytest.param("NotTerminating", 2, id="pods without a deadline are counted"),
        pytest.param("Terminating", 6, id="those that have none are not"),
    ],
)
def test_in_a_run_a_quota_counts_only_the_pods_of_its_scope(scope, made):
    web = app("web", replicas=6, cpu=100, team="a")
    trace = simulate(scenario(web, machines=4, horizon=60, objects=(scoped(scope, pods="2"),)))
    assert len(tasks(trace)) == made
