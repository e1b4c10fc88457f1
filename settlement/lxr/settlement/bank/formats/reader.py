"""Strict reading of XML: what is read must stand exactly where the schema puts it.

A bank file moves money, so nothing in it is guessed or silently ignored. A reader takes an element's children in
the schema's order; a child that was neither taken nor named as passed over is a fault.
"""

from codecs import BOM_UTF8
from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.bank.formats.texts import (
    BYTES_MAX,
    COUNT,
    CURRENCY,
    DATE,
    MOMENT,
    YUAN,
    Place,
    Rule,
    cleaned,
    fen_of,
    shown,
    yuan,
)
from lxr.settlement.bank.formats.xml_document import root_of
from lxr.settlement.errors import InputFault

_SCHEMA_INSTANCE: Final = "{http://www.w3.org/2001/XMLSchema-instance}"

_PIECE: Final = 1 << 20


class Reader(Place):
    """One element, read in the schema's order. Call `end` on the outermost: it refuses whatever was not taken."""

    __slots__ = ("_element", "_left", "_namespace", "_taken")

    def __init__(
        self, element: etree._Element, namespace: str, place: Place, passing: Collection[str] = frozenset()
    ) -> None:
        super().__init__(place.file, place.path, place.row)
        self._element = element
        self._namespace = namespace
        self._left: list[etree._Element] = []
        self._taken: list[Reader] = []
        children = list(element.iterchildren(reversed=True))
        if not children:
            return
        self._plain()
        for blank in (element.text, *(child.tail for child in children)):
            _refuse_stray(blank, self)
        passed_over = {f"{{{namespace}}}{name}" for name in passing}
        self._left = [child for child in children if child.tag not in passed_over] if passing else children

    def has(self, name: str) -> bool:
        return any(child.tag == f"{{{self._namespace}}}{name}" for child in self._left)

    def maybe(self, name: str, passing: Collection[str] = frozenset(), row: int | None = None) -> "Reader | None":
        """Return the next child, if it is called `name`. `passing` names grandchildren that carry nothing we act on."""
        if not self._left or self._left[-1].tag != f"{{{self._namespace}}}{name}":
            return None
        child = Reader(self._left.pop(), self._namespace, self.below(name, row), passing)
        self._taken.append(child)
        return child

    def take(self, path: str, passing: Collection[str] = frozenset()) -> "Reader":
        """Return the next child, called `path`; with slashes, the only child of the only child, and so on."""
        name, _, rest = path.partition("/")
        child = self.maybe(name, frozenset() if rest else passing)
        if child is None:
            found = f"found {self._name_of_next()} in its place" if self._left else "missing"
            raise self.below(name).fault(found)
        return child.take(rest, passing) if rest else child

    def many(self, name: str, most: int, passing: Collection[str] = frozenset()) -> "list[Reader]":
        """All following children called `name`, numbered from 1."""
        children: list[Reader] = []
        while (child := self.maybe(name, passing, row=len(children) + 1)) is not None:
            if len(children) == most:
                raise self.fault(
                    Said("more than {most} {name}", most=most, name=name), Said("at most {most}", most=most)
                )
            children.append(child)
        return children

    def text(self, to: Rule) -> str:
        self._plain()
        return self._text(to)

    def free(self, most: int) -> str:
        """Return the text as somebody else has written it, whatever it is: see `cleaned`. It may be empty."""
        self._plain()
        return cleaned(self._element.text or "", most)

    def literal(self, *values: str) -> str:
        """Return the text, which must be one of `values`."""
        self._plain()
        if (value := self._element.text or "") not in values:
            raise self.fault(Said("has {shown}", shown=shown(value)), " or ".join(values))
        return value

    def flag(self) -> bool:
        return self.literal("true", "false") == "true"

    def day(self) -> date:
        try:
            return date.fromisoformat(self.text(DATE))
        except ValueError:
            raise self.fault("no such day in the calendar", DATE.expected) from None

    def moment(self) -> datetime:
        try:
            return datetime.fromisoformat(self.text(MOMENT))
        except ValueError:
            raise self.fault("no such day or time", MOMENT.expected) from None

    def count(self) -> int:
        return int(self.text(COUNT))

    def total_fen(self) -> int:
        """Return a sum in yuan without a currency, in fen."""
        self._plain()
        return self._fen()

    def amount_fen(self, least_fen: int = 1) -> int:
        """Return an amount in yuan with its currency, in fen.

        Refuses any currency but CNY, and less than `least_fen`.
        """
        currency = self._element.get("Ccy", "not given")
        if currency != CURRENCY or len(self._element.attrib) != 1:
            raise self.fault(
                Said("currency is {shown}", shown=shown(currency)),
                Said("the attribute Ccy={currency} alone", currency=CURRENCY),
            )
        if (amount_fen := self._fen()) < least_fen:
            raise self.fault(
                Said("amount is {yuan}", yuan=yuan(amount_fen)), Said("at least {yuan}", yuan=yuan(least_fen))
            )
        return amount_fen

    def end(self) -> None:
        """Refuses an element that was left over, here or in anything taken from here, and lets go of those."""
        self.end_here()
        for child in self._taken:
            child.end()
        self._taken.clear()

    def end_here(self) -> None:
        """Refuses an element that was left over among the children."""
        if self._left:
            raise self.fault(Said("unexpected element {name_of_next}", name_of_next=self._name_of_next()))

    def _name_of_next(self) -> str:
        tag = str(self._left[-1].tag)
        ours = f"{{{self._namespace}}}"
        return shown(tag.removeprefix(ours))

    def _plain(self) -> None:
        stray = [name for name in self._element.attrib if not str(name).startswith(_SCHEMA_INSTANCE)]
        if stray:
            raise self.fault(Said("unexpected attribute {shown}", shown=shown(str(stray[0]))))

    def _text(self, to: Rule) -> str:
        return self.obey(self._element.text or "", to)

    def _fen(self) -> int:
        return fen_of(self._text(YUAN))


