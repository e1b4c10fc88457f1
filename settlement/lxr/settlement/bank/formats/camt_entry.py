"""One entry of a camt message: what it moves strictly, what is said of it as far as anybody says it.

The sign of an amount is its CdtDbtInd, also for a reversal (ISO 20022). An entry with the amounts of several
transactions is its parts, if they sum to it; with several that have none it is one line, which bears only what all of
them bear.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.camt_xml import (
    Children,
    Element,
    amount_fen,
    children,
    day,
    flag,
    is_credit,
    once,
    strict,
    trimmed,
    within,
)
from lxr.settlement.bank.formats.strict import StrictFault
from lxr.settlement.bank.formats.texts import Place, both_ends, cleaned, shown, yuan
from lxr.settlement.bank.model import Entry, OfTheBank, Unbooked

NO_ID: Final = "NOTPROVIDED"  # ISO 20022's word for a payment without an end-to-end id
BANK_REF: Final = texts.line(texts.REFERENCE_MAX)
_SAID: Final = ("AddtlNtryInf", "AddtlTxInf", "AddtlInf")
_SAID_OF_REMITTANCE: Final = "AddtlRmtInf"
_CODE: Final = "SubFmlyCd"
_WORDS: Final = tuple(f"{{*}}{name}" for name in (*_SAID, _SAID_OF_REMITTANCE, _CODE))
_OF_THE_BANK: Final[dict[str, OfTheBank]] = {
    **dict.fromkeys(("CHRG", "FEES", "COMM"), "fee"),
    "INTR": "interest",
}
"""ISO 20022's sub-families of charges and of interest, in whatever family they stand."""
_UNBOOKED: Final[dict[str, Unbooked]] = {"PDNG": "PDNG", "FUTR": "FUTR", "INFO": "INFO"}


class _Batch(NamedTuple):
    """The ids of the file of payments that an entry, or a part of it, carries out."""

    message_id: str | None = None
    payment_id: str | None = None


class _Transaction(Struct, frozen=True):
    """What is said of one transaction of an entry. fen: below zero for a debit, None where it has no amount."""

    fen: int | None
    end_to_end_id: str | None = None
    instruction_id: str | None = None
    payment_id: str | None = None
    message_id: str | None = None
    bank_ref: str = ""
    name: str = ""
    account: str = ""
    remittance: str = ""
    reason: str | None = None
    bank_text: str = ""
    of_the_bank: OfTheBank | None = None


def read_entry(
    entry: Element, place: Place, statement_day: date | None, unnumbered: Counter[str]
) -> tuple[Entry, ...] | Unbooked:
    """Return the lines of an entry, one or its parts, or why it has none.

    statement_day: that of an entry that bears none, None where that is not known yet. unnumbered: how many entries that
    are alike had no reference so far. Raises StrictFault.
    """
    among = children(entry)
    status = _status(among, place)
    reference = trimmed(once(among, "AcctSvcrRef", place))
    if status != "BOOK":
        return _UNBOOKED[status]
    total_fen = amount_fen(once(among, "Amt", place), place.below("Amt"), texts.AMOUNT_MAX_FEN)
    credit = is_credit(once(among, "CdtDbtInd", place), place.below("CdtDbtInd"))
    reversal = once(among, "RvslInd", place)
    booked = once(among, "BookgDt", place)
    value = once(among, "ValDt", place)
    booking_date = day(booked, place.below("BookgDt")) if booked is not None else statement_day
    if booking_date is None:
        raise StrictFault("date", place.below("BookgDt"), "missing", "the day on which it was booked")
    value_date = day(value, place.below("ValDt")) if value is not None else booking_date
    transactions = _transactions(entry, among, place, credit)
    if not total_fen and not any(each.fen for each in transactions):
        return "zero"
    _refuse_other_sum(transactions, total_fen if credit else -total_fen, place)
    if not reference and len(transactions) == 1:
        reference = transactions[0].bank_ref
    if reference and BANK_REF.pattern.fullmatch(reference) is None:
        raise StrictFault(
            "reference", place.below("AcctSvcrRef"), Said("has {shown}", shown=shown(reference)), BANK_REF.expected
        )
    whole = Entry(
        amount_fen=total_fen,
        credit=credit,
        reversal=flag(reversal, place.below("RvslInd"), "sign") if reversal is not None else False,
        booking_date=booking_date,
        value_date=value_date,
        bank_ref=reference,
        end_to_end_id=None,
        counterparty_name="",
        counterparty_account="",
        return_reason=None,
        remittance="",
        of_the_bank=_of_the_bank(among),
    )
    if not reference:
        reference = _derived(whole, entry, unnumbered)
    parts = [each for each in transactions if each.fen]
    if len(parts) < 2:
        return (_with(whole, _all_of(parts or transactions), reference),)
    return tuple(
        _with(
            replace(whole, amount_fen=abs(each.fen or 0), credit=(each.fen or 0) > 0), each, part_of(reference, number)
        )
        for number, each in enumerate(parts, start=1)
    )


