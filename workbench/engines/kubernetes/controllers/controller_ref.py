"""Whose is an object? The rules by which a controller claims what its selector finds.

An object has one controller at most: the owner reference that says so. A controller keeps what is its own and still
matches, lets go of what is its own and matches no more, and adopts what matches and is nobody's. What belongs to
another is never touched, whatever its labels say.

Source: kubernetes, pkg/controller/controller_ref_manager.go, ClaimObject (version 1.34).
"""

from __future__ import annotations

from typing import Literal

Verdict = Literal["keep", "adopt", "release", "leave"]


def claim(
    own: str, controller: str, *, matches: bool, deleting: bool = False, controller_deleting: bool = False
) -> Verdict:
    """Return what a controller does about an object of its namespace.

    Parameters
    ----------
    own : str
        uid of the controller's own object.
    controller : str
        uid of the object that controls this one now, empty if none does.
    matches : bool
        Whether the selector finds it.
    deleting, controller_deleting : bool
        Whether the object, or the controller's own, is being deleted.
    """
    if controller:
        if controller != own:
            return "leave"
        if matches:
            return "keep"
        return "leave" if controller_deleting else "release"
    return "adopt" if matches and not deleting and not controller_deleting else "leave"
