"""What a kubelet was about to do for a pod: put off while it is away, void once it has dropped the pod."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from workbench.engines.kubernetes.pod_workers import PodWorkers, Worker


@pytest.mark.parametrize("killed", [pytest.param(False, id="wanted"), pytest.param(True, id="being ended")])
@pytest.mark.parametrize("away", [pytest.param(False, id="kubelet there"), pytest.param(True, id="kubelet away")])
@pytest.mark.parametrize("dropped", [pytest.param(False, id="known"), pytest.param(True, id="dropped")])
def test_a_step_happens_once_the_kubelet_is_there_if_it_knows_the_pod(killed, away, dropped):
    machine = SimpleNamespace(up=True, agent_up=not away)
    workers, done = PodWorkers(SimpleNamespace(machines=[machine]), 1), []
    worker = Worker(SimpleNamespace(uid=7), 0, killed=killed)
    workers.of[7] = worker
    known = workers.known(worker, lambda _: done.append("known"))
    still = workers.still(worker, lambda _: done.append("still"))
    if dropped:
        workers.of[7] = Worker(SimpleNamespace(uid=7), 0)
    known()
    still()
    if away:
        assert done == []
        machine.agent_up = True
        workers.restarts.back(0)
    assert done == ([] if dropped else ["known"] if killed else ["known", "still"])


def test_nothing_happens_on_a_machine_that_is_down():
    machine = SimpleNamespace(up=False, agent_up=True)
    workers, done = PodWorkers(SimpleNamespace(machines=[machine]), 1), []
    worker = workers.of[7] = Worker(SimpleNamespace(uid=7), 0)
    workers.known(worker, done.append)()
    machine.agent_up = False
    workers.still(worker, done.append)()
    machine.up = machine.agent_up = True
    workers.restarts.back(0)
    assert done == []
