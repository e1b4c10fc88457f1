"""The kinds of voucher: where each finds its transactions, and how it is made of them."""

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from lxr.node.forms import RUN, WORKER
from lxr.settlement.errors import VoucherFault
from lxr.settlement.reports.capitals import rmb_capitals
from lxr.settlement.reports.vouchers.agreements import (
    accession_draft,
    checkpoint_draft,
    checkpoint_places,
    period_draft,
    period_places,
    terms_draft,
    terms_places,
)
from lxr.settlement.reports.vouchers.banking import booking_draft, booking_places, order_draft, order_places
from lxr.settlement.reports.vouchers.evidence import Act, Evidence
from lxr.settlement.reports.vouchers.history import History, Place
from lxr.settlement.reports.vouchers.payslip import payslip_draft, payslip_places
from lxr.settlement.reports.vouchers.postings import transaction_draft
from lxr.settlement.reports.vouchers.runs import run_draft, run_places
from lxr.settlement.reports.vouchers.voucher import (
    AS_SHOWN,
    NO_INVOICE,
    REHEARSAL,
    Content,
    Draft,
    Status,
    VoucherKind,
    clock,
)
from lxr.settlement.reports.vouchers.work import attestation_draft, confirmation_draft, dispute_draft, sheet_draft
from lxr.token.fen import yuan

TX_ID: Final = r"[0-9a-f]{64}"
LINE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9A-Z._-]{1,35}(?:~[1-9][0-9]?){0,4}"
"""Booking day and reference."""


class Making(Struct, frozen=True):
    """draft: what is said, of evidence and number alone. pattern: of the number. places: where to find the evidence;
    None where the number is the id of the one transaction."""

    draft: Callable[[Evidence, str], Draft]
    pattern: str = TX_ID
    places: Callable[[History, str], set[Place]] | None = None


MAKINGS: Final = {
    VoucherKind.BOOKING: Making(booking_draft, rf"[0-9A-Z]{{4,34}}/{LINE}", booking_places),
    VoucherKind.SHEET: Making(sheet_draft),
    VoucherKind.CONFIRMATION: Making(confirmation_draft),
    VoucherKind.DISPUTE: Making(dispute_draft),
    VoucherKind.ATTESTATION: Making(attestation_draft),
    VoucherKind.RUN: Making(run_draft, RUN, run_places),
    VoucherKind.PAYSLIP: Making(payslip_draft, f"{RUN}/{WORKER}", payslip_places),
    VoucherKind.ORDER: Making(order_draft, r"[A-Z0-9]{10,30}", order_places),
    VoucherKind.PERIOD: Making(period_draft, r"[0-9]{4}-(0[1-9]|1[0-2])", period_places),
    VoucherKind.CHECKPOINT: Making(checkpoint_draft, r"checkpoint/[1-9][0-9]{0,17}", checkpoint_places),
    VoucherKind.TERMS: Making(terms_draft, r"T[A-Z0-9-]{1,30}/[1-9][0-9]{0,3}", terms_places),
    VoucherKind.ACCESSION: Making(accession_draft),
    VoucherKind.TRANSACTION: Making(transaction_draft),
}
assert MAKINGS.keys() == set(VoucherKind)


def content_of(kind: VoucherKind, number: str, evidence: Evidence) -> Content:
    """Return what a voucher says: a pure function of its evidence.

    Raises VoucherFault: the evidence does not hold it.
    """
    making = MAKINGS[kind]
    if re.fullmatch(making.pattern, number, re.ASCII) is None:
        raise VoucherFault("{number} is no number of a {kind}", number=repr(number), kind=kind)
    if making.places is None and number != evidence.only().tx_id:
        raise VoucherFault("number {number} is not the id of its transaction", number=number)
    try:
        draft = making.draft(evidence, number)
    except LookupError as fault:  # whoever hands it on chose what is shown: that may not fit together
        raise VoucherFault("what is shown does not fit together: {fault}", fault=fault) from None
    for act in evidence.acts:
        if not act.read and not act.envelope_read:
            raise VoucherFault("transaction {tx_id} has nothing to do with it", tx_id=act.tx_id)
    genesis = evidence.genesis
    amount_fen = draft.amount_fen
    return Content(
        kind=kind,
        number=number,
        title=draft.title,
        consortium=genesis.consortium,
        rehearsal=genesis.rehearsal,
        notices=(NO_INVOICE, AS_SHOWN, REHEARSAL) if genesis.rehearsal else (NO_INVOICE, AS_SHOWN),
        parties=tuple(draft.parties),
        facts=tuple(draft.facts),
        amount_fen=amount_fen,
        amount_yuan=None if amount_fen is None else yuan(amount_fen),
        amount_capitals=None if amount_fen is None else rmb_capitals(amount_fen),
        at=clock(evidence.acts[-1].at_ms),
        transactions=tuple(_status(act) for act in evidence.acts),
    )


def _status(act: Act) -> Status:
    return Status(
        tx_id=act.tx_id,
        block=act.block,
        position=act.position,
        command=act.command_name,
        at=clock(act.at_ms),
        organisation=act.caller.organisation,
        role=act.caller.role,
        employer=act.caller.employer,
        certificate_serial=act.caller.serial,
        signature=act.signature,
    )
