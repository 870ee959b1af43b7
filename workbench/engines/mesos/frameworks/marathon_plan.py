"""In which order a deployment changes several apps: what is deleted goes first, then everything after what it needs.

Apps whose longest chain of dependencies is equally long are changed side by side, in one step; the next step begins
when all of it is done.

Source: mesosphere/marathon core/deployment/DeploymentPlan.scala (dependencyOrderedSteps, runSpecsGroupedByLongestPath).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from workbench.engines.mesos.frameworks.run_spec import RunSpec


def dependency_ordered_steps(
    changed: Collection[str], deleted: Collection[str], target: Mapping[str, RunSpec]
) -> list[tuple[str, ...]]:
    """Return the steps, each the ids of apps that are changed side by side.

    Parameters
    ----------
    target : mapping
        Every app there is to be in the end, by id; also those that do not change.
    """
    layers: dict[int, list[str]] = {}
    for app in changed:
        layers.setdefault(longest_path(app, target), []).append(app)
    return [*([tuple(deleted)] if deleted else []), *(tuple(layers[length]) for length in sorted(layers))]


def longest_path(app: str, target: Mapping[str, RunSpec], below: tuple[str, ...] = ()) -> int:
    """Return how many apps the longest chain of dependencies that begins with `app` has; a circle counts once."""
    needs = [other for other in target if other not in (*below, app) and target[app].depends_on(other)]
    return 1 + max((longest_path(other, target, (*below, app)) for other in needs), default=0)
