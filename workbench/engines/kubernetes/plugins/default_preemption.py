"""DefaultPreemption: when no node will do, which pods of lower priority would have to go, and where?

Source: kubernetes, pkg/scheduler/framework/plugins/defaultpreemption and pkg/scheduler/framework/preemption (version
1.34).
Left out: extenders; the random place in the order of nodes where the search for candidates begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workbench.engines.kubernetes.fit_error import Rejected, fit_error
from workbench.engines.kubernetes.framework import Cluster, Status, unresolvable
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Nominated, Profile, Refusal, run_filter_with_nominated
from workbench.engines.kubernetes.schedule_one import Verdict
from workbench.engines.kubernetes.selectors import selects
from workbench.model.native.kubernetes import PodDisruptionBudget
from workbench.model.native.kubernetes.scheduler_configuration import DefaultPreemptionArgs

NAME = "DefaultPreemption"
NO_VICTIMS = "No preemption victims found for incoming pod"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
NEVER = "not eligible due to preemptionPolicy=Never."
TERMINATING = "not eligible due to a terminating pod on the nominated node."

PRIORITY_OFFSET = 2**31
"""Added to each victim's priority in the sum, so that fewer victims are better even if priorities are negative."""


@dataclass(frozen=True)
class Candidate:
    """A node, and the pods that would have to go, the most important first."""

    node: NodeInfo
    victims: tuple[PodInfo, ...]
    pdb_violations: int


@dataclass
class Preemption:
    """The outcome.

    Parameters
    ----------
    potential_nodes : list of NodeInfo
        Nodes on which the absence of pods might help.
    candidates : list of Candidate
        In the order in which they were found.
    tied : list of Candidate
        The equally good best ones; upstream takes one at random.
    message : str
        Why there is none.
    clears_nomination : bool
        The pod loses the node that it was promised before.
    """

    potential_nodes: list[NodeInfo] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    tied: list[Candidate] = field(default_factory=list)
    message: str = ""
    clears_nomination: bool = False


def preempt(
    profile: Profile,
    pod: PodInfo,
    cluster: Cluster,
    verdict: Verdict,
    *,
    nominated: Nominated = {},  # noqa: B006 - never changed
    nominated_node: str = "",
) -> Preemption:
    """Return the nodes where the pod would fit if pods of lower priority went, best first (PostFilter).

    Parameters
    ----------
    verdict : Verdict
        Of the cycle in which no node would do.
    """
    message = ineligible(pod, cluster, verdict, nominated_node)
    if message:
        return Preemption(message=message)
    found = Preemption(potential_nodes=potential_nodes(cluster, verdict))
    statuses: dict[str, Refusal] = {}
    enough = candidates_wanted(len(found.potential_nodes), profile.preemption)
    for node in found.potential_nodes:
        chosen = select_victims_on_node(pod, node, cluster, verdict, nominated)
        if isinstance(chosen, Candidate):
            found.candidates.append(chosen)
        else:
            statuses[node.name] = chosen
        free = any(one.pdb_violations == 0 for one in found.candidates)
        if free and len(found.candidates) >= enough:
            break
    found.tied = best_candidates(found.candidates)
    if not found.candidates:
        found.clears_nomination = True
        found.message = _no_candidates(cluster, statuses)
    return found


def ineligible(pod: PodInfo, cluster: Cluster, verdict: Verdict, nominated_node: str) -> str:
    """Return why the pod may not take others' places, or an empty text (upstream's PodEligibleToPreemptOthers).

    One that waits for pods to end on the node it was promised must go on waiting, unless that node is beyond help.
    """
    if pod.spec.preemption_policy == "Never":
        return NEVER
    promised = next((node for node in cluster.nodes if nominated_node and node.name == nominated_node), None)
    if promised is None:
        return ""
    refusal = verdict.statuses.get(promised.name)
    if refusal is not None and refusal[1].code == "UnschedulableAndUnresolvable":
        return ""
    going = any(other.priority < pod.priority and other.preempted for other in promised.pods)
    return TERMINATING if going else ""


def potential_nodes(cluster: Cluster, verdict: Verdict) -> list[NodeInfo]:
    """Return the nodes whose refusal the removal of pods might lift."""
    refusals = ((node, verdict.statuses.get(node.name)) for node in cluster.nodes)
    return [node for node, refusal in refusals if refusal is not None and refusal[1].code == "Unschedulable"]


def candidates_wanted(potential: int, args: DefaultPreemptionArgs) -> int:
    """Return how many candidates end the search."""
    share = potential * args.min_candidate_nodes_percentage // 100
    return min(potential, max(share, args.min_candidate_nodes_absolute))


def _no_candidates(cluster: Cluster, statuses: Mapping[str, Refusal]) -> str:
    rejected: Rejected = {}
    for node in cluster.nodes:
        plugin, status = statuses.get(node.name, (NAME, unresolvable(NOT_HELPFUL)))
        for reason in status.reasons:
            rejected[plugin, reason] = rejected.get((plugin, reason), 0) + 1
    return fit_error(len(cluster.nodes), rejected)


