"""Faults of rows put together by their kind: what is wrong is said once, and where else it is."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault

ROWS_SHOWN: Final = 5
VARIANTS_SHOWN: Final = 5


class FaultKind(Struct, frozen=True):
    """Faults alike in field, problem and expectation. first: the first of them, with its place.

    count: of all. rows: the first of the lines. others: further things that the field holds, as their problems say.
    """

    first: InputFault
    count: int
    rows: tuple[int, ...]
    others: tuple[Said, ...]


class _Kind:
    def __init__(self, first: InputFault) -> None:
        self.first: Final = first
        self.count = 0
        self.rows: Final[list[int]] = []
        self.problems: Final[dict[Said, None]] = {}

    def add(self, fault: InputFault) -> None:
        self.count += 1
        if len(self.rows) < ROWS_SHOWN:
            self.rows.append(fault.row or 0)
        if len(self.problems) <= VARIANTS_SHOWN:
            self.problems.setdefault(fault.problem)


def kinds_of(faults: Iterable[InputFault]) -> tuple[FaultKind, ...]:
    """Return the kinds of faults of rows: what is there most often first, else by the first line."""
    found: dict[tuple[str | None, str, str], _Kind] = {}
    for fault in faults:
        key = fault.field, fault.problem.text, fault.expected.text
        if key not in found:
            found[key] = _Kind(fault)
        found[key].add(fault)
    kinds = (
        FaultKind(kind.first, kind.count, tuple(kind.rows), tuple(kind.problems)[1 : VARIANTS_SHOWN + 1])
        for kind in found.values()
    )
    return tuple(sorted(kinds, key=lambda kind: (-kind.count, kind.rows)))
