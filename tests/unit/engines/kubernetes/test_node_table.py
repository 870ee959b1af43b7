"""The fast way must decide as the plain plugins do, whatever has happened on the nodes in between."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.kubernetes.builders import (
    HOSTNAME,
    ZONE,
    apart,
    api_node,
    container,
    expression,
    near,
    node_affinity,
    pod,
    spread,
    taint,
    term,
    tolerates,
    wish_apart,
    wish_near,
)
from workbench.engines.kubernetes.fit_error import rejected_text
from workbench.engines.kubernetes.framework import Cluster
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_table import NodeTable
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.schedule_one import schedule
from workbench.model.native.kubernetes import ObjectMeta, Service
from workbench.model.native.kubernetes.core import ServiceSpec
from workbench.model.native.kubernetes.volumes import GCEPersistentDiskVolumeSource, Volume

MIB = 1024 * 1024

containers = st.builds(
    lambda cpu, memory, image, ports: container(cpu, memory, image=image, ports=ports),
    st.sampled_from(["", "100m", "700m", "1", "3"]),
    st.sampled_from(["", "256Mi", "1Gi", "6Gi"]),
    st.sampled_from(["", "app:1", "app:2"]),
    st.sampled_from([(), (), (), (80,), (80, 81)]),
)
wishes = node_affinity(preferred=[(30, term(expression("disk", "In", "ssd"))), (70, term(expression(ZONE, "In", "a")))])
affinities = st.sampled_from(
    [
        None,
        None,
        wishes,
        node_affinity(term(expression("disk", "Exists"))),
        node_affinity(term(fields=[expression("metadata.name", "In", "n1")])),
        apart(HOSTNAME, app="x"),
        apart(ZONE, app="y"),
        near(ZONE, app="x"),
        near(HOSTNAME, app="y"),
        wish_near(ZONE, 10, app="x"),
        wish_apart(HOSTNAME, 50, app="y"),
    ]
)
spreads = st.sampled_from(
    [
        (),
        (),
        (),
        (spread(1, ZONE, app="x"),),
        (spread(1, HOSTNAME, "ScheduleAnyway", app="y"), spread(2, ZONE, "ScheduleAnyway", app="y")),
        (spread(1, "disk", "ScheduleAnyway", app="x"),),
    ]
)
templates = st.builds(
    lambda one, more, app, affinity, tolerant, constraints, volumes: pod(
        one,
        *more,
        labels={"app": app},
        affinity=affinity,
        tolerations=tolerant,
        topology_spread_constraints=constraints,
        volumes=volumes,
    ),
    containers,
    st.lists(containers, max_size=1),
    st.sampled_from(["x", "y"]),
    affinities,
    st.sampled_from([(), (tolerates("gpu"),), (tolerates("soft", "PreferNoSchedule"),), (tolerates(),)]),
    spreads,
    st.sampled_from([(), (), (), (Volume(name="d", gce_persistent_disk=GCEPersistentDiskVolumeSource(pd_name="d")),)]),
)
taints = st.lists(
    st.sampled_from([taint("gpu"), taint("soft", "PreferNoSchedule"), taint("softer", "PreferNoSchedule")]),
    max_size=2,
    unique=True,
)


@st.composite
def api_nodes(draw, name):
    labels = {ZONE: draw(st.sampled_from(["a", "b"]))}
    if draw(st.booleans()):
        labels["disk"] = draw(st.sampled_from(["ssd", "hdd"]))
    images = draw(st.dictionaries(st.sampled_from(["app:1", "app:2"]), st.just(400 * MIB), max_size=2))
    return api_node(
        name,
        cpu=draw(st.sampled_from(["2", "4"])),
        memory=draw(st.sampled_from(["4Gi", "8Gi"])),
        pods=draw(st.sampled_from(["2", "110"])),
        labels=labels,
        taints=draw(taints),
        images=images,
        unschedulable=draw(st.sampled_from([False, False, True])),
    )


def assert_same(table: NodeTable, asking) -> None:
    verdict = schedule(DEFAULT_PROFILE, asking, table.cluster)
    choice = table.choose(asking)
    assert choice.feasible == len(verdict.feasible)
    assert list(choice.best) == [one.index for one in verdict.best()]
    assert choice.rejected == rejected_text(verdict.rejected())


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.data())
def test_decisions_equal_those_of_the_plain_plugins_under_churn(data):
    names = [f"n{number}" for number in range(data.draw(st.integers(1, 5), label="nodes"))]
    nodes = [NodeInfo(data.draw(api_nodes(name)), index) for index, name in enumerate(names)]
    listers = Listers()
    table = NodeTable(Cluster(nodes, listers=listers), DEFAULT_PROFILE, few=data.draw(st.sampled_from([0, 2, 16])))
    kinds = data.draw(st.lists(templates, min_size=1, max_size=4), label="templates")
    placed = []
    for _ in range(data.draw(st.integers(1, 25), label="steps")):
        step = data.draw(st.sampled_from(["place", "place", "place", "end", "ending", "node", "elsewhere", "service"]))
        if step == "place":
            asking = data.draw(st.sampled_from(kinds))
            assert_same(table, asking)
            if best := table.choose(asking).best:
                table.add_pod(best[0], asking)
                placed.append((best[0], asking))
        elif step == "elsewhere":  # bound by somebody else, wherever
            index, asking = data.draw(st.integers(0, len(nodes) - 1)), data.draw(st.sampled_from(kinds))
            table.add_pod(index, asking)
            placed.append((index, asking))
        elif step == "end" and placed:
            index, asking = placed.pop(data.draw(st.integers(0, len(placed) - 1)))
            table.add_pod(index, asking, -1)
        elif step == "ending" and placed:  # it still takes its resources, but is on its way out
            index, asking = placed.pop(data.draw(st.integers(0, len(placed) - 1)))
            table.add_pod(index, asking, -1)
            table.add_pod(index, asking.as_terminating)
            placed.append((index, asking.as_terminating))
        elif step == "service":
            made = Service(metadata=ObjectMeta(name="s", namespace="default"), spec=ServiceSpec(selector={"app": "x"}))
            listers.add(made)
            table.forget("default", made.spec.selector)
        elif step == "node":
            index = data.draw(st.integers(0, len(nodes) - 1))
            before = nodes[index].labels
            nodes[index].set_node(data.draw(api_nodes(names[index])))
            table.node_changed(index, labels=before != nodes[index].labels)
    for asking in kinds:
        assert_same(table, asking)


def test_sums_of_a_node_are_those_of_its_pods():
    here = NodeInfo(api_node())
    first, second = pod(container("1", "1Gi", ports=[80])), pod(container("", "2Gi"))
    for one in (first, first, second):
        here.add_pod(one)
    assert (here.requested, here.pod_count) == ({"cpu": 2000, "memory": 4 << 30}, 3)
    assert (here.non_zero_cpu, here.non_zero_memory) == (2100, 4 << 30)  # no cpu request counts as 100m
    for one in (first, second, first):
        here.remove_pod(one)
    assert (here.requested, here.pods, here.used_ports) == ({"cpu": 0, "memory": 0}, {}, {})


def test_a_view_that_lags_behind_the_log_starts_afresh():
    table = NodeTable(Cluster([NodeInfo(api_node("a"), 0), NodeInfo(api_node("b"), 1)]), DEFAULT_PROFILE)
    small, other = pod(container("100m", "1Mi")), pod(container("1", "4Gi"))
    table.choose(small)
    for _ in range(3000):
        table.add_pod(0, other)
        table.add_pod(0, other, -1)
    table.add_pod(1, other)
    assert table.choose(small).best == [0]


def test_a_sample_of_a_large_cluster_is_the_one_that_the_plain_plugins_take():
    seen = {"sampled": 0, "wrapped": 0, "in full": 0}

    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(st.data())
    def drawn(data):
        compare_samples(seen, data)

    drawn()
    assert all(seen.values()), seen


def compare_samples(seen, data) -> None:
    profile = replace(DEFAULT_PROFILE, percentage_of_nodes_to_score=data.draw(st.sampled_from([0, 30, 95, 100])))
    shapes = data.draw(st.lists(api_nodes("n"), min_size=1, max_size=2), label="shapes")
    shapes = [api_node("n", cpu="4", memory="8Gi", labels={ZONE: zone}) for zone in "abc"] + shapes
    count = data.draw(st.sampled_from([99, 130, 210, 300]), label="nodes")
    nodes = []
    for index in range(count):
        shape = shapes[index % len(shapes)]
        named = msgspec.structs.replace(shape.metadata, name=f"n{index}")
        nodes.append(NodeInfo(msgspec.structs.replace(shape, metadata=named), index))
    table = NodeTable(Cluster(nodes), profile)
    kinds = data.draw(st.lists(templates, min_size=1, max_size=4), label="templates")
    start = 0
    for step in range(24):
        asking = kinds[step % len(kinds)]
        assert table.start == start
        verdict = schedule(profile, asking, table.cluster, start=start)
        choice = table.choose(asking)
        assert (choice.feasible, choice.evaluated) == (len(verdict.feasible), verdict.evaluated)
        assert sorted(choice.best) == sorted(one.index for one in verdict.best())
        assert choice.rejected == rejected_text(verdict.rejected())
        whole = verdict.evaluated == count
        seen["in full" if whole else "wrapped" if start + verdict.evaluated > count else "sampled"] += 1
        start = (start + verdict.evaluated) % count
        if choice.best:
            table.add_pod(choice.best[-1], asking)
