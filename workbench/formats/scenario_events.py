"""What happens in the course of a run, as a scenario file describes it: faults, and changes asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.formats.label_keys import LabelKeys
from workbench.formats.scenario_lives import DiskOf, MemoryOf, TroublePart
from workbench.formats.scenario_types import MOST_NODES, MOST_TASKS, Amount, Duration, Part, Switch, Text, Whole, Within
from workbench.model.changes import ChangeKind
from workbench.model.faults import FaultKind


class FaultPart(Part):
    """A machine, its network, a process that schedules, or members of the control plane: something that stops."""

    kind: FaultKind = Field(
        "node-loss",
        description=(
            "node-loss: the machine stops with everything on it; node-shutdown: the same, but its agent is told "
            "before; network-partition: no message passes between the machine and the control plane, what runs there "
            "goes on; agent-restart: the process stops that speaks for the machine, kubelet or Mesos agent, what runs "
            "there goes on; scheduler-loss: the process stops that decides where the app `hosting` runs, its framework "
            "or kube-scheduler; control-plane-loss: the leading member of the control plane stops; quorum-loss: most "
            "members stop, the leader among them; tasks do not need them; provisioning-fails: the storage service "
            "makes no new volumes, those that there are work on"
        ),
    )
    at: Duration = Field(description="when")
    node: Text = Field("", description="which machine, by name")
    hosting: Text = Field(
        "",
        description="instead of a name: the machine with the most instances of this app; or the scheduler of this app",
    )
    sparing: Text = Field("", description="among those, the one with the fewest instances of this app")
    zone: Text = Field("", description="instead of one machine: all machines of this zone")
    machines: Annotated[Whole, Within(1, MOST_NODES)] | None = Field(
        None, description="so many machines of the zone, and of the next ones if it has fewer; all of it if left out"
    )
    back: Duration | None = Field(None, description="when it is there again; never if left out")
    grace: Duration = Field(
        "0s",
        validate_default=True,
        description="node-shutdown: how long the agent may take to stop what runs there; Kubernetes: "
        "shutdownGracePeriod; others stop nothing",
    )
    critical: Duration = Field(
        "0s", validate_default=True, description="node-shutdown: the last part of that, kept for critical work"
    )


class ChangePart(LabelKeys, Part):
    """Something that users or operators ask for while the run goes on."""

    kind: ChangeKind = Field(
        description=(
            "scale: another number of instances, of tasks of a batch, or of tasks at once; update: a new version; "
            "rollback: the version before; pause, resume: hold a rollout, go on with it; suspend, resume: no task of a "
            "batch is to work, go on with it; delete: the app goes; cordon, uncordon: no new work for a machine, new "
            "work again; drain: cordon it and move what runs there elsewhere; maintenance: it will be switched off "
            "from `begins` on, for as long as `lasts`; add-machines: `count` more machines of a pool are ordered, and "
            "join once they have booted; grow: larger volumes of an app; remove-machine: drain one, then give it back; "
            "remove-machines: the same for `count` machines of a pool, those first that came last; route: "
            "clients are sent to another app behind the same name; relabel: instances get other labels; "
            "rolling-update: a new version, brought in by a program outside (kubectl rolling-update)"
        ),
    )
    at: Duration = Field(description="when")
    app: Text = Field("", description="which app")
    replicas: Annotated[Whole, Within(0, MOST_TASKS)] | None = Field(
        None,
        description="scale: so many instances; of a batch so many tasks, those of the lowest numbers; Kubernetes: "
        "completions of an Indexed Job, which go together with its parallelism",
    )
    parallelism: Annotated[Whole, Within(0, MOST_TASKS)] | None = Field(
        None, description="scale of a batch: so many tasks at once; Kubernetes: what is too much is deleted"
    )
    image: Text | None = Field(None, description="update: its image; as before if left out")
    start: Duration | None = Field(None, description="update: from image present to process running")
    ready: Duration | None = Field(None, description="update: from process running to ready for traffic")
    stop: Duration | None = Field(None, description="update: from being asked to stop to having stopped")
    broken: Switch = Field(False, description="update: the new version runs, but never becomes ready")
    trouble: TroublePart | None = Field(None, description="update: what goes wrong in the new version by itself")
    memory_use: MemoryOf | None = Field(None, description="update: how much memory the new version uses")
    disk_use: DiskOf | None = Field(None, description="update: how much the new version writes to its machine's disk")
    node: Text = Field("", description="cordon, uncordon, drain, maintenance, remove-machine: which machine")
    hosting: Text = Field("", description="instead of a name: the machine with the most instances of this app")
    partition: Annotated[Whole, Within(0, MOST_TASKS)] | None = Field(
        None,
        description="update and resume of a stateful app: only members of this number or above get the new version; "
        "Kubernetes: partition of the StatefulSet; Marathon has no counterpart; left out: as before, resume: 0",
    )
    size: Amount | None = Field(
        None,
        description="grow: bytes that each volume of the app is to have, e.g. 40Gi; Kubernetes: its claims are edited; "
        "Marathon has no counterpart",
    )
    begins: Duration | None = Field(None, description="maintenance: when the machine is switched off")
    lasts: Duration | None = Field(None, description="maintenance: how long it stays off")
    pool: Text = Field("", description="add-machines, remove-machines: of which pool")
    count: Annotated[Whole, Within(1, MOST_NODES)] = Field(1, description="add-machines, remove-machines: how many")
    unless_autoscaled: Switch = Field(
        False,
        description="add-machines, remove-machines: by hand only where the control plane has nobody to do it by itself",
    )
