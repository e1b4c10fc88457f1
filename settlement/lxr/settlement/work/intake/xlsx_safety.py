"""Before a workbook is opened: that its ZIP is no bomb and its XML declares nothing; and which cells are merged."""

import re
import zlib
from pathlib import Path
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lxr.node.said import Said
from lxr.settlement.errors import InputFault

ENTRIES_MAX: Final = 2_000
TOTAL_BYTES_MAX: Final = 2 << 30
PART_BYTES_MAX: Final = 16 << 20
STRINGS_BYTES_MAX: Final = 256 << 20
RATIO_MAX: Final = 200
RATIO_FROM_BYTES: Final = 1 << 20
_BLOCK: Final = 1 << 20
_OVERLAP: Final = 512
_ENCRYPTED: Final = 0x1

OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
EXPECTED: Final = "an .xlsx workbook as a spreadsheet saves it, or a CSV file"

_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING: Final = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_UTF_8: Final = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
_MERGED: Final = re.compile(
    rb"""<(?:[\w.-]+:)?mergeCell\s[^>]*?\bref\s*=\s*["']([A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?)["']"""
)

Merges = dict[str, list[str]]
"""Merged ranges like A1:B2, by the part of the workbook."""


def refuse_old_workbook(path: Path, file: BinaryIO) -> None:
    """Raise InputFault for what is kept in an OLE file: .xls of before 2007, and any workbook under a password."""
    if file.read(len(OLE_MAGIC)) == OLE_MAGIC:
        tail, encrypted = b"", False
        while not encrypted and (block := file.read(_BLOCK)):
            encrypted = "EncryptedPackage".encode("utf-16-le") in tail + block
            tail = block[-64:]
        problem = "is a workbook under a password" if encrypted else "is an old .xls workbook"
        expected = "the workbook saved as .xlsx" + (" without a password" if encrypted else ", or as CSV in UTF-8")
        raise InputFault(file=str(path), problem=problem, expected=expected)
    file.seek(0)


def check_workbook(path: Path, file: BinaryIO) -> Merges:
    """Read every XML part through once, in bounded memory. Raises InputFault naming the part that is at fault.

    The sizes in the ZIP's directory are checked first; zipfile gives no more of a part than the directory says.
    """
    merges: Merges = {}
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
            _check_directory(path, parts)
            for part in parts:
                if found := _scan(path, archive, part):
                    merges[part.filename] = found
    except (BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, OverflowError, zlib.error):
        raise InputFault(file=str(path), problem="is a damaged ZIP file", expected=EXPECTED) from None
    file.seek(0)
    return merges


def _check_directory(path: Path, parts: list[ZipInfo]) -> None:
    def refuse(problem: str | Said, expected: str | Said = EXPECTED) -> InputFault:
        return InputFault(file=str(path), problem=problem, expected=expected)

    if len(parts) > ENTRIES_MAX:
        raise refuse(
            Said("has {count} parts", count=len(parts)),
            Said("a workbook of at most {entries_max} parts", entries_max=ENTRIES_MAX),
        )
    if len({part.filename for part in parts}) < len(parts):
        raise refuse("has two parts of one name")
    total = sum(part.file_size for part in parts)
    if total > TOTAL_BYTES_MAX:
        raise refuse(
            Said("unpacks to {total} bytes", total=total),
            Said("at most {total_bytes_max} bytes: cut it into several files", total_bytes_max=TOTAL_BYTES_MAX),
        )
    for part in parts:
        name = _shown(part.filename)
        if part.flag_bits & _ENCRYPTED:
            raise refuse(
                Said("has the part {name} under a password", name=name), "the workbook saved without a password"
            )
        if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise refuse(Said("has the part {name} packed in a way that no spreadsheet uses", name=name))
        if part.file_size > max(RATIO_FROM_BYTES, RATIO_MAX * part.compress_size):
            raise refuse(
                Said(
                    "has the part {name}, which unpacks to more than {ratio_max} times its size",
                    name=name,
                    ratio_max=RATIO_MAX,
                )
            )
        if part.file_size > (limit := _limit(part.filename)):
            raise refuse(
                Said("has the part {name} of {file_size} bytes", name=name, file_size=part.file_size),
                Said("at most {limit} bytes in it", limit=limit),
            )


def _limit(part: str) -> int:
    """Sheets are read row by row and may be long; the other parts that are XML are held in memory."""
    if part.startswith("xl/worksheets/") or not part.endswith((".xml", ".rels")):
        return TOTAL_BYTES_MAX
    return STRINGS_BYTES_MAX if part.lower() == "xl/sharedstrings.xml" else PART_BYTES_MAX


def _scan(path: Path, archive: ZipFile, part: ZipInfo) -> list[str]:
    """Return the merged ranges in a part that is XML. Other parts are not unpacked."""
    merged: list[str] = []
    with archive.open(part) as source:
        tail = source.read(_OVERLAP)
        start = tail.removeprefix(b"\xef\xbb\xbf").lstrip()
        blank = not start and len(tail) == _OVERLAP
        if blank or not start.startswith(b"<") or b"\0" in start:
            if blank or (start and part.filename.endswith((".xml", ".rels"))):
                raise _not_plain(path, part)
            return merged
        encoding = _ENCODING.match(start)
        if start.startswith(b"<?xml") and (b"?>" not in start or (encoding and encoding[1].lower() not in _UTF_8)):
            raise _not_plain(path, part)
        while True:
            block = source.read(_BLOCK)
            text = tail + block
            if _DECLARES.search(text):
                name = _shown(part.filename)
                raise InputFault(
                    file=str(path),
                    problem=Said("declares XML entities in the part {name}", name=name),
                    expected=EXPECTED,
                )
            last = 0
            if b"mergeCell" in text:
                for found in _MERGED.finditer(text):
                    merged.append(found[1].decode())
                    last = found.end()
            if not block:
                return merged
            tail = text[max(last, len(text) - _OVERLAP) :]


def _not_plain(path: Path, part: ZipInfo) -> InputFault:
    name = _shown(part.filename)
    return InputFault(
        file=str(path), problem=Said("has the part {name}, which is not XML in UTF-8", name=name), expected=EXPECTED
    )


def _shown(part: str) -> str:
    return repr(part[:80])
