"""Preemption in a run: who goes for whom, who has been told to, and which nodes are promised.

The rule itself is `plugins/default_preemption.py`. It speaks of templates; here they become pods: of several of one
template on a node, the last that came goes first. Victims are deleted through the API server, each with its own grace
period; the pod for which they go keeps the promise of the node, and waits for them to end.

Source: kubernetes, pkg/scheduler/framework/preemption and pkg/controller/disruption (version 1.34).
Left out: how long victims have run, in the choice between nodes that are equal in all else; a pod is not held back
while the calls that delete its victims are on their way.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

from workbench.engines.kubernetes.controllers.disruption import with_status
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.nominator import Nominator
from workbench.engines.kubernetes.objects import ApiObject, PodObject
from workbench.engines.kubernetes.plugins.default_preemption import Candidate, preempt
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Nominated, Profile
from workbench.engines.kubernetes.schedule_one import Verdict


class Preemptor:
    """Who has to go, as far as the scheduler has decided.

    Parameters
    ----------
    nominator : Nominator
        The promises.
    pods_on : callable
        Number of a node -> the pods that the scheduler counts there, in the order in which they came.
    name_of : callable
        uid of a pod -> its name.
    delete : callable
        Deletes a pod, for the sake of another.
    pick : callable
        Takes one of several equally good nodes.
    """

    def __init__(
        self,
        nominator: Nominator,
        pods_on: Callable[[int], Sequence[PodObject]],
        name_of: Callable[[int], str],
        delete: Callable[[PodObject, PodObject], None],
        pick: Callable[[list[int]], int],
    ) -> None:
        self._nominator = nominator
        self._pods_on, self._name_of = pods_on, name_of
        self._delete, self._pick = delete, pick
        self._budgets: dict[str, ApiObject] = {}
        self._victims: set[int] = set()
        self._twins: dict[PodInfo, PodInfo] = {}

    def nominated(self, pod: PodObject) -> Nominated:
        """Return the promises that a pod has to respect: those to others of at least its priority."""
        found: dict[str, list[PodInfo]] = {}
        for node in self._nominator:
            for other in self._nominator.on(node):
                if other.uid != pod.uid and other.info.priority >= pod.info.priority:
                    # a twin, since filters would take another pod of the same template for the pod itself
                    found.setdefault(node, []).append(copy.copy(other.info))
        return found

    def make_room(
        self, profile: Profile, pod: PodObject, cluster: Cluster, verdict: Verdict, nominated: Nominated
    ) -> str:
        """Have pods deleted so that this one can come; return the name of the node promised to it, empty for none."""
        promised = self._nominator.node_of(pod.uid)
        if not profile.preempts:
            return promised
        cluster.listers.budgets[:] = [with_status(one, self._name_of) for one in self._budgets.values()]
        found = preempt(profile, pod.info, cluster, verdict, nominated=nominated, nominated_node=promised)
        if not found.tied:
            return "" if found.clears_nomination else promised
        at = {one.node.index: one for one in found.tied}
        chosen = at[self._pick(list(at))]
        for victim in self._victims_of(chosen):
            self._victims.add(victim.uid)
            self._delete(victim, pod)
        return chosen.node.name

    def _victims_of(self, chosen: Candidate) -> Iterable[PodObject]:
        there = list(reversed(self._pods_on(chosen.node.index)))
        there.sort(key=lambda pod: pod.uid not in self._victims)  # those that go anyway are as good as any
        for info in chosen.victims:
            victim = next((pod for pod in there if info in (pod.info, self.counted(pod, ending=True))), None)
            if victim is not None:
                there.remove(victim)
                if not (victim.deleting or victim.uid in self._victims):
                    yield victim

    def lower_promises(self, pod: PodObject, node: str) -> list[PodObject]:
        """Return the pods of lower priority that lose the promise of a node to this one."""
        return [other for other in self._nominator.on(node) if other.info.priority < pod.info.priority]

    def counted(self, pod: PodObject, *, ending: bool) -> PodInfo:
        """Return what a pod with a node counts as; one that goes to make room is told from others that end."""
        if not ending:
            return pod.info
        if pod.uid not in self._victims:
            return pod.info.as_terminating
        twin = self._twins.get(pod.info)
        if twin is None:
            twin = self._twins[pod.info] = copy.copy(pod.info.as_terminating)
            twin.preempted = True
        return twin

    def gone(self, uid: int) -> None:
        """Forget a pod."""
        self._victims.discard(uid)

    def budget_changed(self, old: ApiObject | None, new: ApiObject | None) -> None:
        """Take note of what a disruption budget allows, as its controller wrote it."""
        known = new or old
        assert known is not None
        self._budgets.pop(known.uid, None)
        if new is not None:
            self._budgets[new.uid] = new
