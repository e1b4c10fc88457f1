"""From a reference to a voucher. The grammar of references is in the package's docstring."""

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Final

from lxr.chaincode import (
    accession,
    assignments,
    attestations,
    awards,
    contests,
    decisions,
    period,
    reversal,
    run_funding,
    run_opening,
    run_payment,
    run_pricing,
    run_sweep,
    sheet_certification,
    terms,
    workday,
    workday_answers,
)
from lxr.chaincode.checkpoint import SignCheckpoint
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.custody_records import custodians
from lxr.chaincode.sheet import sheets
from lxr.chaincode.types import digest
from lxr.chaincode.workday import submissions
from lxr.node.forms import EMPLOYER
from lxr.node.port import Ledger, Located
from lxr.settlement.errors import VoucherFault
from lxr.settlement.reports.vouchers.evidence import Act, Evidence
from lxr.settlement.reports.vouchers.history import History, Place
from lxr.settlement.reports.vouchers.kinds import LINE, MAKINGS, TX_ID, content_of
from lxr.settlement.reports.vouchers.proof import founding_id, prove
from lxr.settlement.reports.vouchers.voucher import Voucher, VoucherKind

if TYPE_CHECKING:
    from lxr.settlement.reports.projection import Projection

Target = tuple[VoucherKind, str, Place | None]
"""VoucherKind and number, and the transaction up to which it is told, None for all."""

_PATTERNS: Final = (
    ("transaction", TX_ID),
    ("sheet", rf"{EMPLOYER}/[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}/[0-9]{{1,3}}"),
    *(
        (kind, MAKINGS[kind].pattern)
        for kind in (
            VoucherKind.PAYSLIP,
            VoucherKind.RUN,
            VoucherKind.TERMS,
            VoucherKind.PERIOD,
            VoucherKind.CHECKPOINT,
            VoucherKind.BOOKING,
        )
    ),
    ("line", LINE),
    (VoucherKind.ORDER, MAKINGS[VoucherKind.ORDER].pattern),
)
"""The first that fits says what a reference names."""
EXPECTED: Final = (
    "a transaction id, RUN, RUN/WORKER, EMPLOYER/DAY/SHARD, TERMS/VERSION, YYYY-MM, checkpoint/HEIGHT, "
    "an order's end-to-end id, DAY/BOOKING or CUSTODY/DAY/BOOKING"
)


def find(ledger: Ledger, projection: "Projection", reference: str) -> Voucher:
    """Return the voucher of a reference, made of the ledger as it is now; the projection is brought up to date.

    Raises VoucherFault: not a reference, nothing of that number. ProjectionFault, LedgerFault.
    """
    with ledger.snapshot():
        projection.follow(ledger)
        kind, number, until = _target(ledger, projection, reference)
        return voucher(ledger, projection, kind, number, until)


def voucher(
    ledger: Ledger, projection: "Projection", kind: VoucherKind, number: str, until: Place | None = None
) -> Voucher:
    """Return the voucher of a kind by its number, told up to a transaction or, with None, to the present.

    Raises VoucherFault: nothing of that number.
    """
    places = MAKINGS[kind].places
    found = {_place(ledger, number)} if places is None else places(History(ledger, projection, until), number)
    if not found:
        raise VoucherFault("the ledger holds no {kind} {number}", kind=kind, number=number)
    located = [_located(ledger, tx_id) for _, _, tx_id in sorted(found)]
    founding = _located(ledger, founding_id(ledger))
    evidence = Evidence(Act.from_ledger(ledger, founding), [Act.from_ledger(ledger, each) for each in located])
    content = content_of(kind, number, evidence)
    return Voucher(content, digest(content), prove(ledger, evidence))


def _target(ledger: Ledger, projection: "Projection", reference: str) -> Target:
    for name, pattern in _PATTERNS:
        if re.fullmatch(pattern, reference, re.ASCII):
            if isinstance(name, VoucherKind):
                return name, reference, None
            return _LOOKUPS[name](ledger, projection, reference)
    raise VoucherFault("{reference} is no reference; expected {expected}", reference=repr(reference), expected=EXPECTED)


