"""SWIFT MT940: statements as fields behind tags, several in a file, each on one page or several.

`mt940` (PyPI) takes the fields apart. It is lenient: what moves money is checked here first, field by field.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.plugin import ENTRIES_MAX, StatementFormat
from lxr.settlement.bank.model import NAMED_MAX, Entry, OfTheBank, PassedOver, Statement, StatementFile
from lxr.settlement.bank.statement_lines import canonical
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.encodings import encoding_of, lines

if TYPE_CHECKING:
    from mt940.models import Transaction, Transactions

logging.getLogger("mt940").setLevel(logging.CRITICAL)  # it would write what payers wrote onto the screen

BYTES_MAX: Final = 128 << 20
FIELD_LINES_MAX: Final = 100
"""SWIFT has 6; banks write more."""
_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{1:[^\r\n]*\s*)?(?::20:)", re.ASCII)
_ENVELOPE: Final = re.compile(r"\{[1-5]:.*|-\}.*|-", re.ASCII)
_TAG: Final = re.compile(r":([0-9]{2}[A-Z]?|NS):", re.ASCII)
_AMOUNT: Final = r"(?=[0-9,]{2,15}(?![0-9,]))[0-9]+,[0-9]*"
_BALANCE: Final = texts.rule(rf"[CD][0-9]{{6}}[A-Z]{{3}}{_AMOUNT}", "a balance like C260901CNY1234,56")
_LINE: Final = texts.rule(
    rf"[0-9]{{6}}([0-9]{{4}})?R?[CD][A-Z]?{_AMOUNT}[A-Z][A-Z0-9]{{3}}[^\n]{{1,200}}(\n[^\n]{{0,200}})?",
    "an entry like 2609010901C1234,56NTRFREFERENCE//BANKREF",
)
# SWIFT has 34 signs and 34; `mt940` would look at a longer one for ever
_NUMBER: Final = texts.rule(r"[0-9]{1,5}(/[0-9]{1,5})?", "a number like 97/1")
_SUM: Final = texts.rule(rf"[0-9]{{1,5}}[A-Z]{{3}}{_AMOUNT}", "a number and a sum like 2CNY1234,56")
_RULES: Final = {"60": _BALANCE, "62": _BALANCE, "61": _LINE, "28": _NUMBER, "90": _SUM}
_NO_REFERENCE: Final = frozenset({"NONREF", "NOTPROVIDED"})
_RETURNED: Final = "RTI"  # SWIFT's code of a returned item
_OF_THE_BANK: Final[dict[str, OfTheBank]] = {"CHG": "fee", "COM": "fee", "INT": "interest"}
"""SWIFT's codes of charges, commission and interest."""


class _Field(NamedTuple):
    """row: of its first line in the file. tag: as 60F. value: its lines."""

    row: int
    tag: str
    value: str


class _Page(NamedTuple):
    """One page of a statement: a whole one where it is neither continued nor goes on. row: where it begins.

    places: for each entry, number of the statement, page and entry, as 97-1-3.
    """

    row: int
    number: str
    opening_fen: int
    closing_fen: int
    day: date
    continued: bool
    goes_on: bool
    entries: tuple[Entry, ...]
    places: tuple[str, ...]


def recognises(head: bytes) -> bool:
    """Return whether a file that begins so is one of MT940."""
    return _START.match(head) is not None or head.startswith((b"\xff\xfe:\0002\0000\0", b"\xfe\xff\0:\0002\0000"))


