"""Rows about the VerticalPodAutoscaler, put to `workbench.engines.kubernetes.autoscalers.vertical*`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any

from workbench.engines.kubernetes.autoscalers import vertical, vertical_updater
from workbench.engines.kubernetes.autoscalers.vertical import Estimator, History, Usage
from workbench.engines.kubernetes.autoscalers.vertical_histogram import (
    CPU_BUCKETS,
    EPSILON,
    MEMORY_BUCKETS,
    Buckets,
    ExponentialBuckets,
    Histogram,
    LinearBuckets,
)
from workbench.engines.kubernetes.autoscalers.vertical_updater import Sized
from workbench.fidelity.adapters.comparing import Unsupported, amounts_of, differences
from workbench.fidelity.records import Case
from workbench.formats.quantities import format_quantity, parse_quantity
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.quantity import Quantity

Given = Mapping[str, Any]

FLOAT_DIGITS = 1e-12
"""Upstream compares these with a small delta; here, with rounding in the last digits."""


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    answer = next((one for begin, one in _ANSWERS.items() if case.group.startswith(begin)), None)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    return differences(expected, _as_expected(expected, answer(given), given.get("relativeTolerance", FLOAT_DIGITS)))


def _as_expected(expected: Any, answered: Any, tolerance: float) -> Any:
    """Return what was answered, numbers replaced by the expected ones that they are close enough to."""
    if isinstance(expected, Mapping) and isinstance(answered, Mapping):
        return {name: _as_expected(expected.get(name), one, tolerance) for name, one in answered.items()}
    if isinstance(expected, float) and isclose(expected, answered, rel_tol=tolerance, abs_tol=EPSILON):
        return expected
    return answered


def _buckets(given: Given) -> Buckets:
    if given["kind"] == "linear":
        return LinearBuckets(given["max"], given["bucketSize"])
    return ExponentialBuckets(given["max"], given["firstBucketSize"], given["ratio"])


def _percentile(given: Given) -> Given:
    histogram = Histogram(_buckets(given["options"]), to_us(given.get("halfLifeSeconds", 0)))
    for one in given["samples"]:
        histogram.add(one["value"], one["weight"], to_us(one.get("atSeconds", 0)))
    return {"value": histogram.percentile(given["percentile"])}


def _layout(given: Given) -> Given:
    buckets = _buckets(given)
    return {
        "numBuckets": buckets.count,
        "bucketStart": {str(one): buckets.start(one) for one in (0, buckets.count - 1)},
        "findBucket": {one: buckets.find(float(one)) for one in ("-1.0", "0.0", "1.3", "100.0")},
    }


def _estimated(given: Given) -> Given:
    """Build the chain that a row names, stages in upstream's order, and ask it."""
    cpu, memory = Histogram(CPU_BUCKETS), Histogram(MEMORY_BUCKETS)
    for one in given.get("cpuSamplesCores", ()):
        cpu.add(one)
    for one in given.get("memorySamplesBytes", ()):
        memory.add(one)
    count = given.get("sampleCount", 0)
    history = History(cpu, memory, 0.0, given.get("sampleEverySeconds", 0) * max(0, count - 1), count)
    interval_s = given.get("confidenceIntervalHours", 24) * 3600
    estimator = _first(given)
    if "multiplier" in given:
        estimator = vertical.with_confidence(estimator, given["multiplier"], given["exponent"], interval_s)
    if "marginFraction" in given:
        estimator = vertical.with_margin(estimator, given["marginFraction"])
    usage = estimator(history)
    estimate = vertical.rounded(usage)
    return {
        "confidence": vertical.confidence(history, interval_s),
        "cpuAmount": usage.cpu,
        "cpuCores": estimate.millicores / 1000,
        "memoryBytes": estimate.memory,
    }


def _first(given: Given) -> Estimator:
    if "cpuPercentile" in given:
        return vertical.percentile_estimator(given["cpuPercentile"], given["memoryPercentile"])
    base = Usage(given["baseCpuCores"], given.get("baseMemoryBytes", 0.0))
    return lambda history: base  # noqa: ARG005 - a constant


def _minimum(given: Given) -> Given:
    least = vertical.pod_minimum(given["containers"], given["minCpuMillicores"], given["minMemoryMb"])
    base = Usage(given["estimateCpuCores"], given["estimateMemoryBytes"])
    history = History(Histogram(CPU_BUCKETS), Histogram(MEMORY_BUCKETS))
    found = vertical.rounded(vertical.with_minimum(lambda _: base, least)(history))
    return {"cpuMillicoresPerContainer": found.millicores, "memoryBytesPerContainer": found.memory}


def _whole_cores(given: Given) -> Given:
    targets = {name: parse_quantity(text).milli() for name, text in given["targets"].items()}
    found = vertical.whole_cores(targets, frozenset(given["annotatedContainers"]))
    return {"targets": {name: _text_of(given["targets"][name], milli) for name, milli in found.items()}}


def _text_of(before: str, milli: int) -> str:
    """Return an amount as text, the row's own if it is the same amount."""
    quantity = Quantity.of_milli(milli)
    return before if parse_quantity(before) == quantity else format_quantity(quantity)


def _priority(given: Given) -> Given:
    found = vertical_updater.update_priority(
        Sized(
            _milli(one["requests"]) or {}, _milli(one["target"]) or {}, _milli(one["statusRequests"]),
            _milli(one["lowerBound"]) or {}, _milli(one["upperBound"]) or {},
        )
        for one in given["containers"]
    )  # fmt: skip
    return {"outsideRecommendedRange": found.outside, "resourceDiff": found.difference, "scaleUp": found.scale_up}


def _milli(amounts: Mapping[str, str] | None) -> dict[str, int] | None:
    if amounts is None:
        return None
    return {name: quantity.milli() for name, quantity in amounts_of(amounts).items()}


def _evicted(given: Given) -> Given:
    found = vertical_updater.evictable(
        given["replicas"], given["podPhases"], given["minReplicas"], given["evictionTolerance"]
    )
    return {"evictedInOneLoop": found}


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "Histogram.Percentile": _percentile,
    "DecayingHistogram.Percentile": _percentile,
    "HistogramOptions": _layout,
    "estimator chain": _estimated,
    "GetRecommendedPodResources": _minimum,
    "IntegerCPUPostProcessor": _whole_cores,
    "GetUpdatePriority": _priority,
    "PodsEvictionRestriction": _evicted,
}
"""How the name of upstream's function begins -> what answers in its place."""
