"""Build step: compile the message catalogues, so that an installed copy reads them in a millisecond."""

from pathlib import Path
from typing import Any

import polib
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # generic only for type checkers
    def initialize(self, _version: str, _build_data: dict[str, Any]) -> None:
        for source in sorted(Path(self.root, "workbench", "views", "i18n").glob("*.po")):
            polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))
