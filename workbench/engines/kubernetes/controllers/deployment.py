"""Deployment: makes a ReplicaSet for the template and keeps it at the wanted size."""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.kubernetes.controllers.controller import Controller, Sync
from workbench.engines.kubernetes.names import template_hash
from workbench.engines.kubernetes.objects import ApiObject
from workbench.model.native.kubernetes.apps import Deployment, ReplicaSet, ReplicaSetSpec
from workbench.model.native.kubernetes.meta import LabelSelector, ObjectMeta
from workbench.model.native.kubernetes.pods import PodTemplateSpec

HASH_LABEL = "pod-template-hash"


def new_replica_set(deployment: Deployment) -> ReplicaSet:
    """Return the ReplicaSet of the present template, named and labelled by its hash."""
    template, digest = deployment.spec.template, template_hash(deployment.spec.template)
    mark = {HASH_LABEL: digest}
    metadata = replace(template.metadata, labels={**template.metadata.labels, **mark})
    selector = deployment.spec.selector
    return ReplicaSet(
        metadata=ObjectMeta(
            name=f"{deployment.metadata.name}-{digest}",
            namespace=deployment.metadata.namespace,
            labels=metadata.labels,
        ),
        spec=ReplicaSetSpec(
            replicas=deployment.spec.replicas,
            min_ready_seconds=deployment.spec.min_ready_seconds,
            selector=LabelSelector(
                match_labels={**selector.match_labels, **mark}, match_expressions=selector.match_expressions
            ),
            template=PodTemplateSpec(metadata=metadata, spec=template.spec),
        ),
    )


class DeploymentController(Controller):
    """Creates the ReplicaSet.

    Source: kubernetes, pkg/controller/deployment (version 1.34).
    Left out: rollouts from one template to the next, pausing, history, conditions and their deadlines.
    """

    name = "deployment-controller"

    def watch(self) -> None:
        """Deployments."""
        self.api.watch("Deployment", self._on_deployment)

    def _on_deployment(self, _: ApiObject | None, new: ApiObject | None) -> None:
        if new is not None:
            self.queue.add(new.uid)

    def sync(self, key: str) -> Sync:
        """Create the ReplicaSet of the template, or bring it to size."""
        owner = self.api.objects.get(key)
        if owner is None:
            return ""
        replica_set = new_replica_set(owner.native)
        wanted = ApiObject(
            kind="ReplicaSet",
            namespace=owner.namespace,
            name=replica_set.metadata.name,
            native=replica_set,
            app=owner.app,
            owner=key,
        )
        there = self.api.objects.get(wanted.uid)
        if there is None or there.native.spec.replicas != replica_set.spec.replicas:
            yield from self.answered([self.client.send(self.api.put, wanted)])
        return ""
