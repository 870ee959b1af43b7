"""Which files are records, and what is a case in them."""

import gzip
import json

import pytest

from workbench.errors import DocumentError
from workbench.fidelity import run_fidelity
from workbench.fidelity.records import find, recognised

DECISIONS = {
    "case": {"name": "basic", "family": "fit"},
    "result": {
        "decisions": [
            {"pod": "default/a", "chosen": "n1"},
            {"op": "addNode", "name": "n2"},
            {"pod": "default/a", "error": "not pending"},
            {"pod": "default/b", "chosen": ""},
        ]
    },
}
SCRIPT = {"name": "gates-01", "family": "gates", "events": [], "expected": []}
ROWS = {
    "family": "daemonset",
    "groups": [{"function": "f", "cases": [{"id": "daemonset/00/00"}, {"id": "daemonset/00/01"}]}],
}
MESOS = {"kind": "sorter", "cases": [{"id": "s.1"}, {"id": "s.2"}]}
RECORDED = {"id": "probe.1", "kind": "allocator", "source": "real", "events": []}


@pytest.mark.parametrize(
    ("document", "system", "family", "cases"),
    [
        pytest.param(
            DECISIONS, "kube-scheduler", "fit", ["basic/0", "basic/3"], id="decisions count, other entries are replayed"
        ),
        pytest.param(SCRIPT, "kube-queue", "gates", ["gates-01"], id="a queue script is one case"),
        pytest.param(ROWS, "kubernetes", "daemonset", ["daemonset/00/00", "daemonset/00/01"], id="a row is a case"),
        pytest.param(MESOS, "mesos", "sorter", ["s.1", "s.2"], id="an id is a case"),
        pytest.param(RECORDED, "mesos", "allocator", ["probe.1"], id="a recorded file is one case"),
    ],
)
def test_the_four_kinds_are_known_by_their_shape(document, system, family, cases):
    record = recognised(document, "file.json")
    assert (record.system, record.family) == (system, family)
    assert [case.id for case in record.cases] == cases


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="a list"),
        pytest.param({"agree": 1}, id="other keys"),
        pytest.param({"family": "x", "groups": 5}, id="groups that are no list"),
        pytest.param({"family": "x", "groups": [{"cases": [{}]}]}, id="a row without an id"),
        pytest.param({"case": 1, "result": {}}, id="a case that is no mapping"),
    ],
)
def test_anything_else_is_no_record(document):
    assert recognised(document, "file.json") is None


def test_folders_are_searched_to_any_depth_and_packed_files_are_read(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.json.gz").write_bytes(gzip.compress(json.dumps(ROWS).encode()))
    (tmp_path / "b.json").write_text(json.dumps(SCRIPT))
    (tmp_path / "agreement.json").write_text("{}")
    (tmp_path / "README.md").write_text("no record")
    report = run_fidelity([tmp_path])
    assert [verdict.case for verdict in report.verdicts] == ["gates-01", "daemonset/00/00", "daemonset/00/01"]
    assert report.others == ("agreement.json",)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        pytest.param("a.json", b"{", "json-syntax", id="not JSON"),
        pytest.param("a.json", b"\xff\xfe\x00", "json-syntax", id="binary"),
        pytest.param("a.json", b"", "json-syntax", id="empty"),
        pytest.param("a.json", b"[" * 100_000, "json-syntax", id="endless nesting"),
        pytest.param("a.json.gz", b"{}", "file-unreadable", id="not packed"),
        pytest.param("a.json.gz", gzip.compress(b"{}" * 1000)[:-9], "file-unreadable", id="cut short"),
        pytest.param("a.json", b"{}", "not-a-record", id="no record"),
    ],
)
def test_a_bad_file_is_a_message(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        run_fidelity([path])
    assert [problem.code for problem in caught.value.problems] == [code]
    assert str(tmp_path) not in str(caught.value)


def test_every_missing_path_is_named_at_once(tmp_path):
    with pytest.raises(DocumentError) as caught:
        find([tmp_path / "x", tmp_path / "y"])
    assert [problem.place for problem in caught.value.problems] == ["x", "y"]


def test_a_folder_without_records_is_a_message(tmp_path):
    with pytest.raises(DocumentError, match="no recorded decisions"):
        run_fidelity([tmp_path])
