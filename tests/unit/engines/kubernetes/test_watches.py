"""A watcher hears of the changes that it asked for, in the order in which watchers came, and of nothing asleep."""

from types import SimpleNamespace

import pytest

from workbench.engines.kubernetes.watches import EVERY, GONE, Watches

POD = SimpleNamespace(owner="StatefulSet/shop/db")
OTHER = SimpleNamespace(owner="")


@pytest.mark.parametrize(
    ("changes", "owner", "told"),
    [
        pytest.param(EVERY, "", ["new", "changed", "gone", "other"], id="everything, where nothing is said"),
        pytest.param(GONE, "", ["gone"], id="ends alone"),
        pytest.param(("new", "gone"), "", ["new", "gone", "other"], id="no change of what is there"),
        pytest.param(EVERY, "StatefulSet", ["new", "changed", "gone"], id="pods of one kind of owner"),
        pytest.param(EVERY, "Job", [], id="no pods of other kinds of owners"),
    ],
)
def test_a_watcher_is_told_of(changes, owner, told):
    watches, heard = Watches(), []
    names = {(False, True): "new", (True, True): "changed", (True, False): "gone"}
    watches.add(
        "Pod",
        lambda old, new: heard.append("other" if OTHER in (old, new) else names[old is not None, new is not None]),
        changes,
        owner,
    )
    for old, new in ((None, POD), (POD, POD), (POD, None), (None, OTHER)):
        watches.deliver("Pod", old, new)
    assert heard == told


def test_watchers_are_told_in_the_order_in_which_they_came_those_that_were_woken_in_their_old_place():
    watches, heard = Watches(), []
    asleep = watches.add("Pod", lambda *_: heard.append("first"), EVERY, "").sleep()
    watches.add("Pod", lambda *_: heard.append("second"), EVERY, "")
    watches.deliver("Pod", None, POD)
    assert heard == ["second"]
    asleep.wake()
    watches.add("Pod", lambda *_: heard.append("third"), EVERY, "")
    watches.deliver("Pod", None, POD)
    assert heard == ["second", "first", "second", "third"]


def test_watchers_of_one_kind_of_object_hear_nothing_of_another():
    watches, heard = Watches(), []
    watches.add("Node", lambda *_: heard.append("node"), EVERY, "")
    watches.deliver("Pod", None, POD)
    assert heard == []
