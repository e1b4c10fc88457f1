"""The encoding of a CSV file: by its byte order mark, or UTF-8 where all of it is, or else GB18030; and its lines."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.form import Encoding

LINE_BYTES_MAX: Final = 1_000_000
_BLOCK: Final = 1 << 18
_SAVED: Final = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}


def encoding_of(name: str, file: BinaryIO, stated: Encoding | None) -> Encoding:
    """Return the stated encoding, or the one that the file shows. The file is read through and left at its beginning.

    What is neither UTF-8 nor GB18030 is called UTF-8, so that its lines say where they are not. Raises InputFault where
    the file's mark says something else than was stated, and for UTF-16 without a mark.
    """
    mark = file.read(3)
    file.seek(0)
    marked: Encoding | None = None
    if mark == codecs.BOM_UTF8:
        marked = "utf-8"
    elif mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        marked = "utf-16"
    if stated is not None and marked is not None and stated != marked:
        problem = Said("begins with the mark of {saved}", saved=_SAVED[marked])
        raise InputFault(
            file=name, problem=problem, expected=Said("{saved}, the encoding in the mapping", saved=_SAVED[stated])
        )
    if stated == "utf-16" and marked is None and mark:
        raise InputFault(
            file=name, problem="has no byte order mark", expected="a CSV file saved in UTF-16 with its mark"
        )
    if known := stated or marked:
        return known
    return "gb18030" if not _decodes(file, "utf-8") and _decodes(file, "gb18030") else "utf-8"


def _decodes(file: BinaryIO, encoding: Encoding) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def lines(name: str, file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Return the file's lines with their ends.

    Raises InputFault naming the line that is endless, broken or holds a NUL.
    """
    return _wide_lines(name, file) if encoding == "utf-16" else _byte_lines(name, file, encoding)


def _byte_lines(name: str, file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """In UTF-8 and GB18030 the byte 0x0A is nothing but a line's end."""
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            raise _endless(name, number)
        if b"\0" in line:
            raise _nul(name, number, encoding)
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            raise _broken(name, number, encoding) from None
        yield text.removeprefix("\ufeff") if number == 1 else text


def _wide_lines(name: str, file: BinaryIO) -> Iterator[str]:
    encoding = "utf-16-le" if file.read(2) == codecs.BOM_UTF16_LE else "utf-16-be"
    decoder = codecs.getincrementaldecoder(encoding)()
    number, held = 0, ""
    more = True
    while more:
        block = file.read(_BLOCK)
        more = bool(block)
        broken = False
        try:
            held += decoder.decode(block, final=not more)
        except UnicodeDecodeError as fault:
            held += fault.object[: fault.start].decode(encoding)
            broken = True
        *whole_lines, held = held.split("\n")
        for line in whole_lines:
            number += 1
            if len(line) > LINE_BYTES_MAX:
                raise _endless(name, number)
            if "\0" in line:
                raise _nul(name, number, "utf-16")
            yield line + "\n"
        if broken:
            raise _broken(name, number + 1, "utf-16")
        if len(held) > LINE_BYTES_MAX:
            raise _endless(name, number + 1)
    if "\0" in held:
        raise _nul(name, number + 1, "utf-16")
    if held:
        yield held


def _endless(name: str, row: int) -> InputFault:
    return InputFault(
        file=name,
        row=row,
        problem="the line does not end",
        expected=Said("at most {line_bytes_max} bytes a line", line_bytes_max=LINE_BYTES_MAX),
    )


def _nul(name: str, row: int, encoding: Encoding) -> InputFault:
    return InputFault(
        file=name, row=row, problem="holds a NUL byte", expected=Said("a CSV file in {saved}", saved=_SAVED[encoding])
    )


def _broken(name: str, row: int, encoding: Encoding) -> InputFault:
    saved = _SAVED[encoding]
    return InputFault(
        file=name,
        row=row,
        problem=Said("is not {saved}", saved=saved),
        expected=Said("a CSV file saved in {saved}", saved=saved),
    )
