"""What the pods of a dcos-commons service have reserved, and what stays reserved for nobody.

A pod keeps its footprint while it waits; replaced, it begins anew with another one, under a label and on a volume that
no earlier one had. What a pod leaves behind is given back when its agent offers it next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.engines.mesos.frameworks.footprint import free, labelled, labels
from workbench.engines.mesos.operations import Convert
from workbench.engines.mesos.resources import Resources
from workbench.model.clock import NEVER


@dataclass(slots=True)
class Footprint:
    """What a pod has reserved.

    Parameters
    ----------
    label : str
        Of its reservation; empty for none.
    made : int
        How many footprints it has had.
    reserving : bool
        Whether the launch on the way is to make it.
    failed_us : int
        Since when the pod fails, `NEVER` if it does not.
    asked : bool
        Whether an operator has asked for its replacement.
    """

    label: str = ""
    volume: str = ""
    made: int = 0
    reserving: bool = False
    failed_us: int = NEVER
    asked: bool = False

    def renew(self, pod: str) -> None:
        """Begin another one, for a pod of this name."""
        self.made, self.reserving = self.made + 1, True
        self.label = f"{pod}/{self.made}"
        self.volume = pod if self.made == 1 else f"{pod}.{self.made - 1}"


class Footprints:
    """The footprints of a service, by the numbers of its pods."""

    def __init__(self) -> None:
        self._of: dict[int, Footprint] = {}
        self._made: dict[int, int] = {}  # of pods that are gone: one of that number begins anew, elsewhere
        self._left: set[str] = set()
        self._own: set[str] = set()  # all labels that it has ever made: those of others are none of its business

    def __getitem__(self, pod: int) -> Footprint:
        return self._of[pod]

    def get(self, pod: int) -> Footprint | None:
        """Return the footprint of a pod, or None."""
        return self._of.get(pod)

    def items(self) -> Iterator[tuple[int, Footprint]]:
        """Yield pods and their footprints."""
        yield from self._of.items()

    def begin(self, pod: int) -> None:
        """Take in a pod that has nothing reserved yet."""
        self._of[pod] = Footprint(made=self._made.get(pod, 0))

    def renew(self, pod: int, name: str) -> Footprint:
        """Begin another footprint, for a pod of this number and name."""
        self._of[pod].renew(name)
        self._own.add(self._of[pod].label)
        return self._of[pod]

    def end(self, pod: int) -> None:
        """Let a pod go: what it has reserved is to be given back."""
        footprint = self._of.pop(pod)
        self._made[pod] = footprint.made
        if footprint.label:
            self._left.add(footprint.label)

    @property
    def any_left(self) -> bool:
        """Whether something is still reserved for a pod that is gone."""
        return bool(self._left)

    def known(self) -> set[str]:
        """Return the labels of all footprints."""
        return {footprint.label for footprint in self._of.values()}

    def give_back(self, resources: Resources, known: set[str]) -> list[Convert]:
        """Return the operations that give back what this service has reserved of an offer, but for nobody `known`."""
        unknown = [label for label in labels(resources) if label in self._own and label not in known]
        self._left.difference_update(unknown)
        return [free(labelled(resources, label)) for label in unknown]
