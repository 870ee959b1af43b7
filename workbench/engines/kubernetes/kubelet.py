"""The kubelets: from a pod bound to a node to a process that runs, is ready, ends, or is killed.

One object stands for the kubelets of all nodes; what it does for a node it does only while that machine is up. For a
new pod a kubelet waits for its disks, then fetches its images, one after another, then starts it. It notices what its
containers do at the next look at the runtime (PLEG), and writes their status to the API server. A pod with a
readiness probe is ready at the first probe that finds it so; one without as soon as it runs.

A kubelet that cannot reach the API server goes on with the pods it knows, restarts included; once it is reached again
it writes how they stand, and does what it missed: new pods, and pods to be stopped.

Source: kubernetes, pkg/kubelet (kubelet.go, syncPod; pleg/generic.go; prober; kuberuntime) (version 1.34).
Left out: init containers take no time; preStop hooks; liveness probes; eviction under pressure; the kubelet's own
limits on API calls and pulls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.objects import NOWHERE, NodeObject, PodObject
from workbench.engines.kubernetes.pod_info import normalized_image_name
from workbench.engines.kubernetes.prober import detected_us, next_tick_us
from workbench.engines.kubernetes.volume_manager import VolumeManager
from workbench.model.clock import NEVER, to_us
from workbench.model.native.kubernetes.nodes import ContainerImage
from workbench.model.parameters import param, parameters

STATUS_UPDATE_US = 10_000_000
"""A change of the node's own status, such as its images, is reported at this interval (nodeStatusUpdateFrequency)."""

MAX_IMAGES = 50
"""At most so many images are listed (nodeStatusMaxImages)."""

CRASH_LOOP_FIRST_US = 10_000_000
CRASH_LOOP_LAST_US = 300_000_000
"""The first restart comes at once, the next after 10 s, doubling to 5 min (MaxContainerBackOff)."""

CRASH_LOOP_RESET_US = 600_000_000
"""A container that ran this long starts afresh."""

FAILED = 1
KILLED = 137
"""Exit codes: of a process that fails by itself, and of one that went down with its machine (128 + SIGKILL)."""


@parameters("kubernetes.kubelet")
@dataclass(frozen=True)
class KubeletParameters:
    """What every node does."""

    max_pods: int = param(
        110, unit="pods", low=1, high=1000, help="pods on one node at most, unless the node says otherwise",
        source="kubernetes 1.34, kubelet maxPods", shown_in="first-look",
    )  # fmt: skip
    serialize_image_pulls: bool = param(
        True, help="whether a node fetches one image after another instead of several at once",
        source="kubernetes 1.34, kubelet serializeImagePulls", shown_in="shop-opens",
    )  # fmt: skip
    relist_period_s: float = param(
        1.0, unit="s", low=0.01, high=60, help="how often a kubelet looks at what its containers do",
        source="kubernetes 1.34, pkg/kubelet/kubelet.go, genericPlegRelistPeriod", shown_in="first-look",
    )  # fmt: skip


def restart_delay_us(restarts: int) -> int:
    """Return how long the next restart of a container waits after so many restarts in a row."""
    if restarts == 0:
        return 0
    return CRASH_LOOP_LAST_US if restarts > 10 else min(CRASH_LOOP_FIRST_US << (restarts - 1), CRASH_LOOP_LAST_US)


def end_status(phase: str, reason: str, at_us: int, code: int | None) -> dict[str, Any]:
    """Return the status of a pod that has ended; None is the exit code of what never ran."""
    return {"phase": phase, "ready": False, "ready_reason": reason, "finished_us": at_us, "exit_code": code}


@dataclass(slots=True)
class Worker:
    """What a kubelet knows of one pod (upstream's pod worker). Times are `NEVER` until they come."""

    pod: PodObject
    node: int
    probing_us: int = NEVER
    started_us: int = NEVER
    running_us: int = NEVER
    able_us: int = NEVER
    restarts: int = 0
    killed: bool = False
    status: dict[str, Any] = field(default_factory=dict)


