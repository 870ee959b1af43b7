"""The requests to a service as a scenario file describes them, and the size that follows them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from workbench.formats.scenario_types import (
    MOST_TASKS,
    Amount,
    Duration,
    Number,
    Part,
    PositiveDuration,
    Text,
    Whole,
    Within,
    Word,
    wrapped,
)

RequestRate = Annotated[Number, Within(0, 1e9, "requests/s")]
"""Requests per second."""


class DemandPointPart(Part):
    """One point of a recorded demand."""

    at: Duration = Field(description="when")
    rate: RequestRate = Field(description="requests per second from then until the next point")


class DemandPart(Part):
    """How many requests come when. Which keys are needed depends on the shape."""

    shape: Literal["constant", "step", "ramp", "flash-crowd", "diurnal", "recorded"] = Field(
        "constant",
        description=(
            "constant: always `rate`; step: `rate`, from `start` on `to`; ramp: from `rate` to `to` within `rise`; "
            "flash-crowd: from `rate` within `rise` to `to`, there for `hold`, back within `fall`; diurnal: around "
            "`rate`, up and down by the share `swing` of it, highest at `peak_at`; recorded: as `points` or `file` say"
        ),
    )
    rate: RequestRate = Field(0.0, description="requests per second: before anything happens, or the mean")
    to: RequestRate = Field(0.0, description="requests per second afterwards, or at the height of a flash crowd")
    start: Duration = Field("0s", validate_default=True, description="when the rate begins to change")
    rise: Duration = Field("0s", validate_default=True, description="how long it takes to get there")
    hold: Duration = Field("0s", validate_default=True, description="how long a flash crowd stays")
    fall: Duration = Field("0s", validate_default=True, description="how long it takes to go")
    swing: Annotated[Number, Within(0, 1)] = Field(0.0, description="0 to 1: how far a day goes up and down")
    period: PositiveDuration = Field("1d", validate_default=True, description="length of the day")
    peak_at: Duration = Field("0s", validate_default=True, description="when the day is at its highest")
    points: tuple[DemandPointPart, ...] = Field(
        (), max_length=100_000, description="a recorded demand, times in rising order"
    )
    file: Text | None = Field(
        None, description="a CSV file beside the scenario with a recorded demand, columns `at` and `rate`"
    )


class LoadPart(Part):
    """The requests to a service, and what they cost it."""

    demand: Annotated[DemandPart, BeforeValidator(wrapped("rate"), json_schema_input_type=DemandPart | RequestRate)] = (
        Field(description="how many requests come when; a bare number is a constant rate per second")
    )
    cpu: PositiveDuration = Field(description="cpu time that one request takes on average, e.g. 20ms")
    cap: Amount | None = Field(
        None, description="cpu that an instance may use at most, e.g. 1500m; what it asks for if left out"
    )
    queue: Annotated[Whole, Within(1, 1_000_000)] = Field(
        100, description="requests that an instance holds at most; any more are refused"
    )
    late: PositiveDuration = Field(
        "1s", validate_default=True, description="a request that takes longer than this counts as late"
    )
    from_: Duration = Field("0s", validate_default=True, alias="from", description="no request comes before")
    metrics: dict[Word, Literal["requests", "waiting"]] = Field(
        {},
        description="names under which autoscalers of manifests find what is measured: requests per second, or those "
        "that wait",
    )


class ScalingPart(Part):
    """A size that follows what is measured: HorizontalPodAutoscaler; marathon-autoscale, marathon-lb-autoscale."""

    target: Annotated[Whole, Within(1, 1000)] = Field(
        60, description="use of cpu that is aimed at, in per cent of what instances ask for"
    )
    requests: Annotated[Number, Within(0.001, 1e9, "requests/s")] | None = Field(
        None, description="requests per second for an instance, counted where they come in, instead of a use of cpu"
    )
    least: Annotated[Whole, Within(0, MOST_TASKS)] = Field(
        1, description="instances, at least; 0: none while no requests come, where somebody brings the first one back"
    )
    most: Annotated[Whole, Within(1, MOST_TASKS)] = Field(description="instances, at most")
