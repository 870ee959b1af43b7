"""The plain why: each sentence in a small scenario that calls for it, and every shipped scenario in both languages."""

import re
from dataclasses import replace
from functools import cache

import pytest

import workbench as wb
from tests import make
from tests.laws.conftest import traced
from tests.unit.views.test_report import IMG
from workbench.engines.kubernetes.recorder import RecordedKubernetes
from workbench.engines.mesos.recorder import RecordedMesos
from workbench.engines.world import World
from workbench.errors import InputError
from workbench.experiments.check import load, shipped
from workbench.experiments.run import run
from workbench.model.batch_work import Input
from workbench.model.cluster import Taint
from workbench.model.faults import Fault
from workbench.model.workload import Team
from workbench.views.explaining import card_html, explain
from workbench.views.i18n import LANGUAGES, Texts
from workbench.views.report import decisions

RECORDED = {"kubernetes": RecordedKubernetes, "mesos": RecordedMesos}
BATCH = Taint("batch", "", "NoSchedule")


def named(scenario, side, app, number=0):
    """The name of an app's task on a side."""
    return explain(scenario, side, app).facts.rows[number][0]


def said(scenario, side, app, number=0, at=None):
    """Both sentences about a task of an app."""
    one = explain(scenario, side, named(scenario, side, app, number), at).card()
    return one.because, one.cure


def eight():
    """Five machines of which one is nearly free enough, three for batch only."""
    return (
        *(make.node(f"node-{number}", cpu=2000) for number in range(5)),
        *(make.node(f"node-{number}", cpu=4000, taints=[BATCH]) for number in range(5, 8)),
    )


