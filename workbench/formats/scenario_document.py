"""The scenario file as it is written: one class per mapping, one documented field per key.

The classes check one value at a time; what concerns several (names, references, room) is in `scenario_checks.py`.
Values are kept as read: durations in microseconds, amounts as exact quantities. The JSON Schema for editors is made
from these classes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from workbench.formats.label_keys import FrontKeys, LabelKeys
from workbench.formats.scenario_lives import CheckPart, ContainerPart, MemoryOf, TroublePart
from workbench.formats.scenario_types import (
    Amount,
    Duration,
    Name,
    Number,
    Part,
    PositiveDuration,
    Repeats,
    Scalar,
    Switch,
    Text,
    Whole,
    Within,
    Word,
    both_languages,
    wrapped,
)
from workbench.model.changes import ChangeKind
from workbench.model.faults import FaultKind

MOST_NODES = 100_000
MOST_TASKS = 5_000_000
MOST_TEAMS = 1000


RequestRate = Annotated[Number, Within(0, 1e9, "requests/s")]
"""Requests per second."""


class Texts(Part):
    """A text in each language, written by an author of each."""

    en: Text = Field(description="English")
    zh: Text = Field(description="Chinese")


LocalText = Annotated[Texts, BeforeValidator(both_languages, json_schema_input_type=Texts | str)]
"""A text per language; a bare text serves for both."""

Amounts = dict[Word, Amount]
"""How much of each resource: cpu, memory, disk, nvidia.com/gpu, ..."""

Labels = dict[Word, Text]

CpuUse = Annotated[Number, Within(0, 100)]
"""Cpu that a process wants, as a multiple of its request."""


class Taint(Part):
    """Keeps work away from machines unless the work tolerates it."""

    key: Word = Field(description="name of the taint")
    value: Text = Field("", description="value of the taint")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        "NoSchedule", description="NoSchedule refuses new work, PreferNoSchedule avoids it, NoExecute also evicts"
    )


class ReservedPart(Part):
    """What is set aside on machines for one team: a static reservation of Mesos agents."""

    name: Name = Field(description="the team")
    amounts: Amounts = Field(description="how much of each machine, e.g. {cpu: 14, memory: 14Gi}")
    machines: Annotated[Whole, Within(0, MOST_NODES)] | None = Field(
        None, description="on so many machines, the first of the pool; on all if left out"
    )


class AutoscalePart(Part):
    """A pool whose size follows what waits for machines: Kubernetes' Cluster Autoscaler; Mesos has no counterpart."""

    least: Annotated[Whole, Within(0, MOST_NODES)] = Field(0, description="machines, at least")
    most: Annotated[Whole, Within(1, MOST_NODES)] = Field(description="machines, at most")
    fixed: Annotated[Whole, Within(0, MOST_NODES)] | None = Field(
        None,
        description="machines from the start where the control plane has nobody to order any; the pool's `count` if "
        "left out",
    )


class Pool(Part):
    """Machines of one kind."""

    name: Name = Field(description="machines are called after it: node-0, node-1, ...")
    count: Annotated[Whole, Within(0, MOST_NODES)] = Field(1, description="how many machines")
    capacity: Amounts = Field(description="what work may use of one machine, e.g. {cpu: 4, memory: 16Gi}")
    labels: Labels = Field({}, description="labels of the nodes, attributes of the agents")
    taints: tuple[Taint, ...] = Field((), description="what keeps work away")
    zones: tuple[Name, ...] = Field((), description="failure domains, dealt out to the machines in turn")
    racks: tuple[Name, ...] = Field(
        (), description="failure domains inside each zone, dealt out to the machines of a zone in turn"
    )
    reserved: tuple[ReservedPart, ...] = Field(
        (), description="what is set aside for teams from the start; Kubernetes has no counterpart"
    )
    boot: Duration = Field(
        "2m", validate_default=True, description="from ordering one more machine to its agent running there"
    )
    price: Annotated[Number, Within(0, 1e6)] | None = Field(
        None, description="what a machine costs an hour, for those who choose among kinds; its cores if left out"
    )
    autoscale: AutoscalePart | None = Field(None, description="a size that follows what waits; fixed if left out")


class ClusterPart(Part):
    """The machines."""

    pools: tuple[Pool, ...] = Field(min_length=1, description="pools of equal machines, in order")


class DurationPart(Part):
    """How long a batch task runs."""

    mean: PositiveDuration = Field(description="the mean")
    shape: Literal["constant", "exponential", "uniform"] = Field(
        "constant", description="constant; exponential; uniform from half to one and a half times the mean"
    )


