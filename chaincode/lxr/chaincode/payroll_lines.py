"""The pay lines of one shard in one run: what is read for them, and the pure sum that makes them.

A worker's earnings under some terms in a pay period are priced as a whole, by the newest content that the union has
certified and by the content that was agreed to; the larger counts. What earlier runs brought is taken off; where that
is more, nothing is due and nothing is taken back: it is overpaid (工资支付暂行规定 arts. 15–16). What rows that the
employer contests bring is held. Workers whom the same binds are priced together, from the columns of the sheets.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from ..token.fen import rounded
from .bonds import Bonds, bonds_of
from .contract_types import ContractType
from .days import day_of, moment
from .deductions import reading_due
from .parameter_definitions import PAY_RULES
from .parameters import Parameter, parameters, value_on
from .pay_rule_versions import RULES
from .pay_rules import BESIDE_MINIMUM, PASS_THROUGH
from .paydays import Monthly, Period, period_of
from .pricing import REST_DAY, STATUTORY_HOLIDAY, Attendance, Priced, Work
from .quantities import Quantities, picked, places_of
from .recovery import recoverable_fen
from .rows import WAITING, RowState
from .runs import (
    NOTHING_EARNED,
    Deduction,
    DeductionOrder,
    Deductions,
    Earned,
    PayLine,
    PayPart,
    Run,
    Totals,
    WorkerEarned,
    earned,
    runs,
    set_earned,
    with_less,
)
from .shard_heads import OpenDay, ShardHead
from .sheet import Reading, Sheet, sheets
from .taken import Taken, taken_of, without
from .terms import Terms, TermsDocument, asks_calendar, covers, documents, terms_heads
from .workers import reading_workers
from .working_days import reading_kinds
from .world import Reads, reading_both, reading_many

Slot = tuple[str, date]
"""Terms and the first day of a pay period."""


class Pricing(Struct, frozen=True):
    """Everything that pricing one shard reads."""

    number: str
    run: Run
    head: ShardHead
    heads: dict[str, Terms]
    """Of the terms that ask the calendar."""
    documents: dict[tuple[str, int], TermsDocument]
    sheets: dict[date, Sheet]
    touched: dict[tuple[Slot, Bonds], set[str]]
    """The workers of whom a row may have changed, by terms and period, and by what binds them."""
    periods: dict[Slot, Period]
    earned: dict[Slot, Earned]
    """Of a period that no run has priced yet: nothing, under the version of the pay rules that will price it."""
    minimum_wages: dict[str, Parameter | None]
    kinds: dict[date, int]
    """What each day of those periods is by the calendar of which terms ask that."""
    orders: dict[str, DeductionOrder]
    unfunded: frozenset[str]
    """Those of the runs that changed what is held of a period last, that are not funded."""
    slots: dict[OpenDay, set[Slot]]
    """The periods of each open day that the run takes."""
    waiting: dict[date, int]
    """How many rows of a day wait for the union's word."""
    contested: dict[date, int]
    """How many rows of a day are contested, and held."""
    disputed: int
    """How many rows are disputed."""


class PricedShard(Struct, frozen=True):
    """Everything that pricing one shard writes."""

    lines: dict[str, PayLine]
    totals: Totals
    head: ShardHead
    earned: dict[Slot, Earned]
    orders: dict[str, DeductionOrder]
    """Those of which something was taken."""


