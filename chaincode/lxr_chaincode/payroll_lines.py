"""The pay lines of one shard in one run: what is read for them, and the pure sum that makes them.

A worker's earnings under some terms in a pay period are priced as a whole, and what earlier runs took is taken off.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from lxr_chaincode.governance import Parameter, parameters, value_on
from lxr_chaincode.paydays import Period, period_of
from lxr_chaincode.pricing import WorkedDay, price
from lxr_chaincode.refusals import RowsNotAttested
from lxr_chaincode.registry import ShardHead, Worker, membership_on, shard_heads, shard_workers
from lxr_chaincode.runs import (
    Deduction,
    DeductionOrder,
    Earned,
    PayLine,
    PayPart,
    Run,
    Taken,
    Totals,
    WorkerEarned,
    deductions,
    earned,
)
from lxr_chaincode.terms import TermsDocument, documents
from lxr_chaincode.workday import PAYABLE, Sheet, sheets
from lxr_chaincode.world import World
from lxr_token.fen import rounded

Slot = tuple[str, date]
"""Terms and the first day of a pay period."""


class Pricing(Struct, frozen=True):
    """Everything that pricing one shard reads."""

    run: Run
    head: ShardHead
    crew: dict[str, Worker]
    documents: dict[tuple[str, int], TermsDocument]
    sheets: dict[date, Sheet]
    touched: dict[str, tuple[Slot, ...]]
    """By worker: the terms and periods in which a row may have changed."""
    periods: dict[Slot, Period]
    earned: dict[Slot, Earned]
    minimum_wages: dict[str, Parameter | None]
    orders: dict[str, DeductionOrder]


class PricedShard(Struct, frozen=True):
    """Everything that pricing one shard writes."""

    lines: dict[str, PayLine]
    totals: Totals
    head: ShardHead
    earned: dict[Slot, Earned]
    orders: dict[str, DeductionOrder]


def read_pricing(world: World, run: Run, shard: int) -> Pricing:
    """Read what pricing the shard needs. Refuses: Unknown, RowsNotAttested."""
    head = world.need(shard_heads, run.employer, shard)
    cut_offs = {part.terms: part.cut_off for part in run.parts}
    due = [open_day for open_day in head.days if open_day.day <= cut_offs.get(open_day.terms, date.min)]
    found = _read_sheets(world, run.employer, shard, {open_day.day for open_day in due})
    crew = shard_workers(
        world, run.employer, shard, sorted({number for sheet in found.values() for number in sheet.rows})
    )
    keys = sorted({(bound.terms, bound.version) for worker in crew.values() for bound in worker.memberships})
    papers = {key: paper for key, paper in zip(keys, world.get_many(documents, keys), strict=True) if paper is not None}
    periods: dict[Slot, Period] = {}
    touched: dict[str, dict[Slot, None]] = {}
    due_keys = {(open_day.terms, open_day.day) for open_day in due}
    for day, sheet in found.items():
        for number, row in sheet.rows.items():
            bound = membership_on(crew[number], day)
            if bound is None or (bound.terms, day) not in due_keys or (run.workers and number not in run.workers):
                continue
            if row.state not in PAYABLE and row.agreed is None:
                raise RowsNotAttested(worker=number, day=day.isoformat(), state=row.state)
            period = period_of(papers[bound.terms, bound.version].payday, day)
            slot = bound.terms, period.start
            periods[slot] = period
            touched.setdefault(number, {})[slot] = None
    slots = sorted(periods)
    wanted = {day for slot in slots for day in _days(periods[slot], cut_offs[slot[0]])}
    before = world.get_many(earned, [(run.employer, shard, *slot) for slot in slots])
    places = sorted({paper.minimum_wage_place for paper in papers.values() if paper.minimum_wage_place})
    names = [f"minimum_wage.{place}" for place in places]
    orders = world.get(deductions, run.employer, shard)
    return Pricing(
        run=run,
        head=head,
        crew=crew,
        documents=papers,
        sheets={**found, **_read_sheets(world, run.employer, shard, wanted - found.keys())},
        touched={number: tuple(sorted(slots)) for number, slots in sorted(touched.items())},
        periods=periods,
        earned={slot: record or Earned({}) for slot, record in zip(slots, before, strict=True)},
        minimum_wages=dict(zip(names, world.get_many(parameters, [(name,) for name in names]), strict=True)),
        orders=orders.orders if orders else {},
    )


def price_lines(pricing: Pricing) -> PricedShard:
    """Make the lines. Refuses: ParameterMissing."""
    now = {slot: dict(record.workers) for slot, record in pricing.earned.items()}
    carry = dict(pricing.head.carry)
    orders = dict(pricing.orders)
    lines: dict[str, PayLine] = {}
    for number, slots in pricing.touched.items():
        parts = []
        fees_bp = []
        for slot in slots:
            part, rows = _part(pricing, number, slot)
            if part is not None:
                parts.append(part)
                fees_bp.append(_fee_bp(pricing, number, rows[-1].day))
                now[slot][number] = WorkerEarned(part.earned_fen, rows)
        if parts:
            lines[number] = _line(number, tuple(parts), fees_bp, carry.pop(number, 0), orders)
            if lines[number].carry_fen:
                carry[number] = lines[number].carry_fen
    cut_offs = {part.terms: part.cut_off for part in pricing.run.parts}
    left = tuple(
        open_day
        for open_day in pricing.head.days
        if pricing.run.workers or open_day.day > cut_offs.get(open_day.terms, date.min)
    )
    return PricedShard(
        lines=lines,
        totals=sum_totals(
            Totals(
                1,
                line.gross_fen,
                line.net_fen,
                sum(deduction.fen for deduction in line.deductions if deduction.kind == "tax"),
                sum(deduction.fen for deduction in line.deductions if deduction.kind == "insurance"),
                line.fee_fen,
            )
            for line in lines.values()
        ),
        head=replace(pricing.head, days=left, carry=carry),
        earned={slot: Earned(rows) for slot, rows in now.items() if rows != pricing.earned[slot].workers},
        orders={number: order for number, order in orders.items() if order.taken_fen < order.amount_fen},
    )


def sum_totals(totals: Iterable[Totals]) -> Totals:
    """The sum, field by field."""
    return reduce(
        lambda left, right: Totals(
            left.lines + right.lines,
            left.gross_fen + right.gross_fen,
            left.net_fen + right.net_fen,
            left.tax_fen + right.tax_fen,
            left.insurance_fen + right.insurance_fen,
            left.fee_fen + right.fee_fen,
        ),
        totals,
        Totals(),
    )


def _part(pricing: Pricing, number: str, slot: Slot) -> tuple[PayPart | None, tuple[Taken, ...]]:
    terms, start = slot
    period = pricing.periods[slot]
    cut_off = next(part.cut_off for part in pricing.run.parts if part.terms == terms)
    before = pricing.earned[slot].workers.get(number, WorkerEarned(0, ()))
    worked: list[WorkedDay] = []
    rows: list[Taken] = []
    for day in _days(period, cut_off):
        sheet = pricing.sheets.get(day)
        row = sheet.rows.get(number) if sheet else None
        bound = membership_on(pricing.crew[number], day) if row else None
        if row is None or bound is None or bound.terms != terms:
            continue
        counted = row.counted
        rows.append(Taken(day, counted.version))
        rules = pricing.documents[terms, bound.version].rules
        worked.append(WorkedDay(day, bound.version, rules, counted.measures))
    taken = tuple(rows)
    priced = price(worked, _minimum_wage(pricing, terms, worked[-1]))
    if (taken, priced.total_fen) == (before.rows, before.fen):
        return None, taken
    part = PayPart(
        terms=terms,
        start=start,
        end=period.end,
        items=priced.items,
        earned_fen=priced.total_fen,
        before_fen=before.fen,
        due_fen=priced.total_fen - before.fen,
        minutes=priced.minutes,
        taken=tuple(row for row in taken if row not in before.rows),
        dropped=tuple(row for row in before.rows if row not in taken),
    )
    return part, taken


def _line(
    number: str, parts: tuple[PayPart, ...], fees_bp: list[int], carried_fen: int, orders: dict[str, DeductionOrder]
) -> PayLine:
    due_fen = sum(part.due_fen for part in parts) - carried_fen
    gross_fen = max(0, due_fen)
    kept: list[Deduction] = []
    left_fen = gross_fen
    for order_number, order in orders.items():
        take_fen = min(order.amount_fen - order.taken_fen, left_fen) if order.worker == number else 0
        if take_fen:
            kept.append(Deduction(order_number, order.kind, take_fen))
            orders[order_number] = replace(order, taken_fen=order.taken_fen + take_fen)
            left_fen -= take_fen
    return PayLine(
        parts=parts,
        carried_fen=carried_fen,
        carry_fen=gross_fen - due_fen,
        gross_fen=gross_fen,
        deductions=tuple(kept),
        net_fen=left_fen,
        fee_fen=_fee_fen(parts, fees_bp, gross_fen),
    )


def _fee_fen(parts: tuple[PayPart, ...], fees_bp: list[int], gross_fen: int) -> int:
    """The fee on the gross, each period's share of it at its own terms' rate, rounded half up."""
    left_fen = gross_fen
    fee_fen = 0
    for part, fee_bp in zip(parts, fees_bp, strict=True):
        share_fen = left_fen if part is parts[-1] else min(left_fen, max(0, part.due_fen))
        fee_fen += rounded(share_fen * fee_bp, 10_000)
        left_fen -= share_fen
    return fee_fen


def _fee_bp(pricing: Pricing, number: str, day: date) -> int:
    bound = membership_on(pricing.crew[number], day)
    assert bound is not None
    return pricing.documents[bound.terms, bound.version].service_fee_bp


def _minimum_wage(pricing: Pricing, terms: str, last: WorkedDay) -> int | None:
    place = pricing.documents[terms, last.rules_key].minimum_wage_place
    if place is None:
        return None
    name = f"minimum_wage.{place}"
    value: int = value_on(pricing.minimum_wages[name], name, last.date)
    return value


def _read_sheets(world: World, employer: str, shard: int, days: Iterable[date]) -> dict[date, Sheet]:
    ordered = sorted(days)
    found = world.get_many(sheets, [(employer, day, shard) for day in ordered])
    return {day: sheet for day, sheet in zip(ordered, found, strict=True) if sheet is not None}


def _days(period: Period, cut_off: date) -> list[date]:
    last = min(period.end, cut_off)
    return [period.start + timedelta(days=offset) for offset in range((last - period.start).days + 1)]
