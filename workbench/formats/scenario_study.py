"""How a scenario is to be looked at: measures, figure, predictions, settings to move, and texts in two languages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from workbench.formats.scenario_types import Number, Part, Scalar, Text, Whole, Within, Word, both_languages


class Texts(Part):
    """A text in each language, written by an author of each."""

    en: Text = Field(description="English")
    zh: Text = Field(description="Chinese")


LocalText = Annotated[Texts, BeforeValidator(both_languages, json_schema_input_type=Texts | str)]
"""A text per language; a bare text serves for both."""


class SliderPart(Part):
    """A setting shown on the panel."""

    path: Word = Field(description="dotted path of a parameter, or into this file: apps.web.replicas")
    label: LocalText = Field(description="what the slider is called")
    low: Scalar | None = Field(None, description="smallest value; the parameter's own if left out")
    high: Scalar | None = Field(None, description="largest value")
    step: Scalar | None = Field(None, description="distance between values")


class LeverPart(Part):
    """A setting that is varied in search of the point where the answer changes."""

    path: Word = Field(description="dotted path of a parameter, or into this file")
    values: tuple[Scalar, ...] = Field(min_length=2, max_length=50, description="values to try, in rising order")


class FindingPart(Part):
    """What the scenario is there to show."""

    measure: Word = Field(description="the metric that answers the question: <metric> or <metric>:<app or team>")
    lower: Word = Field(description="the side whose value is lower at these settings")
    text: LocalText = Field(
        description="said when the numbers agree; placeholders: names of sides with underscores, "
        "{difference}, {agree}, {repeats}"
    )
    reverse: LocalText | None = Field(None, description="said when the other is lower")
    close: LocalText | None = Field(None, description="said when it is too close to call")
    grain: Annotated[Number, Within(0, 1e9)] | None = Field(
        None, description="smallest difference worth speaking of here, in the measure's unit"
    )


class VariantPart(Part):
    """A control plane under settings of its own, as a side."""

    of: Word = Field(description="the control plane")
    label: LocalText | None = Field(None, description="what a reader calls it, at most 24 characters; else its name")
    parameters: dict[Word, Scalar] = Field(
        min_length=1, description="dotted paths of the control plane's settings; they win over the scenario's own"
    )


class StudyPart(Part):
    """How to look at the scenario."""

    control_planes: tuple[Word, ...] = Field(
        ("kubernetes", "mesos"), min_length=1, max_length=10, description="which to run: control planes and variants"
    )
    variants: dict[Word, VariantPart] = Field(
        {}, max_length=10, description="control planes under other settings, to be sides by these names"
    )
    replications: Annotated[Whole, Within(1, 10_000)] = Field(20, description="seeds per control plane")
    measures: tuple[Word, ...] = Field((), max_length=5, description="rows of the first page, at most five")
    figure: Literal[
        "",
        "demand",
        "relay",
        "strength",
        "ladder",
        "lanes",
        "copies",
        "waiting",
        "staircase",
        "holding",
        "turns",
        "shares",
        "heat",
        "jobs",
        "zones",
        "cluster_map",
    ] = Field("", description="figure of the first page")
    predictions: tuple[LocalText, ...] = Field((), max_length=5, description="answers to choose from")
    answer: Annotated[Whole, Within(0, 4)] = Field(0, description="which prediction is right, from 0")
    finding: FindingPart | None = Field(None, description="what the scenario is there to show")
    why: LocalText | None = Field(None, description="the mechanism behind it")
    cannot_tell: tuple[LocalText, ...] = Field((), max_length=10, description="what the model leaves out here")
    equalised: dict[Word, Scalar] = Field({}, description="parameters that make the defaults of both sides equal")
    levers: tuple[LeverPart, ...] = Field((), max_length=10, description="settings that might change the answer")
    sliders: tuple[SliderPart, ...] = Field((), max_length=8, description="settings shown on the panel")
    cure: Text = Field("", description="the path that makes the difference go away")
    source: Text = Field("", description="where the question or the numbers are from")
