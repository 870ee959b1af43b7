from __future__ import annotations

from tests.make import app, scenario
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.kubernetes.controllers.deployment import HASH_LABEL, new_replica_set
from workbench.engines.kubernetes.workloads import WorkloadParameters, objects_for
from workbench.engines.world import World


def test_the_replica_set_carries_the_hash_of_the_template():
    deployment = objects_for(app("web", replicas=3, team="shop"), WorkloadParameters())[0].native
    made = new_replica_set(deployment)
    digest = made.metadata.name.removeprefix("web-")
    assert (made.metadata.namespace, made.spec.replicas) == ("shop", 3)
    assert made.spec.template.metadata.labels == {"app": "web", HASH_LABEL: digest}
    assert made.spec.selector.match_labels == {"app": "web", HASH_LABEL: digest}


def test_one_replica_set_is_made():
    world = World(scenario(app("web", replicas=3), horizon=60), Kubernetes(), 1)
    world.run()
    sets = [one for one in world._control_plane.api.objects.values() if one.kind == "ReplicaSet"]
    assert [one.owner for one in sets] == ["Deployment/default/web"]