def _of_transaction(ledger: Ledger, _: "Projection", tx_id: str) -> Target:
    """Return a transaction tells of the thing that it changed, as the thing stood after it."""
    place = _place(ledger, tx_id)
    act = Act.from_ledger(ledger, _located(ledger, tx_id))
    for commands, kind, number in _SUBJECTS:
        if isinstance(act.command, commands):
            return (kind, tx_id, None) if number is None else (kind, number(act.command), place)
    return VoucherKind.TRANSACTION, tx_id, None


def _of_sheet(ledger: Ledger, projection: "Projection", reference: str) -> Target:
    """Return the employer's latest version."""
    employer, day, shard = reference.split("/")
    history = History(ledger, projection)
    try:
        place = employer, date.fromisoformat(day), int(shard)
    except ValueError:
        raise VoucherFault(
            "{reference} is no reference: there is no day {day}", reference=repr(reference), day=day
        ) from None
    sheet = history.need(sheets, *place)
    for version in range(sheet.version, 0, -1):
        for _, _, tx_id in history.of(submissions, *place, version):
            if isinstance(
                Act.from_ledger(ledger, _located(ledger, tx_id)).command, workday.SubmitSheet | workday.CorrectSheet
            ):
                return VoucherKind.SHEET, tx_id, None
    raise VoucherFault("the employer has submitted no sheet {reference}", reference=reference)


def _of_line(ledger: Ledger, projection: "Projection", reference: str) -> Target:
    """Of the ledger's one custody account."""
    there = History(ledger, projection).get(custodians)
    if there is None:
        raise VoucherFault("the ledger has no custody account, and so no booking {reference}", reference=reference)
    return VoucherKind.BOOKING, f"{there.custody}/{reference}", None


def _place(ledger: Ledger, tx_id: str) -> Place:
    located = _located(ledger, tx_id)
    return located.block, located.position, tx_id


def _located(ledger: Ledger, tx_id: str) -> Located:
    located = ledger.transaction(tx_id)
    if located is None:
        raise VoucherFault("the ledger holds no valid transaction {tx_id}", tx_id=tx_id)
    return located


_LOOKUPS: Final[dict[str, Callable[[Ledger, "Projection", str], Target]]] = {
    "transaction": _of_transaction,
    "sheet": _of_sheet,
    "line": _of_line,
}
_SUBJECTS: Final[tuple[tuple[tuple[type[AnyCommand], ...], VoucherKind, Callable[..., str] | None], ...]] = (
    (
        (
            *(attestations.AttestDeposit, attestations.CosignDeposit),
            *(attestations.ReverseDeposit, attestations.AgreeReversal),
            *(assignments.AssignLine, assignments.AgreeLine, assignments.ConsentLine),
        ),
        VoucherKind.BOOKING,
        lambda command: f"{command.custody}/{command.day}/{command.booking}",
    ),
    ((workday.SubmitSheet, workday.CorrectSheet), VoucherKind.SHEET, None),
    ((workday_answers.Confirm,), VoucherKind.CONFIRMATION, None),
    (
        (
            *(workday_answers.OpenDispute, workday_answers.Withdraw),
            *(decisions.ReplyToDispute, decisions.Decide, decisions.ReviewDecision),
            *(contests.ContestRow, awards.ApproveAward),
        ),
        VoucherKind.DISPUTE,
        None,
    ),
    ((sheet_certification.CertifySheets,), VoucherKind.ATTESTATION, None),
    (
        (
            *(run_opening.OpenRun, run_pricing.PriceShards, run_funding.FundRun),
            *(run_payment.PayShards, run_sweep.SweepRun),
            *(reversal.ReverseRun, reversal.UnwindShard, reversal.CloseReversal),
        ),
        VoucherKind.RUN,
        lambda command: str(command.run),
    ),
    ((period.ClosePeriod, period.Countersign), VoucherKind.PERIOD, lambda command: str(command.period)),
    ((SignCheckpoint,), VoucherKind.CHECKPOINT, lambda command: f"checkpoint/{command.finding.height}"),
    (
        (terms.ProposeTerms, terms.AcceptTerms, terms.ActivateTerms),
        VoucherKind.TERMS,
        lambda command: f"{command.terms}/{command.version}",
    ),
    ((accession.AccedeToTerms,), VoucherKind.ACCESSION, None),
)
"""By what a command changed: the kind of its voucher, and the number; None: the transaction's own id."""
