"""What becomes of each field of a Kubernetes document: run as it is, run in a simpler way, or without effect.

A field that is not listed here has no effect, and receipts say so.
"""

from __future__ import annotations

from workbench.engines.kubernetes import batch_work
from workbench.model.parameters import HONOURED, Treatments, approximated, ignored

_SELECTOR = approximated("a controller owns the pods it makes; it adopts no others")
_INSIDE = ignored("what a container sees inside changes nothing here")
_INIT = approximated(
    "each runs to its end before the next; how long it takes stands in the scenario, under behaviour: containers"
)
_SIDECAR = approximated(
    "the next one follows once it has started; how long it takes stands in the scenario, under behaviour: containers"
)
_LIVENESS = approximated("of the first container; it fails when the scenario gives the app trouble, or too much load")
_HOOK = approximated("of the first container; what is no sleep takes the time that the scenario gives, pre_stop")
_DEVICES = ignored("dynamic resource allocation is not modelled")
_AUTOSCALING = approximated("run where the scenario says what the app is used for, behaviour: load or memory_use")
_SHOWN = approximated(
    "of the names that the scenario gives to requests, behaviour: load: metrics; others give no answer"
)
_DISRUPTION = approximated("bounds drains, and as far as that goes preemption; nothing else disrupts pods on purpose")
_NETWORK = ignored("the network is not modelled")
_ACCESS = ignored("access rights change nothing here")
_BINDING = approximated(
    "followed where the files hold storage classes or volumes; in any other cluster every claim counts as bound"
)
_TIMEOUT = approximated("counts for HTTP, where a probe waits with the requests that the container holds")

_PROBE: Treatments = {
    f"Pod: spec.containers[].{probe}{field}": how
    for probe in ("readinessProbe", "startupProbe")
    for field, how in {
        "": approximated("it finds the container ready from the time that the scenario gives, but in trouble or load"),
        ".periodSeconds": HONOURED,
        ".initialDelaySeconds": HONOURED,
        ".successThreshold": HONOURED,
        ".failureThreshold": HONOURED,
        ".timeoutSeconds": _TIMEOUT,
    }.items()
}

_POD: Treatments = {
    "Pod: metadata.labels": HONOURED,
    "Pod: spec.containers[].name": HONOURED,
    "Pod: spec.containers[].image": HONOURED,
    "Pod: spec.containers[].imagePullPolicy": approximated("an image that is on the node is not fetched again"),
    "Pod: spec.containers[].resources.requests": HONOURED,
    "Pod: spec.containers[].resources.limits": approximated(
        "fills in requests, counts against quotas; memory and disk are held to it, cpu where more is used than asked"
    ),
    "Pod: spec.containers[].resources.claims": _DEVICES,
    "Pod: spec.containers[].ports[].containerPort": approximated("matters on the node's own network only"),
    "Pod: spec.containers[].ports[].hostPort": HONOURED,
    "Pod: spec.containers[].ports[].hostIP": HONOURED,
    "Pod: spec.containers[].ports[].protocol": HONOURED,
    "Pod: spec.containers[].ports[].name": _NETWORK,
    "Pod: spec.containers[].env": ignored("values of environment variables are never kept"),
    "Pod: spec.containers[].volumeMounts": _INSIDE,
    "Pod: spec.containers[].volumeDevices": _INSIDE,
    "Pod: spec.containers[].livenessProbe": _LIVENESS,
    "Pod: spec.containers[].livenessProbe.periodSeconds": HONOURED,
    "Pod: spec.containers[].livenessProbe.initialDelaySeconds": HONOURED,
    "Pod: spec.containers[].livenessProbe.failureThreshold": HONOURED,
    "Pod: spec.containers[].livenessProbe.terminationGracePeriodSeconds": HONOURED,
    "Pod: spec.containers[].livenessProbe.timeoutSeconds": _TIMEOUT,
    "Pod: spec.containers[].lifecycle.preStop": _HOOK,
    "Pod: spec.containers[].lifecycle.preStop.sleep": HONOURED,
    "Pod: spec.initContainers": _INIT,
    "Pod: spec.initContainers[].name": HONOURED,
    "Pod: spec.initContainers[].image": HONOURED,
    "Pod: spec.initContainers[].resources": HONOURED,
    "Pod: spec.initContainers[].restartPolicy": _SIDECAR,
    "Pod: spec.initContainers[].startupProbe": HONOURED,
    "Pod: spec.resources": HONOURED,
    "Pod: spec.overhead": HONOURED,
    "Pod: spec.nodeSelector": HONOURED,
    "Pod: spec.nodeName": approximated("the scheduler places the pod there, if it fits"),
    "Pod: spec.affinity.nodeAffinity": HONOURED,
    "Pod: spec.affinity.podAffinity": HONOURED,
    "Pod: spec.affinity.podAntiAffinity": HONOURED,
    "Pod: spec.topologySpreadConstraints": HONOURED,
    "Pod: spec.tolerations": HONOURED,
    "Pod: spec.priorityClassName": HONOURED,
    "Pod: spec.priority": HONOURED,
    "Pod: spec.preemptionPolicy": HONOURED,
    "Pod: spec.schedulerName": HONOURED,
    "Pod: spec.schedulingGates": HONOURED,
    "Pod: spec.restartPolicy": HONOURED,
    "Pod: spec.terminationGracePeriodSeconds": HONOURED,
    "Pod: spec.hostNetwork": approximated("its ports are ports of the node"),
    "Pod: spec.volumes": approximated(
        "its bytes are where its kind has them; what stands in them, and limits, cost nothing"
    ),
    "Pod: spec.volumes[].emptyDir.sizeLimit": approximated(
        "held to it where the scenario says what the app writes there, behaviour: disk_use"
    ),
    "Pod: spec.volumes[].name": HONOURED,
    "Pod: spec.volumes[].ephemeral": HONOURED,
    "Pod: spec.volumes[].csi": ignored("what a driver makes for one pod costs nothing here, neither room nor time"),
    "Pod: spec.activeDeadlineSeconds": ignored("pods run to their end"),
    "Pod: spec.readinessGates": ignored("only containers decide about readiness"),
    "Pod: spec.resourceClaims": _DEVICES,
    "Pod: spec.serviceAccountName": _ACCESS,
    "Pod: spec.imagePullSecrets": _ACCESS,
}

