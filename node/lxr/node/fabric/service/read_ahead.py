"""A reader of the state that has some keys already: a request to the peer costs more than most contract functions."""

from collections.abc import Sequence
from typing import Final

from lxr.chaincode.world import Reader


class ReadAhead:
    """A Reader that has some keys already, and never asks for one twice."""

    def __init__(self, reader: Reader, keys: Sequence[str]) -> None:
        self._reader: Final = reader
        self._known: Final = dict(zip(keys, reader.get_many(keys), strict=True))

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `Reader.get_many`."""
        others = [key for key in keys if key not in self._known]
        if others:
            self._known.update(zip(others, self._reader.get_many(others), strict=True))
        return [self._known[key] for key in keys]
