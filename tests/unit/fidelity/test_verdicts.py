"""How agreement is counted and told."""

import gzip
import json
from pathlib import Path

import pytest

from workbench.fidelity import Report, Verdict, run_fidelity
from workbench.fidelity.adapters import judged
from workbench.fidelity.agreement import agreement
from workbench.fidelity.records import recognised

RECORDS = Path(__file__).parents[2] / "conformance" / "kubernetes"


def row(id_, expect, **given):
    return {"id": id_, "name": "a row", "input": given, "expect": expect}


def rows(family, function, *cases):
    return {"family": family, "groups": [{"function": function, "cases": list(cases)}]}


def verdicts(document):
    return {one.case: (one.status, one.detail) for one in judged(recognised(document, "f.json"))}


def test_all_records_of_the_project_agree():
    report = run_fidelity([RECORDS])
    of = sum(counts["of"] for family, counts in agreement().items() if family.startswith("kubernetes/"))
    assert report.lines()[-1] == f"fidelity: {of} of {of} cases agree"
    assert report.all_agree


def test_a_difference_is_told_and_unsupported_counts_as_not_agreeing(tmp_path):
    wrong = rows("quantity", "ParseQuantity", row("q/0", {"valueNano": "1", "format": "DecimalSI"}, text="2"))
    (tmp_path / "a.json").write_text(json.dumps(wrong))
    (tmp_path / "b.json").write_text(json.dumps(rows("no_such_family", "f", row("n/0", {}))))
    report = run_fidelity([tmp_path])
    lines = report.lines()
    assert "  kubernetes/quantity q/0 (a row): valueNano: expected '1', the model says '2000000000'" in lines
    assert lines[-1] == "fidelity: 0 of 2 cases agree"
    assert not report.all_agree
    assert [one["verdict"] for one in report.as_json()["verdicts"]] == ["differ", "unsupported"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            rows("cronjob", "getRecentUnmetScheduleTimes (historical)", row("c/0", {"times": []})),
            ("not applicable", "behaviour of releases before 1.8; later ones start only the most recent missed run"),
            id="the historical cron group",
        ),
        pytest.param(
            rows("job", "calculateSucceededIndexes", row("c/0", {}, trackingWithFinalizers=False)),
            ("not applicable", "behaviour of releases before 1.26; later ones track pods with finalizers"),
            id="jobs without finalizers",
        ),
        pytest.param(
            rows("a family of its own", "anything", row("c/0", {})),
            ("unsupported", "the model has no such part"),
            id="a family that nobody has taught the model",
        ),
        pytest.param(
            rows("quantity", "Quantity.Divide", row("c/0", {"value": 1})),
            ("unsupported", "no function 'Quantity.Divide'"),
            id="a function nobody asks the model for",
        ),
        pytest.param(
            rows("pod_effective_resources", "PodRequests", row("c/0", {"requests": {}}, newOption=True)),
            ("unsupported", "not asked of the model: newOption"),
            id="an input nobody puts to the model",
        ),
        pytest.param(
            rows("pod_effective_resources", "PodRequests", row("c/0", {"qos": ""})),
            ("unsupported", "no answer for qos"),
            id="an expectation nobody answers",
        ),
    ],
)
def test_verdicts_other_than_agreement(document, expected):
    assert verdicts(document)["c/0"] == expected


def test_jobs_with_finalizers_count():
    document = rows("job", "calculateSucceededIndexes", row("c/0", {}, trackingWithFinalizers=True))
    assert verdicts(document)["c/0"][0] != "not applicable"


def test_a_fault_of_the_model_in_one_case_does_not_hide_the_others():
    document = rows(
        "quantity", "ParseQuantity",
        row("q/0", {"valueNano": "0", "format": "DecimalSI"}, text="nonsense"),
        row("q/1", {"valueNano": "1000000", "format": "DecimalSI"}, text="1m"),
    )  # fmt: skip
    found = verdicts(document)
    assert found["q/0"][0] == "differ"
    assert found["q/1"] == ("agree", "")


def test_a_field_that_upstream_never_asserts_is_said_to_be_left_out(tmp_path):
    document = rows(
        "deployment_rolling", "reconcileOldReplicaSets",
        row("d/0", {"scaled": True, "expectedOldReplicasListedUpstream": 8}),
    )  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(document))
    lines = run_fidelity([tmp_path]).lines()
    assert lines[-2].startswith("not compared, 1 cases of kubernetes/deployment_rolling: ")


def test_only_the_first_differences_are_told():
    many = tuple(Verdict("kubernetes", "quantity", f"q/{n}", "differ", "", "x") for n in range(12))
    lines = Report(many).lines()
    assert "  ... and 2 more" in lines
    assert sum("q/" in line for line in lines) == 10


def test_no_case_at_all_is_not_full_agreement():
    assert not Report(()).all_agree


def test_each_record_of_the_project_is_packed_without_a_time():
    for path in sorted(RECORDS.glob("*.gz")):
        assert path.read_bytes()[4:8] == b"\0\0\0\0", path.name
        assert json.loads(gzip.decompress(path.read_bytes()))["family"] == path.name.removesuffix(".json.gz")