def name_of(entry: Element, row: int) -> str:
    """Return what an entry is called that is passed over: its reference, else its place in the file."""
    return cleaned(trimmed(within(entry, "AcctSvcrRef")), texts.REFERENCE_MAX) or f"#{row}"


def _derived(whole: Entry, entry: Element, unnumbered: Counter[str]) -> str:
    """Return a reference for an entry that the bank gives none: the same whenever the bank writes it again.

    Names, accounts and texts are not in it, for they could be guessed from it; entries that are alike are counted.
    """
    note = "".join(sign for sign in trimmed(within(entry, "NtryRef")) if "!" <= sign <= "~")
    said = f"{whole.booking_date} {whole.value_date} {whole.signed_fen} {note}"
    unnumbered[said] += 1
    return texts.derived(said, unnumbered[said])


def part_of(reference: str, number: int) -> str:
    """Return the reference of a part of an entry, numbered from 1 in the file's order."""
    if len(reference) > 29:
        plain = "".join(sign for sign in reference if "!" <= sign <= "~")
        reference = f"{reference[:20]}-{sha256(plain.encode()).hexdigest()[:8].upper()}"
    return f"{reference}.{number}"


def _status(among: Children, place: Place) -> str:
    """Return the status: a text in older versions, a code below it in newer ones. Raises StrictFault: any other."""
    found = once(among, "Sts", place)
    below = place.below("Sts")
    if found is not None and len(found):
        found, below = once(children(found), "Cd", below), below.below("Cd")
    text = strict(found, below, "status")
    if text != "BOOK" and text not in _UNBOOKED:
        raise StrictFault("status", below, Said("has {shown}", shown=shown(text)), "BOOK, PDNG, FUTR or INFO")
    return text


def _transactions(entry: Element, among: Children, place: Place, credit: bool) -> list[_Transaction]:
    """Return what is said of the entry's transactions, one where there are no details; of its batch too."""
    blocks = [children(block) for block in among.get("NtryDtls", ())]
    details = [(block, each) for block in blocks for each in block.get("TxDtls", ())]
    if len(details) < 2:
        block, each = details[0] if details else (blocks[0] if blocks else {}, None)
        below = place.below("NtryDtls/TxDtls")
        batch = _ids_of_batch(block)
        if each is None:
            text = _words(entry, reason=None, returned=False)
            return [_Transaction(fen=None, bank_text=text, payment_id=batch.payment_id, message_id=batch.message_id)]
        count = trimmed(within(block["Btch"][0], "NbOfTxs")) if "Btch" in block else ""
        found = _transaction(each, below, credit, entry, batch)
        if count.isdigit() and int(count) > 1:  # one of several: its order is not the entry's
            return [replace(found, end_to_end_id=None, instruction_id=None)]
        return [found]
    above = _said_above(among)
    return [
        _transaction(each, place.below(f"NtryDtls/TxDtls[{number}]"), credit, each, _ids_of_batch(block), above)
        for number, (block, each) in enumerate(details, start=1)
    ]


def _ids_of_batch(block: Children) -> _Batch:
    if "Btch" not in block:
        return _Batch()
    batch = children(block["Btch"][0])
    return _Batch(_id(batch, "MsgId"), _id(batch, "PmtInfId"))


def _id(among: Children, name: str) -> str | None:
    if name not in among:
        return None
    given = cleaned(among[name][0].text or "", texts.REFERENCE_MAX)
    return None if given in ("", NO_ID) else given


