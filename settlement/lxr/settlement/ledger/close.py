"""The end of a month: closed by the union, and countersigned by others with figures of their own."""

from collections.abc import Callable
from typing import Final

from lxr.chaincode.carried import ITEMS_MAX, Item
from lxr.chaincode.custody_records import custodies, statements
from lxr.chaincode.days import day_of
from lxr.chaincode.period import ClosePeriod, Countersign, Month, MonthAnswer, MonthContent, before_of, months, not_yet
from lxr.chaincode.types import digest
from lxr.node.audit import AuditReport
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.node.seen import Memory
from lxr.settlement import request_ids
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger.closed_month import closed_month
from lxr.settlement.ledger.open_items import open_items
from lxr.settlement.lookups import submit_own, unused_request
from lxr.settlement.permissions import gives

_NAMED: Final = 5
"""How many open items are named to who has not said that they are carried."""


def refuse_early(client: Client, period: str, custody: str, *, anew: bool = False) -> None:
    """Look whether a month can be closed by now, whatever is open in it. Refuses: Unknown, PeriodNotReady."""
    account = client.need(custodies, custody)
    before = client.get(months, before_of(period))
    in_part = client.get(statements, custody, account.statements + 1) is not None
    again = anew and account.last_period == period
    refusal = not_yet(account, before, in_part, period, day_of(client.now_ms()), anew=again)
    if refusal is not None:
        raise refusal


@gives(ClosePeriod)
def close_period(
    treasurer: Client,
    period: str,
    custody: str,
    *,
    carry: bool = False,
    anew: bool = False,
    shown: tuple[Item, ...] | None = None,
) -> MonthAnswer:
    """Close a month given as 2026-08. The same again does nothing, whatever is open by then.

    carry: carry over by name what is open. anew: close it once more, until all have countersigned it, with what is
    open by then. shown: the `open_items` that somebody has seen, of which these and no others are signed: where they
    are not what is open any more, the contract refuses. Raises InputFault: something is open and carry is not said, or
    there is more of it than a month carries. Refuses: as ClosePeriod.
    """
    month = treasurer.get(months, period)
    if month is not None and not anew:
        return MonthAnswer(period, month.figures, month.signed, month.anew)
    request_id = unused_request(treasurer, treasurer.scope, request_ids.month_close(period))
    items = open_items(treasurer, custody, period) if shown is None else shown
    if items and not carry:
        named = tuple(Said("{kind} {name}", kind=item.kind, name=item.name) for item in items[:_NAMED])
        problem = Said("open are {named}", named=named)
        if len(items) > _NAMED:
            problem = Said("{problem} and {more} more", problem=problem, more=len(items) - _NAMED)
        raise InputFault(
            file=Said("period {period}", period=period),
            problem=problem,
            expected="each resolved, or all carried over by name",
        )
    if len(items) > ITEMS_MAX:
        problem = Said("{count} items are open", count=len(items))
        raise InputFault(
            file=Said("period {period}", period=period),
            problem=problem,
            expected=Said("at most {items_max} to carry over", items_max=ITEMS_MAX),
        )
    command = ClosePeriod(request_id=request_id, period=period, custody=custody, carried=items)
    return submit_own(treasurer, command)


@gives(Countersign)
def countersign(
    auditor: Client,
    memory: Memory,
    report: AuditReport,
    period: str,
    show: Callable[[MonthContent, Month], None] | None = None,
) -> MonthAnswer:
    """Sign a closed month with content of one's own, from one's own copy of the ledger; never with the union's.

    memory: of the auditor's organisation. report: of its own audit, which said yes and reached the close.
    show: called with what is to be signed, and the month's record, before it is. Months may have been closed since.
    Raises InputFault: it did not, the ledger does not go on from what the
    organisation has seen, or the month leaves a row out that was disputed or held back, or sums up others than were
    open. SeenFault.
    Refuses: Unknown, AlreadySigned, HashDiffers, FiguresDiffer.
    """
    _refuse_bad(report.fault)
    _refuse_bad(memory.difference_of(auditor.ledger, report.restored))
    month = auditor.need(months, period)
    content = closed_month(auditor.ledger, report, period)
    if show is not None:
        show(content, month)
    name = request_ids.countersignature(period)
    signed = auditor.scope.partition(".")[0] in month.signed  # and if not, it may have been closed anew since it was
    command = Countersign(
        request_id=name if signed else unused_request(auditor, auditor.scope, name),
        period=period,
        figures=content.figures,
        digest=digest(content),
    )
    return submit_own(auditor, command)


def _refuse_bad(fault: Said | None) -> None:
    if fault is not None:
        raise InputFault(file="audit", problem=fault, expected="an audit without a fault")
