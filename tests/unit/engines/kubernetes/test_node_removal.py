"""A node that the Cluster Autoscaler removes is drained first, whatever ends on it meanwhile."""

from __future__ import annotations

from types import SimpleNamespace

from workbench.engines.kubernetes.controllers import node_removal
from workbench.engines.kubernetes.controllers.node_removal import EVICTION_RETRY_US, NodeRemoval
from workbench.engines.kubernetes.watches import Watch

NODE = 0


def ended(uid):
    return SimpleNamespace(uid=uid, node=NODE, terminal=True)


def watch_into(told):
    """An API server's way of taking on a watcher, whose handler is put into a list."""

    def watch(_kind, handler, *, changes):
        told.append(handler)
        return Watch(handler, changes, "", lambda: None)

    return watch


def test_a_pod_that_ends_before_the_taint_is_written_does_not_let_the_machine_go_with_the_others():
    taken, watching = [], []
    world = SimpleNamespace(now_us=0, node_names=["node-0"], event=lambda *_: None)
    api = SimpleNamespace(world=world, watch=watch_into(watching), request=lambda *_: None)
    removal = NodeRemoval(api, SimpleNamespace(take_away=taken.append))
    removal.begin(NODE, drain=True)
    watching[0](None, ended(7))
    assert (taken, list(removal.going)) == ([], [NODE])
    removal.going[NODE].left, removal.going[NODE].tainted = {8}, True
    watching[0](None, ended(8))
    assert (taken, list(removal.going)) == ([NODE], [])


def test_a_removal_that_has_failed_asks_for_no_evictions_on_behalf_of_the_next(monkeypatch):
    asked, later = [], []
    monkeypatch.setattr(node_removal, "evict", lambda _, uid: asked.append(uid) or "TooManyRequests")
    agenda = SimpleNamespace(after=lambda delay_us, _, call, *about: later.append((delay_us, call, about)))
    world = SimpleNamespace(now_us=0, node_names=["node-0"], event=lambda *_: None, agenda=agenda)
    removal = NodeRemoval(
        SimpleNamespace(world=world, watch=watch_into([]), request=lambda call, *about: call(*about)),
        SimpleNamespace(take_away=lambda _: None),
    )
    pod = SimpleNamespace(uid=7, name="web-7", node=NODE)
    monkeypatch.setattr(NodeRemoval, "_taint", lambda *_: "")
    removal.begin(NODE, drain=True)
    removal._evict(pod, removal.going[NODE])
    ((delay_us, again, about),) = later
    assert (asked, delay_us) == ([7], EVICTION_RETRY_US)
    del removal.going[NODE]  # it has failed, because of another pod
    removal.begin(NODE, drain=True)
    again(*about)
    assert asked == [7]
