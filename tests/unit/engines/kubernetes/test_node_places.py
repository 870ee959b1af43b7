"""Nodes that come and go: the fast way must go on deciding as the plain plugins do, and nothing is lost count of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engines.kubernetes.builders import ZONE, api_node, container, pod
from tests.unit.engines.kubernetes.test_node_table import api_nodes, templates
from workbench.engines.kubernetes.fit_error import rejected_text
from workbench.engines.kubernetes.listers import Listers
from workbench.engines.kubernetes.node_info import NodeInfo
from workbench.engines.kubernetes.node_places import NodePlaces
from workbench.engines.kubernetes.node_tree import NodeTree
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.schedule_one import schedule

TWO = (DEFAULT_PROFILE, replace(DEFAULT_PROFILE, name="another"))


def places(*nodes):
    infos = [NodeInfo(node, number) for number, node in enumerate(nodes)]
    return NodePlaces(infos, TWO, {}, Listers())


def assert_same(table, asking):
    verdict = schedule(table.profile, asking, table.cluster, start=table.start)
    choice = table.choose(asking)
    assert choice.feasible == len(verdict.feasible)
    assert sorted(choice.best) == sorted(one.index for one in verdict.best())
    assert choice.rejected == rejected_text(verdict.rejected())


class Churn:
    """A cluster whose nodes and pods come and go; machines keep their numbers."""

    def __init__(self, data):
        self.draw = data.draw
        first = self.draw(st.integers(1, 4), label="nodes")
        self.known = places(*(self.draw(api_nodes(f"n{number}")) for number in range(first)))
        self.kinds = self.draw(st.lists(templates, min_size=1, max_size=4), label="templates")
        self.there, self.gone, self.placed = list(range(first)), [], []

    def taken(self, some):
        return some.pop(self.draw(st.integers(0, len(some) - 1)))

    def step(self, what):
        if what == "place":
            self.place()
        elif what == "end" and self.placed:  # its node may be gone by now
            machine, asking = self.taken(self.placed)
            self.known.count(machine, asking, -1)
        elif what == "come":
            self.join(len(self.there) + len(self.gone))
        elif what == "go" and self.there:
            self.gone.append(self.taken(self.there))
            self.known.remove(self.gone[-1])
        elif what == "back" and self.gone:
            self.join(self.gone.pop())

    def join(self, machine):
        self.known.add(machine, NodeInfo(self.draw(api_nodes(f"n{machine}")), machine))
        self.there.append(machine)

    def place(self):
        asking = self.draw(st.sampled_from(self.kinds))
        for table in self.known.tables.values():
            assert_same(table, asking)
        if best := next(iter(self.known.tables.values())).choose(asking).best:
            machine = self.known.machines[best[0]]
            self.known.count(machine, asking, 1)
            self.placed.append((machine, asking))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_decisions_equal_those_of_the_plain_plugins_while_nodes_come_and_go(data):
    churn = Churn(data)
    for _ in range(data.draw(st.integers(1, 25), label="steps")):
        churn.step(data.draw(st.sampled_from(["place", "place", "place", "end", "come", "go", "back"])))
    known = churn.known
    assert sorted(known.machines) == sorted(churn.there)
    for table in known.tables.values():
        for asking in churn.kinds:
            assert_same(table, asking)
        for place, node in enumerate(table.cluster.nodes):
            assert node.index == place
            assert node.pod_count == sum(machine == known.machines[place] for machine, _ in churn.placed)


def test_nodes_stand_in_the_order_of_zones_whenever_they_came():
    in_zone = {number: api_node(f"n{number}", labels={ZONE: zone}) for number, zone in enumerate("aabba")}
    known = places(in_zone[0], in_zone[1], in_zone[2])
    assert known.machines == [0, 2, 1]
    known.add(3, NodeInfo(in_zone[3], 3))
    known.add(4, NodeInfo(in_zone[4], 4))
    assert known.machines == [0, 2, 1, 3, 4]
    known.remove(0)
    assert known.machines == [1, 2, 4, 3]
    book = NodeTree()
    for number in (1, 4, 2, 3):
        book.add(str(number), in_zone[number].metadata.labels)
    assert list(map(int, book.names())) == known.machines


def test_a_node_that_comes_back_still_holds_the_pods_that_nobody_has_deleted():
    known = places(api_node("a", cpu="2"), api_node("b", cpu="2"))
    asking = pod(container("1500m", "1Mi"))
    table = known.tables[DEFAULT_PROFILE.name]
    known.count(1, asking, 1)
    known.remove(1)
    assert [known.machines[place] for place in table.choose(asking).best] == [0]
    known.count(0, asking, 1)
    assert table.choose(asking).best == []
    known.add(1, NodeInfo(api_node("b", cpu="2"), 1))
    assert table.choose(asking).best == []
    known.count(1, asking, -1)
    assert [known.machines[place] for place in table.choose(asking).best] == [1]


def test_with_no_node_at_all_no_node_will_do():
    known = places(api_node("a"))
    known.remove(0)
    table = known.tables[DEFAULT_PROFILE.name]
    choice = table.choose(pod(container("1", "1Mi")))
    assert (choice.best, choice.feasible, choice.rejected, table.start) == ([], 0, "", 0)
