"""The keys of batch apps: what they become, and what is said when they make no sense."""

from __future__ import annotations

import pytest

from workbench.errors import InputError, ScenarioError
from workbench.experiments.check import load, receipts
from workbench.formats.iso8601 import parse_repeats
from workbench.model.batch_work import Input, Schedule
from workbench.model.clock import SECOND_US

HEAD = """
name: made
cluster: {pools: [{name: node, count: 2, capacity: {cpu: 4, memory: 8Gi}}]}
apps:
"""
JOB = "kind: batch, request: {cpu: 1, memory: 1Gi}, duration: 10s"


def apps(*lines):
    return HEAD + "".join(f"  - {{{line}}}\n" for line in lines)


def made_of(folder, text):
    path = folder / "made.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def problems(folder, *lines, more=""):
    with pytest.raises(ScenarioError) as raised:
        made_of(folder, apps(*lines) + more)
    return [(one.code, one.place.rpartition(": ")[2]) for one in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("R3//PT10M", Schedule(0, 600 * SECOND_US, 3)),
        ("R/2026-01-05T02:00:00Z/PT1H", Schedule(7200 * SECOND_US, 3600 * SECOND_US)),
        ("R5/2026-01-05T00:00:30/P1DT1S", Schedule(30 * SECOND_US, 86_401 * SECOND_US, 5)),
        ("R1//PT0S", Schedule(0, 0, 1)),
        ("R//P1W", Schedule(0, 7 * 86_400 * SECOND_US)),
    ],
)
def test_repeating_intervals_are_read_as_chronos_writes_them(text, schedule):
    assert parse_repeats(text) == schedule


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("PT10M", id="no repetition"),
        pytest.param("R//P1M", id="a month has no fixed length"),
        pytest.param("R//PT0S", id="again and again after no time"),
        pytest.param("R/2025-12-31T00:00:00Z/PT1H", id="begins before the run"),
        pytest.param("R/tomorrow/PT1H", id="no time"),
        pytest.param("R3//P999999999999D", id="longer than time itself"),
        pytest.param("*/5 * * * *", id="cron"),
    ],
)
def test_what_is_no_repeating_interval_is_refused(text):
    with pytest.raises(InputError) as raised:
        parse_repeats(text)
    assert raised.value.problems[0].code == "bad-repeats"


