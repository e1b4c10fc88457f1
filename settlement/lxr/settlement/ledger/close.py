"""The end of a month, and checkpoints: signed by each organisation after its own audit, with figures of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from itertools import islice
from typing import Final, NamedTuple, get_args

from lxr.chaincode.books import balances, entries
from lxr.chaincode.carried import ITEMS_MAX, RESTS, WITH_THE_BANK, Item, ItemKind, is_open, singly
from lxr.chaincode.cashout_records import (
    CameBack,
    CashOut,
    PaymentOrder,
    PaymentOrderState,
    came_back,
    cash_out_shards,
    cash_outs,
    payment_orders,
)
from lxr.chaincode.checkpoint import Finding, SignCheckpoint, checkpoints
from lxr.chaincode.clock import clocks
from lxr.chaincode.contract import decode_command
from lxr.chaincode.custody_records import IN_TRANSIT, Booking, attestations, backings, bookings, custodies, statements
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import employers
from lxr.chaincode.envelope import open_payload, tag_of
from lxr.chaincode.period import (
    ClosePeriod,
    Countersign,
    Figures,
    Month,
    MonthAnswer,
    MonthContent,
    before_of,
    first_day_after,
    months,
    not_yet,
)
from lxr.chaincode.reserve import SUSPENSE
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.types import digest
from lxr.node.audit import AuditReport, Comparison
from lxr.node.blocks import Block
from lxr.node.client import Client
from lxr.node.port import Ledger
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.node.seen import Memory, audit_with_memory
from lxr.settlement import request_ids
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger.checkpoints import cosigned
from lxr.settlement.lookups import submit_own, unused_request
from lxr.settlement.permissions import gives
from lxr.token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account, kind_of
from lxr.token.journal import Posting

NOTHING_HAPPENED: Final = frozenset({"checkpoint.sign", "clock.move"})
"""Commands after which a checkpoint still tells all that there is to tell: organisations may yet sign it."""
KINDS: Final[tuple[ItemKind, ...]] = get_args(ItemKind)
"""The kinds of open items, in the order in which they are listed."""
_RETURNED: Final = account(AccountKind.RETURNED, "")
_NAMED: Final = 5
"""How many open items are named to who has not said that they are carried."""


def open_items(client: Client, custody: str, period: str) -> tuple[Item, ...]:
    """Return everything that is not resolved now and that a close of that month, given as 2026-08, must carry by name.

    Of paydays and rows, those up to the month's end; all else as it now stands. In a fixed order.
    """
    with client.ledger.snapshot():
        found = [*_money_items(client, custody), *_wage_items(client, period)]
    return tuple(sorted(found, key=lambda item: (KINDS.index(item.kind), item.name)))


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
    content = _month(auditor.ledger, report, period)
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


@gives(SignCheckpoint)
def audit_and_sign(
    auditor: Client,
    memory: Memory,
    progress: Progress | None = None,
    *,
    against: Sequence[Comparison] = (),
    reason: str | None = None,
) -> AuditReport:
    """Audit the ledger and, where it is good, sign for the memory's organisation what was found. Again does nothing.

    That is the finding, or the last right checkpoint of others where nothing has happened since, so that signatures
    meet at one height. Wrong checkpoints of others stand in nobody's way. reason: why the organisation's own wrong
    checkpoints are superseded; without one they stay. Raises SeenFault. Refuses: FiguresDiffer (a reason is needed).
    """
    with auditor.ledger.snapshot():  # one for both: what is signed later is not judged by this audit
        report = audit_with_memory(auditor.ledger, memory, progress, against)
        finding = _to_sign(auditor.ledger, report) if report.ok else None
    if finding is not None:
        own = [each for each in report.wrong_checkpoints if each.organisation == memory.organisation]
        for found in (finding, *(each.found for each in own if reason is not None)):
            if found is not None:
                _sign(auditor, memory.organisation, found, reason)
    return report


def _sign(auditor: Client, organisation: str, finding: Finding, reason: str | None) -> None:
    """Sign a finding, unless the organisation has; over another of its own only with a reason."""
    own = auditor.get(checkpoints, finding.height, organisation)
    if own is not None and own.finding == finding:
        return
    request_id = request_ids.checkpoint(finding.height, None if own is None else own.superseded)
    submit_own(auditor, SignCheckpoint(request_id=request_id, finding=finding, reason=reason if own else None))


def _to_sign(ledger: Ledger, report: AuditReport) -> Finding:
    """What was found, or the last checkpoint that is right by the report, if nothing has happened since it."""
    wrong = {(each.height, each.signed) for each in report.wrong_checkpoints}
    right = [each.finding for each in cosigned(ledger) if (each.finding.height, each.finding) not in wrong]
    if right and _nothing_since(ledger, right[-1].height):
        return right[-1]
    return Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen)


def _nothing_since(ledger: Ledger, height: int) -> bool:
    transactions = (each for block in ledger.blocks(height) for each in block.transactions if each.valid)
    tags = (tag_of(open_payload(each.envelope).command) for each in transactions)
    return all(tag in NOTHING_HAPPENED for tag in tags)


def _money_items(client: Client, custody: str) -> Iterator[Item]:
    """What is open at the bank, and what came back and has not left again."""
    heads = {key[0]: head for key, head in client.scan(cash_outs)}
    yield from _order_items({key[0]: order for key, order in client.scan(payment_orders)}, heads)
    for kind in PLATFORM_ACCOUNTS:
        back = client.get(came_back, account(kind, "union")) or CameBack()
        for number in back.orders:
            yield Item("returned", number, client.need(payment_orders, number).amount_fen)
    prefix = balances.key(_RETURNED)
    returned = ((key.removeprefix(prefix), balances.decode(value).fen) for key, value in client.ledger.scan(prefix))
    yield from _returned_items(dict(returned))
    for number, head in heads.items():
        if head.scope in ("workers", "all") and head.state not in WITH_THE_BANK:
            shards = client.get_each(cash_out_shards, [(number, shard) for shard in head.shards])
            held_fen = sum(shard.total_fen for shard in shards if shard is not None and not shard.released)
            if held_fen:
                yield Item("cashout", number, held_fen)
    for (_, day, reference), deposit in client.scan(attestations, custody):
        if deposit.state in IN_TRANSIT:
            yield Item("deposit", f"{day}/{reference}", deposit.amount_fen)
    waiting = [booking for _, booking in client.scan(bookings, custody) if booking.kind == "waiting"]
    yield from _line_items(waiting)
    for (owner,), part in client.scan(backings):
        if part.shortfall_fen:
            yield Item("shortfall", owner, part.shortfall_fen)


def _order_items(there: Mapping[str, PaymentOrder], heads: Mapping[str, CashOut]) -> tuple[Item, ...]:
    """The payments that the bank has."""
    held = ((number, order) for number, order in there.items() if order.state is PaymentOrderState.HELD)
    return singly([Item("order", n, each.amount_fen) for n, each in held if heads[each.cashout].state in WITH_THE_BANK])


def _returned_items(there_fen: Mapping[str, int]) -> tuple[Item, ...]:
    """The workers whose wages came back."""
    return singly([Item("returned", worker, fen) for worker, fen in there_fen.items() if fen])


def _line_items(waiting: Sequence[Booking]) -> tuple[Item, ...]:
    """The lines that wait, of which debits are the bank's own and so all named singly."""
    debits, credits_ = (
        [Item("line", each.line.key, each.waiting_fen) for each in waiting if each.line.credit is credit]
        for credit in (False, True)
    )
    return (*debits, *singly(credits_))


