"""The scenario file as it is written: one class per mapping, one documented field per key. Here: the whole of it.

| part of the file | its classes |
|---|---|
| `cluster` | `scenario_machines.py` |
| `apps`, `behaviour` | `scenario_apps.py`, `label_keys.py` |
| what is in an app | `scenario_load.py`, `scenario_batch.py`, `scenario_disks.py`, `scenario_lives.py` |
| `faults`, `changes` | `scenario_events.py` |
| `study`, texts in two languages | `scenario_study.py` |
| single values | `scenario_types.py` |

The classes check one value at a time; what concerns several (names, references, room) is in `scenario_checks.py`.
Values are kept as read: durations in microseconds, amounts as exact quantities. The JSON Schema for editors is made
from these classes.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.formats.scenario_apps import AppPart, BehaviourPart
from workbench.formats.scenario_events import ChangePart, FaultPart
from workbench.formats.scenario_machines import ClusterPart
from workbench.formats.scenario_study import LocalText, StudyPart
from workbench.formats.scenario_types import (
    Amount,
    Amounts,
    Duration,
    Name,
    Number,
    Part,
    PositiveDuration,
    Scalar,
    Switch,
    Text,
    Whole,
    Within,
    Word,
)
from workbench.model.scenario import MOST_SEED

MOST_TEAMS = 1000


class TeamPart(Part):
    """An owner of apps and its share of the cluster."""

    name: Name = Field(description="as used by apps")
    count: Annotated[Whole, Within(0, MOST_TEAMS)] | None = Field(
        None,
        description="so many teams alike, called after it: name-0, name-1, ...; one team with just this name "
        "if left out",
    )
    weight: Annotated[Number, Within(0.001, 1e6)] = Field(
        1.0, description="relative claim, where the control plane shares fairly"
    )
    limit: Amounts = Field({}, description="at most this much at once: ResourceQuota, Mesos quota limit")
    guarantee: Amounts = Field({}, description="this much is kept available: Mesos quota guarantee")
    quota_at: Duration = Field("0s", validate_default=True, description="when limit and guarantee are set")
    always_on: Switch = Field(
        False,
        description="its own scheduler is up from the start, with or without work; Mesos: a framework that is "
        "made offers; Kubernetes, with one scheduler for all: no effect",
    )
    decides: Duration | None = Field(
        None,
        description="how long it takes to make up its mind; Mesos: its frameworks hold offers so long; "
        "Kubernetes: the scheduler is busy so long with each of its pods",
    )


class ScenarioDocument(Part):
    """One question, one cluster, one workload."""

    name: Name = Field(description="used for files and in tables")
    title: LocalText | None = Field(None, description="a few words; the name if left out")
    question: LocalText | None = Field(None, description="what is to be found out; the title if left out")
    horizon: PositiveDuration = Field("900s", validate_default=True, description="length of a run; 900s if left out")
    seed: Annotated[Whole, Within(0, MOST_SEED)] = Field(1, description="seed of the first replication")
    cluster: ClusterPart = Field(description="the machines")
    images: dict[Word, Amount] = Field({}, description="bytes to pull per container image; not listed means none")
    teams: tuple[TeamPart, ...] = Field((), description="owners with weights and quotas; others have none")
    apps: tuple[AppPart, ...] = Field((), description="apps in the short form")
    manifests: tuple[Text, ...] = Field((), description="Kubernetes files beside this one")
    marathon: tuple[Text, ...] = Field((), description="Marathon JSON files beside this one")
    behaviour: dict[Word, BehaviourPart] = Field(
        {}, description="by app name: what manifests and Marathon files cannot say"
    )
    faults: tuple[FaultPart, ...] = Field((), description="what goes wrong, and when")
    changes: tuple[ChangePart, ...] = Field((), description="what users and operators ask for, and when")
    parameters: dict[Word, Scalar] = Field({}, description="declared parameters by dotted path")
    study: StudyPart = Field(default_factory=lambda: StudyPart.model_validate({}), description="how to look at it")
