"""How a sheet is cut into one part for each worker, so that one row can be shown without the others'."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from .parts import COMMON, ColumnsJson, columns_of
from .types import canonical

_NULL: Final = msgspec.Raw(b"null")


class _SheetPart(Struct, frozen=True, array_like=True):
    """A worker's part of a sheet: measures, the first letter of the state, the version, and the note or null."""

    measures: dict[str, int]
    state: str
    version: int
    note: msgspec.Raw


class _SheetCommon(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a sheet is nobody's."""

    version: int
    late: bool
    times: tuple[int, ...]
    sent: bool


class _SheetJson(_SheetCommon, frozen=True):
    """A sheet in its JSON, of which only what is in columns is looked into."""

    content: ColumnsJson
    states: str
    versions: list[int]
    notes: dict[str, msgspec.Raw]


class SheetSplitting:
    """See `parts.Splitting`. A part is a worker's row: what others have of the day cannot be seen in it."""

    def split(self, value: bytes) -> dict[str, bytes]:
        """See `parts.Splitting.split`."""
        sheet = _sheet_json(value)
        parts = {COMMON: canonical(_SheetCommon(sheet.version, sheet.late, sheet.times, sheet.sent))}
        rows = zip(sheet.content.numbers, sheet.content.rows(), sheet.states, sheet.versions, strict=True)
        for number, measures, state, version in rows:
            parts[number] = canonical(_SheetPart(measures, state, version, sheet.notes.get(number, _NULL)))
        return parts

    def join(self, parts: Mapping[str, bytes]) -> bytes:
        """See `parts.Splitting.join`."""
        common = _sheet_common(parts[COMMON])
        rows = {number: _sheet_part(parts[number]) for number in sorted(parts) if number != COMMON}
        return canonical(
            _SheetJson(
                version=common.version,
                late=common.late,
                times=common.times,
                sent=common.sent,
                content=columns_of({number: row.measures for number, row in rows.items()}),
                states="".join([row.state for row in rows.values()]),
                versions=[row.version for row in rows.values()],
                notes={number: row.note for number, row in rows.items() if row.note != _NULL},
            )
        )


_sheet_json: Final = msgspec.json.Decoder(_SheetJson).decode
_sheet_common: Final = msgspec.json.Decoder(_SheetCommon).decode
_sheet_part: Final = msgspec.json.Decoder(_SheetPart).decode
