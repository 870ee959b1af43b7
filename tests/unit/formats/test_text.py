"""Text files and plain values, read without trusting the file."""

import time

import pytest

from workbench.errors import DocumentError
from workbench.formats.text import json_document, read_text, yaml_documents


def value(text, **more):
    return yaml_documents(text, "x.yaml", limit_values=1000, **more)[0].value


def faults(text, read=yaml_documents, limit=1000):
    with pytest.raises(DocumentError) as caught:
        read(text, "x", limit_values=limit)
    return [(problem.code, problem.place) for problem in caught.value.problems]


# The notations of YAML 1.1 (yaml.org/type) as Kubernetes' reader takes them.
@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("", None, id="nothing is null"),
        pytest.param("~", None, id="a tilde is null"),
        pytest.param("yes", True, id="yes is true"),
        pytest.param("Off", False, id="Off is false"),
        pytest.param("y", "y", id="y is text"),
        pytest.param("12", 12, id="a whole number"),
        pytest.param("-7", -7, id="a negative number"),
        pytest.param("0644", 0o644, id="octal with a leading zero"),
        pytest.param("0o644", 0o644, id="octal with 0o"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("0b101", 5, id="binary"),
        pytest.param("1.5", 1.5, id="a fraction"),
        pytest.param(".5", 0.5, id="a fraction without a zero"),
        pytest.param("1e3", 1000.0, id="an exponent without a sign"),
        pytest.param("500m", "500m", id="a quantity is text"),
        pytest.param("1.2.3", "1.2.3", id="a version is text"),
        pytest.param("8080:80", "8080:80", id="ports beyond base 60 are text"),
        pytest.param("10.0.0.1", "10.0.0.1", id="an address is text"),
        pytest.param("+", "+", id="a sign alone is text"),
        pytest.param("2016-05-06T19:25:10Z", "2016-05-06T19:25:10Z", id="a whole timestamp stays text, as in exports"),
        pytest.param('"2024-01-01"', "2024-01-01", id="quotes keep a date"),
        pytest.param("!!str 12", "12", id="the plain tag of text"),
        pytest.param("!!int '12'", 12, id="the plain tag of a number"),
        pytest.param("|\n  a\tb\n", "a\tb\n", id="a tab inside a text"),
    ],
)
def test_a_scalar_stands_for(written, read):
    found = value(f"a: {written}")["a"]
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        pytest.param("2024-01-01", "date", id="a date"),
        pytest.param("2024-1-1 10:00:00", "date", id="a date with a time"),
        pytest.param("12:30:45", "number in base 60", id="a time of day"),
        pytest.param("22:22", "number in base 60", id="ports below 60"),
        pytest.param("1_000", "number", id="an underscore"),
        pytest.param("0x1_0", "number", id="an underscore in hexadecimal"),
        pytest.param("08", "number with a leading zero", id="a leading zero that is not octal"),
        pytest.param("-.inf", "number without a value", id="infinity"),
        pytest.param(".nan", "number without a value", id="not a number"),
        pytest.param("1e999", "number beyond all bounds", id="an exponent beyond all bounds"),
        pytest.param("9" * 5000, "number too long for an amount", id="thousands of digits"),
    ],
)
def test_what_yaml_1_1_misreads_asks_for_quotes(written, kind):
    with pytest.raises(DocumentError) as caught:
        value(f"a: {written}")
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.args["kind"]) == ("yaml-not-string", "x.yaml:1: a", kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", [("yaml-duplicate-key", "x:3: a")], id="a key twice"),
        pytest.param("on: 1\n", [("yaml-not-string", "x:1: on")], id="a boolean as key"),
        pytest.param("1.5: 1\n", [("yaml-not-string", "x:1: ['1.5']")], id="a fraction as key"),
        pytest.param("? [a]\n: 1\n", [("yaml-key", "x:1")], id="a list as key"),
        pytest.param("a: {{ .Values.a }}\n", [("yaml-key", "x:1: a")], id="a template's value"),
        pytest.param("{{- if .a }}\nb: 1\n", [("yaml-template", "x:1")], id="a template's line"),
        pytest.param("a: !env X\n", [("yaml-tag", "x:1: a")], id="a tag of somebody's own"),
        pytest.param("a: !!python/name:os.system\n", [("yaml-tag", "x:1: a")], id="a tag that would run code"),
        pytest.param("a: !!set {b: }\n", [("yaml-tag", "x:1: a")], id="a tag for a type without counterpart"),
        pytest.param("a: &a [*a]\n", [("yaml-alias", "x:1: a[0]")], id="an alias inside its own anchor"),
        pytest.param("a: *b\n", [("yaml-alias", "x:1: a")], id="an alias of nothing"),
        pytest.param("a: {<<: 3}\n", [("yaml-merge", "x:1: a['<<']")], id="a merge of no mapping"),
        pytest.param("a:\n\tb: 1\n", [("yaml-tab", "x:2")], id="a tab"),
        pytest.param("a:\n  b:\n\t  c: 1\n\td: 2\n", [("yaml-tab", "x:3"), ("yaml-tab", "x:4")], id="every tab"),
        pytest.param("a: [1, 2\nb: 3\n", [("yaml-syntax", "x:1")], id="a bracket not closed, where it opens"),
        pytest.param("a: 'x\n\n\n", [("yaml-syntax", "x:1")], id="a quote not closed, where it opens"),
        pytest.param("a: b: c\n", [("yaml-syntax", "x:1")], id="two colons"),
        pytest.param("a: \x01\n", [("yaml-syntax", "x:1")], id="a control character"),
        pytest.param("a: \ud800\n", [("json-half-character", "x")], id="half a character"),
        pytest.param("[" * 5000, [("too-deep", "x:1")], id="deep brackets"),
        pytest.param("- " * 5000, [("too-deep", "x:1")], id="deep lists"),
        pytest.param(
            "a: 2024-01-01\nb: !x 1\na: 12:30\nc: d: e\n",
            [
                ("yaml-not-string", "x:1: a"),
                ("yaml-tag", "x:2: b"),
                ("yaml-duplicate-key", "x:3: a"),
                ("yaml-not-string", "x:3: a"),
                ("yaml-syntax", "x:4"),
            ],
            id="all faults at once, up to the one that stops the parser",
        ),
    ],
)
def test_a_fault_of_yaml_has_its_place(text, expected):
    assert faults(text) == expected