class Kubelets:
    """The kubelets of all nodes."""

    def __init__(self, api: ApiServer, informer: PodInformer, volumes: VolumeManager) -> None:
        params = api.world.settings.of(KubeletParameters)
        self._api = api
        self._world = api.world
        self._agenda = api.world.agenda
        self._informer = informer
        self._volumes = volumes
        self._serial = params.serialize_image_pulls
        self._relist_us = to_us(params.relist_period_s)
        self._workers: dict[int, Worker] = {}
        self._relist_phase_us: list[int] = []
        self._status_phase_us: list[int] = []
        self._images: list[dict[str, int]] = []
        self._unreported: list[bool] = []
        for name in api.world.node_names:
            self.node_added(name)
        api.watch("Pod", self._on_pod)
        api.watch("Node", self._on_node)

    def node_added(self, name: str) -> None:
        """Take in the kubelet of the next node."""
        draw = self._world.streams.stream(f"kubernetes/kubelet/{name}").random()
        self._relist_phase_us.append(int(draw * self._relist_us))
        self._status_phase_us.append(int(draw * STATUS_UPDATE_US))
        self._images.append({})
        self._unreported.append(False)

    # -- what kubelets hear from the API server -------------------------------------------------------------

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None:
            if old is not None and old.node != NOWHERE and self._world.machines[old.node].in_touch:
                self._workers.pop(old.uid, None)
                self._world.stop(old.uid)  # its object went without waiting for the kubelet
            return
        if new.node == NOWHERE or not self._world.machines[new.node].in_touch:
            return
        worker = self._workers.get(new.uid)
        if worker is None:
            if not new.terminal:
                self._begin(new)
        elif new.deleting and not worker.killed:
            self._kill(worker, new)

    def _on_node(self, _: NodeObject | None, new: NodeObject) -> None:
        """Set right, with the next status, what somebody wrote about a node that is well."""
        if new.ready != "True" and self._world.machines[new.index].in_touch:
            self._agenda.at(self._next_status_us(new.index), Order.AGENT, self.report_ready, new.index)

    def _next_status_us(self, node: int) -> int:
        return next_tick_us(self._status_phase_us[node], STATUS_UPDATE_US, self._world.now_us)

    def report_ready(self, node: int) -> None:
        """Have the kubelet of a node say that it is ready, if it can be heard."""
        if self._world.machines[node].in_touch:
            self._api.request(self._report_ready, node)

    def _begin(self, pod: PodObject) -> None:
        """Take on a pod."""
        worker = self._workers[pod.uid] = Worker(pod, pod.node)
        if pod.deleting:
            self._kill(worker, pod)
            return
        self._world.bound(pod.uid)
        short = self._world.without_room.get(pod.uid)
        if short is not None:
            self._turn_away(worker, short)
            return
        self._prepare(worker)

    def _turn_away(self, worker: Worker, short: str) -> None:
        """Refuse a pod for which the node has no room: two schedulers did not know of each other (OutOfcpu, ...)."""
        pod = worker.pod
        worker.killed = True
        self._world.event(f"OutOf{short}", pod.name, "turned-away", self._world.node_names[worker.node])
        self._world.turn_away(pod.uid, "turned-away")
        self._tell(worker, end_status("Failed", "pod-ended", self._world.now_us, None))

    # -- bringing it up -------------------------------------------------------------------------------------

    def _prepare(self, worker: Worker) -> None:
        """Disks, then images, then the process."""
        self._volumes.mount(worker.pod, self._still(worker, self._pull))

    def _pull(self, worker: Worker) -> None:
        """Fetch every image of the pod, the app's own last; probing begins now."""
        worker.probing_us = self._world.now_us
        spec, own = worker.pod.info.spec, worker.pod.app.image
        others = {one.image: None for one in (*spec.init_containers, *spec.containers) if one.image not in ("", own)}
        self._pull_next(list(others), worker)

    def _pull_next(self, others: list[str], worker: Worker) -> None:
        images = self._world.images
        if others:
            image, *rest = others
            then = self._still(worker, partial(self._pulled, image, rest))
            images.fetch(worker.node, image, then, serial=self._serial)
        else:
            then = self._still(worker, self._run)
            self._world.fetch_image(worker.pod.uid, then, serial=self._serial)

    def _pulled(self, image: str, rest: list[str], worker: Worker) -> None:
        self._note_image(worker.node, image)
        self._pull_next(rest, worker)

    def _run(self, worker: Worker) -> None:
        self._note_image(worker.node, worker.pod.app.image)
        self._world.start_process(worker.pod.uid)

    def _still(self, worker: Worker, then: Callable[[Worker], None]) -> Callable[[], None]:
        """Return `then`, made void when the kubelet has dropped or killed the pod meanwhile."""

        def go() -> None:
            if self._workers.get(worker.pod.uid) is worker and not worker.killed:
                then(worker)

        return go

    # -- what kubelets see of the runtime -------------------------------------------------------------------

    def started(self, task: int) -> None:
        """The process of a task runs."""
        worker = self._workers.get(task)
        if worker is not None:
            worker.started_us = self._world.now_us
            self._relist(worker, self._note_running)

    def ready(self, task: int) -> None:
        """A task would answer a probe from now on."""
        worker = self._workers.get(task)
        if worker is None or worker.killed:
            return
        worker.able_us = self._world.now_us
        self._detect(worker)

    def ended(self, task: int, reason: str) -> None:
        """The process of a task has stopped, by itself or because it was asked to."""
        worker = self._workers.get(task)
        if worker is None:
            return
        if worker.killed:
            self._agenda.at(self._next_relist_us(worker), Order.AGENT, self._remove, worker)
        else:
            self._relist(worker, partial(self._note_ended, reason, self._world.now_us))

    def _next_relist_us(self, worker: Worker) -> int:
        return next_tick_us(self._relist_phase_us[worker.node], self._relist_us, self._world.now_us)

    def _relist(self, worker: Worker, then: Callable[[Worker], None]) -> None:
        """Call `then` at the next look at the runtime."""
        self._agenda.at(self._next_relist_us(worker), Order.AGENT, self._still(worker, then))

    def _note_running(self, worker: Worker) -> None:
        worker.running_us = self._world.now_us
        changes: dict[str, Any] = {"phase": "Running"}
        if not any(one.readiness_probe or one.startup_probe for one in worker.pod.info.spec.containers):
            changes |= {"ready": True, "ready_reason": "pod-ready"}
        self._tell(worker, changes)
        self._detect(worker)

    def _detect(self, worker: Worker) -> None:
        """Plan the probe that finds the pod ready, once it is known to run and would answer."""
        if worker.running_us == NEVER or worker.able_us == NEVER:
            return
        probed = [one for one in worker.pod.info.spec.containers if one.readiness_probe or one.startup_probe]
        if probed:
            at_us = max(
                detected_us(one, worker.probing_us, worker.running_us, worker.started_us, worker.able_us)
                for one in probed
            )
            self._agenda.at(at_us, Order.AGENT, self._still(worker, partial(self._note_ready, worker.started_us)))

    def _note_ready(self, started_us: int, worker: Worker) -> None:
        if worker.started_us == started_us:  # not that of an earlier start
            self._tell(worker, {"ready": True, "ready_reason": "pod-ready"})

    def _note_ended(self, reason: str, ended_us: int, worker: Worker) -> None:
        """Report the end, or start again, as the restart policy has it."""
        policy = worker.pod.info.spec.restart_policy
        if policy == "Always" or (policy == "OnFailure" and reason != "finished"):
            self._restart(worker)
            return
        phase = "Succeeded" if reason == "finished" else "Failed"
        self._tell(worker, end_status(phase, "pod-ended", ended_us, 0 if reason == "finished" else FAILED))

    def _tell(self, worker: Worker, changes: dict[str, Any]) -> None:
        """Write how a pod stands; what cannot be written now is, when the API server is reached again."""
        worker.status |= changes
        if self._world.machines[worker.node].in_touch:
            self._api.request(self._api.patch_pod, worker.pod.uid, changes)

    def _restart(self, worker: Worker) -> None:
        """Start the process again on the spot, the sooner the better it ran before."""
        if self._world.now_us - worker.started_us >= CRASH_LOOP_RESET_US:
            worker.restarts = 0
        delay_us = restart_delay_us(worker.restarts)
        worker.restarts += 1
        worker.started_us = worker.running_us = worker.able_us = NEVER
        self._tell(worker, {"ready": False, "ready_reason": "container-restarted", "restarts": worker.restarts})
        self._agenda.after(delay_us, Order.AGENT, self._still(worker, self._run))

    # -- taking it down -------------------------------------------------------------------------------------

    def _kill(self, worker: Worker, pod: PodObject) -> None:
        """Ask a pod that is being deleted to stop, and make it when its grace is over; once it has, its object goes."""
        worker.killed = True
        if self._world.alive(pod.uid):
            self._world.event("Killing", pod.name, "pod-deleted")
            self._world.terminate(pod.uid, pod.grace_us, replaced=pod.evicted)
        else:
            self._remove(worker)

    def _remove(self, worker: Worker) -> None:
        if self._world.machines[worker.node].in_touch:
            self._api.request(self._api.delete_pod, worker.pod.uid, 0)

    # -- the machine itself ---------------------------------------------------------------------------------

    def node_back(self, node: int) -> None:
        """A machine has started again: report it, fetch the list of its pods, and see what is left of them."""
        self.node_emptied(node)
        self._agenda.after(self._api.watch_us, Order.DELIVERY, self._resume, node)

    def node_emptied(self, node: int) -> None:
        """A kubelet starts afresh: it knows of no pod, and reports the node."""
        for uid in [uid for uid, worker in self._workers.items() if worker.node == node]:
            del self._workers[uid]
        self._volumes.node_back(node)
        self._api.request(self._report_ready, node)
        if self._unreported[node]:
            self._api.request(self._write_images, node)
            self._unreported[node] = False

    def node_reached(self, node: int) -> None:
        """A node that was cut off can be reached again: report it, then catch up with what was written meanwhile."""
        self._volumes.node_back(node)
        self._api.request(self._report_ready, node)
        self._agenda.after(self._api.watch_us, Order.DELIVERY, self._catch_up, node)

    def _catch_up(self, node: int) -> None:
        """Stop what is to be deleted, write how the others stand, take on what is new."""
        if not self._world.machines[node].in_touch:
            return
        stored = self._informer.on_node(node)
        for worker in [one for one in self._workers.values() if one.node == node]:
            known = stored.get(worker.pod.uid)
            if known is None or known.deleting:
                self._stop_late(worker, known)
            elif changes := {key: value for key, value in worker.status.items() if getattr(known, key) != value}:
                self._api.request(self._api.patch_pod, known.uid, changes)
        for pod in list(stored.values()):
            if pod.uid not in self._workers and not pod.terminal:
                self._begin(pod)

    def _stop_late(self, worker: Worker, known: PodObject | None) -> None:
        """Stop a pod that was deleted while its node was cut off; its own record may be gone already."""
        if known is None:
            self._world.stop(worker.pod.uid)
            del self._workers[worker.pod.uid]
        elif not worker.killed:
            self._kill(worker, known)
        elif not self._world.alive(known.uid):
            self._remove(worker)

    def _report_ready(self, node: int) -> str:
        if self._api.nodes[node].ready == "True" and not self._api.nodes[node].deleted:
            return ""
        self._world.node_seen(node, "ready")
        return self._api.patch_node(node, {"ready": "True", "deleted": False})

    def _resume(self, node: int) -> None:
        for pod in list(self._informer.on_node(node).values()):
            if pod.uid in self._workers or pod.terminal:
                continue
            if pod.deleting or pod.phase == "Pending":
                self._begin(pod)
            elif pod.info.spec.restart_policy == "Never":
                changes = end_status("Failed", "container-lost", NEVER, KILLED)
                self._api.request(self._api.patch_pod, pod.uid, changes)
            else:
                self._start_over(pod)

    def _start_over(self, pod: PodObject) -> None:
        """Start the containers of a pod again that the machine took down with it."""
        worker = self._workers[pod.uid] = Worker(pod, pod.node, restarts=1)
        self._tell(worker, {"ready": False, "ready_reason": "container-restarted", "restarts": pod.restarts + 1})
        self._prepare(worker)

    def _note_image(self, node: int, image: str) -> None:
        """Report an image that is new on a node with its next status; as runtimes do, with a tag."""
        images, name = self._images[node], normalized_image_name(image)
        if not image or name in images:
            return
        images[name] = self._world.images.size(image)
        if not self._unreported[node]:
            self._unreported[node] = True
            self._agenda.at(self._next_status_us(node), Order.AGENT, self._report_images, node)

    def _report_images(self, node: int) -> None:
        if self._world.machines[node].in_touch:
            self._unreported[node] = False
            self._api.request(self._write_images, node)

    def _write_images(self, node: int) -> str:
        known = self._api.nodes[node].node
        largest = sorted(self._images[node].items(), key=lambda item: (-item[1], item[0]))[:MAX_IMAGES]
        images = tuple(ContainerImage(names=(name,), size_bytes=size) for name, size in largest)
        return self._api.patch_node(node, {"node": replace(known, status=replace(known.status, images=images))})
