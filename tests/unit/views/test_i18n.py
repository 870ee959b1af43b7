"""Both languages are complete: nothing missing, stale, doubtful or mismatched."""

import ast
import string

import polib
import pytest
import yaml

from workbench.errors import InputError, Problem, WorkbenchError
from workbench.experiments.check import shipped
from workbench.formats.places import said
from workbench.model.scenario import LocalText
from workbench.views.i18n import CATALOGUES, LANGUAGES, Texts, update
from workbench.views.i18n.messages import _strings, collect

TRANSLATED = [language for language in LANGUAGES if language != "en"]
CURE = "run: python -m workbench.views.i18n.update"


def placeholders(template):
    """The placeholders with their conversions and formats, as often as they occur."""
    found = []
    for _, name, form, conversion in string.Formatter().parse(template):
        if name is not None:
            found.append((name, form, conversion))
    return sorted(found, key=str)


@pytest.fixture(scope="module")
def wanted():
    return collect()


@pytest.mark.parametrize("language", TRANSLATED)
class TestCatalogue:
    def entries(self, language):
        return list(polib.pofile(str(CATALOGUES / f"{language}.po"), wrapwidth=0))

    def test_every_template_has_a_sentence(self, language, wanted):
        written = {entry.msgid for entry in self.entries(language) if entry.msgstr}
        missing = {template: places for template, places in wanted.items() if template not in written}
        assert not missing, CURE

    def test_no_sentence_is_left_over_from_a_template_that_is_gone(self, language, wanted):
        stale = [entry.msgid for entry in self.entries(language) if entry.msgid not in wanted]
        assert not stale, CURE

    def test_no_sentence_is_doubtful_or_obsolete(self, language):
        assert not [entry.msgid for entry in self.entries(language) if entry.fuzzy or entry.obsolete]

    def test_no_template_appears_twice(self, language):
        msgids = [entry.msgid for entry in self.entries(language)]
        assert len(msgids) == len(set(msgids))

    def test_sentences_fill_in_what_their_templates_fill_in(self, language):
        wrong = [
            (entry.msgid, entry.msgstr)
            for entry in self.entries(language)
            if entry.msgstr and set(placeholders(entry.msgid)) != set(placeholders(entry.msgstr))
        ]
        assert not wrong

    def test_sentences_are_chinese_unless_they_are_only_names_and_signs(self, language):
        english = [
            entry.msgid
            for entry in self.entries(language)
            if entry.msgstr == entry.msgid and any(word.islower() for word in _prose(entry.msgid))
        ]
        assert not english

    def test_punctuation_is_chinese(self, language):
        narrow = [entry.msgstr for entry in self.entries(language) if entry.msgstr != update.full_width(entry.msgstr)]
        assert not narrow, CURE

    def test_the_compiled_catalogue_is_up_to_date(self, language):
        compiled = CATALOGUES / f"{language}.mo"
        assert compiled.exists(), CURE
        source = polib.pofile(str(CATALOGUES / f"{language}.po"), wrapwidth=0)
        assert compiled.read_bytes() == source.to_binary(), CURE


def _prose(template):
    """The words of a template without placeholders, longer than a unit."""
    text = "".join(part for part, *_ in string.Formatter().parse(template))
    return [word for word in text.split() if len(word) > 3 and word.isalpha()]


def chinese_texts(value):
    """Every text of a scenario file that stands under `zh`."""
    if isinstance(value, dict):
        yield from ([value["zh"]] if isinstance(value.get("zh"), str) else [])
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from chinese_texts(one)


