"""Reading of an XML file in pieces: its encoding, what may not be in it, and the elements that end.

Entities, document types and network access are off; what is deeper than 256 elements, or a text of 10 MB, is no file
that a bank writes. The caller lets go of what it has read.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final, cast

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.bank.formats.strict import StrictFault
from lxr.settlement.bank.formats.texts import Place, shown

_PIECE: Final = 1 << 20
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DOCTYPE: Final = "<!DOCTYPE"
_CODECS: Final = {
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "US-ASCII": "utf-8",
    "ASCII": "utf-8",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "GB18030": "gb18030",
    "CP936": "gb18030",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16",
    "UTF-16BE": "utf-16",
}
"""What encodings are called, and how they are read: GBK and GB 2312 are parts of GB 18030."""
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
"""The first bytes that say the encoding by themselves."""


def codec_of(head: bytes) -> tuple[str | None, str]:
    """Return how a file with these first bytes is decoded, None where we cannot, and what it declares."""
    marked = next((codec for mark, codec in _MARKS.items() if head.startswith(mark)), None)
    plain = head.replace(b"\0", b"") if marked is not None and marked.startswith("utf-16") else head
    found = _DECLARED.match(plain.removeprefix(codecs.BOM_UTF8).removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff"))
    declared = "UTF-8" if found is None else found[1].decode().upper()
    codec = _CODECS.get(declared)
    if marked is not None:  # a declaration must not say another thing
        fits = found is None or codec == marked[:6].rstrip("-") or (codec == "utf-8" and marked == "utf-8-sig")
        return (marked if fits else None), declared
    return (None if codec == "utf-16" else codec), declared


def head_text(head: bytes) -> str:
    """Return the first of a file as text, as far as it is one."""
    codec, _ = codec_of(head)
    if codec is None:  # it is to be told what is wrong with its encoding
        head, codec = head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf"), "utf-8"
    return head.decode(codec, errors="replace").lstrip("\ufeff" + " \t\r\n")


def ends(data: bytes, file: str, tags: tuple[str, ...], without_max: int) -> Iterator[etree._Element]:
    """Yield each of these elements when it ends, and the root last.

    Raises StrictFault: not well-formed, in an encoding that it does not declare or we do not know, with a document
    type, or with none of these elements in without_max bytes, for so much of it is held at a time.
    """
    place = Place(file, "", None)
    parser = etree.XMLPullParser(
        ("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    read = seen = 0
    try:
        for piece in _utf8(data, place):
            parser.feed(piece)
            read += len(piece)
            for _, found in parser.read_events():
                seen = read
                yield cast(etree._Element, found)  # an element's end has no other
            if read - seen > without_max:
                raise StrictFault(
                    "size",
                    place,
                    Said("none of {tags} in {without_max} bytes", tags=", ".join(_bare(tags)), without_max=without_max),
                    "a smaller file",
                )
        yield parser.close()
    except etree.XMLSyntaxError as error:
        reason = " ".join(str(error.msg).split())
        raise StrictFault(
            "xml", place, Said("not well-formed XML: {reason}", reason=reason), "an XML document"
        ) from None


def _bare(tags: tuple[str, ...]) -> list[str]:
    return [tag.rpartition("}")[2] for tag in tags]


def _utf8(data: bytes, place: Place) -> Iterator[bytes]:
    """Yield the file's text in UTF-8, piece by piece.

    Raises StrictFault: it is not in the encoding that it declares.
    """
    codec, declared = codec_of(data[:256])
    if codec is None:
        raise StrictFault(
            "xml",
            place,
            Said("declares the encoding {shown}", shown=shown(declared)),
            Said("UTF-8, GBK, GB18030 or UTF-16, as it is written"),
        )
    decoder = codecs.getincrementaldecoder(codec)()
    tail = ""
    for start in range(0, max(len(data), 1), _PIECE):
        piece = data[start : start + _PIECE]
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, final=start + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            wrong = start - held + error.start
            raise StrictFault(
                "xml",
                place,
                Said("byte {wrong} is not {encoding}", wrong=wrong, encoding=declared),
                Said("{encoding} text", encoding=declared),
            ) from None
        if _DOCTYPE in tail + text:
            raise StrictFault("xml", place, "has a document type declaration", "none")
        tail = text[-len(_DOCTYPE) :]
        yield piece if codec == "utf-8" and not held and not decoder.getstate()[0] else text.encode()
