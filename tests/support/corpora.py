"""What fuzzing has found, or would.

A corpus is a JSON list beside the tests, each entry with `why` it is there and its `input`: pieces of text, of which
`["[", 5000]` is that piece so many times, in UTF-8 or another `encoding`.
"""

import json
from pathlib import Path

import msgspec
from msgspec import Struct


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One input of a corpus. said: what the answer to it must hold."""

    why: str
    input: list[str | tuple[str, int]]
    said: str = ""
    encoding: str = "utf-8"

    @property
    def data(self) -> bytes:
        """Lone surrogates stand for the bytes that they are in no encoding."""
        pieces = [piece if isinstance(piece, str) else piece[0] * piece[1] for piece in self.input]
        return "".join(pieces).encode(self.encoding, "surrogatepass")


def corpus(path: Path) -> list[Entry]:
    """The entries of a corpus."""
    return msgspec.convert(json.loads(path.read_bytes()), list[Entry])