def read(data: bytes, file: str, custody: str) -> StatementFile:
    """Return the statements of an account in a file, each out of all its pages; those of other accounts by name.

    Raises InputFault, naming the line: a field that is missing, there twice or not in its form, another currency than
    CNY, an amount that is not whole fen, entries that do not explain the balances or the sums that are given, pages
    that do not follow one another.
    """
    if len(data) > BYTES_MAX:
        raise InputFault(file=file, problem=Said("more than {most} bytes", most=BYTES_MAX), expected="a smaller file")
    statements: list[Statement] = []
    held: list[_Page] = []
    others: dict[str, None] = {}
    for fields in _messages(data, file):
        given = _given(fields, file)
        if (account := _account(given["25"], file)) != custody:
            others[account] = None
            continue
        page = _page(fields, given, file)
        before = held[-1] if held else None
        if page.continued != (before is not None):
            problem = "goes on from a page that is missing" if page.continued else "begins before the last one ends"
            raise InputFault(file=file, row=page.row, field="60", problem=problem, expected="all pages in order")
        if before is not None and (before.number, before.closing_fen) != (page.number, page.opening_fen):
            problem = "does not follow the page before"
            raise InputFault(file=file, row=page.row, field="60M", problem=problem, expected="all pages in order")
        held.append(page)
        if not page.goes_on:
            statements.append(_statement(custody, held))
            held = []
    if held:
        raise InputFault(file=file, row=held[-1].row, field="62M", problem="is not the last page", expected="all pages")
    passed = PassedOver("account", len(others), tuple(others)[:NAMED_MAX])
    return StatementFile(tuple(statements), passed_over=(passed,) if others else ())


FORMAT: Final = StatementFormat("MT940", recognises, read)


def _messages(data: bytes, file: str) -> Iterator[list[_Field]]:
    """Yield the fields of each message."""
    source = BytesIO(data)
    encoding = encoding_of(file, source, None)
    message: list[_Field] = []
    for row, raw in enumerate(lines(file, source, encoding), 1):
        line = raw.rstrip("\r\n \t")
        if not line or _ENVELOPE.fullmatch(line):
            continue
        tag = _TAG.match(line)
        if tag is not None and tag[1] == "20" and message:
            yield message
            message = []
        if tag is not None:
            message.append(_Field(row, tag[1], line[tag.end() :]))
        elif message:
            last = message[-1]
            if last.value.count("\n") >= FIELD_LINES_MAX:
                raise _fault(
                    file, last, Said("more than {most} lines", most=FIELD_LINES_MAX), "a field as SWIFT has it"
                )
            message[-1] = last._replace(value=f"{last.value}\n{line}")
        else:
            raise InputFault(file=file, row=row, problem="stands before the first field", expected=":20:")
    if not message:
        raise InputFault(file=file, problem="has no statement", expected=":20:")
    yield message


def _given(fields: Sequence[_Field], file: str) -> dict[str, _Field]:
    """Return the fields that a message has once, by their numbers, in the form that they must have."""
    given: dict[str, _Field] = {}
    for each in fields:
        kind = each.tag[:2]
        rule = _RULES.get(kind)
        if rule is not None and rule.pattern.fullmatch(each.value) is None:
            raise _fault(file, each, Said("has {shown}", shown=texts.shown(each.value)), rule.expected)
        key = each.tag if kind == "90" else kind
        if kind in ("20", "25", "28", "60", "62", "90") and given.setdefault(key, each) is not each:
            raise _fault(file, each, "is there twice", "one of each in a statement")
    for kind in ("20", "25", "28", "60", "62"):
        if kind not in given:
            raise InputFault(
                file=file, row=fields[0].row, field=kind, problem="is missing", expected="one of each in a statement"
            )
    for kind in ("60", "62"):
        if given[kind].tag[2:] not in ("F", "M"):
            raise _fault(file, given[kind], "is no opening or closing balance", f":{kind}F: or :{kind}M:")
    return given