def _wage_items(client: Client, period: str) -> Iterator[Item]:
    """The paydays that are not finished, and the rows that are disputed or held back, up to the month's end."""
    after = first_day_after(period)
    for _, employer in client.scan(employers):
        for run in employer.open_runs:
            if run.split("-")[1] < f"{after:%Y%m%d}":
                yield Item("run", run, 0)
    yield from _row_items(client.scan(sheets), day_of(client.now_ms()), after)


def _row_items(there: Iterable[tuple[Sequence[str], Sheet]], today: date, after: date) -> tuple[Item, ...]:
    """The rows of these sheets that are disputed or held back, of days before `after`."""
    found: list[Item] = []
    for (employer, day, _), sheet in there:
        for worker in sheet.notes if day < after.isoformat() else ():
            row = sheet.row(worker)
            if row is not None and is_open(row, today):
                found.append(Item("row", f"{employer}/{day}/{worker}", 0))
    return singly(found)


class _Money:
    """The figures of the custody account by postings, bookings and attestations alone, whatever its record says."""

    def __init__(self) -> None:
        self.custody = ""
        self.statement = 0
        self._minted_fen = self._burned_fen = self._returned_fen = self._blocked_fen = 0
        self._booked: Final[dict[str, Booking]] = {}
        self._attested_fen: Final[dict[str, int]] = {}
        self._orders: Final[dict[str, PaymentOrder]] = {}
        self._heads: Final[dict[str, CashOut]] = {}
        self._came_back_fen: Final[dict[str, int]] = {}

    def see(self, table: str, rest: str, value: bytes) -> None:
        """Take one write of a block into account."""
        if table == custodies.name:
            self.custody = rest  # there is one to a ledger
        elif table == statements.name:
            self.statement = int(rest.partition("/")[2])  # they come in sequence
        elif table == bookings.name:
            self._booked[rest] = bookings.decode(value)
        elif table == attestations.name:
            deposit = attestations.decode(value)
            self._attested_fen[rest] = deposit.amount_fen if deposit.state == "attested" else 0
        elif table == payment_orders.name:
            self._orders[rest] = payment_orders.decode(value)
        elif table == cash_outs.name:
            self._heads[rest] = cash_outs.decode(value)
        elif table == balances.name and rest.startswith(_RETURNED):
            self._came_back_fen[rest.removeprefix(_RETURNED)] = balances.decode(value).fen
        elif table == entries.name:
            for posting in entries.decode(value).postings:
                self._post(posting)

    def _post(self, posting: Posting) -> None:
        outside = account(AccountKind.OUT, self.custody)
        never_was = posting.reason is Reason.DEPOSIT_REVERSED or posting.source == SUSPENSE
        if posting.target == outside and never_was:
            self._minted_fen -= posting.amount_fen
        elif posting.target == outside:
            self._burned_fen += posting.amount_fen
        elif posting.source == outside and posting.reason is Reason.RETURNED:
            self._returned_fen += posting.amount_fen
        elif posting.source == outside:
            self._minted_fen += posting.amount_fen
        self._blocked_fen += posting.amount_fen * (kind_of(posting.target) is AccountKind.BLOCKED)
        self._blocked_fen -= posting.amount_fen * (kind_of(posting.source) is AccountKind.BLOCKED)

    def items(self) -> tuple[Item, ...]:
        """The payments, wages that came back and lines that a close names, singly or summed up."""
        lines = _line_items([each for each in self._booked.values() if each.waiting_fen])
        return (*_order_items(self._orders, self._heads), *_returned_items(self._came_back_fen), *lines)

    def figures(self) -> Figures:
        """The figures now. LXR without money behind it is the shortfall."""
        supply_fen = self._minted_fen + self._returned_fen - self._burned_fen
        reserve_fen = sum(booking.signed_fen for booking in self._booked.values())
        in_transit_fen = sum(self._attested_fen.values())
        unmatched_fen = sum(each.waiting_fen for each in self._booked.values() if not each.line.credit)
        return Figures(
            supply_fen=supply_fen,
            reserve_fen=reserve_fen,
            in_transit_fen=in_transit_fen,
            blocked_fen=self._blocked_fen,
            shortfall_fen=supply_fen - reserve_fen - in_transit_fen - self._blocked_fen - unmatched_fen,
            unmatched_fen=unmatched_fen,
            minted_fen=self._minted_fen,
            burned_fen=self._burned_fen,
            returned_fen=self._returned_fen,
        )


