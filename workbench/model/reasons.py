"""Why something happened, as a code; the English sentence to each code stands here, the Chinese one in the catalogue.

Reasons that upstream words itself (a scheduler plugin's status) keep upstream's text verbatim as their code.
"""

from __future__ import annotations

REASONS: dict[str, str] = {}
"""Code -> English text."""
