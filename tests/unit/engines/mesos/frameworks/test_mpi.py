"""MPI gangs: all ranks or none, offers kept, and what that leads to."""

from __future__ import annotations

from tests.make import app, scenario, seconds
from tests.unit.engines.mesos.runs import column, rows, traced
from workbench.engines.kubernetes import Kubernetes
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault


def gang(name="sim", replicas=6, cpu=2000, runs=30, start=0, **more):
    return app(name, "batch", replicas=replicas, cpu=cpu, runs=runs, start=start, framework="mpi", **more)


def test_all_ranks_are_launched_at_one_instant():
    trace = traced(gang(), machines=3)
    assert set(column(trace, "tasks", "decided_us")) == {0.05}
    assert set(column(trace, "tasks", "ended_us")) == {30.05}


def test_none_is_launched_while_one_lacks_a_place_and_its_offers_are_kept():
    trace = traced(gang(replicas=7), machines=3, horizon=60)
    assert set(column(trace, "tasks", "outcome")) == {"waiting"}
    assert column(trace, "offers", "answer") == ["outstanding"] * 3
    assert "mpi/gang-incomplete=3" in column(trace, "decisions", "rejected")


def test_kept_offers_are_out_of_reach_for_others():
    other = app("web", replicas=1, at=5, team="shop")
    assert column(traced(gang(replicas=7), other, machines=3, horizon=60), "tasks", "node", app="web") == [""]


def test_two_gangs_that_each_keep_half_of_the_cluster_wait_for_ever():
    trace = traced(gang("a", team="a"), gang("b", team="b"), machines=4, horizon=600)
    assert set(column(trace, "tasks", "outcome")) == {"waiting"}


def test_giving_back_at_different_times_lets_one_of_them_through():
    """The later gang comes 3 s after the first, so their patience ends at different times."""
    settings = {"mesos.mpi.give_back_s": 10.0}
    a, b = gang("a", team="a", replicas=7), gang("b", team="b", replicas=7, at=3)
    filler = app("filler", "batch", replicas=2, cpu=2000, runs=6, start=0, team="c")
    trace = traced(filler, a, b, machines=4, horizon=600, settings=settings)
    assert set(column(trace, "tasks", "outcome", app="a")) == {"finished"}
    assert set(column(trace, "tasks", "outcome", app="b")) == {"finished"}
    assert rows(trace, "events", kind="gang-gave-back") != []
    without = traced(filler, a, b, machines=4, horizon=600)
    assert "finished" not in column(without, "tasks", "outcome", app="a") + column(without, "tasks", "outcome", app="b")


def test_an_offer_timeout_takes_kept_offers_back():
    trace = traced(gang(replicas=7), machines=3, horizon=60, settings={"mesos.offers.timeout_s": 10.0})
    assert "rescinded" in column(trace, "offers", "answer")


def test_a_lost_rank_fails_the_others_and_all_start_again_together():
    trace = traced(gang(replicas=4), machines=3, faults=[Fault(seconds(10), hosting="sim")], horizon=400)
    assert sorted(set(column(trace, "tasks", "outcome", incarnation=0))) == ["failed", "lost"]
    again = rows(trace, "tasks", outcome="finished")
    assert len(again) == 4
    assert len({one["started_us"] for one in again}) == 1
    assert [one["kind"] for one in rows(trace, "events") if one["kind"].startswith("gang")] == [
        "gang-began", "gang-broke", "gang-began",
    ]  # fmt: skip


def unequal(*faults):
    """Two ranks on a machine each; a neighbour of one takes cpu from it, so that it would be done 15 s later."""
    ranks = gang(replicas=2, cpu=1000, cpu_use=2.0, max_per_node=1)
    hog = app("hog", "batch", replicas=1, cpu=2000, cpu_use=4.0, runs=100, start=0, team="other")
    return traced(hog, ranks, machines=2, faults=faults, horizon=400)


def test_a_rank_that_is_done_early_waits_for_those_that_lack_cpu():
    (end,) = set(column(unequal(), "tasks", "ended_us", app="sim"))
    assert end > 40


def test_a_rank_lost_while_others_wait_for_it_to_end_has_all_start_again_together():
    slow = column(unequal(), "tasks", "node", app="hog")[0]
    trace = unequal(Fault(seconds(35), node=slow, back_us=seconds(60)))
    assert sorted(column(trace, "tasks", "outcome", app="sim", incarnation=0)) == ["failed", "lost"]
    assert column(trace, "tasks", "outcome", app="sim", incarnation=1) == ["finished"] * 2