class _Closed(NamedTuple):
    """A close of the month, as the blocks before it have it. left_out: what it should have named, if anything."""

    content: MonthContent
    left_out: Said | None


class _SoFar:
    """What the blocks have brought, up to the write that was seen last."""

    def __init__(self, period: str) -> None:
        self._period: Final = period
        self._money: Final = _Money()
        self._noted: Final[dict[str, Sheet]] = {}
        """The sheets of which rows may be open."""
        self._clock_ms = 0

    def see(self, table: str, rest: str, value: bytes) -> None:
        """Take one write of a block into account."""
        if table == clocks.name:
            self._clock_ms = clocks.decode(value).at_ms
        elif table == sheets.name:
            sheet = sheets.decode(value)
            if sheet.notes or rest in self._noted:
                self._noted[rest] = sheet
        else:
            self._money.see(table, rest, value)

    def closed(self, command: ClosePeriod, at_ms: int) -> _Closed:
        """What the month comes to with this close. at_ms: the time of its transaction."""
        money = self._money
        today = day_of(max(at_ms, self._clock_ms))  # as the contract has it
        sheets_there = ((name.split("/"), sheet) for name, sheet in self._noted.items())
        rows = _row_items(sheets_there, today, first_day_after(self._period))
        return _Closed(
            MonthContent(self._period, money.custody, money.figures(), money.statement, command.carried),
            _left_out(command, {*money.items(), *rows}),
        )


