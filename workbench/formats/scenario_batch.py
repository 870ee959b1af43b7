"""The tasks of a batch app as a scenario file describes them: how long, when, and what they read."""

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
    Whole,
    Within,
    wrapped,
)


class DurationPart(Part):
    """How long a batch task runs."""

    mean: PositiveDuration = Field(description="the mean")
    shape: Literal["constant", "exponential", "uniform"] = Field(
        "constant", description="constant; exponential; uniform from half to one and a half times the mean"
    )


TaskDuration = Annotated[
    DurationPart, BeforeValidator(wrapped("mean"), json_schema_input_type=DurationPart | PositiveDuration)
]
"""How long a task runs; a bare duration is a constant one."""


class ArrivalsPart(Part):
    """Batch tasks that come one by one."""

    rate: Annotated[Number, Within(1e-6, 1e6, "tasks/s")] = Field(description="tasks per second")
    shape: Literal["constant", "poisson", "bursty"] = Field(
        "poisson", description="even gaps; exponential ones; exponential ones between groups of tasks"
    )
    burst: Annotated[Number, Within(1, 10_000, "tasks")] = Field(
        10.0, description="bursty: tasks of a group on average; the size of each is geometric"
    )
    until: Duration = Field(description="no task arrives at or after this time")


class InputPart(Part):
    """The data that tasks of a batch app read, in blocks on the machines' own disks."""

    size: Amount = Field(description="bytes of a block, e.g. 256Mi")
    copies: Annotated[Whole, Within(1, 100)] = Field(3, description="machines that hold a copy of each block")
    blocks: Annotated[Whole, Within(1, MOST_TASKS)] | None = Field(
        None,
        description="how many blocks there are; one for each task if left out; with fewer the app works in stages",
    )
