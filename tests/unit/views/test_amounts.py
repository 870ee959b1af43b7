"""Numbers read as people say them, with no more digits than their spread supports."""

import math

import pytest

from workbench.experiments.metrics import METRICS
from workbench.views import amounts
from workbench.views.i18n import Texts

EN, ZH = Texts("en"), Texts("zh")


@pytest.mark.parametrize(
    ("seconds", "spread", "english", "chinese"),
    [
        pytest.param(0, None, "0 s", "0 秒", id="nothing"),
        pytest.param(0.05, None, "0.05 s", "0.05 秒", id="a moment"),
        pytest.param(0.00011, None, "0.11 ms", "0.11 毫秒", id="a fraction of a millisecond"),
        pytest.param(0.005, None, "5 ms", "5 毫秒", id="milliseconds"),
        pytest.param(0.5, None, "0.5 s", "0.5 秒", id="half a second"),
        pytest.param(21.4, None, "21 s", "21 秒", id="seconds"),
        pytest.param(59.7, None, "1 min", "1 分钟", id="no 60 s"),
        pytest.param(350, None, "5 min 50 s", "5 分 50 秒", id="minutes and seconds"),
        pytest.param(275.3, 15, "4 min 35 s", "4 分 35 秒", id="rounded to about half the spread"),
        pytest.param(277.3, 60, "4 min 30 s", "4 分 30 秒", id="a wide spread takes the seconds"),
        pytest.param(3599.9, None, "1 h", "1 小时", id="no 60 min"),
        pytest.param(3900, None, "1 h 5 min", "1 小时 5 分", id="hours and minutes"),
        pytest.param(90_000, None, "1 d 1 h", "1 天 1 小时", id="days and hours"),
        pytest.param(-275, None, "\N{MINUS SIGN}4 min 35 s", "\N{MINUS SIGN}4 分 35 秒", id="the other way"),
        pytest.param(math.inf, None, "not within the run", "运行结束前没有", id="never"),
        pytest.param(math.nan, None, "unknown", "未知", id="not a number"),
    ],
)
def test_a_duration(seconds, spread, english, chinese):
    assert amounts.duration(EN, seconds, spread) == english
    assert amounts.duration(ZH, seconds, spread) == chinese


@pytest.mark.parametrize(
    ("metric", "number", "spread", "english", "chinese"),
    [
        pytest.param("heal", 350, 2, "5 min 50 s", "5 分 50 秒", id="seconds are a duration"),
        pytest.param("utilisation", 0.4412, None, "44 %", "44%", id="a fraction is per cent"),
        pytest.param("utilisation", 0.054, None, "5.4 %", "5.4%", id="a small fraction keeps one digit more"),
        pytest.param("busy_while_waiting", 17.3, None, "17 cores", "17 核", id="cores"),
        pytest.param("busy_while_waiting", 1, None, "1 core", "1 核", id="one core"),
        pytest.param("unplaced", 12, None, "12 tasks", "12 个任务", id="tasks"),
        pytest.param("unplaced", 1, None, "1 task", "1 个任务", id="one task"),
        pytest.param("machines_used", 7.93, None, "7.9 machines", "7.9 台机器", id="machines"),
        pytest.param("missing", 1234, None, "21 instance-min", "21 实例分钟", id="instance-seconds in minutes"),
        pytest.param("missing", 90_000, None, "25 instance-h", "25 实例小时", id="instance-seconds in hours"),
        pytest.param("evenness", 0.876, None, "0.88", "0.88", id="an index has no unit"),
        pytest.param("heal", math.inf, None, "not within the run", "运行结束前没有", id="never"),
    ],
)
def test_a_value_has_its_unit(metric, number, spread, english, chinese):
    assert amounts.value(EN, METRICS[metric], number, spread) == english
    assert amounts.value(ZH, METRICS[metric], number, spread) == chinese


def test_a_difference_of_fractions_is_in_percentage_points_and_without_sign():
    assert amounts.difference(EN, METRICS["utilisation"], -0.12) == "12 percentage points"
    assert amounts.difference(ZH, METRICS["utilisation"], -0.12) == "12 个百分点"


@pytest.mark.parametrize(
    ("measure", "values", "said"),
    [
        pytest.param("heal", [10, 10, 10], "10 s", id="all the same"),
        pytest.param("heal", [10, 12, 14], "12 s (7 to 17 s)", id="mean and 95 % interval of Student's t"),
        pytest.param("heal", [math.inf, math.inf], "not within the run", id="never"),
        pytest.param("heal", [5, math.inf, 7], "not within the run in 1 of 3 repeats", id="sometimes never"),
        pytest.param("heal", [0, 10, 50], "20 s (0 s to 1 min 30 s)", id="a time is never negative"),
        pytest.param("slo_missed", [0, 0, 0.3], "10 % (0 % to 55 %)", id="nor is a part"),
        pytest.param("least_serving", [1, 1, 0.7], "90 % (47 % to 100 %)", id="and a part is never more than all"),
        pytest.param("running", [1.02, 1.04, 1.06], "104 % (99 % to 109 %)", id="but more may run than is wanted"),
    ],
)
def test_repeated_measurements(measure, values, said):
    assert amounts.measured(EN, METRICS[measure], values) == said


@pytest.mark.parametrize(
    ("low", "high", "said", "brief"),
    [
        pytest.param("46 s", "49 s", "46 to 49 s", "46\N{EN DASH}49 s", id="one unit is named once"),
        pytest.param("46 %", "49 %", "46 % to 49 %", "46 % \N{EN DASH} 49 %", id="per cent stays with each"),
        pytest.param("50 s", "1 min 2 s", "50 s to 1 min 2 s", "50 s \N{EN DASH} 1 min 2 s", id="two units"),
        pytest.param("0.8", "0.9", "0.8 to 0.9", "0.8\N{EN DASH}0.9", id="no unit"),
        pytest.param("5 s", "5 s", "", "", id="no range at all"),
    ],
)
def test_a_range(low, high, said, brief):
    assert amounts.between(EN, low, high) == said
    assert amounts.between(EN, low, high, brief=True) == brief


def test_control_planes_have_names():
    assert amounts.control_plane(EN, "kubernetes") == "Kubernetes"
    assert amounts.control_plane(ZH, "static-partitions") == "静态分区"
    assert amounts.control_plane(EN, "something-else") == "something-else"


@pytest.mark.parametrize(
    ("amount", "said"), [(512 * 1024**2, "512 MiB"), (16 * 1024**3, "16 GiB"), (1536 * 1024**2, "1.5 GiB"), (5, "5 B")]
)
def test_bytes(amount, said):
    assert amounts.bytes_(amount) == said


def test_cores():
    assert (amounts.cores(500), amounts.cores(4000), amounts.cores(12_000_000)) == ("0.5", "4", "12,000")


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("3.3 instance-h", "1.9 instance-h")), ("zh", ("小时", "小时"))]
)
def test_the_sides_of_a_row_share_the_unit_of_the_largest(language, words):
    sides = {"kubernetes": [11_900.0, 11_900.0], "mesos": [6_720.0, 6_720.0]}
    t, metric = Texts(language), amounts.beside(METRICS["missing"], sides)
    said = [amounts.value(t, metric, some[0]) for some in sides.values()]
    assert all(word in one for word, one in zip(words, said, strict=True)), said
    assert words[1] in amounts.difference(t, metric, 6_720.0)
