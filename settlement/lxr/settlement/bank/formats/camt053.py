"""ISO 20022 camt.053.001.08 as we write it: one statement of one account. `camt` reads what banks write."""

import re
from datetime import datetime, time
from typing import Final

from lxr.node.said import Said
from lxr.settlement.bank.formats import camt, texts
from lxr.settlement.bank.formats.camt_entry import BANK_REF, NO_ID
from lxr.settlement.bank.formats.plugin import ENTRIES_MAX
from lxr.settlement.bank.formats.writer import Writer, finish, start
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.statement_pages import refuse_unsound
from lxr.settlement.chengdu import SHANGHAI
from lxr.settlement.errors import InputFault

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
END_TO_END_ID: Final = texts.line(texts.REFERENCE_MAX)
COUNTERPARTY_ACCOUNT: Final = texts.line(texts.ACCOUNT_MAX)
REMITTANCE: Final = texts.line(texts.WORDS_MAX)
_STATEMENT_ID: Final = texts.line(texts.REFERENCE_MAX)
_REMITTANCE_PART: Final = re.compile(r"(\S(?:.{0,138}\S)?)(?: (?=\S)|$)")
_MESSAGE: Final = "BkToCstmrStmt"
_END_OF_DAY: Final = time(23, 59, 59, tzinfo=SHANGHAI)


def write(statement: Statement) -> bytes:
    """Return the statement as a file: the same bytes for the same statement.

    Raises InputFault for what `read` refuses, and for a remittance that cannot be parted every 140 characters.
    """
    message = start(f"statement {statement.statement_id}", NAMESPACE, _MESSAGE)
    moment = datetime.combine(statement.date, _END_OF_DAY)
    header = message.add("GrpHdr")
    header.text("MsgId", statement.statement_id, _STATEMENT_ID)
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
    refuse_unsound(statement, body)
    return finish(message)


def read(data: bytes, file: str) -> Statement:
    """Return the statement in a file that has one, of whatever account, on one page.

    Raises InputFault: it has none or several, or is refused by a strict rule.
    """
    found = camt.read(data, file, None)
    if len(found.statements) != 1 or found.pages:
        count = len(found.statements) + len(found.pages)
        raise InputFault(file=file, problem=Said("has {count} statements", count=count), expected="one")
    return found.statements[0]


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
    # a payment that came back shows the parties in their original roles
    counterparty = "Cdtr" if entry.credit == returned else "Dbtr"
    family.text("Cd", "ICDT" if counterparty == "Cdtr" else "RCDT")  # issued, received credit transfer
    own = {"fee": "CHRG", "interest": "INTR", None: "DMCT"}[entry.of_the_bank]  # DMCT: a domestic credit transfer
    family.text("SubFmlyCd", texts.RETURN if returned else own)
    details = place.add("NtryDtls/TxDtls")
    refs = details.add("Refs")
    ids = {
        "MsgId": entry.message_id,
        "PmtInfId": entry.payment_id,
        "InstrId": entry.instruction_id,
        "EndToEndId": entry.end_to_end_id,
    }
    for name, value in ids.items():
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
        details.text("RtrInf/Rsn/Cd", entry.return_reason, texts.RETURN_REASON)


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
