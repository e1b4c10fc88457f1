"""ISO 20022 camt.053.001.08: the bank's statement of one account, with every booked entry of a day.

One message carries one statement, in CNY, on one page; one entry carries one transaction. The sign of an amount
and of a balance is its CdtDbtInd, also for a reversal (ISO 20022): an overdrawn balance is DBIT. A statement that does
not add up is refused, never repaired. What a payer has written makes no statement unreadable: its texts, names and ids
are cleaned and cut off.
"""

import re
from collections.abc import Set
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.reader import Many, Reader, parse
from lxr.settlement.bank.formats.writer import Writer, finish, start
from lxr.settlement.bank.model import Entry, Statement

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
ENTRIES_MAX: Final = 1_000_000
"""As many as the contract takes in one statement."""
BYTES_MAX: Final = 1 << 30
"""About 1,000 bytes an entry."""
_NUMBER: Final = texts.rule(r"[0-9]{1,18}", "a whole number of at most 18 digits")
NO_ID: Final = "NOTPROVIDED"  # ISO 20022's word for a payment without an end-to-end id
BANK_REF: Final = texts.line(35)
_ID_MAX: Final = 35
_ACCOUNT_MAX: Final = 34
_NAME_MAX: Final = 140
_REMITTANCE_MAX: Final = 2000  # several texts of 140 are one: what the bank adds stands last, and counts
_REMITTANCE_PART: Final = re.compile(r"(\S(?:.{0,138}\S)?)(?: (?=\S)|$)")
END_TO_END_ID: Final = texts.line(_ID_MAX)
COUNTERPARTY_ACCOUNT: Final = texts.line(_ACCOUNT_MAX)
REMITTANCE: Final = texts.line(_REMITTANCE_MAX)
RETURN_REASON: Final = texts.rule(r"[A-Z0-9]{4}", "an ISO return reason of 4 characters, such as AC04")
_MESSAGE: Final = "BkToCstmrStmt"
_END_OF_DAY: Final = time(23, 59, 59, tzinfo=timezone(timedelta(hours=8)))
_STATEMENT_PASSES: Final = {"CreDtTm", "FrToDt", "RptgSeq", "RptgSrc", "TxsSummry", "AddtlStmtInf"}
_IDS: Final = ("PmtInfId", "InstrId", "EndToEndId")
_REFS_PASS: Final = {"MsgId", "AcctSvcrRef", "UETR", "MndtId", "TxId", "ClrSysRef"}
_DETAILS_PASS: Final = {"AmtDtls", "BkTxCd", "RltdAgts", "LclInstrm", "Purp", "RltdDts", "AddtlTxInf"}


def write(statement: Statement) -> bytes:
    """The statement as a file: the same bytes for the same statement.

    Raises InputFault for what `read` refuses, and for a remittance that cannot be parted every 140 characters.
    """
    message = start(f"statement {statement.statement_id}", NAMESPACE, _MESSAGE)
    moment = datetime.combine(statement.date, _END_OF_DAY)
    header = message.add("GrpHdr")
    header.text("MsgId", statement.statement_id, texts.MESSAGE_ID)
    header.moment("CreDtTm", moment)
    body = message.add("Stmt")
    body.text("Id", statement.statement_id)
    if statement.sequence is not None:
        body.count("ElctrncSeqNb", statement.sequence)
    body.moment("CreDtTm", moment)
    account = body.add("Acct")
    account.text("Id/Othr/Id", statement.account, texts.ACCOUNT)
    account.text("Ccy", texts.CURRENCY)
    for kind, balance_fen in (("OPBD", statement.opening_fen), ("CLBD", statement.closing_fen)):
        balance = body.add("Bal")
        balance.text("Tp/CdOrPrtry/Cd", kind)
        balance.amount_fen("Amt", abs(balance_fen), least_fen=0)
        balance.text("CdtDbtInd", "DBIT" if balance_fen < 0 else "CRDT")
        balance.day("Dt/Dt", statement.date)
    if len(statement.entries) > ENTRIES_MAX:
        raise body.fault(
            Said("{count} entries", count=len(statement.entries)),
            Said("at most {entries_max}", entries_max=ENTRIES_MAX),
        )
    for row, entry in enumerate(statement.entries, 1):
        _write_entry(body.add("Ntry", row=row), entry)
    _check(statement, body)
    return finish(message)