# -- victims of one node ------------------------------------------------------------------------------------------


def select_victims_on_node(
    pod: PodInfo, node: NodeInfo, cluster: Cluster, verdict: Verdict, nominated: Nominated
) -> Candidate | Refusal:
    """Return the fewest important pods that must go from a node, or why nothing helps.

    All pods of lower priority are taken off; if the pod then fits, they are put back one by one while it still does:
    first those whose disruption budget would be violated, then the others, the most important first.
    """
    trial = _Trial(pod, node.copy(), cluster, verdict, nominated)
    potential = [other for other, number in node.pods.items() if other.priority < pod.priority for _ in range(number)]
    if not potential:
        return NAME, unresolvable(NO_VICTIMS)
    for other in potential:
        trial.change(other, -1)
    refusal = trial.refusal()
    if refusal is not None:
        return refusal
    violating, others = split_by_budgets(sorted(potential, key=importance), cluster.listers.budgets)
    stay_violated = [other for other in violating if not trial.put_back(other)]
    victims = stay_violated + [other for other in others if not trial.put_back(other)]
    if violating and others:
        victims.sort(key=importance)
    return Candidate(node, tuple(victims), len(stay_violated))


class _Trial:
    """A copy of a node, and of what the filters know, on which pods come and go."""

    def __init__(self, pod: PodInfo, node: NodeInfo, cluster: Cluster, verdict: Verdict, nominated: Nominated) -> None:
        self._pod, self._node, self._cluster, self._nominated = pod, node, cluster, nominated
        self._found = verdict.pre_filter.copy()

    def change(self, other: PodInfo, number: int) -> None:
        self._node.add_pod(other, number)
        self._found.pod_changed(self._pod, other, self._node, number, self._cluster)

    def refusal(self) -> tuple[str, Status] | None:
        return run_filter_with_nominated(self._found, self._pod, self._node, self._cluster, self._nominated)

    def put_back(self, other: PodInfo) -> bool:
        """Put a pod back if the one that is to come still fits."""
        self.change(other, 1)
        if self.refusal() is None:
            return True
        self.change(other, -1)
        return False


def importance(pod: PodInfo) -> tuple[int, float]:
    """Return a key that puts important pods first: higher priority, then the one that has run for longer."""
    return -pod.priority, started(pod)


def started(pod: PodInfo) -> float:
    """Return when a pod started, in seconds; one that has not yet is the latest of all."""
    return datetime.fromisoformat(pod.start_time).timestamp() if pod.start_time else float("inf")


def split_by_budgets(
    pods: Iterable[PodInfo], budgets: Sequence[PodDisruptionBudget]
) -> tuple[list[PodInfo], list[PodInfo]]:
    """Return the pods whose removal would violate a disruption budget, and the others.

    Each pod, in order, takes one from every budget that covers it.
    """
    left = [budget.status.disruptions_allowed for budget in budgets]
    violating: list[PodInfo] = []
    others: list[PodInfo] = []
    for pod in pods:
        violated = False
        for number, budget in enumerate(budgets):
            if _covers(budget, pod):
                left[number] -= 1
                violated = violated or left[number] < 0
        (violating if violated else others).append(pod)
    return violating, others


def _covers(budget: PodDisruptionBudget, pod: PodInfo) -> bool:
    selector = budget.spec.selector
    if selector is None or not (selector.match_labels or selector.match_expressions) or not pod.labels:
        return False
    same = budget.namespace == pod.namespace and selects(selector, pod.labels)
    return same and pod.name not in budget.status.disrupted_pods


# -- the choice among nodes ---------------------------------------------------------------------------------------


def best_candidates(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the best candidates; several only if they are equal by every criterion (pickOneNodeForPreemption)."""
    left = list(candidates)
    for criterion in CRITERIA:
        best = min((criterion(one) for one in left), default=0)
        left = [one for one in left if criterion(one) == best]
    return left


def _sum_of_priorities(one: Candidate) -> float:
    return sum(victim.priority + PRIORITY_OFFSET for victim in one.victims)


def _latest_start(one: Candidate) -> float:
    """Among the most important victims, the one that has run for longest should have run as short as possible."""
    top = max(victim.priority for victim in one.victims)
    return -min(started(victim) for victim in one.victims if victim.priority == top)


CRITERIA: tuple[Callable[[Candidate], float], ...] = (
    lambda one: one.pdb_violations,
    lambda one: one.victims[0].priority,
    _sum_of_priorities,
    lambda one: len(one.victims),
    _latest_start,
)
"""Smaller is better; the next counts among those that are equal so far."""


def cleared_nominations(pod: PodInfo, nominated: Sequence[PodInfo]) -> list[PodInfo]:
    """Return the pods of lower priority that lose the node which they were promised."""
    return [other for other in nominated if other.priority < pod.priority]
