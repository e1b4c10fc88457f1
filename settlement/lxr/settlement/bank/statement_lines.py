"""The facts of a statement's lines, from its file alone: for who books it, and for who checks what was booked.

What a line is follows from them in `lxr.chaincode.lines`. A credit's text is the payer's own words only where nothing
says that the bank, or we ourselves, wrote it.
"""

import re
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Final

from lxr.chaincode import custody_records
from lxr.chaincode.cashout_records import is_end_to_end
from lxr.chaincode.custody_records import START, content_of
from lxr.chaincode.lines import LINE_FEN_MAX, REVERSAL, Line
from lxr.node.forms import EMPLOYER
from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.work.intake.widths import one_form

_REFERENCE: Final = texts.rule(r"[0-9A-Z._-]{1,35}", "1 to 35 of 0-9 A-Z . _ - in either case")
ORDER: Final = re.compile(r"LX[0-9]{6}[A-Z]{2}[A-Z2-7]{12}[0-9A-Z]", re.ASCII)
"""An id of ours in a text without blanks, in capitals."""
_DEPOSIT: Final = re.compile(rf"({EMPLOYER})D[0-9A-Z]*", re.ASCII)
_EMPLOYER: Final = re.compile(rf"(?<![0-9A-Za-z_-]){EMPLOYER}(?![0-9A-Za-z_-])", re.ASCII)
_OWN_TEXT: Final = re.compile(
    r"(?:AGES|FEE|TAX|INSURANCE)(?:C?[A-Z]{0,2}E|C[A-Z]{0,2})[0-9]{3,6}|"
    rf"C{EMPLOYER}[A-Z]?[0-9]{{2}}|LX[0-9]{{6}}",
    re.ASCII,
)
"""What `instruction` writes into our own orders ("wages E001-20260915", CE001-20260915), without signs and blanks, cut
off or run together as banks do."""
_SIGNS: Final = re.compile(r"[^0-9A-Z]")
_CASH_OUT: Final = re.compile(r"(?:AGES|FEE|TAX|INSURANCE)[^0-9A-Z]*C[0-9A-Z-]*[0-9-]", re.ASCII)
"""A cash-out's number of whatever form after our own word. Plain words of payers have no figure or hyphen."""
_LETTERS: Final = re.compile(r"W?(?:AGES|FEE|TAX|INSURANCE)C[A-Z]{1,36}", re.ASCII)
"""A number without any, or what is left of one, where it is all that the text has beside Chinese and signs."""
_RUN: Final = re.compile(rf"{EMPLOYER}[^0-9A-Z\s]?20[0-9]{{6}}", re.ASCII)
"""The number of a run, as no payer writes it."""
_DATED: Final = re.compile(rf"{EMPLOYER}\s+20[0-9]{{2}}", re.ASCII)
"""An employer's number and a date: the payer's words, or the number of a run that the bank has parted."""
_RETURN_WORDS: Final = re.compile(
    r"退(?:[汇匯回票款还還件单單]|(?![\u3400-\u9fff]))|返[还還]|原路|失[败敗]|[打转轉驳駁划劃]回"
    r"|[销銷][户戶]|[冲沖][正销銷账帐賬帳]|抹[账帐賬帳]|撤[销銷]|[错錯][账帐賬帳]|止付"
    r"|(?P<of>[户戶]名|[账帐賬帳卡行][号號]|[账帐賬帳][户戶])[^无無]{0,4}?"
    r"(?P<what>不[符存匹一正]|有[误誤]|[错錯][误誤]|异常|異常|[冻凍][结結]|[无無失]效|注[销銷]|[关關][闭閉]|久[悬懸]|休眠|受限)"
    r"|查[无無]|[无無]此|拒[绝絕付收]|(?:[无無]法|未能|不能)(?:[入解付转轉记記清]|支付|[汇匯]入)|交易(?:取消|[关關][闭閉])"
    r"|RETURN|REVERS|REJECT|REFUND|CHARGEBACK|UNPAID|UNAPPLIED|UNABLETO|FAILED|FAILURE|INVALID|INCORRECT|MISMATCH"
    r"|NOSUCH|NOTFOUND|DECLINED|DISHONOU?R|BOUNCED|CANCELL?ED|RECALLED|SENTBACK"
    r"|(?:ACCOUNT|ACCT|A/C)(?:IS|HASBEEN)?(?:CLOSED|BLOCKED|FROZEN|UNKNOWN)|(?:CLOSED|BLOCKED|FROZEN|WRONG|UNKNOWN)(?:ACCOUNT|ACCT|A/C)",
    re.ASCII,
)
"""How banks say in a text, in either script, that a payment did not arrive or came back. What says so is never taken
for a deposit. A lone 退 says so too; 退休 and 退税 do not. Between `of` and `what` may stand anything, a name too."""


def lines_of(statement: Statement, file: str) -> tuple[Line, ...]:
    """Return the facts of a statement's lines, debits first, then by day and reference, as they are booked.

    Raises InputFault: a reference that a ledger cannot keep, or given twice for a day.
    """
    lines: dict[str, Line] = {}
    for row, entry in enumerate(statement.entries, 1):
        place = texts.Place(file, "AcctSvcrRef", row)
        if entry.amount_fen > LINE_FEN_MAX:
            amount = texts.Place(file, "Amt", row)
            raise amount.fault(
                Said("is {yuan}", yuan=texts.yuan(entry.amount_fen)),
                Said("at most {yuan}", yuan=texts.yuan(LINE_FEN_MAX)),
            )
        line = facts_of(entry, place.obey(canonical(entry.bank_ref), _REFERENCE))
        if lines.setdefault(line.key, line) is not line:
            raise place.fault(
                Said("{booking} is given twice for {day}", booking=line.booking, day=line.day),
                "one entry for each reference of a day",
            )
    return tuple(sorted(lines.values(), key=lambda line: line.place))