def _page(fields: Sequence[_Field], given: dict[str, _Field], file: str) -> _Page:
    """One message, looked at before `mt940` takes it apart."""
    for each in (given["60"], given["62"]):
        if each.value[7:10] != texts.CURRENCY:
            raise _fault(file, each, Said("has {shown}", shown=texts.shown(each.value[7:10])), texts.CURRENCY)
    end = fields.index(given["62"])
    entries = _entries(fields[:end])
    if len(entries) > ENTRIES_MAX:
        raise _fault(file, fields[0], Said("more than {most} entries", most=ENTRIES_MAX), "a shorter time")
    parsed = _parsed(fields[: end + 1], file)  # it would give the last entry what the bank says of all
    if len(parsed.transactions) != len(entries):
        raise InputFault(file=file, row=fields[0].row, problem="is no MT940", expected="fields as SWIFT has them")
    opening_fen = _balance(given["60"], file)
    closing_fen = _balance(given["62"], file)
    day: date = parsed.data[
        "final_closing_balance" if given["62"].tag == "62F" else "intermediate_closing_balance"
    ].date
    number = given["28"].value
    found = tuple(
        _entry(transaction, field, words, day, file)
        for transaction, (field, words) in zip(parsed.transactions, entries, strict=True)
    )
    explained_fen = opening_fen + sum(entry.signed_fen for entry in found)
    if explained_fen != closing_fen:
        raise _fault(
            file,
            given["62"],
            Said("is {yuan}", yuan=texts.yuan(closing_fen)),
            Said("{yuan}, which is the opening balance and the entries", yuan=texts.yuan(explained_fen)),
        )
    _check_sums(given, found, file)
    return _Page(
        row=fields[0].row,
        number=number.partition("/")[0].lstrip("0") or "0",
        opening_fen=opening_fen,
        closing_fen=closing_fen,
        day=day,
        continued=given["60"].tag == "60M",
        goes_on=given["62"].tag == "62M",
        entries=found,
        places=tuple(f"{number.replace('/', '-')}-{place}" for place in range(1, len(found) + 1)),
    )


def _entries(fields: Sequence[_Field]) -> list[tuple[_Field, str]]:
    """Each entry's field, and what the fields right behind it say of it."""
    found: list[tuple[_Field, list[str]]] = []
    behind = False
    for each in fields:
        if each.tag == "61":
            found.append((each, []))
        elif each.tag == "86" and behind:
            found[-1][1].append(" ".join(each.value.split()))
        behind = each.tag == "61" or (behind and each.tag == "86")
    return [(field, " ".join(words)) for field, words in found]


def _parsed(fields: Sequence[_Field], file: str) -> "Transactions":
    """Return the message as `mt940` understands it: with all its corrections, and references of any length."""
    import mt940  # slow to import, and few files are of this kind
    from mt940.models import Transactions
    from mt940.tags import StatementGLS

    text = "\n".join(f":{each.tag}:{each.value}" for each in fields)
    parsed = Transactions(tags={61: StatementGLS()}, options=mt940.Options.all())
    try:
        parsed.parse(text)
    except Exception as fault:  # it names no set of exceptions; a date that does not exist is one
        raise InputFault(
            file=file, row=fields[0].row, problem="is no MT940", expected="fields as SWIFT has them"
        ) from fault
    return parsed


def _entry(transaction: "Transaction", field: _Field, words: str, closing: date, file: str) -> Entry:
    """One entry. Only what stands in the field for it is the payer's words; all words count for what it is."""
    data: dict[str, Any] = transaction.data
    fen = _fen(data["amount"].amount, field, file)
    value_day = date.fromordinal(data["date"].toordinal())
    booked = data.get("entry_date")
    day = date.fromordinal(booked.toordinal()) if isinstance(booked, date) else min(value_day, closing)
    if day > closing:
        raise _fault(
            file,
            field,
            Said("{booking_date} is after the statement", booking_date=day),
            Said("{date}", date=closing),
        )
    own = next(
        (
            each
            for name in ("end_to_end_reference", "customer_reference")
            if (each := _text(data, name, most=texts.REFERENCE_MAX)) and each.upper() not in _NO_REFERENCE
        ),
        None,
    )
    is_return = str(data["id"]).endswith(_RETURNED)
    said = [texts.RETURN if is_return else "", _text(data, "extra_details"), words]
    purpose = [_text(data, name) for name in ("purpose", "additional_purpose")]
    return Entry(
        amount_fen=abs(fen),
        credit=fen > 0,
        reversal=str(data["status"]).upper().startswith("R"),
        booking_date=day,
        value_date=value_day,
        bank_ref=_text(data, "bank_reference", most=texts.REFERENCE_MAX),
        end_to_end_id=own,
        counterparty_name=_text(data, "applicant_name", most=texts.NAME_MAX),
        counterparty_account=_text(data, "applicant_iban", most=texts.ACCOUNT_MAX),
        return_reason=None,
        remittance=texts.both_ends(" ".join(filter(None, purpose)), texts.WORDS_MAX),
        bank_text=texts.both_ends(" ".join(filter(None, said)), texts.WORDS_MAX),
        of_the_bank=_OF_THE_BANK.get(str(data["id"])[-3:]),
    )