def read(data: bytes, file: str) -> Statement:
    """The statement in a file called `file`.

    Raises InputFault, naming the element's path and the entry's number from 1, for whatever is missing, unknown, out
    of place or out of range; for an entry that is not booked, a bank reference given twice, and for balances that the
    entries do not explain.
    """
    entries: list[Entry] = []

    def booked(place: Reader) -> None:
        if len(entries) == ENTRIES_MAX:
            raise place.fault(
                Said("more than {entries_max} Ntry", entries_max=ENTRIES_MAX),
                Said("at most {entries_max}", entries_max=ENTRIES_MAX),
            )
        entries.append(_read_entry(place))

    many = Many("Stmt/Ntry", {"NtryRef", "Avlbty", "AddtlNtryInf"}, booked)
    message = parse(data, file, NAMESPACE, _MESSAGE, most=BYTES_MAX, many=many)
    header = message.take("GrpHdr", passing={"MsgRcpt", "AddtlInf"})
    header.take("MsgId").text(texts.line(35))
    header.take("CreDtTm").moment()
    body = message.take("Stmt", passing=_STATEMENT_PASSES)
    statement_id = body.take("Id").text(texts.MESSAGE_ID)
    numbers = [body.maybe("ElctrncSeqNb"), body.maybe("LglSeqNb")]
    sequence = next((int(number.text(_NUMBER)) for number in numbers if number is not None), None)
    account_element = body.take("Acct", passing={"Tp", "Nm", "Ownr", "Svcr"})
    account = account_element.take("Id/Othr", passing={"SchmeNm", "Issr"}).take("Id").text(texts.ACCOUNT)
    if (currency := account_element.maybe("Ccy")) is not None:
        currency.literal(texts.CURRENCY)
    balances = _read_balances(body)
    body.maybe("Ntry")  # they were read on the way
    message.end()
    opening_fen, _ = balances["OPBD"]
    closing_fen, day = balances["CLBD"]
    statement = Statement(statement_id, sequence, account, day, opening_fen, closing_fen, tuple(entries))
    _check(statement, body)
    return statement


def _check(statement: Statement, body: Reader | Writer) -> None:
    seen: set[tuple[date, str]] = set()
    for row, entry in enumerate(statement.entries, 1):
        place = body.below("Ntry", row)
        if (entry.booking_date, entry.bank_ref) in seen:
            raise place.below("AcctSvcrRef").fault(
                Said("{shown} appears twice", shown=texts.shown(entry.bank_ref)), "one entry each"
            )
        if entry.booking_date > statement.date:
            raise place.below("BookgDt").fault(
                Said("{booking_date} is after the statement", booking_date=entry.booking_date),
                Said("{date}", date=statement.date),
            )
        seen.add((entry.booking_date, entry.bank_ref))
    explained_fen = statement.opening_fen + sum(entry.signed_fen for entry in statement.entries)
    if explained_fen != statement.closing_fen:
        raise body.below("Bal").fault(
            Said("CLBD is {yuan}", yuan=texts.yuan(statement.closing_fen)),
            Said("{yuan}, which is OPBD plus credits less debits", yuan=texts.yuan(explained_fen)),
        )