def test_no_more_than_a_hundred_faults_are_listed():
    found = faults("\n".join(f"k{number}: 2024-01-01" for number in range(2000)), limit=10_000)
    assert len(found) == 101
    assert found[-1][0] == "and-more"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("b: &b {x: 1, y: 2}\na: {<<: *b, y: 3}", {"y": 3, "x": 1}, id="own keys win over merged ones"),
        pytest.param("b: &b {x: 1}\na: {<<: [*b, {x: 2, z: 3}]}", {"x": 1, "z": 3}, id="the first of several wins"),
        pytest.param("b: &b [1]\na: [*b, *b]", [[1], [1]], id="an alias repeats its value"),
        pytest.param("8080: x\na: {9000: y}", {"9000": "y"}, id="whole numbers as keys are text, as in Kubernetes"),
        pytest.param("'<<': x\na: {'<<': y}", {"<<": "y"}, id="a quoted merge key is a key"),
    ],
)
def test_aliases_merges_and_keys(text, read):
    assert value(text)["a"] == read


BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BOMB, id="aliases of aliases"),
        pytest.param(BOMB.replace("[", "{<<: [").replace("]", "]}").replace("[x]", "[{x: 1}]"), id="merges of merges"),
        pytest.param("- 1\n" * 1_000_000, id="a million values"),
        pytest.param("[" + "1," * 1_900_000 + "1]", id="a million values in brackets"),
    ],
)
def test_more_values_than_allowed_are_refused_within_two_seconds(text):
    start = time.process_time()
    assert faults(text, limit=100_000)[0][0] == "yaml-too-many"
    assert time.process_time() - start < 2


def test_values_are_counted_after_alias_expansion():
    text = "a: &a [1, 2, 3]\nb: *a\n"  # the mapping, two keys, twice the list and its three numbers
    assert len(yaml_documents(text, "x", limit_values=11)) == 1
    assert faults(text, limit=10) == [("yaml-too-many", "x:2")]


