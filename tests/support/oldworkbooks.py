"""Old .xls workbooks (BIFF) as portals make them, written record by record, with or without an OLE file around."""

import struct
from collections.abc import Sequence
from typing import Any, Final

Cell = str | int | float | None
_SECTOR: Final = 512


def bare(
    rows: Sequence[Sequence[Cell]],
    *,
    version: int = 0,
    encoding: str = "gb18030",
    code_page: int | None = None,
    formula_in: tuple[int, int] | None = None,
    hidden_rows: Sequence[int] = (),
    hidden_columns: Sequence[int] = (),
    merged: Sequence[tuple[int, int, int, int]] = (),
) -> bytes:
    """Return a sheet without an OLE file around it, as scripts of portals write it. Rows and columns count from 0."""
    sheet = _bof(version, 0x0010)
    if code_page is not None:
        sheet += _record(0x42, struct.pack("<H", code_page))
    sheet += _cells(rows, version, encoding, formula_in, hidden_rows, hidden_columns, merged)
    return sheet + _record(0x0A, b"")


def in_ole(rows: Sequence[Sequence[Cell]], *, visible: Sequence[bool] = (True,), **options: Any) -> bytes:
    """Return a workbook, BIFF8 unless told otherwise, each sheet of the same rows, in an OLE file."""
    version: int = options.setdefault("version", 8)
    code_page = options.pop("code_page", None)
    sheets = [bare(rows, **options) for _ in visible]
    head = _bof(version, 0x0005)
    if code_page is not None:
        head += _record(0x42, struct.pack("<H", code_page))
    names = [f"S{place}".encode() for place in range(1, len(sheets) + 1)]
    length = len(head) + sum(4 + 7 + (version == 8) + len(name) for name in names) + 4
    for sheet, name, seen in zip(sheets, names, visible, strict=True):
        head += _record(
            0x85, struct.pack("<IBBB", length, 0 if seen else 1, 0, len(name)) + b"\0" * (version == 8) + name
        )
        length += len(sheet)
    return ole({"Workbook": head + _record(0x0A, b"") + b"".join(sheets)})


def ole(streams: dict[str, bytes]) -> bytes:
    """Return an OLE file with these streams, each of which is filled up to be no short one."""
    data, entries, chains = b"", [], []
    for name, content in streams.items():
        padded = content + b"\0" * (max(4096, -(-len(content) // _SECTOR) * _SECTOR) - len(content))
        first, count = len(data) // _SECTOR, len(padded) // _SECTOR
        chains += [*range(first + 1, first + count), 0xFFFFFFFE]
        entries.append(_entry(name, 2, first, len(padded), 0xFFFFFFFF))
        data += padded
    directory = _entry("Root Entry", 5, 0xFFFFFFFE, 0, 1) + b"".join(entries)
    directory += b"\0" * (-len(directory) % _SECTOR)
    chains += [*range(len(chains) + 1, len(chains) + len(directory) // _SECTOR), 0xFFFFFFFE]
    data += directory
    tables = -(-(len(chains) + 8) // 128)
    first_table = len(chains)
    chains += [0xFFFFFFFD] * tables
    chains += [0xFFFFFFFF] * (128 * tables - len(chains))
    data += struct.pack(f"<{len(chains)}I", *chains)
    places = list(range(first_table, first_table + tables)) + [0xFFFFFFFF] * (109 - tables)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 10 + struct.pack("<II", tables, (first_table * _SECTOR - len(directory)) // _SECTOR)
    header += struct.pack("<IIIIII", 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return header + struct.pack("<109I", *places) + data


def _entry(name: str, kind: int, first: int, size: int, child: int) -> bytes:
    coded = (name + "\0").encode("utf-16-le")
    entry = coded.ljust(64, b"\0") + struct.pack("<HBB", len(coded), kind, 1)
    entry += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + b"\0" * 36
    return entry + struct.pack("<III", first, size, 0)


def _cells(
    rows: Sequence[Sequence[Cell]],
    version: int,
    encoding: str,
    formula_in: tuple[int, int] | None,
    hidden_rows: Sequence[int],
    hidden_columns: Sequence[int],
    merged: Sequence[tuple[int, int, int, int]],
) -> bytes:
    found = b""
    for column in hidden_columns:
        found += _record(0x7D, struct.pack("<HHHHHH", column, column, 2000, 0, 1, 0))
    for row in hidden_rows:
        found += _record(0x208, struct.pack("<HHHHHHHH", row, 0, 256, 255, 0, 0, 0x20, 0))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if (row, column) == formula_in:
                assert isinstance(cell, int | float)
                found += _record(0x06, place + struct.pack("<dHIH", cell, 0, 0, 0))
            elif isinstance(cell, str) and version == 8:
                found += _record(0x204, place + struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le"))
            elif isinstance(cell, str):
                text = cell.encode(encoding)
                found += _record(0x204, place + struct.pack("<H", len(text)) + text)
            elif cell is not None:
                found += _record(0x203, place + struct.pack("<d", cell))
    if merged:
        ranges = b"".join(struct.pack("<HHHH", *each) for each in merged)
        found += _record(0xE5, struct.pack("<H", len(merged)) + ranges)
    return found


def _bof(version: int, kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHH", {0: 0, 5: 0x500, 8: 0x600}[version], kind, 0, 0))


def _record(code: int, content: bytes) -> bytes:
    return struct.pack("<HH", code, len(content)) + content
