"""A report is complete, honest, and safe to open and to pass on."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests import make
from workbench.errors import InputError, WorkbenchError
from workbench.experiments.check import load, shipped
from workbench.experiments.compare import Turn, compare
from workbench.experiments.sides import with_sides
from workbench.experiments.statistics import paired
from workbench.formats.receipt import Presence, compose
from workbench.model.clock import NEVER
from workbench.model.faults import Fault
from workbench.model.parameters import Treatment, approximated
from workbench.model.scenario import Finding, LocalText, Study
from workbench.model.trace import Trace
from workbench.views.i18n import Texts
from workbench.views.report import FORMATS, decisions, dots, report, summary
from workbench.views.report.appendix.scenario import _apps
from workbench.views.report.material import Material
from workbench.views.report.tables import guarded

IMG = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)</script><!--"
FORMULA = '=HYPERLINK("evil")'
REPEATS = 20


def study(**more):
    given = {
        "figure": "strength",
        "finding": Finding(
            "heal:web",
            "mesos",
            LocalText("Mesos heals after {mesos}, Kubernetes after {kubernetes}.", "Mesos {mesos}。"),
        ),
        "why": LocalText("One waits, the other does not.", "一边等,一边不等。"),
        "equalised": {"world.tasks.start_jitter": 0.0},
        "source": "Ghodsi et al., NSDI 2011",
    }  # fmt: skip
    return Study(**{**given, **more})


def scenario(name="web", **more):
    return make.scenario(
        make.app(name, replicas=3, image="shop/web:1"),
        make.app("jobs", "batch", replicas=4, at=60, runs=30),
        faults=[Fault(make.seconds(300), hosting=name)],
        **{"study": study(), **more},
    )


def comparison(of=None, name="web", **more):
    slow = [350 + number % 7 for number in range(REPEATS)]
    fast = [75 + number % 5 for number in range(REPEATS)]
    rows = (
        make.row(f"heal:{name}", slow, fast),
        make.row("utilisation", [0.5 + number % 3 / 100 for number in range(REPEATS)], [0.51] * REPEATS),
        make.row(f"opening:{name}", [math.inf] * 2 + [9.0] * 18, [5.0] * REPEATS),
    )
    turns = (Turn("world.tasks.start_jitter", (0.0, 0.5), (paired(fast, fast), paired(slow, fast))),)
    return make.comparison(
        of or scenario(), *rows, equalised=(make.row(f"heal:{name}", fast, fast),), turns=turns, **more
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    receipt = compose(
        [Presence("Deployment", "spec.replicas"), Presence("Deployment", "spec.paused")],
        {"kubernetes": {"Deployment: spec.paused": approximated("as if it were not paused")}, "mesos": {}},
        "shop.yaml",
    )
    fidelity = {"kube-scheduler": {"agree": 99, "of": 100}}
    files = report(comparison(), folder, receipts=[receipt], fidelity=fidelity, overrides={"apps.web.replicas": 3})
    return {file.suffix[1:]: file.read_text(encoding="utf-8") for file in files}


class Page(HTMLParser):
    """Elements, visible text per language, and what would be fetched."""

    VOID = ("wbr", "meta", "link", "br", "img", "hr", "input")

    def __init__(self, text):
        super().__init__()
        self.stack, self.elements, self.texts, self.problems = [], [], {"en": [], "zh": []}, []
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        inside = [tag for tag, _ in self.stack]
        if not {"script", "style", "noscript", "title"} & set(inside):
            within = [attrs.get("class") for _, attrs in self.stack]
            language = next((attrs["lang"] for tag, attrs in self.stack if tag == "main"), None)
            if language and "first" in within:
                self.texts[language].append(data)


def words(texts):
    """The words of a text, without numbers and their units."""
    unit = r"(?:min|s|h|d|ms|%|instance-min|instance-h|percentage points|requests)(?!\w)"
    bare = re.sub(rf"[\d.,]+ {unit}", "", " ".join(texts).replace("\N{NO-BREAK SPACE}", " "))
    return re.findall(r"[A-Za-z]{2,}[\w'-]*", bare)


def without_plotly(html):
    """The page without plotly's own script, which names the namespaces of SVG and its makers' site."""
    return re.sub(r'<script id="plotly">.*?</script>', "", html, flags=re.DOTALL)


def scripts(html):
    """Id -> content of the JSON scripts."""
    return dict(re.findall(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', html, flags=re.DOTALL))


class TestHtml:
    def test_it_is_well_formed(self, written):
        assert [tag for tag, _ in Page(written["html"]).elements].count("main") == 2

    def test_plotly_is_in_it_once(self, written):
        assert written["html"].count('<script id="plotly">') == 1
        assert written["html"].count("plotly.js v") == 1

    def test_nothing_is_fetched(self, written):
        html = without_plotly(written["html"])
        assert "http://" not in html
        assert "https://" not in html
        assert "//cdn" not in html
        assert "@import" not in html
        assert "url(" not in html
        for tag, attrs in Page(html).elements:
            assert "src" not in attrs
            assert tag not in ("link", "iframe", "object", "embed", "img")
        assert "default-src 'none'" in html

    def test_both_languages_are_in_it_and_one_comes_first(self, written, tmp_path):
        texts = Page(written["html"]).texts
        assert any("Short answer" in text for text in texts["en"])
        assert any("结论" in text for text in texts["zh"])
        assert '<html lang="en"' in written["html"]
        (chinese,) = report(comparison(), tmp_path, formats=["html"], language="zh")
        assert '<html lang="zh"' in chinese.read_text(encoding="utf-8")

    def test_the_first_page_has_at_most_300_words(self, written):
        assert len(words(Page(written["html"]).texts["en"])) <= 300

    def test_the_chinese_page_holds_no_english_sentence(self, written):
        prose = " ".join(Page(written["html"]).texts["zh"]).replace("workbench compare scenarios/made.yaml", "")
        assert not re.search(r"(?:\b[a-z]{2,}\b[ ,]+){3}", prose)

    def test_each_figure_is_drawn_per_language(self, written):
        figures = [name for name in scripts(written["html"]) if name != "provenance"]
        assert "en-strength" in figures
        assert {name.replace("en-", "zh-", 1) for name in figures if name.startswith("en-")} == {
            name for name in figures if name.startswith("zh-")
        }
        for name in figures:
            assert json.loads(scripts(written["html"])[name])["data"]

    @pytest.mark.parametrize(("name", "number"), [("one-pool", "every 1 min"), ("two-minute-no", "4")])
    def test_apps_say_how_many_they_are_or_how_often_they_come(self, name, number):
        apps = _apps(Texts("en"), load(name))
        assert apps.rows[-1][3] == number

    def test_only_sections_with_content(self, written):
        letters = re.findall(r'id="en-([A-J])"', written["html"])
        assert letters == ["A", "B", "E", "F", "G", "H", "I", "J"] or letters == ["A", "B", "F", "G", "H", "I", "J"]
        for part in re.findall(r"<details.*?</details>", written["html"], flags=re.DOTALL):
            assert "<td" in part or "<p>" in part or "<figure" in part

    def test_each_row_has_a_dot_per_repeat(self, written):
        strip = re.search(r'<svg class="strip".*?</svg>', written["html"], flags=re.DOTALL)[0]
        assert strip.count("<rect") == REPEATS
        assert "Mesos in 20" in strip


class TestMarkdown:
    def test_it_has_the_sections_of_the_first_page_in_order(self, written):
        assert re.findall(r"^#+ (.*)$", written["md"], flags=re.MULTILINE) == [
            "Which?",
            "What we measured",
            "Why",
            "What would change the answer",
            "What this cannot tell you",
            "Run it again",
        ]

    def test_it_does_not_speak_of_what_it_does_not_show(self, written):
        assert "Dots" not in written["md"]
        assert "Dots" in written["html"]

    def test_it_comes_in_chinese(self, tmp_path):
        (file,) = report(comparison(), tmp_path, formats=["md"], language="zh")
        text = file.read_text(encoding="utf-8")
        assert "## 测得什么" in text
        assert "| web 恢复满员所需时间 |" in text


class TestNever:
    @pytest.mark.parametrize("word", ["p-value", "p <", "t-test", "score", "winner", "scalable", "significan"])
    def test_words_that_do_not_belong_on_the_first_page(self, written, word):
        assert word not in " ".join(Page(written["html"]).texts["en"]).lower()
        assert word not in written["md"].lower()

    def test_simulated_is_said_before_the_answer(self, written):
        page = " ".join(Page(written["html"]).texts["en"]).lower()
        assert page.index("simulated") < page.index("mesos heals")


def hostile():
    of = scenario(
        IMG,
        machines=(make.node(SCRIPT, pool=IMG), make.node(FORMULA)),
        study=study(
            finding=None,
            why=LocalText(IMG, IMG),
            source=SCRIPT,
            cannot_tell=(LocalText(SCRIPT, IMG),),
            figure="strength",
        ),
        document={"name": IMG, "apps": [{"name": SCRIPT}]},
    )
    return comparison(of, IMG)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    written = report(hostile(), tmp_path_factory.mktemp("hostile"))
    return {file.suffix[1:]: file.read_text(encoding="utf-8") for file in written}


class TestHostileNames:
    def test_they_are_text_in_html(self, files):
        html = without_plotly(files["html"])
        assert "<img" not in html
        assert "alert(2)</script>" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html
        assert len(re.findall("<script", html)) == len(re.findall("</script", html))
        Page(html)

    def test_no_letter_of_markup_is_left_in_json_scripts(self, files):
        for text in scripts(files["html"]).values():
            assert not re.search("[<>&]", text)
        assert json.loads(scripts(files["html"])["provenance"])["scenario"]["name"] == IMG

    def test_figures_show_them_letter_by_letter(self, files):
        for name, text in scripts(files["html"]).items():
            if name != "provenance":
                assert "<img" not in json.dumps(json.loads(text))

    def test_they_are_text_in_markdown(self, files):
        assert "<img" not in files["md"]
        assert "<script" not in files["md"]

    def test_they_are_no_formulas_in_csv(self):
        assert [guarded(text) for text in ("=1", "+1", "-1", "@x", "\tx", "a=1")] == [
            "'=1", "'+1", "'-1", "'@x", "'\tx", "a=1",
        ]  # fmt: skip

    def test_a_formula_as_the_name_of_an_app(self, tmp_path):
        (file,) = report(comparison(scenario(FORMULA), FORMULA), tmp_path, formats=["csv"])
        abouts = {row["about"] for row in csv.DictReader(io.StringIO(file.read_text()))}
        assert abouts == {"'" + FORMULA, ""}

    def test_the_terminal_gets_no_control_characters(self):
        of = scenario("\x1b[31mred")
        assert "\x1b" not in summary(comparison(of, "\x1b[31mred"))


SECRET_MANIFEST = """
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"x": "hunter2"}'}
spec:
  containers:
  - name: web
    image: shop/web:1
    env: [{name: TOKEN, value: hunter2}]
    command: [serve, --password=hunter2]
    livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Authorization, value: hunter2}]}}
  volumes: [{name: home, hostPath: {path: /home/bob/data}}]