@pytest.mark.parametrize("path", sorted(shipped().values()), ids=lambda path: path.stem)
def test_scenarios_use_chinese_punctuation(path):
    texts = list(chinese_texts(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert texts
    assert not [text for text in texts if " ".join(text.split()) != update.full_width(" ".join(text.split()))]


class TestTexts:
    def test_english_is_the_template_filled_in(self):
        assert Texts("en")("{minutes} min", minutes=5) == "5 min"

    def test_chinese_comes_from_the_catalogue(self):
        assert Texts("zh")("{minutes} min", minutes=5) == "5 分钟"

    def test_an_unknown_language_is_refused(self):
        with pytest.raises(WorkbenchError, match="no language 'fr'"):
            Texts("fr")

    def test_the_empty_template_stays_empty(self):
        assert Texts("zh").template("") == ""

    def test_a_text_written_per_language_is_taken_from_its_author(self):
        assert Texts("zh").local(LocalText("Who waits?", "谁在等?")) == "谁在等?"

    def test_a_problem_keeps_its_place_and_the_users_words(self):
        problem = Problem("wrong-type", "s.yaml:3: seed", {"value": "a number", "wanted": "a number"})
        assert Texts("zh").problem(problem) == "s.yaml:3: seed: 'a number' 不是数字"

    @pytest.mark.parametrize(
        ("value", "said_of_it"),
        [([1], "列表不是文本"), ({"a": 1}, "映射不是文本"), (None, "null 不是文本"), ("a list", "'a list' 不是文本")],
    )
    def test_words_for_values_are_ours_what_stands_in_the_file_is_the_users(self, value, said_of_it):
        problem = Problem(
            "wrong-type", "", {"value": said(value), "wanted": "text; put it in quotes if it is meant as text"}
        )
        assert Texts("zh").problem(problem).startswith(said_of_it)

    def test_a_kind_of_value_is_translated_a_kind_of_app_is_not(self):
        value = Problem("json-number", "", {"text": "1e999", "kind": "number beyond all bounds"})
        app = Problem("not-for-kind", "", {"key": "duration", "kind": "service", "right": "batch"})
        assert "number" not in Texts("zh").problem(value)
        assert "service" in Texts("zh").problem(app)

    def test_an_error_gives_one_line_per_problem(self):
        error = InputError([Problem("file-missing", "a"), Problem("file-missing", "b")])
        assert Texts("zh").error(error).splitlines() == ["a: 没有这个文件；请检查路径", "b: 没有这个文件；请检查路径"]


class TestCollecting:
    def test_calls_tables_and_declarations_are_all_covered(self, wanted):
        assert "views/amounts.py" in wanted["{minutes} min"]
        assert wanted["no such file; check the path"] == ["errors.py"]
        assert "cli.py" in wanted["stopped"]
        assert any(place.startswith("parameter ") for places in wanted.values() for place in places)

    def test_of_a_choice_between_literals_each_counts(self):
        choice = ast.parse("'a' if x else 'b'", mode="eval").body
        assert list(_strings(choice)) == ["a", "b"]

    def test_chinese_punctuation_is_as_wide_as_a_character(self):
        said = "第 {n:,} 个, 见 'a: b' (例如 x.y=1,2): 吗?"
        wide = "第 {n:,} 个，见 'a: b'（例如 x.y=1,2）：吗？"
        assert update.full_width(said) == wide
        assert update.full_width("{low}~{high}") == "{low}～{high}"
        assert update.full_width("Kubernetes: {x}") == "Kubernetes: {x}"

    def test_the_updater_writes_skeletons_and_drops_what_is_gone(self, tmp_path, monkeypatch, capsys):
        path = tmp_path / "zh.po"
        monkeypatch.setattr(update, "collect", lambda: {"b": ["x.py"], "a": ["x.py"]})
        old = polib.POFile()
        old.append(polib.POEntry(msgid="a", msgstr="甲"))
        old.append(polib.POEntry(msgid="gone", msgstr="旧"))
        old.save(str(path))
        assert update.update(path) == 1
        assert [(entry.msgid, entry.msgstr) for entry in polib.pofile(str(path))] == [("a", "甲"), ("b", "")]
        assert "dropped 'gone'" in capsys.readouterr().out
