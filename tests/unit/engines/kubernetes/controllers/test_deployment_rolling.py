"""A rollout stepped by hand, by numbers alone: what may be missing never is exceeded, and it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engines.kubernetes.controllers import deployment_rolling as rolling
from workbench.engines.kubernetes.controllers.deployment_rolling import Sized


@pytest.mark.parametrize(
    ("surge", "unavailable", "desired", "expected"),
    [
        pytest.param("25%", "25%", 10, (3, 2), id="surge is rounded up, unavailable down"),
        pytest.param("25%", "25%", 1, (1, 0), id="a single pod is never missing by default"),
        pytest.param(0, 0, 5, (0, 1), id="two zeros would never move, so one may be missing"),
        pytest.param(None, "39%", 10, (0, 3), id="no surge given"),
    ],
)
def test_fenceposts(surge, unavailable, desired, expected):
    assert rolling.resolve_fenceposts(surge, unavailable, desired) == expected


def test_a_text_that_is_no_percentage_is_refused():
    with pytest.raises(ValueError, match="'urg'"):
        rolling.resolve_fenceposts("urg", 1, 3)


@given(st.integers(1, 20), st.integers(0, 6), st.integers(0, 6), st.data())
def test_a_rollout_ends_and_never_has_more_pods_missing_or_too_many(replicas, surge, unavailable, data):
    surge, unavailable = rolling.resolve_fenceposts(surge, unavailable, replicas)
    least = rolling.min_available("RollingUpdate", replicas, surge, unavailable)
    new, old = Sized("new", 0), Sized("old", replicas, replicas, age=1)
    for _ in range(200):
        size = rolling.reconcile_new_replica_set(
            "RollingUpdate", replicas, new.replicas, new.replicas + old.replicas, surge
        )
        if size != new.replicas:
            new = new._replace(replicas=size)
        else:
            left = rolling.reconcile_old_replica_sets(new, [old], least).get("old", old.replicas)
            old = old._replace(replicas=left, available=min(left, old.available))
        assert new.available + old.available >= least
        assert new.replicas + old.replicas <= replicas + surge
        if new.available < new.replicas:
            new = new._replace(available=data.draw(st.integers(new.available, new.replicas)))
        if (new.replicas, old.replicas) == (replicas, 0):
            return
        if data.draw(st.booleans()):
            new = new._replace(available=new.replicas)
    assert new.available < new.replicas, "stuck although every new pod is available"


def test_a_version_that_never_gets_ready_stops_its_own_rollout():
    new, old = Sized("new", 0), Sized("old", 10, 10, age=1)
    for _ in range(30):
        size = rolling.reconcile_new_replica_set("RollingUpdate", 10, new.replicas, new.replicas + old.replicas, "25%")
        new = new._replace(replicas=size)
        left = rolling.reconcile_old_replica_sets(new, [old], 8).get("old", old.replicas)
        old = old._replace(replicas=left, available=left)
    assert (new.replicas, old.replicas) == (5, 8)
