"""Spark on Kubernetes: a driver pod, and executor pods that the driver asks for, a batch at a time.

The driver begins when its own pod runs; executors are bare pods that register when they run. Their number is that of
`spark.cores_max`, two if nothing says so, or what dynamic allocation wants. kube-scheduler places them without a look
at where data lies, and the driver knows them by the addresses of their pods, which are no machines of the file system:
no task has a place it prefers, and none waits for one. That a pod stands beside its block by luck makes it read faster
all the same.

Source: spark resource-managers/kubernetes/core (3.5: ExecutorPodsAllocator, KubernetesClusterSchedulerBackend;
docs/running-on-kubernetes.md: batch.size 5 before 4.0, batch.delay 1 s, executor.instances 2).
Left out: shuffle tracking instead of the external shuffle service; executor pods that never start being given up; a
driver pod that is lost being started again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.engines.agenda import Order
from workbench.engines.applications.spark.executors import Executors
from workbench.engines.applications.spark.parameters import MIB, NO_LIMIT, SparkParameters, executor_app
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.objects import PodDraft
from workbench.engines.kubernetes.workloads import pod_template
from workbench.model.clock import to_us
from workbench.model.parameters import param, parameters
from workbench.model.resources import CPU, MEMORY
from workbench.model.workload import App

DRIVER_REQUEST = {CPU: 1000, MEMORY: 1408 * MIB}
"""What a driver pod asks for: one core; a heap of 1 GiB and 384 MiB beside it (spark.driver.cores, .memory)."""

DEFAULT_INSTANCES = 2
"""Executors where nothing says how many (spark.executor.instances)."""


@parameters("kubernetes.spark")
@dataclass(frozen=True)
class SparkOnKubernetesParameters:
    """How Spark asks for executor pods."""

    batch_size: int = param(
        5, unit="pods", low=1, high=500, help="executor pods that a Spark driver asks for at once",
        source="spark 3.5 docs/running-on-kubernetes.md, spark.kubernetes.allocation.batch.size",
        shown_in="spark-waits",
    )  # fmt: skip
    batch_delay_s: float = param(
        1.0, unit="s", low=0.1, high=60, help="how long a Spark driver waits between two batches of executor pods",
        source="spark 3.5 docs/running-on-kubernetes.md, spark.kubernetes.allocation.batch.delay",
        shown_in="spark-waits",
    )  # fmt: skip


class SparkApplication:
    """One application: its driver pod and what the driver asks for."""

    def __init__(self, api: ApiServer, app: App) -> None:
        self._api = api
        self._world = world = api.world
        self._app = app
        params = world.settings.of(SparkParameters)
        self._own = world.settings.of(SparkOnKubernetesParameters)
        self._cores = params.executor_cores or 1
        limited = params.cores_max < NO_LIMIT
        self._most = max(1, params.cores_max // self._cores)
        self._target = self._most if limited else DEFAULT_INSTANCES
        if params.dynamic_allocation:
            self._target = 0
        self._made = 0
        self._pods: dict[int, None] = {}
        self._on_their_way = 0
        self._driver_row = -1
        self._executors = Executors(
            world, app, wanted=self._want, let_go=self._let_go, done=self._done, message_us=api.watch_us,
            sees_machines=False,
        )  # fmt: skip
        self._driver_app = replace(
            app, name=f"{app.name}-driver", replicas=0, request=DRIVER_REQUEST, duration=None, input=None, framework=""
        )
        self._executor_app = executor_app(app, self._cores)

    def submit(self) -> None:
        """A user submits the application: the driver pod is made."""
        self._create(self._driver_app, f"{self._app.name}-driver", self._app.at_us)

    def _create(self, app: App, name: str, submitted_us: int) -> None:
        template = pod_template(app)
        draft = PodDraft(name, app.team, template.metadata.labels, template.spec, app, submitted_us=submitted_us)
        self._api.request(self._stored, draft)

    def _stored(self, draft: PodDraft) -> str:
        refused = self._api.create_pod(draft)
        if not refused:
            row = next(reversed(self._api.pods))
            if draft.app is self._executor_app:
                self._on_their_way -= 1
                self._pods[row] = None
                self._world.work.watch(row, self._pod_ended)
            else:
                self._driver_row = row
        return refused

    def started(self, row: int) -> None:
        """A pod runs, of this application or of somebody else."""
        if row == self._driver_row:
            self._executors.start()
            self._allocate()
        elif row in self._pods and row not in self._executors.registered:
            self._world.agenda.after(self._api.watch_us, Order.FRAMEWORK, self._register, row)

    def _register(self, row: int) -> None:
        if self._world.alive(row):
            self._executors.register(row, self._world.node_of(row), self._cores)

    def _allocate(self) -> None:
        """Ask for executor pods that are lacking, a batch at a time."""
        if self._executors.scheduler.over:
            return
        self._world.agenda.after(to_us(self._own.batch_delay_s), Order.CONTROLLER, self._allocate)
        target = min(self._target, self._most)
        lacking = target - len(self._pods) - self._on_their_way
        for _ in range(min(lacking, self._own.batch_size)):
            self._made += 1
            self._on_their_way += 1
            self._create(self._executor_app, f"{self._app.name}-exec-{self._made}", self._world.now_us)

    def _pod_ended(self, row: int, _outcome: str) -> None:
        self._pods.pop(row, None)

    def _want(self, executors: int) -> None:
        self._target = executors

    def _let_go(self, row: int) -> None:
        if row not in self._executors.registered:  # given up: another takes its place, though its pod may not be gone
            self._pods.pop(row, None)
        self._api.request(self._api.delete_pod, row)

    def _done(self) -> None:
        """The driver has nothing left to do: pods that wait are deleted, executors stop, and so does the driver."""
        for row in self._pods:
            if row not in self._executors.registered:
                self._api.request(self._api.delete_pod, row)
        self._world.agenda.after(2 * self._api.watch_us, Order.PHYSICS, self._stop_driver)

    def _stop_driver(self) -> None:
        if self._world.alive(self._driver_row):
            self._world.work.finish(self._driver_row)