def reading_pricing(
    named: str, run: Run, shard: int, head: ShardHead, open_orders: Deductions | None
) -> Reads[Pricing]:
    """Come to what pricing the shard needs. named: the run's number. head, open_orders: the shard's.

    Who is erased is left out: what a later rule or wage would bring for their rows could be paid to nobody.
    Refuses: Unknown, WorkerElsewhere.
    """
    due = {open_day for open_day in (*head.days, *head.later) if open_day.day <= run.cut_off(open_day.terms)}
    found, orders = yield from reading_both(
        _reading_sheets(run.employer, shard, {open_day.day for open_day in due}), reading_due(run, open_orders)
    )
    numbers = _numbers({sheet.content.workers for sheet in found.values()})
    if run.workers:
        numbers &= set(run.workers)
    crews: dict[Bonds, set[str]] = {}
    crew = yield from reading_workers(run.employer, shard, sorted(numbers))
    numbers -= {number for number, worker in crew.items() if worker.erased}
    for number, worker in crew.items():
        if number in numbers:
            crews.setdefault(bonds_of(worker), set()).add(number)
    keys = sorted({(bound.terms, bound.version) for bonds in crews for bound in bonds.memberships})
    there = yield from reading_many(documents, keys)
    papers = {key: paper for key, paper in zip(keys, there, strict=True) if paper is not None}
    periods: dict[Slot, Period] = {}
    listed: dict[tuple[Slot, Bonds], set[str]] = {}
    open_slots: dict[OpenDay, set[Slot]] = {}
    waiting: dict[date, int] = {}
    contested: dict[date, int] = {}
    disputed = 0
    today = day_of(run.opened_ms)
    for day, sheet in found.items():
        if some := sum(number in numbers for number, _ in sheet.rows(*WAITING)):
            waiting[day] = some
        held = [note.contest.holds(today) for number, note in sheet.notes.items() if number in numbers and note.contest]
        if any(held):
            contested[day] = sum(held)
        disputed += sum(number in numbers for number, _ in sheet.rows(RowState.DISPUTED))
        for bonds in crews:
            bound = bonds.on(day)
            if bound is None or OpenDay(bound.terms, day) not in due:
                continue
            period = period_of(papers[bound.terms, bound.version].payday, day)
            slot = bound.terms, period.start
            periods[slot] = period
            open_slots.setdefault(OpenDay(bound.terms, day), set()).add(slot)
            listed.setdefault((slot, bonds), set()).add(sheet.content.workers)
    slots = sorted(periods)
    wanted = {day for slot in slots for day in _days(periods[slot], run.cut_off(slot[0]))}
    recovered = {(each.recovery.terms, each.recovery.start) for each in orders.values() if each.recovery}
    brought = sorted(recovered.union(slots))
    names = sorted({paper.minimum_wage for paper in papers.values() if paper.minimum_wage})
    asking = {terms for (terms, _), paper in papers.items() if asks_calendar(paper)}
    by_calendar = sorted(asking)
    calendar = [day for (terms, _), period in periods.items() if terms in asking for day in period.days()]
    before, (others, (heads, ((pay_rules, *minimum_wages), kinds))) = yield from reading_both(
        reading_many(earned, [(run.employer, shard, *slot) for slot in brought]),
        reading_both(
            _reading_sheets(run.employer, shard, wanted - found.keys()),
            reading_both(
                reading_many(terms_heads, [(terms,) for terms in by_calendar]),
                reading_both(
                    reading_many(parameters, [(name,) for name in (PAY_RULES, *names)]), reading_kinds(calendar)
                ),
            ),
        ),
    )
    holders = sorted({each.held_by for record in before if record for each in record.workers.values() if each.held_by})
    holding = yield from reading_many(runs, [(number,) for number in holders])
    held_by = dict(zip(holders, holding, strict=True))
    return Pricing(
        number=named,
        run=run,
        head=head,
        heads={terms: head for terms, head in zip(by_calendar, heads, strict=True) if head is not None},
        documents=papers,
        sheets={**found, **others},
        touched={touched: crews[touched[1]] & _numbers(columns) for touched, columns in listed.items()},
        periods=periods,
        earned={
            slot: record or Earned({}, value_on(pay_rules, PAY_RULES, slot[1]))
            for slot, record in zip(brought, before, strict=True)
        },
        minimum_wages=dict(zip(names, minimum_wages, strict=True)),
        kinds=kinds,
        orders=orders,
        unfunded=frozenset(number for number, holder in held_by.items() if holder and not holder.funded),
        slots=open_slots,
        waiting=waiting,
        contested=contested,
        disputed=disputed,
    )


def price_lines(pricing: Pricing) -> PricedShard:
    """Make the lines. A row that waits for the union's word keeps its day open, and nothing else back.

    Refuses: ParameterMissing.
    """
    now = {slot: dict(record.workers) for slot, record in pricing.earned.items()}
    overpaid = dict(pricing.head.overpaid)
    orders = dict(pricing.orders)
    earnings: dict[str, list[Earning]] = {}
    for (slot, bonds), crew in sorted(pricing.touched.items(), key=lambda touched: touched[0][0]):
        for number, earning in _earnings(pricing, slot, bonds, crew):
            earnings.setdefault(number, []).append(earning)
            set_earned(now[slot], overpaid, number, earning.taken)
    lines: dict[str, PayLine] = {}
    for number, some in sorted(earnings.items()):
        lines[number] = _line(number, some, orders, now, overpaid)
    days = tuple(open_day for open_day in pricing.head.days if _stays_open(pricing, open_day))
    waiting = {slot for slot in pricing.periods if _waits_for_silence(pricing, slot) or _waits_for_money(pricing, slot)}
    every_day = {*pricing.head.days, *pricing.head.later}
    again = {open_day for open_day in every_day if _comes_again(pricing, open_day, waiting)}
    later = tuple(sorted(again, key=lambda open_day: (open_day.day, open_day.terms)))
    return PricedShard(
        lines=lines,
        totals=_totals(lines.values()),
        head=replace(pricing.head, days=days, later=later, overpaid=overpaid),
        earned={
            slot: replace(pricing.earned[slot], workers=rows)
            for slot, rows in now.items()
            if rows != pricing.earned[slot].workers
        },
        orders={number: order for number, order in orders.items() if order != pricing.orders[number]},
    )


