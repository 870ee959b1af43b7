"""Holds for all tests: how long an example of a property test takes says nothing, a busy machine must fail none."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("without-clock", deadline=None)
settings.load_profile("without-clock")