def _month(ledger: Ledger, report: AuditReport, period: str) -> MonthContent:
    """A month by this ledger's blocks alone: its account, the bank's last statement, its figures, what it carries.

    Of the record of the month nothing is read but where in the blocks it is closed. What the close names is checked
    by the contract, which the audit has executed anew, except rows that it leaves out, and what it sums up: these are
    looked for here. Raises InputFault: the audit did not reach the close, or the close leaves out what was open then.
    """
    last = _last_close(islice(ledger.blocks(), report.height), period)
    if last is None:
        problem = Said("it was closed after the {height} blocks that were audited", height=report.height)
        raise InputFault(file=Said("period {period}", period=period), problem=problem, expected="an audit made since")
    if last.left_out is not None:
        expected = "everything that is open carried by name: until all have signed it, the union closes it anew"
        raise InputFault(file=Said("period {period}", period=period), problem=last.left_out, expected=expected)
    return last.content


def _last_close(blocks: Iterable[Block], period: str) -> _Closed | None:
    """The last of a month's closes in these blocks, which begin with the ledger's first: it may be closed anew."""
    month, so_far, found = months.key(period), _SoFar(period), None
    for transaction in (each for block in blocks for each in block.transactions):
        for key, value in transaction.writes:
            if key != month:
                table, _, rest = key.partition("/")
                so_far.see(table, rest, value)
                continue
            payload = open_payload(transaction.envelope)
            command = decode_command(bytes(payload.command))
            if isinstance(command, ClosePeriod):  # and no countersignature
                found = so_far.closed(command, payload.at_ms)
    return found


def _left_out(command: ClosePeriod, there: Set[Item]) -> Said | None:
    """What was open when the month was closed and is not carried, or that the close sums up what was not."""
    named = set(command.carried)
    left = min(there - named, key=lambda item: (KINDS.index(item.kind), item.name), default=None)
    if left is not None:
        if left.kind == "row":
            return Said("row {name} is disputed or held back, and the close does not name it", name=left.name)
        return Said("{kind} {name} was open, and the close does not name it", kind=left.kind, name=left.name)
    summed_up = any(item.kind in RESTS.values() for item in named - there)
    return Said("the close sums up others than were open") if summed_up else None


def _refuse_bad(fault: Said | None) -> None:
    if fault is not None:
        raise InputFault(file="audit", problem=fault, expected="an audit without a fault")