def _stays_open(pricing: Pricing, open_day: OpenDay) -> bool:
    """Whether the run leaves something of the day untaken."""
    run = pricing.run
    return bool(run.workers) or open_day.day > run.cut_off(open_day.terms) or open_day.day in pricing.waiting


def _comes_again(pricing: Pricing, open_day: OpenDay, waiting: set[Slot]) -> bool:
    """Whether time alone can change what a later run takes of the day. waiting: periods that wait as a whole."""
    run = pricing.run
    if run.workers or open_day.day > run.cut_off(open_day.terms):
        return open_day in pricing.head.later
    return open_day.day in pricing.contested or not waiting.isdisjoint(pricing.slots.get(open_day, ()))


def _waits_for_silence(pricing: Pricing, slot: Slot) -> bool:
    """Whether silence can still raise the floor of a period, of which something was agreed to before."""
    terms, _ = slot
    days = _days(pricing.periods[slot], pricing.run.cut_off(terms))
    found = [pricing.sheets[day] for day in days if day in pricing.sheets]
    if not any(note.agreed for sheet in found for note in sheet.notes.values()):
        return False
    longest = max(paper.answer_days for (named, _), paper in pricing.documents.items() if named == terms)
    return any(sheet.is_waiting_for_silence(_silent_ms(pricing.run, longest)) for sheet in found)


def _waits_for_money(pricing: Pricing, slot: Slot) -> bool:
    """Whether what is held of the period stays as it is, because the run that changed it last is not funded."""
    return any(each.held_by in pricing.unfunded for each in pricing.earned[slot].workers.values())


def _silent_ms(run: Run, answer_days: int) -> int:
    """Content that came before has stood for the time to answer when the run is opened, unix ms; see `answer_until`."""
    return moment(day_of(run.opened_ms) - timedelta(days=answer_days))


class Earning(Struct, frozen=True):
    """What a period brings a worker, what has then been taken of it, the fee on what is due, and the minimum wage."""

    part: PayPart
    taken: WorkerEarned
    fee: int
    minimum_fen: int

    @property
    def least_fen(self) -> int:
        """What a recovery leaves: the minimum wage of the whole period, and what stands beside it."""
        if not self.minimum_fen:
            return 0
        beside_fen = sum([item.amount_fen for item in self.part.items if item.rule.startswith(BESIDE_MINIMUM)])
        return min(self.part.due_fen, self.minimum_fen + beside_fen)


def _earnings(pricing: Pricing, slot: Slot, bonds: Bonds, crew: Collection[str]) -> Iterator[tuple[str, Earning]]:
    """Those of the crew to whom the period brings something; the same binds them all."""
    terms, start = slot
    period = pricing.periods[slot]
    days = _days(period, pricing.run.cut_off(terms))
    notes = [note for day in days if day in pricing.sheets for note in pricing.sheets[day].notes.values()]
    newest = _worth(pricing, slot, bonds, crew, days)
    contested, noted = any(note.contest for note in notes), any(note.agreed for note in notes)
    clear = [_worth(pricing, slot, bonds, crew, days, clear=True) if contested else newest]
    floor = newest
    if noted:
        floor = _worth(pricing, slot, bonds, crew, days, agreed=True)
        clear.append(_worth(pricing, slot, bonds, crew, days, agreed=True, clear=True) if contested else floor)
    rates = {version: paper.service_fee_bp for (named, version), paper in pricing.documents.items() if named == terms}
    for number in sorted(newest):
        agreed = floor[number].priced.total_fen > newest[number].priced.total_fen
        found = floor[number] if agreed else newest[number]
        worth_fen = found.priced.total_fen
        clear_fen = max(worth[number].priced.total_fen for worth in clear)
        before = pricing.earned[slot].workers.get(number, NOTHING_EARNED)
        if before.held_by in pricing.unfunded:
            brought_fen, held_fen = max(before.fen, min(worth_fen - before.held_fen, clear_fen)), before.held_fen
        else:
            brought_fen = max(before.fen, min(worth_fen, clear_fen))
            held_fen = max(0, worth_fen - brought_fen)
        held_by = before.held_by if held_fen == before.held_fen else pricing.number
        now = WorkerEarned(brought_fen, max(0, brought_fen - worth_fen), found.rows, held_fen, held_by)
        if now == before:
            continue
        due_fen = brought_fen - before.fen
        part = PayPart(
            terms=terms,
            start=start,
            end=period.end,
            items=found.priced.items,
            earned_fen=worth_fen,
            before_fen=before.fen,
            due_fen=due_fen,
            over_fen=now.over_fen - before.over_fen,
            held_fen=now.held_fen - before.held_fen,
            agreed=agreed,
            minutes=found.priced.minutes,
            taken=without(now.rows, before.rows),
            dropped=without(before.rows, now.rows),
        )
        fee = _fee(rates, found.priced, due_fen)
        yield number, Earning(part, now, fee, found.priced.minimum_fen)


