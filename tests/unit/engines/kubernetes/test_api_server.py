"""Rates: client-go's token bucket; latencies: what is stored is seen a watch later."""

from __future__ import annotations

import pytest

from tests.make import app, scenario, seconds
from tests.unit.engines.kubernetes.builders import container
from workbench.engines.agenda import Order
from workbench.engines.kubernetes.admission import Admission, AdmissionParameters
from workbench.engines.kubernetes.api_server import NOT_FOUND, ApiServer, ApiServerParameters, Client, PodInformer
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.objects import PodDraft
from workbench.engines.kubernetes.quota import Quotas
from workbench.engines.world import World
from workbench.model.native.kubernetes import PodSpec


@pytest.fixture
def api():
    world = World(scenario(machines=1), Kubernetes(), 1)
    params = ApiServerParameters(write_latency_s=0.01, watch_latency_s=0.02)
    return ApiServer(world, Admission(AdmissionParameters(), ()), Quotas(), params)


def draft(name: str = "web-1") -> PodDraft:
    return PodDraft(name, "default", {"app": "web"}, PodSpec(containers=(container("1"),)), app("web"))


def pass_time(api: ApiServer, to_s: float) -> None:
    api.world.agenda.at(seconds(to_s), Order.SCHEDULER, lambda: None)
    api.world.agenda.run(seconds(to_s) + 1)


def test_a_write_is_stored_after_the_write_latency_and_seen_a_watch_later(api):
    seen = []
    api.watch("Pod", lambda old, new: seen.append((api.world.now_us, old, new.name)))
    api.request(api.create_pod, draft())
    pass_time(api, 0.009)
    assert not api.pods
    pass_time(api, 0.010)
    assert [one.name for one in api.pods.values()] == ["web-1"]
    assert not seen
    pass_time(api, 0.030)
    assert seen == [(30_000, None, "web-1")]


def test_a_version_once_seen_does_not_change(api):
    seen = []
    api.watch("Pod", lambda old, new: seen.append((old, new)))
    api.create_pod(draft())
    api.patch_pod(0, {"phase": "Running"})
    pass_time(api, 1)
    (_, first), (before, second) = seen
    assert (first.phase, second.phase) == ("Pending", "Running")
    assert before is first
    assert first.version < second.version


def test_an_object_that_is_gone_cannot_be_changed(api):
    assert api.patch_pod(7, {"phase": "Running"}) == NOT_FOUND
    assert api.delete_pod(7) == NOT_FOUND


@pytest.mark.parametrize(
    ("qps", "burst", "calls", "expected"),
    [
        pytest.param(20, 30, 30, [0.0] * 30, id="as many as can be saved up go at once"),
        pytest.param(20, 2, 5, [0.0, 0.0, 0.05, 0.10, 0.15], id="then one every 1/qps"),
        pytest.param(1, 1, 3, [0.0, 1.0, 2.0], id="one a second"),
    ],
)
def test_token_bucket(api, qps, burst, calls, expected):
    client = Client(api, qps, burst)
    assert [client.spend().done_us - api.write_us for _ in range(calls)] == [seconds(one) for one in expected]


def test_tokens_come_back_while_nobody_calls(api):
    client = Client(api, 10, 2)
    assert [client.spend().done_us for _ in range(3)] == [10_000, 10_000, 110_000]
    api.world.agenda.run(seconds(5))
    assert [client.spend().done_us for _ in range(3)] == [5_010_000, 5_010_000, 5_110_000]


def test_a_bound_pod_is_marked_and_stays_until_its_kubelet_answers(api):
    api.create_pod(draft())
    api.bind_pod(0, 0)
    api.delete_pod(0)
    assert api.pods[0].deletion_us == seconds(30)  # terminationGracePeriodSeconds is 30 by default
    api.delete_pod(0, 0)
    assert not api.pods


def test_a_pod_that_was_never_bound_is_gone_at_once(api):
    api.create_pod(draft())
    api.delete_pod(0)
    assert not api.pods
    assert api.world.trace["tasks"]["outcome"][0] == "killed"


def test_the_informer_keeps_pods_by_owner_and_by_node(api):
    informer = PodInformer(api)
    made = draft()
    api.create_pod(
        PodDraft(made.name, made.namespace, made.labels, made.spec, made.app, owner="ReplicaSet/default/web")
    )
    api.bind_pod(0, 0)
    pass_time(api, 1)
    assert list(informer.owned_by("ReplicaSet/default/web")) == [0]
    assert list(informer.on_node(0)) == [0]
    api.delete_pod(0, 0)
    pass_time(api, 2)
    assert (dict(informer.pods), dict(informer.owned_by("ReplicaSet/default/web")), dict(informer.on_node(0))) == (
        {},
        {},
        {},
    )