class TestKubernetes:
    def test_machines_that_lack_cpu_and_machines_with_a_taint(self):
        made = make.scenario(
            make.app("old", replicas=5, cpu=1700), make.app("web", cpu=500, at=60), machines=eight(), horizon=120
        )
        name = named(made, "kubernetes", "web")
        because, cure = said(made, "kubernetes", "web")
        assert because == (
            f"{name} waits: 5 of 8 machines do not have 0.5 CPU free, 3 of 8 are tainted batch."
        )  # fmt: skip
        assert re.fullmatch(r"Free 0.2 CPU on node-[0-4], or tolerate batch\.", cure)

    def test_where_no_machine_has_room_that_is_said_in_a_word_and_which_filter_refuses_is_in_the_table(self):
        made = make.scenario(make.app("old", replicas=3, cpu=3800), make.app("web", cpu=500, at=60), horizon=120)
        because, cure = said(made, "kubernetes", "web")
        assert because.endswith(" waits: none of the 3 machines has 0.5 CPU free.")
        assert "Tried once so far" in cure
        assert "after 1 s of back-off if others are in line" in cure
        card = explain(made, "kubernetes", named(made, "kubernetes", "web")).card()
        assert card.heads == ("Machine", "Filter", "Reason", "Lacks")
        assert {row[1] for row in card.rows} == {"NodeResourcesFit"}

    def test_a_cluster_without_any_machine(self):
        made = load("nobody-at-night")
        name = named(made, "kubernetes", "web", number=1)
        assert said(made, "kubernetes", "web", number=1, at=1400.0) == (
            f"{name} waits: the cluster has no machine.",
            "It is decided on again as soon as a machine joins.",
        )

    def test_a_node_that_is_not_ready_yet_is_waited_for_not_tolerated(self):
        because, cure = said(load("flash-crowd"), "kubernetes", "web", number=4)
        assert "1 of 3 is tainted node.kubernetes.io/not-ready" in because
        assert "wait until a machine loses node.kubernetes.io/not-ready" in cure
        assert "tolerate" not in cure

    def test_a_pod_of_a_new_version_waits_for_the_rollout(self):
        name = next(
            row["task"] for row in run(load("bad-release"), "kubernetes")["tasks"].dicts()
            if row["submitted_us"] == make.seconds(780) and row["queued_us"] > make.seconds(785)
        )  # fmt: skip
        card = explain(load("bad-release"), "kubernetes", name, 784.0).card()
        assert card.because == (
            f"{name} belongs to the version asked for at 13 min: a rolling update makes it once enough of the others "
            "are ready."
        )
        assert "maxSurge" in card.cure

    def test_the_cure_is_true(self):
        """What is said to be lacking is exactly what is lacking."""
        old = make.app("old", replicas=5, cpu=1700)
        small = make.scenario(old, make.app("web", cpu=301, at=60), machines=eight(), horizon=120)
        assert "Free 0.001 CPU" in said(small, "kubernetes", "web")[1]
        fits = make.scenario(old, make.app("web", cpu=300, at=60), machines=eight(), horizon=120)
        assert "is on node-" in said(fits, "kubernetes", "web")[0]

    def test_a_label_that_no_machine_has(self):
        made = make.scenario(make.app("web", node_selector={"disk": "ssd"}), horizon=60)
        because, cure = said(made, "kubernetes", "web")
        assert "3 of 3 lack the label disk=ssd" in because
        assert cure == "Put the label disk=ssd on node-0 and it fits."

    def test_a_line_behind_a_slow_decision(self):
        teams = [Team("slow", decides_us=make.seconds(30)), Team("quick")]
        made = make.scenario(
            make.app("big", "batch", team="slow"), make.app("web", team="quick", at=1), teams=teams, horizon=60
        )
        slow = named(made, "kubernetes", "big")
        because, cure = said(made, "kubernetes", "web", at=20)
        assert f"waits in line: 1 came before it, and the scheduler has been deciding about {slow} for 20 s" in because
        assert cure.startswith("There is one line for all")
        assert "has been making up its mind about it for 30 s" in said(made, "kubernetes", "big")[0]

    def test_a_quota_that_is_used_up(self):
        teams = [Team("one", limit={"cpu": 500})]
        made = make.scenario(
            make.app("jobs", "batch", replicas=2, runs=30, team="one"), teams=teams, horizon=200
        )  # fmt: skip
        because, cure = said(made, "kubernetes", "jobs", 1)
        assert "the quota of its team is used up" in because
        assert "or with a wider quota" in cure

    def test_a_lost_machine_is_tolerated(self):
        made = make.scenario(make.app("web", replicas=2), faults=[Fault(make.seconds(60), hosting="web")], horizon=600)
        because, cure = said(made, "kubernetes", "web", 2)
        assert re.search(r"is to replace web-\S+, lost with node-\d at 1 min: that was noticed after \d\d s", because)
        assert "Pods tolerate a lost machine for 5 min" in cure

    def test_a_member_with_data_waits_for_a_person_not_for_its_toleration(self):
        one = explain("ensemble", on="kubernetes", name="db-0")
        assert "the old pod stays bound to the lost machine" in one.card().because
        assert one.card().cure.startswith("No second one may start while the first could still run")

    def test_a_member_is_told_of_by_its_last_life_before(self):
        because = explain("wait-or-copy", on="kubernetes", name="log-0").card().because
        assert because.startswith("log-0 is to replace log-0, lost with fast-0 at 20 min")

    def test_what_has_ended_is_titled_by_its_end(self):
        one = explain("offer-starvation", on="kubernetes", name="work-0")
        assert one.card().title == "work-0: ended at 1 min 1 s, on Kubernetes"

    def test_a_member_of_a_stateful_set_waits_for_the_one_before(self):
        made = make.scenario(make.app("db", "stateful", replicas=2, start=10, ready=10))
        because, _ = said(made, "kubernetes", "db", 1)
        assert "each when the one before is ready" in because

    def test_equal_scores_are_a_lot(self):
        because, cure = said(make.scenario(make.app("web"), horizon=60), "kubernetes", "web")
        assert re.search(r"is on node-\d by lot: all 3 machines that would do scored alike", because)
        assert cure.startswith("Another seed")

    def test_the_plugin_that_made_the_difference(self):
        machines = (make.node("small", cpu=1000), make.node("large", cpu=64000))
        because, _ = said(make.scenario(make.app("web"), machines=machines, horizon=60), "kubernetes", "web")
        assert re.search(r"is on large: it scored \d+, small next to it \d+; \w+ counted most", because)

    def test_the_only_machine_that_would_do(self):
        machines = (make.node("small", cpu=100), make.node("large"))
        because, cure = said(make.scenario(make.app("web"), machines=machines, horizon=60), "kubernetes", "web")
        assert "is on large because no other machine would do: 1 of 2 machines does not have 0.5 CPU free" in because
        assert cure == "With 0.4 CPU more free, small would have come into question as well."


def starving(neighbours=6, refuse=5.0, **more):
    """A busy team of eight machines beside idle neighbours."""
    teams = [Team("busy"), *(Team(f"idle-{number}", always_on=True) for number in range(neighbours))]
    settings = {"mesos.batch.idle_refuse_s": refuse, "mesos.master.message_s": 0.0, **more}
    apps = [
        make.app(f"work-{number:02d}", "batch", cpu=1000, team="busy", at=number, runs=60) for number in range(90)
    ]  # fmt: skip
    return make.scenario(*apps, machines=make.nodes(20, 8000), horizon=120, teams=teams, settings=settings)


