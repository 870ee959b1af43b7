"""Orders for machines that fail: refused or unanswered, by an autoscaler or by hand; and what each makes of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.unit.engines.kubernetes.test_cluster_autoscaler import WEB, events, posed, sizes
from tests.unit.engines.test_fleet import posed as fleet
from tests.unit.formats.test_scenario_yaml import codes, scenario
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments import machines
from workbench.experiments.check import with_values
from workbench.experiments.run import run
from workbench.model.clock import NEVER, to_us

LARGE = "    - {name: large, count: 0, capacity: {cpu: 16, memory: 64Gi}, boot: 60s, autoscale: {most: 9}}"
KARPENTER = {"kubernetes.nodes.provisioner": "karpenter"}
BY_HAND = "changes: [{kind: add-machines, pool: node, count: 2, at: 60s}]"


def sold_out(made, until, *, told=True, start="0s", pool="node", **more):
    stock = {"from": start, "until": until, "told": told}
    return with_values(made, {f"cluster.pools.{pool}.out_of_stock": stock, **more})


def orders(trace):
    """Return (second, state) of all that became of orders."""
    return [
        (at // 1_000_000, state) for at, _, state, by in trace["nodes"].rows()
        if by == "world" and state in machines.MOVES
    ]  # fmt: skip


class TestClusterAutoscaler:
    def test_a_refused_order_is_taken_back_at_the_next_look_and_the_group_left_alone_for_five_minutes(self):
        trace = run(sold_out(posed(WEB % (6, "")), "100s"), "kubernetes")
        (first, refused), (_, again), (_, joined) = [one for one in orders(trace) if one[1] != "ordered"][:1] + [
            one for one in orders(trace) if one[1] in ("ordered", "joined")
        ][1:]
        assert (refused, again, joined) == ("refused", "ordered", "joined")
        (failed,) = events(trace, "ScaleUpFailed")
        assert failed[1:] == ("node", "out-of-stock")
        assert failed[0] // 1_000_000 == first + 10
        (second,) = [at for at, state in orders(trace) if state == "ordered"][1:]
        assert second == first + 10 + 300
        assert sizes(trace) == [2, 1, 2]

    def test_it_stays_away_twice_as_long_each_time_and_half_an_hour_at_most(self):
        trace = run(sold_out(posed(WEB % (6, ""), horizon="7200s"), "7000s"), "kubernetes")
        asked = [at for at, state in orders(trace) if state == "ordered"]
        gaps = [later - before for before, later in pairwise(asked)]
        assert gaps == [310, 610, 1210, 1810, 1810]

    def test_a_success_clears_the_record(self):
        more = "  - {name: more, at: 900s, replicas: 4, request: {cpu: 1, memory: 1Gi}}"
        made = sold_out(posed(WEB % (6, ""), more), "100s")
        trace = run(made, "kubernetes")
        assert [state for _, state in orders(trace)] == ["ordered", "refused", "ordered", "joined", "ordered", "joined"]

    def test_pods_are_told_that_the_group_is_left_alone(self):
        trace = run(sold_out(posed(WEB % (6, "")), "100s"), "kubernetes")
        assert {reason for _, _, reason in events(trace, "NotTriggerScaleUp")} == {"group-backed-off"}

    def test_another_group_is_tried_meanwhile(self):
        """The one that leaves less over comes first; at the next look the expander has the other one only."""
        trace = run(sold_out(posed(WEB % (6, ""), pools=LARGE), "1700s"), "kubernetes")
        assert sizes(trace) == [2, 1]
        assert sizes(trace, "large") == [1]
        assert all(row["decided_us"] < to_us(100) for row in trace["tasks"].dicts())

    def test_an_order_that_nobody_answers_is_waited_for_a_quarter_of_an_hour(self):
        trace = run(sold_out(posed(WEB % (6, "")), "1200s", told=False), "kubernetes")
        (asked, _), (_, state), (cancelled, taken_back), (again, _), _ = orders(trace)
        assert (state, taken_back) == ("open", "cancelled")
        assert asked + 900 < cancelled <= asked + 910 + 1
        assert again == cancelled + 300
        assert events(trace, "ScaleUpTimedOut")[0][1:] == ("node", "order-timed-out")

    def test_an_open_order_is_met_as_soon_as_there_are_machines(self):
        made = sold_out(posed(WEB % (6, "")), "200s", told=False)
        trace = run(made, "kubernetes")
        assert [state for _, state in orders(trace)] == ["ordered", "open", "launched", "joined"]
        new = machines.stays(trace, made)[-1]
        assert (new.launched_us, new.joined_us) == (to_us(200), to_us(260))
        assert new.paid_us == trace.horizon_us - to_us(200)

    def test_a_machine_that_is_given_up_while_it_boots_never_joins_and_is_paid_for_until_then(self):
        made = with_values(
            posed(WEB % (6, ""), horizon="80s"),
            {"kubernetes.node_groups.max_node_provision_time_s": 30},
        )
        trace = run(made, "kubernetes")
        new = machines.stays(trace, made)[-1]
        assert new.joined_us == NEVER
        assert to_us(30) < new.paid_us <= to_us(41)


class TestKarpenter:
    def test_other_kinds_are_tried_at_once(self):
        trace = run(sold_out(posed(WEB % (6, ""), pools=LARGE), "1700s", **KARPENTER), "kubernetes")
        asked = [at for at, state in orders(trace) if state == "ordered"]
        assert asked[0] == asked[1]
        assert sizes(trace)[:2] == [2, 1]
        assert sizes(trace, "large")[:1] == [1]
        assert all(row["ready_us"] != NEVER for row in trace["tasks"].dicts())

    def test_a_kind_that_was_refused_is_not_asked_for_again_for_three_minutes(self):
        trace = run(sold_out(posed(WEB % (6, "")), "300s", **KARPENTER), "kubernetes")
        asked = [at for at, state in orders(trace) if state == "ordered"]
        assert [later - before for before, later in pairwise(asked)] == [180, 180]
        assert {one[1:] for one in events(trace, "InsufficientCapacity")} == {("node", "out-of-stock")}

    def test_an_order_that_nobody_answers_is_given_up_after_five_minutes(self):
        trace = run(sold_out(posed(WEB % (6, "")), "400s", told=False, **KARPENTER), "kubernetes")
        (asked, _), _, (given_up, state), (again, _), *_ = orders(trace)
        assert (state, given_up) == ("cancelled", asked + 300)
        assert again - given_up <= 1
        assert [state for _, state in orders(trace)][-2:] == ["launched", "joined"]


class TestByHand:
    @pytest.mark.parametrize("on", list(CONTROL_PLANES))
    def test_a_refused_order_is_not_repeated(self, on):
        trace = run(sold_out(fleet(BY_HAND), "100s"), on)
        assert orders(trace) == [(60, "ordered"), (60, "refused")] * 2
        assert [one[2] for one in events(trace, "machine-refused")] == ["out-of-stock"] * 2

    @pytest.mark.parametrize(
        ("settings", "failure"),
        [
            pytest.param({}, "ScaleUpFailed", id="the Cluster Autoscaler"),
            pytest.param(KARPENTER, "InsufficientCapacity", id="Karpenter"),
        ],
    )
    def test_an_order_of_somebody_else_that_is_refused_is_no_failure_of(self, settings, failure):
        """Pods that come later get their machine at once: neither the group nor the kind is left alone."""
        late = "  - {name: late, at: 120s, replicas: 6, request: {cpu: 1, memory: 1Gi}}"
        made = sold_out(posed(late, more=BY_HAND), "100s", **settings)
        trace = run(made, "kubernetes")
        assert [state for _, state in orders(trace)][:4] == ["ordered", "refused"] * 2
        assert events(trace, failure) == []
        asked = [at for at, state in orders(trace) if state == "ordered"][2:]
        assert min(asked) <= 120 + 11

    @pytest.mark.parametrize("on", list(CONTROL_PLANES))
    def test_an_order_that_stays_open_is_met_later(self, on):
        made = sold_out(fleet(BY_HAND), "100s", told=False)
        joined = [one.joined_us for one in machines.stays(run(made, on), made) if one.ordered_us]
        assert joined == [to_us(160)] * 2

    @pytest.mark.parametrize("on", list(CONTROL_PLANES))
    def test_an_order_before_or_after_the_shortage_is_met(self, on):
        for start, until in (("61s", "500s"), ("0s", "60s")):
            trace = run(sold_out(fleet(BY_HAND), until, start=start), on)
            assert [state for _, state in orders(trace)] == ["ordered", "ordered", "joined", "joined"]

    @pytest.mark.parametrize("on", list(CONTROL_PLANES))
    def test_machines_of_a_pool_are_given_back_those_first_that_came_last(self, on):
        change = (
            "{kind: remove-machines, pool: node, count: 2, at: 300s}, {kind: remove-machines, pool: node, at: 301s}"
        )
        made = fleet(BY_HAND.replace("}]", "}, " + change + "]"))
        stays = {one.node.name: one.removed_us for one in machines.stays(run(made, on), made)}
        gone = sorted((at, name) for name, at in stays.items() if at < to_us(900))
        assert {name for _, name in gone} == {"node-2", "node-3", "node-4"}
        assert gone[0][0] >= to_us(300)

    @pytest.mark.parametrize("on", list(CONTROL_PLANES))
    def test_no_more_are_given_back_than_there_are(self, on):
        made = fleet("changes: [{kind: remove-machines, pool: node, count: 9, at: 600s}]")
        assert all(one.removed_us < to_us(900) for one in machines.stays(run(made, on), made))

    @pytest.mark.parametrize("on", list(CONTROL_PLANES))
    def test_nobody_does_by_hand_what_an_autoscaler_does(self, on):
        by_hand = BY_HAND.replace("at: 60s", "at: 60s, unless_autoscaled: true")
        trace = run(fleet(by_hand, pool=", autoscale: {least: 3, most: 9}"), on)
        left = events(trace, "LeftToAutoscaler")
        assert len(left) == (1 if on == "kubernetes" else 0)
        assert len(events(trace, "add-machines")) == (0 if on == "kubernetes" else 1)
        assert not events(run(fleet(by_hand), on), "LeftToAutoscaler")  # a pool that nobody makes larger


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param("{kind: remove-machines, at: 1s}", "missing-key", id="fewer machines need a pool"),
        pytest.param("{kind: remove-machines, pool: nod, at: 1s}", "reference-to-nothing-near", id="one that is there"),
        pytest.param("{kind: remove-machines, pool: node, node: node-0, at: 1s}", "not-for-change", id="no machine"),
        pytest.param(
            "{kind: drain, node: node-0, unless_autoscaled: true, at: 1s}", "not-for-change",
            id="autoscalers do not drain",
        ),
    ],
)  # fmt: skip
def test_a_change_of_the_pool_says_what_is_wrong_with_it(change, code):
    text = "name: x\nhorizon: 9s\ncluster: {pools: [{name: node, count: 3, capacity: {cpu: 4, memory: 1Gi}}]}\n"
    assert code in codes(text + f"apps: [{{name: web, request: {{cpu: 1, memory: 1Mi}}}}]\nchanges: [{change}]\n")


def test_a_shortage_needs_an_end():
    text = "name: x\nhorizon: 9s\ncluster: {pools: [{name: node, capacity: {cpu: 4}, out_of_stock: {from: 1s}}]}\n"
    text += "apps: [{name: web, request: {cpu: 1}}]"
    assert codes(text) == ["missing-key"]
    assert scenario(text.replace("from: 1s", "until: 1s")).cluster.pools[0].out_of_stock.told