TaskDuration = Annotated[
    DurationPart, BeforeValidator(wrapped("mean"), json_schema_input_type=DurationPart | PositiveDuration)
]
"""How long a task runs; a bare duration is a constant one."""


class ArrivalsPart(Part):
    """Batch tasks that come one by one."""

    rate: Annotated[Number, Within(1e-6, 1e6, "tasks/s")] = Field(description="tasks per second")
    shape: Literal["constant", "poisson", "bursty"] = Field(
        "poisson", description="even gaps; exponential ones; exponential ones between groups of tasks"
    )
    burst: Annotated[Number, Within(1, 10_000, "tasks")] = Field(
        10.0, description="bursty: tasks of a group on average; the size of each is geometric"
    )
    until: Duration = Field(description="no task arrives at or after this time")


class VolumePart(Part):
    """The disk of each instance of a stateful app."""

    size: Amount = Field(description="bytes, e.g. 20Gi")
    reach: Literal["network", "local"] = Field(
        "network", description="network: follows its task to another machine; local: stays on the machine"
    )
    zonal: Switch = Field(False, description="on the network, but only machines of the zone where it was made reach it")
    binding: Literal["", "Immediate", "WaitForFirstConsumer"] = Field(
        "",
        description="when Kubernetes makes it: with its claim, or once its pod has a node; "
        "left out: as kubernetes.storage.volume_binding_mode says, if it is zonal",
    )


class DataPart(Part):
    """The data of a stateful app whose instances are the members of one cluster."""

    size: Amount = Field(description="bytes that one member holds, e.g. 20Gi")
    shape: Literal["ensemble", "ring", "log", "primary"] = Field(
        "ensemble",
        description="ensemble: every member holds all, writes need a majority (ZooKeeper, etcd); ring: parts with "
        "copies each, writes need a majority of them (Cassandra); log: the same, but only copies that miss nothing may "
        "lead (Kafka); primary: one takes the writes, the others follow (a SQL database)",
    )
    copies: Annotated[Whole, Within(1, 100)] | None = Field(
        None, description="ring and log: members that hold a copy of each part; 3 if left out"
    )
    writes: Amount = Field("0", validate_default=True, description="bytes that clients write per second, e.g. 1M")


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


class DemandPointPart(Part):
    """One point of a recorded demand."""

    at: Duration = Field(description="when")
    rate: RequestRate = Field(description="requests per second from then until the next point")


class DemandPart(Part):
    """How many requests come when. Which keys are needed depends on the shape."""

    shape: Literal["constant", "step", "ramp", "flash-crowd", "diurnal", "recorded"] = Field(
        "constant",
        description=(
            "constant: always `rate`; step: `rate`, from `start` on `to`; ramp: from `rate` to `to` within `rise`; "
            "flash-crowd: from `rate` within `rise` to `to`, there for `hold`, back within `fall`; diurnal: around "
            "`rate`, up and down by the share `swing` of it, highest at `peak_at`; recorded: as `points` or `file` say"
        ),
    )
    rate: RequestRate = Field(0.0, description="requests per second: before anything happens, or the mean")
    to: RequestRate = Field(0.0, description="requests per second afterwards, or at the height of a flash crowd")
    start: Duration = Field("0s", validate_default=True, description="when the rate begins to change")
    rise: Duration = Field("0s", validate_default=True, description="how long it takes to get there")
    hold: Duration = Field("0s", validate_default=True, description="how long a flash crowd stays")
    fall: Duration = Field("0s", validate_default=True, description="how long it takes to go")
    swing: Annotated[Number, Within(0, 1)] = Field(0.0, description="0 to 1: how far a day goes up and down")
    period: PositiveDuration = Field("1d", validate_default=True, description="length of the day")
    peak_at: Duration = Field("0s", validate_default=True, description="when the day is at its highest")
    points: tuple[DemandPointPart, ...] = Field(
        (), max_length=100_000, description="a recorded demand, times in rising order"
    )
    file: Text | None = Field(
        None, description="a CSV file beside the scenario with a recorded demand, columns `at` and `rate`"
    )


class LoadPart(Part):
    """The requests to a service, and what they cost it."""

    demand: Annotated[DemandPart, BeforeValidator(wrapped("rate"), json_schema_input_type=DemandPart | RequestRate)] = (
        Field(description="how many requests come when; a bare number is a constant rate per second")
    )
    cpu: PositiveDuration = Field(description="cpu time that one request takes on average, e.g. 20ms")
    cap: Amount | None = Field(
        None, description="cpu that an instance may use at most, e.g. 1500m; what it asks for if left out"
    )
    queue: Annotated[Whole, Within(1, 1_000_000)] = Field(
        100, description="requests that an instance holds at most; any more are refused"
    )
    late: PositiveDuration = Field(
        "1s", validate_default=True, description="a request that takes longer than this counts as late"
    )
    from_: Duration = Field("0s", validate_default=True, alias="from", description="no request comes before")