def _read_balances(body: Reader) -> dict[str, tuple[int, date]]:
    """Amount in fen, below zero where overdrawn, and date of OPBD and CLBD; balances of other kinds are passed over."""
    balances: dict[str, tuple[int, date]] = {}
    while (balance := body.maybe("Bal", passing={"CdtLine", "Avlbty"})) is not None:
        kind = balance.take("Tp/CdOrPrtry/Cd").literal("OPBD", "CLBD", "OPAV", "CLAV", "FWAV", "ITBD", "ITAV", "PRCD")
        if kind in balances:
            raise balance.fault(Said("{kind} is given twice", kind=kind), "one of each")
        amount_fen = balance.take("Amt").amount_fen(least_fen=0)
        overdrawn = balance.take("CdtDbtInd").literal("CRDT", "DBIT") == "DBIT"
        balances[kind] = (-amount_fen if overdrawn else amount_fen, balance.take("Dt/Dt").day())
    for kind in ("OPBD", "CLBD"):
        if kind not in balances:
            raise body.below("Bal").fault(
                Said("{kind} is missing", kind=kind), "an opening and a closing booked balance"
            )
    return balances


def _roles(credit: bool, returned: bool) -> tuple[str, str]:
    """The counterparty's role and our own. A payment that came back shows the parties in their original roles."""
    return ("Cdtr", "Dbtr") if credit == returned else ("Dbtr", "Cdtr")


def _write_entry(place: Writer, entry: Entry) -> None:
    place.amount_fen("Amt", entry.amount_fen)
    place.text("CdtDbtInd", "CRDT" if entry.credit else "DBIT")
    place.flag("RvslInd", entry.reversal)
    place.text("Sts/Cd", "BOOK")
    place.day("BookgDt/Dt", entry.booking_date)
    place.day("ValDt/Dt", entry.value_date)
    place.text("AcctSvcrRef", entry.bank_ref, BANK_REF)
    domain = place.add("BkTxCd/Domn")
    domain.text("Cd", "PMNT")
    family = domain.add("Fmly")
    returned = entry.return_reason is not None
    counterparty, _ = _roles(entry.credit, returned)
    family.text("Cd", "ICDT" if counterparty == "Cdtr" else "RCDT")  # issued, received credit transfer
    family.text("SubFmlyCd", texts.RETURN if returned else "DMCT")  # payment return, domestic credit transfer
    details = place.add("NtryDtls/TxDtls")
    refs = details.add("Refs")
    for name, value in zip(_IDS, (entry.payment_id, entry.instruction_id, entry.end_to_end_id), strict=True):
        if value is not None:
            refs.text(name, value, END_TO_END_ID)
        elif name == "EndToEndId":
            refs.text(name, NO_ID)
        if value == NO_ID:
            raise refs.below(name).fault(Said("has {no_id}", no_id=NO_ID), "None for a payment without an id")
    if entry.counterparty_name or entry.counterparty_account:
        parties = details.add("RltdPties")
        if entry.counterparty_name:
            parties.text(f"{counterparty}/Pty/Nm", entry.counterparty_name, texts.NAME)
        if entry.counterparty_account:
            parties.text(f"{counterparty}Acct/Id/Othr/Id", entry.counterparty_account, COUNTERPARTY_ACCOUNT)
    if entry.remittance:
        _write_remittance(details.add("RmtInf"), entry.remittance)
    if entry.return_reason is not None:
        details.text("RtrInf/Rsn/Cd", entry.return_reason, RETURN_REASON)


def _write_remittance(place: Writer, remittance: str) -> None:
    """Write it in texts of 140 characters at most, as ISO 20022 has it: `read` joins them by blanks again."""
    leaf = place.below("Ustrd")
    leaf.obey(remittance, REMITTANCE)
    begin = 0
    while begin < len(remittance):
        part = _REMITTANCE_PART.match(remittance, begin)
        if part is None:
            raise leaf.fault(
                Said("has {shown}", shown=texts.shown(remittance[begin:])),
                "a single blank after at most 140 characters",
            )
        place.text("Ustrd", part[1])
        begin = part.end()


