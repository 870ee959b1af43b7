"""Kubernetes: one queue of pods, one scheduler that sees every node, and controllers that mend what is missing.

| A reader asks | and opens |
|---|---|
| How is it put together? | `control_plane.py` |
| What can users and operators ask of it? | `kubectl.py` |
| What does my app become? | `workloads.py` |
| What becomes of a field of my file? | `treatments.py` |
| What does a call cost? How does anybody hear of a change? | `api_server.py`, `watches.py` |
| What is added to a pod when it is created? | `admission.py` |
| Why was a pod refused for want of quota? | `quota.py` |
| Which pod is considered next? How long is a failed one left alone? | `queue.py`, `queued_pod.py`, `backoff.py` |
| What gets a rejected pod considered again? | `queueing.py`, from changes `event_handlers.py` |
| Which pods are promised which nodes? | `nominator.py` |
| How does one decision go, and what does it cost? | `scheduler.py` |
| What is a plugin asked, and when? | `framework.py`; one that counts pods anywhere: `counting.py` |
| What is a whole scheduling cycle? | `schedule_one.py`, plugin by plugin `runtime.py` |
| What is said when no node will do? | `fit_error.py` |
| Why was this node refused, or preferred? | `plugins/` |
| What does a scheduler configuration change? | `profiles.py` |
| How do I try a policy of my own? | `policy.py` |
| What does a node really use? | `metrics_server.py` |
| In which order are nodes looked at, and what if one comes or goes? | `node_tree.py`, `node_places.py` |
| How is a decision made fast? | `node_table.py`, and from there `view.py` |
| What do plugins look up beside nodes and pods? | `listers.py`, in a run `world_listers.py` |
| What does the scheduler know of a pod, of a node? | `pod_info.py`, `node_info.py` |
| What does a pod ask for as a whole? | `resources.py` |
| Who is evicted first? | `qos.py`, `kubelet_eviction.py` |
| What do the bounds of a namespace do to a pod? | `limit_ranger.py` |
| What does a pod charge against a quota? | `quota_evaluator.py` |
| Which volume does a claim get? | `volume_matching.py` |
| Who is meant by a selector? | `selectors.py` |
| How does a lost pod come back? When is a dead node noticed? | `controllers/` |
| How many pods does an autoscaler want? | `autoscalers/`, its loop `controllers/horizontal.py` |
| Who changes what pods ask for? | `controllers/vertical.py` |
| Who orders nodes and gives them back? | `controllers/cluster_autoscaler.py`, `controllers/node_removal.py` |
| How fresh is what it knows? | `pod_metrics.py`, of requests `custom_metrics.py` |
| How does a node join, or leave for good? | `node_fleet.py`, `node_objects.py` |
| How does a node say that it is alive? | `leases.py` |
| What happens on a node? | `kubelet.py` |
| How is a node emptied for maintenance? What may an eviction do? | `drain.py`, `eviction.py` |
| When is a pod known to be ready? | `prober.py` |
| What is stored of an object? | `objects.py` |
| Which volumes does a pod want? Who brings them in? | `pod_volumes.py`, `volume_manager.py` |
| What is a claim called that is made for one pod? | `ephemeral.py` |
| What may change of a Job that is there? | `job_changes.py` |
| How does a claim get its volume? | `controllers/persistent_volume.py`, `volume_binder.py`, `provisioner.py` |
| Which storage classes are there, and where is a volume made? | `storage_classes.py` |
| Where do names come from? | `names.py` |
| What do users do with labels? What may be written about an owner? | `labelling.py`, `ownership.py` |
| How did versions follow one another before Deployments? | `rolling_update.py`, `rolling_update_client.py` |
| What becomes of Spark, MPI, Chronos and Hadoop here? | `batch_work.py`, `spark.py` |
"""

from __future__ import annotations

from typing import Any

from workbench.engines.kubernetes.admission import AdmissionParameters
from workbench.engines.kubernetes.api_server import ApiServerParameters
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.controllers.activator import ActivatorParameters
from workbench.engines.kubernetes.controllers.attach_detach import AttachDetachParameters
from workbench.engines.kubernetes.controllers.cluster_autoscaler import ClusterAutoscalerParameters
from workbench.engines.kubernetes.controllers.endpoints import EndpointsParameters
from workbench.engines.kubernetes.controllers.horizontal import HorizontalParameters
from workbench.engines.kubernetes.controllers.karpenter import KarpenterParameters
from workbench.engines.kubernetes.controllers.node_lifecycle import NodeLifecycleParameters
from workbench.engines.kubernetes.controllers.node_pools import NodeParameters
from workbench.engines.kubernetes.controllers.scale_up_requests import NodeGroupParameters
from workbench.engines.kubernetes.controllers.statefulset import StatefulSetParameters
from workbench.engines.kubernetes.custom_metrics import CustomMetricsParameters
from workbench.engines.kubernetes.etcd import ControlPlaneParameters
from workbench.engines.kubernetes.eviction_thresholds import EvictionParameters
from workbench.engines.kubernetes.kubelet import KubeletParameters
from workbench.engines.kubernetes.leases import LeaseParameters
from workbench.engines.kubernetes.operator import OperatorParameters
from workbench.engines.kubernetes.pod_metrics import PodMetricsParameters
from workbench.engines.kubernetes.policy import Policy
from workbench.engines.kubernetes.queue import QueueParameters
from workbench.engines.kubernetes.scheduler import SchedulerParameters
from workbench.engines.kubernetes.spark import SparkOnKubernetesParameters
from workbench.engines.kubernetes.storage_classes import StorageParameters
from workbench.engines.kubernetes.treatments import TREATMENTS
from workbench.engines.kubernetes.workloads import WorkloadParameters

PARAMETERS: tuple[type[Any], ...] = (
    ApiServerParameters,
    AdmissionParameters,
    WorkloadParameters,
    StorageParameters,
    QueueParameters,
    SchedulerParameters,
    KubeletParameters,
    EvictionParameters,
    ControlPlaneParameters,
    LeaseParameters,
    NodeLifecycleParameters,
    StatefulSetParameters,
    AttachDetachParameters,
    OperatorParameters,
    EndpointsParameters,
    PodMetricsParameters,
    CustomMetricsParameters,
    HorizontalParameters,
    NodeParameters,
    ClusterAutoscalerParameters,
    NodeGroupParameters,
    KarpenterParameters,
    ActivatorParameters,
    SparkOnKubernetesParameters,
)
"""The classes that declare the adjustable numbers of this control plane."""

__all__ = ["PARAMETERS", "TREATMENTS", "Kubernetes", "Policy"]
