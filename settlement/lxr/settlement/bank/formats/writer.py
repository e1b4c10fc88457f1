"""Writing of XML under the rules it will be read with: deterministic bytes, or a fault that names the place."""

from datetime import date, datetime

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.bank.formats.texts import (
    AMOUNT_MAX_FEN,
    BYTES_MAX,
    COUNT,
    CURRENCY,
    DATE,
    MOMENT,
    Place,
    Rule,
    yuan,
)


class Writer(Place):
    """One element being written, under the same rules as it will be read with."""

    __slots__ = ("_element",)

    def __init__(self, element: etree._Element, place: Place) -> None:
        super().__init__(place.file, place.path, place.row)
        self._element = element

    def add(self, path: str, row: int | None = None) -> "Writer":
        """Return a new child; with slashes, a chain of new children, of which the last is returned."""
        name, _, rest = path.partition("/")
        namespace = etree.QName(self._element).namespace
        child = Writer(etree.SubElement(self._element, f"{{{namespace}}}{name}"), self.below(name, row))
        return child.add(rest) if rest else child

    def text(self, path: str, value: str, to: Rule | None = None) -> None:
        leaf = self.add(path)
        leaf._element.text = value if to is None else leaf.obey(value, to)

    def moment(self, path: str, value: datetime) -> None:
        self.text(path, value.isoformat(), MOMENT)

    def day(self, path: str, value: date) -> None:
        self.text(path, value.isoformat(), DATE)

    def flag(self, path: str, value: bool) -> None:
        self.text(path, "true" if value else "false")

    def count(self, path: str, value: int) -> None:
        self.text(path, str(value), COUNT)

    def total_fen(self, path: str, value_fen: int) -> None:
        self.add(path)._fen(value_fen, 1)

    def amount_fen(self, path: str, amount_fen: int, least_fen: int = 1) -> None:
        leaf = self.add(path)
        leaf._fen(amount_fen, least_fen)
        leaf._element.set("Ccy", CURRENCY)

    def _fen(self, value_fen: int, least_fen: int) -> None:
        if not least_fen <= value_fen <= AMOUNT_MAX_FEN:
            raise self.fault(
                Said("is {yuan}", yuan=yuan(value_fen)),
                Said("{least} to {most}", least=yuan(least_fen), most=yuan(AMOUNT_MAX_FEN)),
            )
        self._element.text = yuan(value_fen)


def start(file: str, namespace: str, message: str) -> Writer:
    root = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})  # type: ignore[dict-item]
    return Writer(etree.SubElement(root, f"{{{namespace}}}{message}"), Place(file, message, None))


def finish(message: Writer) -> bytes:
    """Return the document's bytes: the same for the same content. Raises InputFault for more than BYTES_MAX."""
    root = message._element.getroottree()
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    if len(data) > BYTES_MAX:
        raise message.fault(
            Said("has {count} bytes", count=len(data)), Said("at most {bytes_max}", bytes_max=BYTES_MAX)
        )
    return data
