"""What the disk of an app becomes on Mesos: of what kind its volume is.

| asked for | becomes |
|---|---|
| a disk of one machine | a persistent volume on reserved disk of an agent |
| a network disk, of whatever service | an external volume, outside of offers (docker volume, DVDI) |
| that, if the settings say so | a persistent volume all the same |
| scratch space, things shown as files | the sandbox of the task |
| a path of the machine, a share | itself |
| a kind of the scenario's own | itself, outside of offers |

Source: mesos docs/persistent-volume.md, docs/sandbox.md, docs/container-volume.md, docs/docker-volume.md; marathon
docs/docs/external-volumes.md.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.engines.volumes.registry import BUILT_IN
from workbench.model.workload import Volume

PERSISTENT, EXTERNAL, SANDBOX = "persistent", "external", "sandbox"
IN_SANDBOX = frozenset(
    {"emptyDir", "emptyDir/memory", "gitRepo", "secret", "configMap", "downwardAPI", "projected", SANDBOX}
)
AS_IT_IS = frozenset({"hostPath", "nfs", "glusterfs"})


def on_mesos(need: Volume, *, external: bool) -> Volume:
    """Return a volume with the kind that it has on Mesos.

    Parameters
    ----------
    external : bool
        Whether network disks become external volumes.
    """
    if need.kind in IN_SANDBOX:
        return replace(need, reach="network", kind=SANDBOX)
    if need.kind in AS_IT_IS or (need.kind and need.kind not in BUILT_IN):
        return replace(need, reach="network")
    local = need.kind in ("local", PERSISTENT) or (not need.kind and need.reach == "local")
    if local or not (external or need.kind == EXTERNAL):
        return replace(need, reach="local", kind=PERSISTENT)
    return replace(need, reach="network", kind=EXTERNAL)
