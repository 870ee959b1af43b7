"""The kubelets: from a pod bound to a node to a process that runs, is ready, ends, or is killed.

One object stands for the kubelets of all nodes; what it does for a node it does only while that machine is up. How a
pod is brought up stands in `pod_start.py`, how it is taken down in `pod_end.py`. A kubelet notices what its containers
do at the next look at the runtime (PLEG), and writes their status to the API server. A pod with a readiness probe is
ready at the first probe that finds it so; one without as soon as it runs. `probing.py` makes the probes that may fail.

A kubelet that cannot reach the API server goes on with the pods it knows, restarts included; once it is reached again
it writes how they stand, and does what it missed: new pods, and pods to be stopped.

Source: kubernetes, pkg/kubelet (kubelet.go, syncPod; pleg/generic.go; prober; kuberuntime) (version 1.34).
Left out: the kubelet's own limits on API calls and pulls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer, PodInformer
from workbench.engines.kubernetes.crash_loop import restart_delay_us, restarts, restarts_in_a_row
from workbench.engines.kubernetes.ephemeral_storage import in_kubernetes
from workbench.engines.kubernetes.eviction_manager import EvictionManager
from workbench.engines.kubernetes.eviction_thresholds import Condition
from workbench.engines.kubernetes.graceful_shutdown import GracefulShutdown
from workbench.engines.kubernetes.node_images import STATUS_UPDATE_US, NodeImages
from workbench.engines.kubernetes.node_objects import registered
from workbench.engines.kubernetes.objects import NOWHERE, NodeObject, PodObject
from workbench.engines.kubernetes.pod_end import PodEnd, sidecars_stop_us
from workbench.engines.kubernetes.pod_start import PodStart
from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker
from workbench.engines.kubernetes.prober import detected_us
from workbench.engines.kubernetes.probing import Kind, Probing
from workbench.engines.kubernetes.volume_manager import VolumeManager
from workbench.model.clock import NEVER, SECOND_US, to_us
from workbench.model.native.kubernetes.pods import Probe
from workbench.model.parameters import param, parameters

FAILED = 1
KILLED = 137
"""Exit codes: of a process that fails by itself, and of one that went down with its machine (128 + SIGKILL)."""

FAST_STATUS_US = 100_000
"""How long after its registration a kubelet looks whether it is ready (fastNodeStatusUpdate: every 100 ms)."""


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


def end_status(phase: str, reason: str, at_us: int, code: int | None) -> dict[str, Any]:
    """Return the status of a pod that has ended; None is the exit code of what never ran."""
    return {"phase": phase, "ready": False, "ready_reason": reason, "finished_us": at_us, "exit_code": code}


class Kubelets:
    """The kubelets of all nodes.

    Attributes
    ----------
    takes : callable
        Says whether a pod that is bound to a node is to run there: always, unless somebody else launches pods.
    """

    def __init__(self, api: ApiServer, informer: PodInformer, volumes: VolumeManager) -> None:
        params = api.world.settings.of(KubeletParameters)
        self.takes: Callable[[PodObject], bool] = lambda _: True
        self._api = api
        self._world = world = api.world
        self._agenda = world.agenda
        self._informer = informer
        self._volumes = volumes
        self._workers = PodWorkers(world, to_us(params.relist_period_s))
        self.restarts = self._workers.restarts
        self._images = NodeImages(api)
        self._unsaid: dict[int, list[Callable[[], None]]] = {}  # what a node would have said while it was cut off
        serial = params.serialize_image_pulls
        self._start = PodStart(world, self._workers, volumes, self._images, serial=serial)
        self._end = PodEnd(world, self._workers)
        self._eviction = EvictionManager(world, self._workers, self._evict, self._report_pressure)
        self._shutdown = GracefulShutdown(world, self._workers, self._shut_down, self._report_stopping)
        self._probing = Probing(world, self._workers, self._note_readiness, self._unhealthy)
        for name in world.node_names:
            self.node_added(name)
        api.watch("Pod", self._on_pod)
        api.watch("Node", self._on_node)

    def node_added(self, name: str) -> None:
        """Take in the kubelet of the next node."""
        draw = self._world.streams.stream(f"kubernetes/kubelet/{name}").random()
        self._workers.node_added(draw)
        self._images.node_added(int(draw * STATUS_UPDATE_US))

    # -- what kubelets hear from the API server -------------------------------------------------------------

    def _on_pod(self, old: PodObject | None, new: PodObject | None) -> None:
        if new is None:
            if old is not None and old.node != NOWHERE:
                self._taken_off(old)
            return
        if new.node == NOWHERE or not self._world.machines[new.node].in_touch:
            return
        worker = self._workers.of.get(new.uid)
        if worker is None:
            if not new.terminal:
                self._begin(new)
        elif worker.killed:
            if worker.over and new.deleting:
                self._remove(worker)  # deleted before the write that it has ended was stored
        elif new.terminal:
            self._drop(worker)
        elif new.deleting:
            self._kill(worker, new)

    def _taken_off(self, pod: PodObject) -> None:
        """The object of a pod is gone; if the kubelet did not see to that, its process has to go as well.

        A node that cannot be reached does not know, but others may be sent there.
        """
        if not self._world.machines[pod.node].in_touch:
            self._world.unbook(pod.uid)
            return
        self._world.stop(pod.uid)
        worker = self._workers.of.pop(pod.uid, None)
        if worker is not None and worker.failed:
            self._no_longer_awaited(worker)

    def _drop(self, worker: Worker) -> None:
        """A pod has ended for good, and that is written: nothing is left to be done, and nothing of it runs on.

        It may have been started anew after a restart of its machine, which had written the end shortly before.
        """
        del self._workers.of[worker.pod.uid]
        self._world.stop(worker.pod.uid)

    def _on_node(self, _: NodeObject | None, new: NodeObject) -> None:
        """Set right, with the next status, what somebody wrote about a node that is well."""
        wrong = new.ready != "True" or new.deleted
        if wrong and self._world.machines[new.index].in_touch and not self._shutdown.stopping(new.index):
            self._agenda.at(self._images.next_status_us(new.index), Order.AGENT, self.report_ready, new.index)

    def report_ready(self, node: int) -> None:
        """Have the kubelet of a node say that it is ready, if it can be heard."""
        if self._world.machines[node].in_touch:
            self._api.request(self._report_ready, node)

    def _begin(self, pod: PodObject) -> None:
        """Take on a pod, if it is one for this kubelet."""
        if not pod.deleting and not self.takes(pod):
            return
        worker = self._workers.of[pod.uid] = Worker(pod, pod.node)
        if pod.deleting:
            self._kill(worker, pod)
            return
        if not self._world.arrived(pod.uid):
            self._world.bound(pod.uid)
        short = self._world.without_room.get(pod.uid)
        if short is not None:
            self._turn_away(worker, short)
            return
        if pressure := self._eviction.refuses(worker):
            self._refuse(worker, "Evicted", pressure)
            return
        if self._shutdown.stopping(worker.node):
            self._refuse(worker, "NodeShutdown", "node-stopping")
            return
        self._eviction.begin(worker.node)
        self._start.begin(worker)

    def _turn_away(self, worker: Worker, short: str) -> None:
        """Refuse a pod for which the node has no room: two schedulers did not know of each other (OutOfcpu, ...)."""
        pod = worker.pod
        worker.killed = worker.over = True
        (name,) = in_kubernetes({short: 0})
        self._world.event(f"OutOf{name}", pod.name, "turned-away", self._world.node_names[worker.node])
        self._world.turn_away(pod.uid, "turned-away")
        self._tell(worker, end_status("Failed", "pod-ended", self._world.now_us, None))

    def _refuse(self, worker: Worker, kind: str, why: str) -> None:
        """Fail a pod that a node in its state does not take on."""
        worker.killed = worker.over = True
        self._world.event(kind, worker.pod.name, why, self._world.node_names[worker.node])
        self._world.stop(worker.pod.uid, "failed")
        self._tell(worker, end_status("Failed", "pod-evicted", self._world.now_us, None))

    # -- what kubelets see of the runtime -------------------------------------------------------------------

    def started(self, task: int) -> None:
        """The process of a task runs."""
        worker = self._workers.of.get(task)
        if worker is not None:
            worker.started_us = self._world.now_us
            self._workers.at_next_look(worker, self._note_running)

    def ready(self, task: int) -> None:
        """A task would answer a probe from now on."""
        worker = self._workers.of.get(task)
        if worker is None or worker.killed:
            return
        worker.able_us = self._world.now_us
        self._detect(worker)

    def ended(self, task: int, reason: str) -> None:
        """The process of a task has stopped, by itself or because it was asked to."""
        worker = self._workers.of.get(task)
        if worker is None:
            return
        if worker.failed:
            self._at_next_look(worker, self._note_failed)
        elif worker.killed:
            after_us = sidecars_stop_us(worker, worker.kill_by_us - self._world.now_us)
            self._agenda.after(after_us, Order.AGENT, self._workers.known(worker, self._stopped))
        else:
            if reason == "failed" and restarts(worker, reason):
                self._world.keeps_place(task)
            self._world.scratch.keep_last(task)
            self._workers.at_next_look(worker, partial(self._note_ended, reason, self._world.now_us))

    def _stopped(self, worker: Worker) -> None:
        self._at_next_look(worker, self._remove)

    def _at_next_look(self, worker: Worker, then: Callable[[Worker], None]) -> None:
        """Call `then` for a pod that is being ended, unless its object has gone or its machine has started again."""
        self._agenda.at(self._workers.next_look_us(worker.node), Order.AGENT, self._workers.known(worker, then))

    def _note_running(self, worker: Worker) -> None:
        worker.running_us = self._world.now_us
        changes: dict[str, Any] = {"phase": "Running"}
        if not worker.probed:
            changes |= {"ready": True, "ready_reason": "pod-ready"}
        self._tell(worker, changes)
        self._probing.begin(worker)
        self._detect(worker)

    def _detect(self, worker: Worker) -> None:
        """Plan the probe that finds the pod ready, once it is known to run and would answer, if that is for good."""
        if worker.running_us == NEVER or worker.able_us == NEVER or self._probing.follows(worker):
            return
        if probed := worker.probed:
            at_us = max(
                detected_us(one, worker.probing_us, worker.running_us, worker.started_us, worker.able_us)
                for one in probed
            )
            self._agenda.at(
                at_us, Order.AGENT, self._workers.still(worker, partial(self._note_ready, worker.running_us))
            )

    def _note_ready(self, running_us: int, worker: Worker) -> None:
        if worker.running_us == running_us:  # not that of an earlier start, or of an earlier process of the kubelet
            self._tell(worker, {"ready": True, "ready_reason": "pod-ready"})

    def _note_readiness(self, worker: Worker, ready: bool) -> None:
        if worker.status.get("ready", False) != ready:
            self._tell(worker, {"ready": ready, "ready_reason": "pod-ready" if ready else "readiness-failed"})

    def _unhealthy(self, worker: Worker, kind: Kind, probe: Probe) -> None:
        """Kill a container whose probe has failed; its end is noticed like any other."""
        self._world.event("Unhealthy", worker.pod.name, f"{kind}-failed")
        own_s, pod_s = probe.termination_grace_period_seconds, worker.pod.info.spec.termination_grace_period_seconds
        self._end.stop(worker, (pod_s if own_s is None else own_s) * SECOND_US)

    def _note_ended(self, reason: str, ended_us: int, worker: Worker) -> None:
        """Report the end, or start again, as the restart policy has it."""
        if restarts(worker, reason):
            self._restart(worker)
            return
        self._world.scratch.empty_volumes(worker.pod.uid)
        phase = "Succeeded" if reason == "finished" else "Failed"
        self._tell(worker, end_status(phase, "pod-ended", ended_us, 0 if reason == "finished" else FAILED))

    def _tell(self, worker: Worker, changes: dict[str, Any]) -> None:
        """Write how a pod stands; what cannot be written now is, when the API server is reached again."""
        worker.status |= changes
        if self._world.machines[worker.node].in_touch:
            self._api.request(self._store, worker.pod.uid, changes)

    def _store(self, uid: int, changes: dict[str, Any]) -> str:
        """Store how a pod stands; one that has ended for good stays so, whatever a restarted kubelet made of it."""
        stored = self._api.pods.get(uid)
        return "" if stored is not None and stored.terminal else self._api.patch_pod(uid, changes)

    def _restart(self, worker: Worker) -> None:
        """Start the process again on the spot, the sooner the better it ran before."""
        worker.restarts = restarts_in_a_row(worker.restarts, self._world.now_us - worker.started_us)
        delay_us = restart_delay_us(worker.restarts)
        worker.restarts += 1
        worker.started_us = worker.running_us = worker.able_us = NEVER
        self._tell(worker, {"ready": False, "ready_reason": "container-restarted", "restarts": worker.restarts})
        self._workers.after(delay_us, worker, self._start.run)

    # -- taking it down -------------------------------------------------------------------------------------

    def _kill(self, worker: Worker, pod: PodObject) -> None:
        """Ask a pod that is being deleted to stop, and make it when its grace is over; once it has, its object goes."""
        worker.killed = True
        worker.kill_by_us = self._world.now_us + pod.grace_us
        if self._world.alive(pod.uid):
            self._world.event("Killing", pod.name, "pod-deleted")
            self._end.stop(worker, pod.grace_us, replaced=pod.evicted)
        else:
            self._remove(worker)

    def _remove(self, worker: Worker) -> None:
        if self._world.machines[worker.node].in_touch:
            self._api.request(self._api.delete_pod, worker.pod.uid, 0)

    def _evict(self, worker: Worker, grace_us: int, why: str) -> None:
        """Fail a pod for the sake of its node, or because it is over a limit: its process goes, its object stays."""
        self._world.event("Evicted", worker.pod.name, why, self._world.node_names[worker.node])
        worker.disrupted = why not in ("over-disk-limit", "over-volume-limit")
        self._fail(worker, grace_us)

    def _shut_down(self, worker: Worker, grace_us: int) -> None:
        """Fail a pod whose node is being shut down."""
        self._world.event("Terminated", worker.pod.name, "node-stopping", self._world.node_names[worker.node])
        self._fail(worker, grace_us)

    def _fail(self, worker: Worker, grace_us: int) -> None:
        worker.killed, worker.failed = True, "pod-evicted"
        worker.kill_by_us = self._world.now_us + grace_us
        if self._world.alive(worker.pod.uid):
            self._end.stop(worker, grace_us, replaced=True)
        else:
            self._note_failed(worker)

    def _note_failed(self, worker: Worker) -> None:
        """The process of a pod that was failed is gone."""
        worker.over = True
        stored = self._api.pods.get(worker.pod.uid)
        if stored is not None and stored.deleting:
            self._remove(worker)
        else:
            status = end_status("Failed", worker.failed, self._world.now_us, KILLED)
            self._tell(worker, status | {"disrupted": worker.disrupted})
        self._no_longer_awaited(worker)

    def _no_longer_awaited(self, worker: Worker) -> None:
        """Tell whoever waits for the end of a pod that the kubelet has failed: it has come."""
        self._eviction.gone(worker)
        self._shutdown.gone(worker)

    def node_stopping(self, node: int, grace_us: int, critical_us: int) -> None:
        """A machine is being shut down: stop its pods first, if the kubelet is to."""
        if self._world.machines[node].up and not self.restarts.away(node):
            self._shutdown.begin(node, grace_us, critical_us)

    def _report_stopping(self, node: int) -> None:
        if self._world.machines[node].in_touch:
            self._world.node_seen(node, "not-ready")
            self._api.request(self._api.patch_node, node, {"ready": "False"})

    def _report_pressure(self, node: int, condition: Condition, pressure: bool) -> None:
        """Say with the next status whether a node is short of something."""
        self._agenda.at(self._images.next_status_us(node), Order.AGENT, self._write_pressure, node, condition, pressure)

    def _write_pressure(self, node: int, condition: Condition, pressure: bool) -> None:
        if not self._world.machines[node].in_touch:
            self._unsaid.setdefault(node, []).append(partial(self._write_pressure, node, condition, pressure))
        else:
            name = self._world.node_names[node]
            kind = condition.name if pressure else f"No{condition.name}"
            self._world.event(kind, name, condition.short if pressure else "")
            self._api.request(self._api.patch_node, node, {condition.field: pressure})

    # -- the machine itself ---------------------------------------------------------------------------------

    def node_back(self, node: int) -> None:
        """A machine has started again: report it, fetch the list of its pods, and see what is left of them."""
        self.node_emptied(node)
        self._agenda.after(self._api.watch_us, Order.DELIVERY, self._resume, node)

    def node_anew(self, node: int) -> None:
        """A machine has started again, and its kubelet starts no pod by itself: it buries those that are to go."""
        self.node_emptied(node)
        self._agenda.after(self._api.watch_us, Order.DELIVERY, self._catch_up, node)

    def node_emptied(self, node: int) -> None:
        """A kubelet starts afresh: it knows of no pod, and reports the node."""
        self.forget_pods(node)
        self._heard_again(node)
        self._eviction.node_lost(node)
        self._shutdown.node_back(node)

    def forget_pods(self, node: int) -> None:
        """A kubelet is gone, and its containers are: nothing of what it was about to do happens."""
        for worker in self._workers.on(node):
            del self._workers.of[worker.pod.uid]
        self.restarts.forget(node)

    def node_reached(self, node: int) -> None:
        """A node that was cut off can be reached again: report it, then catch up with what was written meanwhile."""
        self._heard_again(node)
        self._agenda.after(self._api.watch_us, Order.DELIVERY, self._catch_up, node)

    def _heard_again(self, node: int) -> None:
        """A node says that it is ready, and what it could not say before."""
        self._volumes.node_back(node)
        self._api.request(self._report_ready, node)
        self._images.node_back(node)
        for say in self._unsaid.pop(node, []):
            say()

    def process_back(self, node: int) -> None:
        """A kubelet's process runs again: it sees what happened meanwhile, and probes its pods anew."""
        self.restarts.back(node)
        for worker in self.restarts.to_probe(self._workers.on(node)):
            self._tell(worker, {"ready": False, "ready_reason": "kubelet-restarted"})
            self._probing.begin(worker)
            self._detect(worker)
        self._heard(node)

    def goes_on(self, node: int) -> None:
        """A kubelet that stood still goes on where it was: it sees what happened meanwhile."""
        self.restarts.back(node)
        self._heard(node)

    def _heard(self, node: int) -> None:
        if self._world.machines[node].in_touch:
            self.node_reached(node)

    def _catch_up(self, node: int) -> None:
        """Stop what is to be deleted, write how the others stand, take on what is new."""
        if not self._world.machines[node].in_touch:
            return
        stored = self._informer.on_node(node)
        for worker in self._workers.on(node):
            known = stored.get(worker.pod.uid)
            if known is None or known.deleting:
                self._stop_late(worker, known)
            elif known.terminal:
                self._drop(worker)
            elif changes := {key: value for key, value in worker.status.items() if getattr(known, key) != value}:
                self._api.request(self._store, known.uid, changes)
        for pod in list(stored.values()):
            if pod.uid not in self._workers.of and not pod.terminal:
                self._begin(pod)

    def _stop_late(self, worker: Worker, known: PodObject | None) -> None:
        """Stop a pod that was deleted while its node was cut off; its own record may be gone already."""
        if known is None:
            self._world.stop(worker.pod.uid)
            del self._workers.of[worker.pod.uid]
            if worker.failed:
                self._no_longer_awaited(worker)
        elif not worker.killed:
            self._kill(worker, known)
        elif not self._world.alive(known.uid):
            self._remove(worker)

    def _report_ready(self, node: int) -> str:
        known = self._api.nodes[node]
        if known.deleted:
            return self.register(node)
        if known.ready == "True":
            return ""
        self._world.node_seen(node, "ready")
        return self._api.patch_node(node, {"ready": "True"})

    def register(self, node: int) -> str:
        """Store a node's object anew: not ready yet, and nothing of what was written about an earlier one."""
        self._world.node_seen(node, "not-ready")
        self._world.event("RegisteredNode", self._world.node_names[node])
        self._agenda.after(FAST_STATUS_US, Order.AGENT, self.report_ready, node)
        machine, known = self._world.fleet.nodes[node], self._api.nodes[node].node
        return self._api.patch_node(
            node, {"deleted": False, "ready": "False", "node": registered(machine, known.status)}
        )

    def _resume(self, node: int) -> None:
        for pod in list(self._informer.on_node(node).values()):
            if pod.uid in self._workers.of or pod.terminal:
                continue
            if pod.deleting or pod.phase == "Pending":
                self._begin(pod)
            elif pod.info.spec.restart_policy == "Never":
                worker = self._workers.of[pod.uid] = Worker(pod, node, killed=True, over=True)
                self._tell(worker, end_status("Failed", "container-lost", NEVER, KILLED))
            else:
                self._start_over(pod)

    def _start_over(self, pod: PodObject) -> None:
        """Start the containers of a pod again that the machine took down with it."""
        worker = self._workers.of[pod.uid] = Worker(pod, pod.node, restarts=1)
        self._tell(worker, {"ready": False, "ready_reason": "container-restarted", "restarts": pod.restarts + 1})
        self._start.begin(worker)
