"""Names that the API server and controllers make up: random endings, hashes of templates.

Source: kubernetes/apimachinery, pkg/util/rand/rand.go; kubernetes, pkg/controller/controller_utils.go, ComputeHash.
Left out: the very hash, which depends on how Go prints a template.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random

import msgspec

from workbench.engines.randomness import Streams
from workbench.model.native.kubernetes.pods import PodTemplateSpec

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Letters without vowels and look-alikes."""

SUFFIX_LENGTH = 5

_FNV_OFFSET = 0x811C9DC5
_FNV_PRIME = 0x01000193


class Names:
    """Random endings, from a stream per maker of pods, so that one name more here changes none elsewhere."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._of: dict[str, Random] = {}
        self._taken: set[str] = set()

    def generate(self, base: str, source: str = "") -> str:
        """Return ``base`` with five random letters that no name of this run has.

        `source` names the stream, where many first parts share one.
        """
        source = source or base
        stream = self._of.get(source)
        if stream is None:
            stream = self._of[source] = self._streams.stream(f"kubernetes/names/{source}")
        while True:
            name = base + "".join(stream.choices(ALPHABET, k=SUFFIX_LENGTH))
            if name not in self._taken:
                self._taken.add(name)
                return name


def template_hash(template: PodTemplateSpec) -> str:
    """Return a short name for the content of a template: 32-bit FNV-1a, written in upstream's alphabet."""
    return _word(msgspec.json.encode(template))


@lru_cache(maxsize=1024)
def _word(text: bytes) -> str:
    """Return the same of a text; controllers ask for that of the same few templates again and again."""
    digest = _FNV_OFFSET
    for byte in text:
        digest = (digest ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(digest))