_WORKLOADS: Treatments = {
    "Deployment: spec.replicas": HONOURED,
    "Deployment: spec.selector": HONOURED,
    "Deployment: spec.template": HONOURED,
    "Deployment: spec.strategy": HONOURED,
    "Deployment: spec.minReadySeconds": HONOURED,
    "Deployment: spec.revisionHistoryLimit": HONOURED,
    "Deployment: spec.progressDeadlineSeconds": HONOURED,
    "Deployment: spec.paused": HONOURED,
    "Deployment: spec.podReplacementPolicy": HONOURED,
    "ReplicaSet: spec.replicas": HONOURED,
    "ReplicaSet: spec.selector": HONOURED,
    "ReplicaSet: spec.template": HONOURED,
    "ReplicaSet: spec.minReadySeconds": HONOURED,
    "ReplicationController: spec.replicas": HONOURED,
    "ReplicationController: spec.selector": HONOURED,
    "ReplicationController: spec.template": HONOURED,
    "ReplicationController: spec.minReadySeconds": HONOURED,
    "StatefulSet: spec.replicas": HONOURED,
    "StatefulSet: spec.selector": HONOURED,
    "StatefulSet: spec.template": HONOURED,
    "StatefulSet: spec.serviceName": ignored("network names are not modelled"),
    "StatefulSet: spec.podManagementPolicy": HONOURED,
    "StatefulSet: spec.ordinals": HONOURED,
    "StatefulSet: spec.volumeClaimTemplates": HONOURED,
    "StatefulSet: spec.volumeClaimTemplates[].metadata.name": HONOURED,
    "StatefulSet: spec.updateStrategy": HONOURED,
    "StatefulSet: spec.minReadySeconds": HONOURED,
    "StatefulSet: spec.revisionHistoryLimit": HONOURED,
    "StatefulSet: spec.persistentVolumeClaimRetentionPolicy": HONOURED,
    "DaemonSet: spec.selector": HONOURED,
    "DaemonSet: spec.template": HONOURED,
    "DaemonSet: spec.updateStrategy": HONOURED,
    "DaemonSet: spec.minReadySeconds": HONOURED,
    "DaemonSet: spec.revisionHistoryLimit": ignored("nobody goes back to a revision by its number"),
    "Job: spec.completions": HONOURED,
    "Job: spec.parallelism": HONOURED,
    "Job: spec.completionMode": HONOURED,
    "Job: spec.suspend": HONOURED,
    "Job: spec.backoffLimit": HONOURED,
    "Job: spec.backoffLimitPerIndex": HONOURED,
    "Job: spec.selector": _SELECTOR,
    "Job: spec.template": HONOURED,
    "Job: spec.activeDeadlineSeconds": HONOURED,
    "Job: spec.ttlSecondsAfterFinished": HONOURED,
    "Job: spec.podFailurePolicy": approximated(
        "a pod has one exit code: 1 if it fails by itself, 137 if its machine is lost"
    ),
    "Job: spec.successPolicy": HONOURED,
    "Job: spec.maxFailedIndexes": HONOURED,
    "Job: spec.podReplacementPolicy": HONOURED,
    "CronJob: spec.schedule": approximated("in UTC; the run begins on a Monday at midnight"),
    "CronJob: spec.timeZone": ignored("every schedule is in UTC"),
    "CronJob: spec.startingDeadlineSeconds": HONOURED,
    "CronJob: spec.concurrencyPolicy": HONOURED,
    "CronJob: spec.suspend": HONOURED,
    "CronJob: spec.jobTemplate": HONOURED,
    "CronJob: spec.successfulJobsHistoryLimit": HONOURED,
    "CronJob: spec.failedJobsHistoryLimit": HONOURED,
}

