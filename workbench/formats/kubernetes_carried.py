"""What becomes of each field of a manifest on the way into a neutral app (`kubernetes_apps.py`).

Receipts for control planes that do not speak Kubernetes are made from this table.
"""

from __future__ import annotations

from workbench.model.parameters import HONOURED, Treatments, approximated, ignored

_NO_SELECTOR = ignored("an app knows its own instances")
_NO_PLACES = ignored("an app is not told to be near, or spread over, places other than single machines")
_NO_ROLLOUT = ignored("how versions follow one another is the control plane's own matter")
_NO_RETRY = ignored("how failures are repeated is the control plane's own matter")
_OTHER_SCHEDULER = ignored("there is no other scheduler to choose")
_PROBES = ignored("how long a task takes to be ready is a setting of the scenario")
_LIMITS = ignored("tasks are placed by their requests; a request that is not given was filled in from its limit")

_NO_NETWORK = ignored("the network between apps is not modelled")
_NO_SETTINGS = ignored("what a container sees inside changes nothing here")
_NO_RIGHTS = ignored("who may do what is not modelled")
_NO_VOLUMES = ignored("only disks from a claim template are carried")

CARRIED: Treatments = {
    **dict.fromkeys(("Service", "Ingress", "NetworkPolicy"), _NO_NETWORK),
    **dict.fromkeys(("ConfigMap", "Secret"), _NO_SETTINGS),
    **dict.fromkeys(("ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"), _NO_RIGHTS),
    **dict.fromkeys(
        (
            "PersistentVolume",
            "PersistentVolumeClaim",
            "CSINode",
            "CSIDriver",
            "CSIStorageCapacity",
            "VolumeAttachment",
        ),
        _NO_VOLUMES,
    ),
    "HorizontalPodAutoscaler: spec.scaleTargetRef": HONOURED,
    "HorizontalPodAutoscaler: spec.minReplicas": HONOURED,
    "HorizontalPodAutoscaler: spec.maxReplicas": HONOURED,
    "HorizontalPodAutoscaler: spec.metrics": ignored("only shares of the requested cpu, and requests, are carried"),
    "HorizontalPodAutoscaler: spec.metrics[].type": HONOURED,
    **{
        f"HorizontalPodAutoscaler: spec.metrics[].{source}": approximated(
            "an autoscaler of the control plane aims at it, if it has one and the scenario gives the app a load"
        )
        for source in ("resource", "containerResource", "object", "external")
    },
    "HorizontalPodAutoscaler: spec.behavior": ignored("other autoscalers have rules of their own"),
    "PodDisruptionBudget": ignored("what maintenance may take away is the control plane's own matter"),
    "LimitRange": ignored("bounds of single pods are not checked"),
    "Namespace": ignored("a team exists as soon as it owns an app"),
    "Node": ignored("the machines are those of the scenario"),
    "*: metadata.labels": HONOURED,
    "*: metadata.annotations": ignored("notes for Kubernetes' own controllers"),
    "Deployment: spec.replicas": HONOURED,
    "Deployment: spec.selector": _NO_SELECTOR,
    "Deployment: spec.strategy": _NO_ROLLOUT,
    "Deployment: spec.minReadySeconds": _NO_ROLLOUT,
    "Deployment: spec.revisionHistoryLimit": _NO_ROLLOUT,
    "Deployment: spec.progressDeadlineSeconds": _NO_ROLLOUT,
    "Deployment: spec.paused": _NO_ROLLOUT,
    "ReplicaSet: spec.replicas": HONOURED,
    "ReplicaSet: spec.selector": _NO_SELECTOR,
    "ReplicaSet: spec.minReadySeconds": _NO_ROLLOUT,
    "ReplicationController: spec.replicas": HONOURED,
    "ReplicationController: spec.selector": _NO_SELECTOR,
    "ReplicationController: spec.minReadySeconds": _NO_ROLLOUT,
    "StatefulSet: spec.replicas": HONOURED,
    "StatefulSet: spec.selector": _NO_SELECTOR,
    "StatefulSet: spec.serviceName": ignored("instances have no network names in the neutral model"),
    "StatefulSet: spec.podManagementPolicy": HONOURED,
    "StatefulSet: spec.updateStrategy": _NO_ROLLOUT,
    "StatefulSet: spec.minReadySeconds": _NO_ROLLOUT,
    "StatefulSet: spec.revisionHistoryLimit": _NO_ROLLOUT,
    "StatefulSet: spec.ordinals": ignored("instances are numbered from 0"),
    "StatefulSet: spec.persistentVolumeClaimRetentionPolicy": ignored("disks outlive their instances"),
    "StatefulSet: spec.volumeClaimTemplates": approximated("one disk of their total size per instance"),
    "StatefulSet: spec.volumeClaimTemplates[].spec.storageClassName": approximated(
        "a class without a provisioner gives local disks, any other network disks"
    ),
    "DaemonSet: spec.selector": _NO_SELECTOR,
    "DaemonSet: spec.updateStrategy": _NO_ROLLOUT,
    "DaemonSet: spec.minReadySeconds": _NO_ROLLOUT,
    "DaemonSet: spec.revisionHistoryLimit": _NO_ROLLOUT,
    "Job: spec.completions": HONOURED,
    "Job: spec.parallelism": HONOURED,
    "Job: spec.suspend": HONOURED,
    "Job: spec.selector": _NO_SELECTOR,
    "Job: spec.backoffLimit": _NO_RETRY,
    "Job: spec.backoffLimitPerIndex": _NO_RETRY,
    "Job: spec.podFailurePolicy": _NO_RETRY,
    "Job: spec.activeDeadlineSeconds": ignored("tasks run to their end"),
    "Job: spec.ttlSecondsAfterFinished": ignored("finished tasks take up nothing"),
    "Job: spec.completionMode": ignored("tasks of a batch are equal"),
    "CronJob": ignored("a CronJob of a manifest is not handed to Chronos or its like; the app has no tasks"),
    "Pod: metadata.labels": HONOURED,
    "Pod: spec.containers[].name": HONOURED,
    "Pod: spec.containers[].image": approximated("the image of the first container stands for all"),
    "Pod: spec.containers[].resources.requests": HONOURED,
    "Pod: spec.containers[].resources.limits": _LIMITS,
    "Pod: spec.containers[].ports[].containerPort": ignored("only ports of the machine can be in the way"),
    "Pod: spec.containers[].ports[].hostPort": HONOURED,
    "Pod: spec.containers[].ports[].hostIP": ignored("a port is taken on every address of the machine"),
    "Pod: spec.containers[].ports[].protocol": ignored("a port is taken for every protocol"),
    "Pod: spec.containers[].env": ignored("values of environment variables are never kept"),
    "Pod: spec.containers[].volumeMounts": _NO_SETTINGS,
    "Pod: spec.containers[].readinessProbe": _PROBES,
    "Pod: spec.containers[].livenessProbe": _PROBES,
    "Pod: spec.containers[].startupProbe": _PROBES,
    "Pod: spec.containers[].lifecycle": ignored("hooks are Kubernetes' own"),
    "Pod: spec.initContainers[].resources": approximated("counted in what the pod asks for as a whole"),
    "Pod: spec.initContainers[].name": HONOURED,
    "Pod: spec.resources": approximated("counted in what the pod asks for as a whole"),
    "Pod: spec.overhead": approximated("counted in what the pod asks for as a whole"),
    "Pod: spec.nodeSelector": HONOURED,
    "Pod: spec.nodeName": ignored("the control plane chooses the machine"),
    "Pod: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution": approximated(
        "expressions with one allowed value are carried, others are not"
    ),
    "Pod: spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution": ignored(
        "the neutral model has no wishes"
    ),
    "Pod: spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution": approximated(
        "keeping away from its own kind on a machine is carried, other rules are not"
    ),
    "Pod: spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution": ignored(
        "the neutral model has no wishes"
    ),
    "Pod: spec.affinity.podAffinity": _NO_PLACES,
    "Pod: spec.topologySpreadConstraints": _NO_PLACES,
    "Pod: spec.tolerations": HONOURED,
    "Pod: spec.priorityClassName": HONOURED,
    "Pod: spec.priority": HONOURED,
    "Pod: spec.preemptionPolicy": ignored("whether work may be displaced is the control plane's own matter"),
    "Pod: spec.restartPolicy": approximated("says whether a single pod is a service or a task that ends"),
    "Pod: spec.schedulerName": _OTHER_SCHEDULER,
    "Pod: spec.schedulingGates": _OTHER_SCHEDULER,
    "Pod: spec.hostNetwork": approximated("its ports are ports of the machine"),
    "Pod: spec.terminationGracePeriodSeconds": ignored(
        "how long a task may take to stop is the control plane's own matter"
    ),
    "Pod: spec.volumes": _NO_VOLUMES,
    "PriorityClass: value": HONOURED,
    "PriorityClass: globalDefault": HONOURED,
    "Pod: spec.initContainers": ignored("what happens before a task starts is not modelled; its request counts"),
    "Pod: spec.serviceAccountName": _NO_RIGHTS,
    "Pod: spec.imagePullSecrets": _NO_RIGHTS,
    "Pod: spec.hostname": _NO_NETWORK,
    "Pod: spec.subdomain": _NO_NETWORK,
    "Pod: spec.containers[].imagePullPolicy": ignored("an image is fetched once for each machine"),
    "Pod: spec.activeDeadlineSeconds": ignored("tasks run to their end"),
    "ResourceQuota: spec.hard": approximated("limits of cpu, memory and pods become the team's limit"),
    "StorageClass: provisioner": approximated("none at all means local disks, any other network disks"),
}
"""``Kind: path`` -> what the neutral translation makes of the field."""
