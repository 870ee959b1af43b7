"""How long a daemon's pod that has failed is left lying before another is made, so that kubelets can go on refusing.

Source: kubernetes, pkg/controller/daemon/daemon_controller.go, failedPodsBackoff, and its initial and largest value;
k8s.io/client-go util/flowcontrol/backoff.go (version 1.34).
Left out: that a new version of the template begins afresh.
"""

from __future__ import annotations

from workbench.model.clock import SECOND_US

FIRST_US = 1 * SECOND_US
LAST_US = 15 * 60 * SECOND_US


class DaemonBackoff:
    """The back-off of each daemon on each node."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int], tuple[int, int]] = {}  # -> how long, since when

    def wait_us(self, daemon: str, node: int, now_us: int) -> int:
        """Return how long to wait before a failed pod is looked at again; 0: it may go now, and that is noted."""
        delay_us, since_us = self._entries.get((daemon, node), (0, now_us))
        if now_us - since_us > 2 * LAST_US:
            delay_us = 0  # long over
        if now_us - since_us < delay_us:
            return delay_us
        self._entries[daemon, node] = (min(2 * delay_us, LAST_US) or FIRST_US, now_us)
        return 0
