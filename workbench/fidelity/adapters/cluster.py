"""Rows about the Cluster Autoscaler, put to `workbench.engines.kubernetes.autoscalers.cluster*`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isclose
from typing import Any

from workbench.engines.kubernetes.autoscalers import cluster, cluster_drain, cluster_eligibility, cluster_estimator
from workbench.engines.kubernetes.autoscalers import cluster_expanders as expanders
from workbench.engines.kubernetes.autoscalers import cluster_limiter as limits
from workbench.engines.kubernetes.autoscalers.cluster import NodeGroup
from workbench.engines.kubernetes.autoscalers.cluster_drain import Budget, DrainedPod, DrainOptions
from workbench.engines.kubernetes.autoscalers.cluster_eligibility import Candidate, HeldBy, UtilizationError
from workbench.engines.kubernetes.autoscalers.cluster_estimator import PodGroup
from workbench.engines.kubernetes.autoscalers.cluster_expanders import Option
from workbench.engines.kubernetes.autoscalers.cluster_limiter import Limiter, Threshold
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.pod_info import PodInfo
from workbench.fidelity.adapters.comparing import Unsupported, differences
from workbench.fidelity.records import Case
from workbench.model.clock import to_us
from workbench.model.native.kubernetes.affinity import TopologySpreadConstraint
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.nodes import Node
from workbench.model.native.kubernetes.pods import Container, ContainerPort, PodSpec, ResourceRequirements
from workbench.model.native.kubernetes.quantity import Quantity

Given = Mapping[str, Any]

NOW = to_us(10**6)
MIB = 2**20
GPU = "nvidia.com/gpu"


def difference(case: Case) -> str:
    """Return how the model differs from the row, or an empty text."""
    given, expected = case.document["input"], case.document["expect"]
    answer = _ANSWERS.get(case.group)
    if answer is None:
        raise Unsupported(f"no function {case.group!r}")
    tolerance = given.get("tolerance", 0.0)
    answered = answer(given)
    close = {
        name: value
        for name, value in expected.items()
        if isinstance(value, float) and isclose(value, answered.get(name, 0), abs_tol=tolerance)
    }
    return differences(expected, {**answered, **close})


def _node(given: Given, name: str) -> NodeInfo:
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": given.get("zone", "")}
    has = {"cpu": given["cpuMilli"], "memory": given["memoryMiB"] * MIB, "pods": given.get("maxPods", 110)}
    return NodeInfo(Node(metadata=ObjectMeta(name=name, labels=labels)), 0, has)


def _group(given: Given) -> PodGroup:
    labels = given.get("labels", {})
    container = Container(
        name="container",
        resources=ResourceRequirements(
            requests={"cpu": Quantity.of_milli(given["cpuMilli"]), "memory": Quantity.of(given["memoryBytes"])}
        ),
        ports=(ContainerPort(container_port=given["hostPort"], host_port=given["hostPort"]),)
        if given.get("hostPort")
        else (),
    )
    spread = given.get("topologySpread")
    if spread is True:  # a row that only says that there is one
        spread = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    constraints: tuple[TopologySpreadConstraint, ...] = ()
    if spread:
        constraints = (
            TopologySpreadConstraint(
                max_skew=spread["maxSkew"], topology_key=spread["topologyKey"],
                when_unsatisfiable=spread["whenUnsatisfiable"], min_domains=spread.get("minDomains"),
                label_selector=LabelSelector(match_labels=labels),
            ),
        )  # fmt: skip
    spec = PodSpec(containers=(container,), topology_spread_constraints=constraints)
    return PodGroup(PodInfo("universe", labels, spec, name=given.get("name", "")), given.get("count", 1))


def _estimate(given: Given) -> Given:
    existing = []
    for number, one in enumerate(given["existingNodes"]):
        existing.append(_node(one, f"oldnode-{number}"))
        existing[-1].index = number
    found = cluster_estimator.estimate(
        [_group(one) for one in given["podGroups"]], lambda name: _node(given["template"], name), existing,
        Limiter([Threshold(given["maxNodes"])]),
    )  # fmt: skip
    return {"nodes": found.nodes, "scheduledPods": found.pods}


def _fast_path(given: Given) -> Given:
    groups = [_group(one) for one in given["groups"]]
    return {"groupIndex": cluster_estimator.best_for_fast_path(groups, _node(given["node"], "template"))}


def _order(given: Given) -> Given:
    groups = cluster_estimator.decreasing([_group(one) for one in given["pods"]], _node(given["node"], "template"))
    return {"order": [one.pod.name for one in groups]}


def _total(pods: Sequence[Given]) -> dict[str, int]:
    return {"cpu": sum(one["cpuMilli"] for one in pods), "memory": sum(one["memoryBytes"] for one in pods)}


def _least_waste(given: Given) -> Given:
    options = [
        Option(one["nodeGroup"]["name"], one["nodeCount"], _total([one["nodeGroup"]]), _total(one["pods"]))
        for one in given["options"]
    ]
    return {"best": [one.group for one in expanders.least_waste(options)]}


def _least_nodes(given: Given) -> Given:
    options = [Option(str(number), count, {}, {}) for number, count in enumerate(given["nodeCounts"])]
    return {"bestIndexes": [int(one.group) for one in expanders.least_nodes(options)]}


def _most_pods(given: Given) -> Given:
    options = [Option(str(number), 1, {}, {}, count) for number, count in enumerate(given["podCounts"])]
    return {"bestIndexes": [int(one.group) for one in expanders.most_pods(options)]}


def _priority(given: Given) -> Given:
    priorities = {int(number): patterns for number, patterns in given["priorities"].items()}
    options = [Option(name, 1, {}, {}) for name in given["options"]]
    return {"best": [one.group for one in expanders.by_priority(options, priorities)]}


def _limiter(given: Given) -> Given:
    thresholds = [Threshold(one["maxNodes"], to_us(one["maxSeconds"])) for one in given["thresholds"]]
    limiter = Limiter(thresholds, NOW - to_us(given["elapsedSecondsAtStart"]))
    results: list[bool | None] = []
    for operation in given["operations"]:
        if operation == "reset":
            limiter.restart(NOW)
            results.append(None)
        else:
            results.append(limiter.permission_to_add_node(NOW))
    return {"results": results, "nodesCounted": limiter.nodes}


def _similar(given: Given) -> Given:
    similar = [NodeGroup("", one["nodes"], one["maxNodes"]) for one in given["similarNodeGroups"]]
    current = given["currentNodeGroup"]
    return {"nodeLimit": limits.room_of_similar(NodeGroup("", current["nodes"], current["maxNodes"]), similar)}


def _cluster(given: Given) -> Given:
    return {"nodeLimit": limits.room_of_cluster(given["maxNodesTotal"], given["currentNodes"])}


def _amounts(given: Given) -> dict[str, int]:
    names = {"cpu": "cpuMilli", "memory": "memoryBytes", GPU: "gpu"}
    return {name: given[key] for name, key in names.items() if key in given}


def _held(given: Given) -> HeldBy:
    return HeldBy(_amounts(given), given.get("daemonSet", False), given.get("mirror", False))


def _candidate(given: Given, pods: Sequence[Given]) -> Candidate:
    marked = given.get("toBeDeletedTaintSecondsAgo")
    return Candidate(
        given.get("name", ""), _amounts(given), [_held(one) for one in pods], given.get("ready", True),
        given.get("scaleDownDisabledAnnotation", False), None if marked is None else NOW - to_us(marked),
        GPU if "gpu" in given else "",
    )  # fmt: skip


def _eligible(given: Given) -> Given:
    nodes = [_candidate(one, [pod for pod in given["pods"] if pod["node"] == one["name"]]) for one in given["nodes"]]
    reasons = [
        (
            node.name,
            cluster_eligibility.unremovable_reason(
                node, NOW, threshold=given["utilizationThreshold"], skip_daemons=given["ignoreDaemonSetsUtilization"],
                unready_too=given["scaleDownUnreadyEnabled"],
            ),
        )
        for node in nodes
    ]  # fmt: skip
    candidates, others = cluster_eligibility.filter_out_unremovable(reasons)
    return {"unneededCandidates": candidates, "unremovable": [[name, why] for name, why in others.items()]}


def _utilization(given: Given) -> Given:
    try:
        used = cluster_eligibility.utilization(
            _candidate(given["node"], given["pods"]), skip_daemons=given["skipDaemonSetPods"],
            skip_mirrors=given["skipMirrorPods"],
        )  # fmt: skip
    except UtilizationError:
        return {"error": True}
    return {"error": False, "utilization": max(used.values()), "cpuUtilization": used.get("cpu")}


def _at(seconds_ago: float | None) -> int | None:
    return None if seconds_ago is None else NOW - to_us(seconds_ago)


def _drained(given: Given) -> DrainedPod:
    grace = given["terminationGracePeriodSeconds"]
    return DrainedPod(
        given["name"], given["namespace"], given["ownerKind"] or "", given["mirror"], given["labels"],
        given["annotations"], [(one["name"], one["kind"]) for one in given["volumes"]], given["phase"] or "",
        given.get("restartPolicy", "Always"), _at(given["createdSecondsAgo"]), _at(given["deletionSecondsAgo"]),
        None if grace is None else to_us(grace),
    )  # fmt: skip


def _budget(given: Given) -> Budget:
    labels = given["matchLabels"]
    selector = None if labels is None else LabelSelector(match_labels=labels)
    return Budget(given["namespace"], selector, given["disruptionsAllowed"])


def _drain(given: Given) -> Given:
    options = DrainOptions(
        NOW, [_budget(one) for one in given["podDisruptionBudgets"]], given["skipNodesWithSystemPods"],
        given["skipNodesWithLocalStorage"], given["skipNodesWithCustomControllerPods"],
        to_us(given["systemPodWithoutPdbTimeoutSeconds"]),
    )  # fmt: skip
    found = cluster_drain.pods_to_move([_drained(one) for one in given["pods"]], options)
    pod, reason = found.blocking or (None, None)
    return {
        "podsToMove": list(found.move), "daemonSetPods": list(found.daemons), "onCompletionPods": list(found.wait),
        "blockingPod": pod, "blockingReason": reason,
    }  # fmt: skip


def _balance(given: Given) -> Given:
    groups = [NodeGroup(one["name"], one["size"], one["maxSize"]) for one in given["groups"]]
    sizes = cluster.balance_scale_up(groups, given["nodesToAdd"])
    return {"newSizes": sizes, "groups": sorted(sizes), "sizesSorted": sorted(sizes.values())}


def _backoff(given: Given) -> Given:
    state = cluster.Backoffs(
        {}, to_us(given["initialSeconds"]), to_us(given["maxSeconds"]), to_us(given["resetSeconds"])
    )
    answers = []
    for step in given["steps"]:
        group, at = step["group"], to_us(step["atSeconds"])
        match step["op"]:
            case "backoff":
                state = state.after_failure(group, at)
            case "remove":
                state = state.after_success(group)
            case "status":
                answers.append(state.backed_off(group, at))
            case other:
                raise Unsupported(f"no step {other!r}")
    return {"backedOff": answers}


_ANSWERS: Mapping[str, Callable[[Given], Given]] = {
    "BinpackingNodeEstimator.Estimate": _estimate,
    "determineBestPEGToFastpath": _fast_path,
    "DecreasingPodOrderer.Order": _order,
    "least-waste expander": _least_waste,
    "least-nodes expander": _least_nodes,
    "most-pods expander": _most_pods,
    "priority expander": _priority,
    "ThresholdBasedEstimationLimiter": _limiter,
    "SngCapacityThreshold": _similar,
    "ClusterCapacityThreshold": _cluster,
    "Checker.FilterOutUnremovable": _eligible,
    "utilization.Calculate": _utilization,
    "GetPodsToMove": _drain,
    "BalanceScaleUpBetweenGroups": _balance,
    "exponentialBackoff": _backoff,
}
"""Function of upstream -> what answers in its place."""
