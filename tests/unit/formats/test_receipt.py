"""Receipts: presences and tables of treatments put together."""

import pytest

from workbench.formats.receipt import NOT_MODELLED, Presence, compose
from workbench.model.parameters import HONOURED, Treatment, approximated, ignored

ROUGHLY = approximated("roughly")
NO = ignored("no")


def status(presence, table):
    return compose([presence], {"k": table}).lines[0].treatments["k"]


INSIDE = Presence("Deployment", "spec.template.spec.containers[].image", alias="Pod: spec.containers[].image")


@pytest.mark.parametrize(
    ("presence", "table", "expected"),
    [
        pytest.param(Presence("A", "x.y"), {"A: x.y": HONOURED}, HONOURED, id="the path itself"),
        pytest.param(
            Presence("A", "x.y[].z"), {"A: x": NO, "A: x.y": ROUGHLY}, ROUGHLY, id="the longest key that covers it"
        ),
        pytest.param(Presence("A", "x.yes"), {"A: x.y": HONOURED}, NOT_MODELLED, id="half a name covers nothing"),
        pytest.param(
            Presence("A", "limits.nvidia.com/gpu"), {"A: limits": ROUGHLY}, ROUGHLY, id="dots in a resource name"
        ),
        pytest.param(Presence("A", "x"), {"A": ROUGHLY}, ROUGHLY, id="a kind as a whole"),
        pytest.param(Presence("A", ""), {"A": NO}, NO, id="an object as a whole"),
        pytest.param(Presence("A", "metadata.labels"), {"*: metadata": HONOURED}, HONOURED, id="a path of every kind"),
        pytest.param(INSIDE, {"Pod: spec.containers": HONOURED}, HONOURED, id="seen from inside"),
        pytest.param(
            INSIDE, {"Deployment: spec.template.spec": NO, "Pod: spec": HONOURED}, NO, id="its own kind first"
        ),
        pytest.param(
            INSIDE, {"Deployment: spec": NO, "Pod: spec.containers[].image": ROUGHLY}, ROUGHLY, id="closer from inside"
        ),
        pytest.param(
            INSIDE, {"Deployment": NO, "Pod: spec.containers[].image": HONOURED}, NO, id="ignored with what is inside"
        ),
        pytest.param(INSIDE, {"Deployment: spec": ROUGHLY, "Pod": NO}, ROUGHLY, id="a whole kind stands alone"),
        pytest.param(Presence("A", "x", fate=NO), {"A: x": HONOURED}, NO, id="what the format decides stands"),
        pytest.param(Presence("A", "x"), {}, NOT_MODELLED, id="nothing is dropped silently"),
    ],
)
def test_the_treatment_of_a_field(presence, table, expected):
    assert status(presence, table) == expected


def test_fields_are_counted_once_in_the_summary_and_added_up_in_the_lines():
    receipt = compose(
        [Presence("A", "x", 2), Presence("A", "y"), Presence("A", "x", 3)],
        {"k": {"A: x": HONOURED, "A: y": ROUGHLY}, "m": {"A: x": NO}},
        "shop.yaml",
    )
    assert [(line.path, line.count) for line in receipt.lines] == [("x", 5), ("y", 1)]
    assert receipt.summary("k").text() == "1 fields honoured, 1 approximated, 0 ignored"
    assert receipt.summaries()["m"].ignored == 2
    assert receipt.control_planes == ("k", "m")
    assert [line.path for line in receipt.differing()] == ["x", "y"]


def test_rows_hold_everything_flat():
    said = Treatment("ignored", "unknown field; did you mean {near}?", (("near", "image"),))
    rows = compose([Presence("A", "imge", fate=said)], {"k": {}}, "f.yaml").rows()
    assert rows == [
        {
            "file": "f.yaml", "kind": "A", "field": "imge", "count": 1, "control_plane": "k",
            "status": "ignored", "note": "unknown field; did you mean {near}?", "args": {"near": "image"},
        }
    ]  # fmt: skip
    assert said.text() == "unknown field; did you mean image?"
