"""Sliders over amounts of memory."""

from __future__ import annotations

import pytest

from workbench.views.sentences import is_memory
from workbench.views.widgets.panel.memory_stops import memory_stops


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("apps.shop.limit.memory", True),
        ("apps.shop.memory_use", True),
        ("apps.shop.disk_use.grows", True),
        ("apps.shop.limit.disk", True),
        ("apps.shop.data.start", False),
        ("apps.db.volume.size", True),
        ("images.shop/web:1", True),
        ("apps.shop.request.cpu", False),
    ],
)
def test_what_is_an_amount_of_memory(path, expected):
    assert is_memory(path) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(["512Mi", "4Gi"], ("512Mi", "1Gi", "2Gi", "4Gi"), id="doublings"),
        pytest.param(["1Gi", "1Gi"], ("256Mi", "512Mi", "1Gi", "2Gi", "4Gi"), id="around a value that stands alone"),
        pytest.param(["512Mi", "1536Mi", "4Gi"], ("512Mi", "1Gi", "1536Mi", "2Gi", "4Gi"), id="what is named is there"),
    ],
)
def test_where_it_stops(known, expected):
    assert memory_stops(known) == expected
