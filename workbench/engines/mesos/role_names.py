"""Names of roles: which are allowed, and what they say about the tree.

Source: mesos src/common/roles.cpp, include/mesos/roles.hpp (1.12.0-dev).
"""

from __future__ import annotations

_FORBIDDEN = frozenset("\t\n\v\f\r \x7f")


def is_valid(role: str) -> bool:
    """Say whether a role may be named so: ``*``, or parts between slashes that could name a folder."""
    return role == "*" or all(_is_valid_part(part) for part in role.split("/"))


def _is_valid_part(part: str) -> bool:
    return part not in ("", ".", "..", "*") and not part.startswith("-") and not _FORBIDDEN & set(part)


def parse(text: str) -> tuple[str, ...] | None:
    """Return the roles in a comma-separated text, empty items left out; None if one is not allowed."""
    roles = tuple(role for role in text.split(",") if role)
    return roles if all(map(is_valid, roles)) else None


def is_strict_subrole(role: str, of: str) -> bool:
    """Say whether `role` lies below `of`."""
    return role.startswith(of + "/")


def ancestors(role: str) -> tuple[str, ...]:
    """Return the roles above, the nearest first."""
    found = []
    while "/" in role:
        role = role.rpartition("/")[0]
        found.append(role)
    return tuple(found)
