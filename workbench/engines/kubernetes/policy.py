"""A scheduling policy of one's own: the default scheduler with a plugin more, and perhaps some fewer.

A plugin that somebody wrote in a notebook is asked like any other, but not trusted like one: `Guarded` asks it on
behalf of the framework, and whatever it raises or answers that makes no sense becomes an error that names the policy,
what was asked, the pod and the node. Pods are then decided by `framework.schedule`, plugin by plugin, each time:
nothing is known of such a plugin that would let an answer be remembered. A new measurement of use wakes no pod that
waits, as upstream; any other event does, unless the plugin names its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.engines.asking import name_of, raised, shown, source_of, written
from workbench.engines.kubernetes.framework import (
    MAX_NODE_SCORE,
    SKIP,
    Cluster,
    ClusterEvent,
    Plugin,
    ScorePlugin,
    State,
    Status,
)
from workbench.engines.kubernetes.metrics_server import RESOLUTION_S
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.plugins import ORDER
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.runtime import Profile
from workbench.errors import PolicyError, Problem, no_such

MOST_WEIGHT = 100
EVERY_EVENT: Mapping[str, tuple[str, ...]] = {
    "Pod": ("Add", "Update", "Delete", "UpdatePodLabel", "UpdatePodScaleDown", "UpdatePodToleration"),
    "Node": (
        "Add", "Delete", "UpdateNodeAllocatable", "UpdateNodeLabel", "UpdateNodeTaint", "UpdateNodeCondition",
        "UpdateNodeAnnotation",
    ),
}  # fmt: skip
"""What a plugin is asked about after which says nothing itself; upstream's default is to try again after anything."""


@dataclass(frozen=True)
class Policy:
    """How a scheduler differs from the default one.

    Parameters
    ----------
    plugin : Plugin
        What it asks besides.
    weight : int
        Of the plugin's score in the total.
    without : frozenset of str
        Default plugins that it does not ask.
    measured_every_s : float
        How often the use of nodes is measured anew.
    written : str
        How the plugin was handed over, as Python has it.
    """

    plugin: Plugin
    weight: int
    without: frozenset[str]
    measured_every_s: float
    written: str

    @property
    def name(self) -> str:
        """That of its plugin, or of the plugin's class."""
        return name_of(self.plugin)

    def applied(self, profile: Profile) -> Profile:
        """Return what a scheduler with this profile asks under the policy; the plugin comes last.

        Each run has a copy of the plugin: what it remembers of one does not reach the next.
        """
        guarded = Guarded(copy.deepcopy(self.plugin))
        filters = tuple(one for one in profile.filters if one.name not in self.without)
        scores = tuple(one for one in profile.scores if one[0].name not in self.without)
        return replace(
            profile,
            filters=(*filters, guarded) if _filters(self.plugin) else filters,
            scores=(*scores, (guarded, self.weight)) if _scores(self.plugin) else scores,
        )

    @property
    def call(self) -> str:
        """The arguments that register it again, as Python has them; what stands at its default is left out."""
        said = [self.written, *([f"weight={self.weight}"] if self.weight != 1 else [])]
        if self.without:
            said.append(f"without={sorted(self.without)}")
        if self.measured_every_s != RESOLUTION_S:
            said.append(f"measured_every_s={self.measured_every_s:g}")
        return ", ".join(said)

    @property
    def source(self) -> str:
        """The text of the plugin's class, where it can be found; empty where it cannot."""
        return source_of(type(self.plugin))


def policy_of(
    plugin: Any, weight: Any, without: Iterable[str], measured_every_s: float, taken: Iterable[str]
) -> Policy:
    """Return a policy.

    Parameters
    ----------
    plugin : Plugin or type
        A plugin or its class; one without a name is called after its class.
    taken : iterable of str
        Names that other sides have.

    Raises
    ------
    PolicyError
        With everything that is wrong with it.
    """
    made = _made(plugin)
    left_out: Any = without
    if isinstance(without, str):
        left_out = (without,)
    elif isinstance(without, Iterable):
        left_out = tuple(without)
    problems = list(_problems(made, weight, left_out, measured_every_s, taken))
    if problems:
        raise PolicyError(problems)
    return Policy(made, weight, frozenset(left_out), measured_every_s, written(plugin))


def _made(plugin: Any) -> Plugin:
    if not (isinstance(plugin, Plugin) or (isinstance(plugin, type) and issubclass(plugin, Plugin))):
        name = getattr(plugin, "__name__", type(plugin).__name__)
        raise PolicyError(Problem("policy-no-plugin", "", {"policy": name}))
    if isinstance(plugin, type):
        try:
            plugin = plugin()
        except Exception as error:
            about = {"policy": plugin.__name__, "error": type(error).__name__, "message": str(error)}
            raise PolicyError(Problem("policy-not-made", "", about)) from error
    return plugin  # type: ignore[no-any-return]  # checked above