def test_ranks_that_wait_for_one_that_is_lost_are_killed_and_all_start_again_together():
    """The machine of two ranks is lost while they start; the other two run and would wait for them for ever."""
    trace = traced(gang(replicas=4, start=20), machines=3, faults=[Fault(seconds(5), hosting="sim")], horizon=400)
    assert sorted(set(column(trace, "tasks", "outcome", incarnation=0))) == ["killed", "lost"]
    again = rows(trace, "tasks", outcome="finished")
    assert len(again) == 4
    assert len({one["started_us"] for one in again}) == 1


def test_a_gang_of_which_one_offer_is_taken_back_on_the_way_starts_again_whole():
    """The offer of a machine is rescinded while the answer is under way: its ranks are dropped, the others placed."""
    settings = {"mesos.master.message_s": 1.0}
    changes = [PlannedChange(seconds(at), kind, node="node-0") for at, kind in ((2.5, "cordon"), (20, "uncordon"))]
    trace = traced(gang(), machines=3, settings=settings, changes=changes, horizon=400)
    assert "rescinded" in column(trace, "offers", "answer")
    assert column(trace, "tasks", "outcome").count("killed") == 4
    assert column(trace, "tasks", "outcome").count("finished") == 6


def test_ranks_per_machine_are_limited_over_all_offers_of_that_machine():
    """What another framework gives back is a second offer of a machine of which the first is kept."""
    filler = app("filler", "batch", replicas=1, cpu=2000, runs=5, start=0, team="other")
    trace = traced(filler, gang(replicas=2, cpu=1000, max_per_node=1, at=1), machines=1, horizon=60)
    assert set(column(trace, "tasks", "outcome", app="sim")) == {"waiting"}


def test_on_kubernetes_two_gangs_start_in_part_and_hold_what_they_have():
    made = scenario(gang("a"), gang("b"), machines=4, horizon=600, settings={"world.images.default_size_mib": 0})
    trace = World(made, Kubernetes(), 1).run()
    for name in "ab":
        assert 0 < column(trace, "tasks", "outcome", app=name).count("running") < 6
    assert "finished" not in column(trace, "tasks", "outcome")
    assert {one["reason"] for one in rows(trace, "events", kind="NoCounterpart")} == {"no-gang"}


def cut(at, back):
    return Fault(seconds(at), "network-partition", hosting="sim", back_us=seconds(back))


def test_no_rank_finishes_while_another_cannot_be_reached():
    """Work is done at 30 s; MPI_Finalize returns once the network is mended."""
    trace = traced(gang(replicas=4), machines=2, faults=[cut(10, 60)], horizon=400)
    assert len(set(column(trace, "tasks", "ended_us"))) == 1
    assert all(60 <= end <= 61 for end in column(trace, "tasks", "ended_us"))
    assert column(trace, "tasks", "outcome") == ["finished"] * 4


def test_a_rank_whose_agent_is_given_up_ends_the_program_and_all_start_again():
    trace = traced(gang(replicas=4), machines=4, faults=[cut(10, 350)], horizon=400)
    assert column(trace, "tasks", "outcome", incarnation=1) == ["finished"] * 4
    again = rows(trace, "tasks", incarnation=1)
    assert len({one["started_us"] for one in again}) == 1
    assert 85 < again[0]["started_us"] < 130
    assert "finished" not in column(trace, "tasks", "outcome", incarnation=0)


def test_ranks_that_have_finished_start_again_with_one_of_which_that_was_never_heard():
    """The agent of a rank is away as the program ends: what became of it is never told, and the agent is given up."""
    away = Fault(seconds(10), "agent-restart", hosting="sim", back_us=seconds(350))
    keep = {"mesos.frameworks.checkpoint": True}
    trace = traced(gang(replicas=4), machines=4, faults=[away], settings=keep, horizon=400)
    assert column(trace, "tasks", "outcome", incarnation=0) == ["finished"] * 4
    again = rows(trace, "tasks", incarnation=1)
    assert [one["outcome"] for one in again] == ["finished"] * 4
    assert all(one["submitted_us"] > 80 for one in again)
    assert len({one["started_us"] for one in again}) == 1
