"""A node that the Cluster Autoscaler removes is drained first, whatever ends on it meanwhile."""

from __future__ import annotations

from types import SimpleNamespace

from workbench.engines.kubernetes.controllers.node_removal import NodeRemoval

NODE = 0


def ended(uid):
    return SimpleNamespace(uid=uid, node=NODE, terminal=True)


def test_a_pod_that_ends_before_the_taint_is_written_does_not_let_the_machine_go_with_the_others():
    taken, watching = [], []
    world = SimpleNamespace(now_us=0, node_names=["node-0"], event=lambda *_: None)
    api = SimpleNamespace(world=world, watch=lambda _, told: watching.append(told), request=lambda *_: None)
    removal = NodeRemoval(api, SimpleNamespace(take_away=taken.append))
    removal.begin(NODE, drain=True)
    watching[0](None, ended(7))
    assert (taken, list(removal.going)) == ([], [NODE])
    removal.going[NODE].left, removal.going[NODE].tainted = {8}, True
    watching[0](None, ended(8))
    assert (taken, list(removal.going)) == ([NODE], [])