class TestFrameworks:
    """A framework's own reasons come before what the allocator could tell."""

    @staticmethod
    def job(name, framework, replicas=4, **more):
        more.setdefault("cpu", 1000)
        return make.app(name, "batch", replicas=replicas, start=1, framework=framework, **more)

    def test_spark_waits_for_its_data(self):
        """Blocks lie on one of eight machines each; the only executor stands on one of these."""
        reading = self.job("scan", "spark", 6, input=Input(1024**2, 1))
        chosen = {"spark.cores_max": 4, "spark.locality_wait_s": 60.0, "world.images.default_size_mib": 0}
        made = replace(make.scenario(reading, machines=8, horizon=50, settings=chosen), seed=3)
        found = [said(made, "mesos", "scan", number, at=20)[0] for number in range(6)]
        assert any("waits for its data" in one for one in found)

    def test_spark_has_no_core_left(self):
        made = make.scenario(self.job("scan", "spark", 9), machines=1, horizon=40)
        assert "all executors are busy" in said(made, "mesos", "scan", 8, at=30)[0]

    def test_spark_has_no_executor_yet(self):
        big = self.job("scan", "spark", 1, memory=64 * make.GIB)
        because, _ = said(make.scenario(big, machines=1, horizon=40), "mesos", "scan", at=30)
        assert "none of its application's executors runs yet" in because

    def test_a_gang_is_not_complete(self):
        because, cure = said(make.scenario(self.job("sim", "mpi", 9), machines=2, horizon=40), "mesos", "sim", at=30)
        assert "9 ranks start together or not at all" in because
        assert "(offers: 2)" in because
        assert "mesos.mpi.give_back_s" in cure

    def test_a_dependency_is_not_done(self):
        load, report = self.job("load", "chronos", runs=100), self.job("report", "chronos", 1, after=("load",))
        because, cure = said(make.scenario(load, report, horizon=60), "mesos", "report", at=30)
        assert because == "report.0 waits for load: Chronos starts it when what it comes after is done."
        assert "no clock is asked" in cure

    def test_slots_are_taken_and_reduces_wait_for_maps(self):
        maps, reduces = self.job("maps", "hadoop", 9), self.job("reduces", "hadoop", 1, after=("maps",))
        made = make.scenario(maps, reduces, machines=1, horizon=60)
        assert "waits for a slot: those of all TaskTrackers (1) are taken." in said(made, "mesos", "maps", 8, at=30)[0]
        assert "reduces get slots once enough of their maps are done" in said(made, "mesos", "reduces", at=30)[0]


