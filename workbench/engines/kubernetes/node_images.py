"""What nodes say about the images they have: with their next status, the largest first.

Source: kubernetes, pkg/kubelet/nodestatus/setters.go, Images (version 1.34).
"""

from __future__ import annotations

from msgspec.structs import replace

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.pod_info import normalized_image_name
from workbench.engines.kubernetes.prober import next_tick_us
from workbench.model.native.kubernetes.nodes import ContainerImage

STATUS_UPDATE_US = 10_000_000
"""A change of the node's own status, such as its images, is reported at this interval (nodeStatusUpdateFrequency)."""

MAX_IMAGES = 50
"""At most so many images are listed (nodeStatusMaxImages)."""


class NodeImages:
    """The images that each node has."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._world = api.world
        self._phases_us: list[int] = []
        self._images: list[dict[str, int]] = []
        self._unreported: list[bool] = []

    def node_added(self, phase_us: int) -> None:
        """Take in the next node, whose status is reported first at `phase_us`."""
        self._phases_us.append(phase_us)
        self._images.append({})
        self._unreported.append(False)

    def next_status_us(self, node: int) -> int:
        """Return when a node reports its status next."""
        return next_tick_us(self._phases_us[node], STATUS_UPDATE_US, self._world.now_us)

    def note(self, node: int, image: str) -> None:
        """Report an image that is new on a node with its next status; as runtimes do, with a tag."""
        images, name = self._images[node], normalized_image_name(image)
        if not image or name in images:
            return
        images[name] = self._world.images.size(image)
        if not self._unreported[node]:
            self._unreported[node] = True
            self._world.agenda.at(self.next_status_us(node), Order.AGENT, self._report, node)

    def node_back(self, node: int) -> None:
        """A machine can be heard again, and reports what it could not before."""
        if self._unreported[node]:
            self._api.request(self._write, node)
            self._unreported[node] = False

    def _report(self, node: int) -> None:
        if self._world.machines[node].in_touch:
            self._unreported[node] = False
            self._api.request(self._write, node)

    def _write(self, node: int) -> str:
        known = self._api.nodes[node].node
        largest = sorted(self._images[node].items(), key=lambda item: (-item[1], item[0]))[:MAX_IMAGES]
        images = tuple(ContainerImage(names=(name,), size_bytes=size) for name, size in largest)
        return self._api.patch_node(node, {"node": replace(known, status=replace(known.status, images=images))})
