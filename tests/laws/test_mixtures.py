"""All frameworks of Mesos side by side, and whatever a scenario can do to them, drawn by lot.

Marathon (services, pods, residents), Kafka, a service of dcos-commons, Chronos, Spark, Hadoop, MPI and plain batch work
share eight machines in two zones, two roles have quotas that are set while offers are out, and everything goes wrong at
once: machines, zones, networks, agents, schedulers, masters, storage; machines are drained, announced to be away, given
back; apps are scaled, changed and deleted. All of that is over by 500 s. The books are looked at all the while
(`audited.py`); at the end everybody agrees on what runs, and nothing is left over. What the last test asks for has
happened in these runs: each kind of fault, of change, and of operation, some of them to agents out of reach.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest

from tests.laws.accounts import unknown_doubles
from tests.laws.audited import AuditedMesos, AuditedPool
from tests.make import GIB, app, scenario, seconds
from workbench.engines.world import World
from workbench.model.batch_work import Input, Schedule
from workbench.model.changes import PlannedChange
from workbench.model.clock import NEVER
from workbench.model.cluster import Node
from workbench.model.faults import Fault
from workbench.model.native.marathon import PodContainer, PodDefinition, PodImage, PodResources
from workbench.model.resources import CPU, DISK, MEMORY
from workbench.model.workload import Replication, Team, Volume

OVER, END = 500, 1400
MACHINES = 8
NODES = tuple(
    Node(f"node-{n}", {CPU: 8000, MEMORY: 32 * GIB, DISK: 100 * GIB}, zone=f"z{n % 2}", rack=f"z{n % 2}-r{n % 4 // 2}")
    for n in range(MACHINES)
)
LOCAL = Volume(GIB, "local")
POD = PodDefinition(
    id="/pod",
    containers=tuple(
        PodContainer(name=name, resources=PodResources(cpus=0.2, mem=64.0), image=PodImage(id="i:1"))
        for name in ("one", "two")
    ),
)
APPS = (
    app("web", replicas=4, team="a", max_per_node=2),
    app("pod", replicas=2, cpu=500, memory=160 * 1024**2, team="b", native=POD),
    app("db", "stateful", replicas=3, team="b", volume=LOCAL, max_per_node=1),
    app("ring", "stateful", replicas=3, team="a", volume=LOCAL, replication=Replication(GIB, "ring", 2)),
    app("log", "stateful", replicas=3, team="b", volume=LOCAL, replication=Replication(GIB, "log", 2)),
    app("jobs", "batch", replicas=12, team="a", cpu=1000, runs=90, at=10),
    app("spark", "batch", replicas=10, team="b", framework="spark", runs=20, input=Input(GIB // 8, 2), at=15),
    app("maps", "batch", replicas=8, team="a", framework="hadoop", runs=25, input=Input(GIB // 8, 2)),
    app("cron", "batch", replicas=1, team="b", framework="chronos", runs=20,
        schedule=Schedule(seconds(20), seconds(70), 6)),
    app("ranks", "batch", replicas=3, team="b", framework="mpi", runs=120, at=25),
)  # fmt: skip
INSIDE = ("spark", "maps")
"""Apps whose tasks run in executors: the master knows of those alone."""

PLANES = {"mesos": AuditedMesos, "kubernetes-on-mesos": AuditedPool}
RUNS = [("mesos", seed) for seed in range(1, 17)] + [("kubernetes-on-mesos", seed) for seed in range(1, 5)]
OF_MACHINES = ("node-loss", "node-shutdown", "network-partition", "network-partition", "agent-restart", "agent-restart")
OTHERS = ("scheduler-loss", "scheduler-loss", "scheduler-loss", "control-plane-loss", "quorum-loss",
          "provisioning-fails")  # fmt: skip


def some_faults(lots: random.Random) -> list[Fault]:
    """Return faults, some of which strike what another has just struck, or at the instant at which one is over."""
    faults: list[Fault] = []
    for _ in range(lots.randrange(4, 10)):
        kind = lots.choice(OF_MACHINES + OTHERS)
        at = lots.uniform(0.5, OVER - 200)
        if faults and lots.random() < 0.4:
            before = lots.choice(faults)
            at = lots.choice((before.at_us, before.back_us, before.back_us + lots.randrange(1_000_000))) / 1e6
        back = min(OVER, at + lots.choice((lots.uniform(0.01, 2), lots.uniform(2, 40), lots.uniform(80, 200))))
        where: dict = {}
        if kind in OF_MACHINES:
            where = lots.choice((
                {"node": f"node-{lots.randrange(MACHINES)}"}, {"hosting": lots.choice(APPS).name},
                {"zone": lots.choice(("z0", "z1")), "machines": lots.choice((None, 2))},
            ))  # fmt: skip
        elif kind == "scheduler-loss":
            where = {"hosting": lots.choice(APPS).name}
        fault = Fault(seconds(at), kind, back_us=seconds(back), grace_us=seconds(5), **where)  # type: ignore[arg-type]  # drawn
        faults.append(fault)
    return sorted(faults, key=lambda fault: fault.at_us)


def some_changes(lots: random.Random) -> list[PlannedChange]:
    """Return changes of apps and of machines; what is taken out of use is in use again at the end."""
    changes = []
    for kind in lots.sample(("scale", "update", "delete", "drain", "cordon", "maintenance", "remove-machine"), 3):
        at, node = lots.uniform(30, 350), f"node-{lots.randrange(MACHINES)}"
        if kind == "scale":
            changes.append(PlannedChange(seconds(at), "scale", app="web", replicas=lots.choice((2, 6))))
            changes.append(PlannedChange(seconds(at + 60), "scale", app="web", replicas=4))
        elif kind == "update":
            changes.append(PlannedChange(seconds(at), "update", app=lots.choice(("web", "db")), start_us=seconds(2)))
        elif kind == "delete":
            changes.append(PlannedChange(seconds(at), "delete", app=lots.choice(("db", "ring", "log", "jobs"))))
        elif kind == "maintenance":
            begins = seconds(at + lots.choice((0, 20)))
            changes.append(PlannedChange(seconds(at), kind, node=node, begins_us=begins, ends_us=begins + seconds(60)))
        else:
            changes.append(PlannedChange(seconds(at), kind, node=node))
            if kind != "remove-machine":
                changes.append(PlannedChange(seconds(lots.uniform(at + 1, OVER)), "uncordon", node=node))
    return sorted(changes, key=lambda change: change.at_us)


def some_settings(lots: random.Random) -> dict:
    return {
        "kubernetes_on_mesos.beside": "frameworks",
        "mesos.workloads.members_by": "dcos-commons",
        "mesos.workloads.brokers_by": lots.choice(("kafka", "dcos-commons", "marathon")),
        "mesos.frameworks.failover_timeout_s": lots.choice((0.0, 60.0, 604_800.0)),
        "mesos.marathon.failover_timeout_s": lots.choice((60.0, 604_800.0)),
        "mesos.frameworks.checkpoint": lots.random() < 0.5,
        "mesos.frameworks.reconcile_interval_s": 60.0,
        "mesos.agent.recovery_timeout_s": lots.choice((10.0, 900.0)),
        "mesos.offers.timeout_s": lots.choice((5.0, 31_536_000.0)),
        "mesos.master.message_s": lots.choice((0.005, 0.5)),
        "mesos.master.max_agent_ping_timeouts": lots.choice((1, 5)),
        "mesos.registry.store_s": lots.choice((0.0, 0.01, 3.0)),
    }


def made(seed: int):
    lots = random.Random(seed)
    teams = [
        Team("a", limit={CPU: 30_000}, quota_at_us=seconds(lots.choice((0, 12.02, 100)))),
        Team("b", guarantee={CPU: 16_000}, quota_at_us=seconds(lots.choice((0, 15.03, 200))), always_on=True),
    ]
    return scenario(
        *APPS, machines=NODES, horizon=END, teams=teams, faults=some_faults(lots), changes=some_changes(lots),
        settings=some_settings(lots),
    )  # fmt: skip


@cache
def ran(plane: str, seed: int):
    """Run it, looking at the books; return the World and the control plane."""
    control_plane = PLANES[plane]()
    world = World(made(seed), control_plane, seed)
    world.run()
    return world, control_plane


def rows(world):
    return list(world.trace["tasks"].dicts())


@pytest.mark.parametrize(("plane", "seed"), RUNS)
def test_at_the_end_everybody_agrees_on_what_runs(plane, seed):
    world, control_plane = ran(plane, seed)
    tasks, master = rows(world), control_plane.master
    assert master.leading
    for agent in master.agents:
        there = {row for row in world.machines[agent.node].tasks if tasks[row]["app"] not in INSIDE}
        assert {task.row for task in master.tasks.on(agent.id)} == there, agent.id
        assert set(agent.tasks) == there, agent.id
    known = {row for framework in master.clients() for row in framework.launched()}
    assert known == {row for agent in master.agents for row in agent.tasks}


@pytest.mark.parametrize(("plane", "seed"), RUNS)
def test_every_task_is_accounted_for(plane, seed):
    world, _ = ran(plane, seed)
    tasks = rows(world)
    deleted = {change.app for change in world.scenario.changes if change.kind == "delete"}
    held = [row for row in tasks if row["app"] not in INSIDE and row["node"]]
    assert [row["task"] for row in held if row["outcome"] != "running" and row["released_us"] == NEVER] == []
    assert {row["outcome"] for row in held} <= {"running", "finished", "failed", "killed", "lost"}
    assert unknown_doubles(world.trace) == []
    for one in world.scenario.apps:
        if one.name not in deleted and one.schedule is None:  # a start by the clock may be missed, or fail too often
            done = "finished" if one.kind == "batch" else "running"
            places = Counter(row["slot"] for row in tasks if row["app"] == one.name and row["outcome"] == done)
            stuck = [row for row in tasks if row["app"] == one.name and row["why"] == "volume-elsewhere"]
            assert len(places) + len(stuck) == one.replicas, one.name  # a claim stays bound to a node that is gone
            assert done == "finished" or set(places.values()) == {1}, one.name


@pytest.mark.parametrize(("plane", "seed"), [RUNS[0], RUNS[-1]])
def test_the_same_seed_gives_the_same_bytes(plane, seed):
    again = World(made(seed), PLANES[plane](), seed).run()
    assert again.digest() == ran(plane, seed)[0].trace.digest()


def test_all_of_it_has_happened():
    """The laws above would say little of what never comes up."""
    seen: Counter[str] = Counter()
    for plane, seed in RUNS:
        world, control_plane = ran(plane, seed)
        seen += control_plane.auditor.seen
        for row in world.trace["events"].dicts():
            seen[row["kind"]] += 1
            seen[row["detail"]] += row["kind"] == "task-lost"
    wanted = {
        *OF_MACHINES, *OTHERS, "scale", "update", "delete", "drain", "cordon", "uncordon", "maintenance",
        "remove-machine",
        "agent-disconnected", "agent-unreachable", "agent-reregistered", "agent-removed", "agent-drained", "agent-gone",
        "framework-disconnected", "framework-removed", "framework-reregistered", "leader-elected", "offers-paused",
        "quota-set", "offers under a limit", "task-back", "task-killed", "instance-waits", "pod-waits",
        "TASK_GONE", "TASK_LOST", "TASK_UNREACHABLE",
        "answer", "answer to an offer that is none any more", "LAUNCH", "LAUNCH_GROUP", "RESERVE", "CREATE",
        "DESTROY and UNRESERVE", "RESERVE in vain", "CREATE in vain",
    }  # fmt: skip
    assert {name for name in wanted if not seen[name]} == set()