class ScalingPart(Part):
    """A size that follows the use of cpu: HorizontalPodAutoscaler, marathon-autoscale."""

    target: Annotated[Whole, Within(1, 1000)] = Field(
        60, description="use of cpu that is aimed at, in per cent of what instances ask for"
    )
    least: Annotated[Whole, Within(1, MOST_TASKS)] = Field(1, description="instances, at least")
    most: Annotated[Whole, Within(1, MOST_TASKS)] = Field(description="instances, at most")


class InputPart(Part):
    """The data that tasks of a batch app read, in blocks on the machines' own disks."""

    size: Amount = Field(description="bytes of a block, e.g. 256Mi")
    copies: Annotated[Whole, Within(1, 100)] = Field(3, description="machines that hold a copy of each block")
    blocks: Annotated[Whole, Within(1, MOST_TASKS)] | None = Field(
        None,
        description="how many blocks there are; one for each task if left out; with fewer the app works in stages",
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
    limit: Amounts = Field(
        {},
        description="what one instance may use at most, e.g. {memory: 1Gi}; Kubernetes: no limit if left out; Mesos: "
        "always what it asks for",
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
    trouble: TroublePart | None = Field(None, description="what goes wrong in its processes by itself")
    pre_stop: Duration | None = Field(None, description="how long its preStop hook takes, where it does not say")
    containers: dict[Word, ContainerPart] = Field(
        {}, description="by name of an init container or sidecar: what takes how long there"
    )
    team: Name | None = Field(None, description="its owner")


class TeamPart(Part):
    """An owner of apps and its share of the cluster."""

    name: Name = Field(description="as used by apps")
    count: Annotated[Whole, Within(0, MOST_TEAMS)] | None = Field(
        None,
        description="so many teams alike, called after it: name-0, name-1, ...; one team with just this name "
        "if left out",
    )
    weight: Annotated[Number, Within(0.001, 1e6)] = Field(
        1.0, description="relative claim, where the control plane shares fairly"
    )
    limit: Amounts = Field({}, description="at most this much at once: ResourceQuota, Mesos quota limit")
    guarantee: Amounts = Field({}, description="this much is kept available: Mesos quota guarantee")
    quota_at: Duration = Field("0s", validate_default=True, description="when limit and guarantee are set")
    always_on: Switch = Field(
        False,
        description="its own scheduler is up from the start, with or without work; Mesos: a framework that is "
        "made offers; Kubernetes, with one scheduler for all: no effect",
    )
    decides: Duration | None = Field(
        None,
        description="how long it takes to make up its mind; Mesos: its frameworks hold offers so long; "
        "Kubernetes: the scheduler is busy so long with each of its pods",
    )


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
            "members stop, the leader among them; tasks do not need them"
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
            "scale: another number of instances; update: a new version; rollback: the version before; pause, resume: "
            "hold a rollout, go on with it; delete: the app goes; cordon, uncordon: no new work for a machine, new "
            "work again; drain: cordon it and move what runs there elsewhere; maintenance: it will be switched off "
            "from `begins` on, for as long as `lasts`; add-machines: `count` more machines of a pool are ordered, and "
            "join once they have booted; remove-machine: drain one, then give it back; route: "
            "clients are sent to another app behind the same name; relabel: instances get other labels; "
            "rolling-update: a new version, brought in by a program outside (kubectl rolling-update)"
        ),
    )
    at: Duration = Field(description="when")
    app: Text = Field("", description="which app")
    replicas: Annotated[Whole, Within(0, MOST_TASKS)] | None = Field(None, description="scale: so many instances")
    image: Text | None = Field(None, description="update: its image; as before if left out")
    start: Duration | None = Field(None, description="update: from image present to process running")
    ready: Duration | None = Field(None, description="update: from process running to ready for traffic")
    stop: Duration | None = Field(None, description="update: from being asked to stop to having stopped")
    broken: Switch = Field(False, description="update: the new version runs, but never becomes ready")
    trouble: TroublePart | None = Field(None, description="update: what goes wrong in the new version by itself")
    memory_use: MemoryOf | None = Field(None, description="update: how much memory the new version uses")
    node: Text = Field("", description="cordon, uncordon, drain, maintenance, remove-machine: which machine")
    hosting: Text = Field("", description="instead of a name: the machine with the most instances of this app")
    begins: Duration | None = Field(None, description="maintenance: when the machine is switched off")
    lasts: Duration | None = Field(None, description="maintenance: how long it stays off")
    pool: Text = Field("", description="add-machines: of which pool")
    count: Annotated[Whole, Within(1, MOST_NODES)] = Field(1, description="add-machines: how many")


