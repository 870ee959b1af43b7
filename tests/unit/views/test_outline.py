"""The story of a task, from traces made by hand: what is said for each way a task can fare."""

import pytest

from workbench.model.clock import NEVER, SECOND_US
from workbench.model.trace import Trace
from workbench.views.explaining.outline import outline, waited_s
from workbench.views.i18n import Texts

EN, ZH = Texts("en"), Texts("zh")
HORIZON_S = 900


def trace(*, plane="kubernetes", decided=None, ready=None, ended=None, outcome="waiting", node="", image=None):
    made = Trace("t", plane, 1, HORIZON_S * SECOND_US)
    us = [NEVER if one is None else round(one * SECOND_US) for one in (decided, decided, image, ready, ended)]
    considered, bound, fetched, done, stopped = us
    made["tasks"].append(
        "web-0", "web", "shop", "service", 0, 0, 500, 1024, 10 * SECOND_US, 10 * SECOND_US,
        considered, bound, bound, fetched, NEVER, NEVER, done, done, stopped, NEVER, node, 1, outcome, "", 0,
    )  # fmt: skip
    return made


def test_at_once():
    assert (
        outline(trace(decided=10, ready=12, node="n1", outcome="running"), "web-0", EN).sentences[0]
        == "It got n1 at once."
    )


def test_after_a_wait_with_refusals():
    made = trace(decided=40, ready=42, node="n1", outcome="running")
    for at in (10, 20):
        made["decisions"].append(at * SECOND_US, "web-0", 1, "", 0, "NodeResourcesFit/Insufficient cpu=5; X/other=1")
    made["decisions"].append(15 * SECOND_US, "db-0", 1, "", 0, "X/other=99")
    said = outline(made, "web-0", EN)
    assert said.sentences[:2] == (
        "It waited 30 s for a machine and got n1.",
        "Machines refused when it was decided on: 12; most often since: Insufficient cpu.",
    )
    assert said.title == "web-0 · Kubernetes"


def test_offers_to_others_while_it_waited():
    made = trace(plane="mesos", decided=40, ready=41, node="n1", outcome="running")
    for number, (at, role) in enumerate([(5, "idle"), (12, "idle"), (13, "idle"), (39, "shop"), (50, "idle")]):
        made["offers"].append(number, at * SECOND_US, at * SECOND_US, role, role, "n1", 1, 1, 0, "declined", 5.0)
    assert outline(made, "web-0", EN).sentences[1] == ("Offers of machines meanwhile: 2 to other teams, 1 to its own.")


def test_a_loss_that_nobody_acted_on_for_long():
    made = trace(decided=311, ready=315, node="n1", outcome="running")
    made["tasks"]["queued_us"][0] = 310 * SECOND_US
    made["decisions"].append(311 * SECOND_US, "web-0", 1, "n1", 3, "TaintToleration/x=1")
    assert outline(made, "web-0", EN).sentences[1].startswith("For 5 min of it there was nothing to place")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        pytest.param(trace(), "It has waited 14 min 50 s for a machine and has none at the end.", id="still waiting"),
        pytest.param(trace(ended=70, outcome="killed"), "It waited 1 min and never got a machine.", id="given up"),
    ],
)
def test_without_a_machine(made, said):
    assert outline(made, "web-0", EN).sentences == (said,)


def test_the_longest_part_after_the_choice_of_a_machine():
    made = trace(decided=11, image=31, ready=33, node="n1", outcome="running")
    assert outline(made, "web-0", EN).sentences[-1].endswith("20 s, went into: fetching the image.")


def test_steps_stand_in_the_order_of_time():
    made = trace(decided=40, ready=42, ended=100, node="n1", outcome="finished")
    steps = outline(made, "web-0", EN).steps
    assert [time for time, _ in steps] == ["10 s", "40 s", "42 s", "1 min 40 s"]
    assert steps[0][1] == "asked for, known to the control plane"
    assert steps[-1][1] == "its work is done"


def test_in_chinese_no_english_sentence_is_left():
    made = trace(decided=40, image=60, ready=62, node="n1", outcome="running")
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in one) for one in outline(made, "web-0", ZH).sentences)


def test_the_last_of_several_with_one_name_is_meant():
    made = trace(decided=40, node="n1")
    made["tasks"].append(*next(trace(decided=70, node="n2")["tasks"].rows()))
    assert "n2" in outline(made, "web-0", EN).sentences[0]


def test_an_unknown_task_is_a_key_error():
    with pytest.raises(KeyError):
        outline(trace(), "nobody", EN)


def test_a_task_never_placed_waits_to_the_end_of_the_run():
    made = trace()
    assert waited_s(made, next(made["tasks"].dicts())) == HORIZON_S - 10
