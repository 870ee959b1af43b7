"""The fast way to the same decision: what is known of each node, remembered per template.

For each template (`PodInfo`) there is a `View`: per node the refusal or the score. A pod that comes or goes changes
one node; each view catches up with the changes since it was last used, node by node, instead of asking every plugin
about every node again.

The score of a node is *base* (plugins that look at that node alone) plus what its *group* gets: nodes of one group
score alike in the plugins whose scores are normalised over all feasible nodes, so normalisation runs over a few
groups. Plugins that count pods anywhere (spreading, wishes about other pods) keep their counts up to date and say in
which group a node is now. Pods with volumes, and pods for one node alone, are decided by `framework.schedule`, and
counted. That is the specification; a test holds this against it on random clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.engines.kubernetes.framework import (
    SKIP,
    Cluster,
    ClusterPlugin,
    Nominated,
    Plugin,
    Profile,
    Rejected,
    ScorePlugin,
    State,
    Status,
    TallyPlugin,
    dominant_reason,
    nodes_to_find,
    rejected_text,
    run_filter,
    run_pre_filter,
    run_pre_score,
    schedule,
)
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_set import Ties, between, nth
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.selectors import has_all

REFUSED = -1
"""In a list of scores: this node will not do."""

Refusal = tuple[str, Status]

Group = tuple[tuple[Hashable, ...], tuple[Any, ...]]
"""Nodes of one group score alike: by what they are, and by the pods in their places."""

Change = tuple[int, PodInfo | None, int]
"""Node, pod counted in or out (None: the node object changed), and how many."""


class Choice(NamedTuple):
    """The outcome of one cycle.

    Parameters
    ----------
    best : sequence of int
        The nodes that are equally good, in the order of the cluster; empty when none would do.
    feasible : int
        How many nodes would do.
    rejected : str
        How many nodes were refused by which plugin for which reason, as the trace writes it.
    reason : str
        The reason that most nodes gave.
    refused_by : tuple of str
        The plugins that refused some node.
    evaluated : int
        How many nodes were looked at and count.
    """

    best: Sequence[int]
    feasible: int
    rejected: str = ""
    reason: str = ""
    refused_by: tuple[str, ...] = ()
    evaluated: int = 0


def choice_of(best: Sequence[int], feasible: int, rejected: Rejected, evaluated: int) -> Choice:
    """Return the outcome with the refusals put into words."""
    refused_by = tuple(sorted({plugin for plugin, _ in rejected}))
    return Choice(best, feasible, rejected_text(rejected), dominant_reason(rejected), refused_by, evaluated)


class NodeTable:
    """All nodes, as the scheduler's cache has them, with a view of them for each template.

    Parameters
    ----------
    cluster : Cluster
        The nodes; this table counts pods in and out of them.
    profile : Profile
        The plugins.

    Attributes
    ----------
    decisions, plain_decisions : int
        How often it was asked, and how often it had to ask every plugin about every node.
    start : int
        Where the next search begins, when not every node is looked at (upstream's nextStartNodeIndex).
    """

    def __init__(self, cluster: Cluster, profile: Profile) -> None:
        self.decisions = self.plain_decisions = self.start = 0
        self._plain: dict[PodInfo, bool] = {}
        self.cluster = cluster
        self.profile = profile
        self._log: list[Change] = []
        self._dropped = 0  # changes that are no longer in the log
        self._views: dict[PodInfo, View] = {}
        self._places: dict[str, dict[str, list[int]]] = {}

    @property
    def changes(self) -> int:
        """How many changes there have been."""
        return self._dropped + len(self._log)

    def _needs_plain(self, pod: PodInfo) -> bool:
        """Say whether a plugin that cannot be remembered node by node has a say about this pod, as things stand."""
        known = self._plain.get(pod)
        if known is None:
            known = self._plain[pod] = any(
                plugin.needs_whole_cluster(pod, self.cluster) for plugin in self.profile.plugins
            )
        return known

    def forget(self, namespace: str, selector: Mapping[str, str]) -> None:
        """Start afresh with the templates that a new service selects."""
        for pod in [one for one in self._plain if one.namespace == namespace and has_all(selector, one.labels)]:
            del self._plain[pod]
            self._views.pop(pod, None)

    def add_pod(self, index: int, pod: PodInfo, sign: int = 1) -> None:
        """Count a pod in on a node, or out with `sign` -1."""
        self.cluster.nodes[index].add_pod(pod, sign)
        self._note((index, pod, sign))

    def node_changed(self, index: int, *, labels: bool) -> None:
        """Note that the object of a node changed; `labels`, that its labels did."""
        if labels:
            self._views.clear()
            self._places.clear()
        self._note((index, None, 0))

    def _note(self, change: Change) -> None:
        log = self._log
        log.append(change)
        keep = max(1024, 2 * len(self.cluster.nodes))
        if len(log) > 2 * keep:
            self._dropped += len(log) - keep
            del log[:-keep]

    def since(self, position: int) -> list[Change] | None:
        """Return the changes after the first `position`, None when it is better to start afresh."""
        start = position - self._dropped
        if start < 0 or len(self._log) - start > len(self.cluster.nodes) + 16:
            return None
        return self._log[start:]

    def nodes_at(self, key: str, value: str) -> list[int]:
        """Return the nodes that carry a label."""
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = {}
            for node in self.cluster.nodes:
                if key in node.labels:
                    places.setdefault(node.labels[key], []).append(node.index)
        return places.get(value, [])

    def choose(self, pod: PodInfo, *, nominated: Nominated = {}, nominated_node: str = "") -> Choice:  # noqa: B006 - never changed
        """Return which nodes are best for a pod, now; by the book as long as nodes are promised to pods.

        Parameters
        ----------
        nominated, nominated_node
            As `schedule` takes them.
        """
        self.decisions += 1
        if nominated or nominated_node or self._needs_plain(pod):
            self.plain_decisions += 1
            verdict = schedule(
                self.profile, pod, self.cluster, nominated=nominated, nominated_node=nominated_node, start=self.start
            )
            best = [node.index for node in verdict.best()]
            choice = choice_of(best, len(verdict.feasible), verdict.rejected(), verdict.evaluated)
        else:
            view = self._views.get(pod)
            if view is None:
                view = self._views[pod] = View(self, pod)
            view.catch_up()
            choice = view.choice(self.start)
        if choice.evaluated != len(self.cluster.nodes):
            self.start = (self.start + choice.evaluated) % len(self.cluster.nodes)
        return choice


class View:
    """What a template finds on each node. `scores` holds `REFUSED` where it may not go."""

    def __init__(self, table: NodeTable, pod: PodInfo) -> None:
        self._table = table
        self._cluster = table.cluster
        self.pod = pod
        self._relations: dict[PodInfo, bool] = {}
        self._afresh()

    # -- building -------------------------------------------------------------------------------------------

    def _afresh(self) -> None:
        """Ask every plugin about every node."""
        nodes, pod = self._cluster.nodes, self.pod
        self._position = self._table.changes
        self._read_profile(self._table.profile)
        self.feasible = 0  # a set, as all sets of nodes here
        self._refused: dict[Refusal, int] = {}
        self._said: Choice | None = None  # the outcome but for the best nodes, while no verdict changes
        self.scores = [REFUSED] * len(nodes)
        self._base: list[int | None] = [None] * len(nodes)  # score by the node alone, None until it is asked for
        self._refusals: list[Refusal | None] = [_UNKNOWN] * len(nodes)
        self._fixed = [run_filter(self._node_filters, pod, node) for node in nodes]
        self._groups = [self._group(node) for node in nodes]
        self._members: dict[Group, int] = {}  # feasible nodes of each group
        self._buckets: dict[Group, dict[int, int]] = {}  # group -> base score -> nodes
        self._enough = nodes_to_find(len(nodes), self._table.profile.percentage_of_nodes_to_score)
        self._bonus: dict[Group, int] | None = None
        for index in range(len(nodes)):
            self._judge(index)

    def _read_profile(self, profile: Profile) -> None:
        """Split the filters: those in front that look at the node object only are asked once per node."""
        cluster, pod = self._cluster, self.pod
        self._counted: list[tuple[ClusterPlugin, State]] = [
            (plugin, plugin.count(pod, cluster)) for plugin in profile.filters if isinstance(plugin, ClusterPlugin)
        ]
        counts = {plugin.name: state for plugin, state in self._counted}
        asked = {plugin.name: state for plugin, state in run_pre_filter(profile, pod, cluster).filters}
        wanted = [plugin for plugin in profile.filters if plugin.name in asked or plugin.name in counts]
        in_front = next((at for at, plugin in enumerate(wanted) if plugin.sees != "node"), len(wanted))
        self._node_filters = [(plugin, asked[plugin.name]) for plugin in wanted[:in_front]]
        self._pod_filters: list[tuple[Plugin, State]] = [
            (plugin, counts.get(plugin.name, asked.get(plugin.name))) for plugin in wanted[in_front:]
        ]
        self._pick_filters()
        self._cares_for_nodes = any(plugin.counts_by_taints(pod) for plugin in profile.plugins)
        scores = run_pre_score(profile, pod, cluster, ())
        self._local: list[tuple[Callable[[State, PodInfo, NodeInfo], int], int, State]] = [
            (plugin.score, weight, state) for plugin, weight, state in scores if plugin.local
        ]
        self._grouped: list[tuple[ScorePlugin, int]] = [
            (plugin, weight) for plugin, weight, _ in scores if not plugin.local and not isinstance(plugin, TallyPlugin)
        ]
        tallies = ((plugin, weight) for plugin, weight in profile.scores if isinstance(plugin, TallyPlugin))
        found = ((plugin, weight, plugin.tally(pod, cluster)) for plugin, weight in tallies)
        self._tallied = [(plugin, weight, tally) for plugin, weight, tally in found if tally is not SKIP]

    def _pick_filters(self) -> None:
        """Leave out the plugins that have nothing to check as things stand."""
        idle = {plugin.name for plugin, counts in self._counted if plugin.idle(counts, self.pod)}
        self._asked = [
            (plugin.name, plugin.filter, state) for plugin, state in self._pod_filters if plugin.name not in idle
        ]

    def _group(self, node: NodeInfo) -> Group:
        """Return the static part of a node's group, and the parts that change with pods elsewhere."""
        pod = self.pod
        fixed = tuple(plugin.group(pod, node) for plugin, _ in self._grouped)
        return fixed, tuple(plugin.tally_group(tally, pod, node) for plugin, _, tally in self._tallied)

    # -- keeping up -----------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Take over all changes since the last time."""
        table = self._table
        if self._position == table.changes:
            return
        changes = table.since(self._position)
        if changes is None or (self._cares_for_nodes and any(pod is None for _, pod, _ in changes)):
            self._afresh()
            return
        self._position = table.changes
        dirty: dict[int, None] = {}
        for index, pod, number in changes:
            dirty[index] = self._base[index] = None
            if pod is None:
                self._look_again(index)
            elif self._related(pod) and not self._recount(index, pod, number, dirty):
                dirty.update(dict.fromkeys(range(len(self.scores))))
        for index in dirty:
            self._judge(index)

    def _related(self, other: PodInfo) -> bool:
        known = self._relations.get(other)
        if known is None:
            pod, cluster = self.pod, self._cluster
            known = any(plugin.concerns(counts, pod, other) for plugin, counts in self._counted) or any(
                plugin.tally_concerns(tally, pod, other, cluster) for plugin, _, tally in self._tallied
            )
            self._relations[other] = known
        return known

    def _recount(self, index: int, other: PodInfo, number: int, dirty: dict[int, None]) -> bool:
        """Count a pod in or out for the plugins that see the whole cluster; False means that any node may change."""
        node = self._cluster.nodes[index]
        everywhere = False
        for plugin, counts in self._counted:
            changed = plugin.update(counts, self.pod, other, node, number, self._cluster)
            if changed is None:
                everywhere = True
                continue
            for key, value in changed:
                dirty.update(dict.fromkeys(self._table.nodes_at(key, value)))
        self._pick_filters()
        self._retally(node, other, number)
        return not everywhere

    def _retally(self, node: NodeInfo, other: PodInfo, number: int) -> None:
        """Count a pod in or out for the scores that look at pods anywhere."""
        moved = {node.index: None}
        for plugin, _, tally in self._tallied:
            places = plugin.tally_changed(tally, self.pod, other, node, number, self._cluster)
            for key, value in places:
                moved.update(dict.fromkeys(self._table.nodes_at(key, value)))
        if self._tallied:
            self._bonus = None
            for index in moved:
                self._regroup(index)

    def _look_again(self, index: int) -> None:
        """Ask again what depends on the node object."""
        node = self._cluster.nodes[index]
        self._fixed[index] = run_filter(self._node_filters, self.pod, node)
        self._regroup(index)
        self._bonus = None

    def _regroup(self, index: int) -> None:
        """Put a node into the group where it belongs now."""
        group, score = self._group(self._cluster.nodes[index]), self.scores[index]
        if group == self._groups[index]:
            return
        if score != REFUSED:
            self._leave(index, score)
        self._groups[index] = group
        if score != REFUSED:
            self._join(index, score)

    def _judge(self, index: int) -> None:
        """Bring the verdict on one node up to date."""
        node, pod = self._cluster.nodes[index], self.pod
        refusal = self._fixed[index]
        if refusal is None:
            for name, ask, state in self._asked:
                status = ask(state, pod, node)
                if status is not None:
                    refusal = (name, status)
                    break
        if refusal != self._refusals[index]:
            self._tell(index, refusal)
        score = REFUSED
        if refusal is None:
            known = self._base[index]
            if known is None:
                known = 0
                for grade, weight, state in self._local:
                    known += weight * grade(state, pod, node)
                self._base[index] = known
            score = known
        before = self.scores[index]
        if score != before:
            if before != REFUSED:
                self._leave(index, before)
            self.scores[index] = score
            if score != REFUSED:
                self._join(index, score)

    def _tell(self, index: int, after: Refusal | None) -> None:
        """Keep the sets in step with a changed verdict."""
        before = self._refusals[index]
        self._refusals[index] = after
        self._said = None
        bit = 1 << index
        if before is None:
            self.feasible ^= bit
        elif before is not _UNKNOWN:
            _toggle(self._refused, before, bit)
        if after is None:
            self.feasible ^= bit
        else:
            _toggle(self._refused, after, bit)

    def _join(self, index: int, score: int) -> None:
        """Put a feasible node into its group, by its score."""
        group, bit = self._groups[index], 1 << index
        if group not in self._members:
            self._members[group] = 0
            self._buckets[group] = {}
            self._bonus = None
        elif self._tallied:
            self._bonus = None
        self._members[group] |= bit
        bucket = self._buckets[group]
        bucket[score] = bucket.get(score, 0) | bit

    def _leave(self, index: int, score: int) -> None:
        """Take a node out of its group."""
        group, bit = self._groups[index], 1 << index
        _toggle(self._buckets[group], score, bit)
        left = self._members[group] = self._members[group] ^ bit
        if not left:
            del self._members[group], self._buckets[group]
            self._bonus = None
        elif self._tallied:
            self._bonus = None

    # -- answering ------------------------------------------------------------------------------------------

    def choice(self, start: int = 0) -> Choice:
        """Return the outcome of a cycle as things stand, the search beginning at a node."""
        count = self.feasible.bit_count()
        if count > self._enough:
            return self._sampled(start, count)
        said = self._said
        if said is None:
            rejected = _rejected(self._refused, -1)
            said = self._said = choice_of(Ties(0), count, rejected, len(self.scores))
        return said._replace(best=Ties(self._best())) if count else said

    def _sampled(self, start: int, count: int) -> Choice:
        """Return the outcome when the search ends before every node has been looked at.

        The feasible node at which it ends is not taken, and does not count.
        """
        passed = (self.feasible & between(0, start)).bit_count() + self._enough
        nodes = len(self.scores)
        end = nth(self.feasible, passed % count)
        if passed < count:
            window, evaluated = between(start, end), end - start
        else:
            window, evaluated = between(start, nodes) | between(0, end), nodes - start + end
        return choice_of(Ties(self._best_of(window)), self._enough, _rejected(self._refused, window), evaluated)

    def _best(self) -> int:
        """Return the feasible nodes with the highest total."""
        if len(self._buckets) == 1:
            (bucket,) = self._buckets.values()
            return bucket[max(bucket)]
        bonus = self._bonus
        if bonus is None:
            sizes = {group: nodes.bit_count() for group, nodes in self._members.items()}
            bonus = self._bonus = self._normalised(sizes)
        highest, best = REFUSED, 0
        for group, bucket in self._buckets.items():
            top = max(bucket)
            total = top + bonus[group]
            if total > highest:
                highest, best = total, bucket[top]
            elif total == highest:
                best |= bucket[top]
        return best

    def _best_of(self, window: int) -> int:
        """Return the same of the nodes in a window; only these count for normalising."""
        sizes = {group: (nodes & window).bit_count() for group, nodes in self._members.items()}
        sizes = {group: size for group, size in sizes.items() if size}
        bonus = self._normalised(sizes) if len(sizes) > 1 else dict.fromkeys(sizes, 0)
        highest, best = REFUSED, 0
        for group, more in bonus.items():
            bucket = self._buckets[group]
            for score in sorted(bucket, reverse=True):
                if score + more < highest:
                    break
                here = bucket[score] & window
                if here:
                    best = best | here if score + more == highest else here
                    highest = score + more
                    break
        return best

    def _normalised(self, sizes: Mapping[Group, int]) -> dict[Group, int]:
        """Return what each group with feasible nodes gets from the plugins that normalise."""
        nodes = self._cluster.nodes
        totals = [0] * len(sizes)
        if self._grouped:
            shown = [nodes[_any_of(self._members[group])] for group in sizes]
            for plugin, weight in self._grouped:
                state = plugin.pre_score(self.pod, self._cluster, shown)
                raw = [plugin.score(state, self.pod, node) for node in shown]
                totals = _plus(totals, weight, plugin.normalize_score(state, raw, shown))
        counts = list(sizes.values())
        for at, (tallied, weight, tally) in enumerate(self._tallied):
            parts = [group[1][at] for group in sizes]
            totals = _plus(totals, weight, tallied.score_groups(tally, parts, counts))
        return dict(zip(sizes, totals, strict=True))


def _plus(totals: list[int], weight: int, scores: list[int]) -> list[int]:
    return [total + weight * score for total, score in zip(totals, scores, strict=True)]


_UNKNOWN: Refusal = ("", Status("Unschedulable", ()))
"""The verdict on a node that has not been looked at: a refusal without reasons counts nothing."""


def _any_of(nodes: int) -> int:
    return (nodes & -nodes).bit_length() - 1


def _toggle(sets: dict[Any, int], key: Any, bit: int) -> None:
    """Put a node into one of some sets, or take it out; empty sets are dropped."""
    left = sets.get(key, 0) ^ bit
    if left:
        sets[key] = left
    else:
        del sets[key]


def _rejected(refused: Mapping[Refusal, int], window: int) -> Rejected:
    """Return how many nodes of a window (-1: all) were refused by which plugin for which reason."""
    counts: Rejected = {}
    for (plugin, status), nodes in refused.items():
        number = (nodes & window).bit_count()
        if number:
            for reason in status.reasons:
                counts[plugin, reason] = counts.get((plugin, reason), 0) + number
    return counts
