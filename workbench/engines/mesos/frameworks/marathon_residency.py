"""Resident instances: what each needs is reserved on one agent, and stays so until the instance is deleted.

A reservation carries a label. Marathon finds its own again in the offers by it, launches the instance there and
nowhere else, and frees reservations that belong to no instance that it knows.

Source: mesosphere/marathon core/launcher/impl/OfferProcessorImpl.scala and TaskLabels.scala,
docs/docs/persistent-volumes.md.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Order
from workbench.engines.mesos.frameworks.footprint import reserve
from workbench.engines.mesos.frameworks.marathon_instances import Known
from workbench.engines.mesos.frameworks.run_spec import Condition, Instance, Running
from workbench.engines.mesos.offers import Offer
from workbench.engines.mesos.operations import Operation
from workbench.engines.world import World
from workbench.model.clock import SECOND_US

RESERVATION_TIMEOUT_US = 20 * SECOND_US
"""A reservation that did not lead to a launch for so long is given up (--reservation_timeout)."""


class Reservations:
    """The reservations of one Marathon.

    Parameters
    ----------
    role : str
        To whom they are made.
    waits : callable
        Told that an instance waits for any offer again.
    """

    def __init__(self, world: World, role: str, waits: Callable[[], None]) -> None:
        self._world = world
        self._role = role
        self._waits = waits
        self._by_label: dict[str, Known] = {}
        self._to_free: set[str] = set()
        self._own: set[str] = set()  # all labels that it has ever made

    @property
    def to_free(self) -> bool:
        """Say whether a reservation is waited for, to be freed when it is offered."""
        return bool(self._to_free)

    def made(self, label: str) -> bool:
        """Say whether a reservation was made here: those of other frameworks of the role are left alone."""
        return label in self._own

    def owner(self, label: str) -> Known | None:
        """Return whose reservation it is, None if it is nobody's."""
        return self._by_label.get(label)

    def forget(self, instance: Instance) -> None:
        """Give an instance's reservation up: it is freed if it is ever offered again."""
        self._by_label.pop(instance.label, None)

    def free(self, instance: Instance) -> None:
        """Give an instance's reservation up, and want it offered so that it can be freed."""
        if self._by_label.pop(instance.label, None) is not None:
            self._to_free.add(instance.label)

    def freed(self, label: str) -> None:
        """Note that a reservation has been freed."""
        self._to_free.discard(label)

    def move(self, instance: Instance, version: Running) -> None:
        """Note that an instance belongs to another version now."""
        if instance.label:
            self._by_label[instance.label] = (version, instance)

    def volume(self, version: Running, instance: Instance) -> str:
        """Return the name of an instance's volume; empty when it needs none."""
        if version.spec.app.volume is None:
            return ""
        # a volume outlives its tasks: one on an agent belongs to the instance, an external one to the place
        place = instance.number if version.spec.resident else self._world.slot_of(instance.task)
        return f"{version.spec.app.name}-{place}"

    def reserve(self, version: Running, instance: Instance, offer: Offer) -> list[Operation]:
        """RESERVE what the instance needs and CREATE its volume; the launch follows on a later offer of these."""
        spec = version.spec
        label = f"{spec.id}.{instance.number}/{len(self._own) + 1}"  # one that was given up may still be on an agent
        self._own.add(label)
        instance.label, instance.agent = label, offer.agent
        self._by_label[label] = (version, instance)
        volume = self.volume(version, instance) if spec.disk else ""
        operations: list[Operation] = list(reserve(spec.request, self._role, label, disk=spec.disk, volume=volume))
        self._world.agenda.after(
            RESERVATION_TIMEOUT_US, Order.CONTROLLER, self._timed_out, instance, label, instance.task
        )
        return operations

    def _timed_out(self, instance: Instance, label: str, task: int) -> None:
        """Forget a reservation that was never offered back: its message was lost with the machine."""
        if instance.label == label and instance.task == task and instance.condition is Condition.SCHEDULED:
            self.lost(label)

    def lost(self, label: str) -> Known | None:
        """Forget a reservation that does not exist; its instance, which is returned, may be reserved for anew."""
        known = self._by_label.pop(label, None)
        if known is not None:
            known[1].label = known[1].agent = ""
            self._waits()
        return known
