"""What an operator of Kubernetes does about a machine that will not come back.

| remedy | what it is | what follows |
|---|---|---|
| out-of-service | a taint on the node | its pods are removed by force, its disks detached at once |
| delete-node | the Node object is deleted | its pods are orphans after 40 s; disks are detached after 6 min |
| force-delete | its pods are deleted with grace period 0 | pods are gone at once; disks are detached after 6 min |

A claim whose disk was on the machine itself is deleted as well: its bytes are gone, and no other node would do.

Left out: nobody takes the taint off again. A machine that comes back after all runs no pods from then on.

Source: kubernetes, KEP-2268 (non-graceful node shutdown); documentation, Force Delete StatefulSet Pods.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.controllers.pod_gc import OUT_OF_SERVICE
from workbench.engines.kubernetes.pod_volumes import CLAIM, PodVolumes
from workbench.model.native.kubernetes.nodes import Taint
from workbench.model.parameters import param, parameters


@parameters("kubernetes.operator")
@dataclass(frozen=True)
class OperatorParameters:
    """The way an operator takes."""

    remedy: str = param(
        "out-of-service", choices=("out-of-service", "delete-node", "force-delete"),
        help="what an operator does about a machine that will not come back",
        source="kubernetes documentation, Non-graceful node shutdown: the taint, since 1.28", shown_in="ensemble",
    )  # fmt: skip


def give_up(api: ApiServer, node: int) -> None:
    """Do what the operator does about a machine, now."""
    remedy = api.world.settings.of(OperatorParameters).remedy
    api.world.event("OperatorActs", api.world.node_names[node], remedy)
    if remedy == "out-of-service":
        api.request(_taint, api, node)
    elif remedy == "delete-node":
        api.request(api.patch_node, node, {"deleted": True})
    else:
        for pod in [pod for pod in api.pods.values() if pod.node == node]:
            api.request(api.delete_pod, pod.uid, 0)
    volumes = PodVolumes(api)
    for claim in sorted({claim for pod in api.pods.values() if pod.node == node for claim in pod.info.claims}):
        name = volumes.behind(claim)
        volume = api.world.disks.get(name)
        if volume is not None and volume.reach == "local":
            api.world.event("ClaimDeleted", claim, "given-up-by-user")
            if name == claim:  # no object stands for the volume
                api.world.disks.delete(claim)
            else:
                api.request(api.delete, f"{CLAIM}/{claim}")


def _taint(api: ApiServer, node: int) -> str:
    known = api.nodes[node].node
    taint = Taint(key=OUT_OF_SERVICE, value="nodeshutdown", effect="NoExecute")
    others = (one for one in known.spec.taints if one.key != OUT_OF_SERVICE)  # it may be there from an earlier loss
    return api.patch_node(node, {"node": replace(known, spec=replace(known.spec, taints=(*others, taint)))})
