"""What a framework of Mesos with one app of its own says about it, and what other control planes make of that.

Kubernetes' counterpart of both frameworks is a StatefulSet; what it cannot carry is done there by a program that knows
the service (an operator), or by a person. The other way round, fields of the short form that the frameworks have no use
for are listed where an app gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.engines.mesos.service_frameworks import KINDS
from workbench.engines.mesos.workloads import WorkloadParameters, runs_under
from workbench.model.parameters import HONOURED, Treatments, approximated, ignored
from workbench.model.scenario import Scenario
from workbench.model.workload import App

SERVICE, BROKER, APP = "dcos-commons", "kafka", "App"
"""Kinds of lines of a receipt: fields of the one framework, of the other, and of the short form."""

_WHOLE = ignored("there are no frameworks here")

_ON_KUBERNETES: Treatments = {
    f"{SERVICE}: plans.deploy": approximated("podManagementPolicy: in turn or all at once, without phases"),
    f"{SERVICE}: plans.recovery": approximated(
        "a member that fails is made again; members in turn wait for one that cannot start"
    ),
    f"{SERVICE}: replacement-failure-policy": ignored(
        "a member whose node is lost is waited for until a person, or a program of one's own, gives it up"
    ),
    f"{SERVICE}: pods.volumes": approximated(
        "a local volume ties a pod to its node; cpu and memory there are not kept for it while it is away"
    ),
    f"{SERVICE}: pods.placement": approximated("labels and one pod per node; other rules have no counterpart"),
    f"{SERVICE}: kill-grace-period": approximated("terminationGracePeriodSeconds: 30 s unless a pod says otherwise"),
    f"{BROKER}: broker id": approximated("the number of a StatefulSet's pod"),
    f"{BROKER}: log.dirs": approximated("a local volume, which never lets go of its node"),
    f"{BROKER}: stickiness-period": ignored("a pod is tied to its local volume for good, or goes anywhere at once"),
    f"{BROKER}: failover-delay": approximated("containers started again on the spot back off from 10 s to 5 min"),
    f"{BROKER}: failover-max-tries": ignored("a member is made again without end"),
}

_ON_MESOS: Treatments = {
    **dict.fromkeys(_ON_KUBERNETES, HONOURED),
    f"{BROKER}: failover-max-tries": ignored("none unless asked for, and nothing asks for it in a run"),
    f"{APP}: tolerations": ignored("agents have no taints; every role is offered every agent"),
    f"{APP}: priority": ignored("Mesos knows no priorities and displaces nothing"),
    f"{APP}: volume.reach": approximated("the data lies on the machines, whatever reach the volume is given"),
}

COUNTERPARTS: Mapping[str, Treatments] = {
    "kubernetes": {**_ON_KUBERNETES, APP: HONOURED},
    "mesos": {**_ON_MESOS, APP: HONOURED},
    "static-partitions": {SERVICE: _WHOLE, BROKER: _WHOLE, APP: HONOURED},
    "kubernetes-on-mesos": {**_ON_KUBERNETES, APP: HONOURED},
}
"""Control plane -> field -> what becomes of it."""


def fields(scenario: Scenario) -> Iterator[tuple[App, str, list[tuple[str, str]]]]:
    """Yield every app that has a framework of its own on Mesos, that framework, and the fields to account for."""
    params = scenario.settings.of(WorkloadParameters)
    for app in scenario.apps:
        kind = runs_under(app, params)
        if kind in KINDS:
            own = [key.partition(": ") for key in _ON_KUBERNETES if key.startswith(kind)]
            yield app, kind, [*((head, tail) for head, _, tail in own), *_of_the_app(app)]


def _of_the_app(app: App) -> Iterator[tuple[str, str]]:
    if app.tolerations:
        yield APP, "tolerations"
    if app.priority:
        yield APP, "priority"
    if app.volume is not None and app.volume.reach != "local":
        yield APP, "volume.reach"
