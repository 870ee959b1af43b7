"""What is to be run: whole apps, the teams that own them, and how their instances behave physically."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.model.batch_work import Input, Schedule
from workbench.model.lives import Check, ContainerTimes, DiskUse, MemoryUse, Trouble
from workbench.model.load import Load, Scaling
from workbench.model.resources import CPU, Resources

Shape = Literal["ensemble", "ring", "log", "primary"]
AppKind = Literal["service", "stateful", "batch", "daemon"]
DurationShape = Literal["constant", "exponential", "uniform"]
Reach = Literal["network", "local"]
Binding = Literal["", "Immediate", "WaitForFirstConsumer"]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a task of a batch app runs once started.

    Parameters
    ----------
    mean_us : int
        Mean, in microseconds, > 0.
    shape : str
        ``constant``; ``exponential``; ``uniform`` between half and one and a half times the mean.
    """

    mean_us: int
    shape: DurationShape = "constant"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Tasks of a batch app that come one by one instead of all at once.

    Parameters
    ----------
    rate : float
        Tasks per second, > 0.
    shape : str
        ``constant`` (evenly spaced), ``poisson`` (exponential gaps) or ``bursty`` (exponential gaps between groups).
    until_us : int
        No task arrives at or after this time.
    burst : float
        Tasks of a group on average, >= 1; only for ``bursty``.
    """

    rate: float
    shape: Literal["constant", "poisson", "bursty"]
    until_us: int
    burst: float = 1.0


@dataclass(frozen=True, slots=True)
class Volume:
    """The disk each instance of a stateful app keeps across restarts.

    Parameters
    ----------
    size : int
        Bytes.
    reach : str
        ``network``: can be attached to another machine; ``local``: lives on the machine where it was made.
    kind : str
        A kind of `workbench.engines.volumes`, or one of the scenario's own; empty: as the control plane has it.
    zonal : bool
        On the network, but only machines of the zone where it was made can reach it.
    binding : str
        When it is made, where the control plane makes disks of its own accord: ``Immediate``, before anybody knows
        where it will be used, or ``WaitForFirstConsumer``; empty: as the settings say.
    """

    size: int
    reach: Reach = "network"
    kind: str = ""
    zonal: bool = False
    binding: Binding = ""


@dataclass(frozen=True, slots=True)
class Replication:
    """The data of an app whose instances are the members of one cluster, each with copies of it.

    Parameters
    ----------
    size : int
        Bytes that one member holds.
    shape : str
        How copies are shared out and how many a write needs; `workbench.engines.applications.shapes` has the table.
    copies : int or None
        Members that hold a copy of each part, for ``ring`` and ``log``; None means 3.
    writes : float
        Bytes per second that clients write, in all, while writes are acknowledged.
    """

    size: int
    shape: Shape = "ensemble"
    copies: int | None = None
    writes: float = 0.0


@dataclass(frozen=True, slots=True)
class Toleration:
    """Work that may go, or stay, where a taint is. Fields and meaning as in Kubernetes."""

    key: str = ""
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str = ""
    effect: str = ""
    toleration_us: int | None = None


@dataclass(frozen=True, slots=True)
class App:
    """A whole app, handed to a control plane in one piece.

    Parameters
    ----------
    name : str
        Unique in the scenario.
    kind : str
        ``service`` (replicas kept running), ``stateful`` (replicas with identity and disk), ``batch`` (tasks that
        run to their end), ``daemon`` (one instance per machine).
    replicas : int
        Instances to keep running; for batch the number of tasks (0 when they come by `arrivals`).
    request : Resources
        What one instance asks for.
    team : str
        The owner: a Kubernetes namespace, a Mesos role.
    image : str
        Name in the scenario's image list.
    start_us, ready_us : int
        From image present to process running; from running to ready for traffic.
    at_us : int
        When its user hands it over.
    parallelism : int or None
        Batch: tasks running at the same time at most; None means all.
    suspended : bool
        Batch: none of its tasks is to work until somebody says so (`resume`).
    max_per_node : int or None
        At most so many instances of this app on one machine; None means no such rule.
    across_zones : bool
        Whether its user asks for instances in equal number in every zone.
    replication : Replication or None
        Stateful: the data its instances hold copies of; None means that they know nothing of each other.
    ordered : bool
        Stateful: instances start one after another, each after the one before it is ready.
    cpu_use : float
        How much cpu a running instance really wants, as a multiple of what it asks for.
    native : object or None
        Upstream's own typed object; the engine that knows it runs it instead of the neutral fields.
    stop_us : int
        From its process being asked to stop to its having stopped, if it is given the time.
    broken : bool
        Its process runs, but never becomes ready.
    may_miss : int or None
        So many instances may be missing when maintenance takes some away; None means any number.
    version : int
        0 as handed over, then one more for each update.
    load : Load or None
        The requests that come to it; None: they are not modelled.
    scaling : Scaling or None
        How its size follows its use of cpu; None: only users change it.
    behind : str
        Service: the app whose clients its instances serve, together with those of that app; empty: it has its own.
        An app that others stand behind names itself.
    errors : float
        Share of requests, 0 to 1, that an instance answers wrongly though it is ready.
    vertical : str
        Whether what an instance asks for follows its use: ``auto``, ``initial`` (of new ones), ``off`` or empty.
    framework : str
        Which framework of Mesos runs it; empty: the plain one of its kind. What it is to other control planes each of
        them says.
    input : Input or None
        Batch: the data that its tasks read; None: reading takes no time.
    after : tuple of str
        Batch: the apps that have to be finished before it may start.
    clock_us : int
        Batch: when it starts where nothing can wait for others; 0 means when it is handed over.
    schedule : Schedule or None
        Batch: it starts by the clock, one task at each start.
    containers : mapping
        Name of a container beside its own process -> what takes how long there.
    check : Check or None
        How it is checked; None: as the control plane does with apps that do not say.
    trouble : Trouble or None
        What goes wrong in its processes by itself.
    memory_use : MemoryUse or None
        How much memory a running instance uses; None: that is not modelled.
    disk_use : DiskUse or None
        How much an instance writes to its machine's own disk; None: nothing.
    limit : Resources
        What one instance may use at most; absent names are for the control plane to say.
    pre_stop_us : int
        How long an instance is left alone before it is asked to stop, where the control plane knows such a hook.
    """

    name: str
    kind: AppKind
    replicas: int
    request: Resources
    team: str = "default"
    image: str = ""
    start_us: int = 0
    ready_us: int = 0
    at_us: int = 0
    duration: Duration | None = None
    arrivals: Arrivals | None = None
    parallelism: int | None = None
    suspended: bool = False
    volume: Volume | None = None
    replication: Replication | None = None
    priority: int = 0
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    max_per_node: int | None = None
    across_zones: bool = False
    ordered: bool = True
    host_ports: tuple[int, ...] = ()
    cpu_use: float = 1.0
    native: object | None = None
    stop_us: int = 0
    broken: bool = False
    may_miss: int | None = None
    version: int = 0
    load: Load | None = None
    scaling: Scaling | None = None
    vertical: str = ""
    framework: str = ""
    input: Input | None = None
    after: tuple[str, ...] = ()
    clock_us: int = 0
    schedule: Schedule | None = None
    containers: Mapping[str, ContainerTimes] = field(default_factory=dict)
    check: Check | None = None
    trouble: Trouble | None = None
    memory_use: MemoryUse | None = None
    disk_use: DiskUse | None = None
    limit: Resources = field(default_factory=dict)
    pre_stop_us: int = 0
    behind: str = ""
    errors: float = 0.0

    @property
    def front(self) -> str:
        """The app whose clients its instances serve."""
        return self.behind or self.name

    @property
    def wanted_cpu(self) -> int:
        """How much cpu a running instance would use if its machine had it, in millicores."""
        return round(self.request.get(CPU, 0) * self.cpu_use)


@dataclass(frozen=True, slots=True)
class Team:
    """An owner of apps, with its share of the cluster.

    Parameters
    ----------
    weight : float
        Relative claim under fair sharing; used where the control plane shares fairly.
    limit : Resources
        At most this much may be held at once; absent names are unlimited. Kubernetes: ResourceQuota;
        Mesos: quota limit.
    guarantee : Resources
        This much is kept available. Mesos: quota guarantee. Kubernetes has no counterpart.
    quota_at_us : int
        When limit and guarantee are set.
    always_on : bool
        Its own scheduler is up from the start, with or without work. Mesos: a framework that is made offers.
        Kubernetes: one scheduler serves all, so this changes nothing.
    decides_us : int or None
        How long it takes to make up its mind; None means as the control plane's settings say. Mesos: each of its
        frameworks holds offers so long. Kubernetes: the scheduler is busy so long with each of its pods.
    """

    name: str
    weight: float = 1.0
    limit: Resources = field(default_factory=dict)
    guarantee: Resources = field(default_factory=dict)
    quota_at_us: int = 0
    always_on: bool = False
    decides_us: int | None = None
