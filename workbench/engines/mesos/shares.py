"""Who holds how much: the sorters of roles and of frameworks, kept in step with what is offered, used and given back.

Source: mesos src/master/allocator/mesos/hierarchical.cpp (trackAllocatedResources, untrackAllocatedResources,
trackFrameworkUnderRole, tryUntrackFrameworkUnderRole) (1.12.0-dev).
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.mesos.allocator_options import Options
from workbench.engines.mesos.books import Framework
from workbench.engines.mesos.resources import Resources
from workbench.engines.mesos.roles import RoleTree
from workbench.engines.mesos.sorters.drf import DRFSorter
from workbench.engines.mesos.sorters.nodes import Totals
from workbench.engines.mesos.sorters.ordered import OrderedDRFSorter
from workbench.engines.mesos.sorters.random import RandomSorter

Sorter = DRFSorter | RandomSorter


class Shares:
    """The sorters, and the roles that have frameworks.

    Parameters
    ----------
    options : Options
        Of the allocator: which sorters.
    role_tree : RoleTree
        What is known of roles.
    random : callable or None
        Returns a number from 0 up to 1; asked only by sorters that draw lots.
    """

    def __init__(self, options: Options, role_tree: RoleTree, random: Callable[[], float] | None) -> None:
        self._options, self._random = options, random
        self.totals = Totals()
        self.roles = self._new_sorter(options.role_sorter)
        self.frameworks: dict[str, Sorter] = {}  # by role
        self._tree = role_tree

    def _new_sorter(self, named: str) -> Sorter:
        if named == "random":
            assert self._random is not None
            return RandomSorter(self._random, self.totals)
        form = OrderedDRFSorter if self._options.fast else DRFSorter
        quirk = self._options.weight_cache_quirk
        return form(self.totals, self._options.fairness_exclude, weight_cache_quirk=quirk)

    def track(self, agent: str, framework: Framework, role: str, resources: Resources) -> None:
        """A framework holds more on an agent: offered or used."""
        if not self.tracked(framework.id, role):
            self.track_framework(framework, role)
        if resources.special:
            self._tree.track_held(agent, role, resources)
        self.roles.allocated(role, agent, resources)
        self.frameworks[role].allocated(framework.id, agent, resources)

    def untrack(self, agent: str, framework: Framework, role: str, resources: Resources) -> None:
        """A framework holds less on an agent."""
        if resources.special:
            self._tree.untrack_held(agent, role, resources)
        self.frameworks[role].unallocated(framework.id, agent, resources)
        self.roles.unallocated(role, agent, resources)
        if role not in framework.roles:
            self.try_untrack_framework(framework, role)

    def changed(self, agent: str, framework: str, role: str, before: Resources, after: Resources) -> None:
        """What a framework holds was turned into something else."""
        self._tree.untrack_held(agent, role, before)
        self._tree.track_held(agent, role, after)
        self.frameworks[role].update(framework, agent, before, after)
        self.roles.update(role, agent, before, after)

    def tracked(self, framework: str, role: str) -> bool:
        """Say whether a framework is known to belong to a role."""
        sorter = self.frameworks.get(role)
        return sorter is not None and sorter.contains(framework)

    def track_framework(self, framework: Framework, role: str) -> None:
        """Note that a framework belongs to a role."""
        if role not in self.frameworks:
            self.roles.add(role)
            self.roles.activate(role)
            self.frameworks[role] = self._new_sorter(self._options.framework_sorter)
        self._tree.track_framework(framework.id, role)
        self.frameworks[role].add(framework.id)

    def try_untrack_framework(self, framework: Framework, role: str) -> None:
        """Forget that a framework belongs to a role, unless it still holds something there."""
        sorter = self.frameworks.get(role)
        if sorter is None or not sorter.contains(framework.id) or sorter.holds_anything(framework.id):
            return
        self._tree.untrack_framework(framework.id, role)
        sorter.remove(framework.id)
        if sorter.count() == 0:
            self.roles.remove(role)
            del self.frameworks[role]