def canonical(reference: str) -> str:
    """Return the one form of a bank's reference: full-width and small letters and blanks make no other.

    A reference with other signs than the ledger keeps is told from others by a digest of its ASCII. What is outside of
    ASCII may be somebody's name, which a digest of it could be guessed from, and counts by its place alone. So two
    references of a day are one only where they differ in nothing but such letters: a bank numbers its bookings, and its
    letters say which series a number is of. Should two meet all the same, `lines_of` refuses the statement.
    """
    said = plain(reference)
    form = re.sub(r"[^0-9A-Z._-]", ".", said)
    signs = re.sub(r"[^\x21-\x7e]", " ", said)
    return form if form == said else f"{form[:26]}-{sha256(signs.encode()).hexdigest()[:8].upper()}"


def key_of(entry: Entry) -> str:
    """Return the key of the line that an entry is, as 2026-09-16/B1."""
    return f"{entry.booking_date}/{canonical(entry.bank_ref)}"


def facts_of(entry: Entry, booking: str) -> Line:
    """Return the facts of one entry."""
    text = plain(f"{entry.remittance} {entry.bank_text}") if entry.remittance or entry.bank_text else ""
    ids = [plain(each) for each in (entry.end_to_end_id, entry.instruction_id, entry.payment_id) if each]
    order = _order_in(ids, text)
    ours = (text, *(each for each in ids if not _DEPOSIT.fullmatch(each)))
    words = one_form(entry.remittance).upper()
    own_text = any(_OWN_TEXT.search(_SIGNS.sub("", each)) for each in ours)
    said_of_it = f"{words} {one_form(entry.bank_text).upper()}"
    own_text = own_text or any(each.search(said_of_it) for each in (_RUN, _CASH_OUT))
    own_text = own_text or _LETTERS.fullmatch(_SIGNS.sub("", words)) is not None
    said = texts.RETURN if texts.RETURN in entry.bank_text.split() else return_word(text) if entry.credit else None
    returned = entry.return_reason or (REVERSAL if entry.reversal else said)
    payer = None
    if entry.credit and order is None and returned is None and not own_text and not _DATED.search(words):
        payer = _payer(entry, words)
    return Line(
        day=entry.booking_date,
        booking=booking,
        credit=entry.credit,
        amount_fen=entry.amount_fen,
        order=order,
        returned=returned,
        own_text=own_text,
        payer=payer,
    )


def return_word(text: str) -> str | None:
    """Return the words of ours by which a text says that a payment came back, and nothing that stands between them."""
    found = _RETURN_WORDS.search(text)
    if found is None:
        return None
    return f"{found['of']}{found['what']}" if found["of"] else found[0]


def content(lines: tuple[Line, ...]) -> str:
    """Return the digest of what a statement with these lines says, as the ledger keeps it."""
    found = START
    for line in lines:
        found = content_of(found, line)
    return found


Identity = tuple[date, int | None, int, int, str]
"""What a statement is known by, whatever its file is called: day, number, both balances, the digest of its lines."""


def identity_of(statement: Statement, lines: tuple[Line, ...]) -> Identity:
    """Return what the statement of a file is known by."""
    return statement.date, statement.sequence, statement.opening_fen, statement.closing_fen, content(lines)


def identity_there(there: custody_records.Statement) -> Identity:
    """Return what a statement of the ledger is known by, as far as it is booked."""
    return there.day, there.number, there.opening_fen, there.closing_fen, there.content


NONE: Final = "none"
"""The word for what is not there."""


def difference(line: Line, other: Line) -> Said | None:
    """Return which fact of a line another one does not have, as "payer is E002, not E001"; None: they are the same."""
    for name in Line.__struct_fields__:
        theirs, ours = getattr(line, name), getattr(other, name)
        if theirs != ours:
            return Said(
                "{difference} is {given}, not {there}",
                difference=name,
                given=said_of(name, theirs),
                there=said_of(name, ours),
            )
    return None


def said_of(name: str, fact: object) -> str | int:
    """Return a fact of a line, as it is said: a word for what is not there, or for yes and no."""
    if isinstance(fact, bool):
        words = ("credit", "debit") if name == "credit" else ("yes", "no")
        return words[0 if fact else 1]
    return fact if isinstance(fact, (str, int)) else NONE


def plain(text: str) -> str:
    """Return a text as it is searched: full-width and small letters and blanks make no other."""
    return "".join(one_form(text).split()).upper()


def _order_in(ids: Sequence[str], text: str) -> str | None:
    """Return the order of ours that an entry bears: the first one of its ids, or the only one in its text."""
    for each in ids:
        if is_end_to_end(each):
            return each
    named = {number for number in ORDER.findall(text) if is_end_to_end(number)}
    return named.pop() if len(named) == 1 else None


def _payer(entry: Entry, words: str) -> str | None:
    """Return the only employer that the payer names, by its own end-to-end id and in its words."""
    named = set(_EMPLOYER.findall(words))  # its blanks part words
    if (match := _DEPOSIT.fullmatch(plain(entry.end_to_end_id or ""))) is not None:
        named.add(match[1])
    return named.pop() if len(named) == 1 else None
