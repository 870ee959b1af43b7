"""The fast way to the same decision: what is known of each node, remembered per template.

For each template (`PodInfo`) there is a `View`: per node the refusal or the score. A pod that comes or goes changes
one node; each view catches up with the changes since it was last used, node by node, instead of asking every plugin
about every node again. Nodes that have the same and hold the same are in one state, which a view asks about once.

Pods with volumes, and pods for one node alone, are decided by `framework.schedule`, and counted. That is the
specification; a test holds this against it on random clusters.

| A reader asks | and opens |
|---|---|
| What does a view keep, and how does it catch up? | `view.py` |
| Which plugin is asked when? | `view_rules.py`, marks in `shortcuts.py` |
| Where does a node stand? | `view_layout.py`, lists in `sorted_nodes.py` |
| How are the best nodes found, of all or of a sample? | `view_answer.py` |
| Which nodes are alike? | `node_states.py` |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.engines.kubernetes.choice import Choice, Refusals
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_states import NodeStates
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Nominated, Profile, run_pre_filter
from workbench.engines.kubernetes.schedule_one import Verdict, schedule
from workbench.engines.kubernetes.selectors import has_all
from workbench.engines.kubernetes.view import View


class Changes(NamedTuple):
    """What has happened, one after another: at which node, to which pods (None: to the node object), and how many."""

    nodes: list[int]
    pods: list[PodInfo | None]
    numbers: list[int]


KEPT, KEPT_PER_NODE = 1024, 4
"""So many changes at least are kept for views that lag behind; one that lags further starts afresh."""


class NodeTable:
    """All nodes, as the scheduler's cache has them, with a view of them for each template.

    Parameters
    ----------
    cluster : Cluster
        The nodes; this table counts pods in and out of them.
    profile : Profile
        The plugins.
    few : int
        A label with so many values at most divides the cluster into parts that are judged as a whole.

    Attributes
    ----------
    decisions, plain_decisions : int
        How often it was asked, and how often it had to ask every plugin about every node.
    start : int
        Where the next search begins, when not every node is looked at (upstream's nextStartNodeIndex).
    states : NodeStates
        Which nodes are alike.
    """

    def __init__(self, cluster: Cluster, profile: Profile, few: int = 16) -> None:
        self.decisions = self.plain_decisions = self.start = 0
        self._plain: dict[PodInfo, bool] = {}
        self.cluster = cluster
        self.profile = profile
        self.states = NodeStates(cluster.nodes)
        self._few = few
        self._log = Changes([], [], [])
        self._dropped = 0  # changes that are no longer in the log
        self._keep = max(KEPT, KEPT_PER_NODE * len(cluster.nodes))
        self._views: dict[PodInfo, View] = {}
        self._places: dict[str, dict[str, list[int]]] = {}

    # -- changes --------------------------------------------------------------------------------------------

    @property
    def changes(self) -> int:
        """How many changes there have been."""
        return self._dropped + len(self._log.nodes)

    def forget(self, namespace: str, selector: Mapping[str, str]) -> None:
        """Start afresh with the templates that a new service selects."""
        for pod in [one for one in self._plain if one.namespace == namespace and has_all(selector, one.labels)]:
            del self._plain[pod]
            self._views.pop(pod, None)

    def add_pod(self, index: int, pod: PodInfo, sign: int = 1) -> None:
        """Count a pod in on a node, or out with `sign` -1."""
        self.cluster.nodes[index].add_pod(pod, sign)
        self.states.pods_changed(index)
        self._note(index, pod, sign)

    def rearrange(self, nodes: Sequence[NodeInfo]) -> None:
        """Go on with other nodes, or another order of them: nothing that was remembered holds any more."""
        self.cluster.nodes = nodes
        self.states = NodeStates(nodes)
        self._keep = max(KEPT, KEPT_PER_NODE * len(nodes))
        self._dropped = self.changes
        self._log = Changes([], [], [])
        self._views.clear()
        self._plain.clear()
        self._places.clear()
        self.start %= max(1, len(nodes))

    def node_changed(self, index: int, *, labels: bool) -> None:
        """Note that the object of a node changed; `labels`, that its labels did."""
        self.states.object_changed(index)
        if labels:
            self._views.clear()
            self._places.clear()
        self._note(index, None, 0)

    def _note(self, index: int, pod: PodInfo | None, number: int) -> None:
        nodes, pods, numbers = self._log
        nodes.append(index)
        pods.append(pod)
        numbers.append(number)
        if len(nodes) > 2 * self._keep:
            self._dropped += len(nodes) - self._keep
            for column in self._log:
                del column[: -self._keep]

    def since(self, position: int) -> tuple[Changes, int] | None:
        """Return changes, and where those after the first `position` begin; None when not all are known any more."""
        start = position - self._dropped
        return (self._log, start) if start >= 0 else None

    # -- places ---------------------------------------------------------------------------------------------

    def nodes_at(self, key: str, value: str) -> list[int]:
        """Return the nodes that carry a label."""
        return self._values(key).get(value, [])

    def has_few_values(self, key: str) -> bool:
        """Say whether a node label has few values."""
        return len(self._values(key)) <= self._few

    def _values(self, key: str) -> dict[str, list[int]]:
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = {}
            for node in self.cluster.nodes:
                if key in node.labels:
                    places.setdefault(node.labels[key], []).append(node.index)
        return places

    # -- decisions ------------------------------------------------------------------------------------------

    def choose(self, pod: PodInfo, *, nominated: Nominated = {}, nominated_node: str = "") -> Choice:  # noqa: B006 - never changed
        """Return which nodes are best for a pod, now; by the book as long as nodes are promised to pods.

        Parameters
        ----------
        nominated, nominated_node
            As `schedule` takes them.
        """
        self.decisions += 1
        view = None if nominated or nominated_node else self.view(pod)
        if view is None:
            self.plain_decisions += 1
            choice = _choice(
                schedule(
                    self.profile, pod, self.cluster, nominated=nominated, nominated_node=nominated_node,
                    start=self.start,
                )
            )  # fmt: skip
        else:
            view.catch_up()
            choice = view.choice(self.start)
        nodes = len(self.cluster.nodes)
        if choice.evaluated != nodes:
            self.start = (self.start + choice.evaluated) % nodes
        return choice

    def refused(self, pod: PodInfo, *, nominated: Nominated = {}, nominated_node: str = "") -> Verdict | None:  # noqa: B006 - never changed
        """Return who refuses a pod on every node, now, for those who would make room; None if some node would do.

        The nodes are not asked again where a view knows the answer.
        """
        view = None if nominated or nominated_node else self.view(pod)
        if view is not None:
            view.catch_up()
            statuses = view.statuses()
            if statuses is None:
                return None
            found = run_pre_filter(self.profile, pod, self.cluster)
            if found.refusal is None and found.narrowed is None:
                return Verdict(found, statuses=statuses, evaluated=len(statuses))
        told: dict[str, Any] = {"nominated": nominated, "nominated_node": nominated_node}
        verdict = schedule(self.profile, pod, self.cluster, **told)
        return None if verdict.feasible else verdict

    def view(self, pod: PodInfo) -> View | None:
        """Return the view of a template, made now if there is none, None where the plain plugins have to decide."""
        view = self._views.get(pod)
        if view is not None or self._needs_plain(pod):
            return view
        view = View(self, pod)
        if view.by_the_book:
            self._plain[pod] = True
            return None
        self._views[pod] = view
        return view

    def _needs_plain(self, pod: PodInfo) -> bool:
        """Say whether a plugin that cannot be remembered node by node has a say about this pod, as things stand."""
        known = self._plain.get(pod)
        if known is None:
            known = self._plain[pod] = any(
                plugin.needs_whole_cluster(pod, self.cluster) for plugin in self.profile.plugins
            )
        return known


def _choice(verdict: Verdict) -> Choice:
    """Return the outcome of a cycle by the book."""
    best = [node.index for node in verdict.best()]
    refused = [(refusal, 1) for refusal in verdict.statuses.values()]
    return Choice(best, len(verdict.feasible), Refusals(refused), verdict.evaluated)