"""
SECRET_MARATHON = json.dumps({"id": "/web", "cmd": "serve hunter2", "env": {"TOKEN": "hunter2"}, "instances": 2})


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    of = scenario(
        document={
            "name": "made",
            "manifests": ["/home/bob/shop.yaml"],
            "marathon": ["beside/web.json"],
            "images": {"https://bob:hunter2@registry.example/web": 1},
        },
        files={"/home/bob/shop.yaml": SECRET_MANIFEST, "beside/web.json": SECRET_MARATHON},
    )
    return [file.read_text(encoding="utf-8") for file in report(comparison(of), tmp_path_factory.mktemp("secret"))]


class TestWhatMayNotLeave:
    @pytest.mark.parametrize("word", ["hunter2", "bob", "/home"])
    def test_it_is_in_no_file(self, texts, word):
        assert not [text for text in map(without_plotly, texts) if word in text]

    def test_the_files_themselves_are_kept(self, texts):
        kept = json.loads(next(text for text in texts if text.startswith("{")))
        assert list(kept["files"]) == ["shop.yaml", "beside/web.json"]
        assert kept["scenario"]["manifests"] == ["shop.yaml"]
        assert json.loads(kept["files"]["beside/web.json"])["instances"] == 2

    def test_an_ordinary_folder_of_the_system_is_kept(self):
        from workbench.views.report.redaction import FOLDERS

        assert not FOLDERS.search("/var/lib/rootfs /homepage")


class TestProvenance:
    def test_it_holds_all_it_takes_to_run_again(self, written):
        held = json.loads(written["json"])
        assert json.loads(scripts(written["html"])["provenance"]) == held
        assert held["seeds"] == list(range(1, REPEATS + 1))
        assert held["sides"] == ["kubernetes", "mesos"]
        assert held["settings"] == {"world.tasks.start_jitter": 0.0}
        assert set(held["digests"]) == {"kubernetes", "mesos"}
        assert len(held["measured"][0]["values"]["mesos"]) == REPEATS

    def test_what_never_happened_is_null(self, written):
        assert json.loads(written["json"])["measured"][2]["values"]["kubernetes"][:3] == [None, None, 9.0]

    def test_the_command_names_seed_repeats_and_overrides(self, written):
        command = "workbench compare scenarios/made.yaml --seed 1 --replications 20 --set apps.web.replicas=3"
        assert json.loads(written["json"])["command"] == command
        assert command in written["md"]

    def test_the_command_names_the_usual_two_where_the_file_compares_others(self):
        found = compare(with_sides(load("one-pool"), ("kubernetes", "mesos")), replications=1, deeper=False)
        assert Material(found).command.endswith("--replications 1 --sides kubernetes,mesos")
        assert "--sides" not in Material(replace(found, sides=load("one-pool").study.control_planes)).command

    def test_the_command_names_sides_that_are_not_the_usual_two(self):
        three = ("kubernetes", "mesos", "kubernetes-on-mesos")
        made = make.scenario(make.app("web"), study=Study(control_planes=three, measures=("opening:web",)))
        command = Material(compare(made, replications=1)).command
        assert command.endswith("--replications 1 --sides kubernetes,mesos,kubernetes-on-mesos")

    def test_equal_runs_have_equal_fingerprints(self):
        assert Material(comparison()).fingerprint == Material(comparison()).fingerprint
        other = comparison(make.scenario(make.app("web", replicas=4), study=study()))
        assert Material(comparison()).fingerprint != Material(other).fingerprint


class TestCsv:
    def test_one_line_per_measure_side_and_repeat(self, written):
        lines = list(csv.DictReader(io.StringIO(written["csv"])))
        assert len(lines) == (3 + 1) * 2 * REPEATS
        assert lines[0] == {
            "scenario": "made", "measure": "heal", "about": "web", "unit": "s", "settings": "as-given",
            "side": "kubernetes", "repeat": "1", "seed": "1", "value": "350", "within_run": "yes",
        }  # fmt: skip

    def test_what_never_happened_has_no_value(self, written):
        lines = [line for line in csv.DictReader(io.StringIO(written["csv"])) if line["within_run"] == "no"]
        assert [line["value"] for line in lines] == ["", ""]


class TestWriting:
    def test_a_file_per_format_called_after_the_scenario(self, tmp_path):
        files = report(comparison(), tmp_path / "new" / "folder")
        assert [file.name for file in files] == [f"made.{ending}" for ending in FORMATS]
        assert sorted(tmp_path.joinpath("new", "folder").iterdir()) == sorted(files)

    def test_only_what_was_asked_for(self, tmp_path):
        assert [file.name for file in report(comparison(), tmp_path, formats=["md"])] == ["made.md"]

    def test_an_unknown_format_is_refused_with_the_nearest(self, tmp_path):
        with pytest.raises(InputError, match=r"htlm.*did you mean 'html'"):
            report(comparison(), tmp_path, formats=["htlm"])
        assert not list(tmp_path.iterdir())

    def test_an_unknown_language_is_refused(self, tmp_path):
        with pytest.raises(WorkbenchError, match="no language"):
            report(comparison(), tmp_path, language="fr")
        assert not list(tmp_path.iterdir())

    def test_a_folder_that_is_a_file_is_a_clear_error(self, tmp_path):
        (tmp_path / "out").write_text("here already")
        with pytest.raises(InputError, match="cannot be written"):
            report(comparison(), tmp_path / "out")

    def test_a_failure_while_writing_leaves_nothing_new(self, tmp_path, monkeypatch):
        (tmp_path / "made.md").write_text("the one before")
        monkeypatch.setattr("pathlib.Path.chmod", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(InputError, match="No space left"):
            report(comparison(), tmp_path)
        assert [file.read_text() for file in tmp_path.iterdir()] == ["the one before"]

    def test_the_same_comparison_gives_the_same_bytes(self, tmp_path):
        first = [file.read_bytes() for file in report(comparison(), tmp_path / "a")]
        assert first == [file.read_bytes() for file in report(comparison(), tmp_path / "b")]


class TestSummary:
    def test_question_answer_and_a_line_per_measure(self):
        lines = summary(comparison()).splitlines()
        assert lines[0] == "Which?"
        assert lines[1].startswith("Mesos heals after 1 min 17 s, Kubernetes after 5 min 53 s.")
        assert lines[4].startswith("web full again after")
        assert lines[4].endswith("20 of 20 repeats")

    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("columns", [60, 80, 200])
    def test_no_line_is_longer_than_the_terminal(self, language, columns):
        from workbench.views.report.terminal import _width

        said = summary(comparison(), language, columns)
        assert max(map(_width, said.splitlines())) <= columns
        assert said.replace("\n", " ").startswith(summary(comparison(), language).splitlines()[0])

    def test_a_narrow_terminal_gets_no_ranges_and_a_very_narrow_one_a_list(self):
        full, brief, listed = (summary(comparison(), "en", columns) for columns in (0, 100, 50))
        assert "–" in full
        assert "–" not in brief
        assert "\n  Kubernetes " in listed

    @pytest.mark.parametrize("columns", range(50, 80, 3))
    def test_in_a_list_only_what_is_longer_than_a_line_is_cut(self, columns):
        listed = [one.strip() for one in summary(comparison(), "en", columns).splitlines() if one.startswith("  ")]
        parts = [part for one in listed for part in one.split(" · ")]
        assert "Kubernetes not within the run in 2 of 20 repeats" in parts
        assert all(part.startswith(("Kubernetes ", "Mesos ", "20 of 20 ", "too close ")) for part in parts)

    def test_columns_line_up_in_chinese(self):
        from workbench.views.report.terminal import _width

        lines = summary(comparison(), "zh").splitlines()[3:]
        starts = [_width(line[: re.search(r"  +\S", line).end() - 1]) for line in lines[1:]]
        assert len(set(starts)) == 1


def test_a_note_of_a_receipt_is_filled_in(tmp_path):
    treated = {"Pod: spec": Treatment("ignored", "{name} has no counterpart", (("name", "It"),))}
    receipt = compose([Presence("Pod", "spec")], {"kubernetes": {}, "mesos": treated}, "a.yaml")
    (file,) = report(comparison(), tmp_path, formats=["html"], receipts=[receipt])
    assert "It has no counterpart" in file.read_text(encoding="utf-8")


class TestDots:
    def places(self, *pairs, grain=0.5):
        difference = paired([0.0] * len(pairs), pairs, grain)
        return [dot.x for dot in dots.layout(difference, 2.0)]

    def test_the_first_side_lower_lies_left_the_second_right(self):
        left, right = sorted(self.places(10.0, -10.0))
        assert left < 0 < right

    def test_equal_values_lie_side_by_side_not_on_top_of_each_other(self):
        found = dots.layout(paired([0.0] * 20, [9.0] * 20, 0.5), 2.6)
        assert len({(dot.x, dot.y) for dot in found}) == 20
        assert all(dot.x < 0 for dot in found)

    def test_what_is_not_worth_speaking_of_lies_in_the_middle(self):
        assert abs(self.places(0.1, 40.0)[0]) < 10

    def test_without_bound_is_further_out_than_any_number(self):
        never, number = self.places(5.0, math.inf)[::-1]
        assert abs(never) > abs(number)

    def test_of_many_repeats_a_fair_selection_is_drawn(self):
        found = dots.layout(paired([0.0] * 3000, [1.0, -1.0, 1.0] * 1000, 0.1), 1.3)
        assert len(found) == 250
        assert 70 < sum(dot.x > 0 for dot in found) < 95

    def test_all_the_same_is_drawn_without_a_scale(self):
        assert len(self.places(0.0, 0.0, grain=0.0)) == 2


class TestDecisions:
    @pytest.fixture
    def trace(self):
        run = Trace("made", "kubernetes", 1, make.seconds(100))
        for name, submitted, decided in (("a", 0, 30), ("b", 0, None), ("c", 10, 10)):
            run["tasks"].append(
                name, "web", "t", "batch", 0, 0, 1, 1, make.seconds(submitted), make.seconds(submitted + 1),
                NEVER, NEVER if decided is None else make.seconds(decided), *[NEVER] * 8, "node-1", 2, "waiting", "", 0,
            )  # fmt: skip
        run["decisions"].append(0, "a", 1, "", 0, "NodeResourcesFit/Insufficient cpu=3; Other/x/y=1")
        run["decisions"].append(1, "b", 1, "", 0, "NodeResourcesFit/Insufficient cpu=2")
        return run

    def test_refusals_are_counted_by_rule_and_reason(self, trace):
        assert decisions.refusals(trace) == [("NodeResourcesFit", "Insufficient cpu", 5, 2), ("Other", "x/y", 1, 1)]

    def test_the_longest_waits_come_first_and_end_with_the_run(self, trace):
        assert [(one.task, one.wait_s, one.why) for one in decisions.longest(trace)] == [
            ("b", 100.0, "Insufficient cpu"),
            ("a", 30.0, "Insufficient cpu"),
        ]

    @pytest.mark.parametrize(
        ("code", "english", "chinese"),
        [
            ("Insufficient cpu", "Insufficient cpu", "CPU 不足"),
            ("Insufficient example.com/fpga", "Insufficient example.com/fpga", "example.com/fpga 不足"),
            (
                "node(s) had untolerated taint {a: }",
                "node(s) had untolerated taint {a: }",
                "节点带有 Pod 不容忍的污点 {a: }",
            ),
            ("too-small", "the offer is too small", "邀约的资源不够"),
            ("something {odd", "something {odd", "something {odd"),
        ],
    )
    def test_reasons_are_said_in_both_languages(self, code, english, chinese):
        assert decisions.said(Texts("en"), code) == english
        assert decisions.said(Texts("zh"), code) == chinese


SHIPPED = sorted(shipped())


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The reports of the shipped scenarios, of two repeats: scenario -> page."""
    folder = tmp_path_factory.mktemp("shipped")
    made = {}
    for name in SHIPPED:
        (file,) = report(compare(load(shipped()[name]), replications=2), folder, formats=["html"])
        made[name] = file.read_text(encoding="utf-8")
    return made


@pytest.mark.parametrize("name", SHIPPED)
class TestShippedScenarios:
    def test_the_first_page_stands_within_its_limits(self, pages, name):
        answer = re.search(r'<p class="answer">(.*?)</p>', pages[name], flags=re.DOTALL)[1]
        assert len(words(Page(pages[name]).texts["en"])) <= 300
        assert len(answer.replace("\N{NO-BREAK SPACE}", " ").split()) <= 40

    def test_the_chinese_page_holds_no_english_sentence(self, pages, name):
        prose = " ".join(Page(pages[name]).texts["zh"])
        assert not re.search(r"(?:\b[a-z]{2,}\b[ ,]+){4}", prose)

    def test_it_has_its_figure_and_what_would_change_the_answer(self, pages, name):
        assert f'id="en-{load(shipped()[name]).study.figure}"' in pages[name]
        assert "What would change the answer" in pages[name]