def _fee(rates: Mapping[int, int], priced: Priced, due_fen: int) -> int:
    """The fee on what is due, in ten-thousandths of a fen: the run rounds the sum once.

    At the rate of each version of the terms for what the period brings under it, of which what customers gave bears
    none. rates: in basis points, by version. A period that is worth nothing can be due what was recovered of it: that
    is no wage with a fee.
    """
    weighted = sum(
        [item.amount_fen * rates[item.rules_key] for item in priced.items if not item.rule.startswith(PASS_THROUGH)]
    )
    return rounded(due_fen * weighted, priced.total_fen) if priced.total_fen else 0


class Worth(Struct, frozen=True):
    """What a worker's rows of a period are worth by some content."""

    rows: tuple[Taken, ...]
    priced: Priced


def _worth(
    pricing: Pricing,
    slot: Slot,
    bonds: Bonds,
    crew: Collection[str],
    days: list[date],
    *,
    agreed: bool = False,
    clear: bool = False,
) -> dict[str, Worth]:
    """By worker, of those of the crew who have a payable row. agreed, clear: see `Reading`."""
    terms, _ = slot
    workers = " ".join(sorted(crew))
    versions: list[Sequence[int | None]] = []
    contents: dict[int, list[tuple[date, Quantities]]] = {}
    for day in days:
        sheet, bound = pricing.sheets.get(day), bonds.on(day)
        if sheet is None or bound is None or bound.terms != terms:
            versions.append((None,) * len(crew))
            continue
        silent_ms = _silent_ms(pricing.run, pricing.documents[terms, bound.version].answer_days)
        reading = Reading(day_of(pricing.run.opened_ms), silent_ms, agreed=agreed, clear=clear)
        content, came = sheet.payable(reading)
        versions.append(picked(came, content.workers, workers))
        contents.setdefault(bound.version, []).append((day, content))
    for version in _labour_versions(pricing, terms, bonds, days):  # its holidays are paid, and its days missed, anyway
        contents.setdefault(version, [])
    taken = {number: taken_of(own) for number, own in zip(sorted(crew), zip(*versions, strict=True), strict=True)}
    taken = {number: rows for number, rows in taken.items() if rows}
    workers = " ".join(taken)
    work = [_work(pricing, slot, version, some, workers, bonds, days) for version, some in contents.items()]
    found = RULES[pricing.earned[slot].rules].price(work, len(taken))
    return {number: Worth(rows, priced) for (number, rows), priced in zip(taken.items(), found, strict=True)}


def _work(
    pricing: Pricing,
    slot: Slot,
    version: int,
    contents: list[tuple[date, Quantities]],
    workers: str,
    bonds: Bonds,
    days: list[date],
) -> Work:
    """Return what is priced under one version. days: of the period, up to the cut-off."""
    terms, _ = slot
    document = pricing.documents[terms, version]
    kinds = tuple([pricing.kinds[day] for day, _ in contents]) if asks_calendar(document) else ()
    hourly_fen: tuple[int, ...] = ()
    attendance = None
    name = document.minimum_wage
    if document.contract_type is ContractType.LABOUR:
        assert name is not None
        head = pricing.heads[terms]
        bound = [day for day in days if bonds.binds(terms, version, day) and covers(document, head, day)]
        employed = [pricing.kinds[day] for day in bound if bonds.works_on(day)]
        attendance = Attendance(
            paid_days=sum(pricing.kinds[day] != REST_DAY for day in pricing.periods[slot].days()),
            bound_days=sum(kind != REST_DAY for kind in employed),
            holidays=employed.count(STATUTORY_HOLIDAY),
            monthly=isinstance(document.payday, Monthly),
            minimum_fen=max([value_on(pricing.minimum_wages[name], name, day) for day in bound], default=0),
        )
    elif name is not None:
        hourly_fen = tuple([value_on(pricing.minimum_wages[name], name, day) for day, _ in contents])
    columns = _columns([content for _, content in contents], workers)
    return Work(version, document.rules, columns, hourly_fen, kinds, attendance)


