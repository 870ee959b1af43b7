"""Rows about taint eviction, put to `controllers.taint_eviction`: the controller with an API server and a clock.

What a row calls the state before is written first and heard of; then the event of the row is. The answer is read
after the time that the row says, and after the two tenths of a second that calls and watches may take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from workbench.engines.kubernetes.admission import Admission, AdmissionParameters
from workbench.engines.kubernetes.api_server import ApiServer, ApiServerParameters, PodInformer
from workbench.engines.kubernetes.controllers.taint_eviction import TaintEvictionController
from workbench.engines.kubernetes.objects import NodeObject, PodDraft
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.engines.kubernetes.quota import Quotas
from workbench.engines.protocol import Change, Fact
from workbench.engines.world import World
from workbench.fidelity.adapters.comparing import Unsupported, differences, known_only
from workbench.fidelity.records import Case
from workbench.model.clock import to_us
from workbench.model.cluster import Cluster
from workbench.model.cluster import Node as Machine
from workbench.model.native.kubernetes.affinity import Toleration
from workbench.model.native.kubernetes.meta import ObjectMeta
from workbench.model.native.kubernetes.nodes import Node, NodeSpec, Taint
from workbench.model.native.kubernetes.pods import PodSpec
from workbench.model.scenario import LocalText, Scenario
from workbench.model.workload import App

Given = Mapping[str, Any]

SETTLED_S = 0.2
"""By then what was written is known to all who watch: each way takes a hundredth of a second."""

_INPUT = frozenset({"event", "pod", "previousPod", "pods", "nodeTaints", "oldNodeTaints", "observeSeconds"})
_NODE = "node1"
_APP = App("pods", "service", 1, {})


class _Alone:
    """No control plane beside the controller that is asked."""

    name = "kubernetes"
    orders_machines = False
    starts_over = False

    def start(self, world: World) -> None:
        """Nothing to start."""

    def apply(self, change: Change) -> None:
        """Nobody asks."""

    def notify(self, fact: Fact) -> None:
        """Nothing runs."""

    def endpoints(self, _app: str) -> tuple[int, ...]:
        """Return nothing: there are no services."""
        return ()


class _Cluster:
    """One node, an API server and the taint eviction controller."""

    def __init__(self) -> None:
        said = LocalText("", "")
        scenario = Scenario("rows", said, said, to_us(10_000), 0, Cluster((Machine(_NODE, {}),)), ())
        self.world = World(scenario, _Alone(), 0)
        admission = Admission(AdmissionParameters(), ())
        self.api = ApiServer(self.world, admission, Quotas(), ApiServerParameters())
        self.api.nodes.append(NodeObject(index=0, node=Node(metadata=ObjectMeta(name=_NODE)), version=0))
        TaintEvictionController(self.api, PodInformer(self.api))

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass."""
        self.world.agenda.run(self.world.now_us + to_us(seconds + SETTLED_S))

    def taint(self, taints: Sequence[Given]) -> None:
        """Give the node these taints."""
        made = tuple(Taint(key=one["key"], value=one["value"], effect=one["effect"]) for one in taints)
        node = self.api.nodes[0].node
        self.api.patch_node(0, {"node": replace(node, spec=NodeSpec(taints=made))})

    def create(self, pod: Given) -> int:
        """Create a pod, and bind it where the row says so; return its uid."""
        uid = len(self.world.trace["tasks"])
        self.api.create_pod(PodDraft(pod["name"], "default", {}, _spec(pod), _APP))
        self._bind(uid, pod)
        return uid

    def update(self, uid: int, pod: Given) -> None:
        """Make a pod what the row says, in one write."""
        changes: dict[str, Any] = {"info": PodInfo("default", {}, _spec(pod))}
        if pod["node"] is not None:
            changes["node"] = 0
        self.api.patch_pod(uid, changes)

    def _bind(self, uid: int, pod: Given) -> None:
        if pod["node"] is not None:
            self.api.bind_pod(uid, 0)

    def evicted(self, uid: int) -> bool:
        """Say whether a pod is gone, or on its way out."""
        pod = self.api.pods.get(uid)
        return pod is None or pod.deleting


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given = case.document["input"]
    known_only(given, _INPUT)
    return differences(case.document["expect"], {"evicted": _evicted(given)})


def _evicted(given: Given) -> bool:
    cluster, event = _Cluster(), given["event"]
    if event.startswith("pod"):
        cluster.taint(given["nodeTaints"].get(_NODE, ()))
        cluster.settle()
        uid = cluster.create(given["previousPod"] if event == "pod updated" else given["pod"])
        if event == "pod updated":
            cluster.settle()
            cluster.update(uid, given["pod"])
    elif event in ("node added", "node updated"):
        (pod,) = given["pods"]
        taints = given["nodeTaints"]
        uid = cluster.create(pod)
        cluster.settle()
        cluster.taint(given.get("oldNodeTaints", ()))
        cluster.settle()
        cluster.taint(taints.get(_NODE, ()) if isinstance(taints, Mapping) else taints)
    else:
        raise Unsupported(f"no event {event!r}")
    cluster.settle(given.get("observeSeconds", 0))
    return cluster.evicted(uid)


def _spec(pod: Given) -> PodSpec:
    return PodSpec(
        tolerations=tuple(
            Toleration(
                key=one["key"], operator="Equal", value=one["value"], effect=one["effect"],
                toleration_seconds=one.get("tolerationSeconds"),
            )
            for one in pod["tolerations"]
        )
    )  # fmt: skip
