"""Keys of apps and changes about labels: what stands behind a name, what is done by labels, the old rolling update."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from workbench.formats.scenario_types import Number, PositiveDuration, Text, Whole, Within, Word

ErrorShare = Annotated[Number, Within(0, 1)]
"""Share of requests."""


class FrontKeys(BaseModel):
    """Of an app: whose clients its instances serve, and how well."""

    behind: Text = Field(
        "",
        description="service: the app whose clients its instances serve too, as a canary does: Kubernetes: a "
        "Deployment of its own behind that app's Service; Marathon: an app of the same HAProxy backend",
    )
    errors: ErrorShare = Field(
        0.0, description="share of requests, 0 to 1, that its instances answer wrongly though they are ready"
    )


class LabelKeys(BaseModel):
    """Of a change."""

    errors: ErrorShare | None = Field(
        None, description="update: share of requests that the new version answers wrongly, though it is ready"
    )
    cascade: Literal["background", "foreground", "orphan"] = Field(
        "background",
        description="delete: what becomes of the instances: background: they go after the app; foreground: before it; "
        "orphan: they run on, and nobody mends them",
    )
    to: Text = Field(
        "", description="route: clients are sent to this app alone; to all that stand behind the name if left out"
    )
    labels: dict[Word, Text] = Field(
        {}, description="relabel: label and value, e.g. {app: debug}; an empty value takes the label off"
    )
    period: PositiveDuration = Field(
        "60s", validate_default=True, description="rolling-update: between a step up and a step down"
    )
    poll: PositiveDuration = Field(
        "3s", validate_default=True, description="rolling-update: between two looks at what came of a step"
    )
    timeout: PositiveDuration = Field(
        "300s", validate_default=True, description="rolling-update: how long nothing may come of a step"
    )
    client: PositiveDuration | None = Field(
        None, description="rolling-update: how long the program runs that does it; to its end if left out"
    )
    instances: Annotated[Whole, Within(1, 100_000)] = Field(
        1, description="relabel: so many instances, the oldest of those that do not have the labels"
    )
    cost: Annotated[Whole, Within(-2_147_483_648, 2_147_483_647)] | None = Field(
        None,
        description="relabel: those of the lowest cost go first when the app gets smaller, 0 if nothing is said "
        "(annotation controller.kubernetes.io/pod-deletion-cost)",
    )