def _labour_versions(pricing: Pricing, terms: str, bonds: Bonds, days: list[date]) -> list[int]:
    """Return those versions of labour contracts that bind on one of the days, whether anybody has a sheet on it."""
    found = {
        bound.version
        for day in days
        if (bound := bonds.on(day)) is not None and bound.terms == terms
        if (paper := pricing.documents[terms, bound.version]).contract_type is ContractType.LABOUR
        and covers(paper, pricing.heads[terms], day)
    }
    return sorted(found)


def _columns(contents: list[Quantities], workers: str) -> dict[str, list[tuple[int, ...]]]:
    """By measure, each worker's quantities day by day."""
    names = sorted({name for content in contents for name in content.measures})
    return {name: list(zip(*[content.column(name, workers) for content in contents], strict=True)) for name in names}


def _line(
    number: str,
    earnings: list[Earning],
    orders: dict[str, DeductionOrder],
    now: dict[Slot, dict[str, WorkerEarned]],
    overpaid: dict[str, int],
) -> PayLine:
    """Make a worker's line. What is taken for orders is noted in them, and what is recovered in now and overpaid."""
    gross_fen = sum([earning.part.due_fen for earning in earnings])
    least_fen = sum([earning.least_fen for earning in earnings])
    kept: list[Deduction] = []
    left_fen = gross_fen
    for order_number, order in orders.items():
        if order.worker != number:
            continue
        take_fen = min(order.amount_fen - order.taken_fen, left_fen)
        if order.recovery is not None:
            period = now[order.recovery.terms, order.recovery.start]
            was = period.get(number, NOTHING_EARNED)
            recovered_fen = sum([each.fen for each in kept if each.kind == "overpaid"])
            take_fen = min(take_fen, recoverable_fen(order, was.over_fen, gross_fen, least_fen, recovered_fen))
            set_earned(period, overpaid, number, with_less(was, take_fen))
        if take_fen:
            kept.append(Deduction(order_number, order.kind, take_fen))
            orders[order_number] = replace(order, taken_fen=order.taken_fen + take_fen)
            left_fen -= take_fen
    return PayLine(
        parts=tuple([earning.part for earning in earnings]),
        gross_fen=gross_fen,
        deductions=tuple(kept),
        net_fen=left_fen,
        fee_fen=0,
        fee=sum([earning.fee for earning in earnings]),
    )


def _totals(lines: Collection[PayLine]) -> Totals:
    kept = [deduction for line in lines for deduction in line.deductions]
    parts = [part for line in lines for part in line.parts]
    return Totals(
        lines=len(lines),
        gross_fen=sum([line.gross_fen for line in lines]),
        net_fen=sum([line.net_fen for line in lines]),
        tax_fen=sum([deduction.fen for deduction in kept if deduction.kind == "tax"]),
        insurance_fen=sum([deduction.fen for deduction in kept if deduction.kind == "insurance"]),
        recovered_fen=sum([deduction.fen for deduction in kept if deduction.kind == "overpaid"]),
        fee=sum([line.fee for line in lines]),
        hold_fen=sum([part.held_fen for part in parts if part.held_fen > 0]),
        release_fen=-sum([part.held_fen for part in parts if part.held_fen < 0]),
    )


def _numbers(columns: Iterable[str]) -> set[str]:
    """All the workers of these columns."""
    return set[str]().union(*map(places_of, columns))


def _reading_sheets(employer: str, shard: int, days: Iterable[date]) -> Reads[dict[date, Sheet]]:
    ordered = sorted(days)
    found = yield from reading_many(sheets, [(employer, day, shard) for day in ordered])
    return {day: sheet for day, sheet in zip(ordered, found, strict=True) if sheet is not None}


def _days(period: Period, cut_off: date) -> list[date]:
    last = min(period.end, cut_off)
    return [period.start + timedelta(days=offset) for offset in range((last - period.start).days + 1)]
