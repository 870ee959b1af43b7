"""Figures say what the run says: steps, parts that add up, phases that add up, in both languages."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from typing import get_args, get_type_hints

import pytest

from tests import make
from tests.make import Written
from workbench.experiments.phases import PHASES
from workbench.formats.scenario_study import StudyPart
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.model.scenario import Finding, LocalText, Study
from workbench.model.workload import Team
from workbench.views.figures import FIGURES, cluster_map, figures_for, focus, held, provenance, shares, steps, style
from workbench.views.i18n import LANGUAGES, Texts

EN = Texts("en")
S = 1_000_000
BOTH = ("kubernetes", "mesos")
ONE_LINE = 95
"""Columns of a title that the panel has room for."""


def healing(app="web"):
    """A fault at 300 s takes one of two instances; Kubernetes replaces it at 650 s, Mesos at 380 s."""
    runs = {}
    for side, gone, again in (("kubernetes", 350, 650), ("mesos", 375, 380)):
        run = Written(side, 900)
        run.task("a", app, "node-0", placed=1, started=2, ready=3, ended=300, image=1.5)
        run.task("b", app, "node-1", placed=1, started=2, ready=3, image=1.5)
        run.task("c", app, "node-2", submitted=300, incarnation=1, placed=again - 3, started=again - 1, ready=again)
        run.listed("a", app, 3, gone).listed("b", app, 3).listed("c", app, again).down("node-0", 300)
        runs[side] = run
    return _compared(_scenario(make.app(app, replicas=2), faults=[Fault(300 * S, hosting=app)], about=app), runs)


def bursting():
    """Ten tasks are handed over at 60 s: Kubernetes places one every 0.1 s, Mesos five at each of two rounds."""
    runs = {"kubernetes": Written("kubernetes", 600), "mesos": Written("mesos", 600)}
    for number in range(10):
        name, node = f"job-{number}", f"node-{number % 3}"
        at = {"kubernetes": 60 + 0.1 * (number + 1), "mesos": 61 + number // 5}
        for side, run in runs.items():
            run.task(name, "job", node, cpu=1000, submitted=60, placed=at[side], started=at[side] + 1, ended=200)
    for second in (59, 61, 62, 63):
        runs["mesos"].offer("node-0", second, second + 0.05, cpu=4000, used=1000 if second in (61, 62) else 0, refuse=5)
    runs["mesos"].offer("node-3", 60, 100, cpu=4000)
    return _compared(_scenario(make.app("job", "batch", replicas=10, cpu=1000, at=60), machines=4), runs)


def sharing():
    """Team a alone until 100 s, then b; Kubernetes holds a down to 2 cores, Mesos lets it have all 12."""
    runs = {"kubernetes": Written("kubernetes", 600), "mesos": Written("mesos", 600)}
    for side, cores, wait in (("kubernetes", 2, 1), ("mesos", 12, 200)):
        runs[side].task("a-0", "old", team="a", cpu=cores * 1000, placed=0, started=0, ended=300)
        runs[side].task("b-0", "new", team="b", cpu=1000, submitted=100, placed=100 + wait, started=100 + wait)
    teams = [Team("a", limit={"cpu": 2000}), Team("b", guarantee={"cpu": 1000}, quota_at_us=50 * S)]
    apps = [make.app("old", "batch", team="a"), make.app("new", "batch", team="b", at=100)]
    return _compared(_scenario(*apps, teams=teams), runs)


def going_round():
    """Two machines of 4 cores; the first is offered to an idle team from 10 s on, then to one with work at 40 s."""
    runs = {"kubernetes": Written("kubernetes", 600), "mesos": Written("mesos", 600)}
    for side, placed in (("kubernetes", 0), ("mesos", 40)):
        runs[side].task("job-0", "job", "node-0", team="busy", cpu=4000, placed=placed, started=placed, ended=60)
    runs["mesos"].offer("node-0", 10, 11, cpu=4000, refuse=5, framework="idle")
    runs["mesos"].offer("node-1", 20, 21, cpu=4000, refuse=5, framework="idle")
    runs["mesos"].offer("node-0", 39, 40, cpu=4000, used=4000, framework="busy")
    teams = [Team("busy"), Team("idle", always_on=True)]
    return _compared(_scenario(make.app("job", "batch", team="busy"), machines=2, teams=teams), runs)


def releasing():
    """A version that is never ready comes at 100 s: Kubernetes lets one of four go and makes two, Mesos makes four."""
    runs = {"kubernetes": Written("kubernetes", 600), "mesos": Written("mesos", 600)}
    for side, stay, new in (("kubernetes", 3, 2), ("mesos", 4, 4)):
        for number in range(4):
            end = None if number < stay else 110
            runs[side].task(f"web-{number}", placed=1, started=2, ready=3, ended=end)
            runs[side].listed(f"web-{number}", since=3, until=end)
        for number in range(4, 4 + new):
            runs[side].task(f"web-{number}", submitted=100, placed=101, started=102, version=1)
    events = runs["kubernetes"].trace["events"]
    events.append(100 * S, "ScalingReplicaSet", "web-abc", "rollout-grows", "0 -> 2")
    events.append(100 * S + 5, "ScalingReplicaSet", "web-def", "rollout-shrinks", "4 -> 3")
    events.append(110 * S, "Killing", "web-3", "pod-deleted", "")
    events.append(120 * S, "ScalingReplicaSet", "webber-abc", "rollout-grows", "0 -> 2")
    changes = [PlannedChange(100 * S, "update", "web", broken=True)]
    return _compared(_scenario(make.app("web", replicas=4), changes=changes), runs)


def _scenario(*apps, about="", **more):
    finding = Finding(f"heal:{about}", "mesos", LocalText("x", "x")) if about else None
    return make.scenario(*apps, horizon=900 if about else 600, study=Study(finding=finding), **more)


def _compared(scenario, runs):
    row = make.row("utilisation", [0.1], [0.2], tuple(runs))
    return make.comparison(scenario, row, traces={side: run.trace for side, run in runs.items()})


MADE = {
    "healing": healing,
    "bursting": bursting,
    "sharing": sharing,
    "going_round": going_round,
    "releasing": releasing,
}


def steps_of(trace):
    """The points of a line in which something changes."""
    points = list(zip(trace["x"], trace["y"], strict=True))
    return [points[0]] + [after for before, after in pairwise(points) if after[1] != before[1]]


def traces(kind, comparison, **having):
    figure = FIGURES[kind].draw(comparison, EN)
    found = [trace.to_plotly_json() for trace in figure.data]
    return [trace for trace in found if all(trace.get(key) == value for key, value in having.items())]


# -- every figure -------------------------------------------------------------------------------------------


def test_a_scenario_may_name_every_figure_that_there_is_and_no_other():
    allowed = get_args(get_type_hints(StudyPart)["figure"])
    assert set(allowed) == {"", *FIGURES}


@pytest.mark.parametrize(
    ("made", "filled"),
    [
        ("healing", ["strength", "waiting", "cluster_map"]),
        ("bursting", ["staircase", "holding", "cluster_map"]),
        ("sharing", ["shares", "cluster_map"]),
        ("going_round", ["holding", "turns", "cluster_map"]),
        ("releasing", ["strength", "lanes", "waiting", "cluster_map"]),
    ],
)
def test_only_figures_with_content_are_offered(made, filled):
    assert figures_for(MADE[made]()) == filled


EVERY = [(made, name) for made in MADE for name in figures_for(MADE[made]())]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("made", "name"), EVERY)
def test_every_figure_has_a_title_words_and_data_in_each_language(made, name, language):
    comparison, t, kind = MADE[made](), Texts(language), FIGURES[name]
    figure = kind.draw(comparison, t)
    shown = [trace for trace in figure.data if trace.type == "heatmap" or len(trace.x or ())]
    assert shown
    assert figure.layout.title.text.replace("<br>", "").replace("<b>", "").replace("</b>", "").strip()
    assert style.width(kind.finding(comparison, t)) <= ONE_LINE
    assert kind.finding(comparison, t) in kind.alt(comparison, t)
    assert 1 <= len(kind.caption(comparison, t)) < 400
    axes = [axis for key, axis in figure.layout.to_plotly_json().items() if key.startswith(("xaxis", "yaxis"))]
    assert any(axis["title"]["text"] for axis in axes)
    if language == "zh" and name != "cluster_map":
        assert "秒" in json.dumps(figure.to_plotly_json(), ensure_ascii=False, default=str)


@pytest.mark.parametrize(("made", "name"), EVERY)
def test_a_figure_is_the_same_however_often_it_is_drawn(made, name):
    comparison = MADE[made]()
    assert FIGURES[name].draw(comparison, EN).to_json() == FIGURES[name].draw(MADE[made](), EN).to_json()


@pytest.mark.parametrize(("made", "name"), EVERY)
def test_kubernetes_stands_left_or_first_whatever_the_order_of_the_study(made, name):
    comparison = MADE[made]()
    turned = type(comparison)(**{**_fields(comparison), "sides": ("mesos", "kubernetes")})
    figure = FIGURES[name].draw(turned, EN)
    text = figure.to_json()
    assert focus.sides(turned) == ["kubernetes", "mesos"]
    assert text == FIGURES[name].draw(comparison, EN).to_json()
    names = [note for note in figure.layout.annotations if "●" in note.text or "■" in note.text]
    if names:
        left = {("●" if "●" in note.text else "■"): note.x for note in names}
        assert left["●"] < left["■"]


def _fields(comparison):
    return {name: getattr(comparison, name) for name in comparison.__dataclass_fields__}


@pytest.mark.parametrize(("made", "name"), EVERY)
def test_nothing_in_a_figure_depends_on_the_page_being_light_or_dark(made, name):
    layout = FIGURES[name].draw(MADE[made](), EN).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.font.color == style.INK


def test_names_from_a_users_file_are_letters_not_markup():
    comparison = healing("<b>web</b><img src=x>")
    for name in figures_for(comparison):
        kind = FIGURES[name]
        assert "<img" not in kind.draw(comparison, EN).to_json(), name
        assert "&lt;" not in kind.caption(comparison, EN) + kind.alt(comparison, EN), name


def test_figures_say_which_run_they_show():
    assert provenance(healing(), EN) == "Figures show the run with seed 1."


# -- each figure --------------------------------------------------------------------------------------------


def test_strength_shows_the_loss_and_the_recovery():
    comparison = healing()
    kubernetes, mesos = (traces("strength", comparison, name=name)[0] for name in ("Kubernetes", "Mesos"))
    assert steps_of(kubernetes)[1:] == [(300, 1), (650, 2)]
    assert steps_of(mesos)[1:] == [(300, 1), (380, 2)]
    assert FIGURES["strength"].finding(comparison, EN) == (
        "web is full again after 5 min 50 s with Kubernetes, after 1 min 20 s with Mesos."
    )
    assert FIGURES["strength"].caption(comparison, EN).endswith("50 s with Kubernetes, 1 min 15 s with Mesos.")


def test_strength_shades_the_time_in_which_clients_meet_the_dead():
    bands = traces("strength", healing(), legendgroup="dead")
    assert [[x for x, _ in steps_of(band)] for band in bands] == [
        [bands[0]["x"][0], 300, 350],
        [bands[0]["x"][0], 300, 375],
    ]


def test_strength_says_so_when_an_app_never_recovers():
    comparison = healing()
    endpoints = comparison.traces["mesos"]["endpoints"]
    endpoints["at_us"][-1] = 899 * S
    comparison.traces["mesos"]["attempts"]["started_us"][-1] = 900 * S
    assert FIGURES["strength"].finding(comparison, EN) == (
        "Kubernetes has web back at full strength after 5 min 50 s, Mesos not within the run."
    )


def test_the_staircase_counts_the_tasks_placed_since_their_submission():
    kubernetes, mesos, rounds = traces("staircase", bursting())
    assert steps_of(kubernetes) == [(0, 0)] + [(pytest.approx(0.1 * n), n) for n in range(1, 11)]
    assert steps_of(mesos) == [(0, 0), (1, 5), (2, 10)]
    assert list(rounds["x"]) == [0, 1, 2]
    assert "job-5 on node-2" in mesos["text"][2]


def test_the_staircase_is_annotated_where_the_lines_are_furthest_apart():
    (spot,) = FIGURES["staircase"].draw(bursting(), EN).layout.annotations
    # at 0.9 s Kubernetes has 9 and Mesos 0; at 1 s 10 and 5
    assert (spot.x, spot.y) == (pytest.approx(0.9), 9)
    assert spot.text == "after 0.9 s: 9 placed by Kubernetes, 0 by Mesos"


def test_the_words_of_the_staircase_stand_above_both_lines():
    (spot,) = FIGURES["staircase"].draw(bursting(), EN).layout.annotations
    assert spot.ayref == "y"
    assert spot.ay > 10


def test_what_only_one_side_was_handed_is_no_burst():
    """The autoscaler of one side asks for six more at 100 s; both had five at the beginning."""
    runs = {side: Written(side, 600) for side in BOTH}
    for side, run in runs.items():
        for number in range(5):
            run.task(f"web-{number}", "web", placed=1)
        if side == "kubernetes":
            for number in range(5, 11):
                run.task(f"web-{number}", "web", submitted=100, placed=110)
    assert focus.burst(_compared(_scenario(make.app("web", replicas=5)), runs)) == focus.Burst(0, 5)


def test_holding_tells_of_the_fault_where_nothing_is_out_of_reach():
    runs = {side: Written(side, 600).down("node-0", 300) for side in BOTH}
    runs["kubernetes"].task("a", placed=0, started=0, cpu=1000, node="node-1")
    runs["mesos"].task("a", placed=0, started=0, cpu=1000, ended=300).offer("node-1", 10, 10.1, cpu=4000)
    faults = [Fault(300 * S, hosting="web")]
    comparison = _compared(_scenario(make.app(), machines=2, faults=faults), runs)
    assert FIGURES["holding"].finding(comparison, EN) == (
        "The fault takes running CPU from 12 to 12 % with Kubernetes, from 12 to 0 % with Mesos."
    )


def test_strength_names_the_side_that_was_spared():
    comparison = healing()
    runs = {"kubernetes": comparison.traces["kubernetes"]}
    spared = Written("mesos", 900)
    for number, name in enumerate("ab"):
        spared.task(name, "web", f"node-{number}", placed=1, started=2, ready=3, image=1.5)
    spared.listed("a", "web", 3).listed("b", "web", 3).down("node-2", 300)
    one = replace(comparison, traces={**runs, "mesos": spared.trace})
    assert FIGURES["strength"].finding(one, EN) == (
        "web stays full with Mesos; with Kubernetes it is full again after 5 min 50 s."
    )


def test_the_parts_of_the_cpu_always_add_up_to_all_of_it():
    for made in MADE.values():
        comparison = made()
        for trace in comparison.traces.values():
            found = held.holding(trace, comparison.scenario)
            for time in {time for line in found.layers.values() for time, _ in line}:
                assert sum(steps.level(line, time) for line in found.layers.values()) == pytest.approx(100)


def test_the_stack_as_drawn_adds_up_to_all_of_it():
    for side in ("x", "x2"):
        layers = traces("holding", bursting(), xaxis=side)
        assert [sum(heights) for heights in zip(*(layer["y"] for layer in layers), strict=True)] == pytest.approx(
            [100] * len(layers[0]["x"]), abs=0.05
        )


def _one_machine(*offers, tasks=()):
    run = Written("mesos", 600)
    for task in tasks:
        run.task(**task)
    for offer in offers:
        run.offer("node-0", **offer)
    comparison = _compared(_scenario(make.app(), machines=1), {"kubernetes": Written(), "mesos": run})
    return held.holding(run.trace, comparison.scenario).layers


@pytest.mark.parametrize(
    ("offers", "at", "expected"),
    [
        pytest.param([{"made": 10, "answered": 20, "cpu": 4000}], 15, {"offered": 100}, id="offered until answered"),
        pytest.param(
            [{"made": 10, "answered": None, "cpu": 1000}], 15, {"offered": 25, "free": 75}, id="never answered"
        ),
        pytest.param([{"made": 10, "answered": 20, "cpu": 4000}], 25, {"free": 100}, id="declined without a filter"),
        pytest.param(
            [{"made": 10, "answered": 20, "cpu": 4000, "refuse": 5}], 24, {"hidden": 100}, id="refused, filter stands"
        ),
        pytest.param(
            [{"made": 10, "answered": 20, "cpu": 4000, "refuse": 5}], 26, {"free": 100}, id="refused, filter is over"
        ),
        pytest.param(
            [{"made": 10, "answered": 20, "cpu": 2000, "refuse": 50}],
            24,
            {"free": 100},
            id="more is free than was refused",
        ),
        pytest.param(
            [
                {"made": 10, "answered": 20, "cpu": 4000, "refuse": 50, "framework": "a"},
                {"made": 21, "answered": 22, "cpu": 4000, "framework": "b"},
            ],
            24,
            {"free": 100},
            id="another framework has not refused it",
        ),
        pytest.param(
            [
                {"made": 10, "answered": 20, "cpu": 4000, "refuse": 50},
                {"made": 30, "answered": 31, "cpu": 4000},
            ],
            32,
            {"free": 100},
            id="an offer before its time shows that refusals were forgotten",
        ),
    ],
)
def test_free_cpu_is_hidden_while_everybody_refuses_it(offers, at, expected):
    layers = _one_machine(*offers)
    found = {name: steps.level(line, at * S) for name, line in layers.items()}
    assert {name: value for name, value in found.items() if value} == expected


def test_holding_says_how_much_was_out_of_reach_while_work_waited():
    run = Written("mesos", 600).task("a", submitted=0, placed=100).offer("node-0", 0, 50, cpu=4000)
    comparison = _compared(_scenario(make.app(), machines=1), {"kubernetes": Written(), "mesos": run})
    assert FIGURES["holding"].finding(comparison, EN) == (
        "With Mesos, 50 % of the CPU is empty, yet out of reach, while tasks wait (1 min 40 s)."
    )


def test_a_lost_machine_holds_nothing_and_is_not_free():
    run = Written("mesos", 600).task("a", cpu=4000, placed=1, started=1, ended=300).down("node-0", 300)
    layers = held.holding(run.trace, make.scenario(make.app(), machines=2)).layers
    assert [steps.level(layers[name], 400 * S) for name in ("running", "free", "lost")] == [0, 50, 50]


def test_the_phases_of_a_bar_add_up_to_the_whole_wait():
    bars = traces("waiting", healing(), type="bar")
    # three tasks became ready: after 3 s, 3 s, and 350 s (Kubernetes) or 80 s (Mesos)
    average = [sum(trace["x"][place] for trace in bars if trace["xaxis"] == "x") for place in (0, 1)]
    slowest = [sum(trace["x"][place] for trace in bars if trace["xaxis"] == "x2") for place in (0, 1)]
    assert average == pytest.approx([(3 + 3 + 350) / 3, (3 + 3 + 80) / 3])
    assert slowest == pytest.approx([350, 80])


def test_phases_that_do_not_differ_are_grey():
    shades = {trace["legendgroup"]: trace["marker"]["color"] for trace in traces("waiting", healing(), type="bar")}
    assert shades["wait"] in style.PALETTE
    assert shades["image"] in style.GREYS
    assert shades["ready"] in style.GREYS
    assert list(dict.fromkeys(shades)) == [phase for phase in PHASES if phase in shades]


@pytest.mark.parametrize("colour", [*style.GREYS, *style.PALETTE])
def test_letters_on_a_colour_can_be_read(colour):
    assert _contrast(style.letters_on(colour), colour) >= 3.5


def test_greys_that_stand_beside_each_other_can_be_told_apart():
    for one, other in pairwise(style.GREYS):
        assert _contrast(one, other) >= 1.3


def test_shares_show_cores_by_team_and_what_is_idle():
    drawn = traces("shares", sharing(), legendgroup="")
    kubernetes_a, kubernetes_b, kubernetes_idle, mesos_a, mesos_b, mesos_idle = drawn
    assert steps_of(kubernetes_a) == [(0, 2), (300, 0)]
    assert steps_of(kubernetes_b) == [(0, 0), (101, 1)]
    assert steps_of(kubernetes_idle) == [(0, 10), (101, 9), (300, 11)]
    assert steps_of(mesos_a) == [(0, 12), (300, 0)]
    assert steps_of(mesos_b) == [(0, 0), (300, 1)]
    assert steps_of(mesos_idle) == [(0, 0), (300, 11)]


def test_shares_draw_limits_and_guarantees_from_when_they_are_set():
    limits, guarantees = (traces("shares", sharing(), legendgroup=group) for group in ("dash", "dot"))
    assert [(list(line["x"]), list(line["y"])) for line in limits] == [([0, 600], [2, 2])] * 2
    # Kubernetes has no guarantees
    assert [(line["xaxis"], list(line["x"]), list(line["y"])) for line in guarantees] == [("x4", [50, 600], [1, 1])]


def test_shares_draw_no_limit_where_the_control_plane_does_not_set_it():
    comparison = sharing()
    comparison.traces["mesos"]["events"].append(0, "quota-not-set", "a", "quota-disabled", "")
    assert [line["xaxis"] for line in traces("shares", comparison, legendgroup="dash")] == ["x"]


def test_shares_tell_of_idle_cores_and_of_the_late_guest():
    comparison = sharing()
    assert FIGURES["shares"].finding(comparison, EN) == (
        "Before b arrives, 10 cores stand idle with Kubernetes, 0 with Mesos."
    )
    assert "1 s after its arrival with Kubernetes, 3 min 20 s after with Mesos" in FIGURES["shares"].caption(
        comparison, EN
    )


def test_where_everything_was_full_shares_tell_when_the_late_guest_ran():
    runs = {side: Written(side, 600) for side in BOTH}
    for side, wait in (("kubernetes", None), ("mesos", 120)):
        runs[side].task("a-0", "old", team="a", cpu=12000, placed=0, started=0)
        at = {} if wait is None else {"placed": 100 + wait, "started": 100 + wait}
        runs[side].task("b-0", "new", team="b", cpu=1000, submitted=100, **at)
    apps = [make.app("old", "batch", team="a"), make.app("new", "batch", team="b", at=100)]
    teams = [Team("a"), Team("b")]
    comparison = _compared(_scenario(*apps, about="new", teams=teams, machines=3), runs)
    assert FIGURES["shares"].finding(comparison, EN) == (
        "With Mesos all of b runs 2 min after it came; with Kubernetes, not within the run."
    )


def test_idle_cores_are_those_of_machines_that_are_up():
    run = Written().task("a", cpu=1000, placed=0, started=0, ended=300).down("node-0", 300)
    assert shares.idle(run.trace, make.scenario(make.app(), machines=2)) == [(0, 7), (300 * S, 4)]


def test_the_map_shows_each_task_on_its_machine():
    comparison = healing()
    figure = cluster_map.draw_at(comparison, EN, 310 * S)
    apps = [trace for trace in figure.data if trace.name == "web"]
    assert [(list(trace.x), list(trace.y)) for trace in apps] == [([1], [0.5]), ([1], [0.5])]
    assert apps[0].hovertext[0] == "<b>b</b><br>on node-1<br>running since 2 s"
    assert [list(trace.x) for trace in figure.data if trace.name == "machine lost"] == [[0], [0]]


def test_blocks_of_one_machine_stand_on_each_other():
    run = Written().task("a", placed=1, started=2).task("b", cpu=1000, placed=2, started=3)
    comparison = _compared(_scenario(make.app()), {"kubernetes": run, "mesos": Written("mesos")})
    (trace,) = [one for one in cluster_map.draw_at(comparison, EN, 10 * S).data if one.name == "web"]
    assert (list(trace.base), list(trace.y)) == ([0, 0.5], [0.5, 1.0])


def test_many_machines_become_cells():
    runs = {side: Written(side).task("a", node="node-7", cpu=2000, placed=1, started=2) for side in BOTH}
    comparison = _compared(_scenario(make.app(), machines=100), runs)
    figure = FIGURES["cluster_map"].draw(comparison, EN)
    assert [trace.type for trace in figure.data] == ["heatmap", "heatmap"]
    cells = [value for row in figure.data[0].z for value in row]
    assert len(cells) == 100
    assert [place for place, value in enumerate(cells) if value] == [7]
    assert cells[7] == 50


def test_what_goes_round_is_free_and_was_offered_last_to_a_team_without_work():
    """Node 0 counts from 10 s until it is offered to those with work at 39 s, node 1 from 20 s to the end."""
    (round_,) = traces("turns", going_round(), legendgroup="round", xaxis="x2")
    assert steps_of(round_) == [(0.0, 0.0), (10.0, 50.0), (20.0, 100.0), (39.0, 50.0)]
    free = traces("turns", going_round(), legendgroup="free", xaxis="x2")
    assert steps_of(free[0]) == [(0.0, 100.0), (10.0, 50.0), (20.0, 0.0), (39.0, 50.0), (40.0, 0.0), (60.0, 50.0)]


def test_the_title_of_turns_counts_only_the_time_in_which_tasks_wait():
    """From 0 to 40 s: 10 s of nothing, 10 s of half, 19 s of all, 1 s of half."""
    percent = round((10 * 50 + 19 * 100 + 1 * 50) / 40)
    said = FIGURES["turns"].finding(going_round(), EN)
    assert f"{percent} % of the CPU" in said
    assert "while a task waits 40 s" in said
    assert "2 of 3 offers" in FIGURES["turns"].caption(going_round(), EN)


def test_where_every_team_has_work_no_turns_are_shown():
    assert not FIGURES["turns"].has_content(bursting())


# -- lines and letters --------------------------------------------------------------------------------------


# -- rollout lanes ----------------------------------------------------------------------------------------------------


def test_lanes_stack_what_serves_by_version_and_what_does_not():
    old, mesos_old = traces("lanes", releasing(), legendgroup="version-0")
    idle, mesos_idle = traces("lanes", releasing(), legendgroup="idle")
    assert steps_of(old)[-1] == (110.0, 3.0)
    assert steps_of(mesos_old)[-1][1] == 4.0
    assert steps_of(idle)[-1] == (101.0, 2.0)
    assert steps_of(mesos_idle)[-1] == (101.0, 4.0)
    assert not traces("lanes", releasing(), legendgroup="version-1")  # it never served
    assert traces("lanes", releasing(), legendgroup="wanted")[0]["y"] == [4.0, 4.0]


def test_lanes_show_who_else_stands_behind_the_name():
    runs = {side: make.Written(side) for side in ("kubernetes", "mesos")}
    for run in runs.values():
        run.task("web-0", placed=1, started=2, ready=3).listed("web-0", since=3)
        run.task("canary-0", "canary", placed=100, started=101, ready=102).listed("canary-0", "web", since=110)
    changes = [PlannedChange(100 * S, "scale", "web", replicas=1)]
    apps = make.app("web", behind="web"), make.app("canary", behind="web")
    made = _compared(_scenario(*apps, changes=changes), runs)
    (first, _) = traces("lanes", made, legendgroup="behind-canary")
    assert first["name"] == "canary, serving"
    assert [height for _, height in steps_of(first)] == [0.0, 1.0]
    assert steps_of(first)[1][0] == 110


def test_the_title_of_lanes_says_where_the_bad_version_stops_and_what_is_left():
    assert FIGURES["lanes"].finding(releasing(), EN) == (
        "Bad instances: 2 with Kubernetes, 4 with Mesos; at least 75 % and 100 % of web serve."
    )
    assert "8.5 instance-min with Kubernetes, 33 instance-min with Mesos" in (FIGURES["lanes"].caption(releasing(), EN))


def test_a_good_version_that_comes_too_late_to_serve_is_not_called_bad():
    made = releasing()
    late = replace(made.scenario, changes=(PlannedChange(100 * S, "update", "web"),))
    assert FIGURES["lanes"].finding(replace(made, scenario=late), EN).startswith("Through all changes at least 75 %")


def test_the_marks_of_lanes_say_what_was_done_and_why_once_a_second():
    moves, others = traces("lanes", releasing(), legendgroup="moves")
    assert list(moves["x"]) == [100.0]
    assert moves["text"][0].split("<br>") == [
        "1 min 40 s",
        "web-abc (0 -&gt; 2): the new version may grow: there is room within the surge",
        "web-def (4 -&gt; 3): the old version may shrink: enough pods stay available",
    ]
    assert list(others["x"]) == []


def test_a_long_line_is_thinned_and_keeps_its_extremes():
    line = [(time, float(time * 7919 % 1000)) for time in range(100_000)]
    thin = steps.thinned(line)
    assert len(thin) <= steps.MOST_POINTS
    assert thin[0] == line[0]
    assert thin[-1] == line[-1]
    assert set(thin) <= set(line)
    assert max(value for _, value in thin) == 999
    assert [time for time, _ in thin] == sorted(time for time, _ in thin)


def test_a_short_line_is_left_alone():
    line = [(0, 1.0), (5, 2.0)]
    assert steps.thinned(line) is line


def test_a_long_stack_keeps_its_sum():
    first = [(time, float(time % 3)) for time in range(10_000)]
    second = [(time, 10.0 - time % 3) for time in range(10_000)]
    times, (one, other) = steps.stacked([first, second], 0, 10_000)
    assert len(times) == steps.MOST_COLUMNS + 1
    assert [a + b for a, b in zip(one, other, strict=True)] == pytest.approx([10.0] * len(times))


def test_the_mean_of_steps_counts_how_long_each_lasts():
    assert steps.mean([(0, 1.0), (3, 5.0)], 0, 4) == 2


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        pytest.param(0, 900, 5, [0, 300, 600, 900], id="quarter of an hour in steps of five minutes"),
        pytest.param(0, 3, 8, [0, 0.5, 1, 1.5, 2, 2.5, 3], id="seconds in halves"),
        pytest.param(250, 700, 6, [360, 480, 600], id="multiples of two minutes"),
        pytest.param(0, 86400 * 10, 4, [0, 259200, 518400, 777600], id="days"),
    ],
)
def test_ticks_are_times_people_count_in(low, high, most, expected):
    assert [time / S for time in style.ticks(low * S, high * S, most)] == expected


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        pytest.param("one two three", 8, ["one two", "three"], id="between words"),
        pytest.param("after 6 min 1 s it is", 10, ["after", "6 min 1 s", "it is"], id="never inside an amount"),
        pytest.param("调度器等待邀约。", 8, ["调度器等", "待邀约。"], id="Chinese between characters"),
        pytest.param("等待邀约,然后", 10, ["等待邀约,", "然后"], id="never before what closes a clause"),
        pytest.param("用 Kubernetes 要 5 分 50 秒", 16, ["用 Kubernetes 要", "5 分 50 秒"], id="both scripts"),
    ],
)
def test_lines_break_where_a_reader_would(text, columns, expected):
    assert style.lines(text, columns) == expected


def test_a_title_is_broken_into_even_lines():
    assert style.balanced("aaa bbb ccc ddd", 13) == ["aaa bbb", "ccc ddd"]
    assert style.balanced("aaa bb, ccc ddd eee fff", 20) == ["aaa bb, ccc", "ddd eee fff"]  # the stop is far off
    assert style.balanced("aaa bbb ccc, ddd eee", 15) == ["aaa bbb ccc,", "ddd eee"]
    assert style.balanced("网店恢复满员，左边用了六分钟", 26) == ["网店恢复满员，", "左边用了六分钟"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("two\nlines\u202e", "two lines"),
        ("x" * 60, "x" * 39 + "…"),
    ],
)
def test_names_are_shown_letter_by_letter(name, shown):
    assert style.plain(name) == shown


@pytest.mark.parametrize("ground", ["#ffffff", "#14171c"], ids=["light", "dark"])
def test_colours_stand_out_on_light_and_on_dark_pages(ground):
    colours = [style.INK, style.ALARM, *(look.colour for look in style.LOOKS.values())]
    assert all(_contrast(colour, ground) >= 3 for colour in colours)


def test_a_page_finds_the_letters_it_is_to_colour():
    red, green, blue = (int(style.INK[start : start + 2], 16) for start in (1, 3, 5))
    assert f"rgb({red}, {green}, {blue})" in style.PAGE_CSS


def test_plotly_is_not_imported_before_a_figure_is_drawn():
    code = "import sys, workbench.views.figures; print([name for name in ('plotly', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _contrast(one, other):
    """Contrast ratio as WCAG 2.1 defines it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
