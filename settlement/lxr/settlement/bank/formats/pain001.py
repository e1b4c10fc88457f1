"""ISO 20022 pain.001.001.03 and .09: the customer's order to its bank to transfer money from one account to many.

One message carries one payment information block in CNY. Accounts are Chinese account numbers (Id/Othr/Id); banks are
named by their 12-digit CNAPS code (联行号), the clearing system's member id.
"""

from typing import Final, Literal

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.reader import Reader, parse
from lxr.settlement.bank.formats.recognised import message_in
from lxr.settlement.bank.formats.writer import Writer, finish, start
from lxr.settlement.bank.model import Party, PaymentFile, Transfer

Version = Literal["pain.001.001.03", "pain.001.001.09"]
NAMESPACES: Final[dict[Version, str]] = {
    "pain.001.001.03": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03",
    "pain.001.001.09": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
}
NEWEST: Final[Version] = "pain.001.001.09"
TRANSFERS_MAX: Final = 10_000
"""The most payments in one file; a bank may take fewer."""
# ISO 20022 allows 35 characters; a common Chinese business reference (YURREF) has room for 30. NOTPROVIDED is ISO's
# word for "none".
END_TO_END_ID: Final = texts.rule(r"(?!NOTPROVIDED$)[A-Z0-9]{1,30}", "1 to 30 of A-Z 0-9")
PURPOSE: Final = texts.rule(r"[A-Z0-9]{4}", "an ISO purpose code of 4 characters, such as SALA")
_MESSAGE: Final = "CstmrCdtTrfInitn"


def write(order: PaymentFile, version: Version = NEWEST) -> bytes:
    """Return the order as a file: the same bytes for the same order. Raises InputFault for what `read` would refuse."""
    message = start(f"payment order {order.message_id}", NAMESPACES[version], _MESSAGE)
    header = message.add("GrpHdr")
    header.text("MsgId", order.message_id, texts.MESSAGE_ID)
    header.moment("CreDtTm", order.created_at)
    _write_totals(header, order)
    header.text("InitgPty/Nm", order.debtor.name, texts.NAME)
    block = message.add("PmtInf")
    block.text("PmtInfId", order.message_id)
    block.text("PmtMtd", "TRF")
    block.flag("BtchBookg", order.batch_booking)
    _write_totals(block, order)
    block.day(_execution_date(version), order.execution_date)
    block.text("Dbtr/Nm", order.debtor.name, texts.NAME)
    block.text("DbtrAcct/Id/Othr/Id", order.debtor_account, texts.ACCOUNT)
    _write_bank(block.add("DbtrAgt"), order.debtor.bank)
    seen: set[str] = set()
    for row, transfer in enumerate(order.transfers, 1):
        entry = block.add("CdtTrfTxInf", row=row)
        _refuse_repeated(entry, transfer.end_to_end_id, seen)
        _write_transfer(entry, transfer)
    if len(order.transfers) > TRANSFERS_MAX:
        raise block.fault(
            Said("{count} transfers", count=len(order.transfers)),
            Said("at most {transfers_max}", transfers_max=TRANSFERS_MAX),
        )
    return finish(message)


def read(data: bytes, file: str, payments_max: int = TRANSFERS_MAX) -> PaymentFile:
    """Return the order in a file called `file`, of either version.

    payments_max: how many it may have, 1..TRANSFERS_MAX.

    Raises InputFault, naming the element's path and the transfer's number from 1, for whatever is missing, unknown,
    out of place or out of range, and for a count, control sum, currency or end-to-end id that is not right.
    """
    version = next((each for each in NAMESPACES if each == message_in(data)), NEWEST)
    message = parse(data, file, NAMESPACES[version], _MESSAGE)
    header = message.take("GrpHdr")
    message_id = header.take("MsgId").text(texts.MESSAGE_ID)
    created_at = header.take("CreDtTm").moment()
    header_totals = _take_totals(header)
    header.take("InitgPty", passing={"Nm", "Id"})
    block = message.take("PmtInf", passing={"ChrgBr"})
    block.take("PmtInfId").text(texts.MESSAGE_ID)
    block.take("PmtMtd").literal("TRF")
    batch_booking = block.take("BtchBookg").flag()
    block_totals = _take_totals(block)
    execution_date = block.take(_execution_date(version)).day()
    debtor_name = block.take("Dbtr", passing={"PstlAdr", "Id"}).take("Nm").text(texts.NAME)
    debtor_account = block.take("DbtrAcct/Id/Othr/Id").text(texts.ACCOUNT)
    debtor = Party(name=debtor_name, bank=_read_bank(block.take("DbtrAgt")))
    entries = block.many("CdtTrfTxInf", payments_max, passing={"ChrgBr"})
    seen: set[str] = set()
    transfers = []
    for entry in entries:
        transfers.append(transfer := _read_transfer(entry))
        _refuse_repeated(entry, transfer.end_to_end_id, seen)
    message.end()
    order = PaymentFile(message_id, created_at, execution_date, debtor, debtor_account, tuple(transfers), batch_booking)
    for place, (count, total_fen) in ((header, header_totals), (block, block_totals)):
        if count != len(transfers):
            raise place.fault(
                Said("NbOfTxs is {count}", count=count),
                Said("{count}, the number of CdtTrfTxInf", count=len(transfers)),
            )
        if total_fen != order.total_fen:
            raise place.fault(
                Said("CtrlSum is {yuan}", yuan=texts.yuan(total_fen)),
                Said("{yuan}, the sum of InstdAmt", yuan=texts.yuan(order.total_fen)),
            )
    return order


