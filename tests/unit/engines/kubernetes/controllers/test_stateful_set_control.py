"""One pass of a StatefulSet, as a table; the stories of upstream's tests are in the conformance records."""

from __future__ import annotations

import pytest

from workbench.engines.kubernetes.controllers.stateful_set_control import (
    Member,
    Revisions,
    ordinals,
    revision_for,
    update_stateful_set,
)
from workbench.engines.kubernetes.controllers.stateful_set_status import (
    Revision,
    get_stateful_set_revisions,
    status_of,
    truncate_history,
)
from workbench.model.native.kubernetes.apps import (
    RollingUpdateStatefulSetStrategy,
    StatefulSetOrdinals,
    StatefulSetSpec,
    StatefulSetUpdateStrategy,
)

SAME, UPDATE = Revisions("a", "a"), Revisions("a", "b")


def spec(replicas=3, *, start=0, partition=0, most=None, strategy="RollingUpdate") -> StatefulSetSpec:
    rolling = RollingUpdateStatefulSetStrategy(partition=partition, max_unavailable=most)
    return StatefulSetSpec(
        replicas=replicas,
        ordinals=StatefulSetOrdinals(start=start),
        update_strategy=StatefulSetUpdateStrategy(type=strategy, rolling_update=rolling),
    )


def ready(revision="a", **more) -> Member:
    return Member(0, revision, "Running", ready=True, available=True)._replace(**more)


ILL = ready(ready=False)
NEW_ILL = ready("b", ready=False)
GOING = ready(terminating=True)
PENDING = Member(0, "a")
ENDED = Member(0, "a", "Failed")


def there(*members: Member | None) -> dict[int, Member]:
    return {number: one._replace(ordinal=number) for number, one in enumerate(members) if one is not None}


@pytest.mark.parametrize(
    ("wanted", "members", "parallel", "created", "deleted"),
    [
        pytest.param(spec(), there(), False, [0], [], id="in order: the first"),
        pytest.param(spec(), there(), True, [0, 1, 2], [], id="at once: all"),
        pytest.param(spec(), there(ready()), False, [1], [], id="in order: the next, once the one before is ready"),
        pytest.param(spec(), there(ILL), False, [], [], id="in order: one that is not ready holds up the rest"),
        pytest.param(spec(), there(PENDING), False, [], [], id="in order: one that does not run holds up the rest"),
        pytest.param(
            spec(), there(ready(available=False)), False, [], [], id="in order: ready, but not for long enough"
        ),
        pytest.param(spec(), there(GOING, ready()), False, [], [], id="in order: one that is going holds up the rest"),
        pytest.param(spec(), there(GOING), True, [1, 2], [], id="at once: the number of one that is going is taken"),
        pytest.param(spec(), there(None, ready()), False, [0], [], id="in order: a gap is filled first"),
        pytest.param(spec(), there(ENDED, ready()), False, [], [0], id="in order: what has ended goes, nothing else"),
        pytest.param(spec(), there(ENDED, ready()), True, [2], [0], id="at once: what has ended goes as well"),
        pytest.param(spec(2, start=2), {}, True, [2, 3], [], id="numbers begin where the set says"),
        pytest.param(spec(), there(*[ready()] * 3), False, [], [], id="complete"),
        pytest.param(spec(2), there(*[ready()] * 4), False, [], [3], id="too many, in order: the highest only"),
        pytest.param(spec(2), there(*[ready()] * 4), True, [], [3, 2], id="too many, at once: all, highest first"),
        pytest.param(spec(1), there(ready(), ready(), GOING), False, [], [], id="too many, in order: one at a time"),
        pytest.param(
            spec(2), there(ready(), ILL, ready()), False, [], [], id="too many: not while one that stays is ill"
        ),
        pytest.param(spec(2), there(ready(), ready(), ILL), False, [], [2], id="too many: the only ill one may go"),
        pytest.param(
            spec(1), there(ready(), ILL, ILL), False, [], [], id="too many: an ill one waits for a lower ill one"
        ),
    ],
)
def test_who_is_made_and_who_goes(wanted, members, parallel, created, deleted):
    made = update_stateful_set(wanted, members, SAME, parallel=parallel)
    assert [ordinal for ordinal, _ in made.create] == created
    assert list(made.delete) == deleted


@pytest.mark.parametrize(
    ("wanted", "members", "parallel", "expected"),
    [
        pytest.param(spec(), there(*[ready()] * 3), False, [2], id="the highest first, one at a time"),
        pytest.param(
            spec(), there(ready(), ready(), ready("b")), False, [1], id="the next, once the one above is back"
        ),
        pytest.param(spec(), there(ready(), ready(), NEW_ILL), False, [], id="a new version that is ill stops it all"),
        pytest.param(spec(), there(ready(), ready(), NEW_ILL), True, [], id="in Parallel too"),
        pytest.param(spec(partition=2), there(ready(), ready(), ready("b")), False, [], id="not below the partition"),
        pytest.param(spec(most=2), there(*[ready()] * 3), False, [2, 1], id="as many as may be missing"),
        pytest.param(spec(most="50%"), there(*[ready()] * 3), False, [2, 1], id="a percentage is rounded up"),
        pytest.param(spec(most=0), there(*[ready()] * 3), False, [2], id="one at least"),
        pytest.param(spec(most=2), there(GOING, ready(), ready()), True, [2], id="what is missing already counts"),
        pytest.param(spec(strategy="OnDelete"), there(*[ready()] * 3), False, [], id="OnDelete: nobody"),
        pytest.param(spec(2), there(*[ready()] * 3), False, [], id="a change of size comes first"),
    ],
)
def test_who_is_updated(wanted, members, parallel, expected):
    assert list(update_stateful_set(wanted, members, UPDATE, parallel=parallel).outdated) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(spec(), "bbb", id="a rolling update: the new one"),
        pytest.param(spec(partition=2), "aab", id="below the partition the current one"),
        pytest.param(spec(strategy="OnDelete"), "bbb", id="OnDelete: the new one"),
    ],
)
def test_the_revision_of_a_member_that_is_made_now(wanted, expected):
    assert "".join(revision_for(wanted, UPDATE, ordinal) for ordinal in ordinals(wanted)) == expected


HISTORY = (Revision("db-x", 1, "x"), Revision("db-y", 2, "y"))


@pytest.mark.parametrize(
    ("wanted", "current", "expected", "who"),
    [
        pytest.param("y", "db-x", [("db-x", 1), ("db-y", 2)], Revisions("db-x", "db-y"), id="known, the last one"),
        pytest.param("x", "db-y", [("db-y", 2), ("db-x", 3)], Revisions("db-y", "db-x"), id="back to an earlier one"),
        pytest.param(
            "z", "db-y", [("db-x", 1), ("db-y", 2), ("db-z", 3)], Revisions("db-y", "db-z"), id="a new template"
        ),
    ],
)
def test_the_history_of_a_set(wanted, current, expected, who):
    after, names = get_stateful_set_revisions(HISTORY, wanted, current, "db")
    assert [(one.name, one.number) for one in after] == expected
    assert names == who


def test_the_first_revision_is_both():
    assert get_stateful_set_revisions((), "x", "", "db")[1] == Revisions("db-x", "db-x")


def test_revisions_in_use_are_kept_beyond_the_limit():
    assert truncate_history(HISTORY, ["db-x"], 0) == HISTORY[:1]


def test_members_that_are_going_are_of_no_revision():
    counts = status_of([ready(), ready("b"), GOING, PENDING], UPDATE)
    assert tuple(counts) == (4, 3, 3, 2, 1)