def parse(data: bytes, file: str, namespace: str, message: str, *, most: int = BYTES_MAX) -> Reader:
    """Return the one child of Document, called `message`. most: how many bytes the file may have.

    Raises InputFault for anything but well-formed UTF-8 XML in that namespace, and for more bytes.
    """
    if len(data) > most:
        raise InputFault(file=file, problem=Said("more than {most} bytes", most=most), expected="a smaller file")
    if (wrong := _not_utf8(data)) is not None:
        raise InputFault(file=file, problem=Said("byte {wrong} is not UTF-8", wrong=wrong), expected="UTF-8 text")
    root = root_of(data, file)
    declared = root.getroottree().docinfo.encoding or "UTF-8"
    if declared.upper() != "UTF-8":
        raise InputFault(
            file=file, problem=Said("declares the encoding {shown}", shown=shown(declared)), expected="UTF-8"
        )
    if root.tag != f"{{{namespace}}}Document":
        raise InputFault(
            file=file, field="Document", problem=Said("is {shown}", shown=shown(str(root.tag))), expected=namespace
        )
    document = Reader(root, namespace, Place(file, "", None))
    child = document.take(message)
    document.end_here()
    return child


def _not_utf8(data: bytes) -> int | None:
    """Which byte is not UTF-8, after a mark of the order of bytes; found piece by piece, for a text is larger."""
    start = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    while start < len(data):
        end = min(start + _PIECE, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1  # a character is not parted
        try:
            data[start:end].decode()
        except UnicodeDecodeError as error:
            return start + error.start
        start = end
    return None


def _refuse_stray(text: str | None, place: Place) -> None:
    if text and not text.isspace():
        raise place.fault(Said("has text {shown} between its elements", shown=shown(text.strip())), "elements only")