class TestMesos:
    def test_idle_neighbours_with_a_smaller_share_are_asked_first(self):
        because, cure = said(starving(), "mesos", "work-60", at=61.5)
        assert re.fullmatch(
            r"work-60.0 waits, though \d+ of 20 machines have room: 6 idle frameworks had a smaller share and were "
            r"asked first\.",
            because,
        )
        assert "Refusals of 6 s or more" in cure

    def test_the_cure_is_true(self):
        def never_placed(refuse):
            return run(starving(refuse=refuse), "mesos")["tasks"]["decided_us"].count(-1)

        assert never_placed(5.0) > 3 * never_placed(6.0)

    def test_machines_that_its_own_framework_may_not_use_are_not_a_matter_of_turns(self):
        because, cure = said(load("zone-to-spare"), "mesos", "web", number=12)
        assert "could use none of them for it: constraint GROUP_BY" in because
        assert "on a machine that its constraints allow" in cure

    def test_machines_with_too_little_left_to_be_offered_to_anybody(self):
        card = explain("memory-full", on="mesos", name="frames.0", at=300.0).card()
        assert "6 of these are offered to nobody, for an offer has to hold at least 0.01 CPU, 32 MiB" in card.because
        assert "min_allocatable_resources" in card.cure

    def test_offers_that_another_framework_holds(self):
        teams = [Team("slow", decides_us=make.seconds(40)), Team("quick")]
        made = make.scenario(
            make.app("big", "batch", team="slow"), make.app("web", "batch", team="quick", at=5), teams=teams, horizon=90
        )
        because, cure = said(made, "mesos", "web", at=20)
        assert "though 3 of 3 machines have room: 3 of these are held by batch-slow" in because
        assert "a quicker answer of batch-slow" in cure

    def test_machines_that_its_own_framework_refused(self):
        made = make.scenario(
            make.app("first", "batch"), make.app("then", "batch", at=3, cpu=500), machines=1, horizon=60,
            settings={"mesos.offers.refuse_s": 30.0},
        )  # fmt: skip
        because, cure = said(made, "mesos", "then", at=10)
        assert "its own framework, batch-default, refused 1 of them lately and is not offered these again" in because
        assert "Refusing for less than 30 s" in cure

    def test_no_machine_has_room(self):
        made = make.scenario(make.app("web", "batch", replicas=4, cpu=3000), machines=2, horizon=30)
        because, cure = said(made, "mesos", "web", 3)
        assert "none of 2 machines has room for it (3 CPU, 512 MiB of memory), and 1 of its app are ahead" in because
        assert re.match(r"Free 2 CPU on node-\d and it fits", cure)

    def test_a_limit_that_is_reached(self):
        made = make.scenario(
            make.app("jobs", "batch", replicas=2, team="one"), teams=[Team("one", limit={"cpu": 500})], horizon=30
        )
        because, _ = said(made, "mesos", "jobs", 1)
        assert "its team has 0.5 CPU of the 0.5 CPU that its quota allows" in because

    def test_offers_that_do_not_suit(self):
        made = make.scenario(make.app("web", "batch", replicas=4, max_per_node=1), horizon=30)
        because, cure = said(made, "mesos", "web", 3)
        assert "could use none of them for it: constraint MAX_PER" in because
        assert cure.startswith("It needs 0.5 CPU, 512 MiB of memory in one offer")

    def test_a_lost_machine_is_noticed_late(self):
        made = make.scenario(make.app("web", replicas=2), faults=[Fault(make.seconds(60), hosting="web")], horizon=600)
        because, cure = said(made, "mesos", "web", 2)
        assert re.search(r"is to replace web\.\d, lost with node-\d at 1 min: that is noticed only after", because)
        assert "5 unanswered pings, one every 15 s" in cure

    def test_a_member_with_data_keeps_its_place_until_a_person_acts(self):
        card = explain("ensemble", on="mesos", name="db.3").card()
        assert "it keeps its place for its data" in card.because
        assert card.cure.startswith("No second one may start while the first could still run")

    def test_a_new_master_is_what_keeps_a_loss_unnoticed(self):
        card = explain("master-lost", on="mesos", name="web.4").card()
        assert "A new master does not ping at first: it gives agents 10 min" in card.cure

    def test_a_new_master_that_waits_for_its_agents_makes_no_offers(self):
        card = explain("master-lost", on="mesos", name="report.0", at=300.0).card()
        assert "makes no offers before 80 % of the agents are back" in card.because
        assert "after 10 min at the latest" in card.cure
        without = explain("master-lost", on="mesos", name="report.0", at=125.0).card()
        assert without.because == "report.0 waits: no master has led since 2 min, so nobody makes offers."

    def test_a_column_in_which_no_row_says_anything_is_left_out(self):
        card = explain("offer-starvation", on="mesos", name="work.533").card()
        assert "Holds now" not in card.heads
        assert all(len(row) == len(card.heads) for row in card.rows)

    def test_a_running_task_took_an_offer(self):
        because, cure = said(make.scenario(make.app("web", "batch", runs=999), horizon=60), "mesos", "web")
        assert "because batch-default was offered this machine and 3 of the offers it looked at would do" in because
        assert cure.startswith("Mesos weighs no machines")


class TestCalling:
    @pytest.mark.parametrize("side", RECORDED)
    def test_looking_on_changes_nothing(self, side):
        for name in ("first-look", "offer-starvation", "big-job"):
            scenario = load(name)
            task = run(scenario, side)["tasks"]["task"][-1]
            watched = World(scenario, RECORDED[side](task), scenario.seed).run()
            assert watched.digest() == run(scenario, side).digest()

    def test_an_app_is_a_list_of_its_tasks(self):
        one = wb.explain("first-look", on="mesos", name="web", at=290)
        assert one.card().because == "web has 6 tasks at 4 min 50 s, 0 of them waiting."
        assert "web.0" in str(one)

    def test_a_task_of_the_past_and_one_of_the_future(self):
        made = make.scenario(make.app("web", "batch", runs=10, at=30), horizon=120)
        assert said(made, "mesos", "web", at=100)[0].endswith("after running for 10 s: it had done its work.")
        assert said(made, "kubernetes", "web", at=10)[0].endswith("is not wanted yet: it comes at 30 s.")

    @pytest.mark.parametrize(
        ("side", "name", "at", "wrong"),
        [
            pytest.param("mesoss", "web.0", None, "did you mean 'mesos'?", id="no such side"),
            pytest.param(
                "static-partitions",
                "web.0",
                None,
                "among the sides that can be explained: kubernetes, mesos",
                id="a side without a recorder",
            ),
            pytest.param("mesos", "web.00", None, "did you mean 'web.0", id="a name that is nearly one"),
            pytest.param("mesos", "zzz", None, "among the apps: db, report, web", id="a name that is none"),
            pytest.param("mesos", "web.0", 901.0, "901 is outside 0 to 900 s", id="after the end"),
            pytest.param("mesos", "web.0", -1.0, "-1 is outside 0 to 900 s", id="before the beginning"),
        ],
    )
    def test_wrong_names_and_times(self, side, name, at, wrong):
        with pytest.raises(InputError) as error:
            explain("first-look", side, name, at)
        assert wrong in str(error.value)

    def test_names_from_a_file_are_escaped(self):
        made = make.scenario(make.app("web"), machines=(make.node(IMG),), horizon=60)
        html = card_html(explain(made, "mesos", "web.0"), Texts())
        assert "<img" not in html
        assert "&lt;img" in html


