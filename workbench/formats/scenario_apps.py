"""Apps in the short form, and what a scenario file says about apps of manifests and Marathon files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.formats.label_keys import FrontKeys
from workbench.formats.scenario_batch import ArrivalsPart, InputPart, TaskDuration
from workbench.formats.scenario_disks import DataPart, VolumePart
from workbench.formats.scenario_lives import CheckPart, ContainerPart, DiskOf, MemoryOf, TroublePart
from workbench.formats.scenario_load import LoadPart, ScalingPart
from workbench.formats.scenario_types import (
    MOST_TASKS,
    Amount,
    Amounts,
    Duration,
    Labels,
    Name,
    Number,
    Part,
    Repeats,
    Switch,
    Text,
    Whole,
    Within,
    Word,
)

CpuUse = Annotated[Number, Within(0, 100)]
"""Cpu that a process wants, as a multiple of its request."""


class TolerationPart(Part):
    """Work that may go where a taint is; meaning as in Kubernetes."""

    key: Text = Field("", description="name of the taint; empty with operator Exists tolerates all")
    operator: Literal["Equal", "Exists"] = Field("Equal", description="compare the value, or only the key")
    value: Text = Field("", description="value of the taint, for Equal")
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        "", description="only this effect; empty means every effect"
    )
    for_: Duration | None = Field(
        None, alias="for", description="how long to stay under a NoExecute taint; for ever if left out"
    )


class AppPart(FrontKeys, Part):
    """An app in the short form, in words that belong to no system."""

    name: Name = Field(description="unique in the scenario")
    kind: Literal["service", "stateful", "batch", "daemon"] = Field(
        "service",
        description="service: instances kept running; stateful: with identity and disk; batch: tasks that run to "
        "their end; daemon: one instance on each machine",
    )
    team: Name = Field("default", description="the owner: a Kubernetes namespace, a Mesos role")
    replicas: Annotated[Whole, Within(0, MOST_TASKS)] | None = Field(
        None, description="instances, or tasks of a batch; 1 if left out, 0 for a batch with arrivals"
    )
    request: Amounts = Field(description="what one instance asks for, e.g. {cpu: 500m, memory: 512Mi}")
    image: Text = Field("", description="name of its container image; its size stands under images")
    start: Duration = Field("0s", validate_default=True, description="from image present to process running")
    ready: Duration = Field("0s", validate_default=True, description="from process running to ready for traffic")
    stop: Duration = Field(
        "0s", validate_default=True, description="from being asked to stop to having stopped, if it is given the time"
    )
    at: Duration = Field("0s", validate_default=True, description="when its user hands it over")
    duration: TaskDuration | None = Field(
        None, description="batch: how long a task runs; a bare duration is a constant one"
    )
    arrivals: ArrivalsPart | None = Field(None, description="batch: tasks come one by one instead of all at once")
    parallelism: Annotated[Whole, Within(1, MOST_TASKS)] | None = Field(
        None, description="batch: tasks running at the same time at most; all if left out"
    )
    framework: Literal["batch", "spark", "mpi", "chronos", "hadoop"] | None = Field(
        None,
        description="batch: which framework of Mesos runs it; batch: fills every offer; spark: executors that run many "
        "tasks; mpi: all tasks or none; chronos: by the clock and after its parents; hadoop: slots of TaskTrackers; "
        "Kubernetes: the same work in its own objects",
    )
    input: InputPart | None = Field(
        None, description="batch: the data its tasks read, beside the task or over the network"
    )
    after: tuple[Name, ...] = Field(
        (), description="chronos: the apps that have to be finished before it starts; hadoop: the maps of a reduce"
    )
    clock: Duration = Field(
        "0s",
        validate_default=True,
        description="with after: when it starts where no job can wait for others, as a "
        "user of Kubernetes would set it by the clock; at once if left out",
    )
    schedule: Repeats | None = Field(
        None, description="chronos: when it starts, one task each time: 'R3//PT10M', 'R/2026-01-05T02:00:00Z/PT1H'"
    )
    volume: VolumePart | None = Field(None, description="stateful: the disk of each instance")
    data: DataPart | None = Field(
        None, description="stateful: its instances are members of one cluster and hold copies of this data"
    )
    ordered: Switch = Field(True, description="stateful: instances start one after another")
    priority: Annotated[Whole, Within(-2_147_483_648, 1_000_000_000)] = Field(
        0, description="higher goes first, where the control plane knows priorities"
    )
    load: LoadPart | None = Field(None, description="service: the requests that come to it")
    scaling: ScalingPart | None = Field(None, description="service: a size that follows its use of cpu")
    vertical: Literal["auto", "initial"] | None = Field(
        None,
        description="service: what an instance asks for follows its use (VerticalPodAutoscaler); auto: instances that "
        "are far off are evicted; initial: only new ones get it",
    )
    node_selector: Labels = Field({}, description="only machines with these labels")
    tolerations: tuple[TolerationPart, ...] = Field((), description="taints it may ignore")
    max_per_node: Annotated[Whole, Within(1, MOST_TASKS)] | None = Field(
        None, description="at most so many instances on one machine"
    )
    across_zones: Switch = Field(
        False,
        description="instances in equal number in every zone; Kubernetes: a topology spread constraint that is a wish, "
        "Marathon: GROUP_BY with the number of zones, which gives none of them more than its part",
    )
    may_miss: Annotated[Whole, Within(0, MOST_TASKS)] | None = Field(
        None,
        description="service, stateful: so many instances may be missing when maintenance takes some away; any number "
        "if left out; Kubernetes: a PodDisruptionBudget",
    )
    host_ports: tuple[Annotated[Whole, Within(1, 65_535)], ...] = Field(
        (), description="fixed ports of the machine that each instance occupies"
    )
    cpu_use: CpuUse = Field(
        1.0, description="how much cpu a running instance really wants, as a multiple of what it asks for"
    )
    memory_use: MemoryOf | None = Field(
        None, description="how much memory a running instance uses; a bare amount is constant; not modelled if left out"
    )
    disk_use: DiskOf | None = Field(
        None,
        description="how much a running instance writes to its machine's own disk; a bare amount is written at its "
        "start; nothing if left out",
    )
    limit: Amounts = Field(
        {},
        description="what one instance may use at most, e.g. {memory: 1Gi, disk: 2Gi}; Kubernetes: no limit if left "
        "out; Mesos: always what it asks for",
    )
    check: CheckPart | None = Field(
        None, description="how its instances are checked over HTTP; as the control plane has it if left out"
    )
    trouble: TroublePart | None = Field(None, description="what goes wrong in its processes by itself")
    pre_stop: Duration = Field(
        "0s",
        validate_default=True,
        description="how long an instance is left alone before it is asked to stop; Kubernetes: a preStop hook; others "
        "have none",
    )


class BehaviourPart(FrontKeys, Part):
    """What manifests and Marathon files cannot say about an app; keys left out change nothing."""

    load: LoadPart | None = Field(None, description="the requests that come to a service")

    start: Duration | None = Field(None, description="from image present to process running")
    ready: Duration | None = Field(None, description="from process running to ready for traffic")
    stop: Duration | None = Field(
        None, description="from being asked to stop to having stopped, if it is given the time"
    )
    at: Duration | None = Field(None, description="when its user hands it over")
    duration: TaskDuration | None = Field(
        None, description="how long a task of a Job runs; a bare duration is a constant one"
    )
    data: DataPart | None = Field(None, description="the data that instances of a stateful app hold copies of")
    image_size: Amount | None = Field(None, description="bytes to pull for its image")
    cpu_use: CpuUse | None = Field(None, description="cpu it really wants, as a multiple of what it asks for")
    memory_use: MemoryOf | None = Field(None, description="how much memory it uses; a bare amount is constant")
    disk_use: DiskOf | None = Field(None, description="how much it writes to its machine's own disk")
    trouble: TroublePart | None = Field(None, description="what goes wrong in its processes by itself")
    pre_stop: Duration | None = Field(None, description="how long its preStop hook takes, where it does not say")
    containers: dict[Word, ContainerPart] = Field(
        {}, description="by name of an init container or sidecar: what takes how long there"
    )
    team: Name | None = Field(None, description="its owner")
