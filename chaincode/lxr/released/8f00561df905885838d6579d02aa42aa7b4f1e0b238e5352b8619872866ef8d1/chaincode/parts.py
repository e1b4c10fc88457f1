"""How a record is cut into parts, so that one worker's can be shown without the others'.

A ledger's root has one leaf for each part (see `leaves`). The common part, under "", is what of a record is
nobody's in particular; "sums" are its sums over several workers, from which one of few could take their own and know
the others'; every other stands under the number of the worker, or of the payment order, that it is about.
Parts are JSON, as records are; from some of them `join` makes a record that knows only of those whose parts it got.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from msgspec import Raw

from .types import canonical

COMMON: Final = ""
"""The name of what is nobody's in particular."""
SUMS: Final = "sums"
"""The name of the sums over several workers. No number is in small letters."""

Fields = dict[str, Raw]
_fields: Final = msgspec.json.Decoder(Fields).decode
_numbers: Final = msgspec.json.Decoder(list[str]).decode
_place: Final = msgspec.json.Decoder(int).decode
_measures: Final = msgspec.json.Decoder(dict[str, int]).decode


class Splitting(Protocol):
    """How the records of one table are cut. What no record of the table is, raises ValueError or LookupError."""

    def split(self, value: bytes) -> dict[str, bytes]:
        """Return the parts of a record's JSON, the common one first, the others by number."""

    def join(self, parts: Mapping[str, bytes]) -> bytes:
        """Return the JSON of the record that these parts make; the common one must be among them."""


class Cut(Protocol):
    """How one field of a record is cut."""

    def take(self, value: Raw) -> tuple[Mapping[str, bytes], Any]:
        """Return what each one has of the field, in JSON, and what is nobody's of it; None: nothing."""

    def give(self, owned: Mapping[str, Raw], rest: Raw | None) -> Any:
        """Return the field again; None where nothing of it is given, and the record says what then stands there."""


class ByField:
    """A record of which some fields hold something of several workers; the others are common."""

    def __init__(self, **cuts: Cut) -> None:
        self._cuts: Final = dict(sorted(cuts.items()))

    def split(self, value: bytes) -> dict[str, bytes]:
        """See `Splitting.split`. A part is written as its fields come: a payday makes tens of thousands of them."""
        common: dict[str, Any] = _fields(value)
        owned: dict[str, bytes] = {}
        for name, cut in self._cuts.items():
            taken, rest = cut.take(common.pop(name))
            first, further = f'{{"{name}":'.encode(), f',"{name}":'.encode()
            for number, part in taken.items():
                owned[number] = owned[number] + further + part if number in owned else first + part
            if rest is not None:
                common[name] = rest
        parts = {COMMON: canonical(common)}
        parts.update((number, owned[number] + b"}") for number in sorted(owned))
        return parts

    def join(self, parts: Mapping[str, bytes]) -> bytes:
        """See `Splitting.join`."""
        record: dict[str, Any] = dict(_fields(parts[COMMON]))
        owned = {number: _fields(part) for number, part in parts.items() if number != COMMON}
        for name, cut in self._cuts.items():
            having = {number: fields[name] for number, fields in owned.items() if name in fields}
            given = cut.give(having, record.pop(name, None))
            if given is not None:
                record[name] = given
        return canonical(record)


class Summed:
    """A sum over several workers, which has a default in its record."""

    def take(self, value: Raw) -> tuple[Mapping[str, bytes], None]:
        """See `Cut.take`."""
        return {SUMS: value}, None

    def give(self, owned: Mapping[str, Raw], rest: Raw | None) -> Raw | None:  # noqa: ARG002  (nothing is common)
        """See `Cut.give`."""
        return owned.get(SUMS)


class Listed:
    """Numbers in an order that counts: each one's part is its place."""

    def take(self, value: Raw) -> tuple[Mapping[str, bytes], None]:
        """See `Cut.take`."""
        return {number: str(place).encode() for place, number in enumerate(_numbers(value))}, None

    def give(self, owned: Mapping[str, Raw], rest: Raw | None) -> list[str]:  # noqa: ARG002  (nothing is common)
        """See `Cut.give`."""
        return sorted(owned, key=lambda number: _place(owned[number]))


class Keyed:
    """A value under each number."""

    def take(self, value: Raw) -> tuple[Mapping[str, bytes], None]:
        """See `Cut.take`."""
        return _fields(value), None

    def give(self, owned: Mapping[str, Raw], rest: Raw | None) -> Mapping[str, Raw]:  # noqa: ARG002  (nothing is common)
        """See `Cut.give`."""
        return owned


class Columns:
    """Measures by worker in columns (`quantities.Quantities`): each one's part are their own measures."""

    def take(self, value: Raw) -> tuple[Mapping[str, bytes], None]:
        """See `Cut.take`."""
        columns = _columns(value)
        return dict(zip(columns.numbers, map(canonical, columns.rows()), strict=True)), None

    def give(self, owned: Mapping[str, Raw], rest: Raw | None) -> "ColumnsJson":  # noqa: ARG002  (nothing is common)
        """See `Cut.give`."""
        return columns_of({number: _measures(owned[number]) for number in sorted(owned)})


class ColumnsJson(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON of `quantities.Quantities`. workers: numbers, one space between them; measures: a column for each."""

    workers: str
    measures: dict[str, list[int | None]]

    @property
    def numbers(self) -> list[str]:
        """The workers' numbers."""
        return self.workers.split(" ") if self.workers else []

    def rows(self) -> list[dict[str, int]]:
        """What each has, in the order of the workers. Raises ValueError: a column is not of their number."""
        rows: list[dict[str, int]] = [{} for _ in self.numbers]
        for name, column in self.measures.items():
            for row, quantity in zip(rows, column, strict=True):
                if quantity is not None:
                    row[name] = quantity
        return rows


_columns: Final = msgspec.json.Decoder(ColumnsJson).decode


def columns_of(rows: Mapping[str, Mapping[str, int]]) -> ColumnsJson:
    """Return the columns of these measures by worker, in the order in which they come."""
    names = sorted({name for measures in rows.values() for name in measures})
    return ColumnsJson(" ".join(rows), {name: [measures.get(name) for measures in rows.values()] for name in names})
