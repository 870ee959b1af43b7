"""The client that carries out a rolling update of a ReplicationController, step by step, as long as it lives.

Nothing in the cluster knows of the update. If the client is stopped, or gives up, two ReplicationControllers stay as
they are, and the Service sends its clients to the pods of both. Whoever starts the same update again goes on with it;
a rollback makes the same steps the other way.

Source: kubernetes, pkg/kubectl/rolling_updater.go and cmd/rollingupdate.go (versions 1.2 to 1.17): --update-period 1m,
--poll-interval 3s, --timeout 5m; a client of 5 calls a second, 10 at once.
Left out: updates from a file to another name; changes that others make to the two at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from msgspec.structs import replace
from simpy.events import Event

from workbench.engines.agenda import Order, Process
from workbench.engines.kubernetes.api_server import ApiServer, Client
from workbench.engines.kubernetes.names import template_hash
from workbench.engines.kubernetes.objects import ApiObject, PodObject, uid
from workbench.engines.kubernetes.ownership import relabel
from workbench.engines.kubernetes.rolling_update import (
    DESIRED,
    KEY,
    ORIGINAL,
    SOURCE,
    is_told_apart,
    labelled,
    noted,
    scale_down,
    scale_up,
    successor,
    told_apart,
)
from workbench.engines.protocol import RollingUpdateApp
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.native.kubernetes.pods import PodTemplateSpec
from workbench.model.workload import App

KIND = "ReplicationController"
QPS, BURST = 5.0, 10
GONE_POLL_US = 5 * SECOND_US

Steps = Generator[Event, Any, bool]
"""Steps of the client: yields while it waits; returns whether it may go on."""


class RollingUpdateClient:
    """One run of the command.

    Parameters
    ----------
    key : str
        uid of the ReplicationController that is updated.
    change : RollingUpdateApp
        How patient it is, and how long it lives.
    """

    def __init__(self, api: ApiServer, key: str, change: RollingUpdateApp) -> None:
        self._api = api
        self._world = api.world
        self._client = Client(api, QPS, BURST)
        self._key = key
        self._change = change
        self._alive = True

    def stop(self, why: str) -> None:
        """The client is no more: everything stays as it is."""
        if self._alive:
            self._alive = False
            self._world.event("RollingUpdateStopped", self._change.app.name, why)

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return not self._alive

    def start(self, template: PodTemplateSpec) -> None:
        """Begin an update to a template, or go on with one that was left half way."""
        self._world.agenda.process(self._whole(self._update(template)))
        if self._change.client_us is not None:
            self._world.agenda.after(self._change.client_us, Order.ARRIVAL, self.stop, "client-stopped")

    def start_back(self, second: str) -> None:
        """Begin to go back from an update that was left half way; `second` is the uid of the second one."""
        self._world.agenda.process(self._whole(self._back(second)))

    # -- the whole ----------------------------------------------------------------------------------------------

    def _whole(self, steps: Process) -> Process:
        """Go through the steps; however they end, the client has nothing more to do then."""
        yield from steps
        self._alive = False

    def _update(self, template: PodTemplateSpec) -> Process:
        old = self._stored(self._key)
        if old is None:
            return
        if not is_told_apart(old.native) and not (yield from self._tell_apart(old)):
            return
        old = self._stored(self._key)
        if old is None:
            return
        there = half_way(self._api, self._key)
        if there is None:
            made = successor(old.native, template, old.native.spec.replicas)
            there = created = ApiObject(
                kind=KIND, namespace=old.namespace, name=made.metadata.name, native=made, app=self._change.app
            )
            if not (yield from self._calls([(self._api.put, created)])):
                return
            original = noted(old.native, **{ORIGINAL: str(old.native.spec.replicas)})
            if not (yield from self._calls([(self._api.patch, self._key, {"native": original})])):
                return
        desired = int(there.native.metadata.annotations[DESIRED])
        if (yield from self._roll(there.uid, self._key, desired)) and (yield from self._rename(there.uid)):
            self._finish()

    def _back(self, second: str) -> Process:
        """The first one grows again to the size it once had, the second goes."""
        old = self._stored(self._key)
        if old is None:
            return
        desired = int(old.native.metadata.annotations.get(ORIGINAL, old.native.spec.replicas))
        if (yield from self._roll(self._key, second, desired)) and (
            yield from self._calls([(self._api.delete, second)])
        ):
            self._finish()

    def _finish(self) -> None:
        self._world.event("RollingUpdateSucceeded", self._change.app.name, "rollout-complete")

    def _roll(self, new: str, old: str, desired: int) -> Steps:
        """Up, wait, down, until one has all pods and the other none."""
        deadline = self._world.now_us + self._change.timeout_us
        while True:
            sizes = self._size(new), self._size(old)
            if sizes == (desired, 0):
                return True
            wanted = scale_up(*sizes, desired)
            if not (yield from self._scale(new, wanted, "rollout-grows")):
                return False
            if not (yield from self._sleep(self._change.period_us)):
                return False
            left = scale_down(self._size(new), self._size(old), self._available(new), desired)
            if not (yield from self._scale(old, left, "rollout-shrinks")):
                return False
            if (self._size(new), self._size(old)) != sizes:
                deadline = self._world.now_us + self._change.timeout_us
            elif self._world.now_us > deadline:
                self.stop("update-timed-out")
                return False

    # -- steps --------------------------------------------------------------------------------------------------

    def _tell_apart(self, old: ApiObject) -> Steps:
        """Put a label on the template, on the pods, and into the selector: in this order, so that no pod is lost."""
        digest = template_hash(old.native.spec.template)
        spec = replace(old.native.spec, template=labelled(old.native.spec.template, digest))
        if not (yield from self._calls([(self._api.patch, self._key, {"native": replace(old.native, spec=spec)})])):
            return False
        mine = [pod.uid for pod in self._pods(self._key)]
        if not (yield from self._calls([(relabel, self._api, pod, {KEY: digest}) for pod in mine])):
            return False
        now = self._stored(self._key)
        return now is not None and (
            yield from self._calls([(self._api.patch, self._key, {"native": told_apart(now.native)})])
        )

    def _rename(self, new_key: str) -> Steps:
        """Give the second one the first one's name: delete both, the second without its pods, and make it anew."""
        there = self._stored(new_key)
        if there is None:
            return False
        native = noted(there.native, **{DESIRED: None, SOURCE: None, ORIGINAL: None})
        native = replace(native, metadata=replace(native.metadata, name=self._key.rpartition("/")[2]))
        if not (yield from self._calls([(self._api.delete, self._key), (self._api.delete, new_key, "orphan")])):
            return False
        while self._stored(new_key) is not None:
            if not (yield from self._sleep(GONE_POLL_US)):
                return False
        made = ApiObject(
            kind=KIND, namespace=there.namespace, name=native.metadata.name, native=native, app=self._change.app
        )
        return (yield from self._calls([(self._api.put, made)]))

    def _scale(self, key: str, size: int, why: str) -> Steps:
        """Set a size and wait until there are as many pods."""
        there = self._stored(key)
        if there is None or there.native.spec.replicas == size:
            return self._alive
        detail = f"{there.native.spec.replicas} -> {size}"
        self._world.event("RollingUpdate", there.name, why, detail)
        if not (yield from self._calls([(self._api.scale, key, size)])):
            return False
        deadline = self._world.now_us + self._change.timeout_us
        while True:
            if not (yield from self._sleep(self._change.poll_us)):
                return False
            now = self._stored(key)
            if now is not None and now.status is not None and now.status.replicas == now.native.spec.replicas:
                return True
            if self._world.now_us > deadline:
                self.stop("update-timed-out")
                return False

    def _calls(self, calls: list[tuple[Any, ...]]) -> Steps:
        sent = [self._client.send(*call) for call in calls]
        for call in sent:
            wait_us = call.done_us - self._world.now_us
            if wait_us > 0:
                yield self._world.agenda.sleep(wait_us, Order.CONTROLLER)
            while not call.answered:
                yield self._api.back.wait()
        return self._alive

    def _sleep(self, time_us: int) -> Steps:
        yield self._world.agenda.sleep(max(1, time_us), Order.CONTROLLER)
        return self._alive

    # -- what it asks the API server ------------------------------------------------------------------------------

    def _stored(self, key: str) -> ApiObject | None:
        return self._api.objects.get(key)

    def _size(self, key: str) -> int:
        there = self._stored(key)
        return 0 if there is None else int(there.native.spec.replicas)

    def _pods(self, key: str) -> list[PodObject]:
        return [pod for pod in self._api.pods.values() if pod.owner == key and pod.active]

    def _available(self, key: str) -> int:
        there, now = self._stored(key), self._world.now_us
        least_us = 0 if there is None else there.native.spec.min_ready_seconds * SECOND_US
        return sum(pod.ready and pod.ready_us != NEVER and now - pod.ready_us >= least_us for pod in self._pods(key))


