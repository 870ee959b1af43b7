"""A scheduling policy of one's own against the default one: a class of some twenty lines is all it takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.engines.kubernetes.framework import Plugin, ScorePlugin, unschedulable
from workbench.engines.kubernetes.metrics_server import RESOLUTION_S
from workbench.engines.kubernetes.policy import policy_of
from workbench.experiments.check import as_scenario
from workbench.experiments.sides import carrying, known
from workbench.model.scenario import Scenario

__all__ = ["FilterPlugin", "ScorePlugin", "unschedulable", "with_policy"]

FilterPlugin = Plugin
"""The base of a plugin that refuses nodes."""


def with_policy(
    scenario: Scenario | str | Path,
    plugin: Any,
    *,
    weight: int = 1,
    without: Iterable[str] = (),
    measured_every_s: float = RESOLUTION_S,
) -> Scenario:
    """Return the scenario with a scheduler of one's own as a side, to the right of the default one of Kubernetes.

    The result is compared, run, swept and shown in a panel like any other scenario; called again, it takes in one
    more. Same seed, same run, as long as the plugin draws no lots of its own.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, its file, or the name of a shipped one.
    plugin : ScorePlugin or FilterPlugin, or its class
        The scheduler asks it besides its own plugins. The side is called after its `name`, or after its class.
    weight : int
        Of the plugin's score in the total, 1 to 100.
    without : iterable of str
        Default plugins that are not asked.
    measured_every_s : float
        How often `NodeInfo.measured_cpu` is measured anew.

    Raises
    ------
    PolicyError
        With everything that is wrong with the plugin, or how it is registered.
    """
    base = as_scenario(scenario)
    policy = policy_of(plugin, weight, without, measured_every_s, known(base))
    return carrying(base, {**base.policies, policy.name: policy})
