"""Bring the catalogues in line with the package: ``python -m workbench.views.i18n.update``.

Adds an empty entry for each new template, drops the entries of templates that are gone, sets Chinese punctuation,
sorts, compiles, and prints what an author has still to write.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import polib

from workbench.views.i18n import CATALOGUES, LANGUAGES
from workbench.views.i18n.messages import collect


def main() -> int:
    """Update every catalogue; return 1 if one has sentences to write."""
    lacking = sum(update(CATALOGUES / f"{language}.po") for language in LANGUAGES if language != "en")
    return 1 if lacking else 0


def update(path: Path) -> int:
    """Update and compile the catalogue at `path`; return how many sentences it still lacks."""
    old = polib.pofile(str(path), wrapwidth=0) if path.exists() else polib.POFile(wrapwidth=0)
    known = {entry.msgid: entry for entry in old}
    new = polib.POFile(wrapwidth=0)
    new.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": path.stem}
    wanted = collect()
    for template, places in sorted(wanted.items()):
        entry = known.get(template, polib.POEntry(msgid=template))
        entry.comment = ", ".join(places[:3])
        entry.msgstr = full_width(entry.msgstr)
        new.append(entry)
    new.save(str(path))
    new.save_as_mofile(str(path.with_suffix(".mo")))
    for template in sorted(set(known) - set(wanted)):
        print(f"{path.name}: dropped {template!r} ({known[template].msgstr})")
    lacking = [entry for entry in new if not entry.msgstr or entry.fuzzy]
    for entry in lacking:
        print(f"{path.name}: write {entry.msgid!r} ({entry.comment})")
    print(f"{path.name}: {len(new)} sentences, {len(lacking)} to write")
    return len(lacking)


WIDE = dict(zip(",:;?!()~", "\uff0c\uff1a\uff1b\uff1f\uff01\uff08\uff09\uff5e", strict=True))
"""Punctuation of Chinese: as wide as a character."""

KEPT = re.compile(r"(\{\{.*?\}\}|\{[^{}]*\}|<[^>]*>|'[^']*'|[\w./=-]*[A-Za-z0-9][,:;?!~][A-Za-z0-9][\w./=-]*)", re.A)
"""What is no prose: placeholders, markup, quoted code, and punctuation within a word."""


def full_width(text: str) -> str:
    """Return a Chinese text with Chinese punctuation; a text in Latin letters only stays as it is."""
    if not re.search(r"[\u4e00-\u9fff]", text) and re.search("[A-Za-z]", KEPT.sub("", text)):
        return text
    parts = KEPT.split(text)
    parts[::2] = [re.sub(r" ?([,:;?!()~]) ?", lambda found: WIDE[found[1]], part) for part in parts[::2]]
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
