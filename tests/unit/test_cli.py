"""The command line: exit codes, what is written, and no traceback whatever was typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from workbench.cli import Bar, main

SMALL = """
name: small
question: {en: Who?, zh: 谁?}
horizon: 120s
cluster: {pools: [{name: node, count: 2, capacity: {cpu: 2, memory: 4Gi}}]}
apps:
  - {name: web, kind: service, replicas: 2, request: {cpu: 500m, memory: 256Mi}, start: 1s, ready: 1s}
study: {replications: 2, measures: ["opening:web"]}
"""


@pytest.fixture
def small(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_compare_writes_every_format_and_says_where(small, tmp_path, capsys):
    assert main(["compare", str(small), "--out", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "small.csv", "small.html", "small.json", "small.md",
    ]  # fmt: skip
    said = capsys.readouterr().out
    assert "Who?" in said
    assert "small.html" in said


def test_compare_in_chinese(small, tmp_path, capsys):
    assert main(["compare", str(small), "--out", str(tmp_path), "--lang", "zh", "--format", "md"]) == 0
    assert "谁?" in capsys.readouterr().out
    assert "谁?" in (tmp_path / "small.md").read_text(encoding="utf-8")


def test_the_same_command_gives_the_same_numbers_again(small, tmp_path):
    for folder in ("a", "b"):
        assert main(["compare", str(small), "--out", str(tmp_path / folder), "--format", "csv,json"]) == 0
    for name in ("small.csv", "small.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_overrides_reach_settings_and_the_scenario_itself(small, tmp_path):
    words = ["compare", str(small), "--out", str(tmp_path), "--format", "json", "--replications", "1"]
    assert main([*words, "--set", "apps.web.replicas=4", "--set", "world.tasks.start_jitter=0"]) == 0
    text = (tmp_path / "small.json").read_text(encoding="utf-8")
    document = json.loads(text)["provenance"]["scenario"] if "provenance" in json.loads(text) else json.loads(text)
    assert '"replicas": 4' in json.dumps(document)


def test_run_writes_one_csv_file_per_table(small, tmp_path, capsys):
    assert main(["run", str(small), "--on", "mesos", "--seed", "7", "--trace", str(tmp_path / "trace")]) == 0
    with (tmp_path / "trace" / "tasks.csv").open(encoding="utf-8") as file:
        assert [row["app"] for row in csv.DictReader(file)] == ["web", "web"]
    assert "sha256 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["compare", "no-such.yaml"], "no such file", id="no such file"),
        pytest.param(["compare", "frist-look"], "did you mean 'first-look'?", id="no such shipped scenario"),
        pytest.param(["run", "SMALL", "--on", "mesoss"], "did you mean 'mesos'?", id="no such control plane"),
        pytest.param(["run", "SMALL", "--set", "nonsense"], "is not PATH=VALUE", id="override without ="),
        pytest.param(
            ["run", "SMALL", "--set", "mesos.offers.refuse=3"], "did you mean 'mesos.offers.refuse_s'?",
            id="no such setting",
        ),
        pytest.param(["run", "SMALL", "--set", "mesos.offers.refuse_s=-1"], "-1 is outside 0 to 600 s", id="too low"),
        pytest.param(["run", "SMALL", "--set", "mesos.offers.refuse_s=soon"], "is not a number", id="not a number"),
        pytest.param(["run", "SMALL", "--set", "apps.wep.replicas=3"], "did you mean 'web'?", id="no such app"),
        pytest.param(["run", "SMALL", "--set", "apps.web.replicas=-3"], "apps[0].replicas", id="negative replicas"),
        pytest.param(["compare", "SMALL", "--format", "htm"], "did you mean 'html'?", id="no such format"),
        pytest.param(["run", "SMALL", "--seed", "-3"], "-3 is outside 0 to", id="a seed that no file may have"),
        pytest.param(["compare", "SMALL", "--replications", "0"], "0 is outside 1 to 10000 repeats", id="no repeats"),
        pytest.param(["explain", "SMALL", "web.9", "--on", "mesos"], "did you mean 'web.", id="no such task"),
        pytest.param(["explain", "SMALL", "web.0", "--on", "mesos", "--at", "soon"], "not a duration", id="no time"),
        pytest.param(["explain", "SMALL", "web.0", "--on", "mesos", "--at", "3min"], "180 is outside 0", id="too late"),
        pytest.param(["check", "FOLDER"], "it is a folder", id="a folder"),
        pytest.param(["size", "SMALL"], "there is no goal", id="no goal"),
        pytest.param(["size", "SMALL", "--goal", "start_p99<5s"], "is no goal", id="no relation of goals"),
        pytest.param(["size", "SMALL", "--goal", "wait:web<=-5s"], "'-5s' is negative", id="a bound below zero"),
        pytest.param(
            ["size", "SMALL", "--goal", "start_p99<=5s", "--pool", "nod"], "did you mean 'cluster.pools.node.count'?",
            id="no such pool",
        ),
        pytest.param(
            ["size", "SMALL", "--goal", "start_p99<=5s", "--from", "9", "--to", "3"], "3 is outside 9 to 5000",
            id="from more to fewer",
        ),
        pytest.param(
            ["size", "SMALL", "--goal", "start_p99<=5s", "--share", "95"], "95.0 is outside 0.01 to 0.9999",
            id="a share in per cent",
        ),
        pytest.param(
            ["size", "SMALL", "--goal", "start_p99<=5s", "--json", "SMALL/sizes.json"], "cannot be written",
            id="no folder to write to",
        ),
        pytest.param(["run", "SMALL", "--trace", "SMALL/trace"], "cannot be written", id="no folder for the trace"),
        pytest.param(["fidelity", "no-such-folder"], "no-such-folder", id="no such records"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "zh"])
def test_bad_calls_give_a_message_and_exit_code_2(words, said, language, small, tmp_path, capsys, monkeypatch):
    words = [word.replace("SMALL", str(small)).replace("FOLDER", str(tmp_path)) for word in words]
    monkeypatch.chdir(Path(__file__).parents[2])
    if words[0] == "compare":
        words += ["--out", str(tmp_path / "out")]
    assert main([*words, "--lang", language]) == 2
    answer = capsys.readouterr()
    assert answer.out == ""
    assert not (tmp_path / "out").exists()
    if language == "en":
        assert said in answer.err
    else:
        assert answer.err.strip()


@pytest.mark.parametrize(("language", "heard"), [("en", "web.0 is on node-"), ("zh", "web.0 在 node-")])
def test_explain_says_why_a_task_is_where_it_is(language, heard, small, capsys):
    assert main(["explain", str(small), "web.0", "--on", "mesos", "--at", "1min", "--lang", language]) == 0
    assert heard in capsys.readouterr().out


def test_check_prints_a_receipt_and_goes_on_after_a_bad_file(small, tmp_path, capsys):
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\nhorizn: 3\n", encoding="utf-8")
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n", encoding="utf-8"
    )
    assert main(["check", str(bad), str(small), str(manifest)]) == 2
    answer = capsys.readouterr()
    assert "did you mean 'horizon'?" in answer.err
    assert "small.yaml: all right" in answer.out
    assert "pod.yaml:" in answer.out


def test_every_setting_is_listed_with_its_source(capsys):
    assert main(["parameters"]) == 0
    said = capsys.readouterr().out
    assert "mesos.offers.refuse_s = 5 s  (0 to 600)" in said
    assert "mesos.proto" in said


def test_parameters_in_chinese_leave_no_unit_in_english(capsys):
    assert main(["parameters", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "mesos.offers.refuse_s = 5 秒  (0～600)" in said
    assert " s  (" not in said


def test_fidelity_prints_its_last_line_and_writes_every_verdict(tmp_path, capsys):
    assert main(["fidelity", "tests/conformance/kubernetes", "--json", str(tmp_path / "v.json")]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("fidelity: ")
    assert json.loads((tmp_path / "v.json").read_text(encoding="utf-8"))


def test_what_cannot_be_replaced_by_a_file_leaves_nothing_beside_it(tmp_path, capsys):
    (tmp_path / "v.json").mkdir()
    assert main(["fidelity", "tests/conformance/kubernetes", "--json", str(tmp_path / "v.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["v.json"]


def test_a_name_for_another_place_stays_one(tmp_path):
    link, place = tmp_path / "stdout", tmp_path / "place"
    link.symlink_to(place)
    assert main(["fidelity", "tests/conformance/kubernetes", "--json", str(link)]) == 0
    assert link.is_symlink()
    assert json.loads(place.read_text(encoding="utf-8"))


def test_a_bar_is_drawn_only_where_somebody_watches(capsys):
    with Bar("work") as bar:
        bar.show(0.5)
    assert capsys.readouterr().err == ""
