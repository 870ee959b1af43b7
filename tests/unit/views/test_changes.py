"""Changes of a run in words, in both languages: on the line of time, on the first page, in the appendix."""

from __future__ import annotations

import pytest

from tests import make
from workbench.model.changes import PlannedChange
from workbench.model.faults import Fault
from workbench.views import changes, faults
from workbench.views.amounts import duration
from workbench.views.i18n import Texts
from workbench.views.report import page
from workbench.views.report.appendix.scenario import _changes as table
from workbench.views.widgets.panel import moment

EN, ZH = Texts("en"), Texts("zh")


def change(at: float, kind: str, **more) -> PlannedChange:
    return PlannedChange(make.seconds(at), kind, **more)  # type: ignore[arg-type]  # a plain text, for tables


UPDATE = change(60, "update", app="web", image="web:2", ready_us=make.seconds(9), broken=True)
DRAIN = change(90, "drain", hosting="web")


@pytest.mark.parametrize(
    ("one", "english", "chinese"),
    [
        (change(1, "scale", app="web", replicas=1200), "web: 1,200 wanted", "web：需要 1,200 个实例"),
        (UPDATE, "web: new version", "web：发布新版本"),
        (change(1, "rollback", app="web"), "web: back to the version before", "web：退回上一版本"),
        (change(1, "pause", app="web"), "web: rollout held", "web：暂停发布"),
        (change(1, "resume", app="web"), "web: goes on", "web：继续"),
        (change(1, "scale", app="b", parallelism=12), "b: 12 at once", "b：同时运行 12 个"),
        (change(1, "suspend", app="b"), "b: suspended", "b：挂起"),
        (change(1, "delete", app="web"), "web: deleted", "web：删除"),
        (change(1, "cordon", node="n-1"), "a machine takes no new work", "一台机器不再接新任务"),
        (change(1, "uncordon", node="n-1"), "a machine takes work again", "一台机器重新接任务"),
        (DRAIN, "a machine is drained", "排空一台机器"),
    ],
)
def test_a_change_in_a_few_words(one, english, chinese):
    assert (changes.named(EN, one), changes.named(ZH, one)) == (english, chinese)


def test_what_an_update_changes():
    assert changes.particulars(EN, UPDATE) == "image web:2, is ready after 9 s, never becomes ready"
    assert changes.particulars(ZH, UPDATE) == "镜像 web:2、9 秒后就绪、永远不会就绪"
    assert changes.particulars(EN, DRAIN) == ""
    assert changes.particulars(EN, change(1, "scale", app="b", replicas=9, parallelism=3)) == "3 at once"


def test_a_machine_goes_by_its_name_or_by_what_it_hosts():
    assert changes.about(EN, change(1, "cordon", node="n-1")) == "n-1"
    assert changes.about(EN, DRAIN) == "the machine with the most of web"


OF = make.scenario(make.app("web"), changes=[DRAIN, UPDATE])


def test_the_line_of_time_has_a_mark_for_each_in_the_order_of_time():
    assert moment.marks(OF, EN) == [(60.0, "web: new version"), (90.0, "a machine is drained")]


def test_the_panel_opens_just_before_the_first():
    comparison = make.comparison(OF, make.row("utilisation", [0.1], [0.2]))
    assert moment.moment_s(comparison) == 60 - 6
    assert moment.said(comparison, EN) == "Paused at 54 s, just before “web: new version”. What happens then?"
    assert "发布新版本" in moment.said(comparison, ZH)


def test_the_report_tells_of_them_on_its_first_page_and_in_the_appendix():
    assert "a machine is drained at 1 min 30 s" in page.setting(EN, OF)
    grid = table(EN, OF)
    assert grid.head == ("At", "What", "Where", "Particulars")
    assert grid.rows[0] == ("1 min 30 s", "a machine is drained", "the machine with the most of web", "")
    assert grid.rows[1][0] == "1 min"
    assert table(ZH, OF).caption == "变更"
    assert not table(EN, make.scenario(make.app())).rows


@pytest.mark.parametrize(
    ("kind", "english", "chinese"),
    [
        ("node-loss", ("zone lost", "zone north is lost at 1 min"), ("可用区故障", "运行到 1 分钟时可用区 north 故障")),
        (
            "network-partition",
            ("zone cut off", "zone north is cut off at 1 min"),
            ("可用区失联", "运行到 1 分钟时可用区 north 失联"),
        ),
        (
            "agent-restart",
            ("agents away", "the agents of zone north stop at 1 min"),
            ("agent 停止", "运行到 1 分钟时可用区 north 的 agent 停止"),
        ),
    ],
)
def test_a_zone_in_words(kind, english, chinese):
    fault = Fault(make.seconds(60), kind, zone="north")
    for t, said in ((EN, english), (ZH, chinese)):
        assert (faults.in_short(t, fault), faults.told(t, fault, duration(t, 60))) == said
    assert faults.struck(EN, fault) == "all machines of zone north"
    assert "zone north" in faults.ahead(EN, fault, "1 min")