def _execution_date(version: Version) -> str:
    """Where the day stands: newer versions have a choice of day and moment."""
    return "ReqdExctnDt" if version == "pain.001.001.03" else "ReqdExctnDt/Dt"


def _write_totals(writer: Writer, order: PaymentFile) -> None:
    writer.count("NbOfTxs", len(order.transfers))
    writer.total_fen("CtrlSum", order.total_fen)


def _take_totals(reader: Reader) -> tuple[int, int]:
    return reader.take("NbOfTxs").count(), reader.take("CtrlSum").total_fen()


def _write_bank(agent: Writer, bank: str) -> None:
    clearing = agent.add("FinInstnId/ClrSysMmbId")
    clearing.text("ClrSysId/Cd", "CNAPS")
    clearing.text("MmbId", bank, texts.CNAPS)


def _read_bank(agent: Reader) -> str:
    clearing = agent.take("FinInstnId", passing={"BIC", "BICFI", "Nm", "PstlAdr"}).take("ClrSysMmbId")
    clearing.take("ClrSysId/Cd").literal("CNAPS")
    return clearing.take("MmbId").text(texts.CNAPS)


def _write_transfer(entry: Writer, transfer: Transfer) -> None:
    ids = entry.add("PmtId")
    ids.text("InstrId", transfer.end_to_end_id)
    ids.text("EndToEndId", transfer.end_to_end_id, END_TO_END_ID)
    entry.amount_fen("Amt/InstdAmt", transfer.amount_fen)
    _write_bank(entry.add("CdtrAgt"), transfer.creditor_bank)
    entry.text("Cdtr/Nm", transfer.creditor_name, texts.NAME)
    entry.text("CdtrAcct/Id/Othr/Id", transfer.creditor_account, texts.ACCOUNT)
    entry.text("Purp/Cd", transfer.purpose, PURPOSE)
    if transfer.remittance:
        entry.text("RmtInf/Ustrd", transfer.remittance, texts.REMITTANCE)


def _read_transfer(entry: Reader) -> Transfer:
    end_to_end_id = entry.take("PmtId", passing={"InstrId"}).take("EndToEndId").text(END_TO_END_ID)
    amount_fen = entry.take("Amt/InstdAmt").amount_fen()
    creditor_bank = _read_bank(entry.take("CdtrAgt"))
    creditor_name = entry.take("Cdtr", passing={"PstlAdr", "Id"}).take("Nm").text(texts.NAME)
    creditor_account = entry.take("CdtrAcct/Id/Othr/Id").text(texts.ACCOUNT)
    purpose = entry.take("Purp/Cd").text(PURPOSE)
    remittance = ""
    if (remittance_element := entry.maybe("RmtInf")) is not None:
        remittance = remittance_element.take("Ustrd").text(texts.REMITTANCE)
    entry.end()
    return Transfer(
        end_to_end_id=end_to_end_id,
        amount_fen=amount_fen,
        creditor_name=creditor_name,
        creditor_account=creditor_account,
        creditor_bank=creditor_bank,
        purpose=purpose,
        remittance=remittance,
    )


def _refuse_repeated(entry: Reader | Writer, end_to_end_id: str, seen: set[str]) -> None:
    if end_to_end_id in seen:
        raise entry.below("PmtId/EndToEndId").fault(
            Said("{shown} appears twice", shown=texts.shown(end_to_end_id)), "one transfer each"
        )
    seen.add(end_to_end_id)
