"""LimitRange: what is filled in, what is refused, and both in runs. Upstream's rows are in the conformance records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.make import app, scenario
from tests.unit.engines.kubernetes.builders import happened, simulate, tasks
from workbench.engines.kubernetes.limit_ranger import LimitRanger
from workbench.formats.quantities import parse_resources
from workbench.model.native.kubernetes import LimitRange, ObjectMeta, PodSpec
from workbench.model.native.kubernetes.core import LimitRangeItem, LimitRangeSpec
from workbench.model.native.kubernetes.pods import Container, ResourceRequirements
from workbench.model.native.kubernetes.quantity import format_quantity


def bound(kind="Container", **amounts) -> LimitRange:
    given = {name: parse_resources(one) for name, one in amounts.items()}
    items = (LimitRangeItem(type=kind, **given),)
    return LimitRange(metadata=ObjectMeta(name="bounds", namespace="default"), spec=LimitRangeSpec(limits=items))


def asking(requests=None, limits=None) -> PodSpec:
    asked = ResourceRequirements(requests=parse_resources(requests or {}), limits=parse_resources(limits or {}))
    return PodSpec(containers=(Container(name="c", resources=asked),))


def filled(one: LimitRange, spec: PodSpec) -> tuple[dict[str, str], dict[str, str]]:
    resources = LimitRanger([one]).mutate("default", spec).containers[0].resources
    requests, limits = resources.requests, resources.limits
    return (
        {name: format_quantity(amount) for name, amount in requests.items()},
        {name: format_quantity(amount) for name, amount in limits.items()},
    )


@pytest.mark.parametrize(
    ("one", "spec", "requests", "limits"),
    [
        pytest.param(
            bound(default={"cpu": "1"}, default_request={"cpu": "200m"}), asking(), {"cpu": "200m"}, {"cpu": "1"},
            id="defaults fill what is missing",
        ),
        pytest.param(
            bound(default={"cpu": "1"}, default_request={"cpu": "200m"}), asking({"cpu": "300m"}, {"cpu": "400m"}),
            {"cpu": "300m"}, {"cpu": "400m"}, id="what is given stays",
        ),
        pytest.param(bound(max={"cpu": "2"}), asking(), {"cpu": "2"}, {"cpu": "2"}, id="a maximum is the default"),
        pytest.param(bound(min={"cpu": "50m"}), asking(), {"cpu": "50m"}, {}, id="a minimum is the default request"),
        pytest.param(bound("Pod", max={"cpu": "2"}), asking(), {}, {}, id="bounds of pods fill in nothing"),
    ],
)  # fmt: skip
def test_what_is_filled_in(one, spec, requests, limits):
    assert filled(one, spec) == (requests, limits)


@pytest.mark.parametrize(
    ("one", "spec", "expected"),
    [
        pytest.param(bound(min={"cpu": "100m"}), asking({"cpu": "50m"}),
                     "minimum cpu usage per Container is 100m, but request is 50m", id="too little"),
        pytest.param(bound(max={"memory": "1Gi"}), asking({"memory": "1Gi"}, {"memory": "2Gi"}),
                     "maximum memory usage per Container is 1Gi, but limit is 2Gi", id="too much"),
        pytest.param(bound("Pod", max={"memory": "1Gi"}), asking(),
                     "maximum memory usage per Pod is 1Gi.  No limit is specified", id="a limit is demanded"),
        pytest.param(
            bound(max_limit_request_ratio={"cpu": "1.5"}), asking({"cpu": "1"}, {"cpu": "2"}),
            "cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.000000", id="ratio",
        ),
        pytest.param(
            bound(min={"cpu": "100m", "memory": "1Mi"}), asking({"cpu": "50m", "memory": "1Ki"}),
            "[minimum cpu usage per Container is 100m, but request is 50m, "
            "minimum memory usage per Container is 1Mi, but request is 1Ki]", id="all faults at once",
        ),
        pytest.param(bound(max={"cpu": "1"}), asking({"cpu": "1"}, {"cpu": "1"}), "", id="just within"),
    ],
)  # fmt: skip
def test_what_is_refused_as_upstream_words_it(one, spec, expected):
    assert LimitRanger([one]).refusal("default", spec) == expected
    assert LimitRanger([one]).refusal("elsewhere", spec) == ""


def test_in_a_run_a_pod_beyond_the_bounds_is_never_made_and_the_trace_says_why():
    trace = simulate(scenario(app("web", cpu=3000), horizon=60, objects=(bound(max={"cpu": "2"}),)))
    assert tasks(trace) == []
    assert happened(trace, "events", kind="FailedCreate", reason="beyond-limits")


def test_in_a_run_a_default_is_what_the_pod_asks_for():
    web = replace(app("web"), request={})
    trace = simulate(scenario(web, horizon=60, objects=(bound(default={"cpu": "1500m"}),)))
    assert [(row["cpu"], row["outcome"]) for row in tasks(trace)] == [(1500, "running")]
