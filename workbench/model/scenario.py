"""A scenario: one question, one cluster, one workload, everything needed to run it again to the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.model.changes import PlannedChange
from workbench.model.cluster import Cluster
from workbench.model.faults import Fault
from workbench.model.parameters import Settings, Value
from workbench.model.workload import App, Team

MOST_SEED = 2**63 - 1
"""Seeds are 0 or more, and no more than this."""


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text written once per language, by an author of each; never translated by machine or from parts."""

    en: str
    zh: str

    def __getitem__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Slider:
    """A setting that the panel shows: a dotted path into the declared parameters or into the scenario itself."""

    path: str
    label: LocalText
    low: Value | None = None
    high: Value | None = None
    step: Value | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scenario is there to show.

    Parameters
    ----------
    measure : str
        Name of the metric that answers the question, ``<metric>`` or ``<metric>:<app or team>``.
    lower : str
        The control plane that has the lower value at the shipped settings; a test holds it over 20 seeds.
    text : LocalText
        Said when the numbers agree with `lower`. Placeholders: the control planes' names with underscores for
        values, ``difference``, ``agree`` and ``repeats``.
    reverse, close : LocalText or None
        Said when the other is lower, and when it is too close to call; None takes the general sentence.
    grain : float or None
        The smallest difference worth speaking of here, in the measure's unit; None takes the metric's own.
    """

    measure: str
    lower: str
    text: LocalText
    reverse: LocalText | None = None
    close: LocalText | None = None
    grain: float | None = None


@dataclass(frozen=True, slots=True)
class Lever:
    """A setting to vary in search of the point where the answer changes: `path` over `values`, in rising order."""

    path: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A control plane under settings of its own, compared as a side of its own.

    Parameters
    ----------
    of : str
        Name of the control plane.
    label : LocalText
        What a reader calls it.
    parameters : mapping
        Dotted path of one of the control plane's settings -> value; they win over those of the scenario.
    """

    of: str
    label: LocalText
    parameters: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Study:
    """How a scenario is to be looked at.

    Parameters
    ----------
    control_planes : tuple of str
        The sides: control planes, and names of variants.
    variants : mapping
        Name -> a control plane under other settings.
    """

    control_planes: tuple[str, ...] = ("kubernetes", "mesos")
    replications: int = 20
    measures: tuple[str, ...] = ()
    figure: str = ""
    predictions: tuple[LocalText, ...] = ()
    answer: int = 0
    finding: Finding | None = None
    why: LocalText | None = None
    cannot_tell: tuple[LocalText, ...] = ()
    equalised: Mapping[str, Value] = field(default_factory=dict)
    levers: tuple[Lever, ...] = ()
    sliders: tuple[Slider, ...] = ()
    cure: str = ""
    source: str = ""
    variants: Mapping[str, Variant] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """Everything a run depends on, except the seed of a replication and the name of the control plane.

    Parameters
    ----------
    horizon_us : int
        Length of the run.
    images : mapping
        Image name -> size in bytes.
    objects : tuple
        Upstream's own objects that are not apps (Services, PodDisruptionBudgets, PriorityClasses ...), in the order
        of the files; the engine that knows a kind uses it.
    settings : Settings
        Overrides of declared parameters.
    policies : mapping
        Name -> a scheduling policy of one's own, which is run as a side of its own.
    volume_kinds : tuple
        Kinds of volumes of one's own, which apps name.
    document : mapping
        The scenario file as plain values, overrides included: what is saved and shown as provenance.
    files : mapping
        Texts of the manifests and Marathon documents it names, by name.
    """

    name: str
    title: LocalText
    question: LocalText
    horizon_us: int
    seed: int
    cluster: Cluster
    apps: tuple[App, ...]
    images: Mapping[str, int] = field(default_factory=dict)
    teams: tuple[Team, ...] = ()
    faults: tuple[Fault, ...] = ()
    changes: tuple[PlannedChange, ...] = ()
    objects: tuple[object, ...] = ()
    settings: Settings = field(default_factory=Settings)
    study: Study = field(default_factory=Study)
    policies: Mapping[str, object] = field(default_factory=dict)
    volume_kinds: tuple[object, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def team(self, name: str) -> Team:
        """Return the team called `name`; one that the scenario does not describe has no quota and weight 1."""
        return next((team for team in self.teams if team.name == name), Team(name))
