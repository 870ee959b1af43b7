"""How a kubelet brings a pod up: disks, init containers one after another, images, the process.

An init container is fetched, started and run to its end before the next one; the kubelet sees the end at its next
look at the runtime. A sidecar (an init container that is restarted always) keeps running: the next one follows once it
has started, which its startup probe says, if it has one. Then the images of the containers are fetched, the app's own
last, and its process starts.

Source: kubernetes, pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions, computeInitContainerActions and
SyncPod (version 1.34).
Left out: init containers and sidecars never fail; containers other than the first take no time to start.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from workbench.engines.kubernetes.confinement import confine
from workbench.engines.kubernetes.node_images import NodeImages
from workbench.engines.kubernetes.pod_workers import PodWorkers, Step, Worker
from workbench.engines.kubernetes.prober import success_us
from workbench.engines.kubernetes.volume_manager import VolumeManager
from workbench.engines.world import World
from workbench.model.lives import ContainerTimes
from workbench.model.native.kubernetes.pods import Container

AT_ONCE = ContainerTimes()


class PodStart:
    """Brings pods up.

    Parameters
    ----------
    serial : bool
        Whether a node fetches one image after another.
    """

    def __init__(
        self, world: World, workers: PodWorkers, volumes: VolumeManager, images: NodeImages, *, serial: bool
    ) -> None:
        self._world = world
        self._workers = workers
        self._volumes = volumes
        self._images = images
        self._serial = serial

    def begin(self, worker: Worker) -> None:
        """Volumes first."""
        self._volumes.mount(worker.pod, self._workers.still(worker, self._mounted))

    def run(self, worker: Worker) -> None:
        """Start the process."""
        self._images.note(worker.node, worker.pod.app.image)
        confine(self._world, worker.pod, worker.node)
        self._world.start_process(worker.pod.uid)

    def _mounted(self, worker: Worker) -> None:
        """The sandbox is made: probing begins now."""
        worker.probing_us = self._world.now_us
        first = worker.pod.info.spec.init_containers
        if first:
            self._initialise(first, worker)
        else:
            self._pull(worker)

    # -- init containers --------------------------------------------------------------------------------------

    def _initialise(self, waiting: Sequence[Container], worker: Worker) -> None:
        if not waiting:
            self._world.initialised(worker.pod.uid)
            self._pull(worker)
            return
        one, *rest = waiting
        self._fetch(one.image, worker, partial(self._start, one, rest))

    def _start(self, one: Container, rest: Sequence[Container], worker: Worker) -> None:
        times = worker.pod.app.containers.get(one.name, AT_ONCE)
        slow = self._world.slowness(worker.pod.uid)
        if one.is_sidecar:
            started = partial(self._sidecar_runs, one, rest, round(times.ready_us * slow))
            self._workers.after(round(times.start_us * slow), worker, started)
        else:
            ended = partial(self._workers.at_next_look, then=partial(self._initialise, rest))
            self._workers.after(round((times.start_us + times.runs_us) * slow), worker, ended)

    def _sidecar_runs(self, one: Container, rest: Sequence[Container], ready_us: int, worker: Worker) -> None:
        now_us = self._world.now_us
        probe = one.startup_probe
        if probe is None:
            self._workers.at_next_look(worker, partial(self._initialise, rest))
            return
        known_us = self._workers.next_look_us(worker.node)
        found_us = success_us(probe, worker.probing_us, known_us, now_us, now_us + ready_us)
        self._workers.after(found_us - now_us, worker, partial(self._initialise, rest))

    # -- images -----------------------------------------------------------------------------------------------

    def _pull(self, worker: Worker) -> None:
        """Fetch every image of the containers, the app's own last."""
        own = worker.pod.app.image
        others = {one.image: None for one in worker.pod.info.spec.containers if one.image not in ("", own)}
        self._pull_next(list(others), worker)

    def _pull_next(self, others: Sequence[str], worker: Worker) -> None:
        if others:
            image, *rest = others
            self._fetch(image, worker, partial(self._pull_next, rest))
        else:
            self._world.fetch_image(worker.pod.uid, self._workers.still(worker, self.run), serial=self._serial)

    def _fetch(self, image: str, worker: Worker, then: Step) -> None:
        if not image:
            then(worker)
            return

        def fetched(worker: Worker) -> None:
            self._images.note(worker.node, image)
            then(worker)

        self._world.images.fetch(worker.node, image, self._workers.still(worker, fetched), serial=self._serial)
