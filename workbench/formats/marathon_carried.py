"""What becomes of each field of a Marathon document on the way to a control plane that does not speak Marathon.

The way itself is in `marathon_apps.py`. Receipts for such control planes use the table.
"""

from __future__ import annotations

from workbench.model.parameters import HONOURED, Treatments, approximated, ignored

_NO_ROLLOUT = ignored("how versions follow one another is the control plane's own matter")
_PROBES = ignored("how long a task takes to be ready is a setting of the scenario")
_NO_RETRY = ignored("how failures are repeated is the control plane's own matter")
_INSIDE = ignored("what a container sees inside changes nothing here")
_HIDDEN = ignored("values of environment variables and secrets are never kept")
_PLACES = approximated(
    "one value of an attribute is carried as a selector, a most per machine as such; other rules are not"
)
_ONE_DISK = approximated("one disk of their total size per instance, on the machine where it was made")

CARRIED: Treatments = {
    "Group": approximated("its name becomes the team of apps without a role"),
    "Group: dependencies": ignored("apps are handed over at the time the scenario says"),
    "App: id": approximated("the last part is the name where that is unique"),
    "App: instances": HONOURED,
    "App: cpus": HONOURED,
    "App: mem": HONOURED,
    "App: disk": HONOURED,
    "App: gpus": HONOURED,
    "App: role": approximated("it becomes the team"),
    "App: cmd": _INSIDE,
    "App: args": _INSIDE,
    "App: env": _HIDDEN,
    "App: secrets": _HIDDEN,
    "App: labels": ignored("notes for other programs"),
    "App: fetch": ignored("only images are fetched"),
    "App: container.type": ignored("containers are all alike"),
    "App: container.docker.image": HONOURED,
    "App: container.docker.forcePullImage": ignored("whether an image is pulled again is the machine's own matter"),
    "App: container.volumes": _INSIDE,
    "App: container.volumes[].persistent": _ONE_DISK,
    "App: container.volumes[].external": approximated("one disk of their total size, which can follow its task"),
    "App: container.portMappings": ignored("only fixed ports of the machine can be in the way"),
    "App: container.portMappings[].hostPort": approximated("a fixed port is taken on every address and protocol"),
    "App: networks": ignored("the network is not modelled"),
    "App: portDefinitions": approximated("a port is fixed only where requirePorts says so"),
    "App: requirePorts": HONOURED,
    "App: constraints": _PLACES,
    "App: acceptedResourceRoles": ignored("machines are not reserved to roles in the neutral model"),
    "App: dependencies": ignored("apps are handed over at the time the scenario says"),
    "App: healthChecks": _PROBES,
    "App: readinessChecks": _PROBES,
    "App: upgradeStrategy": _NO_ROLLOUT,
    "App: killSelection": _NO_ROLLOUT,
    "App: taskKillGracePeriodSeconds": ignored("how long a task may take to stop is the control plane's own matter"),
    "App: unreachableStrategy": ignored("when a lost task is replaced is the control plane's own matter"),
    "App: backoffSeconds": _NO_RETRY,
    "App: backoffFactor": _NO_RETRY,
    "App: maxLaunchDelaySeconds": _NO_RETRY,
    "PodDefinition: id": approximated("the last part is the name where that is unique"),
    "PodDefinition: scaling": HONOURED,
    "PodDefinition: role": approximated("it becomes the team"),
    "PodDefinition: containers": _INSIDE,
    "PodDefinition: containers[].resources": approximated("the containers' amounts are added up"),
    "PodDefinition: containers[].image": approximated("the image of the first container stands for all"),
    "PodDefinition: containers[].healthCheck": _PROBES,
    "PodDefinition: containers[].environment": _HIDDEN,
    "PodDefinition: containers[].endpoints": ignored("only fixed ports of the machine can be in the way"),
    "PodDefinition: containers[].endpoints[].hostPort": approximated("a fixed port is taken on every address"),
    "PodDefinition: executorResources": approximated("added to what the containers ask for"),
    "PodDefinition: volumes": _INSIDE,
    "PodDefinition: volumes[].persistent": _ONE_DISK,
    "PodDefinition: networks": ignored("the network is not modelled"),
    "PodDefinition: scheduling.placement.constraints": _PLACES,
    "PodDefinition: scheduling.placement.acceptedResourceRoles": ignored(
        "machines are not reserved to roles in the neutral model"
    ),
    "PodDefinition: scheduling.backoff": _NO_RETRY,
    "PodDefinition: scheduling.upgrade": _NO_ROLLOUT,
    "PodDefinition: scheduling.killSelection": _NO_ROLLOUT,
    "PodDefinition: scheduling.unreachableStrategy": ignored(
        "when a lost task is replaced is the control plane's own matter"
    ),
    "PodDefinition: dependencies": ignored("apps are handed over at the time the scenario says"),
    "PodDefinition: environment": _HIDDEN,
    "PodDefinition: secrets": _HIDDEN,
    "PodDefinition: labels": ignored("notes for other programs"),
}
"""``Kind: path`` -> what the neutral translation makes of the field."""
