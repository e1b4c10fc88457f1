"""Audit: believe nothing that the ledger says of itself, compute everything again, and say yes or name the first fault."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct


class AuditReport(Struct, frozen=True):
    """ok: everything was recomputed and agrees. fault: otherwise the first entry that does not.

    height: how many blocks were found good, from the first on; the other figures are those after them.
    """

    ok: bool
    height: int
    block_hash: str
    root: str
    transactions: int
    supply_fen: int
    reserve_fen: int
    fault: str | None


class _Bad(Exception):
    """The first entry that does not agree, and how."""


class _State:
    """The auditor's own state."""

    def __init__(self) -> None:
        self.values: Final[dict[str, bytes]] = {}

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self.values.get(key) for key in keys]

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        return iter(sorted((key, value) for key, value in self.values.items() if key.startswith(prefix)))
