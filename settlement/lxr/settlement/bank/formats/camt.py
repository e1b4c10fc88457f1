"""ISO 20022 camt.053: the bank's statements, with every booked entry; camt.052 and 054: its notices of the day.

All versions from 02 on are read alike, for what moves money stands in the same places. Strict is what changes money or
its direction (`strict.RULES`), each rule told of in docs/bank-files.md; anything else may stand in the file, or not. A
statement that does not add up is refused, never repaired. What a payer has written makes no statement unreadable: its
texts, names and ids are cleaned and cut off.
"""

import re
from collections import Counter
from datetime import date
from typing import Final

from msgspec import Struct, field

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.camt_balances import Balances, day_of_balances, read_balances
from lxr.settlement.bank.formats.camt_entry import account_number, name_of, read_entry
from lxr.settlement.bank.formats.camt_xml import (
    Children,
    Element,
    children,
    flag,
    once,
    strict,
    trimmed,
    within,
)
from lxr.settlement.bank.formats.lexical import day_of_text, number_of
from lxr.settlement.bank.formats.plugin import BYTES_MAX, ENTRIES_MAX, StatementFormat
from lxr.settlement.bank.formats.strict import StrictFault
from lxr.settlement.bank.formats.texts import Place, cleaned, shown
from lxr.settlement.bank.formats.xml_stream import ends, head_text
from lxr.settlement.bank.model import NAMED_MAX, Entry, Notice, Page, PassedOver, StatementFile, Unbooked
from lxr.settlement.bank.statement_pages import sound, whole

