"""What becomes of each field of a Marathon document, and of those of Kubernetes manifests of which Mesos makes less.

A field that is not listed here has no effect, and receipts say so.
"""

from __future__ import annotations

from workbench.model.parameters import HONOURED, Treatments, approximated, ignored

_PORTS = approximated("a fixed port keeps instances of the app on different agents; ports are not offered as such")
_CHECKS = approximated(
    "the first check stands for all; an instance passes it once it is ready, but when it is in trouble or has much load"
)
_CHECK_TIMEOUT = approximated("counts for HTTP, where a check waits with the requests that the instance holds")
_CHECKED = ignored("a check takes no time, and what it asks for does not matter")
_WHO = approximated(
    "MESOS_* and COMMAND are checked by the executor, others by Marathon; what it asks for does not matter"
)
_DELAY = approximated("counts where the executor checks, with MESOS_* and COMMAND")
_INSIDE = ignored("what a task sees inside changes nothing here")
_HIDDEN = ignored("values of environment variables and secrets are never kept")
_STATIC = ignored("Marathon uses only what is reserved for nobody")
_EXTERNAL = approximated("one disk of their total size, moved to the agent where the task runs next")
_PERSISTENT = approximated("one disk of their total size, reserved with the other resources on one agent")
_GPUS = approximated("offered like any amount; agents with GPUs are not kept from frameworks without the capability")
_DEPENDENCIES = approximated(
    "an app waits until the apps it names are healthy; apps changed at once follow one another; within one team"
)
TREATMENTS: Treatments = {
    "batch app: framework": HONOURED,
    "batch app: input": HONOURED,
    "batch app: after": HONOURED,
    "batch app: schedule": HONOURED,
    "Group: id": HONOURED,
    "Group: apps": HONOURED,
    "Group: pods": HONOURED,
    "Group: groups": HONOURED,
    "Group: dependencies": _DEPENDENCIES,
    "App: id": HONOURED,
    "App: instances": HONOURED,
    "App: cpus": HONOURED,
    "App: mem": HONOURED,
    "App: disk": approximated("a task is held to it only where agents are told to"),
    "App: gpus": _GPUS,
    "App: role": HONOURED,
    "App: constraints": HONOURED,
    "App: backoffSeconds": HONOURED,
    "App: backoffFactor": HONOURED,
    "App: maxLaunchDelaySeconds": HONOURED,
    "App: unreachableStrategy.inactiveAfterSeconds": HONOURED,
    "App: unreachableStrategy.disabled": HONOURED,
    "App: unreachableStrategy.expungeAfterSeconds": ignored("an instance that is replaced is forgotten at once"),
    "App: container.docker.image": HONOURED,
    "App: container.docker.forcePullImage": ignored("an image that is on the agent is not fetched again"),
    "App: container.type": ignored("containers are all alike"),
    "App: container.volumes": _INSIDE,
    "App: container.volumes[].persistent": _PERSISTENT,
    "App: container.volumes[].external": _EXTERNAL,
    "App: container.portMappings": ignored("ports are not offered as such"),
    "App: container.portMappings[].hostPort": _PORTS,
    "App: portDefinitions": _PORTS,
    "App: requirePorts": HONOURED,
    "App: networks": ignored("the network is not modelled"),
    "App: dependencies": _DEPENDENCIES,
    "App: acceptedResourceRoles": _STATIC,
    "App: healthChecks": _CHECKS,
    "App: healthChecks[].gracePeriodSeconds": HONOURED,
    "App: healthChecks[].intervalSeconds": HONOURED,
    "App: healthChecks[].maxConsecutiveFailures": HONOURED,
    "App: healthChecks[].timeoutSeconds": _CHECK_TIMEOUT,
    "App: healthChecks[].delaySeconds": _DELAY,
    "App: healthChecks[].protocol": _WHO,
    "App: healthChecks[].path": _CHECKED,
    "App: healthChecks[].port": _CHECKED,
    "App: healthChecks[].portIndex": _CHECKED,
    "App: readinessChecks": _CHECKS,
    "App: readinessChecks[].intervalSeconds": HONOURED,
    "App: readinessChecks[].timeoutSeconds": _CHECKED,
    "App: upgradeStrategy": HONOURED,
    "App: killSelection": HONOURED,
    "App: taskKillGracePeriodSeconds": HONOURED,
    "App: cmd": _INSIDE,
    "App: args": _INSIDE,
    "App: env": _HIDDEN,
    "App: secrets": _HIDDEN,
    "App: labels": ignored("notes for other programs"),
    "App: fetch": ignored("only images are fetched"),
    "PodDefinition: id": HONOURED,
    "PodDefinition: role": HONOURED,
    "PodDefinition: scaling.instances": HONOURED,
    "PodDefinition: containers[].name": HONOURED,
    "PodDefinition: containers[].resources": HONOURED,
    "PodDefinition: containers[].image": HONOURED,
    "PodDefinition: containers[].healthCheck": _CHECKS,
    "PodDefinition: containers[].healthCheck.gracePeriodSeconds": HONOURED,
    "PodDefinition: containers[].healthCheck.intervalSeconds": HONOURED,
    "PodDefinition: containers[].healthCheck.maxConsecutiveFailures": HONOURED,
    "PodDefinition: containers[].healthCheck.timeoutSeconds": _CHECK_TIMEOUT,
    "PodDefinition: containers[].healthCheck.delaySeconds": HONOURED,
    "PodDefinition: containers[].environment": _HIDDEN,
    "PodDefinition: containers[].endpoints": _PORTS,
    "PodDefinition: containers[].volumeMounts": _INSIDE,
    "PodDefinition: executorResources": HONOURED,
    "PodDefinition: volumes": _INSIDE,
    "PodDefinition: volumes[].persistent": _PERSISTENT,
    "PodDefinition: networks": ignored("the network is not modelled"),
    "PodDefinition: scheduling.placement.constraints": HONOURED,
    "PodDefinition: scheduling.placement.acceptedResourceRoles": _STATIC,
    "PodDefinition: scheduling.backoff": HONOURED,
    "PodDefinition: scheduling.unreachableStrategy.inactiveAfterSeconds": HONOURED,
    "PodDefinition: scheduling.unreachableStrategy.disabled": HONOURED,
    "PodDefinition: scheduling.unreachableStrategy.expungeAfterSeconds": ignored(
        "an instance that is replaced is forgotten at once"
    ),
    "PodDefinition: scheduling.upgrade": HONOURED,
    "PodDefinition: scheduling.killSelection": HONOURED,
    "PodDefinition: dependencies": _DEPENDENCIES,
    "PodDefinition: environment": _HIDDEN,
    "PodDefinition: secrets": _HIDDEN,
    "PodDefinition: labels": ignored("notes for other programs"),
    # fields of Kubernetes manifests, where Mesos makes less of them than the neutral app carries
    "Pod: spec.tolerations": ignored("agents have no taints; every role is offered every agent"),
    "Pod: spec.priorityClassName": ignored("Mesos knows no priorities and displaces nothing"),
    "Pod: spec.priority": ignored("Mesos knows no priorities and displaces nothing"),
    "PriorityClass": ignored("Mesos knows no priorities and displaces nothing"),
    "Pod: spec.containers[].ports[].hostPort": _PORTS,
    "StatefulSet: spec.podManagementPolicy": ignored("Marathon starts all instances at once"),
    "DaemonSet: spec.template": approximated("as many instances as agents, on different agents by constraint"),
    "ResourceQuota: spec.hard": approximated("limits of cpu and memory become the role's quota limit"),
    "Node: spec.taints": ignored("agents have no taints; every role is offered every agent"),
}
"""``Kind: path`` -> what becomes of the field of a user's file."""
