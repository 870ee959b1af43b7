"""Task groups: tasks that share one executor and one fate, as the containers of a Marathon pod do.

LAUNCH_GROUP starts all tasks of a group or none. Each has resources and a state of its own, and the executor has
resources beside them. Their images are fetched side by side, and none of them starts before the last is there. When one
task ends amiss the default executor kills the others; a kill means them all.

To the World a group is one task, which holds what all of them ask for together.

Source: mesos docs/mesos-containerizer.md and docs/nested-container-and-task-group.md, src/launcher/default_executor.cpp
(launchContainer, waited), include/mesos/mesos.proto (Offer.Operation.LaunchGroup) (1.12.0-dev).
Left out: a task of a group that ends well while the others run on; restart policies of pods other than for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.engines.mesos.operations import TaskState
from workbench.engines.mesos.resources import Quantities, minus, plus
from workbench.model.native.marathon import PodDefinition, PodResources
from workbench.model.resources import CPU, MEMORY

MIB = 1024 * 1024

States = tuple[tuple[str, TaskState], ...]
"""Task of a group -> how it stands."""


@dataclass(frozen=True, slots=True)
class Member:
    """One task of a group: its name, its image (empty for none), and what it may use."""

    name: str
    image: str
    resources: Quantities


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """The tasks of a group, and what their executor may use."""

    members: tuple[Member, ...]
    executor: Quantities

    @property
    def total(self) -> Quantities:
        """What all of them take of an offer."""
        whole = self.executor
        for one in self.members:
            whole = plus(whole, one.resources)
        return whole

    @property
    def images(self) -> tuple[str, ...]:
        """The images it takes, each once, in the order of its tasks."""
        return tuple(dict.fromkeys(one.image for one in self.members if one.image))

    def states(self, state: TaskState, first: str = "") -> States:
        """Return how each task stands when the group as a whole does so.

        Parameters
        ----------
        first : str
            The task that ended by itself and took the others with it; the first of the group if it does not say.
        """
        names = [one.name for one in self.members]
        if state is not TaskState.FAILED or not names:
            return tuple((name, state) for name in names)
        cause = first if first in names else names[0]
        return tuple((name, state if name == cause else TaskState.KILLED) for name in names)


def group_of(pod: PodDefinition, request: Mapping[str, int]) -> TaskGroup:
    """Return the tasks of a Marathon pod; its executor has what the pod asks for beyond their sum, roundings included.

    Parameters
    ----------
    request : mapping
        What an instance of the pod takes of an offer, in all.
    """
    members = tuple(
        Member(one.name, "" if one.image is None else one.image.id, _amounts(one.resources, request))
        for one in pod.containers
    )
    taken: Quantities = {}
    for one in members:
        taken = plus(taken, one.resources)
    return TaskGroup(members, minus(dict(request), taken))


def _amounts(asked: PodResources, request: Mapping[str, int]) -> Quantities:
    """Return what a container asks for, of the resources that are accounted for, rounded down."""
    exact = {CPU: asked.cpus * 1000, MEMORY: asked.mem * MIB, "disk": asked.disk * MIB}
    amounts = {name: int(round(amount, 6)) for name, amount in exact.items()}  # 0.29 x 1000 is 290
    return {name: amount for name, amount in amounts.items() if amount and name in request}