def test_keys_become_what_the_app_says(tmp_path):
    made = made_of(
        tmp_path,
        apps(
            f"name: scan, {JOB}, framework: spark, replicas: 4, input: {{size: 64Mi, copies: 2, blocks: 2}}",
            f"name: tick, {JOB}, framework: chronos, schedule: R3//PT1M",
            f"name: first, {JOB}, framework: chronos",
            f"name: second, {JOB}, framework: chronos, after: [first], clock: 5min",
        ),
    )
    scan, tick, _, second = made.apps
    assert (scan.framework, scan.input) == ("spark", Input(64 * 1024**2, 2, 2))
    assert (tick.replicas, tick.schedule) == (0, Schedule(0, 60 * SECOND_US, 3))
    assert (second.after, second.clock_us) == (("first",), 300 * SECOND_US)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param(
            ["name: web, request: {cpu: 1}, framework: spark"], ("not-for-kind", "apps[0].framework"), id="no batch"
        ),
        pytest.param(
            [f"name: a, {JOB}, framework: spark, after: [b]", f"name: b, {JOB}, framework: spark"],
            ("only-with", "apps[0].after"), id="Spark waits for no other app",
        ),
        pytest.param([f"name: a, {JOB}, schedule: R//PT1M"], ("only-with", "apps[0].schedule"), id="no clock"),
        pytest.param(
            [f"name: a, {JOB}, framework: chronos, after: [nobody]"], ("reference-to-nothing", "apps[0].after[0]"),
            id="parent that is not there",
        ),
        pytest.param(
            [f"name: a, {JOB}, framework: chronos, after: [b]", f"name: b, {JOB}, framework: chronos, after: [a]"],
            ("circle", "apps[0].after[0]"), id="a circle",
        ),
        pytest.param(
            [f"name: a, {JOB}, framework: hadoop", f"name: b, {JOB}, framework: chronos, after: [a]"],
            ("other-framework", "apps[1].after[0]"), id="parent of another framework",
        ),
        pytest.param([f"name: a, {JOB}, framework: chronos, clock: 1min"], ("only-with", "apps[0].clock"), id="clock"),
        pytest.param(
            [f"name: a, {JOB}, framework: mpi, arrivals: {{rate: 1, until: 9s}}"],
            ("not-together", "apps[0].arrivals"), id="a gang does not arrive one by one",
        ),
        pytest.param([f"name: a, {JOB}, framework: yarn"], ("not-allowed", "apps[0].framework"), id="not known"),
        pytest.param(
            [f"name: a, {JOB}, framework: chronos, schedule: daily"], ("bad-repeats", "apps[0].schedule"), id="no ISO"
        ),
        pytest.param([f"name: a, {JOB}, input: {{size: 0}}"], ("not-positive", "apps[0].input.size"), id="no bytes"),
        pytest.param(
            [f"name: a, {JOB}, input: {{size: 1Mi, copies: 3}}"], ("too-few-machines", "apps[0].input.copies"),
            id="more copies than machines",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_with_its_place(tmp_path, lines, found):
    assert found in problems(tmp_path, *lines)


def test_copies_that_nobody_asked_for_need_no_machines(tmp_path):
    assert made_of(tmp_path, apps(f"name: a, {JOB}, input: {{size: 1Mi}}")).apps[0].input == Input(1024**2, 3, None)


def test_a_receipt_says_what_kubernetes_cannot_carry(tmp_path):
    sim, first = f"name: sim, {JOB}, framework: mpi, replicas: 4", f"name: a, {JOB}, framework: chronos"
    made = made_of(tmp_path, apps(sim, first, f"name: b, {JOB}, framework: chronos, after: [a]"))
    (receipt,) = receipts(made)
    status = {line.path: {name: how.status for name, how in line.treatments.items()} for line in receipt.lines}
    assert status["after"] == {
        "kubernetes": "ignored", "mesos": "honoured", "static-partitions": "ignored", "kubernetes-on-mesos": "ignored",
    }  # fmt: skip
    assert status["framework.mpi"] == {
        "kubernetes": "approximated", "mesos": "honoured", "static-partitions": "approximated",
        "kubernetes-on-mesos": "approximated",
    }  # fmt: skip


def test_plain_apps_need_no_receipt(tmp_path):
    assert receipts(made_of(tmp_path, apps(f"name: a, {JOB}"))) == ()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param("kind: scale, app: a", ("missing-key", "changes[0]"), id="neither so many nor at once"),
        pytest.param(
            "kind: scale, app: web, parallelism: 2", ("not-for-kind", "changes[0].parallelism"), id="no batch"
        ),
        pytest.param("kind: suspend, app: web", ("not-for-kind", "changes[0].kind"), id="a service is not suspended"),
        pytest.param("kind: pause, app: a", ("not-for-kind", "changes[0].kind"), id="a batch has no rollout"),
        pytest.param(
            "kind: suspend, app: a, parallelism: 2", ("not-for-change", "changes[0].parallelism"), id="key of scale"
        ),
        pytest.param("kind: resume, app: a, partition: 1", ("not-for-kind", "changes[0].partition"), id="no members"),
    ],
)
def test_what_a_change_cannot_ask_of_an_app_is_said_with_its_place(tmp_path, changes, found):
    lines = [f"name: a, {JOB}", "name: web, request: {cpu: 1}"]
    assert found in problems(tmp_path, *lines, more=f"changes: [{{at: 1s, {changes}}}]\n")


def test_changes_of_a_batch_say_how_many_tasks_and_how_many_at_once(tmp_path):
    text = apps(f"name: a, {JOB}, replicas: 6") + (
        "changes: [{at: 1s, kind: scale, app: a, parallelism: 2}, {at: 2s, kind: suspend, app: a}, "
        "{at: 3s, kind: resume, app: a}, {at: 4s, kind: scale, app: a, replicas: 3, parallelism: 3}]\n"
    )
    assert [(one.kind, one.replicas, one.parallelism) for one in made_of(tmp_path, text).changes] == [
        ("scale", None, 2), ("suspend", None, None), ("resume", None, None), ("scale", 3, 3),
    ]  # fmt: skip
