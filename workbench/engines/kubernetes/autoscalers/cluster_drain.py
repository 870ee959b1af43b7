"""Which pods would have to move from a node, and which one forbids that it is removed?

Rules are asked in order, pod by pod; the first that has an opinion decides, and the first pod that forbids ends it.

Source: kubernetes/autoscaler, cluster-autoscaler/simulator, drain.go and drainability/rules (version 1.36).
Left out: minimum numbers of replicas, dynamic resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from workbench.engines.kubernetes.selectors import selects
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.meta import LabelSelector

PREFIX = "cluster-autoscaler.kubernetes.io/"
SAFE_TO_EVICT = PREFIX + "safe-to-evict"
SAFE_VOLUMES = PREFIX + "safe-to-evict-local-volumes"

SYSTEM = "kube-system"
CONTROLLERS = frozenset({"ReplicationController", "ReplicaSet", "StatefulSet", "Job", "DaemonSet"})
LOCAL_STORAGE = frozenset({"emptyDir", "hostPath"})

DEFAULT_GRACE_US = 30 * SECOND_US
LONG_TERMINATING_US = 30 * SECOND_US
"""So long after its grace period a pod that is being deleted counts as gone."""
SYSTEM_TIMEOUT_US = 3600 * SECOND_US


@dataclass(frozen=True, slots=True)
class DrainedPod:
    """A pod of a node that might be removed.

    Parameters
    ----------
    owner : str
        Kind of its controller; empty without one.
    volumes : sequence of (str, str)
        Name and kind of each.
    created_us, deleted_us, grace_us : int or None
        None where the field is not set; `deleted_us` may lie ahead.
    """

    name: str
    namespace: str = "default"
    owner: str = ""
    mirror: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    volumes: Sequence[tuple[str, str]] = ()
    phase: str = ""
    restart_policy: str = "Always"
    created_us: int | None = None
    deleted_us: int | None = None
    grace_us: int | None = None


class Budget(NamedTuple):
    """A PodDisruptionBudget: whom it is about, and how many may go now."""

    namespace: str
    selector: LabelSelector | None
    allowed: int

    def covers(self, pod: DrainedPod) -> bool:
        """Return whether it is about a pod."""
        return self.namespace == pod.namespace and selects(self.selector, pod.labels)


@dataclass(frozen=True, slots=True)
class DrainOptions:
    """What the flags say, and what holds now."""

    now_us: int
    budgets: Sequence[Budget] = ()
    skip_system: bool = True
    skip_local_storage: bool = True
    skip_custom_controllers: bool = True
    system_timeout_us: int = SYSTEM_TIMEOUT_US


Outcome = Literal["gone", "daemon", "wait", "move"]


class Blocks(NamedTuple):
    """The pod forbids it."""

    reason: str


Rule = Callable[[DrainedPod, DrainOptions], "Outcome | Blocks | None"]


class ToMove(NamedTuple):
    """The pods of a node by what becomes of them, and what forbids all of it."""

    move: tuple[str, ...]
    daemons: tuple[str, ...]
    wait: tuple[str, ...]
    blocking: tuple[str, str] | None


def pods_to_move(pods: Iterable[DrainedPod], options: DrainOptions) -> ToMove:
    """Return what would have to happen to the pods of a node; at the first that blocks, nothing further is found."""
    found: dict[Outcome, list[str]] = {"gone": [], "daemon": [], "wait": [], "move": []}
    blocking = None
    for pod in pods:
        outcome: Outcome | Blocks = next(
            (answer for rule in RULES if (answer := rule(pod, options)) is not None), "move"
        )
        if isinstance(outcome, Blocks):
            blocking = (pod.name, outcome.reason)
            break
        found[outcome].append(pod.name)
    return ToMove(tuple(found["move"]), tuple(found["daemon"]), tuple(found["wait"]), blocking)


def _mirror(pod: DrainedPod, _: DrainOptions) -> Outcome | Blocks | None:
    return "gone" if pod.mirror else None


def _long_terminating(pod: DrainedPod, options: DrainOptions) -> Outcome | Blocks | None:
    if pod.deleted_us is None:
        return None
    grace = DEFAULT_GRACE_US if pod.grace_us is None else pod.grace_us
    return "gone" if pod.deleted_us + grace + LONG_TERMINATING_US < options.now_us else None


def _daemon(pod: DrainedPod, _: DrainOptions) -> Outcome | Blocks | None:
    return "daemon" if pod.owner == "DaemonSet" else None


def _safe_to_evict(pod: DrainedPod, _: DrainOptions) -> Outcome | Blocks | None:
    answers: dict[str, Outcome] = {"true": "move", "on-completion": "wait"}
    return answers.get(pod.annotations.get(SAFE_TO_EVICT, ""))


def _terminal(pod: DrainedPod, _: DrainOptions) -> Outcome | Blocks | None:
    """Let pods go that will never run again."""
    over = pod.phase == "Failed" or (pod.phase == "Succeeded" and pod.restart_policy in ("Never", "OnFailure"))
    return "move" if over else None


def _replicated(pod: DrainedPod, options: DrainOptions) -> Outcome | Blocks | None:
    if not pod.owner or (options.skip_custom_controllers and pod.owner not in CONTROLLERS):
        return Blocks("NotReplicated")
    return None


def _system(pod: DrainedPod, options: DrainOptions) -> Outcome | Blocks | None:
    if not options.skip_system or pod.namespace != SYSTEM or any(one.covers(pod) for one in options.budgets):
        return None
    old = pod.created_us is not None and pod.created_us + options.system_timeout_us < options.now_us
    return None if old else Blocks("UnmovableKubeSystemPod")


def _not_safe_to_evict(pod: DrainedPod, _: DrainOptions) -> Outcome | Blocks | None:
    return Blocks("NotSafeToEvictAnnotation") if pod.annotations.get(SAFE_TO_EVICT) == "false" else None


def _local_storage(pod: DrainedPod, options: DrainOptions) -> Outcome | Blocks | None:
    safe = pod.annotations.get(SAFE_VOLUMES, "").split(",")
    local = [name for name, kind in pod.volumes if kind in LOCAL_STORAGE and name not in safe]
    return Blocks("LocalStorageRequested") if options.skip_local_storage and local else None


def _budget(pod: DrainedPod, options: DrainOptions) -> Outcome | Blocks | None:
    spent = any(one.covers(pod) and one.allowed < 1 for one in options.budgets)
    return Blocks("NotEnoughPdb") if spent else None


RULES: tuple[Rule, ...] = (
    _mirror, _long_terminating, _daemon, _safe_to_evict, _terminal, _replicated, _system, _not_safe_to_evict,
    _local_storage, _budget,
)  # fmt: skip
"""In upstream's order."""
