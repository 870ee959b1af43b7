"""Which waiting instance gets which offer.

Each offer is shown to the waiting apps in random order, one instance at a time and at most
`max_instances_per_offer` in all; what remains is given back without a filter. An offer that suits nobody is declined.

Source: mesosphere/marathon core/matcher/manager/impl/OfferMatcherManagerActor.scala, core/launcher/impl.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from workbench.engines.mesos.frameworks.base import count_reasons
from workbench.engines.mesos.frameworks.footprint import free, labelled, labels
from workbench.engines.mesos.frameworks.marathon_constraints import Place, unmet
from workbench.engines.mesos.frameworks.marathon_instances import InstanceTracker
from workbench.engines.mesos.frameworks.marathon_residency import Reservations
from workbench.engines.mesos.frameworks.run_spec import Condition, Instance, Running
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Answer, Launch, LaunchGroup, Operation
from workbench.engines.mesos.resources import Resources

Verdicts = tuple[int, Counter[str]]
"""How many offers would do, and how many each reason rules out."""

Seen = Mapping[int, Verdicts]
"""Version (by `id`) -> what the offers of this round were found to be before the first launch."""

NO_CHOICE: Verdicts = (1, Counter())

Note = Callable[[int, str, int, Mapping[str, int]], None]
"""Writes a decision down: task, agent, how many would have done, what ruled out how many."""


class Rest:
    """What is left of an offer while it is being matched, and what has been made of it so far."""

    __slots__ = ("matched", "offer", "operations", "resources")

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.resources = offer.resources
        self.operations: list[Operation] = []
        self.matched = 0

    def fits(self, request: Mapping[str, int]) -> bool:
        """Say whether the unreserved rest covers a request."""
        free = self.resources.plain
        return all(amount <= free.get(name, 0) for name, amount in request.items())

    def take(self, resources: Resources, *operations: Operation) -> None:
        """Use a part of the rest for one instance."""
        self.resources = self.resources - resources
        self.operations += operations
        self.matched += 1


class OfferMatcher:
    """Matches the offers of one Marathon.

    Parameters
    ----------
    launchable : callable
        Says whether an instance of a version waits that may be launched now.
    places : callable
        Agent -> what constraints see of it.
    shuffle : callable
        Brings waiting versions into random order, in place.
    most, decline_us : int
        Instances on one offer at most; how long what suits nobody is refused.
    away : callable
        Says of an offer that its agent is, or will soon be, under maintenance.
    """

    def __init__(
        self,
        tracker: InstanceTracker,
        reservations: Reservations,
        launchable: Callable[[Running], bool],
        places: Callable[[str], Place],
        shuffle: Callable[[list[Running]], None],
        note: Note,
        *,
        most: int,
        decline_us: int,
        away: Callable[[Offer], bool],
    ) -> None:
        self._tracker = tracker
        self._reservations = reservations
        self._launchable = launchable
        self._places = places
        self._shuffle = shuffle
        self._note = note
        self._most = most
        self._decline_us = decline_us
        self._away = away

    def answers(self, offers: Sequence[Offer]) -> list[Answer]:
        """Launch what waits and fits; decline what suits nobody."""
        versions = [one for one in self._tracker.versions() if self._launchable(one)]
        seen = {id(one): self._verdicts(one, offers) for one in versions}
        answers = []
        rests = []
        for offer in offers:
            rest = Rest(offer)
            if not self._away(offer):
                self._on_reservations(rest, seen)
                self._on_the_rest(versions, rest, seen)
            answers.append(Answer(offer, rest.operations, 0 if rest.operations else self._decline_us))
            rests.append(rest)
        for version in versions:
            self._note_waiting(version, rests)
        return answers

    def _verdicts(self, version: Running, offers: Sequence[Offer]) -> Verdicts:
        """Return how many of the offers would do for an instance, and what rules out how many."""
        placed = self._placed(version)
        return count_reasons([self._why_not(version, Rest(offer), placed) for offer in offers])

    def _placed(self, version: Running) -> list[Place]:
        """Return where instances of the app are, of whatever version."""
        return [self._places(agent) for agent in version.versions.agents()] if version.spec.constraints else []

    def _why_not(self, version: Running, rest: Rest, placed: Sequence[Place]) -> str:
        spec = version.spec
        if self._away(rest.offer):
            return "offer/maintenance"
        if not rest.fits(spec.request.plain):
            return "offer/too-small"
        if not spec.constraints:
            return ""
        operator = unmet(spec.constraints, self._places(rest.offer.agent), placed, spec.instances)
        return f"constraint/{operator}" if operator else ""

    def _on_reservations(self, rest: Rest, seen: Seen) -> None:
        """Launch resident instances whose reservations are offered; free those of its own that nobody has any more."""
        for label in filter(self._reservations.made, labels(rest.resources)):
            bundle = labelled(rest.resources, label)
            known = self._reservations.owner(label)
            if known is None:
                rest.take(bundle, free(bundle))
                self._reservations.freed(label)
                continue
            version, instance = known
            if instance.number in version.scheduled and self._launchable(version):
                rest.take(bundle, self._launch(version, instance, rest.offer.agent, bundle, seen))

    def _on_the_rest(self, versions: Sequence[Running], rest: Rest, seen: Seen) -> None:
        """Show the rest of an offer to the waiting versions in turn, one instance at a time."""
        waiting = [one for one in versions if one.scheduled]
        if len(waiting) > 1:
            self._shuffle(waiting)
        queue = deque(waiting)
        while queue and rest.matched < self._most:
            version = queue.popleft()
            instance = _unreserved(version)
            if instance is not None and not self._why_not(version, rest, self._placed(version)):
                rest.take(version.spec.request, *self._match(version, instance, rest.offer, seen))
                queue.append(version)

    def _match(self, version: Running, instance: Instance, offer: Offer, seen: Seen) -> Sequence[Operation]:
        if version.spec.resident:
            return self._reservations.reserve(version, instance, offer)
        return (self._launch(version, instance, offer.agent, version.spec.request, seen),)

    def _launch(self, version: Running, instance: Instance, agent: str, resources: Resources, seen: Seen) -> Launch:
        del version.scheduled[instance.number]
        self._tracker.become(instance, Condition.STAGING)
        instance.agent = agent
        # bound to its reservation, no other offer would do; elsewhere the counts are those before the first launch
        feasible, rejected = NO_CHOICE if instance.label else seen[id(version)]
        self._note(instance.task, agent, max(1, feasible), rejected)
        volume = self._reservations.volume(version, instance)
        group, grace_us = version.spec.group, version.spec.kill_grace_us
        if group is not None:
            return LaunchGroup(instance.task, resources, volume, grace_us, group=group)
        return Launch(instance.task, resources, volume, grace_us)

    def _note_waiting(self, version: Running, rests: Sequence[Rest]) -> None:
        """Write down why the first instance that still waits got none of these offers."""
        waiting = _unreserved(version)
        if waiting is not None:
            placed = self._placed(version)
            reasons = [self._why_not(version, rest, placed) or "offer/instances-per-offer" for rest in rests]
            self._note(waiting.task, "", 0, Counter(reasons))


def _unreserved(version: Running) -> Instance | None:
    """Return the first instance that waits for any offer, not for the one with its reservation."""
    return next((one for one in version.scheduled.values() if not one.label), None)