def _read_entry(place: Reader) -> Entry:
    said = place.words("AddtlNtryInf", "AddtlTxInf", "AddtlInf"), place.words("AddtlRmtInf")  # which names no payer
    bank_text = " ".join(filter(None, said))
    is_return = texts.RETURN in place.words("SubFmlyCd").split()
    amount_fen = place.take("Amt").amount_fen()
    credit = place.take("CdtDbtInd").literal("CRDT", "DBIT") == "CRDT"
    reversal = place.maybe("RvslInd")
    reversed_entry = reversal is not None and reversal.flag()
    place.take("Sts/Cd").literal("BOOK")
    booking_date = place.take("BookgDt/Dt").day()
    value_date = place.take("ValDt/Dt").day()
    bank_ref = place.take("AcctSvcrRef").text(BANK_REF)
    place.take("BkTxCd", passing={"Domn", "Prtry"})
    name, account, remittance, reason = "", "", "", None
    ids: dict[str, str | None] = {}
    if place.has("NtryDtls"):
        details = place.take("NtryDtls").take("TxDtls", passing=_DETAILS_PASS)
        ids = _read_ids(details)
        if (amount := details.maybe("Amt")) is not None and amount.amount_fen() != amount_fen:
            raise amount.fault("differs from the entry's amount", texts.yuan(amount_fen))
        if (sign := details.maybe("CdtDbtInd")) is not None:
            sign.literal("CRDT" if credit else "DBIT")
        name, account = _read_counterparty(details, *_roles(credit, details.has("RtrInf")))
        if (remittance_element := details.maybe("RmtInf", passing={"Strd"})) is not None:
            remittance = remittance_element.free_of_all("Ustrd", _REMITTANCE_MAX)
        if (returned := details.maybe("RtrInf", passing={"OrgnlBkTxCd", "Orgtr", "AddtlInf"})) is not None:
            reason = returned.take("Rsn/Cd").text(RETURN_REASON)
    place.end()
    if is_return and reason is None:
        bank_text = f"{texts.RETURN} {bank_text}".strip()
    return Entry(
        amount_fen=amount_fen,
        credit=credit,
        reversal=reversed_entry,
        booking_date=booking_date,
        value_date=value_date,
        bank_ref=bank_ref,
        end_to_end_id=ids.get("EndToEndId"),
        counterparty_name=name,
        counterparty_account=account,
        return_reason=reason,
        remittance=remittance,
        instruction_id=ids.get("InstrId"),
        payment_id=ids.get("PmtInfId"),
        bank_text=bank_text,
    )


def _read_ids(details: Reader) -> dict[str, str | None]:
    """The ids that say which payment it is, by their elements' names."""
    refs = details.maybe("Refs", passing=_REFS_PASS)
    found = {name: refs.maybe(name) for name in _IDS} if refs is not None else {}
    given = {name: element.free(_ID_MAX) for name, element in found.items() if element is not None}
    return {name: None if value in ("", NO_ID) else value for name, value in given.items()}


def _read_counterparty(details: Reader, role: str, own_role: str) -> tuple[str, str]:
    passing: Set[str] = {"InitgPty", "UltmtDbtr", "UltmtCdtr", "TradgPty", "Prtry", own_role, f"{own_role}Acct"}
    name, account = "", ""
    if (parties := details.maybe("RltdPties", passing=passing)) is not None:
        if (party := parties.maybe(role)) is not None:
            holder = party.take("Pty", passing={"PstlAdr", "Id", "CtryOfRes", "CtctDtls"})
            name = holder.take("Nm").free(_NAME_MAX)
        if (held := parties.maybe(f"{role}Acct", passing={"Tp", "Ccy", "Nm"})) is not None:
            number = held.take("Id/Othr", passing={"SchmeNm", "Issr"}).take("Id")
            account = number.free(_ACCOUNT_MAX)
    return name, account