def half_way(api: ApiServer, key: str) -> ApiObject | None:
    """Return the second ReplicationController of an update of the one with this key that is under way, if there is."""
    for one in api.objects.values():
        if one.kind == KIND and uid(KIND, one.namespace, one.native.metadata.annotations.get(SOURCE, "")) == key:
            return one
    return None


class RollingUpdates:
    """The clients of a run: one at a time for each ReplicationController.

    Parameters
    ----------
    template_of : callable
        App -> the template of its present version.
    """

    def __init__(self, api: ApiServer, template_of: Callable[[App], PodTemplateSpec]) -> None:
        self._api = api
        self._template_of = template_of
        self._clients: dict[str, RollingUpdateClient] = {}

    def begin(self, key: str, change: RollingUpdateApp) -> None:
        """Somebody starts the command; one that still runs is stopped first."""
        self._stop(key)
        client = self._clients[key] = RollingUpdateClient(self._api, key, change)
        client.start(self._template_of(change.app))

    def back(self, key: str, app: App) -> bool:
        """Somebody starts the command with --rollback; return False where nothing is half way."""
        second = half_way(self._api, key)
        if second is None:
            return False
        self._stop(key)
        client = self._clients[key] = RollingUpdateClient(self._api, key, RollingUpdateApp(app))
        client.start_back(second.uid)
        return True

    def _stop(self, key: str) -> None:
        known = self._clients.get(key)
        if known is not None and not known.done:
            known.stop("client-stopped")