def _problems(plugin: Plugin, weight: Any, without: Any, every_s: Any, taken: Iterable[str]) -> Iterator[Problem]:
    name = name_of(plugin)
    if not isinstance(name, str) or not f"_{name}".replace("-", "_").replace(".", "_").isidentifier():
        yield Problem("bad-name", "", {"name": str(name)[:70]})
    elif name in ORDER:
        yield Problem("policy-default-name", "", {"policy": name})
    elif name in taken:
        yield Problem("policy-name-taken", "", {"policy": name})
    if not (_filters(plugin) or _scores(plugin)):
        yield Problem("policy-does-nothing", "", {"policy": name})
    if type(weight) is not int or not 1 <= weight <= MOST_WEIGHT:
        yield Problem("policy-weight", "", {"policy": name, "value": shown(weight), "high": MOST_WEIGHT})
    if isinstance(every_s, bool) or not isinstance(every_s, int | float):
        yield Problem("wrong-type", "measured_every_s", {"value": every_s, "wanted": "a number"})
    elif not 0.1 <= every_s <= 3600:
        yield Problem("out-of-range", "measured_every_s", {"value": every_s, "low": 0.1, "high": 3600, "unit": " s"})
    if not isinstance(without, tuple):
        yield Problem("wrong-type", f"{name}: without", {"value": without, "wanted": "a list"})
        without = ()
    for one in without:
        if one not in ORDER:
            yield no_such(str(one), ORDER, "the default plugins", f"{name}: without")
    yield from _events_faults(name, plugin.events)
    try:
        copy.deepcopy(plugin)
    except Exception as error:
        yield Problem("policy-not-copied", "", {"policy": name, "message": str(error)})


def _events_faults(name: str, events: Any) -> Iterator[Problem]:
    """Yield what is wrong with the events that a plugin names."""
    if not isinstance(events, Mapping):
        yield Problem("wrong-type", f"{name}.events", {"value": events, "wanted": "a mapping of keys to values"})
        return
    for resource, actions in events.items():
        if isinstance(actions, str) or not isinstance(actions, Collection):
            yield Problem("wrong-type", f"{name}.events, {resource}", {"value": actions, "wanted": "a list"})


def _filters(plugin: Plugin) -> bool:
    kind = type(plugin)
    return kind.filter is not Plugin.filter or kind.pre_filter is not Plugin.pre_filter


def _scores(plugin: Plugin) -> bool:
    return isinstance(plugin, ScorePlugin) and type(plugin).score is not ScorePlugin.score


class Guarded(ScorePlugin):
    """Asks a plugin of unknown quality, and tells what is wrong with it when it fails."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self.name = name_of(plugin)
        self.sees = plugin.sees
        self.events = plugin.events or EVERY_EVENT

    def needs_whole_cluster(self, pod: PodInfo, cluster: Cluster) -> bool:
        """Nothing is remembered of its answers."""
        return True

    def pre_filter(self, pod: PodInfo, cluster: Cluster) -> State:
        """Ask the plugin; a refusal needs words, all else is the plugin's own affair."""
        said = self._asked("pre_filter", None, self._plugin.pre_filter, pod, cluster)
        if isinstance(said, Status) and not _has_words(said):
            raise PolicyError(self._problem("policy-no-status", "pre_filter", None, value=shown(said)))
        return said

    def pod_changed(
        self, state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, number: int, cluster: Cluster
    ) -> None:
        """Tell the plugin."""
        self._asked("pod_changed", node, self._plugin.pod_changed, state, pod, other, node, number, cluster)

    def filter(self, state: State, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Ask the plugin; it answers None or a `Status`."""
        said = self._asked("filter", node, self._plugin.filter, state, pod, node)
        if said is None or (isinstance(said, Status) and _has_words(said)):
            return said
        raise PolicyError(self._problem("policy-no-status", "filter", node, value=shown(said)))

    def pre_score(self, pod: PodInfo, cluster: Cluster, feasible: Sequence[NodeInfo]) -> State:
        """Ask the plugin; one that only filters adds nothing."""
        if not isinstance(self._plugin, ScorePlugin):
            return SKIP
        return self._asked("pre_score", None, self._plugin.pre_score, pod, cluster, tuple(feasible))

    def score(self, state: State, pod: PodInfo, node: NodeInfo) -> int:
        """Ask the plugin; it answers a whole number, which it may bring to 0..100 itself later."""
        assert isinstance(self._plugin, ScorePlugin)
        said = self._asked("score", node, self._plugin.score, state, pod, node)
        as_it_is = type(self._plugin).normalize_score is ScorePlugin.normalize_score
        if type(said) is not int or (as_it_is and not 0 <= said <= MAX_NODE_SCORE):
            raise PolicyError(self._problem("policy-no-score", "score", node, value=shown(said)))
        return said

    def normalize_score(self, state: State, scores: list[int], feasible: Sequence[NodeInfo]) -> list[int]:
        """Ask the plugin; it answers as many whole numbers of 0 to 100 as it was given."""
        assert isinstance(self._plugin, ScorePlugin)
        said = self._asked("normalize_score", None, self._plugin.normalize_score, state, scores, tuple(feasible))
        if not isinstance(said, list) or len(said) != len(feasible):
            args = {"count": len(feasible), "value": shown(said)}
            raise PolicyError(self._problem("policy-no-scores", "normalize_score", None, **args))
        for node, score in zip(feasible, said, strict=True):
            if type(score) is not int or not 0 <= score <= MAX_NODE_SCORE:
                raise PolicyError(self._problem("policy-no-score", "normalize_score", node, value=shown(score)))
        return said

    def queueing_hint(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Ask the plugin."""
        return bool(self._asked("queueing_hint", None, self._plugin.queueing_hint, event, pod))

    def _asked(self, method: str, node: NodeInfo | None, ask: Callable[..., Any], *args: Any) -> Any:
        try:
            return ask(*args)
        except Exception as error:
            about = raised(error, method, ScorePlugin)
            code = "policy-raised" if "error" in about else "policy-signature"
            raise PolicyError(self._problem(code, method, node, **about)) from error

    def _problem(self, code: str, method: str, node: NodeInfo | None, /, **args: Any) -> Problem:
        where = f"{self.name}.{method}" + (f", node {node.name}" if node is not None else "")
        return Problem(code, where, args)


def _has_words(status: Status) -> bool:
    return bool(status.reasons) and all(isinstance(reason, str) for reason in status.reasons)