# -- documents and places -------------------------------------------------------------------------------------------


def test_several_documents_keep_their_lines():
    first, second = yaml_documents("# first\na: 1\n---\nb:\n  - c: 2\n    d/e: 3\n---\n", "x.yaml", limit_values=99)
    assert first.place(("a",)) == "x.yaml:2: a"
    assert second.place(("b", 0, "d/e")) == "x.yaml:6: b[0]['d/e']"
    assert second.place(("b", 0, "gone", "deeper")) == "x.yaml:5: b[0].gone.deeper"
    assert second.place(()) == "x.yaml:3"


def test_a_json_value_has_its_line():
    document = json_document('{"a": {"b": [1,\n {"c": "}"}]},\n "d": 2}', "x.json", limit_values=99)
    assert document.place(("a", "b", 1, "c")) == "x.json:2: a.b[1].c"
    assert document.place(("d",)) == "x.json:3: d"
    assert document.place(("a", "none")) == "x.json:1: a.none"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{", [("json-syntax", "x:1")], id="a brace not closed"),
        pytest.param('{"a": 1,\n}', [("json-syntax", "x:2")], id="a comma too many"),
        pytest.param("{'a': 1}", [("json-syntax", "x:1")], id="single quotes"),
        pytest.param('{"a": 1,\n "a": 2}', [("yaml-duplicate-key", "x:1: a")], id="a key twice"),
        pytest.param(
            '[1, NaN, {"a": 1e999}]', [("json-number", "x:1: [1]"), ("json-number", "x:1: [2].a")], id="no numbers"
        ),
        pytest.param("9" * 5000, [("json-number", "x:1")], id="thousands of digits"),
        pytest.param('["\\ud800"]', [("json-half-character", "x:1: [0]")], id="half a character"),
        pytest.param('{"\\ud800": 1}', [("json-half-character", "x:1")], id="half a character in a key"),
        pytest.param("[" * 100_000, [("too-deep", "x")], id="deep beyond the parser"),
        pytest.param("[" * 300 + "]" * 300, [("too-deep", "x")], id="deep beyond the limit"),
        pytest.param("[" + "1," * 1000 + "1]", [("yaml-too-many", "x")], id="too many values"),
    ],
)
def test_a_fault_of_json_has_its_place(text, expected):
    assert faults(text, json_document) == expected


def test_a_whole_character_in_two_halves_is_one():
    assert json_document('"\\ud83d\\ude00"', "x", limit_values=9).value == "\U0001f600"


def test_faults_can_be_gathered_while_reading_goes_on():
    found = []
    assert value("a: 2024-01-01\nb: 1\n", problems=found) == {"a": "2024-01-01", "b": 1}
    assert [problem.code for problem in found] == ["yaml-not-string"]


def test_progress_rises_to_the_whole():
    seen = []
    text = "- abc\n" * 40_000
    yaml_documents(text, "x", limit_values=100_000, progress=lambda done, of: seen.append((done, of)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(text), len(text))
    assert len(seen) > 2


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "file-empty", id="no byte"),
        pytest.param(b" \n\t\n", "file-empty", id="only white space"),
        pytest.param(b"a: \x00", "file-binary", id="a zero byte"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "file-binary", id="a picture"),
        pytest.param(b"\x1f\x8b\x08\x00", "file-binary", id="a compressed file"),
        pytest.param(b"a: caf\xe9\n", "file-binary", id="an older encoding"),
        pytest.param("a: b\n".encode("utf-16"), "file-encoding", id="UTF-16"),
        pytest.param(b"a" * 101, "file-too-large", id="longer than allowed"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, data, code):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    with pytest.raises(DocumentError) as caught:
        read_text(path, limit=100)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == (code, "x.yaml")


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DocumentError, match="no such file"):
        read_text(tmp_path / "none.yaml", limit=100)
    with pytest.raises(DocumentError, match="cannot be read"):
        read_text(tmp_path, limit=10**6)
    with pytest.raises(DocumentError, match="cannot be read"):
        read_text(tmp_path / "a\0b", limit=100)


def test_a_byte_order_mark_of_utf_8_is_left_off(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_text(path, limit=100) == "a: 1\n"
