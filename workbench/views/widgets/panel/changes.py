"""What the reader has changed, and the way back."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.model.parameters import Value


class Changes:
    """Settings that differ from the scenario as it was loaded, one step after another.

    A slider that is dragged passes many values; together they are one step, until `settle` or another setting ends it.

    Parameters
    ----------
    shipped : mapping
        Dotted path -> value as loaded; a setting that is put back there is no longer changed.
    """

    def __init__(self, shipped: Mapping[str, Value]) -> None:
        self._shipped = dict(shipped)
        self._steps: list[dict[str, Value]] = [{}]
        self._moving: str | None = None

    @property
    def now(self) -> dict[str, Value]:
        """Dotted path -> value, of what is changed."""
        return dict(self._steps[-1])

    @property
    def any(self) -> bool:
        """Whether anything is changed."""
        return bool(self._steps[-1])

    @property
    def undoable(self) -> bool:
        """Whether there is a step to take back."""
        return len(self._steps) > 1

    def value(self, path: str) -> Value | None:
        """Return the value of a setting now; None for one that was neither shipped nor changed."""
        return self._steps[-1].get(path, self._shipped.get(path))

    def move(self, path: str, value: Value) -> None:
        """Change one setting; what follows on the same one is part of the same step."""
        if path == self._moving:
            self._steps.pop()
        self._add({path: value})
        self._moving = path

    def settle(self) -> None:
        """End the step: the slider was let go."""
        self._moving = None

    def put(self, values: Mapping[str, Value]) -> None:
        """Change several settings in one step."""
        self.settle()
        self._add(values)

    def reset(self) -> None:
        """Put everything back as it was loaded; a step that can be taken back."""
        self.settle()
        if self.any:
            self._steps.append({})

    def undo(self) -> None:
        """Take the last step back."""
        self.settle()
        if self.undoable:
            self._steps.pop()

    def _add(self, values: Mapping[str, Value]) -> None:
        after = {**self._steps[-1], **values}
        self._steps.append({path: one for path, one in after.items() if one != self._shipped.get(path)})
