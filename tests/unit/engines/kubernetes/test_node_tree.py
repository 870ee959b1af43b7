from tests.unit.engines.kubernetes.builders import ZONE
from workbench.engines.kubernetes.node_tree import NodeTree


def tree(**zones):
    made = NodeTree()
    for name, zone in zones.items():
        made.add(name, {ZONE: zone} if zone else {})
    return made


def test_zones_take_turns_in_order_of_first_appearance():
    assert tree(b1="b", a1="a", b2="b", b3="b", a2="a").names() == ["b1", "a1", "b2", "a2", "b3"]


def test_nodes_without_a_zone_are_a_zone_of_their_own():
    assert tree(x="", a1="a", y="").names() == ["x", "a1", "y"]


def test_a_zone_that_comes_back_comes_last():
    made = tree(a1="a", b1="b", a2="a")
    made.remove("a1")
    made.remove("a2")
    made.add("a3", {ZONE: "a"})
    assert made.names() == ["b1", "a3"]


def test_a_node_that_moves_goes_to_the_end_of_its_new_zone():
    made = tree(a1="a", b1="b", a2="a")
    made.add("a1", {ZONE: "b"})
    assert made.names() == ["a2", "b1", "a1"]
    made.add("a2", {ZONE: "a", "disk": "ssd"})
    assert made.names() == ["a2", "b1", "a1"]


def test_the_order_of_search_goes_through_the_zones_in_turn():
    assert tree(n0="a", n1="a", n2="a", n3="b", n4="c", n5="b").names() == ["n0", "n3", "n4", "n1", "n5", "n2"]
    assert tree(n0="", n1="", n2="").names() == ["n0", "n1", "n2"]