_OTHERS: Treatments = {
    "Service: spec.selector": HONOURED,
    "Service: spec.publishNotReadyAddresses": HONOURED,
    "Service: spec": _NETWORK,
    "PriorityClass: value": HONOURED,
    "PriorityClass: globalDefault": HONOURED,
    "PriorityClass: preemptionPolicy": HONOURED,
    "ResourceQuota: spec.hard": approximated("pods, cpu, memory and other resources of pods are counted"),
    "ResourceQuota: spec.scopes": HONOURED,
    "ResourceQuota: spec.scopeSelector": HONOURED,
    "LimitRange: spec": HONOURED,
    "LimitRange: spec.limits[].type": approximated("bounds of containers and of pods; those of claims are not checked"),
    "Namespace: metadata.labels": HONOURED,
    "PersistentVolumeClaim: spec.resources.requests": HONOURED,
    "PersistentVolumeClaim: spec": _BINDING,
    "StorageClass: provisioner": approximated(
        "whether its disks mind zones follows from CSINode objects, or from what is known of the driver of that name"
    ),
    "StorageClass: volumeBindingMode": HONOURED,
    "StorageClass: reclaimPolicy": HONOURED,
    "StorageClass: allowedTopologies": HONOURED,
    "StorageClass: allowVolumeExpansion": HONOURED,
    "StorageClass: metadata.annotations": HONOURED,
    "PersistentVolume: metadata.labels": HONOURED,
    "PersistentVolume: spec": HONOURED,
    "CSINode: spec": HONOURED,
    "CSIDriver: spec.storageCapacity": HONOURED,
    "CSIDriver: spec": ignored("disks are attached, shares are not, whatever the driver says"),
    "CSIStorageCapacity": HONOURED,
    "VolumeAttachment": ignored("no disk is attached at the start"),
    "PodDisruptionBudget: spec": _DISRUPTION,
    "KubeSchedulerConfiguration: profiles[].schedulerName": HONOURED,
    "KubeSchedulerConfiguration: profiles[].plugins": approximated("for the plugins that are modelled"),
    "KubeSchedulerConfiguration: profiles[].pluginConfig": HONOURED,
    "KubeSchedulerConfiguration: profiles[].percentageOfNodesToScore": HONOURED,
    "KubeSchedulerConfiguration: percentageOfNodesToScore": HONOURED,
    "KubeSchedulerConfiguration: podInitialBackoffSeconds": HONOURED,
    "KubeSchedulerConfiguration: podMaxBackoffSeconds": HONOURED,
    "KubeSchedulerConfiguration: parallelism": ignored("the cost of a decision is a setting of its own"),
    "HorizontalPodAutoscaler: spec.scaleTargetRef": _AUTOSCALING,
    "HorizontalPodAutoscaler: spec.minReplicas": HONOURED,
    "HorizontalPodAutoscaler: spec.maxReplicas": HONOURED,
    "HorizontalPodAutoscaler: spec.behavior": HONOURED,
    "HorizontalPodAutoscaler: spec.behavior.scaleUp.tolerance": ignored("switched off in 1.34"),
    "HorizontalPodAutoscaler: spec.behavior.scaleDown.tolerance": ignored("switched off in 1.34"),
    "HorizontalPodAutoscaler: spec.metrics[].type": HONOURED,
    "HorizontalPodAutoscaler: spec.metrics[].resource": HONOURED,
    "HorizontalPodAutoscaler: spec.metrics[].containerResource": approximated("of the first container"),
    "HorizontalPodAutoscaler: spec.metrics[].pods": _SHOWN,
    "HorizontalPodAutoscaler: spec.metrics[].object": _SHOWN,
    "HorizontalPodAutoscaler: spec.metrics[].external": _SHOWN,
    "Ingress": _NETWORK,
    "NetworkPolicy": _NETWORK,
    "ConfigMap": _INSIDE,
    "Secret": _INSIDE,
    "ServiceAccount": _ACCESS,
    "Role": _ACCESS,
    "ClusterRole": _ACCESS,
    "RoleBinding": _ACCESS,
    "ClusterRoleBinding": _ACCESS,
    "Node: metadata.name": HONOURED,
    "Node: metadata.labels": HONOURED,
    "Node: spec.taints": HONOURED,
    "Node: spec.unschedulable": HONOURED,
    "Node: status.allocatable": HONOURED,
    "Node: status.capacity": approximated("used where allocatable is not given"),
    "Node: status.images": approximated("the scheduler prefers the node; its images are fetched all the same"),
    "Node: status.conditions": ignored("every node is ready at the start"),
    "*: metadata.name": HONOURED,
    "*: metadata.namespace": HONOURED,
    "*: metadata.labels": ignored("nothing selects this kind of object by its labels"),
    "ReplicaSet: metadata.labels": approximated("a Deployment that selects them adopts it"),
    "*: metadata.annotations": ignored("annotations are not read"),
}

TREATMENTS: Treatments = {**_POD, **_PROBE, **_WORKLOADS, **_OTHERS, **batch_work.TREATMENTS}
"""``Kind: path`` -> what becomes of the field."""
