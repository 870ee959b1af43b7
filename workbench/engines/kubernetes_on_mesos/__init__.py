"""Kubernetes on Mesos: the control plane of Kubernetes, with Mesos underneath. Both are those of their own packages.

| A reader asks | and opens |
|---|---|
| How is it put together? Who runs what? | `control_plane.py` |
| How long are offers kept? When is a pod considered? | `pod_scheduler.py` |
| Which offer will do for a pod? | `pod_matching.py` |
| What does a machine do with a pod? | `executor.py` |
"""

from __future__ import annotations

from typing import Any

from workbench.engines import kubernetes, mesos
from workbench.engines.kubernetes_on_mesos.control_plane import KubernetesOnMesos
from workbench.engines.kubernetes_on_mesos.pod_scheduler import PodSchedulerParameters
from workbench.model.parameters import Treatments, approximated, ignored

PARAMETERS: tuple[type[Any], ...] = (PodSchedulerParameters,)
"""The classes that declare the adjustable numbers of this control plane, beside those of its two halves."""

_UNSEEN = ignored("its scheduler looks at labels, amounts and host ports only")

TREATMENTS: Treatments = {
    **{key: how for key, how in mesos.TREATMENTS.items() if key.startswith(("App", "Group", "PodDefinition"))},
    **kubernetes.TREATMENTS,
    "Pod: spec.affinity": _UNSEEN,
    "Pod: spec.topologySpreadConstraints": _UNSEEN,
    "Pod: spec.tolerations": _UNSEEN,
    "Pod: spec.priorityClassName": ignored("nobody is displaced on Mesos"),
    "Pod: spec.priority": ignored("nobody is displaced on Mesos"),
    "Pod: spec.schedulerName": ignored("there is one scheduler"),
    "KubeSchedulerConfiguration": ignored("kube-scheduler does not run; a framework of Mesos has its place"),
    "Pod: spec.nodeSelector": approximated("an agent's attributes are labels too, with k8s.mesosphere.io/attribute-"),
    "Pod: spec.containers[].ports[].hostPort": approximated(
        "only ports from 31000 to 32000 are offered; a pod that names another one is never launched"
    ),
}
"""``Kind: path`` -> what becomes of the field of a user's file."""

__all__ = ["PARAMETERS", "TREATMENTS", "KubernetesOnMesos", "PodSchedulerParameters"]
