"""KubeSchedulerConfiguration: the file that kube-scheduler is started with -> typed values.

Every fault is told, all at once: wrong types and ranges, unknown keys, plugins that do not exist, arguments for a
plugin that takes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from workbench.errors import DocumentError, Problem, no_such, unknown_key
from workbench.formats.kubernetes_fields import UNKNOWN as UNKNOWN_FIELD
from workbench.formats.kubernetes_fields import UNKNOWN_NEAR, object_reader
from workbench.formats.kubernetes_reading import FAILED, At, Reading, Rules, Spot
from workbench.formats.kubernetes_rules import RULES
from workbench.formats.places import Document, ValuePath, place_of
from workbench.formats.text import json_document, yaml_documents
from workbench.model.native.kubernetes.scheduler_configuration import (
    ARGS,
    PLUGIN_NAMES,
    KubeSchedulerConfiguration,
    KubeSchedulerProfile,
    PluginConfig,
    PluginSet,
    PodTopologySpreadArgs,
    ScoringStrategy,
)

KIND = "KubeSchedulerConfiguration"
VERSIONS = ("kubescheduler.config.k8s.io/v1",)
LIMIT_VALUES = 100_000
"""Values that a configuration may hold; real ones have some hundred."""

STRATEGIES = ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio")


def _plugin_config(config: PluginConfig, raw: Mapping[str, Any], spot: Spot) -> Any:
    """Read the arguments as those of the plugin that is named."""
    kind = ARGS.get(config.name)
    if raw.get("args") is None:
        return config if kind is None else replace(config, args=kind())
    if kind is None:
        spot.reading.add(no_such(config.name, ARGS, "the plugins with arguments", spot.place("name")))
        return FAILED
    args = object_reader(kind, CONFIGURATION_RULES)(raw["args"], At(spot.at, "args"), spot.reading)
    return FAILED if args is FAILED else replace(config, args=args)


def _plugin_set(plugins: PluginSet, _raw: Mapping[str, Any], spot: Spot) -> PluginSet:
    """Tell of plugins that do not exist; only what is taken away may be ``*``, all of them."""
    for key, refs, more in (("enabled", plugins.enabled, ()), ("disabled", plugins.disabled, ("*",))):
        for number, ref in enumerate(refs):
            if ref.name not in PLUGIN_NAMES and ref.name not in more:
                spot.add(
                    no_such(
                        ref.name,
                        (*PLUGIN_NAMES, *more),
                        "the plugins of kube-scheduler",
                        spot.place(key, number, "name"),
                    )
                )
    return plugins


def _strategy(strategy: ScoringStrategy, _raw: Mapping[str, Any], spot: Spot) -> ScoringStrategy:
    shape = strategy.requested_to_capacity_ratio.shape if strategy.requested_to_capacity_ratio else ()
    if strategy.type == "RequestedToCapacityRatio" and not shape:
        spot.problem("missing-key", key="requestedToCapacityRatio.shape")
    points = [point.utilization for point in shape]
    if any(left >= right for left, right in pairwise(points)):
        spot.problem("not-rising", "requestedToCapacityRatio", "shape")
    return strategy


CONFIGURATION_RULES = Rules(
    {
        **RULES.words,
        (ScoringStrategy, "type"): STRATEGIES,
        (PodTopologySpreadArgs, "defaultingType"): ("System", "List"),
    },
    {
        **RULES.ranges,
        "podInitialBackoffSeconds": (1, 2**31 - 1), "podMaxBackoffSeconds": (1, 2**31 - 1),
        "percentageOfNodesToScore": (0, 100), "utilization": (0, 100), "score": (0, 10), "weight": (0, 2**31 - 1),
        "hardPodAffinityWeight": (0, 100), "minCandidateNodesPercentage": (0, 100),
    },
    {}, {},
    {**RULES.after, PluginConfig: _plugin_config, PluginSet: _plugin_set, ScoringStrategy: _strategy},
    RULES.annotations,
)  # fmt: skip


def read_scheduler_configuration(text: str, name: str) -> KubeSchedulerConfiguration:
    """Return the configuration that a YAML or JSON text holds.

    Raises
    ------
    DocumentError
        With every fault.
    """
    if name.lower().endswith(".json"):
        documents = [json_document(text, name, limit_values=LIMIT_VALUES)]
    else:
        documents = yaml_documents(text, name, limit_values=LIMIT_VALUES)
    found = [one for one in documents if isinstance(one.value, dict) and one.value.get("kind") == KIND]
    if len(found) != 1:
        raise DocumentError(Problem("not-an-object", name, {"why": KIND}))
    version = found[0].value.get("apiVersion")
    if version not in VERSIONS:
        raise DocumentError(_old_version(version, found[0].place(("apiVersion",))))
    made: KubeSchedulerConfiguration = _read(KubeSchedulerConfiguration, found[0])
    return made


def typed_profile(value: Mapping[str, Any], name: str = "") -> KubeSchedulerProfile:
    """Return a profile from plain values.

    Raises
    ------
    DocumentError
        With every fault.
    """
    made: KubeSchedulerProfile = _read(KubeSchedulerProfile, Document(value, lambda path: place_of(name, None, path)))
    return made


def configuration_object(
    value: Mapping[str, Any], document: Document, base: ValuePath, reading: Reading
) -> KubeSchedulerConfiguration | None:
    """Return a configuration that stands among the objects of a manifest; faults and fields are noted in `reading`."""
    made, own = _read_in(KubeSchedulerConfiguration, value, document, base)
    if value["apiVersion"] not in VERSIONS:
        own.add(_old_version(value["apiVersion"], document.place((*base, "apiVersion"))))
    names: dict[str, int] = {}
    for number, profile in enumerate(() if made is FAILED else made.profiles):
        first = names.setdefault(profile.scheduler_name, number)
        if first != number:
            here, there = (document.place((*base, "profiles", at, "schedulerName")) for at in (number, first))
            own.add(Problem("duplicate-name", here, {"name": profile.scheduler_name, "first": there}))
    for problem in own.problems:
        reading.add(problem)
    for presence in own.presences(_no_alias):
        for _ in range(presence.count):
            reading.count(presence.path, presence.fate)
    return None if made is FAILED or own.problems else made


def _old_version(version: Any, place: str) -> Problem:
    return Problem("not-allowed", place, {"value": version, "allowed": ", ".join(VERSIONS)})


def _no_alias(_kind: str, _path: str) -> str:
    return ""


def _read(kind: type, document: Document) -> Any:
    made, reading = _read_in(kind, document.value, document, ())
    if reading.problems or made is FAILED:
        raise DocumentError(reading.problems)
    return made


def _read_in(kind: type, value: Any, document: Document, base: ValuePath) -> tuple[Any, Reading]:
    """Return the value, or `FAILED`, and what was noted on the way."""
    reading = Reading(CONFIGURATION_RULES)
    reading.begin(KIND, VERSIONS[0], document.place, base)
    made = object_reader(kind, CONFIGURATION_RULES)(value, None, reading)
    for presence in reading.presences(_no_alias):
        fate = presence.fate
        if fate is not None and fate.note in (UNKNOWN_FIELD.note, UNKNOWN_NEAR):
            reading.add(unknown_key(presence.path, dict(fate.args).values(), document.place(base)))
    return made, reading