class SliderPart(Part):
    """A setting shown on the panel."""

    path: Word = Field(description="dotted path of a parameter, or into this file: apps.web.replicas")
    label: LocalText = Field(description="what the slider is called")
    low: Scalar | None = Field(None, description="smallest value; the parameter's own if left out")
    high: Scalar | None = Field(None, description="largest value")
    step: Scalar | None = Field(None, description="distance between values")


class LeverPart(Part):
    """A setting that is varied in search of the point where the answer changes."""

    path: Word = Field(description="dotted path of a parameter, or into this file")
    values: tuple[Scalar, ...] = Field(min_length=2, max_length=50, description="values to try, in rising order")


class FindingPart(Part):
    """What the scenario is there to show."""

    measure: Word = Field(description="the metric that answers the question: <metric> or <metric>:<app or team>")
    lower: Word = Field(description="the control plane whose value is lower at these settings")
    text: LocalText = Field(
        description="said when the numbers agree; placeholders: names of control planes with underscores, "
        "{difference}, {agree}, {repeats}"
    )
    reverse: LocalText | None = Field(None, description="said when the other is lower")
    close: LocalText | None = Field(None, description="said when it is too close to call")
    grain: Annotated[Number, Within(0, 1e9)] | None = Field(
        None, description="smallest difference worth speaking of here, in the measure's unit"
    )


class StudyPart(Part):
    """How to look at the scenario."""

    control_planes: tuple[Word, ...] = Field(
        ("kubernetes", "mesos"), min_length=1, max_length=10, description="which to run"
    )
    replications: Annotated[Whole, Within(1, 10_000)] = Field(20, description="seeds per control plane")
    measures: tuple[Word, ...] = Field((), max_length=5, description="rows of the first page, at most five")
    figure: Text = Field("", description="figure of the first page")
    predictions: tuple[LocalText, ...] = Field((), max_length=5, description="answers to choose from")
    answer: Annotated[Whole, Within(0, 4)] = Field(0, description="which prediction is right, from 0")
    finding: FindingPart | None = Field(None, description="what the scenario is there to show")
    why: LocalText | None = Field(None, description="the mechanism behind it")
    cannot_tell: tuple[LocalText, ...] = Field((), max_length=10, description="what the model leaves out here")
    equalised: dict[Word, Scalar] = Field({}, description="parameters that make the defaults of both sides equal")
    levers: tuple[LeverPart, ...] = Field((), max_length=10, description="settings that might change the answer")
    sliders: tuple[SliderPart, ...] = Field((), max_length=8, description="settings shown on the panel")
    cure: Text = Field("", description="the path that makes the difference go away")
    source: Text = Field("", description="where the question or the numbers are from")


class ScenarioDocument(Part):
    """One question, one cluster, one workload."""

    name: Name = Field(description="used for files and in tables")
    title: LocalText | None = Field(None, description="a few words; the name if left out")
    question: LocalText | None = Field(None, description="what is to be found out; the title if left out")
    horizon: PositiveDuration = Field("900s", validate_default=True, description="length of a run; 900s if left out")
    seed: Annotated[Whole, Within(0, 2**63 - 1)] = Field(1, description="seed of the first replication")
    cluster: ClusterPart = Field(description="the machines")
    images: dict[Word, Amount] = Field({}, description="bytes to pull per container image; not listed means none")
    teams: tuple[TeamPart, ...] = Field((), description="owners with weights and quotas; others have none")
    apps: tuple[AppPart, ...] = Field((), description="apps in the short form")
    manifests: tuple[Text, ...] = Field((), description="Kubernetes files beside this one")
    marathon: tuple[Text, ...] = Field((), description="Marathon JSON files beside this one")
    behaviour: dict[Word, BehaviourPart] = Field(
        {}, description="by app name: what manifests and Marathon files cannot say"
    )
    faults: tuple[FaultPart, ...] = Field((), description="what goes wrong, and when")
    changes: tuple[ChangePart, ...] = Field((), description="what users and operators ask for, and when")
    parameters: dict[Word, Scalar] = Field({}, description="declared parameters by dotted path")
    study: StudyPart = Field(default_factory=lambda: StudyPart.model_validate({}), description="how to look at it")