@cache
def longest_waiting(name, side):
    """What is said of it, in any language: the run is explained once."""
    trace = traced(name, side)
    waits = decisions.longest(trace, 1)
    return explain(name, side, waits[0].task if waits else trace["tasks"]["task"][0])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("side", RECORDED)
@pytest.mark.parametrize("name", shipped())
def test_the_longest_waiting_task_of_every_shipped_scenario(name, side, language):
    one = replace(longest_waiting(name, side), language=language)
    card = one.card()
    assert card.because
    assert card.title in str(one)
    assert "{" not in re.sub(r"taint \{[\w./-]+: \w*\}|污点 \{[\w./-]+: \w*\}", "", str(one))  # upstream's own braces
    if language == "zh":
        assert re.search("[\u4e00-\u9fff]", card.because)
        assert not re.search(r"\b(waits|machines|offered|noticed)\b", str(one))


def test_a_task_that_was_killed_with_its_framework_is_not_said_to_be_lost_with_its_machine():
    card = explain("kill-the-scheduler", on="mesos", name="render.0.1").card(Texts("en"))
    assert card.because.startswith("render.0.1 is to replace render.0, which was stopped on node-")
    assert card.cure == (
        "The process that places it was lost at 2 min and is back at 3 min; nothing is made meanwhile."
    )


class TestPreemption:
    """A pod with a higher priority makes others go: all three are told so."""

    @pytest.fixture
    def made(self):
        low = make.app("low", replicas=8, cpu=1000, memory=0)
        high = make.app("high", cpu=3000, memory=0, priority=10, at=20)
        return make.scenario(low, high, machines=2, horizon=120)

    def test_it_waits_for_those_that_make_room(self, made):
        card = explain(made, "kubernetes", named(made, "kubernetes", "high"), 20.12).card()
        assert re.fullmatch(r"high-\S+ waits for (low-\S+, ){2}low-\S+ to end: they were told to .*", card.because)
        assert card.cure == "It is tried again as soon as they have."

    def test_it_is_where_room_was_made(self, made):
        because, cure = said(made, "kubernetes", "high")
        assert "because the node was promised to it" in because
        assert cure == "With no higher priority than theirs it would have had to wait for room."

    def test_who_went_made_room(self, made):
        trace = run(made, "kubernetes")
        gone = next(row["task"] for row in trace["tasks"].dicts() if row["outcome"] == "killed")
        high = named(made, "kubernetes", "high")
        assert f"it made room for {high}, whose priority is higher" in explain(made, "kubernetes", gone).card().because

    def test_looking_on_changes_nothing(self, made):
        world = World(made, RecordedKubernetes(named(made, "kubernetes", "high")), made.seed)
        world.run()
        assert world.trace.digest() == run(made, "kubernetes").digest()


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("agent-upgrade", "its agent's process stopped, and its framework does not checkpoint."),
        ("announced-maintenance", "its machine is taken down for maintenance."),
    ],
)
def test_a_task_that_ended_with_its_agent_says_so(scenario, said):
    events = run(load(scenario), "mesos")["events"]
    name = next(one for kind, one in zip(events["kind"], events["subject"], strict=True) if kind == "task-lost")
    assert explain(scenario, on="mesos", name=name).card(Texts("en")).because.endswith(f": {said}")
    assert re.search("[\u4e00-\u9fff]", explain(scenario, on="mesos", name=name).card(Texts("zh")).because)