STATEMENTS_MAX: Final = 10_000
VERSIONS: Final = range(2, 15)
_WITHOUT_MAX: Final = 1 << 25
"""What is held of a file: so many bytes of anything else than entries and statements."""
_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.(05[234])\.001\.([0-9]{2})", re.ASCII)
_MESSAGES: Final = {"053": "BkToCstmrStmt", "052": "BkToCstmrAcctRpt", "054": "BkToCstmrDbtCdtNtfctn"}
_BODIES: Final = {"053": "Stmt", "052": "Rpt", "054": "Ntfctn"}
_PAGES: Final = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")
_NO_CAMT: Final = re.compile(r"<(?:\w+:)?(?:html|table|workbook|!doctype\s+html)\b|office:spreadsheet", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    """Return whether it is XML that is neither a page nor a sheet."""
    text = head_text(head)
    return text.startswith("<") and _NO_CAMT.search(text) is None


def read(data: bytes, file: str, account: str | None) -> StatementFile:
    """Return the statements of an account, or of all of them where none is given, with each one's pages.

    Raises StrictFault, naming the element's path and the entry's number from 1.
    """
    if len(data) > BYTES_MAX:
        raise StrictFault(
            "size", Place(file, "", None), Said("more than {most} bytes", most=BYTES_MAX), "a smaller file"
        )
    reading = _Reading(file, account)
    tags = tuple(f"{{*}}{name}" for name in ("Ntry", *_BODIES.values()))
    root: Element | None = None
    for element in ends(data, file, tags, _WITHOUT_MAX):
        parent = element.getparent()
        if parent is None:
            root = element
        elif element.tag.endswith("}Ntry"):
            reading.entry(element, parent)
        else:
            reading.body(element)
    assert root is not None
    reading.message(root)
    return reading.result()


class _Body(Struct):
    """A statement, report or notice while it is read: its entries' elements are let go of, one after the other."""

    element: Element
    place: Place
    ours: bool
    account: str
    day: date | None
    read: int = 0
    last: Element | None = None
    entries: list[Entry] = field(default_factory=list)
    unnumbered: Counter[str] = field(default_factory=Counter)


class _Reading:
    """One file while it is read."""

    def __init__(self, file: str, account: str | None) -> None:
        self._place = Place(file, "", None)
        self._account = account
        self._kind = ""
        self._current: _Body | None = None
        self._bodies = 0
        self._last: Element | None = None
        self._pagination: tuple[int, bool] | None = None
        self._pages: list[tuple[Page, Place]] = []
        self._notices: list[Notice] = []
        self._passed: dict[Unbooked, tuple[int, list[str]]] = {}

    def entry(self, element: Element, parent: Element) -> None:
        """Take an entry, and let go of it."""
        if not self._is_body(parent) or element.tag != f"{parent.tag[: parent.tag.find('}') + 1]}Ntry":
            return
        body = self._begun(parent)
        body.read += 1
        if body.ours:
            self._booked(body, element)
        del element[:]
        if body.last is not None:
            parent.remove(body.last)
        body.last = element

    def body(self, element: Element) -> None:
        """Take what a statement says beside its entries, and let go of it."""
        if not self._is_body(element):
            return
        body = self._begun(element)
        if not body.ours:
            self._pass_over("account", body.account)
        elif self._kind == "053":
            self._pages.append((self._page(body), body.place))
        else:
            self._pass_over("notice", cleaned(trimmed(within(element, "Id")), texts.REFERENCE_MAX) or body.account)
            self._notices.append(Notice(f"camt.{self._kind}", body.account, tuple(body.entries)))
        self._current = None
        del element[:]
        above = self._last.getparent() if self._last is not None else None
        if self._last is not None and above is not None:
            above.remove(self._last)
        self._last = element

    def message(self, root: Element) -> None:
        """Take the root, in the end: there must be one message in it."""
        self._kind = self._kind or self._message(root)
        if not self._bodies:
            path = f"{_MESSAGES[self._kind]}/{_BODIES[self._kind]}"
            raise StrictFault("message", self._place.below(path), "missing", "a statement")

    def result(self) -> StatementFile:
        """Return what was read. Raises StrictFault: a statement of one page does not add up."""
        statements, pages = [], []
        for page, place in self._pages:
            if page.number == 1 and page.last:
                statements.append(whole([page], place))
            else:
                pages.append(page)
        return StatementFile(
            statements=tuple(statements),
            pages=tuple(pages),
            notices=tuple(self._notices),
            passed_over=tuple(PassedOver(what, count, tuple(names)) for what, (count, names) in self._passed.items()),
        )

    def _is_body(self, element: Element) -> bool:
        """Whether it stands where a statement does, below the one message of the document."""
        message = element.getparent()
        root = message.getparent() if message is not None else None
        if message is None or root is None or root.getparent() is not None:
            return False
        self._kind = self._kind or self._message(root)
        namespace = root.tag[: root.tag.find("}") + 1]
        return (message.tag, element.tag) == (
            f"{namespace}{_MESSAGES[self._kind]}",
            f"{namespace}{_BODIES[self._kind]}",
        )

    def _message(self, root: Element) -> str:
        """Which message it is. Raises StrictFault: none that is read here."""
        namespace, _, name = root.tag.rpartition("}")
        found = _NAMESPACE.fullmatch(namespace.removeprefix("{"))
        if found is None or name != "Document" or int(found[2]) not in VERSIONS:
            came = namespace.removeprefix("{urn:iso:std:iso:20022:tech:xsd:") or root.tag
            raise StrictFault(
                "message",
                self._place.below("Document"),
                Said("is {shown}", shown=shown(came if name == "Document" else root.tag)),
                "`camt.053`, `052` or `054` in a version from 02 to 14",
            )
        header = within(root, f"{_MESSAGES[found[1]]}/GrpHdr/MsgPgntn")
        if header is not None:
            self._pagination = _pagination(header, self._place.below(f"{_MESSAGES[found[1]]}/GrpHdr/MsgPgntn"))
        return found[1]

    def _begun(self, element: Element) -> _Body:
        """Return the statement that an element belongs to: new, where it is the first of it."""
        if self._current is not None:
            return self._current
        self._bodies += 1
        path = f"{_MESSAGES[self._kind]}/{_BODIES[self._kind]}"
        place = self._place.below(path if self._bodies == 1 else f"{path}[{self._bodies}]")
        if self._bodies > STATEMENTS_MAX:
            raise StrictFault(
                "size",
                place,
                Said("more than {most} statements", most=STATEMENTS_MAX),
                Said("at most {most}", most=STATEMENTS_MAX),
            )
        among = children(element)
        held = once(among, "Acct", place)
        if held is None:
            raise StrictFault("account", place.below("Acct"), "missing", "the account's number before the entries")
        number = account_number(held)
        if texts.ACCOUNT.pattern.fullmatch(number) is None:
            raise StrictFault(
                "account", place.below("Acct/Id"), Said("has {shown}", shown=shown(number)), texts.ACCOUNT.expected
            )
        ours = self._account in (None, number)
        if ours:
            currency = trimmed(within(held, "Ccy"))
            if currency not in ("", texts.CURRENCY):
                raise StrictFault(
                    "currency", place.below("Acct/Ccy"), Said("has {shown}", shown=shown(currency)), texts.CURRENCY
                )
            _refuse_copy(among, place)
        day = day_of_balances(among) or day_of_text(trimmed(within(element, "CreDtTm"))) if ours else None
        self._current = _Body(element, place, ours, number, day)
        return self._current

    def _booked(self, body: _Body, element: Element) -> None:
        place = body.place.below("Ntry", body.read)
        found = read_entry(element, place, body.day, body.unnumbered)
        if isinstance(found, str):
            self._pass_over(found, name_of(element, body.read))
            return
        if len(body.entries) + len(found) > ENTRIES_MAX:
            raise StrictFault(
                "size",
                place,
                Said("more than {entries_max} Ntry", entries_max=ENTRIES_MAX),
                Said("at most {entries_max}", entries_max=ENTRIES_MAX),
            )
        body.entries += found

    def _page(self, body: _Body) -> Page:
        """Return the statement, or a page of it."""
        element, place = body.element, body.place
        among = children(element)
        numbers = [number_of(trimmed(each)) for name in ("ElctrncSeqNb", "LglSeqNb") for each in among.get(name, ())]
        paged = [(each, name) for name in _PAGES for each in among.get(name, ())]
        balances = read_balances(among, place)
        number, last = _pagination(paged[0][0], place.below(paged[0][1])) if paged else (1, True)
        page = self._made(body, balances, next((each for each in numbers if each is not None), None), number, last)
        if paged or self._pagination in (None, (1, True)) or sound(page):
            return page
        assert self._pagination is not None  # older versions number the pages of the message
        return self._made(body, balances, page.sequence, *self._pagination)

    def _made(self, body: _Body, balances: Balances, sequence: int | None, number: int, last: bool) -> Page:
        return Page(
            statement_id=cleaned(trimmed(within(body.element, "Id")), texts.REFERENCE_MAX),
            sequence=sequence,
            account=body.account,
            number=number,
            last=last,
            openings_fen=balances.openings_fen,
            closings=balances.closings,
            entries=tuple(body.entries),
            unnumbered={} if (number, last) == (1, True) else _unnumbered(body),
        )

    def _pass_over(self, what: Unbooked, name: str) -> None:
        count, names = self._passed.get(what, (0, []))
        if len(names) < NAMED_MAX:
            names.append(name)
        self._passed[what] = (count + 1, names)


def _unnumbered(body: _Body) -> dict[str, str]:
    alike = ((said, place) for said, count in body.unnumbered.items() for place in range(1, count + 1))
    return {texts.derived(said, place): said for said, place in alike}


def _pagination(element: Element, place: Place) -> tuple[int, bool]:
    """Return a page's number, and whether it is the last."""
    among = children(element)
    text = strict(once(among, "PgNb", place), place.below("PgNb"), "page")
    number = number_of(text)
    if not number or number > STATEMENTS_MAX:
        raise StrictFault("page", place.below("PgNb"), Said("has {shown}", shown=shown(text)), "a page's number from 1")
    last = once(among, "LastPgInd", place)
    if last is None:
        raise StrictFault("page", place.below("LastPgInd"), "missing", "whether it is the last page")
    return number, flag(last, place.below("LastPgInd"), "page")


def _refuse_copy(among: Children, place: Place) -> None:
    """Raise StrictFault: it is a copy for somebody else. A duplicate (DUPL) is booked no second time as it is."""
    said = trimmed(once(among, "CpyDplctInd", place))
    if said not in ("", "DUPL"):
        raise StrictFault(
            "copy", place.below("CpyDplctInd"), Said("has {shown}", shown=shown(said)), "the statement itself, or DUPL"
        )


FORMAT: Final = StatementFormat("camt.053 (ISO 20022)", recognises, read)