def _said_above(among: Children) -> tuple[str, str]:
    """Return what the bank says of the entry as a whole: its words, and the code of a return."""
    words = " ".join(_flat(each) for each in among.get("AddtlNtryInf", ()))
    code = among["BkTxCd"][0] if "BkTxCd" in among else None
    returned = code is not None and any(trimmed(each) == texts.RETURN for each in code.iter(f"{{*}}{_CODE}"))
    return words, texts.RETURN if returned else ""


def _transaction(
    details: Element,
    place: Place,
    credit: bool,
    said_in: Element,
    batch: _Batch,
    above: tuple[str, str] = ("", ""),
) -> _Transaction:
    """Return what is said of one transaction. credit: of its entry. said_in: where the bank's words of it stand."""
    among = children(details)
    fen = None
    sign = once(among, "CdtDbtInd", place)
    own_credit = is_credit(sign, place.below("CdtDbtInd")) if sign is not None else credit
    amount = once(among, "Amt", place)
    below = place.below("Amt")
    if amount is None and "AmtDtls" in among and said_in is details:  # version 02 has no other for a part
        amount, below = within(among["AmtDtls"][0], "TxAmt/Amt"), place.below("AmtDtls/TxAmt/Amt")
    if amount is not None:
        fen = amount_fen(amount, below, texts.AMOUNT_MAX_FEN)
        fen = fen if own_credit else -fen
    elif own_credit is not credit:
        raise StrictFault("sign", place.below("CdtDbtInd"), "differs from the entry's", "CRDT" if credit else "DBIT")
    returned = "RtrInf" in among
    reason, words = _reason(among["RtrInf"][0]) if returned else (None, "")
    refs = children(among["Refs"][0]) if "Refs" in among else {}
    name, account = _counterparty(among, own_credit, returned)
    remittance = ""
    if "RmtInf" in among:
        lines = [
            cleaned(each.text or "", len(each.text or "")) for each in children(among["RmtInf"][0]).get("Ustrd", ())
        ]
        remittance = both_ends(" ".join(filter(None, lines)), texts.WORDS_MAX)
    text = _words(said_in, reason=reason, returned=returned, above=above, words=words)
    return _Transaction(
        fen=fen,
        end_to_end_id=_id(refs, "EndToEndId"),
        instruction_id=_id(refs, "InstrId"),
        payment_id=_id(refs, "PmtInfId") or batch.payment_id,
        message_id=_id(refs, "MsgId") or batch.message_id,
        bank_ref=trimmed(refs["AcctSvcrRef"][0]) if "AcctSvcrRef" in refs else "",
        name=name,
        account=account,
        remittance=remittance,
        reason=reason,
        bank_text=text,
        of_the_bank=_of_the_bank(among),
    )


def _reason(returned: Element) -> tuple[str | None, str]:
    """Why it came back: a code, or the bank's words in the place of one."""
    reason = within(returned, "Rsn")
    among = children(reason) if reason is not None else {}
    given = [trimmed(each) for name in ("Cd", "Prtry") for each in among.get(name, ())]
    codes = [each for each in given if texts.RETURN_REASON.pattern.fullmatch(each)]
    return (codes[0], "") if codes else (None, " ".join(given))


def _counterparty(among: Children, credit: bool, returned: bool) -> tuple[str, str]:
    """Name and account of the other side. A payment that came back shows the parties in their original roles."""
    if "RltdPties" not in among:
        return "", ""
    parties = children(among["RltdPties"][0])
    role = "Cdtr" if credit == returned else "Dbtr"
    name = account = ""
    if role in parties:
        holder = children(parties[role][0])
        if "Pty" in holder:  # since version 08
            holder = children(holder["Pty"][0])
        if "Nm" in holder:
            name = cleaned(holder["Nm"][0].text or "", texts.NAME_MAX)
    if f"{role}Acct" in parties:
        number = account_number(parties[f"{role}Acct"][0])
        account = cleaned(number, texts.ACCOUNT_MAX)
    return name, account


def account_number(account: Element) -> str:
    """Return the number of an account, empty where it has none."""
    named = within(account, "Id")
    if named is None:
        return ""
    found = within(named, "IBAN")
    return trimmed(found if found is not None else within(named, "Othr/Id"))