def _statement(custody: str, pages: Sequence[_Page]) -> Statement:
    """Return the statement of all its pages. An entry without a reference of its own has its place for one."""
    first, last = pages[0], pages[-1]
    placed = [each for page in pages for each in zip(page.entries, page.places, strict=True) if each[0].amount_fen]
    shared = Counter((entry.booking_date, canonical(entry.bank_ref)) for entry, _ in placed)
    entries = tuple(
        entry
        if entry.bank_ref and shared[entry.booking_date, canonical(entry.bank_ref)] == 1
        else replace(entry, bank_ref=place)
        for entry, place in placed
    )
    facts = f"{custody} {first.number} {last.day} {first.opening_fen} {last.closing_fen}"
    return Statement(
        statement_id=f"M-{last.day:%Y%m%d}-{sha256(facts.encode()).hexdigest()[:12].upper()}",
        sequence=int(first.number),
        account=custody,
        date=last.day,
        opening_fen=first.opening_fen,
        closing_fen=last.closing_fen,
        entries=entries,
    )


def _account(field: _Field, file: str) -> str:
    """The account, behind the bank's code, where one stands before it, and before the currency, where one follows."""
    account = field.value.rpartition("/")[2].replace(" ", "").removesuffix(texts.CURRENCY)
    if texts.ACCOUNT.pattern.fullmatch(account) is None:
        raise _fault(file, field, Said("has {shown}", shown=texts.shown(field.value)), texts.ACCOUNT.expected)
    return account


def _balance(field: _Field, file: str) -> int:
    fen = _fen(Decimal(field.value[10:].replace(",", ".")), field, file)
    return -fen if field.value[0] == "D" else fen


def _fen(yuan: Decimal, field: _Field, file: str) -> int:
    """Whole fen, by Decimal alone, as `mt940` keeps amounts too."""
    fen = yuan * 100
    if fen != fen.to_integral_value() or abs(fen) > texts.AMOUNT_MAX_FEN:
        raise _fault(file, field, Said("has {shown}", shown=texts.shown(field.value)), "whole fen")
    return int(fen)


def _check_sums(given: dict[str, _Field], entries: Sequence[Entry], file: str) -> None:
    """Raise InputFault: the numbers and sums of debits and credits, where they are given, are not the entries'."""
    for tag, credit in (("90D", False), ("90C", True)):
        if tag in given:
            found = [entry.amount_fen for entry in entries if entry.credit == credit and entry.amount_fen]
            count, _, amount = re.split(r"([A-Z]{3})", given[tag].value, maxsplit=1)
            if (int(count), _fen(Decimal(amount.replace(",", ".")), given[tag], file)) != (len(found), sum(found)):
                expected = Said("{count} entries of {yuan}", count=len(found), yuan=texts.yuan(sum(found)))
                raise _fault(file, given[tag], Said("has {shown}", shown=texts.shown(given[tag].value)), expected)


def _text(data: dict[str, Any], name: str, most: int = texts.WORDS_MAX) -> str:
    return texts.both_ends(" ".join(str(data.get(name) or "").split()), most)


def _fault(file: str, field: _Field, problem: str | Said, expected: str | Said) -> InputFault:
    return InputFault(file=file, row=field.row, field=field.tag, problem=problem, expected=expected)
