"""Deposits: an employer orders its bank to pay into custody, and the bank attests what came."""

import base64
import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from lxr_chaincode.custody import AttestDeposit, CustodyAnswer
from lxr_node.client import Client
from lxr_settlement.bankfiles import pain001, texts
from lxr_settlement.bankfiles.camt053 import Entry
from lxr_settlement.bankfiles.files import make_folder, read_bounded, write_durably
from lxr_settlement.bankfiles.pain001 import Party, PaymentOrder, Transfer
from lxr_settlement.errors import InputFault

CUSTODIAN: Final = Party("洛小茸备付金托管户", "102100099996")
"""The holder of the custody account and its bank, where the caller names no other."""
PURPOSE: Final = "CASH"
"""ISO 20022 external purpose code: cash management transfer."""
_EMPLOYER: Final = texts.rule(r"E[0-9]{3,6}", "an employer number, E and 3 to 6 digits")
_ID: Final = re.compile(r"(E[0-9]{3,6})D[0-9A-Z]*", re.ASCII)
_NAMED: Final = re.compile(r"(?<![0-9A-Za-z])E[0-9]{3,6}(?![0-9A-Za-z])", re.ASCII)


def transfer(
    directory: Path,
    employer: str,
    amount_fen: int,
    reference: str,
    debtor: Party,
    debtor_account: str,
    custody_account: str,
    now: datetime,
    *,
    creditor: Party = CUSTODIAN,
) -> Path:
    """Put the employer's own payment order into the inbox of the bank in `directory`; the file.

    reference: the employer's; from it and the employer follows the end-to-end id, so that the same order again pays
    once. debtor, debtor_account: the account that pays. creditor: the holder of the custody account, and its bank.
    Raises InputFault: a number, amount, name or account that a bank would not take, or a reference that was used for
    another transfer.
    """
    place = texts.Place(f"deposit {reference}", "employer", None)
    place.obey(employer, _EMPLOYER)
    identity = base64.b32encode(sha256(f"{employer}/{reference}".encode()).digest()).decode()[:16]
    number = f"{employer}D{identity}"
    order = PaymentOrder(
        message_id=number,
        created_at=now.replace(microsecond=0),
        execution_date=now.date(),
        debtor=debtor,
        debtor_account=debtor_account,
        transfers=(
            Transfer(
                end_to_end_id=number,
                amount_fen=amount_fen,
                creditor_name=creditor.name,
                creditor_account=custody_account,
                creditor_bank=creditor.bank,
                purpose=PURPOSE,
                remittance=f"{employer} deposit",
            ),
        ),
    )
    path = directory / "inbox" / f"{number}.xml"
    if path.exists():
        there = pain001.read(read_bounded(path, texts.BYTES_MAX), path.name)
        if replace(there, created_at=order.created_at, execution_date=order.execution_date) != order:
            problem = f"{there.total_fen} fen from {there.debtor_account} were ordered under this reference"
            raise InputFault(file=f"deposit {reference}", problem=problem, expected="another reference")
        return path
    data = pain001.write(order)
    make_folder(path.parent)
    write_durably(path, data)
    return path


def attest_deposit(teller: Client, custody: str, booking: str, employer: str | None, amount_fen: int) -> CustodyAnswer:
    """Attest a credit ahead of its statement, by the bank's booking reference. employer None: not known whose it is.

    The same again does nothing. Refuses: as AttestDeposit; SameIdOtherBody for another amount or employer.
    """
    command = AttestDeposit(
        request_id=f"deposit:{custody}:{booking}",
        custody=custody,
        booking=booking,
        employer_no=employer,
        amount_fen=amount_fen,
    )
    return msgspec.convert(teller.submit(command), CustodyAnswer)


def employer_of(entry: Entry) -> str | None:
    """The employer that a credit names, by its end-to-end id or as the only one in its remittance."""
    if (match := _ID.fullmatch(entry.end_to_end_id or "")) is not None:
        return match[1]
    named = set(_NAMED.findall(entry.remittance))
    return named.pop() if len(named) == 1 else None