def _words(
    element: Element,
    *,
    reason: str | None,
    returned: bool,
    above: tuple[str, str] = ("", ""),
    words: str = "",
) -> str:
    """What the bank says of a transaction, with the mark of a return where it says so by a code but gives no reason."""
    said, of_remittance = [above[0], words], [""]
    marked = bool(above[1])
    for each in element.iter(*_WORDS):
        text = _flat(each)
        name = each.tag.rpartition("}")[2]
        if name == _CODE:
            marked = marked or text == texts.RETURN
        else:
            (of_remittance if name == _SAID_OF_REMITTANCE else said).append(text)
    text = " ".join(
        filter(None, (cleaned(" ".join(filter(None, each)), texts.WORDS_MAX) for each in (said, of_remittance)))
    )
    if (marked or returned) and reason is None:
        return f"{texts.RETURN} {text}".strip()
    return text


def _of_the_bank(among: Children) -> OfTheBank | None:
    """Return what the bank's code says that an entry, or a transaction of it, is of the bank's own."""
    found = among["BkTxCd"][0] if "BkTxCd" in among else None
    return None if found is None else _OF_THE_BANK.get(trimmed(within(found, f"Domn/Fmly/{_CODE}")))


def _flat(element: Element) -> str:
    """Return the element's text on one line."""
    text = "".join(str(part) for part in element.itertext()) if len(element) else element.text or ""
    return " ".join(text.split())


def _refuse_other_sum(transactions: Sequence[_Transaction], total_fen: int, place: Place) -> None:
    """Raise StrictFault: the transactions' amounts, where they are given, are not the entry's."""
    given = [each.fen for each in transactions if each.fen is not None]
    if not given:
        return
    below = place.below("NtryDtls/TxDtls/Amt")
    if len(given) < len(transactions):
        raise StrictFault("parts", below, "is given of some transactions only", "of each of them")
    if len(given) == 1 and (given[0] < 0) != (total_fen < 0) and abs(given[0]) == abs(total_fen):
        raise StrictFault(
            "sign",
            place.below("NtryDtls/TxDtls/CdtDbtInd"),
            "differs from the entry's",
            "CRDT" if total_fen > 0 else "DBIT",
        )
    if sum(given) != total_fen:
        sum_yuan = yuan(sum(given))
        raise StrictFault(
            "parts",
            below,
            Said("differs from the entry's amount: {sum_yuan}", sum_yuan=sum_yuan)
            if len(given) > 1
            else "differs from the entry's amount",
            yuan(total_fen) if len(given) > 1 else yuan(abs(total_fen)),
        )


def _all_of(transactions: Sequence[_Transaction]) -> _Transaction:
    """Return what all of them say: an id that only some bear is not the entry's."""
    if len(transactions) == 1:
        return transactions[0]

    def shared(name: str) -> str | None:
        values = {getattr(each, name) for each in transactions}
        return values.pop() if len(values) == 1 else None

    def joined(name: str, most: int) -> str:
        return both_ends(" ".join(dict.fromkeys(filter(None, (getattr(each, name) for each in transactions)))), most)

    return _Transaction(
        fen=None,
        end_to_end_id=shared("end_to_end_id"),
        instruction_id=shared("instruction_id"),
        payment_id=shared("payment_id"),
        message_id=shared("message_id"),
        name=shared("name") or "",
        account=shared("account") or "",
        remittance=joined("remittance", texts.WORDS_MAX),
        reason=next((each.reason for each in transactions if each.reason), None),
        bank_text=joined("bank_text", texts.WORDS_MAX),
        of_the_bank=transactions[0].of_the_bank if shared("of_the_bank") else None,
    )


def _with(entry: Entry, said: _Transaction, reference: str) -> Entry:
    return replace(
        entry,
        bank_ref=reference,
        end_to_end_id=said.end_to_end_id,
        instruction_id=said.instruction_id,
        payment_id=said.payment_id,
        message_id=said.message_id,
        counterparty_name=said.name,
        counterparty_account=said.account,
        remittance=said.remittance,
        return_reason=said.reason,
        bank_text=said.bank_text,
        of_the_bank=said.of_the_bank or entry.of_the_bank,
    )
