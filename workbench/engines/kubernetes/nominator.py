"""Which pods have been promised which nodes.

Source: kubernetes, pkg/scheduler/backend/queue/nominator.go (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.engines.kubernetes.objects import PodObject


class Nominator:
    """Pods for which preemption makes room, by the node on which it does."""

    def __init__(self) -> None:
        self._node_of: dict[int, str] = {}
        self._pods: dict[str, list[PodObject]] = {}

    def __len__(self) -> int:
        return len(self._node_of)

    def __iter__(self) -> Iterator[str]:
        """Yield the nodes that are promised to somebody."""
        return iter(self._pods)

    def on(self, node: str) -> list[PodObject]:
        """Return the pods that were promised a node, in the order of the promises."""
        return self._pods.get(node, [])

    def node_of(self, uid: int) -> str:
        """Return the node that a pod was promised, empty for none."""
        return self._node_of.get(uid, "")

    def promise(self, pod: PodObject, node: str) -> None:
        """Promise a pod a node in place of any other; an empty name takes the promise back."""
        self.forget(pod.uid)
        if node:
            self._node_of[pod.uid] = node
            self._pods.setdefault(node, []).append(pod)

    def forget(self, uid: int) -> None:
        """Take a promise back."""
        node = self._node_of.pop(uid, "")
        if node:
            left = [pod for pod in self._pods[node] if pod.uid != uid]
            if left:
                self._pods[node] = left
            else:
                del self._pods[node]

    def update(self, old: PodObject, new: PodObject) -> None:
        """Take over a new version of a pod.

        As long as the API server has not heard of a promise, versions without one do not take it back.
        """
        kept = self.node_of(old.uid) if not (old.nominated or new.nominated) else new.nominated
        self.promise(new, kept)
